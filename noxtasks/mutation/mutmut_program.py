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

_IMPORT = "from mutmut.mutation.trampoline import wrap_in_trampoline as _mutmut_mutated, MutantDict"
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
    Path(path).write_bytes(_listening(mutated.code).encode(encoding))
    return {"path": path, "mutants": _mutants(module, tree, mutations, mutated), "error": ""}


def _listening(code: str) -> str:
    """`code` that lets a variable have a say in processes which tests start: see `noxtasks_probe.mutants`."""
    listening = f'{_IMPORT}; exec(__import__("os").environ.get("NOXTASKS_IN_CHILDREN", ""), {{}})'
    return code.replace(_IMPORT, listening, 1)


def _mutants(module: str, tree: Any, mutations: list[Any], mutated: Any) -> list[dict[str, Any]]:
    """Each mutant by its name; the names are given out function by function, in the order of the mutations."""
    from libcst.metadata import MetadataWrapper, PositionProvider  # noqa: PLC0415
    from mutmut.mutation.file_mutation import group_by_top_level_node  # noqa: PLC0415
    from mutmut.mutation.trampoline_templates import mangle_function_name  # noqa: PLC0415

    positions = MetadataWrapper(tree, unsafe_skip_copy=True).resolve(PositionProvider)
    groups = group_by_top_level_node(mutations)
    lines = mutated.code.splitlines(keepends=True)
    found = []
    for class_name, function in _functions(tree):
        mangled = mangle_function_name(name=function.name.value, class_name=class_name) + "__mutmut"
        for number, mutation in enumerate(groups.get(function, ()), 1):
            name = f"{mangled}_{number}"
            spans = [mutated.line_span_by_function_name[each] for each in (f"{mangled}_orig", name)]
            before, after = (
                textwrap.dedent("".join(lines[span.start - 1 : span.end])).replace(each, function.name.value, 1)
                for span, each in zip(spans, (f"{mangled}_orig", name))  # noqa: B905 - Python 3.9
            )
            position = positions.get(mutation.original_node) or positions[function]
            found.append(
                {
                    "name": f"{module}.{name}",
                    "function": f"{class_name}.{function.name.value}" if class_name else function.name.value,
                    "operator": type(mutation.original_node).__name__,
                    "line": position.start.line,
                    "before": before.strip("\n"),
                    "after": after.strip("\n"),
                }
            )
    return found


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
