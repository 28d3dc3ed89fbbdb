"""Where a value comes from: from a name back to the expressions that it may stand for, in any module of the project.

No order of execution, no contexts: every assignment of a name counts, a parameter is whatever any call site gives,
a call is whatever the function returns. That says too much rather than too little. What leaves the source is unknown.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence

from noxtasks.markers.python.containers import A_MARK, NOBODY_KNOWS, PASSING, Containers, Origin, is_empty
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
    docstring,
    last_name,
)

_DEPTH = 25
_GLIMPSE = 100  # the same, to tell what kind of value it is
_BUDGET = 1500  # expressions looked at for one question
# what gives Mark objects, or their names
OF_MARKS = {"iter_markers", "own_markers", "iter_markers_with_node", "get_closest_marker", "get_marker", "_marks"}


class Flow(Containers):
    """Follows values through a project."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.generators: dict[Binding, object] = {}  # which names are `pytest.mark`, as far as it was asked
        self.givers: dict[str, bool] = {}  # the same of the names of methods
        self._parameters = Parameters(project)
        self._active: list[ast.AST] = []
        self._importing: set[ast.alias] = set()
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
                if current and all(is_empty(each.node) for each in current):
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
            if node.id == "__doc__" and (text := docstring(module.tree)) is not None:
                return [Origin(text, module)]
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

    def _bound(self, bindings: Iterable[Binding], module: Module) -> list[Origin]:
        return [one for each in bindings if each.node not in self._active for one in self._of_binding(each, module)]

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
        if alias in self._importing:  # in a circle: no value that the name has not got from elsewhere
            return []
        as_module, holders = self.project.imported(module, statement, alias)
        result: list[Origin] = []
        self._importing.add(alias)
        try:
            for path in holders:
                holder = self.project.module(path)
                if holder is not None:
                    result.extend(self._exported(alias.name, holder))
        finally:
            self._importing.remove(alias)
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
        if node.attr == "name" and (named := self._names_of_marks(node, module)):
            return named
        reached = [
            one
            for origin in self.origins(node.value, module)
            if isinstance(origin.node, (ast.Module, ast.ClassDef, ast.Call, ast.Constant)) or origin.is_mark
            for one in self._step(origin, node.attr)
        ]
        return [one for one in reached if one != NOBODY_KNOWS] or [Origin(node, module)]

    def _names_of_marks(self, node: ast.Attribute, module: Module) -> list[Origin]:
        """`pytest.mark.slow.name`, also of marks that come from elsewhere."""
        found = []
        for origin in self.origins(node.value, module):
            mark = origin.node.func if isinstance(origin.node, ast.Call) else origin.node
            if isinstance(mark, ast.Attribute) and last_name(mark.value) == "mark":
                found.append(Origin(ast.copy_location(ast.Constant(value=mark.attr), mark), origin.module))
        return found

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
                case ((ast.List() | ast.Tuple() | ast.Call() | ast.Attribute(attr="parts")), ast.Slice()):
                    found.append(origin)
                case _, ast.Slice():  # of a text, or of what nobody knows
                    found.append(A_MARK if origin.is_mark else Origin(node, module))
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
        if name in PASSING and node.args and isinstance(node.func, (ast.Name, ast.Attribute)) and not node.keywords:
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
                try:
                    for each in self._returns[one.node]:
                        result.extend(self.origins(each, one.module))
                finally:
                    self._active.pop()
            elif isinstance(one.node, ast.Lambda) and one.module is not None:
                result.extend(self.origins(one.node.body, one.module))
        return result


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


def _is_text(node: ast.AST | None) -> bool:
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str))
