"""The inputs that are tried, the most promising first: calls of real tests, and what lies near them."""

from __future__ import annotations

import ast
import copy
import inspect
import random
from collections.abc import Iterator
from itertools import zip_longest
from typing import Any

from .recording import Call, Target
from .values import Written, described, simpler, variants

_MOST_LITERALS = 24
_MOST_VARIANTS = 80  # of one argument
_MOST_MIXED = 5000
_KINDS: dict[str, Any] = {
    "bool": False,
    "float": 1.0,
    "int": 1,
    "bytes": b"a b",
    "str": "a b",
    "list": ["a"],
    "Sequence": ["a"],
    "Iterable": ["a"],
    "tuple": ("a",),
    "dict": {"a": 1},
    "Mapping": {"a": 1},
    "set": {"a"},
}
_SPOKEN = {
    "__call__": "{}({})",
    "__contains__": "({1} in {0})",
    "__getitem__": "{}[{}]",
    "__iter__": "iter({})",
    "__len__": "len({})",
    "__repr__": "repr({})",
    "__str__": "str({})",
}
"""How a test writes the call of such a method, by the instance and the arguments."""


class Input:
    """One call that can be made again and again: each time with copies of the same arguments."""

    def __init__(self, target: Target, call: Call) -> None:
        self._target = target
        self._call = call

    def smaller(self) -> Iterator[Input]:
        """The same call with one argument simpler."""
        args, kwargs = self._call.args, self._call.kwargs
        for name in kwargs:
            yield Input(self._target, _changed(self._call, kwargs={n: one for n, one in kwargs.items() if n != name}))
        for place, value in enumerate(args):
            for other in simpler(value):
                yield Input(self._target, _changed(self._call, args=(*args[:place], other, *args[place + 1 :])))
        for name, value in kwargs.items():
            for other in simpler(value):
                yield Input(self._target, _changed(self._call, kwargs={**kwargs, name: other}))

    def copies(self) -> tuple[Any, tuple[Any, ...], dict[str, Any]]:
        """The instance and the arguments, which the call may change."""
        return copy.deepcopy((self._call.owner, self._call.args, self._call.kwargs))

    def owner(self, written: Written) -> str | None:
        """Source for the instance; None where a test cannot make one like it."""
        target, call = self._target, self._call
        if call.made_by is not None:
            args, kwargs = call.made_by
            try:
                is_like_new = described(target.class_(*copy.deepcopy(args), **kwargs)) == described(call.owner)
            except Exception:
                is_like_new = False
            inner = arguments(args, kwargs, written) if is_like_new else None
            name = written.of(target.class_) if inner is not None else None
            if name:
                return f"{name}({inner})"
        return written.of(call.owner)

    def call(self, written: Written, owner: str | None, inner: str) -> str | None:
        """Source for the call; `owner` is that for the instance, `inner` for the arguments."""
        target = self._target
        if target.is_method and target.name in _SPOKEN and owner is not None and not self._call.kwargs:
            return _SPOKEN[target.name].format(owner, inner)
        function = self._function(written, owner)
        return None if function is None else f"{function}({inner})"

    def _function(self, written: Written, owner: str | None) -> str | None:
        target = self._target
        if target.class_ is None:
            written.imports.add(f"from {target.module.__name__} import {target.name}")
            return target.name
        if target.is_method and target.name != "__init__":
            return None if owner is None else f"{owner}.{target.name}"
        written.imports.add(f"from {target.module.__name__} import {target.class_.__name__}")
        name: str = target.class_.__name__
        return name if target.name == "__init__" else f"{name}.{target.name}"

    def arguments(self, written: Written) -> str | None:
        """Source for the arguments."""
        return arguments(self._call.args, self._call.kwargs, written)

    @property
    def names(self) -> list[str]:
        """What the positional arguments are called in a test that looks at them afterwards."""
        try:
            names = list(inspect.signature(self._target.raw).parameters)
        except (TypeError, ValueError):
            names = []
        if self._target.is_method:
            names = names[1:]
        return [name for name, _ in zip_longest(names, self._call.args, fillvalue="argument")][: len(self._call.args)]


def arguments(args: tuple[Any, ...], kwargs: dict[str, Any], written: Written) -> str | None:
    """Source for what stands between the parentheses of a call."""
    parts = [written.of(one) for one in args]
    texts = {name: written.of(one) for name, one in kwargs.items()}
    if None in parts or None in texts.values():
        return None
    return ", ".join([*map(str, parts), *(f"{name}={text}" for name, text in texts.items())])


def literals(sources: list[str]) -> list[Any]:
    """The constants in functions, with what a mutant has made of them: where behaviour changes, they are near."""
    found: list[Any] = []
    for source in sources:
        try:
            tree = ast.parse(source)
        except SyntaxError:
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and type(node.value) in (int, float, str, bytes):
                if not any(type(one) is type(node.value) and one == node.value for one in found):
                    found.append(node.value)
    return [one for one in found if not isinstance(one, (str, bytes)) or len(one) <= 40][:_MOST_LITERALS]


