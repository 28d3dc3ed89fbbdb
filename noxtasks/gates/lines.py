"""The lines of tests, which artifacts know by their node ids alone: looked up in the sources as they are now."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable

import msgspec

from noxtasks.gates.model import Finding

_Defined = ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def placed(findings: Iterable[Finding], read: Callable[[str], str | None]) -> tuple[Finding, ...]:
    """The findings about tests with their lines, where the file defines them; `read` gives the text of a file."""
    trees: dict[str, ast.Module | None] = {}

    def line(test: str) -> int:
        path, _, name = test.partition("::")
        if path not in trees:
            trees[path] = _parsed(read(path))
        tree = trees[path]
        return line_of(tree, name) if tree is not None else 0

    return tuple(
        msgspec.structs.replace(one, line=line(one.test)) if one.test and not one.line else one for one in findings
    )


def line_of(tree: ast.Module, name: str) -> int:
    """The line of the test `TestClass::test_it[parameters]`; of its class where that inherits it; 0 without either."""
    found, body = 0, tree.body
    for part in name.partition("[")[0].split("::"):
        node = next((each for each in _defined(body) if each.name == part), None)
        if node is None:
            break
        found, body = node.lineno, node.body
    return found


def _defined(body: Iterable[ast.stmt]) -> Iterable[_Defined]:
    """What is defined here, also below a condition."""
    for node in body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield node
        elif isinstance(node, ast.If | ast.Try | ast.With):
            yield from _defined([*node.body, *getattr(node, "orelse", [])])


def _parsed(text: str | None) -> ast.Module | None:
    try:
        return ast.parse(text) if text is not None else None
    except (SyntaxError, ValueError):
        return None
