"""Mutants in this process: which one is active, and which of the functions that have any a test runs.

The modules of the project are mutmut's here: each function that has mutants asks, whenever it is called, which one is
active. The environment says so, which child processes inherit; else a variable of mutmut's own, which outlives tests
that empty the environment. Whichever it is, the function first looks up its original, and that look tells that it runs.

A fixture that several tests share is set up once, in the first of them. What ran then is told of all that use it.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Callable, Generator
from typing import Any

import pytest

from . import warned

_VARIABLE = "MUTANT_UNDER_TEST"
_TRAMPOLINE = "mutmut.mutation.trampoline"


def activate(mutant: str) -> None:
    """Let `mutant` run in place of its function from now on, in this process and in those that it starts."""
    os.environ[_VARIABLE] = mutant
    trampoline: Any = sys.modules.get(_TRAMPOLINE)
    if trampoline is not None:
        trampoline._mutant_under_test = mutant


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
    """Notes which functions run. To be made before the first module of the project is imported."""

    def __init__(self, packages: list[str]) -> None:
        trampoline: Any = importlib.import_module(_TRAMPOLINE)
        decorator = trampoline.wrap_in_trampoline

        def watched(functions: dict[str, Any], *arguments: Any, **options: Any) -> Any:
            return decorator(_Versions(functions, self._note), *arguments, **options)

        trampoline.wrap_in_trampoline = watched
        warned.settle(trampoline.__file__)
        trampoline._mutant_under_test = os.environ.get(_VARIABLE, "")
        self._packages = packages
        self._under_way: list[set[str]] = [set()]
        self._by_fixture: dict[int, set[str]] = {}

    def _note(self, name: str) -> None:
        for functions in self._under_way:
            functions.add(name)

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_fixture_setup(self, fixturedef: Any) -> Generator[None, Any, None]:
        """Keep what runs while a fixture is set up, its own fixtures included."""
        functions = self._by_fixture.setdefault(id(fixturedef), set())
        self._under_way.append(functions)
        yield
        self._under_way.pop()

    def begin(self) -> None:
        """What runs from now on runs in the next test."""
        self._under_way = [set()]

    def seen(self, item: pytest.Item | None = None) -> list[str]:
        """The functions that have run since `begin`, and while the fixtures were set up that `item` uses."""
        functions = set(self._under_way[0])
        information = getattr(item, "_fixtureinfo", None)
        for definitions in getattr(information, "name2fixturedefs", {}).values():
            for definition in definitions:
                functions |= self._by_fixture.get(id(definition), set())
        return sorted(functions)

    def places(self) -> dict[str, list[str]]:
        """Where the packages and modules of the project were imported from, those that were."""
        found = {}
        for name in self._packages:
            module: Any = sys.modules.get(name)
            if module is not None:
                file = getattr(module, "__file__", None)
                found[name] = [file] if file else list(getattr(module, "__path__", []))
        return found
