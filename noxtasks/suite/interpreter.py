"""Which Python runs the user's suite."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from noxtasks.errors import ConfigurationError

_PLACES = (Path("bin", "python"), Path("Scripts", "python.exe"))


def find(root: Path, given: str | None, environ: Mapping[str, str]) -> Path:
    """The absolute path of an interpreter: `given` (a program, its name, or a virtual environment), or one near by.

    Near by are, in this order, the activated virtual environment and `.venv` and `venv` in the project's `root`.
    Links are not followed: behind them the interpreter would not know its environment.

    Raises `ConfigurationError` where there is none.
    """
    if given is not None:
        return _given(given)
    for environment in _near(root, environ):
        if (python := _in_environment(environment)) is not None:
            return python
    raise ConfigurationError(
        "no virtual environment is active, and the project has no .venv or venv",
        where="--python",
        remedy="Give the interpreter that has your tests' dependencies: --python path/to/venv/bin/python",
    )


def _given(given: str) -> Path:
    path = Path(given)
    if _is_there(path.is_dir) and (python := _in_environment(path)) is not None:
        return python
    if _is_there(path.is_file) and os.access(path, os.X_OK):
        return path.absolute()
    if (found := shutil.which(given)) is not None:
        return Path(found).absolute()
    raise ConfigurationError(
        f"there is no interpreter {given}", where="--python", remedy="Give a path such as .venv/bin/python."
    )


def _near(root: Path, environ: Mapping[str, str]) -> Iterator[Path]:
    if environ.get("VIRTUAL_ENV"):
        yield Path(environ["VIRTUAL_ENV"])
    yield root / ".venv"
    yield root / "venv"


def _in_environment(folder: Path) -> Path | None:
    candidates = (folder.absolute() / place for place in _PLACES)
    return next((python for python in candidates if _is_there(python.is_file)), None)


def _is_there(ask: Callable[[], bool]) -> bool:
    """What is asked; what may not be looked at, or can be no path, is not there."""
    try:
        return ask()
    except OSError:
        return False
