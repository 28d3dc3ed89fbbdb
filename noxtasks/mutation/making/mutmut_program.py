"""Makes mutants of source files with mutmut: a program of its own, run by path in the environment that has mutmut.

The variable `NOXTASKS_ORDER` names a JSON file with `version` (the one of mutmut that it knows), `files` (each with
`path` and `module`), `patterns` (regular expressions of lines that are not to be mutated), `limit_s` (for one file) and
`answer`. In the current folder, a copy of the project, each file is replaced by one that holds all of its mutants. To
`answer` go lines: an empty one when work begins, and then one for each file, as soon as it is done, with its mutants,
or the reason why it is left as it was (`is_unwritten`: for want of room). Where this process crashes, or is ended by
the limit, it shows at which file.

What mutmut's command does besides (configuration, copies, statistics, workers) is not used.
"""

from __future__ import annotations

import ast
import faulthandler
import io
import json
import os
import sys
import textwrap
import threading
import tokenize
import types
import warnings
from collections import Counter
from importlib import metadata
from pathlib import Path
from typing import Any

_IMPORT = "from mutmut.mutation.trampoline import wrap_in_trampoline as _mutmut_mutated, MutantDict"
UNFIT = 3  # exit status: mutmut is not there, or of another version
_DEPTH = 50_000  # nested expressions: each level takes some ten calls of libcst's visitors
_STACK = 512 << 20  # bytes, of which only those are taken that are needed


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
    warnings.simplefilter("ignore")  # of the sources: they are the user's own matter
    _configure(order["patterns"])
    sys.setrecursionlimit(_DEPTH)
    threading.stack_size(_STACK)  # only a new thread gets it
    thread = threading.Thread(target=_carry_out, args=(order,))
    thread.start()
    thread.join()
    return 0


def _configure(patterns: list[str]) -> None:
    """Give mutmut the one setting that mutations hang on, and spare it the search for the others, and for sources."""
    from mutmut import configuration  # noqa: PLC0415

    settings: Any = types.SimpleNamespace(do_not_mutate_patterns=patterns)
    configuration._config = settings  # noqa: SLF001


def _carry_out(order: dict[str, Any]) -> None:
    from mutmut.mutation import file_mutation  # noqa: F401, PLC0415 - before the first file: it takes its time

    with Path(order["answer"]).open("a", encoding="utf-8") as answer:
        print(file=answer, flush=True)
        for file in order["files"]:
            faulthandler.dump_traceback_later(order["limit_s"], exit=True)
            print(json.dumps(_instrument(file["path"], file["module"])), file=answer, flush=True)
            faulthandler.cancel_dump_traceback_later()


def _instrument(path: str, module: str) -> dict[str, Any]:
    try:
        data = Path(path).read_bytes()
        tree = ast.parse(data)
    except Exception as error:  # whatever it is, the file goes without mutants, and that is told
        return _answer(path, error=f"{type(error).__name__}: {error}")
    scope = Scope(tree)
    if not scope.candidates:
        return _answer(path, scope=scope.told(set()))
    try:
        made, code = _mutate(path, module, data)
    except Exception as error:
        return _answer(path, error=f"{type(error).__name__}: {error}", scope=scope.told(set()))
    try:
        if made:
            _replace(Path(path), code)
    except OSError as error:
        return {**_answer(path, error=f"{error.strerror}"), "is_unwritten": True}
    return _answer(path, mutants=made, scope=scope.told({each["function"] for each in made}))


def _replace(path: Path, code: bytes) -> None:
    """Put `code` in place of the file, which may be read-only, as a whole or not at all."""
    replacement = path.with_name(f"{path.name}.mutated")
    try:
        replacement.write_bytes(code)
        replacement.replace(path)
    except OSError:
        replacement.unlink(missing_ok=True)
        raise


def _answer(
    path: str, *, mutants: list[dict[str, Any]] | None = None, error: str = "", scope: dict[str, Any] | None = None
) -> dict[str, Any]:
    return {"path": path, "mutants": mutants or [], "error": error, "scope": scope}


