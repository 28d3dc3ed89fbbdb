"""The lines of tests, which artifacts know by their node ids alone: looked up in the sources as they are now."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable

import msgspec

from noxtasks.gates.model import Finding

_Defined = ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def placed(findings: Iterable[Finding], read: Callable[[str], str | None]) -> tuple[Finding, ...]:
    """The findings with the lines of their tests, where the files define them, and with the keys that lines are.

    `read` gives the text of a file, None where it cannot.
    """
    known = _Sources(read)
    return tuple(map(known.place, findings))


class _Sources:
    """The files that have been read, and their syntax trees."""

    def __init__(self, read: Callable[[str], str | None]) -> None:
        self._read = read
        self._texts: dict[str, str] = {}
        self._trees: dict[str, ast.Module | None] = {}

    def place(self, finding: Finding) -> Finding:
        if finding.test and not finding.line:
            return msgspec.structs.replace(finding, line=self._line_of_test(finding.test))
        if not finding.key and finding.line:
            return msgspec.structs.replace(finding, key=self._line(finding.path, finding.line))
        return finding

    def _line_of_test(self, test: str) -> int:
        path, _, name = test.partition("::")
        if path not in self._trees:
            self._trees[path] = _parsed(self._text(path))
        tree = self._trees[path]
        return line_of(tree, name) if tree is not None else 0

    def _line(self, path: str, number: int) -> str:
        lines = self._text(path).splitlines()
        return lines[number - 1].strip() if number <= len(lines) else ""

    def _text(self, path: str) -> str:
        if path not in self._texts:
            self._texts[path] = self._read(path) or ""
        return self._texts[path]


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


def _parsed(text: str) -> ast.Module | None:
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError):
        return None
