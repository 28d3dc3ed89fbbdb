"""Values seen from outside: what they are like, how they are written in a test, and which are a little different."""

from __future__ import annotations

import ast
import builtins
import contextlib
import dataclasses
import datetime as dt
import enum
import math
import os
import re
import sys
import tempfile
from collections.abc import Iterator
from typing import Any

_MOST_NODES = 2000
_DEEPEST = 8
_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+|\b0x[0-9a-fA-F]{8,}\b")
_MANGLED = re.compile(r"\bx(?:_|\u01c1\w+\u01c1)(\w+?)__mutmut_(?:orig|\d+)\b")
_PLAIN = (int, float, complex, str, bytes, bytearray, bool, type(None), type(...))
_SHORT = 24
_LARGEST = 1 << 40
_TEMPORARY = tempfile.gettempdir() + os.sep
_MOST_TEXT = 400  # characters of a value in a test


class UnclearError(Exception):
    """The value is too large, or too strange, to be compared."""


def described(value: Any) -> Any:
    """A value that is equal for two values that nobody could tell apart, made of tuples and texts."""
    return _Describing().of(value, 0)


class _Describing:
    def __init__(self) -> None:
        self._left = _MOST_NODES
        self._above: list[int] = []

    def of(self, value: Any, depth: int) -> Any:
        self._left -= 1
        if self._left < 0:
            raise UnclearError
        kind = type(value)
        name = f"{kind.__module__}.{kind.__qualname__}"
        if isinstance(value, _PLAIN):
            return name, repr(value)
        if isinstance(value, (type, enum.Enum)) or (callable(value) and hasattr(value, "__qualname__")):
            text = getattr(value, "__qualname__", None) or repr(value)
            return name, getattr(value, "__module__", ""), without_addresses(text)
        if id(value) in self._above or depth > _DEEPEST:
            return name, "…"
        self._above.append(id(value))
        try:
            return (name, *self._parts(value, depth + 1))
        finally:
            self._above.pop()

    def _parts(self, value: Any, depth: int) -> Iterator[Any]:
        if isinstance(value, dict):
            yield from (("item", self.of(key, depth), self.of(one, depth)) for key, one in value.items())
        elif isinstance(value, (list, tuple)):
            yield from (self.of(one, depth) for one in value)
        elif isinstance(value, (set, frozenset)):
            yield from sorted((self.of(one, depth) for one in value), key=repr)
        if isinstance(value, BaseException):
            yield "args", self.of(value.args, depth)
        state = dict(getattr(value, "__dict__", None) or {})
        for kind in type(value).__mro__:
            slots = kind.__dict__.get("__slots__", ())
            for slot in [slots] if isinstance(slots, str) else slots:
                if slot not in ("__dict__", "__weakref__") and hasattr(value, slot):
                    state.setdefault(slot, getattr(value, slot))
        for name in sorted(map(str, state)):
            yield "attribute", name, self.of(state[name], depth)
        if not state and not isinstance(value, (dict, list, tuple, set, frozenset)):
            yield without_addresses(repr(value))


def without_addresses(text: str) -> str:
    """`text` without what differs in every process, and with functions called as in the source, not as by mutmut."""
    return _MANGLED.sub(r"\1", _ADDRESS.sub("", text))


