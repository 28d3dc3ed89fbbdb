"""Mutants in this process: which one is active, and which of the functions that have any a test runs.

The modules of the project are mutmut's here: each function that has mutants asks, whenever it is called, which one is
active. The environment says so, which child processes inherit; else a variable of mutmut's own, which outlives tests
that empty the environment. While none is active that variable says "stats", and the function tells that it was called.

Processes that a test starts tell of their calls in a file, whose name, with the code that does so, they find in their
environment: each module with mutants runs that code when it is imported. What comes in during a test is told of it.

A fixture that several tests share is set up once, in the first of them. What ran then is told of all that use it.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Callable, Generator
from typing import Any

import pytest

from .frames import Real

_VARIABLE = "MUTANT_UNDER_TEST"
_TRAMPOLINE = "mutmut.mutation.trampoline"
_IN_CHILDREN = "NOXTASKS_IN_CHILDREN"
_CODE = """
import os, sys
trampoline = sys.modules["mutmut.mutation.trampoline"]
if trampoline._mutant_under_test is None:
    told = set()
    def note(name, caller=None):
        if name not in told:
            told.add(name)
            with open({path!r}, "a", encoding="utf-8") as file:
                file.write(name + "\\n")
    trampoline.record_trampoline_hit = note
    trampoline._mutant_under_test = "stats"
"""


def activate(mutant: str) -> None:
    """Let `mutant` run in place of its function from now on, in this process and in those that it starts."""
    os.environ[_VARIABLE] = mutant
    trampoline: Any = sys.modules.get(_TRAMPOLINE)
    if trampoline is not None:
        trampoline._mutant_under_test = mutant
        trampoline.get_mutant_under_test = lambda: mutant  # it would read the environment at every call


class CallWatch:
    """Notes which functions run. To be made before the first module of the project is imported."""

    def __init__(self, packages: list[str]) -> None:
        trampoline: Any = importlib.import_module(_TRAMPOLINE)
        trampoline.record_trampoline_hit = self._note
        trampoline._mutant_under_test = os.environ.get(_VARIABLE, "stats")
        self._trampoline = trampoline
        self._asks = trampoline.get_mutant_under_test
        self._packages = packages
        self._under_way: list[dict[str, None]] = [{}]  # in the order of their first calls
        self._owner = Real.getpid()
        self._path = ""  # of the file in which other processes tell of their calls
        self._read = 0
        self._by_fixture: dict[int, dict[str, None]] = {}

    def _note(self, name: str, caller: str | None = None) -> None:  # noqa: ARG002 - as mutmut calls it
        if self._path and Real.getpid() != self._owner:  # a test has forked, and this is the copy
            with open(self._path, "a", encoding="utf-8") as file:
                file.write(f"{name}\n")
        for functions in self._under_way:
            functions[name] = None

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_fixture_setup(self, fixturedef: Any) -> Generator[None, Any, None]:
        """Keep what runs while a fixture is set up, its own fixtures included."""
        functions = self._by_fixture.setdefault(id(fixturedef), {})
        self._under_way.append(functions)
        yield
        self._under_way.pop()

    def listen(self, path: str) -> None:
        """Have processes that this one starts tell of their calls in the file at `path`."""
        self._owner, self._path = Real.getpid(), path
        os.environ[_IN_CHILDREN] = _CODE.format(path=path)

    def _hear(self) -> None:
        try:
            with open(self._path, encoding="utf-8") as file:
                file.seek(self._read)
                for name in file.read().split():
                    self._note(name)
                self._read = file.tell()
        except OSError:  # nobody has said anything
            pass

    def begin(self) -> None:
        """What runs from now on runs in the next test."""
        self._under_way = [{}]

    def seen(self, item: pytest.Item | None = None) -> list[str]:
        """The functions that have run since `begin`, the first first, and while the fixtures of `item` were set up."""
        if self._path:
            self._hear()
        functions = dict(self._under_way[0])
        information = getattr(item, "_fixtureinfo", None)
        for definitions in getattr(information, "name2fixturedefs", {}).values():
            for definition in definitions:
                functions.update(self._by_fixture.get(id(definition), {}))
        return list(functions) if item is None else sorted(functions)

    def stop_before(self, pause: Callable[[str], None]) -> None:
        """From now on call `pause` before a function runs, with its name, and ask only then which mutant is active."""

        def asked() -> str:
            original = sys._getframe(1).f_locals["orig_func"]
            pause(f"{original.__module__}.{original.__name__.rpartition('__mutmut_')[0]}")
            active: str = self._asks()
            return active

        self._trampoline.get_mutant_under_test = asked

    def stop_no_more(self) -> None:
        """Take `stop_before` back."""
        self._trampoline.get_mutant_under_test = self._asks

    def places(self) -> dict[str, list[str]]:
        """Where the packages and modules of the project were imported from, those that were."""
        found = {}
        for name in self._packages:
            module: Any = sys.modules.get(name)
            if module is not None:
                file = getattr(module, "__file__", None)
                found[name] = [file] if file else list(getattr(module, "__path__", []))
        return found
