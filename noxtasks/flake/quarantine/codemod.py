"""The mark `flaky_quarantine` in a test file: found, added and removed, all else left byte for byte as it is."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import libcst as cst
import libcst.matchers as m
import msgspec

from noxtasks.errors import ConfigurationError
from noxtasks.flake.quarantine import toml
from noxtasks.flake.quarantine.model import Entry, Store
from noxtasks.probe.noxtasks_probe import entries as probe
from noxtasks.suite import decorators

_MARK = m.Attribute(value=m.Attribute(attr=m.Name("mark")) | m.Name("mark"), attr=m.Name(probe.MARK))
_DECORATOR = m.Decorator(decorator=_MARK | m.Call(func=_MARK))
_FOR = f"for {probe.MARK}"  # with an import that is there for the marks alone
_REMEDY = f"Use {toml.NAME}."


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
    except decorators.NOT_PYTHON:
        return ()
    positions = cst.MetadataWrapper(module, unsafe_skip_copy=True).resolve(cst.metadata.PositionProvider)
    found: dict[str, Entry] = {}
    problems: list[str] = []
    for name, node in decorators.named(module.body):
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
    module = decorators.parsed(content, path, remedy=_REMEDY)
    refused = {name: why for name in entries if (why := decorators.why_not(module, name))}
    wanted = {name: entry for name, entry in entries.items() if name not in refused}
    if not wanted:
        return Change(content=content, refused=refused)
    pytest = decorators.name_of_pytest(module, [name.partition("::")[0] for name in wanted])

    def decorated(name: str, node: decorators.Definition, depth: int) -> Sequence[cst.Decorator]:
        if name not in wanted:
            return node.decorators
        return decorators.with_mark(node.decorators, _decorator(wanted[name], pytest or "pytest.mark", depth=depth))

    module = decorators.redecorated(module, decorated)
    if pytest is None:
        module = decorators.with_import(module, _FOR)
    return Change(content=module.bytes, refused=refused)


def unmarked(content: bytes, path: str, names: Collection[str]) -> bytes:
    """The file without the marks on the definitions in `names`, nor the import that was added for them."""

    def decorated(name: str, node: decorators.Definition, _depth: int) -> Sequence[cst.Decorator]:
        return _without_mark(node.decorators) if name in names else node.decorators

    module = decorators.redecorated(decorators.parsed(content, path, remedy=_REMEDY), decorated)
    if not m.findall(module, _DECORATOR):
        module = decorators.without_import(module, _FOR)
    return module.bytes


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


def _decorator(entry: Entry, mark: str, *, depth: int) -> cst.Decorator:
    texts = {
        "reason": entry.reason,
        "since": str(entry.since),
        "expires": str(entry.expires),
        "owner": entry.owner,
        "issue": entry.issue,
    }
    arguments = [f"{name}={decorators.literal(text)}" for name, text in texts.items() if text]
    arguments += [f"reruns={entry.reruns}"] if entry.reruns else []
    return decorators.decorator(f"{mark}.{probe.MARK}", arguments, depth=depth)
