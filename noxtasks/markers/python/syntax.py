"""One module's syntax, with what `ast` does not keep: parents, scopes, and where each name gets its value."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum

Function = ast.FunctionDef | ast.AsyncFunctionDef
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
_SCOPES = (*FUNCTIONS, ast.Lambda, ast.ClassDef, *COMPREHENSIONS, ast.Module)
_ATOMS = (ast.expr_context, ast.operator, ast.boolop, ast.unaryop, ast.cmpop)  # one object for all of a kind


class Take(Enum):
    """What is taken of a value."""

    ELEMENT = "element"  # what iterating gives
    VALUE = "value"  # what a subscript with an unknown key gives


Step = Take | int | str  # a string is the name of an attribute


class Kind(Enum):
    """How a name comes by its value."""

    VALUE = "value"
    PARAMETER = "parameter"
    IMPORT = "import"
    DEFINITION = "definition"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Binding:
    """One place where a name gets a value: `node` is the expression, the parameter, the import or the definition."""

    kind: Kind
    node: ast.AST
    steps: tuple[Step, ...] = ()
    is_in_place: bool = False  # adds to what was there before
    statement: ast.AST | None = None  # ImportFrom or Import


@dataclass(slots=True, eq=False)
class Scope:
    """A module, class, function or comprehension, and the names that are bound in it."""

    node: ast.AST
    parent: Scope | None
    bindings: dict[str, list[Binding]] = field(default_factory=lambda: defaultdict(list))
    outer: set[str] = field(default_factory=set)  # global and nonlocal


class Module:
    """A parsed file with its indexes."""

    def __init__(self, path: str, tree: ast.Module, text: str) -> None:
        self.path = path
        self.tree = tree
        self.parents: dict[ast.AST, ast.AST] = {}
        self.scopes: dict[ast.AST, Scope] = {}
        self.names: dict[str, list[ast.Name]] = defaultdict(list)  # loads alone
        self.attributes: dict[str, list[ast.Attribute]] = defaultdict(list)
        self.calls: dict[str, list[ast.Call]] = defaultdict(list)  # by the last name of what is called
        self.functions: dict[str, list[Function]] = defaultdict(list)
        self.compares: list[ast.Compare] = []
        self.matches: list[ast.Match] = []
        self.sequences: list[ast.List | ast.Tuple | ast.Set] = []
        self.binaries: list[ast.BinOp] = []
        self.subscripts: list[ast.Subscript] = []
        self.stores: list[ast.Assign | ast.AnnAssign | ast.AugAssign] = []
        self.strings: list[ast.Constant | ast.JoinedStr] = []
        self.imports: list[ast.Import | ast.ImportFrom] = []
        self.docstrings: set[ast.AST] = set()
        self.words = frozenset(word for word in ("pytest", "nox", "py.test", "conftest") if word in text)
        self._index()

    def scope_of(self, node: ast.AST) -> Scope:
        """The scope in which an expression is evaluated."""
        below, above = node, self.parents.get(node)
        while above is not None:
            scope = self.scopes.get(above)
            if scope is not None and _is_inside(above, below):
                return scope
            below, above = above, self.parents.get(above)
        return self.scopes[self.tree]

    def lookup(self, name: str, node: ast.AST) -> tuple[Scope, list[Binding]] | None:
        """Where the name that stands at this node is bound."""
        first = scope = self.scope_of(node)
        current: Scope | None = scope
        while current is not None:
            is_hidden = isinstance(current.node, ast.ClassDef) and current is not first
            if not is_hidden and name in current.bindings:
                return current, current.bindings[name]
            current = current.parent
        return None

    def ancestors(self, node: ast.AST) -> Iterator[ast.AST]:
        """The node's parent, its parent, up to the module."""
        above = self.parents.get(node)
        while above is not None:
            yield above
            above = self.parents.get(above)

    def function_of(self, node: ast.AST) -> Function | None:
        """The function in whose body a node stands."""
        return next((each for each in self.ancestors(node) if isinstance(each, FUNCTIONS)), None)

    def class_of(self, node: ast.AST) -> ast.ClassDef | None:
        """The class in which a node stands, in a method or not."""
        return next((each for each in self.ancestors(node) if isinstance(each, ast.ClassDef)), None)

    def _index(self) -> None:
        top = Scope(self.tree, None)
        self.scopes[self.tree] = top
        stack: list[tuple[ast.AST, Scope]] = [(self.tree, top)]
        while stack:
            node, scope = stack.pop()
            inner = scope
            if isinstance(node, _SCOPES) and node is not self.tree:
                inner = self.scopes[node] = Scope(node, scope)
            self._note(node, scope, inner)
            below: list[tuple[ast.AST, Scope]] = []
            values = node.__dict__
            for name in node._fields:
                value = values.get(name)
                if isinstance(value, list):
                    for each in value:
                        if isinstance(each, ast.AST):
                            self.parents[each] = node
                            below.append((each, inner))
                elif isinstance(value, ast.AST) and not isinstance(value, _ATOMS):
                    self.parents[value] = node
                    below.append((value, inner))
            stack.extend(reversed(below))  # in the order of the text: what is added to a name comes after the name

    def _note(self, node: ast.AST, scope: Scope, inner: Scope) -> None:  # noqa: C901, PLR0912 - one for each kind
        match node:
            case ast.Name():
                if isinstance(node.ctx, ast.Load):
                    self.names[node.id].append(node)
            case ast.Attribute():
                self.attributes[node.attr].append(node)
            case ast.Call():
                self.calls[last_name(node.func)].append(node)
                _bind_mutation(node, scope)
            case ast.Compare():
                self.compares.append(node)
            case ast.Constant():
                if isinstance(node.value, str):
                    self.strings.append(node)
            case ast.JoinedStr():
                self.strings.append(node)
            case ast.List() | ast.Tuple() | ast.Set():
                self.sequences.append(node)
            case ast.BinOp():
                self.binaries.append(node)
            case ast.Match():
                self.matches.append(node)
            case ast.Subscript():
                self.subscripts.append(node)
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                if not isinstance(node, ast.ClassDef):
                    self.functions[node.name].append(node)
                    _bind_parameters(node, inner)
                _bind(scope, node.name, Binding(kind=Kind.DEFINITION, node=node))
                self._note_docstring(node)
            case ast.Lambda():
                _bind_parameters(node, inner)
            case ast.Module():
                self._note_docstring(node)
            case ast.Import() | ast.ImportFrom():
                self.imports.append(node)
                for alias in node.names:
                    local = alias.asname or alias.name.partition(".")[0]
                    _bind(scope, local, Binding(kind=Kind.IMPORT, node=alias, statement=node))
            case _:
                self._note_binding(node, scope)

    def _note_binding(self, node: ast.AST, scope: Scope) -> None:  # noqa: C901 - one for each kind
        match node:
            case ast.Assign():
                self.stores.append(node)
                for target in node.targets:
                    self._bind_target(target, node.value, (), scope)
            case ast.AnnAssign():
                self.stores.append(node)
                if node.value is not None:
                    self._bind_target(node.target, node.value, (), scope)
            case ast.NamedExpr():
                self._bind_target(node.target, node.value, (), scope)
            case ast.AugAssign():
                self.stores.append(node)
                self._bind_target(node.target, node.value, (), scope, is_in_place=True)
            case ast.For() | ast.AsyncFor() | ast.comprehension():
                self._bind_target(node.target, node.iter, (Take.ELEMENT,), scope)
            case ast.withitem() if node.optional_vars is not None:
                self._bind_target(node.optional_vars, node.context_expr, ("__enter__",), scope)
            case ast.ExceptHandler() | ast.MatchAs() | ast.MatchStar() if node.name:
                _bind(scope, node.name, Binding(kind=Kind.UNKNOWN, node=node))
            case ast.Global() | ast.Nonlocal():
                scope.outer.update(node.names)

    def _note_docstring(self, node: Function | ast.ClassDef | ast.Module) -> None:
        text = docstring(node)
        if text is not None:
            self.docstrings.add(text)

    def _bind_target(
        self, target: ast.expr, value: ast.expr, steps: tuple[Step, ...], scope: Scope, *, is_in_place: bool = False
    ) -> None:
        match target:
            case ast.Name():
                binding = Binding(kind=Kind.VALUE, node=value, steps=steps, is_in_place=is_in_place)
                _bind(scope, target.id, binding)
            case ast.Tuple() | ast.List():
                for index, each in enumerate(target.elts):
                    self._bind_target(each, value, (*steps, index), scope)
            case ast.Starred():
                self._bind_target(target.value, value, (*steps[:-1], "*"), scope)
            case ast.Attribute(value=ast.Name(id="self" | "cls")):
                holder = scope
                while holder.parent is not None and not isinstance(holder.node, ast.ClassDef):
                    holder = holder.parent
                _bind(holder, target.attr, Binding(kind=Kind.VALUE, node=value, steps=steps, is_in_place=is_in_place))
            case ast.Subscript(value=ast.Name(id=name)):
                # what is stored under a key is one more value of the mapping
                display = ast.Dict(keys=[target.slice], values=[value])
                _bind(scope, name, Binding(kind=Kind.VALUE, node=display, steps=steps, is_in_place=True))


