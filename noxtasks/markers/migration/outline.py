"""A Python file without the bodies of functions that have nothing to do with a change: libcst takes long for each node.

The outline is as long as the text and has its lines, so that a place in the one is the same place in the other.
"""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Collection, Iterator

_TELLING = r"mark|keywords|getattr|hasattr|getoption|getvalue|\bpytest\s+as\b"
_MARK = re.compile(r"\bmark\b")
_LITERAL = (ast.Constant, ast.List, ast.Tuple, ast.Set, ast.Dict)
_EMPTY = "0"  # the shortest statement
_FUNCTION = (ast.FunctionDef, ast.AsyncFunctionDef)
_NOT_READ = (SyntaxError, ValueError, RecursionError, MemoryError)


def outlined(text: str, names: Collection[str]) -> str:
    """The text with `names`, and whatever may say what these stand for; all of it, where `ast` cannot read it."""
    try:
        with warnings.catch_warnings(action="ignore"):
            tree = ast.parse(text)
    except _NOT_READ:
        return text
    place = _Places(text)
    telling = _pattern(names)
    telling = _pattern({*names, *_bound_to(tree, place, telling)})
    parts: list[str] = []
    at = 0
    for start, end in map(place.body, _outermost(tree)):
        if not telling.search(text, start, end):
            parts += [text[at:start], _EMPTY, re.sub(r"[^\r\n]", " ", text[start + len(_EMPTY) : end])]
            at = end
    return "".join((*parts, text[at:]))


def _pattern(names: Collection[str]) -> re.Pattern[str]:
    words = "|".join(map(re.escape, sorted(names)))
    return re.compile(rf"{_TELLING}|(?:(?<!\w)|(?<=\\[abfnrtv]))(?:{words})(?!\w)" if names else _TELLING)


class _Places:
    """Where a node of `ast` stands, in characters of the text."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._starts = [0, *(match.end() for match in re.finditer(r"\r\n?|\n", text))]
        self._is_ascii = text.isascii()

    def span(self, first: ast.stmt | ast.expr, last: ast.stmt | ast.expr) -> tuple[int, int]:
        end_line, end_column = last.end_lineno or last.lineno, last.end_col_offset or 0
        return self._at(first.lineno, first.col_offset), self._at(end_line, end_column)

    def body(self, function: ast.FunctionDef | ast.AsyncFunctionDef) -> tuple[int, int]:
        first = function.body[0]
        start, end = self.span(first, function.body[-1])
        decorators = getattr(first, "decorator_list", ())
        return (self.text.rindex("@", 0, self.span(decorators[0], decorators[0])[0]) if decorators else start), end

    def _at(self, line: int, column: int) -> int:
        start = self._starts[line - 1]
        if self._is_ascii:
            return start + column
        row = self.text[start : (*self._starts, len(self.text))[line]]
        return start + len(row.encode()[:column].decode())


def _bound_to(tree: ast.Module, place: _Places, telling: re.Pattern[str]) -> Iterator[str]:
    """The names that are given strings or a mark which tell something, anywhere in the file."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign | ast.AnnAssign | ast.NamedExpr) and node.value:
            pattern = telling if isinstance(node.value, _LITERAL) else _MARK
            if pattern.search(place.text, *place.span(node.value, node.value)):
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                yield from (target.id for target in targets if isinstance(target, ast.Name))


def _outermost(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """The functions in the order of the text that stand in no other."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, _FUNCTION):
            yield node
        elif isinstance(node, ast.stmt | ast.excepthandler | ast.match_case):
            yield from _outermost(node)
