"""Mutants in this process: which one is active, and which of the functions that have any a test runs.

The modules of the project are mutmut's here: each function that has mutants asks, whenever it is called, which one is
active. The environment says so, which child processes inherit; else a variable of mutmut's own, which outlives tests
that empty the environment. Whichever it is, the function first looks up its original, and that look tells that it runs.

Processes that a test starts tell of their calls in a file, whose name, with the code that does so, they find in their
environment: each module with mutants runs that code when it is imported. What comes in during a test is told of it.

A fixture that several tests share is set up once, in the first of them. What ran then is told of all that use it.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Callable, Generator
from typing import Any, Optional

import pytest

from . import warned
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


class _Versions:
    """A function's mutants and its original, by name, as mutmut's decorator reads them from a dictionary."""

    __slots__ = ("_functions", "_name", "_note")

    def __init__(self, functions: dict[str, Any], note: Callable[[str], None]) -> None:
        self._functions = functions  # filled when the function is defined
        self._name = ""
        self._note = note

    def __getitem__(self, name: str) -> Any:
        """The original: asked for once in every call."""
        function = self._functions[name]
        if not self._name:
            self._name = f"{function.__module__}.{function.__name__.rpartition('__mutmut_')[0]}"
        self._note(self._name)
        return function

    def get(self, name: str) -> Any:
        """The mutant of that name, where it is one of this function."""
        return self._functions.get(name)


class CallWatch:
    """Notes which functions run. To be made before the first module of the project is imported.

    Where pytest itself is built on the project, it keeps what it has imported, and the tests get modules of their own.
    """

    def __init__(self, packages: list[str]) -> None:
        for name in list(sys.modules):
            if any(name == package or name.startswith(f"{package}.") for package in packages):
                del sys.modules[name]
        trampoline: Any = importlib.import_module(_TRAMPOLINE)
        decorator = trampoline.wrap_in_trampoline

        def watched(functions: dict[str, Any], *arguments: Any, **options: Any) -> Any:
            return decorator(_Versions(functions, self._note), *arguments, **options)

        trampoline.wrap_in_trampoline = watched
        warned.settle(trampoline.__file__)
        trampoline._mutant_under_test = os.environ.get(_VARIABLE, "")
        self._pause: Optional[Callable[[str], None]] = None
        self._packages = packages
        self._under_way: list[dict[str, None]] = [{}]  # in the order of their first calls
        self._owner = Real.getpid()
        self._path = ""  # of the file in which other processes tell of their calls
        self._read = 0
        self._by_fixture: dict[int, dict[str, None]] = {}

    def _note(self, name: str) -> None:
        if self._pause is not None:
            self._pause(name)
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
        """From now on call `pause` before a function runs, with its name; only then it asks which mutant is active."""
        self._pause = pause

    def stop_no_more(self) -> None:
        """Take `stop_before` back."""
        self._pause = None

    def places(self) -> dict[str, list[str]]:
        """Where the packages and modules of the project were imported from, those that were."""
        found = {}
        for name in self._packages:
            module: Any = sys.modules.get(name)
            if module is not None:
                file = getattr(module, "__file__", None)
                found[name] = [file] if file else list(getattr(module, "__path__", []))
        return found
