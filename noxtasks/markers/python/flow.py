"""Where a value comes from: from a name back to the expressions that it may stand for, in any module of the project.

No order of execution, no contexts: every assignment of a name counts, a parameter is whatever any call site gives,
a call is whatever the function returns. That says too much rather than too little. What leaves the source is unknown.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from noxtasks.markers.python.parameters import Parameters
from noxtasks.markers.python.project import Project
from noxtasks.markers.python.syntax import (
    COMPREHENSIONS,
    FUNCTIONS,
    Binding,
    Kind,
    Module,
    Step,
    Take,
    last_name,
)

_DEPTH = 25
_GLIMPSE = 100  # the same, to tell what kind of value it is
_BUDGET = 1500  # expressions looked at for one question
_PASSING = {"list", "tuple", "set", "frozenset", "sorted", "reversed", "iter", "deepcopy", "copy", "cast", "dict"}
_CHAINING = {"chain", "union", "concatenate", "intersection", "difference"}
# what gives Mark objects, or their names
OF_MARKS = {"iter_markers", "own_markers", "iter_markers_with_node", "get_closest_marker", "get_marker", "_marks"}


@dataclass(frozen=True, slots=True)
class Origin:
    """An expression that a value comes from, as far as it was followed; without node it is unknown."""

    node: ast.AST | None = None
    module: Module | None = None
    is_mark: bool = False  # marker objects that pytest gives


NOBODY_KNOWS = Origin()
A_MARK = Origin(is_mark=True)


class Flow:
    """Follows values through a project."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.generators: dict[Binding, object] = {}  # which names are `pytest.mark`, as far as it was asked
        self._parameters = Parameters(project)
        self._active: list[ast.AST] = []
        self._is_peeking = False
        self._stars: dict[Module, list[Module]] = {}
        self._level = 0
        self._glimpsed: dict[ast.AST, list[Origin]] = {}
        self._returns: dict[ast.AST, list[ast.expr]] = {}
        self._known: dict[ast.AST, list[Origin]] = {}
        self._spent = 0

    def origins(self, node: ast.AST, module: Module) -> list[Origin]:
        """Every expression that the value of this one may come from."""
        if self._active:
            return self._within(node, module)
        if node not in self._known:
            self._spent = 0
            try:
                self._known[node] = self._within(node, module)
            except RecursionError:  # an expression nested beyond reason
                self._known[node] = [NOBODY_KNOWS]
        return self._known[node]

    def peeked(self, node: ast.AST, module: Module) -> list[Origin]:
        """The same, but only by what stands in the module, calls and parameters not followed: to tell kinds."""
        if node not in self._glimpsed:
            self._is_peeking, kept = True, self._active
            self._active = []
            self._spent = _BUDGET - _GLIMPSE
            try:
                self._glimpsed[node] = self._within(node, module)
            finally:
                self._is_peeking, self._active = False, kept
        return self._glimpsed[node]

    def _within(self, node: ast.AST, module: Module) -> list[Origin]:
        self._spent += 1
        if self._spent > _BUDGET or len(self._active) > _DEPTH or node in self._active:
            return [NOBODY_KNOWS]
        self._active.append(node)
        try:
            return list(dict.fromkeys(self._followed(node, module)))
        finally:
            self._active.pop()

    def elements(self, node: ast.AST, module: Module) -> list[Origin]:
        """What iterating over the value gives."""
        return self.taken(self.origins(node, module), (Take.ELEMENT,))

    def taken(self, origins: Iterable[Origin], steps: Sequence[Step]) -> list[Origin]:
        """What is reached from values by these steps."""
        current = list(origins)
        if steps and self._level > _DEPTH:
            return [NOBODY_KNOWS]
        self._level += 1
        try:
            for step in steps:
                if current and all(_is_empty(each.node) for each in current):
                    return [NOBODY_KNOWS]  # filled where we do not see it
                current = list(dict.fromkeys(one for origin in current for one in self._step(origin, step)))
        finally:
            self._level -= 1
        return current

    def _followed(self, node: ast.AST, module: Module) -> list[Origin]:  # noqa: PLR0911 - one for each kind
        match node:
            case ast.Name():
                return self._of_name(node, module)
            case ast.IfExp():
                return [*self.origins(node.body, module), *self.origins(node.orelse, module)]
            case ast.BoolOp():
                return [one for each in node.values for one in self.origins(each, module)]
            case ast.NamedExpr() | ast.Await() | ast.Starred():
                return self.origins(node.value, module)
            case ast.Attribute():
                return self._of_attribute(node, module)
            case ast.Subscript():
                return self._of_subscript(node, module)
            case ast.Call():
                return self._of_call(node, module)
        return [Origin(node, module)]

    def _of_name(self, node: ast.Name, module: Module) -> list[Origin]:
        found = module.lookup(node.id, node)
        if found is None:
            starred = self._through_stars(node.id, module)
            return starred or [Origin(node, module)]
        _, bindings = found
        result: list[Origin] = []
        # x = x or []: no value that x has not got from elsewhere
        fresh = [binding for binding in bindings if binding.node not in self._active]
        for binding in fresh:
            result.extend(self._of_binding(binding, module))
        return result if fresh else [NOBODY_KNOWS]

    def _of_binding(self, binding: Binding, module: Module) -> list[Origin]:
        match binding.kind:
            case Kind.VALUE:
                found = self.taken(self.origins(binding.node, module), binding.steps)
                if binding.is_in_place:  # a text that is added to a text is not the text
                    return [NOBODY_KNOWS if _is_text(one.node) else one for one in found]
                return found
            case Kind.PARAMETER if isinstance(binding.node, ast.arg):
                return self._of_parameter(binding.node, module)
            case Kind.IMPORT if isinstance(binding.node, ast.alias) and binding.statement is not None:
                return self._of_import(binding.node, binding.statement, module)
            case Kind.DEFINITION:
                return [Origin(binding.node, module)]
        return [NOBODY_KNOWS]

    def _of_parameter(self, parameter: ast.arg, module: Module) -> list[Origin]:
        if self._is_peeking:
            return [NOBODY_KNOWS]
        given = self._parameters.given(parameter, module)
        if given is None:
            return [NOBODY_KNOWS]
        result: list[Origin] = []
        for one in given:
            if one.node is None:
                result.append(NOBODY_KNOWS)
            else:
                result.extend(self.taken(self.origins(one.node, one.module), one.steps))
        return result if result or not given else [NOBODY_KNOWS]

    def _of_import(self, alias: ast.alias, statement: ast.AST, module: Module) -> list[Origin]:
        if self._is_peeking:
            return [Origin(alias, module)]
        as_module, holders = self.project.imported(module, statement, alias)
        result: list[Origin] = []
        for path in holders:
            holder = self.project.module(path)
            if holder is not None:
                result.extend(self._exported(alias.name, holder))
        result.extend(Origin(each.tree, each) for path in as_module if (each := self.project.module(path)) is not None)
        return result or [Origin(alias, module)]

    def _exported(self, name: str, module: Module) -> list[Origin]:
        bindings = module.scopes[module.tree].bindings.get(name)
        if not bindings:
            return self._through_stars(name, module)
        return [one for each in bindings if each.node not in self._active for one in self._of_binding(each, module)]

    def _through_stars(self, name: str, module: Module) -> list[Origin]:
        """What the name is in the modules of which all names are imported."""
        if self._is_peeking:
            return []
        for holder in self._starred(module):
            bindings = holder.scopes[holder.tree].bindings.get(name, [])
            fresh = [each for each in bindings if each.node not in self._active]
            if fresh:
                return [one for each in fresh for one in self._of_binding(each, holder)]
        return []

    def _starred(self, module: Module) -> list[Module]:
        """The modules whose names `import *` brings, through others, too."""
        if module not in self._stars:
            found: dict[Module, None] = {}
            waiting = [module]
            while waiting:
                current = waiting.pop()
                for statement in current.imports:
                    if not isinstance(statement, ast.ImportFrom) or statement.names[0].name != "*":
                        continue
                    base, level = statement.module or "", statement.level
                    for path in self.project.resolve(base, importer=current.path, level=level):
                        holder = self.project.module(path)
                        if holder is not None and holder not in found:
                            found[holder] = None
                            waiting.append(holder)
            self._stars[module] = list(found)
        return self._stars[module]

    def _of_attribute(self, node: ast.Attribute, module: Module) -> list[Origin]:
        if node.attr in OF_MARKS:
            return [A_MARK]
        if isinstance(node.value, ast.Name) and node.value.id in ("self", "cls"):
            holder = module.class_of(node)
            bindings = module.scopes[holder].bindings.get(node.attr, []) if holder is not None else []
            result = [
                one for each in bindings if each.node not in self._active for one in self._of_binding(each, module)
            ]
            return result or [Origin(node, module)]
        reached = [
            one
            for origin in self.origins(node.value, module)
            if isinstance(origin.node, (ast.Module, ast.ClassDef, ast.Call, ast.Constant)) or origin.is_mark
            for one in self._step(origin, node.attr)
        ]
        return [one for one in reached if one != NOBODY_KNOWS] or [Origin(node, module)]

    def _of_subscript(self, node: ast.Subscript, module: Module) -> list[Origin]:
        step: Step = Take.VALUE
        if isinstance(node.slice, ast.Constant) and isinstance(node.slice.value, int):
            step = node.slice.value
        found: list[Origin] = []
        for origin in self.origins(node.value, module):
            match origin.node, node.slice:
                case ast.Dict(keys=keys, values=values), ast.Constant(value=key):
                    same = [
                        v for k, v in zip(keys, values, strict=True) if isinstance(k, ast.Constant) and k.value == key
                    ]
                    found.extend(o for each in same or values for o in self._at(each, origin))
                case _, ast.Slice():
                    found.append(origin)
                case ast.Attribute(attr="parts"), _:
                    found.extend(self._iterated(origin))
                case ((ast.List() | ast.Tuple() | ast.Dict() | ast.DictComp() | ast.Call()), _):
                    found.extend(self._step(origin, step))
                case _:
                    found.append(A_MARK if origin.is_mark else NOBODY_KNOWS)
        return [one for one in found if one != NOBODY_KNOWS] or [Origin(node, module)]

    def _of_call(self, node: ast.Call, module: Module) -> list[Origin]:
        name = last_name(node.func)
        if name in OF_MARKS:
            return [A_MARK]
        if name in _PASSING and node.args and isinstance(node.func, (ast.Name, ast.Attribute)) and not node.keywords:
            passed = node.func.value if name == "copy" and isinstance(node.func, ast.Attribute) else node.args[-1]
            return self.origins(passed, module)
        if name == "get" and isinstance(node.func, ast.Attribute) and node.args:
            values = [o for o in self.origins(node.func.value, module) if isinstance(o.node, (ast.Dict, ast.DictComp))]
            if values:
                default = [one for each in node.args[1:] for one in self.origins(each, module)]
                return [*self.taken(values, (Take.VALUE,)), *default]
        returned = self._returned(node, module)
        return returned or [Origin(node, module)]

    def _returned(self, node: ast.Call, module: Module) -> list[Origin]:
        if isinstance(node.func, ast.Attribute) and not (
            isinstance(node.func.value, ast.Name) and node.func.value.id in ("self", "cls")
        ):
            called = self._of_attribute(node.func, module)
        elif isinstance(node.func, ast.Attribute):
            called = [Origin(each, module) for each in module.functions.get(node.func.attr, [])]
        elif isinstance(node.func, ast.Name):
            called = self.origins(node.func, module)
        else:
            return []
        result: list[Origin] = []
        for one in called:
            if isinstance(one.node, FUNCTIONS) and one.module is not None and one.node not in self._active:
                self._active.append(one.node)
                if one.node not in self._returns:
                    self._returns[one.node] = returns(one.node)
                for each in self._returns[one.node]:
                    result.extend(self.origins(each, one.module))
                self._active.pop()
            elif isinstance(one.node, ast.Lambda) and one.module is not None:
                result.extend(self.origins(one.node.body, one.module))
        return result

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

    def _iterated(self, origin: Origin) -> list[Origin]:  # noqa: PLR0911 - one for each kind
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
                return [] if _is_empty(node) else self._iterated_call(node, module)
            case ast.Subscript(value=value, slice=ast.Slice()):
                return self.elements(value, module)
            case ast.Attribute(attr="parts"):  # of a path: any part stands for all
                part = ast.Subscript(value=node, slice=ast.Constant(value=0), ctx=ast.Load())
                return [Origin(part, module)]
        return [NOBODY_KNOWS]

    def _element(self, node: ast.expr, module: Module) -> list[Origin]:
        return self.elements(node.value, module) if isinstance(node, ast.Starred) else self.origins(node, module)

    def _iterated_call(self, node: ast.Call, module: Module) -> list[Origin]:  # noqa: PLR0911 - one for each kind
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
        if name in ("filter", "compress") and len(node.args) > 1:
            return self.elements(node.args[1], module)
        if name in _PASSING and node.args:
            return self.elements(node.args[0], module)
        if name == "dict":
            return [Origin(ast.Constant(value=each.arg), module) for each in node.keywords if each.arg]
        return [NOBODY_KNOWS]

    def _pairs(self, origins: Iterable[Origin]) -> list[Origin]:
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

    def _subscripted(self, origin: Origin, step: Step) -> list[Origin]:
        node = origin.node
        match node:
            case _Row():
                columns = node.columns
                at = step - node.offset if isinstance(step, int) else -1
                return columns[at] if 0 <= at < len(columns) else [NOBODY_KNOWS]
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
            case ast.Module():
                return self._exported(name, module) or [NOBODY_KNOWS]
            case ast.ClassDef():
                bindings = module.scopes[node].bindings.get(name, [])
                return [
                    o for each in bindings if each.node not in self._active for o in self._of_binding(each, module)
                ] or [NOBODY_KNOWS]
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


