"""Writes down what a search has found: in words, and as a test that passes on the original alone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from .inputs import Input
from .observing import Observation
from .recording import Target
from .values import UnclearError, Written, described, without_addresses

_MOST_SAID = 200
_SHOWN_BEFORE = 40  # characters in front of the first that differs
_TODAY = "    # What the code does today. Judge whether it is right before this test is kept."


class Telling:
    """One input on which the two differ, written down; `test` is empty where a test cannot make it."""

    def __init__(self, target: Target, one: Input, original: Observation, mutated: Observation) -> None:
        self._target = target
        self._one = one
        self._written = Written()
        self._original, self._mutated = original, mutated
        self._owner = one.owner(self._written) if original.owner is not None else None
        self.is_owner_made = original.owner is None or self._owner is not None
        self._arguments = one.arguments(self._written)
        self._stand_in = _snake(target.class_.__name__) if target.class_ is not None else ""
        self._changed = self._first_change()

    @property
    def call(self) -> str:
        """The call as one would write it; empty where its arguments cannot be written."""
        if self._arguments is None:
            return ""
        return self._one.call(self._written, self._owner or self._stand_in, self._arguments) or ""

    def said(self) -> tuple[str, str]:
        """What original and mutant do, in words."""
        original, mutated = self._said(self._original), self._said(self._mutated)
        pairs = enumerate(zip(original, mutated))
        shared = next((place for place, (one, other) in pairs if one != other), 0)
        return _short(original, shared), _short(mutated, shared)

    def _said(self, seen: Observation) -> str:
        if seen.error is not None:
            text = without_addresses(str(seen.error)).partition("\n")[0]
            return f"raises {type(seen.error).__name__}" + (f": {text}" if text else "")
        words = f"{'yields' if seen.is_listed else 'returns'} {_shown(seen.value)}"
        if self._original.result != self._mutated.result:
            return words + self._detail(seen.value)
        if self._original.printed != self._mutated.printed:
            return f"prints {seen.printed!r}"
        place, attribute = self._changed
        value = seen.owner if place < 0 else seen.args[place]
        name = self._stand_in if place < 0 else self._one.names[place]
        name, value = (f"{name}.{attribute}", _attribute(value, attribute)) if attribute else (name, value)
        return f"{words}, and leaves {name} as {_shown(value)}"

    def _detail(self, value: Any) -> str:
        """The attribute in which two results differ that look the same."""
        one, other = self._original.value, self._mutated.value
        if self._original.error or self._mutated.error or _shown(one) != _shown(other):
            return ""
        name = next(_changed_attributes(one, other), "")
        return f" with {name} {_shown(_attribute(value, name))}" if name else f", a {type(value).__name__}"

    def test(self) -> str:
        """A whole test; empty where there is none."""
        call = self.call
        if not call or not self.is_owner_made or self._original.is_awaited:
            return ""
        body = self._body(call)
        if not body:
            return ""
        imports = sorted(self._written.imports)
        if any("pytest." in line for line in body):
            imports = ["import pytest", "", *imports] if imports else ["import pytest"]
        name = re.sub(r"[\W_]+", "_", _snake(f"{self._stand_in}_{self._target.name}")).strip("_")
        return "\n".join([*imports, "", "", f"def test_{name}():", _TODAY, *(f"    {line}" for line in body), ""])

    def _body(self, call: str) -> list[str]:
        original = self._original
        if original.error is not None:
            return self._raising(call, original.error)
        if original.result != self._mutated.result:
            line = self._comparison(f"list({call})" if original.is_listed else call)
            return [line] if line else []
        if original.printed == self._mutated.printed:
            return self._leaving()
        return []

    def _raising(self, call: str, error: BaseException) -> list[str]:
        name = self._written.of(type(error))
        if name is None:
            return []
        if type(self._mutated.error) is not type(error):
            return [f"with pytest.raises({name}):", f"    {call}"]
        if str(error) != without_addresses(str(error)):
            return []
        return [f"with pytest.raises({name}) as raised:", f"    {call}", f"assert str(raised.value) == {str(error)!r}"]

    def _comparison(self, call: str) -> str:
        value, other = self._original.value, self._mutated.value
        if value is None or isinstance(value, bool):
            return f"assert {call} is {value}"
        expected = self._written.of(value)
        if expected is not None:
            is_same = self._mutated.error is None and _equal(value, other)
            return f"assert {f'repr({call})' if is_same else call} == {repr(repr(value)) if is_same else expected}"
        for name in _changed_attributes(value, other):
            part = self._written.of(_attribute(value, name))
            if part is not None and name.isidentifier() and hasattr(value, name):
                return f"assert {call}.{name} == {part}"
        text = repr(value)
        if text == without_addresses(text) and text != repr(other) and len(text) < _MOST_SAID:
            return f"assert repr({call}) == {text!r}"
        return f"assert {call} is not None" if other is None and self._mutated.error is None else ""

    def _leaving(self) -> list[str]:
        place, attribute = self._changed
        owner = self._owner
        parts = [self._written.of(one) for one in self._one.copies()[1]]
        value: Any = self._original.owner if place < 0 else self._original.args[place]
        name = self._stand_in if place < 0 else self._one.names[place]
        expected = self._written.of(_attribute(value, attribute) if attribute else value)
        made = owner if place < 0 else parts[place]
        if expected is None or made is None:
            return []
        arguments = self._arguments or ""
        if place < 0:
            owner = name
        else:
            arguments = arguments.replace(str(made), name, 1)
        call = self._one.call(self._written, owner, arguments)
        looked_at = f"{name}.{attribute}" if attribute else name
        return [f"{name} = {made}", str(call), f"assert {looked_at} == {expected}"]

    def _first_change(self) -> tuple[int, str]:
        """Which argument the two leave otherwise (-1: the instance), and which attribute of it."""
        pairs = [(-1, self._original.owner, self._mutated.owner)]
        pairs += [(place, a, b) for place, (a, b) in enumerate(zip(self._original.args, self._mutated.args))]
        for place, one, other in pairs:
            if _described(one) != _described(other):
                return place, next(_changed_attributes(one, other), "")
        return -1, ""


def _changed_attributes(one: Any, other: Any) -> Iterator[str]:
    names = {**getattr(one, "__dict__", {}), **getattr(other, "__dict__", {})}
    yield from (name for name in sorted(names) if _differ(one, other, name))


def _attribute(value: Any, name: str) -> Any:
    return getattr(value, name, None)


def _differ(one: Any, other: Any, name: str) -> bool:
    missing = object()
    values = getattr(one, name, missing), getattr(other, name, missing)
    return missing in values or _described(values[0]) != _described(values[1])


def _described(value: Any) -> Any:
    try:
        return described(value)
    except UnclearError:
        return None


def _equal(one: Any, other: Any) -> bool:
    try:
        return bool(one == other)
    except Exception:
        return False


def _shown(value: Any) -> str:
    try:
        return without_addresses(repr(value))
    except Exception:
        return f"a {type(value).__name__}"


def _short(text: str, shared: int) -> str:
    """`text` without its middle and its end where it is long; the first `shared` characters tell nothing."""
    verb, _, rest = text.partition(" ")
    skipped = shared - len(verb) - _SHOWN_BEFORE
    if len(text) > _MOST_SAID and skipped > 0:
        text = f"{verb} …{rest[skipped:]}"
    return text if len(text) <= _MOST_SAID else text[: _MOST_SAID - 1] + "…"


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
