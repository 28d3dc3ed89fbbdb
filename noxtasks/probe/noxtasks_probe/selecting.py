"""Lets pytest collect no more than what some named tests need: in a large module that takes longer than they do."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Optional

import pytest

_NUMBER = re.compile(r" #\d+$")  # of a test that shares its id with others, see `naming`
_EVERYWHERE = ("conftest.py", "__init__.py")


class Selection:
    """A pytest plugin that selects nothing before it is told to: then files, classes and functions by the tests' ids.

    Ids stay as they are in a whole collection: a function is collected with all of its parameters.
    """

    def __init__(self) -> None:
        self._files: frozenset[str] | None = None
        self._nodes: frozenset[str] = frozenset()

    def limit(self, tests: Iterable[str]) -> None:
        """Collect no other tests from now on, as far as they can be told from these by where they stand."""
        nodes: set[str] = set()
        for test in tests:
            file, *names = _NUMBER.sub("", test).partition("[")[0].split("::")
            nodes.update("::".join([file, *names[:end]]) for end in range(len(names) + 1))
        self._nodes = frozenset(nodes)
        self._files = frozenset(os.path.normpath(node) for node in nodes if "::" not in node)

    @pytest.hookimpl(tryfirst=True)
    def pytest_ignore_collect(self, collection_path: Path, config: pytest.Config) -> Optional[bool]:
        """Leave out a file that none of the tests is in."""
        if self._files is None or collection_path.name in _EVERYWHERE or collection_path.is_dir():
            return None
        return None if os.path.relpath(collection_path, config.rootpath) in self._files else True

    @pytest.hookimpl(tryfirst=True)
    def pytest_pycollect_makeitem(self, collector: Any, name: str) -> Optional[list[Any]]:
        """Leave out a class or function that none of them is in."""
        return None if self._files is None or f"{collector.nodeid}::{name}" in self._nodes else []
