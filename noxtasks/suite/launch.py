"""How the user's pytest is started with the probe in it."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path

import msgspec

from noxtasks import probe

PROBE_FOLDER = Path(probe.__file__).parent

_OURS = ("PYTHONHOME", "VIRTUAL_ENV", "__PYVENV_LAUNCHER__")
_NESTED = ("PYTEST_CURRENT_TEST", "PYTEST_VERSION", "PYTEST_XDIST_", "COV_CORE_", "COVERAGE_PROCESS_")
"""What an outer pytest or coverage leaves in the environment of its children: it is about that session, not ours."""

_DECIDING = (
    "LANG",
    "LC_ALL",
    "PYTEST_ADDOPTS",
    "PYTEST_DISABLE_PLUGIN_AUTOLOAD",
    "PYTEST_PLUGINS",
    "PYTHONDEVMODE",
    "PYTHONOPTIMIZE",
    "PYTHONUTF8",
    "PYTHONWARNINGS",
    "TZ",
)


def deciding_variables(environ: Mapping[str, str]) -> dict[str, str]:
    """The variables that pytest and Python themselves heed: with others, the same suite is run otherwise."""
    return {name: environ[name] for name in _DECIDING if environ.get(name)}


class Launch(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """What is settled for a process when it starts, and cannot be changed in it."""

    hash_seed: int
    optimised: bool = False  # python -O


class Suite(msgspec.Struct, frozen=True, kw_only=True):
    """A test suite as the user would run it by hand: `cd root; python -m pytest ARGS`."""

    root: Path
    python: Path
    pytest_args: tuple[str, ...] = ()
    extra_args: tuple[str, ...] = ()  # those of `pytest_args` that no setting gives
    entries: tuple[Path, ...] = ()  # come first on the path, before what is installed
    wrapper: tuple[str, ...] = ()  # a program that runs the interpreter, with its arguments
    mutated: tuple[str, ...] = ()  # the packages and modules that hold mutants
    folders: dict[str, str] = {}  # of packages that are called otherwise, by their name
    original: Path | None = None  # the project that `root` is a copy of

    def command(self, launch: Launch, *extra: str) -> list[str]:
        """The command line that runs it under the probe."""
        python = [str(self.python), *(["-O"] if launch.optimised else [])]
        return [*self.wrapper, *python, "-m", "pytest", "-p", "noxtasks_probe", *self.pytest_args, *extra]

    def plain(self) -> dict[str, str]:
        """The environment for another program on its interpreter."""
        return {name: value for name, value in os.environ.items() if name not in _OURS and not name.startswith(_NESTED)}

    def environment(self, launch: Launch, *, wire: Path, task: Path | None) -> dict[str, str]:
        """The environment that the probe finds its wire and its task in, as in the activated virtual environment."""
        env = self.plain()
        entries = [*map(str, self.entries), *([env["PYTHONPATH"]] if env.get("PYTHONPATH") else [])]
        env["PYTHONPATH"] = os.pathsep.join([*entries, str(PROBE_FOLDER)])
        env["PATH"] = os.pathsep.join([str(self.python.parent), env.get("PATH", os.defpath)])
        env["NOXTASKS_PATH_ENTRY"] = str(PROBE_FOLDER)
        env["NOXTASKS_WIRE"] = str(wire)
        env["PYTHONHASHSEED"] = str(launch.hash_seed)
        if self.mutated:
            env["NOXTASKS_MUTATED"] = ",".join(self.mutated)
            env.pop("PYTHONDONTWRITEBYTECODE", None)  # a file with all of its mutants is long, and often imported
        if self.original is not None:
            env["NOXTASKS_COPY"] = self._description()
        if task is not None:
            env["NOXTASKS_TASK"] = str(task)
        if (self.python.parent.parent / "pyvenv.cfg").is_file():
            env["VIRTUAL_ENV"] = str(self.python.parent.parent)
        return env

    def _description(self) -> str:
        """What the probe has to know of a copy."""
        copy = {"packages": self.mutated, "entries": list(map(str, self.entries)), "folders": self.folders}
        return json.dumps({**copy, "original": str(self.original)})
