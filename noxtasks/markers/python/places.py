"""What becomes of a mark where it stands: it goes to a test, gets another name, or is compared with."""

from __future__ import annotations

import ast
from dataclasses import dataclass, replace

from noxtasks.markers.python.parameters import is_called_by_pytest
from noxtasks.markers.python.syntax import Function, Module, Scope, last_name

_READERS = {"get_closest_marker", "get_marker", "iter_markers", "iter_markers_with_node"}
_KEEPING = {"list", "tuple", "set", "frozenset", "dict", "partial", "chain", "sorted", "reversed", "deepcopy", "reduce"}
_ADDING = {"add_marker", "applymarker", "param", "append", "extend", "insert", "add", "setattr"}
# methods of a class by which its objects, or the class, stand for what the method gives
_CALLED_AS_CLASS = {"__call__", "__new__", "__getattr__", "__get__", "__enter__", "__init__", "__iter__", "__or__"}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Alias:
    """Another name for marks: a variable, an attribute of a class, or a function that gives them."""

    name: str
    module: Module
    scope: Scope
    line: int
    is_method: bool = False

    @property
    def is_attribute(self) -> bool:
        """Whether it is reached through a class or its objects."""
        return isinstance(self.scope.node, ast.ClassDef)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fate:
    """Where an expression ends: at a use (`how` says which), or as aliases."""

    how: str = ""
    is_read: bool = False
    aliases: tuple[Alias, ...] = ()


def fate(node: ast.AST, module: Module) -> Fate:
    """What becomes of the value of this expression."""
    return _Climb(module).of(node)


class _Climb:
    def __init__(self, module: Module) -> None:
        self.module = module

    def of(self, node: ast.AST) -> Fate:
        below = node
        for above in self.module.ancestors(node):
            found = self._at(above, below)
            if found is not None:
                return found
            below = above
        return Fate(how="expression")

    def _at(self, above: ast.AST, below: ast.AST) -> Fate | None:  # noqa: C901, PLR0911 - one for each kind
        match above:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                return Fate(how="decorator" if below in above.decorator_list else "expression")
            case ast.Assign(targets=targets):
                return self._assigned(targets, above)
            case ast.AnnAssign(target=target, value=value) | ast.AugAssign(target=target, value=value):
                return self._assigned([target], above) if value is below else Fate(how="annotation")
            case ast.NamedExpr():
                return Fate(how="expression")
            case ast.Return() | ast.Yield() | ast.YieldFrom():
                function = self.module.function_of(above)
                return self._returned(function) if function is not None else Fate(how="expression")
            case ast.Compare():
                return Fate(how="compared", is_read=True)
            case ast.Call():
                return self._passed(above, below)
            case ast.keyword(arg="marks"):
                return Fate(how="marks=")
            case ast.For() | ast.AsyncFor() | ast.comprehension():
                return Fate(how="loop", is_read=below is above.iter and self._is_only_looked_at(above))
            case ast.Expr():
                return Fate(how="call" if isinstance(above.value, ast.Call) else "expression")
            case ast.stmt():
                return Fate(how="expression")
        return None  # lists, conditions, attributes, lambdas: the value goes on

    def _is_only_looked_at(self, loop: ast.For | ast.AsyncFor | ast.comprehension) -> bool:
        """Whether nothing of the marks that the loop goes through is asked for but their names."""
        body = self.module.parents.get(loop) if isinstance(loop, ast.comprehension) else loop
        if not isinstance(loop.target, ast.Name) or body is None:
            return False
        uses = [
            each
            for each in self.module.names.get(loop.target.id, [])
            if each is not loop.target and body in self.module.ancestors(each)
        ]
        above = [self.module.parents.get(each) for each in uses]
        return bool(uses) and all(isinstance(each, ast.Attribute) and each.attr == "name" for each in above)

    def _passed(self, call: ast.Call, below: ast.AST) -> Fate | None:
        if below is call.func:
            return None
        name = last_name(call.func)
        if name in _READERS:
            return Fate(how=name, is_read=True)
        if name in _ADDING:
            return Fate(how="pytest.param" if name == "param" else name)
        is_mark = isinstance(call.func, ast.Attribute) and last_name(call.func.value) == "mark"
        return None if is_mark or name in _KEEPING else Fate(how="argument")  # whatever the call does with it

    def _assigned(self, targets: list[ast.expr], statement: ast.AST) -> Fate:
        aliases: list[Alias] = []
        for target in (each for one in targets for each in _plain(one)):
            match target:
                case ast.Name(id="pytestmark") | ast.Attribute(attr="pytestmark" | "own_markers"):
                    return Fate(how="pytestmark")
                case ast.Name(id=name) | ast.Subscript(value=ast.Name(id=name)):
                    found = self.module.lookup(name, target)
                    scope = found[0] if found is not None else self.module.scope_of(target)
                    aliases.append(self._alias(name, scope, statement))
                case ast.Attribute(attr=name):
                    holder = self.module.class_of(target)
                    owner = holder if holder is not None else _anonymous(self.module)
                    scope = self.module.scopes.get(owner) or Scope(owner, None)
                    aliases.append(self._alias(name, scope, statement))
                case _:
                    return Fate(how="stored")
        return Fate(aliases=tuple(aliases)) if aliases else Fate(how="stored")

    def _returned(self, function: Function) -> Fate:
        if is_called_by_pytest(function):
            return Fate(how=f"given by {function.name}")
        owner = self.module.parents.get(function)
        if function.name in _CALLED_AS_CLASS and isinstance(owner, ast.ClassDef):
            return Fate(aliases=(self._alias(owner.name, self.module.scope_of(owner), owner),))
        alias = self._alias(function.name, self.module.scope_of(function), function)
        return Fate(aliases=(replace(alias, is_method=isinstance(owner, ast.ClassDef) and not _is_static(function)),))

    def _alias(self, name: str, scope: Scope, node: ast.AST) -> Alias:
        line = int(getattr(node, "lineno", 0))
        return Alias(name=name, module=self.module, scope=scope, line=line)


def _is_static(function: Function) -> bool:
    return any(last_name(each) in ("staticmethod", "classmethod") for each in function.decorator_list)


def _plain(target: ast.expr) -> list[ast.expr]:
    if isinstance(target, (ast.Tuple, ast.List)):
        return [each for one in target.elts for each in _plain(one)]
    return [target.value] if isinstance(target, ast.Starred) else [target]


def _anonymous(module: Module) -> ast.ClassDef:
    """A class of which nothing is known, for an attribute of some object."""
    return ast.ClassDef(name=f"<{module.path}>", bases=[], keywords=[], body=[], decorator_list=[])