def returns(function: ast.AST) -> list[ast.expr]:
    """What a function gives back or yields, nested functions excepted."""
    result: list[ast.expr] = []
    stack: list[ast.AST] = list(ast.iter_child_nodes(function))
    while stack:
        node = stack.pop()
        if isinstance(node, (*FUNCTIONS, ast.Lambda, ast.ClassDef, *COMPREHENSIONS)):
            continue
        if isinstance(node, (ast.Return, ast.Yield)) and node.value is not None:
            result.append(node.value)
        stack.extend(ast.iter_child_nodes(node))
    return result


def _pieces(call: ast.Call, text: Origin) -> list[Origin]:
    """The pieces of a constant text, each on its line."""
    separator = call.args[0] if call.args else ast.Constant(value=None)
    if not isinstance(text.node, ast.Constant) or not isinstance(text.node.value, str):
        return [NOBODY_KNOWS]
    if not isinstance(separator, ast.Constant) or separator.value == "":
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


def _is_empty(node: ast.AST | None) -> bool:
    """Whether it is `[]`, `{}` or `()`, or a call that makes one of these."""
    match node:
        case ast.List(elts=[]) | ast.Tuple(elts=[]) | ast.Dict(keys=[]):
            return True
        case ast.Call(func=ast.Name(id="list" | "set" | "dict"), args=[], keywords=[]):
            return True
    return False


def _is_text(node: ast.AST | None) -> bool:
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str))
