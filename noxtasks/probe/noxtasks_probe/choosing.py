"""Has an ordinary pytest session run some tests alone, which a file names: a command line would be too long for them.

The variable `NOXTASKS_CHOICE` names the file, JSON with `tests` (their names: see `naming`) and `told`, a file that is
to list which were not collected. Everything else is as the user runs it, but for what would spoil a measurement: other
plugins that measure coverage, write reports, distribute the tests or stop early are put out of action.
"""

from __future__ import annotations

import json
import os
from collections.abc import Generator
from pathlib import Path

import pytest

from . import taming
from .naming import names
from .selecting import Selection

_VARIABLE = "NOXTASKS_CHOICE"


def pytest_addoption(pluginmanager: pytest.PytestPluginManager) -> None:
    """Join the session before any conftest is imported."""
    path = os.environ.pop(_VARIABLE, None)
    if path is not None:
        choice = json.loads(Path(path).read_text("utf-8"))
        pluginmanager.register(Chooser(choice["tests"], Path(choice["told"])), "noxtasks-choosing")


class Chooser:
    """Leaves the tests that are chosen, in the order of collection."""

    def __init__(self, tests: list[str], told: Path) -> None:
        self._tests = frozenset(tests)
        self._told = told
        self._selection = Selection()

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_load_initial_conftests(
        self, early_config: pytest.Config, args: list[str]
    ) -> Generator[None, None, None]:
        """Put out of action what starts early, and collect no other files."""
        taming.before_conftests(early_config, args)
        self._selection.limit(self._tests)
        early_config.pluginmanager.register(self._selection, "noxtasks-selecting")
        yield

    @pytest.hookimpl(tryfirst=True)
    def pytest_configure(self, config: pytest.Config) -> None:
        """Put the rest out of action."""
        taming.settle(config)

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_collection_modifyitems(
        self, config: pytest.Config, items: list[pytest.Item]
    ) -> Generator[None, None, None]:
        """Name the tests as the whole collection did, before any hook, and drop the others after all hooks."""
        named = dict(zip(map(id, items), names(items)))
        yield
        named.update((id(item), item.nodeid) for item in items if id(item) not in named)
        kept = [item for item in items if named[id(item)] in self._tests]
        others = [item for item in items if named[id(item)] not in self._tests]
        missing = sorted(self._tests - {named[id(item)] for item in kept})
        self._told.write_text(json.dumps(missing), "utf-8")
        if others:
            config.hook.pytest_deselected(items=others)
        items[:] = kept
