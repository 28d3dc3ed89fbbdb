"""One parsed file of Python: where each node stands, and which thing a name means there."""

from __future__ import annotations

import ast
import builtins
import re
import warnings
from collections.abc import Iterator
from functools import cached_property

Function = ast.FunctionDef | ast.AsyncFunctionDef
Scope = Function | ast.Lambda | ast.Module

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.Module)


class Source:
    """A file's syntax tree with what is asked of it again and again. Raises `SyntaxError` or `ValueError`."""

    def __init__(self, path: str, text: str) -> None:
        self.path = path
        self.lines = re.split(r"\r\n|\r|\n", text)  # as the parser counts them
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # an invalid escape is not our subject
            self.tree = ast.parse(text)
        self.nodes: list[ast.AST] = [self.tree]
        self.parents: dict[ast.AST, ast.AST] = {}
        for node in self.nodes:  # it grows while it is walked
            for child in ast.iter_child_nodes(node):
                self.parents[child] = node
                self.nodes.append(child)
        self._bindings: dict[Scope, dict[str, list[ast.expr | None]]] = {}
        self._imports: dict[Scope, dict[str, str]] = {}
        self._bind()

    @cached_property
    def calls(self) -> list[ast.Call]:
        """Every call."""
        return [node for node in self.nodes if isinstance(node, ast.Call)]

    @cached_property
    def functions(self) -> list[Function]:
        """Every function and method, outer ones before inner ones."""
        return [node for node in self.nodes if isinstance(node, _FUNCTIONS)]

    @cached_property
    def loads(self) -> dict[str, list[ast.Name]]:
        """Every place where a name is read."""
        found: dict[str, list[ast.Name]] = {}
        for node in self.nodes:
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
                found.setdefault(node.id, []).append(node)
        return found

    def ancestors(self, node: ast.AST) -> Iterator[ast.AST]:
        """What `node` stands in, innermost first."""
        while (parent := self.parents.get(node)) is not None:
            yield parent
            node = parent

    def scope(self, node: ast.AST) -> Scope:
        """The innermost function that `node` stands in, or the module."""
        for above in self.ancestors(node):
            if isinstance(above, _SCOPES):
                return above
        return self.tree

    def outermost(self, node: ast.AST) -> Function | None:
        """The outermost function that `node` is or stands in: the test, the fixture, the method."""
        chain = [above for above in (node, *self.ancestors(node)) if isinstance(above, _FUNCTIONS)]
        return chain[-1] if chain else None

    def classes(self, node: ast.AST) -> list[ast.ClassDef]:
        """The classes that `node` stands in."""
        return [above for above in self.ancestors(node) if isinstance(above, ast.ClassDef)]

    def owner(self, name: ast.Name) -> Scope | None:
        """The scope that binds what `name` means; None for a builtin, or a name that nobody binds."""
        above: ast.AST = name
        while True:
            scope = self.scope(above)
            if name.id in self._bindings[scope] or name.id in self._imports[scope]:
                return scope
            if scope is self.tree:
                return None
            above = scope

    def qualified(self, node: ast.AST) -> str:
        """The dotted name of what an expression means, imports followed: `np.random.rand` is numpy.random.rand.

        Empty where it is anything but an import or a builtin, or an attribute of one.
        """
        attributes: list[str] = []
        while isinstance(node, ast.Attribute):
            attributes.append(node.attr)
            node = node.value
        if not isinstance(node, ast.Name):
            return ""
        owner = self.owner(node)
        if owner is None:
            head = node.id if hasattr(builtins, node.id) else ""
        else:
            head = self._imports[owner].get(node.id, "")
        return ".".join([head, *reversed(attributes)]) if head else ""

    def written(self, node: ast.AST) -> str:
        """The dotted name as it stands there, where it is one; `mocker.patch`, `self.sock.bind`."""
        attributes: list[str] = []
        while isinstance(node, ast.Attribute):
            attributes.append(node.attr)
            node = node.value
        head = node.id if isinstance(node, ast.Name) else ""
        return ".".join([head, *reversed(attributes)])

    def value(self, node: ast.AST) -> ast.AST:
        """What a name stands for, where it is bound once and to an expression; else the node itself."""
        seen: set[ast.AST] = set()
        while isinstance(node, ast.Name) and node not in seen:
            seen.add(node)
            bound = self.bound(node)
            if len(bound) != 1 or bound[0] is None:
                break
            node = bound[0]
        return node

    def bound(self, name: ast.Name) -> list[ast.expr | None]:
        """All that `name` is bound to; None for what is no plain assignment: a parameter, a loop, an import."""
        owner = self.owner(name)
        return self._bindings[owner].get(name.id, [None]) if owner is not None else [None]

    def uses(self, name: str, scope: Scope) -> list[ast.Name]:
        """Where the `name` that `scope` binds is read."""
        return [node for node in self.loads.get(name, []) if self.owner(node) is scope]

    def _bind(self) -> None:
        declared: set[tuple[Scope, str]] = set()
        for node in self.nodes:
            if isinstance(node, _SCOPES):
                self._bindings[node] = {}
                self._imports[node] = {}
            elif isinstance(node, ast.Global | ast.Nonlocal):
                declared.update((self.scope(node), name) for name in node.names)
        for node in self.nodes:
            for name, value in self._bound_by(node):
                scope = self.scope(node)
                if not self._in_class_body(node):
                    owner = self.tree if (scope, name) in declared else scope
                    self._bindings[owner].setdefault(name, []).append(value)
            if isinstance(node, ast.Import | ast.ImportFrom):
                self._imports[self.scope(node)].update(_imported(node))
        self._settle_imports()

    def _settle_imports(self) -> None:
        """A name that is bound otherwise too is no import, except for `except ImportError: name = None`."""
        for scope, imports in self._imports.items():
            for name in list(imports):
                if all(isinstance(value, ast.Constant) for value in self._values(scope, name)):
                    self._bindings[scope].pop(name, None)
                else:
                    del imports[name]

    def _values(self, scope: Scope, name: str) -> list[ast.expr | None]:
        return self._bindings[scope].get(name, [])

    def _in_class_body(self, node: ast.AST) -> bool:
        for above in self.ancestors(node):
            if isinstance(above, ast.ClassDef):
                return True
            if isinstance(above, _SCOPES):
                return False
        return False

    def _bound_by(self, node: ast.AST) -> list[tuple[str, ast.expr | None]]:
        match node:
            case ast.arg():
                return [(node.arg, None)]
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                return [(node.name, None)]
            case ast.ExceptHandler(name=str(name)):
                return [(name, None)]
            case ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)) | ast.MatchMapping(rest=str(name)):
                return [(name, None)]
            case ast.Name(ctx=ast.Store() | ast.Del()):
                return [(node.id, self._assigned(node))]
        return []

    def _assigned(self, name: ast.Name) -> ast.expr | None:
        match self.parents[name]:
            case ast.Assign(targets=[target], value=value) if target is name:
                return value
            case ast.AnnAssign(value=value) | ast.NamedExpr(value=value):
                return value
        return None


def _imported(node: ast.Import | ast.ImportFrom) -> dict[str, str]:
    if isinstance(node, ast.Import):
        return {
            each.asname or each.name.partition(".")[0]: each.name if each.asname else each.name.partition(".")[0]
            for each in node.names
        }
    module = "." * node.level + (node.module or "")
    return {each.asname or each.name: f"{module}.{each.name}" for each in node.names if each.name != "*"}
