"""Makes mutants of source files with mutmut: a program of its own, run by path in the environment that has mutmut.

The variable `NOXTASKS_ORDER` names a JSON file with `version` (the one of mutmut that it knows), `files` (each with
`path` and `module`) and `answer`. In the current folder, a copy of the project, each file is replaced by one that holds
all of its mutants. Into `answer` go the mutants, and the files that are left as they were with the reason.

What mutmut's command does besides (configuration, copies, statistics, workers) is not used.
"""

from __future__ import annotations

import io
import json
import os
import sys
import textwrap
import tokenize
from importlib import metadata
from pathlib import Path
from typing import Any

UNFIT = 3  # exit status: mutmut is not there, or of another version


def main() -> int:
    """Carry out the order in the file that the environment names; the exit status."""
    ours = Path(__file__).resolve().parent  # where a module of ours is called mutmut too
    sys.path[:] = [entry for entry in sys.path if Path(entry).resolve() != ours]
    order = json.loads(Path(os.environ["NOXTASKS_ORDER"]).read_text("utf-8"))
    try:
        version = metadata.version("mutmut")
    except metadata.PackageNotFoundError:
        version = ""
    if version != order["version"]:
        print(version)
        return UNFIT
    _configure()
    answer = [_instrument(file["path"], file["module"]) for file in order["files"]]
    Path(order["answer"]).write_text(json.dumps(answer), "utf-8")
    return 0


def _configure() -> None:
    """Spare mutmut the search for sources, which ends in an error where it does not know the layout."""
    from mutmut import configuration  # noqa: PLC0415

    configuration._guess_source_paths = lambda: ["."]  # noqa: SLF001


def _instrument(path: str, module: str) -> dict[str, Any]:
    from mutmut.mutation import file_mutation  # noqa: PLC0415

    data = Path(path).read_bytes()
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
        tree, mutations, classes, functions = file_mutation.create_mutations(path, data.decode(encoding))
        mutated = file_mutation.combine_mutations_to_source(tree, mutations, classes, functions)
        compile(mutated.code, path, "exec", dont_inherit=True)
    except Exception as error:  # whatever it is, the file goes without mutants, and that is told
        return {"path": path, "mutants": [], "error": f"{type(error).__name__}: {error}"}
    if not mutated.mutant_names:
        return {"path": path, "mutants": [], "error": ""}
    Path(path).write_bytes(mutated.code.encode(encoding))
    return {"path": path, "mutants": _mutants(module, tree, mutations, mutated), "error": ""}


def _mutants(module: str, tree: Any, mutations: list[Any], mutated: Any) -> list[dict[str, Any]]:
    """Each mutant by its name; the names are given out function by function, in the order of the mutations."""
    from libcst.metadata import (  # noqa: PLC0415
        MetadataWrapper,
        PositionProvider,
        WhitespaceInclusivePositionProvider,
    )
    from mutmut.mutation.file_mutation import group_by_top_level_node  # noqa: PLC0415
    from mutmut.mutation.trampoline_templates import mangle_function_name  # noqa: PLC0415

    wrapper = MetadataWrapper(tree, unsafe_skip_copy=True)
    positions = wrapper.resolve(PositionProvider)
    beginnings = wrapper.resolve(WhitespaceInclusivePositionProvider)
    groups = group_by_top_level_node(mutations)
    lines = _lines(mutated.code)
    found = []
    for class_name, function in _functions(tree):
        mangled = mangle_function_name(name=function.name.value, class_name=class_name) + "__mutmut"
        for number, mutation in enumerate(groups.get(function, ()), 1):
            name = f"{mangled}_{number}"
            spans = [mutated.line_span_by_function_name[each] for each in (f"{mangled}_orig", name)]
            before, after = (
                "".join(lines[span.start - 1 : span.end]).replace(each, function.name.value, 1)
                for span, each in zip(spans, (f"{mangled}_orig", name))  # noqa: B905 - Python 3.9
            )
            first = beginnings[function].start.line
            start, end, replacement = _change(before, after, first, positions.get(mutation.original_node))
            found.append(
                {
                    "name": f"{module}.{name}",
                    "function": f"{class_name}.{function.name.value}" if class_name else function.name.value,
                    "operator": type(mutation.original_node).__name__,
                    "line": start[0],
                    "column": start[1],
                    "end_line": end[0],
                    "end_column": end[1],
                    "replacement": replacement,
                    "before": textwrap.dedent(before).strip("\n"),
                    "after": textwrap.dedent(after).strip("\n"),
                }
            )
    return found


def _change(before: str, after: str, first: int, position: Any) -> tuple[tuple[int, int], tuple[int, int], str]:
    """Where a function is changed (line and column from 1, in the file; the end is outside) and what stands there then.

    The text `before` of the function begins with line `first` of the file. What `position` tells of the changed node is
    taken where all else is the same in `after`; else, what is not the same at both ends of the texts.
    """
    start, behind = _around(before, after, first, position)
    end = len(before) - behind
    return _place(before, start, first), _place(before, end, first), after[start : len(after) - behind]


def _around(before: str, after: str, first: int, position: Any) -> tuple[int, int]:
    """How many characters stand before the change, and behind it."""
    if position is not None:
        start = _offset(before, position.start.line - first, position.start.column)
        behind = len(before) - _offset(before, position.end.line - first, position.end.column)
        is_there = start + behind <= len(after) and before[:start] == after[:start]
        if is_there and after.endswith(before[len(before) - behind :]):
            blank = len(before[start:]) - len(before[start:].lstrip())  # a comparison's node begins with a space
            return start + (blank if before[start : start + blank] == after[start : start + blank] else 0), behind
    start = _shared(before, after)
    return start, _shared(before[start:][::-1], after[start:][::-1])


def _shared(one: str, other: str) -> int:
    """How many characters the beginnings of two texts have in common."""
    pairs = enumerate(zip(one, other))  # noqa: B905 - the shorter one ends it
    return next((number for number, (a, b) in pairs if a != b), min(len(one), len(other)))


def _offset(text: str, line: int, column: int) -> int:
    """Of a place in `text`, whose line and column count from 0."""
    return sum(map(len, _lines(text)[:line])) + column


def _place(text: str, offset: int, first: int) -> tuple[int, int]:
    """The line, of which the first has the number `first`, and the column, from 1."""
    before = text[:offset]
    return first + before.count("\n"), offset - (before.rfind("\n") + 1) + 1


def _lines(text: str) -> list[str]:
    """With their ends. Not `splitlines`, which parts lines where Python does not: at a form feed, at U+2028."""
    return [line + "\n" for line in text.split("\n")]


def _functions(tree: Any) -> list[tuple[str | None, Any]]:
    """The functions that may have mutants, with the name of their class, in mutmut's order."""
    import libcst  # noqa: PLC0415

    found: list[tuple[str | None, Any]] = []
    for statement in tree.body:
        if isinstance(statement, libcst.FunctionDef):
            found.append((None, statement))
        elif isinstance(statement, libcst.ClassDef) and isinstance(statement.body, libcst.IndentedBlock):
            found += [(statement.name.value, one) for one in statement.body.body if isinstance(one, libcst.FunctionDef)]
    return found


if __name__ == "__main__":
    sys.exit(main())
