"""The project is a copy here: what lies in it comes from it, however the project is installed.

The folders that imports start from come first in `PYTHONPATH`. That is not enough where another finder is asked before
`sys.path` is (editable installs of some build backends), where a conftest puts something before it, or where a part of
a package, such as a compiled module, is nowhere but in what is installed.
"""

from __future__ import annotations

import importlib.machinery
import importlib.util
import json
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest


def settle(manager: pytest.PytestPluginManager, description: str) -> None:
    """Let imports and conftests come from the copy in the current folder.

    `description` is JSON: `packages` (names at the top that are the project's), `entries` (folders that their import
    starts from), `folders` (of packages that are called otherwise, by their name) and `original` (the project's root).
    """
    copy = json.loads(description)
    finder = Finder(copy["packages"], copy["entries"], copy["folders"])
    sys.meta_path.insert(_place(), finder)
    _hide_conftests(manager, Path.cwd(), Path(copy["original"]))


def _place() -> int:
    """Behind pytest's own hook, which rewrites assertions."""
    return next((n for n, each in enumerate(sys.meta_path, 1) if hasattr(each, "_rewritten_names")), 0)


class Finder:
    """Finds modules of `packages` in `entries` or `folders`, and what is not there where it would be found else."""

    def __init__(self, packages: Sequence[str], entries: Sequence[str], folders: dict[str, str]) -> None:
        self._packages = frozenset(packages)
        self._entries = list(entries)
        self._folders = folders
        self._roots = tuple(str(Path(each).resolve()) + os.sep for each in (*entries, *folders.values()))

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """What Python asks of a finder."""
        if name.partition(".")[0] not in self._packages:
            return None
        spec = self._within(name, path)
        if spec is None:
            return None
        if spec.submodule_search_locations is not None:
            spec.submodule_search_locations = [
                *spec.submodule_search_locations,
                *self._elsewhere(name, path, target, list(spec.submodule_search_locations)),
            ]
        return spec

    def _within(self, name: str, path: Sequence[str] | None) -> importlib.machinery.ModuleSpec | None:
        """The module as the copy has it."""
        if path is not None:
            return importlib.machinery.PathFinder.find_spec(name, [each for each in path if self._is_within(each)])
        folder = self._folders.get(name)
        if folder is not None:
            start = os.path.join(folder, "__init__.py")
            return importlib.util.spec_from_file_location(name, start, submodule_search_locations=[folder])
        return importlib.machinery.PathFinder.find_spec(name, self._entries)

    def _is_within(self, folder: str) -> bool:
        return (os.path.realpath(folder) + os.sep).startswith(self._roots)

    def _elsewhere(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None, own: list[str]
    ) -> Iterator[str]:
        """The folders of the same package that have modules which the copy lacks."""
        by_path = importlib.machinery.PathFinder
        others = [each for each in sys.meta_path if each not in (self, by_path) and hasattr(each, "find_spec")]
        specs = [
            *(by_path.find_spec(name, [each]) for each in (sys.path if path is None else path)),
            *(finder.find_spec(name, path, target) for finder in others),
        ]
        known = _modules(own)
        seen = {os.path.realpath(folder) for folder in own}
        for spec in specs:
            for folder in (spec.submodule_search_locations if spec is not None else None) or ():
                if os.path.realpath(folder) not in seen and _modules([folder]) - known:
                    seen.add(os.path.realpath(folder))
                    yield folder


def _modules(folders: list[str]) -> set[str]:
    """The files that are modules, and the folders that may be packages, by their name."""
    found = set()
    for folder in folders:
        try:
            entries = list(os.scandir(folder))
        except OSError:  # no folder, as editable installs name them for their own finder
            continue
        for entry in entries:
            if entry.name.endswith(tuple(importlib.machinery.all_suffixes())) or entry.is_dir():
                found.add(entry.name)
    return found - {"__pycache__"}


def _hide_conftests(manager: Any, copy: Path, original: Path) -> None:
    """Where pytest's root lies above the project, it would load the conftests of the original besides."""
    hidden = {folder for folder in copy.parents if folder == original or original in folder.parents}
    is_in = getattr(manager, "_is_in_confcutdir", None)
    if is_in is not None:  # since pytest 7.1; before, a conftest there is loaded
        manager._is_in_confcutdir = lambda path: path not in hidden and is_in(path)
