"""What iterating over a value, a subscript or an attribute gives."""

from __future__ import annotations

import ast
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from noxtasks.markers.python.syntax import Binding, Module, Step, Take, docstring, last_name

PASSING = {"list", "tuple", "set", "frozenset", "sorted", "reversed", "iter", "deepcopy", "copy", "cast", "dict"}
_MANY = 200  # elements that nobody has spelled one by one
_CHAINING = {"chain", "union", "concatenate", "intersection", "difference"}


@dataclass(frozen=True, slots=True)
class Origin:
    """An expression that a value comes from, as far as it was followed; without node it is unknown."""

    node: ast.AST | None = None
    module: Module | None = None
    is_mark: bool = False  # marker objects that pytest gives


NOBODY_KNOWS = Origin()
A_MARK = Origin(is_mark=True)


class Containers(ABC):
    """Takes values apart; where they come from, `Flow` knows."""

    @abstractmethod
    def origins(self, node: ast.AST, module: Module) -> list[Origin]:
        """Every expression that the value of this one may come from."""

    @abstractmethod
    def elements(self, node: ast.AST, module: Module) -> list[Origin]:
        """What iterating over the value gives."""

    @abstractmethod
    def taken(self, origins: Iterable[Origin], steps: Sequence[Step]) -> list[Origin]:
        """What is reached from values by these steps."""

    @abstractmethod
    def _exported(self, name: str, module: Module) -> list[Origin]: ...

    @abstractmethod
    def _bound(self, bindings: Iterable[Binding], module: Module) -> list[Origin]: ...

    def _at(self, node: ast.AST | None, origin: Origin) -> list[Origin]:
        return [NOBODY_KNOWS] if node is None or origin.module is None else self.origins(node, origin.module)

    def _step(self, origin: Origin, step: Step) -> list[Origin]:
        if origin.is_mark:
            return [A_MARK] if not isinstance(step, str) else [Origin(is_mark=True)]
        if origin.node is None or origin.module is None:
            return [NOBODY_KNOWS]
        if isinstance(step, str):
            return self._attribute(origin, step)
        if step is Take.ELEMENT:
            return self._iterated(origin)
        return self._subscripted(origin, step)

    def _iterated(self, origin: Origin) -> list[Origin]:  # noqa: C901, PLR0911 - one for each kind
        node, module = origin.node, origin.module
        assert node is not None and module is not None  # noqa: S101, PT018 - _step has seen to it
        match node:
            case ast.List(elts=elts) | ast.Tuple(elts=elts) | ast.Set(elts=elts):
                return [one for each in elts for one in self._element(each, module)]
            case ast.Dict():
                pairs = zip(node.keys, node.values, strict=True)
                return [o for k, v in pairs for o in (self.origins(k, module) if k else self.elements(v, module))]
            case ast.ListComp(elt=elt) | ast.SetComp(elt=elt) | ast.GeneratorExp(elt=elt) | ast.DictComp(key=elt):
                return self.origins(elt, module)
            case ast.BinOp(left=left, right=right, op=ast.Add() | ast.BitOr()):
                return [*self.elements(left, module), *self.elements(right, module)]
            case ast.BinOp(left=left, op=ast.Sub() | ast.BitAnd()):
                return self.elements(left, module)
            case ast.ClassDef():
                return self._members(node, module)
            case ast.Call():
                return [] if is_empty(node) else self._iterated_call(node, module)
            case ast.Subscript(value=value, slice=ast.Slice()):
                return self.elements(value, module)
            case ast.Constant(value=str() as text) if len(text) <= _MANY:
                return _constants(text, node, module)
            case ast.Attribute(attr="parts"):  # of a path: any part stands for all
                part = ast.Subscript(value=node, slice=ast.Constant(value=0), ctx=ast.Load())
                return [Origin(part, module)]
        return [NOBODY_KNOWS]

    def _element(self, node: ast.expr, module: Module) -> list[Origin]:
        return self.elements(node.value, module) if isinstance(node, ast.Starred) else self.origins(node, module)

    def _iterated_call(self, node: ast.Call, module: Module) -> list[Origin]:  # noqa: C901, PLR0911 - one for each kind
        name = last_name(node.func)
        match node.func:
            case ast.Attribute(value=value, attr="items"):
                return self._pairs(self.origins(value, module))
            case ast.Attribute(value=value, attr="keys"):
                return self.elements(value, module)
            case ast.Attribute(value=value, attr="values"):
                return self.taken(self.origins(value, module), (Take.VALUE,))
            case ast.Attribute(value=value, attr="split" | "splitlines"):
                return [each for text in self.origins(value, module) for each in _pieces(node, text)]
        if name in _CHAINING:
            holder = [node.func.value] if isinstance(node.func, ast.Attribute) and name != "chain" else []
            if holder and name in ("intersection", "difference"):
                return self.elements(holder[0], module)
            return [one for each in (*holder, *node.args) for one in self.elements(each, module)]
        if name in ("enumerate", "zip"):
            # as a tuple of all that each may give, once for each
            columns = [self.elements(each, module) for each in node.args[: 1 if name == "enumerate" else None]]
            return [Origin(_Row(columns, 1 if name == "enumerate" else 0), module)]
        if name == "range":
            return _numbers(node, module)
        if name in ("filter", "compress") and len(node.args) > 1:
            return self.elements(node.args[1], module)
        if name in PASSING and node.args:
            return self.elements(node.args[0], module)
        if name == "dict":
            return [Origin(ast.Constant(value=each.arg), module) for each in node.keywords if each.arg]
        return [NOBODY_KNOWS]

    def _pairs(self, origins: Iterable[Origin]) -> list[Origin]:  # noqa: C901 - one for each kind
        result: list[Origin] = []
        for origin in origins:
            match origin.node:
                case ast.Dict(keys=keys, values=values):
                    for key, value in zip(keys, values, strict=True):
                        if key is not None:
                            result.append(Origin(ast.Tuple(elts=[key, value], ctx=ast.Load()), origin.module))
                        elif origin.module is not None:
                            result.extend(self._pairs(self.origins(value, origin.module)))
                case ast.DictComp(key=key, value=value):
                    result.append(Origin(ast.Tuple(elts=[key, value], ctx=ast.Load()), origin.module))
                case ast.Call(func=ast.Name(id="dict"), keywords=keywords):
                    for each in keywords:
                        pair: list[ast.expr] = [ast.Constant(value=each.arg or ""), each.value]
                        result.append(Origin(ast.Tuple(elts=pair, ctx=ast.Load()), origin.module))
                case ast.BinOp(left=left, right=right, op=ast.BitOr()) if origin.module is not None:
                    for side in (left, right):
                        result.extend(self._pairs(self.origins(side, origin.module)))
                case _:
                    result.append(NOBODY_KNOWS)
        return result

    def _subscripted(self, origin: Origin, step: Step) -> list[Origin]:  # noqa: PLR0911 - one for each kind
        node = origin.node
        match node:
            case _Row():
                column = step - node.offset if isinstance(step, int) else -1
                return node.columns[column] if 0 <= column < len(node.columns) else [NOBODY_KNOWS]
            case ast.List(elts=elts) | ast.Tuple(elts=elts):
                is_plain = not any(isinstance(each, ast.Starred) for each in elts)
                if isinstance(step, int) and is_plain and -len(elts) <= step < len(elts):
                    return self._at(elts[step], origin)
                return self._iterated(origin) if step is Take.VALUE or not is_plain else [NOBODY_KNOWS]
            case ast.Dict(keys=keys, values=values) if step is Take.VALUE:
                found: list[Origin] = []
                for key, value in zip(keys, values, strict=True):
                    at = self._at(value, origin)
                    found.extend(at if key is not None else self.taken(at, (Take.VALUE,)))
                return found
            case ast.DictComp(value=value) if step is Take.VALUE:
                return self._at(value, origin)
            case ast.Call(func=ast.Name(id="dict"), keywords=keywords) if step is Take.VALUE:
                return [one for each in keywords for one in self._at(each.value, origin)]
            case ast.Call() if isinstance(step, int) and 0 <= step < len(node.args) and isinstance(node.func, ast.Name):
                if node.func.id[:1].isupper():  # a named tuple
                    return self._at(node.args[step], origin)
        return [NOBODY_KNOWS]

    def _attribute(self, origin: Origin, name: str) -> list[Origin]:
        node, module = origin.node, origin.module
        assert module is not None  # noqa: S101 - _step has seen to it
        match node:
            case ast.Module() | ast.ClassDef() if name == "__doc__" and (text := docstring(node)) is not None:
                return [Origin(text, module)]
            case ast.Module():
                return self._exported(name, module) or [NOBODY_KNOWS]
            case ast.ClassDef():
                bindings = module.scopes[node].bindings.get(name, [])
                return self._bound(bindings, module) or [NOBODY_KNOWS]
            case ast.Call():
                return self._field(node, module, name)
            case ast.Constant() if name == "value":
                return [origin]
        return [NOBODY_KNOWS]

    def _field(self, node: ast.Call, module: Module, name: str) -> list[Origin]:
        """What a constructor was given for the field."""
        given = next((each.value for each in node.keywords if each.arg == name), None)
        if given is not None:
            return self.origins(given, module)
        for one in self.origins(node.func, module):
            if isinstance(one.node, ast.ClassDef):
                fields = [each.target.id for each in one.node.body if _is_field(each)]  # type: ignore[attr-defined]
                if name in fields and fields.index(name) < len(node.args):
                    return self.origins(node.args[fields.index(name)], module)
        return [NOBODY_KNOWS]

    def _members(self, node: ast.ClassDef, module: Module) -> list[Origin]:
        values = [each.value for each in node.body if isinstance(each, ast.Assign)]
        return [one for each in values for one in self.origins(each, module)]


