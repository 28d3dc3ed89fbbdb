"""Decorators in a Python file: found by the names of node ids, added and removed by libcst, all else left as it is.

A mark goes on the definition that the node id names, as the outermost decorator: so it is on the object that pytest
collects, whatever the decorators below make of it. What has no definition of its own in the file (a test inherited
from a base class, made by a function call, a doctest) cannot be marked there, and is refused with the reason.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import libcst as cst
import libcst.matchers as m

from noxtasks.errors import ConfigurationError

WIDTH = 88
"""Columns, as most formatters have it; a longer mark takes a line for each argument."""

_UNWRAPPED = m.Decorator(decorator=m.Name("staticmethod") | m.Name("classmethod"))
_DOCSTRING = m.SimpleStatementLine(body=[m.Expr(value=m.SimpleString() | m.ConcatenatedString())])
_FUTURE = m.SimpleStatementLine(body=[m.ImportFrom(module=m.Name("__future__"))])

NOT_PYTHON = (cst.ParserSyntaxError, UnicodeDecodeError, LookupError, SyntaxError)
"""What libcst raises for a file that is none."""

Definition = cst.FunctionDef | cst.ClassDef


def parsed(content: bytes, path: str, *, remedy: str) -> cst.Module:
    """The file `path`. Raises `ConfigurationError` where it is not Python, or cannot be edited (then `remedy`)."""
    try:
        module = cst.parse_module(content)
    except NOT_PYTHON as error:
        told = f"line {error.raw_line}: {error.message}" if isinstance(error, cst.ParserSyntaxError) else str(error)
        raise ConfigurationError(f"it is not Python: {told}", where=path, remedy="Mend it first.") from error
    if module.bytes != content:
        raise ConfigurationError("it cannot be edited without changing the rest of it", where=path, remedy=remedy)
    return module


def redecorated(module: cst.Module, decorated: Callable[[str, Definition, int], Sequence[cst.Decorator]]) -> cst.Module:
    """The module in which each definition has the decorators that `decorated` has for it, by its name and depth."""
    return cst.ensure_type(module.visit(_Redecorator(decorated)), cst.Module)


class _Redecorator(cst.CSTTransformer):
    """Gives each definition the decorators that `decorated` has for it, by its name and how deep it stands."""

    def __init__(self, decorated: Callable[[str, Definition, int], Sequence[cst.Decorator]]) -> None:
        super().__init__()
        self._decorated = decorated
        self._names: list[str] = []

    def on_visit(self, node: cst.CSTNode) -> bool:
        """Go into classes and whatever they and the module have around definitions, and not into functions."""
        if isinstance(node, Definition):
            self._names.append(node.name.value)
        return not isinstance(node, cst.FunctionDef)

    def on_leave(self, original_node: cst.CSTNodeT, updated_node: Any) -> Any:
        """Change a definition after what is in it."""
        if isinstance(original_node, Definition):
            decorators = self._decorated("::".join(self._names), updated_node, len(self._names) - 1)
            self._names.pop()
            if list(decorators) != list(updated_node.decorators):
                return updated_node.with_changes(decorators=decorators)
        return updated_node


def with_mark(own: Sequence[cst.Decorator], mark: cst.Decorator) -> list[cst.Decorator]:
    """The decorators with `mark` as the outermost that pytest sees."""
    place = next((at for at, each in enumerate(own) if not m.matches(each, _UNWRAPPED)), len(own))
    return [*own[:place], mark, *own[place:]]


def decorator(mark: str, arguments: Sequence[str], *, depth: int) -> cst.Decorator:
    """`@mark(arguments)` for a definition that stands that deep; on a line for each argument where it is long."""
    code = f"@{mark}({', '.join(arguments)})"
    if 4 * depth + len(code) > WIDTH:
        code = f"@{mark}(\n" + "".join(f"    {argument},\n" for argument in arguments) + ")"
    definition = cst.ensure_type(cst.parse_statement(f"{code}\ndef f(): ...\n"), cst.FunctionDef)
    return definition.decorators[0]


def literal(text: str) -> str:
    """A string literal in ASCII, which every encoding of a source file has."""
    return '"' + text.encode("unicode_escape").decode("ascii").replace('"', '\\"') + '"'


def _definitions(body: Iterable[cst.CSTNode]) -> Iterator[Definition]:
    """The definitions of a module or class, also those under `if`, `try`, `with` and `for`."""
    for node in body:
        if isinstance(node, Definition):
            yield node
        elif not isinstance(node, cst.SimpleStatementLine):
            yield from _definitions(node.children)


def named(body: Iterable[cst.CSTNode], within: str = "") -> Iterator[tuple[str, Definition]]:
    """Every definition that is not in a function, by its name as a node id has it."""
    for node in _definitions(body):
        yield f"{within}{node.name.value}", node
        if isinstance(node, cst.ClassDef):
            yield from named(node.body.body, f"{within}{node.name.value}::")


def marks_of_all(node: cst.Module | Definition) -> Iterator[cst.CSTNode]:
    """The statements that give a mark to all that is in a module or class: `pytestmark = …`."""
    body = node.body if isinstance(node, cst.Module) else node.body.body if isinstance(node, cst.ClassDef) else ()
    targets = m.AssignTarget(target=m.Name("pytestmark"))
    marks = m.Assign(targets=[m.ZeroOrMore(), targets, m.ZeroOrMore()]) | m.AnnAssign(target=m.Name("pytestmark"))
    for statement in body:
        if isinstance(statement, cst.SimpleStatementLine):
            yield from (small for small in statement.body if m.matches(small, marks))


def why_not(module: cst.Module, name: str) -> str:
    """Why the definition `name` cannot be marked; empty where it can."""
    known = list(named(module.body))
    if not any(each == name and isinstance(node, cst.FunctionDef) for each, node in known):
        return "as it is not defined under its name in its file"
    owner = m.Name(name.split("::")[-2]) if "::" in name else None
    for each, node in known:
        if owner and isinstance(node, cst.ClassDef) and any(m.matches(base.value, owner) for base in node.bases):
            return f"as {each} inherits it and would be marked too"
    return ""


def name_of_pytest(module: cst.Module, before: Sequence[str]) -> str | None:
    """What marks go by in the file, as imported above the definitions of the names `before`; None where it is not."""
    for statement in module.body:
        if any(each.name.value in before for each in _definitions([statement])):
            return None
        if not isinstance(statement, cst.SimpleStatementLine):
            continue
        for small in statement.body:
            if (found := _imported(small)) is not None:
                return found
    return None


def _imported(statement: cst.BaseSmallStatement) -> str | None:
    if isinstance(statement, cst.Import):
        for alias in statement.names:
            if m.matches(alias.name, m.Name("pytest")):
                return f"{_bound(alias, 'pytest')}.mark"
    if isinstance(statement, cst.ImportFrom) and m.matches(statement, m.ImportFrom(module=m.Name("pytest"))):
        for alias in statement.names if not isinstance(statement.names, cst.ImportStar) else ():
            if m.matches(alias.name, m.Name("mark")) and alias.asname is None:
                return "mark"
    return None


def _bound(alias: cst.ImportAlias, name: str) -> str:
    return cst.ensure_type(alias.asname.name, cst.Name).value if alias.asname else name


def with_import(module: cst.Module, reason: str) -> cst.Module:
    """The module with `import pytest` before its first statement, but for the docstring and imports of the future."""
    body = list(module.body)
    place = 0
    while place < len(body) and (m.matches(body[place], _FUTURE) or (place == 0 and m.matches(body[0], _DOCSTRING))):
        place += 1
    line = cst.ensure_type(cst.parse_statement(f"import pytest  # {reason}\n"), cst.SimpleStatementLine)
    body.insert(place, line.with_changes(leading_lines=[cst.EmptyLine(indent=False)] if place else []))
    return module.with_changes(body=body)


def without_import(module: cst.Module, reason: str) -> cst.Module:
    """The module without the `import pytest` that `with_import` has added, where nothing else uses it."""
    comment = m.TrailingWhitespace(comment=m.Comment(f"# {reason}"))
    line = m.SimpleStatementLine(
        body=[m.Import(names=[m.ImportAlias(name=m.Name("pytest"), asname=None)])], trailing_whitespace=comment
    )
    kept = [statement for statement in module.body if not m.matches(statement, line)]
    without = module.with_changes(body=kept)
    return module if re.search(r"\bpytest\b", without.code) else without
