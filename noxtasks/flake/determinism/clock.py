"""Reads of the clock: the moment itself, or the time that something took. Stopwatches and deadlines are no findings.

A difference of two reads says how long something took; only where a test asserts that it was short does the outcome
hang on the machine. A deadline that a loop looks at is how one waits for something.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from noxtasks.flake.determinism.model import Kind
from noxtasks.suite.source import Source

_MOMENTS = {
    "time.time", "time.time_ns", "datetime.datetime.now", "datetime.datetime.utcnow", "datetime.datetime.today",
    "datetime.date.today", "django.utils.timezone.now", "pandas.Timestamp.now", "pandas.Timestamp.today",
    "pandas.Timestamp.utcnow", "arrow.now", "arrow.utcnow", "pendulum.now", "pendulum.today",
}  # fmt: skip
_WATCHES = {
    "time.monotonic", "time.monotonic_ns", "time.perf_counter", "time.perf_counter_ns", "time.process_time",
    "timeit.default_timer",
}  # fmt: skip
_UPPER = (ast.Lt, ast.LtE)
_LOWER = (ast.Gt, ast.GtE)
_ASSERTS_SHORT = {"assertLess", "assertLessEqual", "assertAlmostEqual", "assertEqual"}


def reads(source: Source) -> Iterator[tuple[Kind, ast.AST, str]]:
    """The findings of a file: (kind, where, what)."""
    for call in source.calls:
        name = source.qualified(call.func)
        if name in _MOMENTS or name in _WATCHES:
            yield from _of_read(source, call, name)


def _of_read(source: Source, call: ast.Call, name: str) -> Iterator[tuple[Kind, ast.AST, str]]:
    difference = _difference(source, call)
    if difference is not None:
        if (place := _asserted_short(source, difference)) is not None:
            yield Kind.CLOCK, place, f"an upper bound for the time between two {name}()"
    elif name in _MOMENTS and not _is_mark_or_deadline(source, call):
        yield Kind.CLOCK, call, f"{name}()"


def _is_read(source: Source, node: ast.AST) -> bool:
    """A read of the clock, or a name for one."""
    if isinstance(node, ast.Name):
        return any(
            bound is not None and not isinstance(bound, ast.Name) and _is_read(source, bound)
            for bound in source.bound(node)
        )
    return isinstance(node, ast.Call) and source.qualified(node.func) in _MOMENTS | _WATCHES


def _difference(source: Source, call: ast.AST) -> ast.BinOp | None:
    """The difference of two reads that `call` is an operand of."""
    match source.parents.get(call):
        case ast.BinOp(op=ast.Sub(), left=left, right=right) as difference:
            other = right if left is call else left
            if _is_read(source, other) or isinstance(other, ast.Attribute):
                return difference
    return None


def _asserted_short(source: Source, difference: ast.AST) -> ast.AST | None:
    """Where an assertion says that the difference is small; it may have got a name first."""
    name = _named(source, difference)
    for place in source.uses(name.id, source.owner(name) or source.tree) if name is not None else [difference]:
        if (asserted := _upper_bound(source, place)) is not None:
            return asserted
    return None


def _named(source: Source, node: ast.AST) -> ast.Name | None:
    for above in source.ancestors(node):
        match above:
            case ast.Assign(targets=[ast.Name() as name]):
                return name
            case ast.BinOp() | ast.Attribute() | ast.Call():
                continue
            case _:
                return None
    return None


def _upper_bound(source: Source, node: ast.AST) -> ast.AST | None:
    inner = node
    for above in source.ancestors(node):
        match above:
            case ast.Compare(left=left, ops=ops, comparators=others):
                sides = [left, *others]
                place = sides.index(inner) if inner in sides else 0
                below = place < len(ops) and isinstance(ops[place], _UPPER)
                over = place > 0 and isinstance(ops[place - 1], _LOWER)
                if not (below or over):
                    return None
                return above if any(isinstance(each, ast.Assert) for each in source.ancestors(above)) else None
            case ast.Call(func=ast.Attribute(attr=method), args=[first, *_]) if method in _ASSERTS_SHORT:
                return above if first is inner else None
            case ast.BinOp() | ast.Attribute() | ast.Call():
                inner = above
            case _:
                return None
    return None


def _is_mark_or_deadline(source: Source, call: ast.Call) -> bool:
    """Whether the moment only serves to measure, or to say how long to wait."""
    parent = source.parents.get(call)
    if isinstance(parent, ast.BinOp) and isinstance(parent.op, ast.Add):
        parent = source.parents.get(parent)
    if isinstance(parent, ast.Compare):
        return _is_in_loop(source, parent)
    match parent:
        case ast.Assign(targets=[ast.Name() as name]):
            uses = source.uses(name.id, source.owner(name) or source.tree)
            return all(_difference(source, use) is not None or _is_in_loop(source, use) for use in uses)
    return False


def _is_in_loop(source: Source, node: ast.AST) -> bool:
    """In a condition that a loop looks at again and again."""
    asked = False
    for above in source.ancestors(node):
        match above:
            case ast.While():
                return True
            case ast.If() | ast.Compare() | ast.Assert():
                asked = True
            case ast.For() | ast.AsyncFor():
                return asked
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.Lambda():
                return False
    return False