def candidates(target: Target, constants: list[Any]) -> Iterator[Input]:
    """Inputs without end worth speaking of; some may be alike."""
    optional = _optional(target)
    calls = target.calls or list(_made_up(target))
    for call in calls:
        yield Input(target, call)
    near = [_near(call, optional, constants) for call in calls]
    for group in zip_longest(*near):
        yield from (Input(target, call) for call in group if call is not None)
    chance = random.Random(0)
    for _ in range(_MOST_MIXED if calls else 0):
        call = chance.choice(calls)
        for _ in range(chance.randint(2, 3)):
            nearby = list(zip(_near(call, optional, constants), range(_MOST_VARIANTS * 2)))
            if nearby:
                call = chance.choice(nearby)[0]
        yield Input(target, call)


def _near(call: Call, optional: dict[str, tuple[int, Any]], constants: list[Any]) -> Iterator[Call]:
    """`call` with one argument another, by turns."""

    def of(place: int) -> Iterator[Call]:
        for _, other in zip(range(_MOST_VARIANTS), variants(call.args[place], constants)):
            yield _changed(call, args=(*call.args[:place], other, *call.args[place + 1 :]))

    def named(name: str, value: Any) -> Iterator[Call]:
        for _, other in zip(range(_MOST_VARIANTS), variants(value, constants)):
            yield _changed(call, kwargs={**call.kwargs, name: other})

    def without(name: str) -> Iterator[Call]:
        yield _changed(call, kwargs={other: one for other, one in call.kwargs.items() if other != name})

    def shorter() -> Iterator[Call]:
        least = min((place for place, _ in optional.values()), default=len(call.args))
        for length in range(len(call.args) - 1, least - 1, -1):
            yield _changed(call, args=call.args[:length])

    left = {name: value for name, (place, value) in optional.items() if place >= len(call.args)}
    ways = [
        shorter(),
        *(of(place) for place in range(len(call.args))),
        *(named(name, value) for name, value in call.kwargs.items()),
        *(without(name) for name in call.kwargs if name in left),
        *(named(name, value) for name, value in left.items() if name not in call.kwargs),
        _made_otherwise(call, constants),
    ]
    for group in zip_longest(*ways):
        yield from (one for one in group if one is not None)


def _made_otherwise(call: Call, constants: list[Any]) -> Iterator[Call]:
    """The same call on an instance that was made with one argument another."""
    if call.owner is None or call.made_by is None:
        return
    args, kwargs = call.made_by
    ways = [
        *(
            ((*args[:place], other, *args[place + 1 :]), kwargs)
            for place in range(len(args))
            for other in variants(args[place], constants)
        ),
        *((args, {**kwargs, name: other}) for name, one in kwargs.items() for other in variants(one, constants)),
    ]
    for changed in ways[: 2 * _MOST_VARIANTS]:
        try:
            owner = type(call.owner)(*copy.deepcopy(changed[0]), **copy.deepcopy(changed[1]))
        except Exception:
            continue
        yield Call(call.args, call.kwargs, owner=owner, made_by=changed)


def _changed(call: Call, **changes: Any) -> Call:
    new = Call(call.args, call.kwargs, owner=call.owner, made_by=call.made_by)
    for name, value in changes.items():
        setattr(new, name, value)
    return new


def _optional(target: Target) -> dict[str, tuple[int, Any]]:
    """By name, the place and the default of each parameter that has one."""
    return {
        parameter.name: (place if parameter.kind is not parameter.KEYWORD_ONLY else 1 << 10, parameter.default)
        for place, parameter in enumerate(_parameters(target))
        if parameter.default is not parameter.empty
        and parameter.kind in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY)
    }


def _parameters(target: Target) -> list[inspect.Parameter]:
    raw = target.raw.__func__ if isinstance(target.raw, (classmethod, staticmethod)) else target.raw
    try:
        found = list(inspect.signature(raw).parameters.values())
    except (TypeError, ValueError):
        return []
    return found if target.class_ is None or isinstance(target.raw, staticmethod) else found[1:]


def _made_up(target: Target) -> Iterator[Call]:
    """A call by what the annotations say, where no test's call could be seen."""
    owner = None
    if target.is_method and target.name != "__init__":
        try:
            owner = target.class_()
        except Exception:
            return
    args = [_example(parameter) for parameter in _parameters(target) if _is_needed(parameter)]
    yield Call(tuple(args), {}, owner=owner, made_by=((), {}) if owner is not None else None)


def _is_needed(parameter: inspect.Parameter) -> bool:
    return parameter.default is parameter.empty and parameter.kind in (
        parameter.POSITIONAL_ONLY,
        parameter.POSITIONAL_OR_KEYWORD,
    )


def _example(parameter: inspect.Parameter) -> Any:
    said = parameter.annotation
    text = said if isinstance(said, str) else getattr(said, "__name__", None) or str(said)
    return next((copy.copy(example) for kind, example in _KINDS.items() if kind in text), "a b")
