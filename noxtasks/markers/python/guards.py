"""What conditions say of an expression where it stands: `if name in LEVELS:` bounds the name by LEVELS."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from typing import TYPE_CHECKING

from noxtasks.markers.python.names import HOLE
from noxtasks.markers.python.syntax import COMPREHENSIONS, FUNCTIONS, Module

if TYPE_CHECKING:
    from noxtasks.markers.python.texts import Texts

_LEAVING = (ast.Return, ast.Continue, ast.Raise, ast.Break)
_BOUNDABLE = (ast.Name, ast.Attribute, ast.Subscript, ast.Call, ast.JoinedStr, ast.BinOp)


def bound(node: ast.AST, module: Module, texts: Texts) -> frozenset[str] | None:
    """All that the expression can be here, by the conditions around it; None where they do not bound it."""
    if not isinstance(node, _BOUNDABLE):
        return None
    spelled = _spelled(node)
    below: ast.AST = node
    for above in module.ancestors(node):
        found = _around(above, below, spelled, module, texts)
        if found is not None and HOLE not in found:
            return found
        if isinstance(above, (*FUNCTIONS, ast.Lambda, ast.ClassDef)):
            return None
        below = above
    return None


def _around(above: ast.AST, below: ast.AST, spelled: str, module: Module, texts: Texts) -> frozenset[str] | None:
    found: frozenset[str] | None = None
    match above:
        case ast.If(test=test) | ast.While(test=test) | ast.IfExp(test=test) if below is not test:
            body = above.body if isinstance(above.body, list) else [above.body]
            orelse = above.orelse if isinstance(above.orelse, list) else [above.orelse]
            if any(each is below for each in body):
                found = _holds(test, spelled, module, texts)
            elif any(each is below for each in orelse):
                found = _fails(test, spelled, module, texts)
        case ast.BoolOp(op=ast.And(), values=values):
            earlier = values[: next(at for at, each in enumerate(values) if each is below)]
            found = _first(_holds(each, spelled, module, texts) for each in earlier)
        case _ if isinstance(above, COMPREHENSIONS) and not isinstance(below, ast.comprehension):
            tests = [test for each in above.generators for test in each.ifs]
            found = _first(_holds(each, spelled, module, texts) for each in tests)
        case ast.match_case(pattern=pattern) if below is not pattern:
            subject = module.parents.get(above)
            if isinstance(subject, ast.Match) and _spelled(subject.subject) == spelled:
                found = _matched(pattern)
    return found if found is not None else _before(above, below, spelled, module, texts)


def _before(above: ast.AST, below: ast.AST, spelled: str, module: Module, texts: Texts) -> frozenset[str] | None:
    """`if name not in LEVELS: continue` before it in the same block."""
    for field in ("body", "orelse", "finalbody"):
        block = getattr(above, field, None)
        if not isinstance(block, list) or not any(each is below for each in block):
            continue
        for statement in block:
            if statement is below:
                break
            if isinstance(statement, ast.If) and isinstance(statement.body[-1], _LEAVING):
                found = _fails(statement.test, spelled, module, texts)
                if found is not None:
                    return found
            if isinstance(statement, ast.Assert):
                found = _holds(statement.test, spelled, module, texts)
                if found is not None:
                    return found
    return None


def _holds(test: ast.expr, spelled: str, module: Module, texts: Texts) -> frozenset[str] | None:  # noqa: PLR0911 - one for each kind
    match test:
        case ast.BoolOp(op=ast.And(), values=values):
            return _first(_holds(each, spelled, module, texts) for each in values)
        case ast.BoolOp(op=ast.Or(), values=values):
            return _all([_holds(each, spelled, module, texts) for each in values])
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return _fails(operand, spelled, module, texts)
        case ast.NamedExpr(value=value):
            return _holds(value, spelled, module, texts)
        case ast.Compare(left=left, ops=[ast.In()], comparators=[right]) if _spelled(left) == spelled:
            return frozenset(texts.elements(right, module))
        case ast.Compare(left=left, ops=[ast.Eq()], comparators=[right]):
            if _spelled(left) == spelled:
                return texts.of(right, module)
            if _spelled(right) == spelled:
                return texts.of(left, module)
    return None


def _fails(test: ast.expr, spelled: str, module: Module, texts: Texts) -> frozenset[str] | None:
    match test:
        case ast.BoolOp(op=ast.Or(), values=values):
            return _first(_fails(each, spelled, module, texts) for each in values)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return _holds(operand, spelled, module, texts)
        case ast.Compare(left=left, ops=[ast.NotIn()], comparators=[right]) if _spelled(left) == spelled:
            return frozenset(texts.elements(right, module))
        case ast.Compare(left=left, ops=[ast.NotEq()], comparators=[right]) if _spelled(left) == spelled:
            return texts.of(right, module)
    return None


def _matched(pattern: ast.pattern) -> frozenset[str] | None:
    match pattern:
        case ast.MatchValue(value=ast.Constant(value=str() as text)):
            return frozenset({text})
        case ast.MatchOr(patterns=patterns):
            return _all([_matched(each) for each in patterns])
        case ast.MatchAs(pattern=inner) if inner is not None:
            return _matched(inner)
    return None


def _first(found: Iterable[frozenset[str] | None]) -> frozenset[str] | None:
    return next((each for each in found if each is not None and HOLE not in each), None)


def _all(found: list[frozenset[str] | None]) -> frozenset[str] | None:
    known = [each for each in found if each is not None]
    return frozenset().union(*known) if len(known) == len(found) else None


def _spelled(node: ast.AST) -> str:
    try:
        return ast.unparse(node)
    except (RecursionError, ValueError, AttributeError):
        return ""