class Written:
    """Python source for values, and the imports that it takes."""

    def __init__(self) -> None:
        self.imports: set[str] = set()

    def of(self, value: Any) -> str | None:
        """An expression whose value is like `value`; None where there is none that is short."""
        text = self._text(value, 0)
        return text if text is not None and len(text) <= _MOST_TEXT else None

    def _text(self, value: Any, depth: int) -> str | None:
        kind = type(value)
        if depth > _DEEPEST:
            return None
        if kind is float and not math.isfinite(value):
            return f'float("{value}")'
        if kind in _PLAIN:
            return None if _is_of_this_process(value) else repr(value)
        if kind in (list, tuple, set, frozenset):
            return self._collection(value, depth)
        if kind is dict:
            pairs = [(self._text(key, depth + 1), self._text(one, depth + 1)) for key, one in value.items()]
            return None if any(None in pair for pair in pairs) else "{" + ", ".join(f"{k}: {v}" for k, v in pairs) + "}"
        if isinstance(value, enum.Enum):
            return self._named(kind.__module__, f"{kind.__qualname__}.{value.name}", value)
        if isinstance(value, type) or (callable(value) and hasattr(value, "__qualname__")):
            return self._named(getattr(value, "__module__", None) or "", value.__qualname__, value)
        return self._by_fields(value, depth) or self._by_repr(value)

    def _collection(self, value: Any, depth: int) -> str | None:
        kind = type(value)
        parts = [self._text(one, depth + 1) for one in value]
        if any(part is None for part in parts):
            return None
        if kind in (set, frozenset):
            parts.sort(key=str)
        inner = ", ".join(str(part) for part in parts)
        if kind is frozenset:
            return f"frozenset([{inner}])"
        if kind is set:
            return "{" + inner + "}" if parts else "set()"
        return f"[{inner}]" if kind is list else f"({inner},)" if len(parts) == 1 else f"({inner})"

    def _named(self, module_name: str, name: str, value: Any) -> str | None:
        """What a module holds by its name, where it can be imported by that."""
        module = sys.modules.get(module_name)
        found: Any = module
        for part in name.split("."):
            found = getattr(found, part, None)
        if module is None or module_name == "__main__" or found is not value:
            return None
        if module is not builtins:
            self.imports.add(f"from {module_name} import {name.partition('.')[0]}")
        return name

    def _by_fields(self, value: Any, depth: int) -> str | None:
        """The call of its class with all fields, of a dataclass, or a value of attrs or msgspec."""
        kind = type(value)
        if dataclasses.is_dataclass(value):
            names = [field.name for field in dataclasses.fields(value) if field.init]
        elif hasattr(kind, "__attrs_attrs__"):
            names = [field.name for field in kind.__attrs_attrs__ if field.init]
        else:
            names = list(getattr(kind, "__struct_fields__", ()))
        name = self._named(kind.__module__, kind.__qualname__, kind) if names else None
        parts = {field: self._text(getattr(value, field, None), depth + 1) for field in names}
        if name is None or None in parts.values():
            return None
        return f"{name}({', '.join(f'{field}={text}' for field, text in parts.items())})"

    def _by_repr(self, value: Any) -> str | None:
        """Its `repr`, where that is an expression for one like it."""
        try:
            text = repr(value)
            tree = ast.parse(text, mode="eval")
        except Exception:
            return None
        if len(text) > _MOST_TEXT or not isinstance(tree.body, ast.Call):
            return None
        names: dict[str, Any] = {}
        imports: set[str] = set()
        for node in ast.walk(tree):
            if isinstance(node, ast.Name) and not hasattr(builtins, node.id):
                module = sys.modules.get(type(value).__module__)
                if hasattr(module, node.id) and module is not None and node.id != module.__name__:
                    names[node.id] = getattr(module, node.id)
                    imports.add(f"from {module.__name__} import {node.id}")
                elif node.id in sys.modules:
                    names[node.id] = sys.modules[node.id]
                    imports.add(f"import {node.id}")
                else:
                    return None
        try:
            if described(eval(compile(tree, "<repr>", "eval"), names)) != described(value):
                return None
        except Exception:
            return None
        self.imports |= imports
        return text


def _is_of_this_process(value: Any) -> bool:
    """Whether it is an address, or lies in the folder for temporary files: tomorrow there is nothing there."""
    if isinstance(value, int):
        return abs(value) > _LARGEST
    return isinstance(value, str) and (_TEMPORARY in value or os.environ.get("TMPDIR", _TEMPORARY) in value)


