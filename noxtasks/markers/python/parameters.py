"""What a parameter may be: whatever the project's calls of a function of that name give."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass

from noxtasks.markers.python.project import Project
from noxtasks.markers.python.syntax import FUNCTIONS, Function, Module, Step, Take, keyword, last_name

_MANY_CALLS = 3000
_MANY_FILES = 250  # a word that stands in more files than that is no name to follow


@dataclass(frozen=True, slots=True)
class Given:
    """An expression that a call gives, and what of it; without node it is unknown."""

    node: ast.AST | None
    module: Module
    steps: tuple[Step, ...] = ()


class Parameters:
    """Finds the calls of functions, each function once."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._calls: dict[str, list[tuple[Module, ast.Call]] | None] = {}
        self._loose: dict[str, list[tuple[Module, ast.AST]]] = {}
        self._known: dict[ast.arg, list[Given] | None] = {}

    def given(self, parameter: ast.arg, module: Module) -> list[Given] | None:
        """What calls give for it, nothing where there are none; None where nothing can be said."""
        if parameter not in self._known:
            function = next(iter(module.ancestors(parameter)), None)
            function = module.parents.get(function) if function is not None else None
            found = self._of(parameter, function, module) if isinstance(function, FUNCTIONS) else None
            self._known[parameter] = found
        return self._known[parameter]

    def _of(self, parameter: ast.arg, function: Function, module: Module) -> list[Given] | None:
        if is_called_by_pytest(function):
            return self._of_pytest(parameter, function, module)
        holder = module.parents.get(function)
        is_method = isinstance(holder, ast.ClassDef)
        name = holder.name if isinstance(holder, ast.ClassDef) and function.name == "__init__" else function.name
        if function.name.startswith("__") and function.name != "__init__":
            return None
        calls = self.calls(name)
        if calls is None:
            return None
        if not (calls or self._loose[name]):
            return [] if self._is_dead(function, module) else None
        position = _Position.of(parameter, function, is_method=is_method)
        result: list[Given] = []
        for caller, call in calls:
            result.extend(_argument(call, caller, position, parameter))
        for caller, use in self._loose[name]:
            result.extend(_passed(use, caller, position))
        default = _default(parameter, function)
        if default is not None:
            result.append(Given(default, module))
        return result

    def calls(self, name: str) -> list[tuple[Module, ast.Call]] | None:
        """Every call of something of this name; None for too many to follow."""
        if name not in self._calls:
            is_common = len(self._project.paths_with(name)) > _MANY_FILES
            modules = [] if is_common else self._project.modules_with(name)
            found = [(module, call) for module in modules for call in module.calls.get(name, [])]
            self._calls[name] = None if is_common or len(found) > _MANY_CALLS else found
            self._loose[name] = [
                (module, use)
                for module in modules
                for use in (*module.names.get(name, []), *module.attributes.get(name, []))
                if _is_loose(use, module)
            ]
        return self._calls[name]

    def _is_dead(self, function: Function, module: Module) -> bool:
        """Whether nobody can call it: a plain function whose name stands nowhere else."""
        if function.decorator_list or not isinstance(module.parents.get(function), ast.Module):
            return False
        word = re.compile(rb"\b%s\b" % function.name.encode())
        files = self._project.files
        return sum(len(word.findall(files[path])) for path in self._project.paths_with(function.name)) <= 1

    def _of_pytest(self, parameter: ast.arg, function: Function, module: Module) -> list[Given] | None:
        """What `parametrize` gives a test, and a fixture's value."""
        result: list[Given] = []
        for each in function.decorator_list:
            if isinstance(each, ast.Call) and last_name(each.func) == "parametrize" and len(each.args) > 1:
                names = _names(each.args[0])
                if parameter.arg in names:
                    steps: tuple[Step, ...] = (Take.ELEMENT,)
                    if len(names) > 1:
                        steps = (Take.ELEMENT, names.index(parameter.arg))
                    result.append(Given(each.args[1], module, steps))
        default = _default(parameter, function)
        if default is not None and not result:
            return [Given(default, module), Given(None, module)]
        return result or None


@dataclass(frozen=True, slots=True)
class _Position:
    index: int | None  # among positional arguments; None for keywords alone
    rest: bool  # *args
    keywords: bool  # **kwargs
    name: str
    is_method: bool

    @classmethod
    def of(cls, parameter: ast.arg, function: Function, *, is_method: bool) -> _Position:
        arguments = function.args
        positional = [*arguments.posonlyargs, *arguments.args]
        is_bound = is_method and not any(last_name(each) == "staticmethod" for each in function.decorator_list)
        index: int | None = None
        if parameter in positional:
            index = positional.index(parameter) - is_bound
        elif parameter is arguments.vararg:
            index = len(positional) - is_bound
        return cls(index, parameter is arguments.vararg, parameter is arguments.kwarg, parameter.arg, is_method)


