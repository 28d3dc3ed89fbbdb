"""What plugins that know workers of xdist do when one ends: they sum up there, and hear of it where all is told.

In a worker such a plugin puts what it has gathered into `config.workeroutput` at `pytest_sessionfinish`, and takes it
out in `pytest_testnodedown`, in the process that collected. For all others the session ends once, there.
"""

from __future__ import annotations

import sys
from types import SimpleNamespace
from typing import Any, Dict

import pytest

_ENDS, _HEARS = "pytest_sessionfinish", "pytest_testnodedown"
_NOT = ("xdist", "pytest_cov")
"""Packages for which there are no workers: nothing is distributed by xdist, and coverage is saved in each process."""


def prepare(config: pytest.Config) -> None:
    """Have syrupy listen, which does so only where xdist is there."""
    listener = getattr(sys.modules.get("syrupy"), "DeferXDist", None)
    if listener is not None and hasattr(config, "_syrupy") and "syrupy" not in _packages(_HEARS, config):
        config.pluginmanager.register(listener(), "noxtasks-syrupy")


def lack(config: pytest.Config) -> None:
    """A worker died and sums nothing up: have syrupy take no snapshot for one that no test uses, and delete it."""
    if hasattr(config.option, "disable_unused_snapshots"):
        config.option.disable_unused_snapshots = True


def tidy(config: pytest.Config) -> None:
    """Remove the files by which syrupy kept workers from writing at once."""
    clean = getattr(getattr(config, "_syrupy", None), "_cleanup_write_sidecars", None)
    if clean is not None:
        clean()


def sum_up(session: pytest.Session) -> Dict[str, Any]:
    """In a worker: what has been gathered there."""
    config: Any = session.config
    config.workeroutput = {}
    call = _call(_ENDS, config)
    if call is not None:
        call(session=session, exitstatus=0)
    return config.workeroutput  # type: ignore[no-any-return]


def hear(config: pytest.Config, worker: str, output: Dict[str, Any]) -> None:
    """In the process that collected: have it heard of."""
    call = _call(_HEARS, config)
    if call is not None:
        identity = {"workerid": worker}
        gateway = SimpleNamespace(id=worker)
        call(
            node=SimpleNamespace(config=config, gateway=gateway, workerinput=identity, workeroutput=output), error=None
        )


def _call(hook: str, config: pytest.Config) -> Any:
    """The hook, for those that know both."""
    packages = _packages(_ENDS, config) & _packages(_HEARS, config)
    if not packages:
        return None
    manager = config.pluginmanager
    return manager.subset_hook_caller(hook, [each for each in manager.get_plugins() if _package(each) not in packages])


def _packages(hook: str, config: pytest.Config) -> set[str]:
    caller = getattr(config.hook, hook, None)
    found = caller.get_hookimpls() if caller is not None else ()
    return {_package(each.plugin) for each in found}.difference(_NOT)


def _package(plugin: Any) -> str:
    """The package that a plugin is from, module or object; the file, of a conftest."""
    module = plugin if hasattr(plugin, "__name__") else sys.modules.get(type(plugin).__module__)
    name: str = getattr(module, "__name__", "")
    if name.rpartition(".")[2] == "conftest":  # there may be several of that name
        return str(getattr(module, "__file__", name))
    return name.partition(".")[0]
