"""What the user's interpreter has, and what pytest is told so that xdist, or `noxtasks run`, distributes the tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from noxtasks.errors import NotMeasuredError
from noxtasks.parallel.model import Candidate, Mode
from noxtasks.suite import process
from noxtasks.suite.launch import Suite

MODES = tuple(mode for mode in Mode if mode.is_of_xdist)
_TIMEOUT_S = 60.0
_ASK = """
import importlib.metadata as m, json, platform, os
found = {"implementation": platform.python_implementation(), "python": platform.python_version(), "tools": {}}
for name in ("pytest", "pytest-xdist"):
    try:
        found["tools"][name] = m.version(name)
    except m.PackageNotFoundError:
        pass
found["forks"] = hasattr(os, "fork")
print(json.dumps(found))
"""


class Here(msgspec.Struct, frozen=True, kw_only=True):
    """An interpreter, and the tools that its environment has."""

    implementation: str
    python: str
    tools: dict[str, str]
    forks: bool

    @property
    def has_xdist(self) -> bool:
        """Whether pytest-xdist is installed."""
        return "pytest-xdist" in self.tools


def look(python: Path, root: Path, suite: Suite) -> Here:
    """What `python` has. Raises `NotMeasuredError` where it does not run."""
    told = process.output([str(python), "-c", _ASK], cwd=root, env=suite.plain(), timeout_s=_TIMEOUT_S)
    if told is None:
        raise NotMeasuredError("the interpreter does not run", where=str(python))
    return msgspec.json.decode(told.splitlines()[-1], type=Here)


def is_used(here: Here, pytest_args: Sequence[str], environ: Mapping[str, str]) -> bool:
    """Whether pytest loads xdist: it is installed, and nobody keeps it out."""
    words = " ".join(pytest_args)
    is_not_loaded = bool(environ.get("PYTEST_DISABLE_PLUGIN_AUTOLOAD")) and "xdist" not in words
    return here.has_xdist and not is_not_loaded and "no:xdist" not in words


def arguments(candidate: Candidate) -> tuple[str, ...]:
    """What pytest is told, after all else, so that it wins."""
    if not candidate.mode.is_of_xdist:
        return ("-p", "noxtasks_probe.distributing")
    return ("-n", str(candidate.workers), "--dist", candidate.mode.value)