def docstring(node: Function | ast.ClassDef | ast.Module) -> ast.Constant | None:
    """What `__doc__` is."""
    first = node.body[0] if node.body else None
    return first.value if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) else None


def last_name(node: ast.AST) -> str:
    """`c` of `a.b.c`, the name of a plain name, else nothing."""
    if isinstance(node, ast.Name):
        return node.id
    return node.attr if isinstance(node, ast.Attribute) else ""


def dotted(node: ast.AST) -> str:
    """`a.b.c` as it is written, or nothing where something else than names stands in it."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return ""
    return ".".join([node.id, *reversed(parts)])


def line_of(node: ast.AST) -> int:
    """The line on which a node begins."""
    return int(getattr(node, "lineno", 0))


def keyword(call: ast.Call, name: str) -> ast.expr | None:
    """The argument that is given by this name."""
    return next((each.value for each in call.keywords if each.arg == name), None)


def _bind(scope: Scope, name: str, binding: Binding) -> None:
    target: Scope | None = scope
    if isinstance(scope.node, COMPREHENSIONS) and not binding.steps:
        while target is not None and isinstance(target.node, COMPREHENSIONS):  # a walrus binds outside
            target = target.parent
    if name in scope.outer or (binding.is_in_place and name not in scope.bindings):
        # what is added to a name of an outer scope belongs there
        outer = target.parent if target is not None else None
        while outer is not None:
            if name in outer.bindings or outer.parent is None:
                target = outer
                break
            outer = outer.parent
        if name not in scope.outer and target is not None and name not in target.bindings:
            target = scope
    if target is not None:
        target.bindings[name].append(binding)


def _bind_mutation(call: ast.Call, scope: Scope) -> None:
    """`x.append(1)` gives x one more element."""
    match call:
        case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr="append" | "add" | "insert"), args=[*_, added]):
            node: ast.expr = ast.List(elts=[added], ctx=ast.Load())
        case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr="extend" | "update"), args=[node]):
            pass
        case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr="setdefault"), args=[key, value]):
            node = ast.Dict(keys=[key], values=[value])
        case _:
            return
    _bind(scope, name, Binding(kind=Kind.VALUE, node=node, is_in_place=True))


def _bind_parameters(node: Function | ast.Lambda, scope: Scope) -> None:
    arguments = node.args
    every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    for each in (*every, *(one for one in (arguments.vararg, arguments.kwarg) if one is not None)):
        scope.bindings[each.arg].append(Binding(kind=Kind.PARAMETER, node=each))


def _is_inside(scope: ast.AST, child: ast.AST) -> bool:
    """Whether what stands there is evaluated in the scope, as decorators, defaults and bases are not."""
    if isinstance(scope, (*FUNCTIONS, ast.ClassDef)):
        return isinstance(child, ast.stmt)
    return not (isinstance(scope, ast.Lambda) and child is not scope.body)
