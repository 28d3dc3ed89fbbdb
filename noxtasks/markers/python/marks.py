"""Expressions that are a mark of pytest's: `pytest.mark.slow` under all the names that `pytest.mark` may have."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from noxtasks.markers.python.flow import Flow, returns
from noxtasks.markers.python.names import is_attribute_of_marks, is_marker
from noxtasks.markers.python.syntax import Binding, Kind, Module, last_name

_GENERATORS = {"mark", "MARK_GEN"}
_MAKERS = {"Mark", "MarkDecorator", "MarkGenerator"}


class Certainty(Enum):
    """How sure it is that something is `pytest.mark`."""

    NO = "no"
    PERHAPS = "perhaps"
    YES = "yes"


@dataclass(frozen=True, slots=True, eq=False)
class Mark:
    """An expression that is, or may be, a mark of this name."""

    name: str
    node: ast.expr
    certainty: Certainty


def marks(module: Module, flow: Flow) -> Iterator[Mark]:
    """Every mark that is spelled in the module by its name."""
    for attribute in _attributes(module):
        if not is_marker(attribute.attr):
            continue
        certainty = generates(attribute.value, module, flow)
        if certainty is Certainty.PERHAPS and is_attribute_of_marks(attribute.attr):
            continue
        if certainty is not Certainty.NO and not (certainty is Certainty.YES and attribute.attr.startswith("_")):
            yield Mark(attribute.attr, attribute, certainty)
    for call in (*module.calls.get("getattr", []), *module.calls.get("__getattr__", [])):
        name = _constant_of(call)
        if name and is_marker(name) and asked(call, module, flow) is not None:
            yield Mark(name, call, Certainty.YES)
    for call in module.calls.get("Mark", []):
        name = _constant(call.args[0]) if call.args else _named(call)
        if name and is_marker(name):
            yield Mark(name, call, Certainty.YES if is_of_pytest(call.func, module) else Certainty.PERHAPS)


def asked(call: ast.Call, module: Module, flow: Flow) -> ast.expr | None:
    """The name for which `getattr(pytest.mark, name)` asks; None where the call asks something else for something."""
    match call:
        case ast.Call(func=ast.Name(id="getattr"), args=[holder, name, *_]):
            pass
        case ast.Call(func=ast.Attribute(value=holder, attr="__getattr__" | "__getattribute__"), args=[name]):
            pass
        case _:
            return None
    return name if generates(holder, module, flow) is Certainty.YES else None


def is_mark(node: ast.AST, module: Module, flow: Flow) -> bool:
    """Whether the expression is a mark, with arguments or without, whatever its name."""
    while isinstance(node, ast.Call):
        if asked(node, module, flow) is not None or last_name(node.func) in _MAKERS:
            return True
        node = node.func
    if isinstance(node, ast.Attribute) and node.attr in ("with_args", "mark") and is_mark(node.value, module, flow):
        return True
    return isinstance(node, ast.Attribute) and generates(node.value, module, flow) is not Certainty.NO


def made(module: Module) -> Iterator[tuple[ast.Call, ast.expr]]:
    """Every `Mark(name, …)` of pytest's, and the name."""
    for call in module.calls.get("Mark", []):
        name = call.args[0] if call.args else next((each.value for each in call.keywords if each.arg == "name"), None)
        if name is not None and is_of_pytest(call.func, module):
            yield call, name


def generates(node: ast.expr, module: Module, flow: Flow, depth: int = 0) -> Certainty:  # noqa: C901, PLR0911 - one for each kind
    """Whether the expression is `pytest.mark`."""
    if depth > 10:  # noqa: PLR2004 - no chain of imports is longer
        return Certainty.PERHAPS
    match node:
        case ast.Attribute(attr="mark", value=ast.Name(id="_pytest")):  # the module that defines marks
            return Certainty.NO
        case ast.Attribute(attr=attr, value=value) if attr in _GENERATORS:
            return _of_holder(value, module)
        case ast.Attribute(attr=attr) if "mark" in attr and _is_given_by(attr, flow):
            return Certainty.YES
        case ast.Name(id=name):
            found = module.lookup(name, node)
            if found is None:
                return Certainty.YES if name in _GENERATORS else _through_stars(name, module, flow, depth)
            verdicts = [_by_binding(name, each, module, flow, depth) for each in found[1]]
            return max(verdicts, key=_RANK.__getitem__, default=Certainty.NO)
        case ast.Call(func=ast.Name(id="getattr"), args=[holder, ast.Constant(value="mark"), *_]):
            return _of_holder(holder, module)
        case ast.Call(func=func):
            return Certainty.YES if last_name(func) == "MarkGenerator" else Certainty.NO
        case ast.IfExp(body=body):
            return generates(body, module, flow, depth + 1)
        case ast.NamedExpr(value=value):
            return generates(value, module, flow, depth + 1)
    return Certainty.NO


def _is_given_by(name: str, flow: Flow) -> bool:
    """Whether a method or a property of this name, of whatever class, gives `pytest.mark` itself."""
    if name not in flow.givers:
        flow.givers[name] = False  # a circle ends here
        flow.givers[name] = any(
            isinstance(holder.parents.get(function), ast.ClassDef)
            and any(
                isinstance(each, ast.Attribute) and generates(each, holder, flow) is Certainty.YES
                for each in returns(function)
            )
            for holder in flow.project.modules_with(name)
            for function in holder.functions.get(name, [])
        )
    return flow.givers[name]


