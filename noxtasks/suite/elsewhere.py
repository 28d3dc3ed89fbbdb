"""Which test files can be collected together in one process, where nobody has said how they belong together."""

from __future__ import annotations

import configparser
import tomllib
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

_MOST_FILES = 1000  # arguments of one process
_MOST_ALIKE = 8  # processes for files that share their name


def batches(root: Path, files: Iterable[str]) -> list[tuple[str, list[str]]]:
    """The absolute paths `files`, as groups with a name for people.

    Files below a folder with a configuration of pytest's own stay together, and pytest will find that. So do those of
    one folder at the root: conftests of two that add the same option would keep pytest from starting. Files that would
    be modules of the same name are kept apart.
    """
    groups: dict[tuple[str, int], list[str]] = defaultdict(list)
    alike: dict[tuple[str, str], int] = defaultdict(int)
    configured: dict[Path, bool] = {}
    tops = (root.absolute(), root.resolve())
    for file in sorted(files):
        path = Path(file)
        project = _project(path.parent, tops, configured)
        place = _from(tops, project or path)
        where = place.as_posix() if project else place.parts[0] if len(place.parts) > 1 else "."
        turn = 0
        if not (path.parent / "__init__.py").exists():
            turn = min(alike[where, path.name], _MOST_ALIKE - 1)
            alike[where, path.name] += 1
        groups[where, turn].append(file)
    return [
        (where, together[first : first + _MOST_FILES])
        for (where, _), together in sorted(groups.items())
        for first in range(0, len(together), _MOST_FILES)
    ]


def _from(tops: tuple[Path, Path], path: Path) -> Path:
    return next((path.relative_to(top) for top in tops if path.is_relative_to(top)), path)


def _project(folder: Path, tops: tuple[Path, Path], known: dict[Path, bool]) -> Path | None:
    """The nearest folder from `folder` upwards that configures pytest; None where that is the root."""
    while folder not in tops and folder != folder.parent:
        if folder not in known:
            known[folder] = configures(folder)
        if known[folder]:
            return folder
        folder = folder.parent
    return None


def configures(folder: Path) -> bool:
    """Whether pytest would take a file in `folder` for its configuration."""
    return (
        any((folder / name).is_file() for name in ("pytest.toml", ".pytest.toml", "pytest.ini", ".pytest.ini"))
        or _has_table(folder / "pyproject.toml")
        or _has_section(folder / "tox.ini", "pytest")
        or _has_section(folder / "setup.cfg", "tool:pytest")
    )


def _has_table(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return "pytest" in tomllib.load(file).get("tool", {})
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError):
        return False


def _has_section(path: Path, section: str) -> bool:
    parser = configparser.RawConfigParser(strict=False)
    try:
        return bool(parser.read(path, "utf-8")) and parser.has_section(section)
    except (configparser.Error, UnicodeDecodeError):
        return False
