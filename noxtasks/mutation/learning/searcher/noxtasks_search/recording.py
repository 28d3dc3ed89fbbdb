"""What functions are called with in real tests: a pytest plugin that keeps copies of the arguments."""

from __future__ import annotations

import copy
import functools
import importlib
import inspect
from collections.abc import Callable, Generator
from typing import Any

import pytest
from noxtasks_probe import taming

_MOST_CALLS = 40  # different ones, of a function
_MOST_INSTANCES = 2000
_LONGEST_REPR = 4000


class Call:
    """The arguments of one call; of a method, `owner` is a copy of its instance as it was before."""

    def __init__(
        self, args: tuple[Any, ...], kwargs: dict[str, Any], *, owner: Any = None, made_by: Any = None
    ) -> None:
        self.args, self.kwargs, self.owner = args, kwargs, owner
        self.made_by: tuple[tuple[Any, ...], dict[str, Any]] | None = made_by  # what its class was called with


class Target:
    """A function with survivors, as mutmut names it: "shop.cart.xǁCartǁtotal"."""

    def __init__(self, key: str) -> None:
        module_name, _, mangled = key.rpartition(".")
        self.key = key
        self.module: Any = importlib.import_module(module_name)
        self.mangled = mangled
        self.calls: list[Call] = []
        self.seen: set[str] = set()
        self.class_: Any = None
        if mangled.startswith("xǁ"):
            _, class_name, self.name = mangled.split("ǁ", 2)
            self.class_ = getattr(self.module, class_name)
            self.raw = inspect.getattr_static(self.class_, self.name)
        else:
            self.name = mangled[2:]
            self.raw = getattr(self.module, self.name)

    @property
    def is_method(self) -> bool:
        """Whether it is called on an instance."""
        return self.class_ is not None and not isinstance(self.raw, (classmethod, staticmethod))

    @property
    def mutants(self) -> dict[str, Any]:
        """Mutmut's own table of the original and its mutants."""
        found: dict[str, Any] = getattr(self.module, f"mutants_{self.mangled}__mutmut")
        return found


class Recorder:
    """Runs the tests that are asked for, and no others, and notes the calls of `keys`."""

    def __init__(self, keys: list[str], tests: list[str]) -> None:
        self._keys = keys
        self._tests = set(tests)
        self._undo: list[Callable[[], None]] = []
        self._made: dict[int, tuple[Any, tuple[Any, ...], dict[str, Any]]] = {}
        self._is_busy = False
        self.targets: dict[str, Target] = {}

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_load_initial_conftests(self, early_config: pytest.Config, args: list[str]) -> Generator[None, Any, None]:
        """The user's settings for one session are not for this one."""
        taming.before_conftests(early_config, args)
        yield

    @pytest.hookimpl(tryfirst=True)
    def pytest_configure(self, config: pytest.Config) -> None:
        """The same, of the rest of them."""
        taming.settle(config)

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Keep the tests that are asked for."""
        items[:] = [item for item in items if item.nodeid in self._tests]

    def pytest_collection_finish(self) -> None:
        """Put a listener in the way to each original, now that the modules are there."""
        for key in self._keys:
            try:
                target = Target(key)
                self._listen(target)
            except Exception:
                continue
            self.targets[key] = target

    def pytest_unconfigure(self) -> None:
        """Take all listeners away."""
        while self._undo:
            self._undo.pop()()

    def _listen(self, target: Target) -> None:
        if isinstance(target.raw, classmethod):
            name = f"{target.mangled}__mutmut_orig"
            original = target.class_.__dict__[name]
            inner = original.__func__
            setattr(target.class_, name, classmethod(self._noting(target, inner, skip=1)))
            self._undo.append(lambda: setattr(target.class_, name, original))
            return
        table, original = target.mutants, target.mutants["_mutmut_orig"]
        table["_mutmut_orig"] = self._noting(target, original, skip=0)
        self._undo.append(lambda: table.__setitem__("_mutmut_orig", original))
        if target.is_method:
            self._watch_making(target.class_)

    def _noting(self, target: Target, function: Any, *, skip: int) -> Any:
        @functools.wraps(function)
        def noting(*args: Any, **kwargs: Any) -> Any:
            if not self._is_busy and len(target.calls) < _MOST_CALLS:
                self._is_busy = True
                try:
                    self._note(target, args[skip:], kwargs)
                except Exception:
                    pass
                finally:
                    self._is_busy = False
            return function(*args, **kwargs)

        return noting

    def _note(self, target: Target, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        owner, made_by = None, None
        if target.is_method:
            if target.name == "__init__":
                if type(args[0]) is not target.class_:
                    return
                args = args[1:]
            else:
                made = self._made.get(id(args[0]))
                made_by = made[1:] if made else ((), {})
                owner, args = args[0], args[1:]
        text = repr((getattr(owner, "__dict__", None), args, kwargs))[:_LONGEST_REPR]
        if text in target.seen:
            return
        target.seen.add(text)
        owner, args, kwargs, made_by = copy.deepcopy((owner, args, kwargs, made_by))
        target.calls.append(Call(args, kwargs, owner=owner, made_by=made_by))

    def _watch_making(self, class_: Any) -> None:
        """Note what instances of `class_` are made with, so that a test can make them too."""
        own = class_.__dict__.get("__init__")
        inherited = class_.__init__
        if inherited is object.__init__ or getattr(own, "__noxtasks_notes__", False):
            return

        @functools.wraps(inherited)
        def making(instance: Any, *args: Any, **kwargs: Any) -> None:
            if type(instance) is class_ and not self._is_busy and len(self._made) < _MOST_INSTANCES:
                self._is_busy = True
                try:
                    self._made[id(instance)] = (instance, *copy.deepcopy((args, kwargs)))
                except Exception:
                    pass
                finally:
                    self._is_busy = False
            inherited(instance, *args, **kwargs)

        making.__noxtasks_notes__ = True  # type: ignore[attr-defined]
        class_.__init__ = making
        self._undo.append(lambda: delattr(class_, "__init__") if own is None else setattr(class_, "__init__", own))
