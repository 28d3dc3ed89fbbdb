"""Settings of the user's that are meant for one pytest session and would spoil a hundred.

Distribution over workers, stopping at the first failure, measuring coverage, writing reports, debuggers: they are put
out of action for the session at hand, whatever file or variable they come from. Nothing of the user's is edited.
"""

from __future__ import annotations

import sys
from typing import Any

import pytest

_SEQUENTIAL: dict[str, Any] = {  # of pytest-xdist
    "numprocesses": None,
    "dist": "no",
    "distload": False,
    "tx": [],
    "looponfail": False,
}

_NEUTRAL: dict[str, Any] = {
    "maxfail": 0,
    **_SEQUENTIAL,
    "usepdb": False,
    "trace": False,
    "xmlpath": None,  # --junitxml
    "htmlpath": None,  # pytest-html
    "report_log": None,  # pytest-reportlog
    "json_report": False,  # pytest-json-report
    "randomly_reorganize": False,  # pytest-randomly: orders and seeds are the engine's
    "randomly_reset_seed": False,
    "noxtasks_seed": "off",
    "collectonly": False,
    "stepwise": False,
    "lf": False,
    "failedfirst": False,
    "newfirst": False,
}


def before_conftests(config: pytest.Config, args: list[str]) -> None:
    """Turn off what starts before the options are complete: pytest-cov traces from its first hook on."""
    if config.pluginmanager.hasplugin("pytest_cov"):
        args.append("--no-cov")
        config.known_args_namespace.no_cov = True


def settle(config: pytest.Config) -> None:
    """Turn off the rest, once the options are known and before any plugin has acted on them."""
    _set(config, _NEUTRAL)


def distribute_no_more(config: pytest.Config) -> None:
    """Keep other plugins from distributing the tests over workers."""
    _set(config, _SEQUENTIAL)


def run_all(config: pytest.Config) -> None:
    """Run every test that is collected, whatever fails now or has failed before."""
    _set(config, dict.fromkeys(("lf", "failedfirst", "newfirst", "stepwise"), False) | {"maxfail": 0})


def _set(config: pytest.Config, values: dict[str, Any]) -> None:
    for name, value in values.items():
        if hasattr(config.option, name):
            setattr(config.option, name, value)


_TELLING = ("pytest_runtest_logstart", "pytest_runtest_logreport", "pytest_runtest_logfinish")


def silence(config: pytest.Config) -> None:
    """Spare the plugins that only report to people or files the telling of each test, and the quarantine, which rests.

    With them in its way no test could do without reports (see `protocol`).
    """
    manager = config.pluginmanager
    for name in ("terminalreporter", "lfplugin", "nfplugin", "stepwiseplugin", "noxtasks-quarantine"):
        plugin = manager.get_plugin(name)
        if plugin is None:
            continue
        for hook in _TELLING if name != "noxtasks-quarantine" else (*_TELLING, "pytest_runtest_makereport"):
            caller = getattr(manager.hook, hook)
            if any(implementation.plugin is plugin for implementation in caller.get_hookimpls()):
                caller._remove_plugin(plugin)


_SHRINKING = ("shrink_interesting_examples", "shrink_interesting_test_cases")  # as older and newer versions call it


def leave_failures_large() -> None:
    """Have Hypothesis tell a failure as it was found: a smaller example is for people, and takes many runs to find."""
    engine: Any = sys.modules.get("hypothesis.internal.conjecture.engine")
    for name in _SHRINKING:
        if hasattr(getattr(engine, "ConjectureRunner", None), name):
            setattr(engine.ConjectureRunner, name, lambda _: None)