class _Row(ast.expr):
    """A row that `zip` or `enumerate` gives: what each column may hold."""

    def __init__(self, columns: list[list[Origin]], offset: int) -> None:
        super().__init__()
        self.columns = columns
        self.offset = offset


def _constants(values: Iterable[str | int], at: ast.AST, module: Module) -> list[Origin]:
    """Constants that stand at a place of the source, though not spelled there."""
    return [Origin(ast.copy_location(ast.Constant(value=value), at), module) for value in values]


def _numbers(call: ast.Call, module: Module) -> list[Origin]:
    """What `range` of constants gives."""
    bounds = [each.value for each in call.args if isinstance(each, ast.Constant) and isinstance(each.value, int)]
    if len(bounds) != len(call.args) or not bounds or 0 in bounds[2:]:
        return [NOBODY_KNOWS]
    numbers = range(*bounds)
    return _constants(numbers, call, module) if len(numbers) <= _MANY else [NOBODY_KNOWS]


def is_empty(node: ast.AST | None) -> bool:
    """Whether it is `[]`, `{}` or `()`, or a call that makes one of these."""
    match node:
        case ast.List(elts=[]) | ast.Tuple(elts=[]) | ast.Dict(keys=[]):
            return True
        case ast.Call(func=ast.Name(id="list" | "set" | "dict"), args=[], keywords=[]):
            return True
    return False


def _pieces(call: ast.Call, text: Origin) -> list[Origin]:
    """The pieces of a constant text, each on its line."""
    separator = call.args[0] if call.args else ast.Constant(value=None)
    if not isinstance(text.node, ast.Constant) or not isinstance(text.node.value, str):
        return [NOBODY_KNOWS]
    if not isinstance(separator, ast.Constant) or separator.value not in (None, "\n", ",", " ", ";", "|"):
        return [NOBODY_KNOWS]
    is_by_lines = last_name(call.func) == "splitlines" or separator.value == "\n"
    pieces = text.node.value.splitlines() if is_by_lines else text.node.value.split(separator.value)
    line = getattr(text.node, "lineno", 0)
    return [
        Origin(ast.Constant(value=each, lineno=line + at if is_by_lines else line), text.module)
        for at, each in enumerate(pieces)
    ]


def _is_field(node: ast.stmt) -> bool:
    return isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)
