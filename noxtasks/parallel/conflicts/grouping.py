"""The mark `xdist_group` on tests that must not run at the same time, as edits of their files."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

import msgspec

from noxtasks.errors import ConfigurationError
from noxtasks.parallel.conflicts.model import Conflict
from noxtasks.suite.edits import Edit, content_of

if TYPE_CHECKING:
    import libcst as cst

    from noxtasks.suite.decorators import Definition

_MARK = "xdist_group"
_FOR = f"for {_MARK}"  # with an import that is there for the marks alone


class Marks(msgspec.Struct, frozen=True, kw_only=True):
    """The edits that set the marks, and the tests that cannot be marked, with the reason."""

    edits: tuple[Edit, ...] = ()
    refused: dict[str, str] = {}


def group(conflicts: Sequence[Conflict], root: Path) -> Marks:
    """Put all tests that share what they are in conflict over in one group; nothing is written.

    A test with parameters is marked with all of them. A file that cannot be read or edited is left, with the reason.
    """
    files: dict[str, dict[str, str]] = defaultdict(dict)
    for test, name in groups(conflicts).items():
        path, _, definition = test.partition("::")
        files[path][definition] = name
    edits: list[Edit] = []
    refused: dict[str, str] = {}
    for path, names in files.items():
        try:
            before = content_of(root / path)
            after, reasons = marked(before, path, names)
        except ConfigurationError as error:
            refused |= {f"{path}::{name}": f"as {path} cannot be edited ({error.message})" for name in names}
            continue
        refused |= {f"{path}::{name}": why for name, why in reasons.items()}
        if after != before:
            edits.append(Edit(path=path, before=before, after=after))
    return Marks(edits=tuple(edits), refused=refused)


def groups(conflicts: Iterable[Conflict]) -> dict[str, str]:
    """By test, without its parameters, the name of its group. Conflicts that have a test in common are one group."""
    found: list[tuple[set[str], str]] = []
    for conflict in conflicts:
        tests, name = {test.partition("[")[0] for test in conflict.sharing}, _name(conflict)
        for other in [each for each in found if tests & each[0]]:
            found.remove(other)
            tests, name = tests | other[0], other[1]
        taken = {each[1] for each in found}
        while name in taken:
            name += "-too"
        found.append((tests, name))
    return {test: name for tests, name in found for test in sorted(tests)}


def marked(content: bytes, path: str, names: Mapping[str, str]) -> tuple[bytes, dict[str, str]]:
    """The file with each definition (`TestCart::test_total`) in the group that `names` has for it, and the refusals.

    Raises `ConfigurationError` where the file is not Python.
    """
    from noxtasks.suite import decorators  # noqa: PLC0415 - libcst takes long to load

    module = decorators.parsed(content, path, remedy="Set the marks by hand.")
    refused = {name: why for name in names if (why := decorators.why_not(module, name))}
    refused |= {name: "as it is in a group already" for name in names if _is_grouped(module, name)}
    wanted = {name: each for name, each in names.items() if name not in refused}
    if not wanted:
        return content, refused
    pytest = decorators.name_of_pytest(module, [name.partition("::")[0] for name in wanted])

    def decorated(name: str, node: Definition, depth: int) -> Sequence[cst.Decorator]:
        if name not in wanted:
            return node.decorators
        arguments = [decorators.literal(wanted[name])]
        mark = decorators.decorator(f"{pytest or 'pytest.mark'}.{_MARK}", arguments, depth=depth)
        return decorators.with_mark(node.decorators, mark)

    module = decorators.redecorated(module, decorated)
    return (decorators.with_import(module, _FOR) if pytest is None else module).bytes, refused


def _is_grouped(module: cst.Module, name: str) -> bool:
    """Whether the definition, a class around it or the module has the mark: its own would take it out of that group."""
    from noxtasks.suite import decorators  # noqa: PLC0415 - see `marked`

    around = [node for each, node in decorators.named(module.body) if f"{name}::".startswith(f"{each}::")]
    marks: list[cst.CSTNode] = [mark for node in around for mark in node.decorators]
    marks += [mark for node in (module, *around) for mark in decorators.marks_of_all(node)]
    return any(_MARK in module.code_for_node(mark) for mark in marks)


def _name(conflict: Conflict) -> str:
    name = conflict.resource.name
    last = PurePath(name).name if conflict.resource.kind.value != "port" else f"port-{name.partition('/')[0]}"
    return re.sub(r"[^\w.-]+", "-", last) or conflict.resource.kind.value