def variants(value: Any, literals: list[Any], depth: int = 0) -> Iterator[Any]:
    """Values of the same kind that are a little different: at the edges, empty, turned round, as literals suggest."""
    if isinstance(value, bool):
        yield not value
    elif type(value) in (int, float):
        yield from _numbers(value, literals)
    elif isinstance(value, (dt.date, dt.timedelta)):
        yield from _times(value, literals)
    elif type(value) in (str, bytes):
        yield from _texts(value, [one for one in literals if type(one) is type(value)])
    elif type(value) in (list, tuple):
        yield from _sequences(value, literals, depth)
    elif type(value) is dict:
        yield from _mappings(value, literals, depth)
    elif type(value) in (set, frozenset):
        yield type(value)()
        yield type(value)([next(iter(value))] if value else [0])
    elif value is None:
        yield from (*literals[:6], 0, 1, "", "a", True, [])
    if value is not None and depth == 0:
        yield None


def simpler(value: Any) -> Iterator[Any]:
    """Values of the same kind that are shorter, or nearer to nothing."""
    if type(value) in (str, bytes, list, tuple) and value:
        half = len(value) // 2
        yield from (value[:half], value[half:]) if half else ()
        if len(value) <= _SHORT:
            yield from (value[:place] + value[place + 1 :] for place in range(len(value)))
    elif type(value) is int and abs(value) > 2:
        yield from (value // 10, value // 2, value - 1 if value > 0 else value + 1)
    elif type(value) is dict and len(value) <= _SHORT:
        yield from ({other: one for other, one in value.items() if other != key} for key in value)


def _numbers(value: Any, literals: list[Any]) -> Iterator[Any]:
    yield from (value + 1, value - 1)
    for one in literals:
        if type(one) in (int, float):
            yield from (one, one + 1, one - 1, -one)
    yield from (0, 1, -1, 2, -value, value * 2, value * 10, value / 2 if isinstance(value, float) else value // 2)
    yield from (10**6, 0.5, 1.5, -0.5, float("inf"), float("-inf"), float("nan"))


def _times(value: Any, literals: list[Any]) -> Iterator[Any]:
    numbers = [one for one in literals if type(one) in (int, float)]
    for unit in ("days", "seconds", "microseconds", "minutes", "hours"):
        for number in (1, *numbers, *(one - 1 for one in numbers), *(one + 1 for one in numbers)):
            with contextlib.suppress(OverflowError):
                step = dt.timedelta(**{unit: number})
                yield from (step, -step) if isinstance(value, dt.timedelta) else (value + step, value - step)


def _texts(value: Any, literals: list[Any]) -> Iterator[Any]:
    empty = value[:0]

    def like(text: str) -> Any:
        return text if isinstance(value, str) else text.encode("latin-1")

    yield from (empty, value.upper(), value.lower(), value.swapcase())
    yield from map(like, ("a", "aB", "A  b", "a-b_c", "a.b,c", "0", "-1"))
    for one in literals:
        yield from (one, value + one, one + value, one.join([value, value]), one + value + one, one.upper())
        if len(value) > 1:
            half = len(value) // 2
            yield value[:half] + one + value[half:]
            yield value[:half] + one + one + value[half:]
    yield from (value + value, value[:-1], value[1:], value[::-1], value[:1])
    for text in (" ", "\n", "-", "_", ".", ",", "a", "A", "0", "\t", "\xe9"):
        yield from (value + like(text), like(text) + value, like(text))
    yield from (value + like(" ") + value, value.replace(like(" "), like("  ")), value.title(), value * 10)
    yield like("x" * 100)


def _sequences(value: Any, literals: list[Any], depth: int) -> Iterator[Any]:
    kind = type(value)
    yield from (kind(), value + value, value[:-1], value[1:], value[::-1], value[:1])
    if depth < 2:
        for place in range(min(len(value), 4)):
            for other in variants(value[place], literals, depth + 1):
                yield kind([*value[:place], other, *value[place + 1 :]])
    if not value:
        yield from (kind([one]) for one in (*literals[:4], 0, "a"))


def _mappings(value: Any, literals: list[Any], depth: int) -> Iterator[Any]:
    yield {}
    for key in list(value)[:4]:
        yield {other: one for other, one in value.items() if other != key}
        if depth < 2:
            for other in variants(value[key], literals, depth + 1):
                yield {**value, key: other}
    for one in literals[:6]:
        if isinstance(one, str) and one not in value:
            yield {**value, one: one}