def is_called_by_pytest(function: Function) -> bool:
    """Whether the project's own calls are not what gives the function its arguments."""
    if function.name.startswith(("test", "pytest_")):
        return True
    decorators = {last_name(each.func if isinstance(each, ast.Call) else each) for each in function.decorator_list}
    return any("fixture" in each or each in ("hookimpl", "parametrize", "session", "task") for each in decorators)


def _argument(call: ast.Call, caller: Module, position: _Position, parameter: ast.arg) -> list[Given]:  # noqa: PLR0911 - one for each kind
    if position.keywords or (position.index is not None and position.index < 0):  # self is what it is
        return [Given(None, caller)]
    by_name = keyword(call, parameter.arg)
    if by_name is not None:
        return [Given(by_name, caller)]
    spread = next((at for at, each in enumerate(call.args) if isinstance(each, ast.Starred)), None)
    if position.rest and position.index is not None:
        rest = ast.Tuple(elts=call.args[position.index :], ctx=ast.Load())
        return [Given(rest, caller)]
    if position.index is not None and position.index < len(call.args) and (spread is None or position.index < spread):
        return [Given(call.args[position.index], caller)]
    if spread is not None and position.index is not None:
        starred = call.args[spread]
        assert isinstance(starred, ast.Starred)  # noqa: S101 - it was looked for
        return [Given(starred.value, caller, (Take.ELEMENT,))]
    if any(each.arg is None for each in call.keywords):
        return [Given(None, caller)]
    return []  # the default


def _is_loose(use: ast.AST, module: Module) -> bool:
    """Whether the function is handed on, not called, decorated with or imported."""
    above = module.parents.get(use)
    if isinstance(above, ast.Call) and above.func is use:
        return False
    if isinstance(above, ast.Attribute):
        return False
    return not (isinstance(use, ast.Attribute) and not isinstance(use.ctx, ast.Load))


def _passed(use: ast.AST, caller: Module, position: _Position) -> list[Given]:
    """What `map(f, VALUES)` and `partial(f, "x")` give, and the calls of what `partial` is assigned to."""
    above = caller.parents.get(use)
    if isinstance(above, ast.Call) and above.args and above.args[0] is use and position.index is not None:
        called, at = last_name(above.func), position.index + 1
        if called in ("map", "starmap") and at < len(above.args):
            return [Given(above.args[at], caller, (Take.ELEMENT,))]
        if called == "partial":
            by_name = keyword(above, position.name)
            if by_name is not None:
                return [Given(by_name, caller)]
            if at < len(above.args):
                return [Given(above.args[at], caller)]
            return _given_later(above, caller, at - len(above.args), position.name)
    return [Given(None, caller)]


def _given_later(partial: ast.Call, caller: Module, at: int, name: str) -> list[Given]:
    """What the calls of `ask` give, where `ask = partial(f, "x")` has not given all."""
    statement = caller.parents.get(partial)
    if not isinstance(statement, ast.Assign) or not isinstance(target := statement.targets[0], ast.Name):
        return [Given(None, caller)]
    uses = [(each, caller.parents.get(each)) for each in caller.names.get(target.id, [])]
    calls = [above for each, above in uses if isinstance(above, ast.Call) and above.func is each]
    if len(calls) < len(uses) or any(isinstance(each, ast.Starred) for call in calls for each in call.args):
        return [Given(None, caller)]
    given = [keyword(call, name) or (call.args[at] if at < len(call.args) else None) for call in calls]
    return [Given(each, caller) for each in given if each is not None] or [Given(None, caller)]


def _default(parameter: ast.arg, function: Function) -> ast.expr | None:
    arguments = function.args
    positional = [*arguments.posonlyargs, *arguments.args]
    if parameter in positional:
        at = positional.index(parameter) - (len(positional) - len(arguments.defaults))
        return arguments.defaults[at] if at >= 0 else None
    if parameter in arguments.kwonlyargs:
        return arguments.kw_defaults[arguments.kwonlyargs.index(parameter)]
    return None


def _names(node: ast.expr) -> list[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return [each.strip() for each in node.value.split(",")]
    if isinstance(node, (ast.List, ast.Tuple)):
        return [each.value for each in node.elts if isinstance(each, ast.Constant) and isinstance(each.value, str)]
    return []