def renamed(module: Module, flow: Flow) -> set[str]:
    """Other names that the module gives `pytest.mark`, for modules that import them."""
    names: set[str] = set()
    for name, bindings in module.scopes[module.tree].bindings.items():
        if name not in _GENERATORS and any(
            _by_binding(name, each, module, flow, 0) is Certainty.YES for each in bindings
        ):
            names.add(name)
    return names


def is_of_pytest(node: ast.expr, module: Module) -> bool:
    """Whether a name or attribute is one that pytest's own modules give."""
    root = node
    while isinstance(root, ast.Attribute):
        root = root.value
    if not isinstance(root, ast.Name):
        return False
    if root.id in ("pytest", "_pytest"):
        return True
    found = module.lookup(root.id, node)
    return found is not None and any(_is_import_of_pytest(each) for each in found[1])


_RANK = {Certainty.NO: 0, Certainty.PERHAPS: 1, Certainty.YES: 2}


def _attributes(module: Module) -> Iterator[ast.Attribute]:
    for attributes in module.attributes.values():
        yield from attributes


def _of_holder(node: ast.expr, module: Module) -> Certainty:
    """Whether `.mark` of this is pytest's."""
    root = node
    while isinstance(root, (ast.Attribute, ast.Call)):
        root = root.value if isinstance(root, ast.Attribute) else root.func
    if not isinstance(root, ast.Name) or root.id in ("self", "cls"):
        return Certainty.PERHAPS
    if root.id in ("pytest", "_pytest", "py", "pt", "importlib", "__import__"):
        return Certainty.YES
    found = module.lookup(root.id, node)
    if found is None:
        return Certainty.YES
    return Certainty.YES if any(each.kind is Kind.IMPORT for each in found[1]) else Certainty.PERHAPS


def _by_binding(name: str, binding: Binding, module: Module, flow: Flow, depth: int) -> Certainty:
    match binding.kind, binding.node:
        case Kind.IMPORT, ast.alias(name=imported):
            if imported == "mark" and getattr(binding.statement, "module", None) == "_pytest":
                return Certainty.NO
            if imported in _GENERATORS or (name in _GENERATORS and not isinstance(binding.statement, ast.Import)):
                return Certainty.YES
            return _exported(binding, module, flow, depth)
        case Kind.VALUE, ast.expr() as value if not binding.steps:
            return generates(value, module, flow, depth + 1)
        case Kind.PARAMETER, _:
            return Certainty.PERHAPS if name in _GENERATORS else Certainty.NO
    return Certainty.NO


def _exported(binding: Binding, module: Module, flow: Flow, depth: int) -> Certainty:
    known = flow.generators.get(binding)
    if known is None:
        flow.generators[binding] = Certainty.NO  # a circle of imports ends here
        known = flow.generators[binding] = _looked_up(binding, module, flow, depth)
    assert isinstance(known, Certainty)  # noqa: S101 - nothing else is put there
    return known


def _looked_up(binding: Binding, module: Module, flow: Flow, depth: int) -> Certainty:
    alias, statement = binding.node, binding.statement
    if not isinstance(alias, ast.alias) or not isinstance(statement, ast.ImportFrom):
        return Certainty.NO
    _, holders = flow.project.imported(module, statement, alias)
    for path in holders:
        holder = flow.project.module(path) if _may_name_marks(flow, path) else None
        if holder is None or holder is module:
            continue
        for each in holder.scopes[holder.tree].bindings.get(alias.name, []):
            if _by_binding(alias.name, each, holder, flow, depth + 1) is Certainty.YES:
                return Certainty.YES
    return Certainty.NO


def _through_stars(name: str, module: Module, flow: Flow, depth: int) -> Certainty:
    for statement in module.imports:
        if isinstance(statement, ast.ImportFrom) and statement.names[0].name == "*":
            for path in flow.project.resolve(statement.module or "", importer=module.path, level=statement.level):
                holder = flow.project.module(path) if _may_name_marks(flow, path) else None
                for each in holder.scopes[holder.tree].bindings.get(name, []) if holder else []:
                    if holder is not None and _by_binding(name, each, holder, flow, depth + 1) is Certainty.YES:
                        return Certainty.YES
    return Certainty.NO


def _may_name_marks(flow: Flow, path: str) -> bool:
    return b"mark" in flow.project.files[path] or b"MARK" in flow.project.files[path]


def _is_import_of_pytest(binding: Binding) -> bool:
    if binding.kind is not Kind.IMPORT or not isinstance(binding.node, ast.alias):
        return False
    base = binding.statement.module or "" if isinstance(binding.statement, ast.ImportFrom) else binding.node.name
    return base.partition(".")[0] in ("pytest", "_pytest")


def _constant_of(call: ast.Call) -> str:
    at = 1 if last_name(call.func) == "getattr" else 0
    return _constant(call.args[at]) if len(call.args) > at else ""


def _constant(node: ast.expr) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def _named(call: ast.Call) -> str:
    return next((_constant(each.value) for each in call.keywords if each.arg == "name"), "")