def _mutate(path: str, module: str, data: bytes) -> tuple[list[dict[str, Any]], bytes]:
    """The mutants, and what the file is to hold."""
    from mutmut.mutation import file_mutation  # noqa: PLC0415

    encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
    tree, mutations, classes, functions = file_mutation.create_mutations(path, data.decode(encoding))
    mutated = file_mutation.combine_mutations_to_source(tree, mutations, classes, functions)
    code = _listening(mutated.code).encode(encoding)
    compile(code, path, "exec", dont_inherit=True)
    return (_mutants(module, tree, mutations, mutated) if mutated.mutant_names else []), code


def _listening(code: str) -> str:
    """`code` that lets a variable have a say in processes which tests start: see `noxtasks_probe.mutants`."""
    listening = f'{_IMPORT}; exec(__import__("os").environ.get("NOXTASKS_IN_CHILDREN", ""), {{}})'
    return code.replace(_IMPORT, listening, 1)


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
    """The functions that may have mutants, with the name of their class, in mutmut's order.

    Of those with one name, the last: it is the one that is called.
    """
    import libcst  # noqa: PLC0415

    found: dict[tuple[str | None, str], Any] = {}
    for statement in tree.body:
        if isinstance(statement, libcst.FunctionDef):
            found[None, statement.name.value] = statement
        elif isinstance(statement, libcst.ClassDef) and isinstance(statement.body, libcst.IndentedBlock):
            for one in statement.body.body:
                if isinstance(one, libcst.FunctionDef):
                    found[statement.name.value, one.name.value] = one
    return [(class_name, function) for (class_name, _), function in found.items()]


_NEVER = ("__getattribute__", "__setattr__", "__new__")


class Scope:
    """The functions of a module, those within others being part of them, and why mutmut leaves some out.

    `candidates` are those that may have some, by their name with that of their class.
    """

    def __init__(self, tree: ast.Module) -> None:
        self.candidates: dict[str, ast.AST] = {}
        self._lines = {node.lineno for node in ast.walk(tree) if isinstance(node, ast.stmt)}
        self._left_out: Counter[str] = Counter()
        for statement in tree.body:
            if isinstance(statement, ast.ClassDef):
                for each in statement.body:
                    self._add(each, f"{statement.name}.", "in a nested class")
            else:
                self._add(statement, "", "")

    def _add(self, node: ast.stmt, prefix: str, of_class: str) -> None:
        if not isinstance(node, _FUNCTIONS):
            why = of_class if isinstance(node, ast.ClassDef) else "under a condition"
            self._left_out[why] += _outermost(node)
        elif why := _left_out(node):
            self._left_out[why] += 1
        else:
            self._left_out["defined again below"] += f"{prefix}{node.name}" in self.candidates
            self.candidates[f"{prefix}{node.name}"] = node

    def told(self, mutated: set[str]) -> dict[str, Any]:
        """How much of it has mutants, where the functions `mutated` have."""
        left_out = self._left_out + Counter({"nothing in it to change": len(self.candidates.keys() - mutated)})
        within: set[int] = set()
        for name in mutated & self.candidates.keys():
            within |= {node.lineno for node in ast.walk(self.candidates[name]) if isinstance(node, ast.stmt)}
        return {
            "mutated": len(mutated),
            "left_out": {why: number for why, number in left_out.items() if number},
            "lines": len(self._lines),
            "mutated_lines": len(within),
        }


_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def _left_out(function: ast.FunctionDef | ast.AsyncFunctionDef) -> str:
    """Why mutmut does not look at it; empty where it does."""
    if function.name in _NEVER:
        return f"called {', '.join(_NEVER[:-1])} or {_NEVER[-1]}"
    decorators = [each.id if isinstance(each, ast.Name) else "" for each in function.decorator_list]
    return "" if decorators in ([], ["staticmethod"], ["classmethod"]) else "decorated"


def _outermost(node: ast.AST) -> int:
    """How many functions are at or below `node`, not counting those within others."""
    if isinstance(node, _FUNCTIONS):
        return 1
    return sum(_outermost(each) for each in ast.iter_child_nodes(node))


if __name__ == "__main__":
    sys.exit(main())
