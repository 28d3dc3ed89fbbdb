"""The mark `flaky_quarantine` in a test file: found, added and removed by libcst, all else left byte for byte as it is.

A mark goes on the definition that the node id names, as the outermost decorator: so it is on the object that pytest
collects, whatever the decorators below make of it. What has no definition of its own in the file (a test inherited
from a base class, made by a function call, a doctest) cannot be marked there, and is refused with the reason.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

import libcst as cst
import libcst.matchers as m
import msgspec

from noxtasks.errors import ConfigurationError
from noxtasks.flake.quarantine import toml
from noxtasks.flake.quarantine.model import Entry, Store
from noxtasks.probe.noxtasks_probe import entries as probe

_WIDTH = 88  # columns, as most formatters have it; a longer mark takes a line for each argument
_ALIAS_REASON = f"  # for {probe.MARK}"
_MARK = m.Attribute(value=m.Attribute(attr=m.Name("mark")) | m.Name("mark"), attr=m.Name(probe.MARK))
_DECORATOR = m.Decorator(decorator=_MARK | m.Call(func=_MARK))
_UNWRAPPED = m.Decorator(decorator=m.Name("staticmethod") | m.Name("classmethod"))
_DOCSTRING = m.SimpleStatementLine(body=[m.Expr(value=m.SimpleString() | m.ConcatenatedString())])
_FUTURE = m.SimpleStatementLine(body=[m.ImportFrom(module=m.Name("__future__"))])

_NOT_PYTHON = (cst.ParserSyntaxError, UnicodeDecodeError, LookupError, SyntaxError)
_Definition = cst.FunctionDef | cst.ClassDef


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """A file after an edit, and why some names could not be marked in it."""

    content: bytes
    refused: dict[str, str]


def marks(content: bytes, path: str) -> tuple[Entry, ...]:
    """The quarantined definitions of the file `path`, in their order; none, where it is not Python.

    Raises `ConfigurationError` that tells every mark that says nothing sensible.
    """
    try:
        module = cst.parse_module(content)
    except _NOT_PYTHON:
        return ()
    positions = cst.MetadataWrapper(module, unsafe_skip_copy=True).resolve(cst.metadata.PositionProvider)
    found: dict[str, Entry] = {}
    problems: list[str] = []
    for name, node in _named(module.body):
        for decorator in node.decorators:
            if m.matches(decorator, _DECORATOR):
                where = f"{path}:{positions[decorator].start.line}: {probe.MARK}"
                fields, unread = _fields(decorator.decorator, where)
                entry, wrong = probe.entry_of(f"{path}::{name}", fields, where)
                problems += unread or wrong
                if entry is not None:
                    found[entry.test] = toml.entry_from(entry, Store.SOURCE)
    if problems:
        raise ConfigurationError.all_of([ConfigurationError(problem) for problem in problems])
    return tuple(found.values())


def marked(content: bytes, path: str, entries: Mapping[str, Entry]) -> Change:
    """The file with a mark on each definition that `entries` has by its name (`TestCart::test_total`).

    Raises `ConfigurationError` where the file is not Python.
    """
    module = _parsed(content, path)
    refused = {name: why for name in entries if (why := _why_not(module, name))}
    wanted = {name: entry for name, entry in entries.items() if name not in refused}
    if not wanted:
        return Change(content=content, refused=refused)
    pytest = _name_of_pytest(module, [name.partition("::")[0] for name in wanted])

    def decorated(name: str, node: _Definition, depth: int) -> Sequence[cst.Decorator]:
        if name not in wanted:
            return node.decorators
        return _with_mark(node.decorators, _decorator(wanted[name], pytest or "pytest.mark", depth=depth))

    module = cst.ensure_type(module.visit(_Redecorator(decorated)), cst.Module)
    if pytest is None:
        module = _with_import(module)
    return Change(content=module.bytes, refused=refused)


def unmarked(content: bytes, path: str, names: Collection[str]) -> bytes:
    """The file without the marks on the definitions in `names`, nor the import that was added for them."""

    def decorated(name: str, node: _Definition, _depth: int) -> Sequence[cst.Decorator]:
        return _without_mark(node.decorators) if name in names else node.decorators

    module = cst.ensure_type(_parsed(content, path).visit(_Redecorator(decorated)), cst.Module)
    if not m.findall(module, _DECORATOR):
        module = _without_import(module)
    return module.bytes


def _parsed(content: bytes, path: str) -> cst.Module:
    try:
        module = cst.parse_module(content)
    except _NOT_PYTHON as error:
        told = f"line {error.raw_line}: {error.message}" if isinstance(error, cst.ParserSyntaxError) else str(error)
        raise ConfigurationError(f"it is not Python: {told}", where=path, remedy="Mend it first.") from error
    if module.bytes != content:
        raise ConfigurationError(
            "it cannot be edited without changing the rest of it", where=path, remedy=f"Use {toml.NAME}."
        )
    return module


class _Redecorator(cst.CSTTransformer):
    """Gives each definition the decorators that `decorated` has for it, by its name and how deep it stands."""

    def __init__(self, decorated: Callable[[str, _Definition, int], Sequence[cst.Decorator]]) -> None:
        super().__init__()
        self._decorated = decorated
        self._names: list[str] = []

    def on_visit(self, node: cst.CSTNode) -> bool:
        """Go into classes and whatever they and the module have around definitions, and not into functions."""
        if isinstance(node, _Definition):
            self._names.append(node.name.value)
        return not isinstance(node, cst.FunctionDef)

    def on_leave(self, original_node: cst.CSTNodeT, updated_node: Any) -> Any:
        """Change a definition after what is in it."""
        if isinstance(original_node, _Definition):
            decorators = self._decorated("::".join(self._names), updated_node, len(self._names) - 1)
            self._names.pop()
            if list(decorators) != list(updated_node.decorators):
                return updated_node.with_changes(decorators=decorators)
        return updated_node


def _with_mark(own: Sequence[cst.Decorator], mark: cst.Decorator) -> list[cst.Decorator]:
    place = next((at for at, each in enumerate(own) if not m.matches(each, _UNWRAPPED)), len(own))
    return [*own[:place], mark, *own[place:]]


def _without_mark(own: Sequence[cst.Decorator]) -> list[cst.Decorator]:
    return [each for each in own if not m.matches(each, _DECORATOR)]


def _fields(decorator: cst.BaseExpression, where: str) -> tuple[dict[str, Any], list[str]]:
    """The arguments of a mark, a first one without a name being its reason; and those that are no literals."""
    fields: dict[str, Any] = {}
    problems = []
    for place, argument in enumerate(decorator.args if isinstance(decorator, cst.Call) else ()):
        name = argument.keyword.value if argument.keyword else "" if argument.star or place else "reason"
        value: Any = getattr(argument.value, "evaluated_value", None)
        if not name:
            problems.append(f"{where}: expected one reason and keywords")
        elif value is None:
            problems.append(f"{where}: {name}: expected a literal, so that it can be read without running the file")
        else:
            fields[name] = value
    return fields, problems


def _definitions(body: Iterable[cst.CSTNode]) -> Iterator[_Definition]:
    """The definitions of a module or class, also those under `if`, `try`, `with` and `for`."""
    for node in body:
        if isinstance(node, _Definition):
            yield node
        elif not isinstance(node, cst.SimpleStatementLine):
            yield from _definitions(node.children)


def _named(body: Iterable[cst.CSTNode], within: str = "") -> Iterator[tuple[str, _Definition]]:
    """Every definition that is not in a function, by its name as a node id has it."""
    for node in _definitions(body):
        yield f"{within}{node.name.value}", node
        if isinstance(node, cst.ClassDef):
            yield from _named(node.body.body, f"{within}{node.name.value}::")


def _why_not(module: cst.Module, name: str) -> str:
    """Why the definition `name` cannot be marked; empty where it can."""
    known = list(_named(module.body))
    if not any(each == name and isinstance(node, cst.FunctionDef) for each, node in known):
        return "as it is not defined under its name in its file"
    owner = m.Name(name.split("::")[-2]) if "::" in name else None
    for each, node in known:
        if owner and isinstance(node, cst.ClassDef) and any(m.matches(base.value, owner) for base in node.bases):
            return f"as {each} inherits it and would be marked too"
    return ""


def _decorator(entry: Entry, mark: str, *, depth: int) -> cst.Decorator:
    texts = {
        "reason": entry.reason,
        "since": str(entry.since),
        "expires": str(entry.expires),
        "owner": entry.owner,
        "issue": entry.issue,
    }
    arguments = [f"{name}={_literal(text)}" for name, text in texts.items() if text]
    arguments += [f"reruns={entry.reruns}"] if entry.reruns else []
    code = f"@{mark}.{probe.MARK}({', '.join(arguments)})"
    if 4 * depth + len(code) > _WIDTH:
        code = f"@{mark}.{probe.MARK}(\n" + "".join(f"    {argument},\n" for argument in arguments) + ")"
    definition = cst.ensure_type(cst.parse_statement(f"{code}\ndef f(): ...\n"), cst.FunctionDef)
    return definition.decorators[0]


def _literal(text: str) -> str:
    """A string literal in ASCII, which every encoding of a source file has."""
    return '"' + text.encode("unicode_escape").decode("ascii").replace('"', '\\"') + '"'


def _name_of_pytest(module: cst.Module, before: Sequence[str]) -> str | None:
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


def _with_import(module: cst.Module) -> cst.Module:
    """The module with `import pytest` before its first statement, but for the docstring and imports of the future."""
    body = list(module.body)
    place = 0
    while place < len(body) and (m.matches(body[place], _FUTURE) or (place == 0 and m.matches(body[0], _DOCSTRING))):
        place += 1
    line = cst.ensure_type(cst.parse_statement(f"import pytest{_ALIAS_REASON}\n"), cst.SimpleStatementLine)
    body.insert(place, line.with_changes(leading_lines=[cst.EmptyLine(indent=False)] if place else []))
    return module.with_changes(body=body)


def _without_import(module: cst.Module) -> cst.Module:
    """The module without the `import pytest` that `_with_import` has added, where nothing else uses it."""
    comment = m.TrailingWhitespace(comment=m.Comment(_ALIAS_REASON.strip()))
    line = m.SimpleStatementLine(
        body=[m.Import(names=[m.ImportAlias(name=m.Name("pytest"), asname=None)])], trailing_whitespace=comment
    )
    kept = [statement for statement in module.body if not m.matches(statement, line)]
    without = module.with_changes(body=kept)
    return module if re.search(r"\bpytest\b", without.code) else without
