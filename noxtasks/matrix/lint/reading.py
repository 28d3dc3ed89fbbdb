"""From the files of a project to findings: what is guarded, or taken out by a comment or a setting, is none.

A line with `# noxtasks: portable` is left out, and so is one with `# noxtasks: portable[encoding]`, for that kind.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Collection, Iterable, Iterator, Mapping

from noxtasks.matrix.lint import cases, paths, systems, texts
from noxtasks.matrix.lint.guards import Guards
from noxtasks.matrix.lint.model import Candidate, Finding, Kind, Reading
from noxtasks.suite.source import Source

LARGEST = 4 << 20  # bytes of a source
_PORTABLE = re.compile(r"#\s*noxtasks:\s*portable(?:\[([\w\s,-]*)\])?")
_NOT_PARSED = (SyntaxError, ValueError, RecursionError, MemoryError)
_ALWAYS = frozenset({Kind.PLATFORM_NAME, Kind.LETTER_CASE})
"""What no guard makes right."""

_RAISING = frozenset({Kind.SYSTEM_CALL, Kind.SHELL, Kind.LOCALE, Kind.STRFTIME, Kind.FIXED_PATH})
"""What an `except` around it makes right: the others do not fail there, or not where it could be helped."""


def read(files: Mapping[str, bytes], tree: Collection[str], *, ignore: Iterable[str] = ()) -> Reading:
    """Read `files`, by their path from the root; `tree` are the paths of all files, `ignore` kinds to leave out."""
    modules = cases.Modules(tree)
    unread: list[str] = []
    found: list[Finding] = []
    ignored = 0
    left_out = set(ignore)
    for path in sorted(files):
        if len(files[path]) > LARGEST:
            unread.append(path)
            continue
        try:
            source = Source(path, _decoded(files[path]))
            of_file = list(_findings(source, modules))
        except _NOT_PARSED:
            unread.append(path)
            continue
        for finding in of_file:
            if finding.kind.value in left_out or _is_portable(source, finding):
                ignored += 1
            else:
                found.append(finding)
    for name, other in cases.clashes(tree):
        clash = Finding(kind=Kind.LETTER_CASE, path=name, line=0, code="", what=f"beside {other}")
        ignored += Kind.LETTER_CASE.value in left_out
        found += [] if Kind.LETTER_CASE.value in left_out else [clash]
    return Reading(files=len(files), findings=tuple(found), ignored=ignored, unread=tuple(unread))


def _decoded(data: bytes) -> str:
    encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
    return data.decode(encoding)


def _findings(source: Source, modules: cases.Modules) -> Iterator[Finding]:
    guards = Guards(source)
    places: dict[tuple[int, Kind], Finding] = {}
    for each in _firsts(source, _candidates(source, modules), guards):
        line = getattr(each.node, "lineno", 1)
        code = source.lines[line - 1].strip() if line <= len(source.lines) else ""
        found = Finding(kind=each.kind, path=source.path, line=line, code=code, what=each.what)
        places.setdefault((line, each.kind), found)
    yield from (places[place] for place in sorted(places, key=lambda place: (place[0], place[1].value)))


def _firsts(source: Source, found: Iterable[Candidate], guards: Guards) -> Iterator[Candidate]:
    """Those that are not guarded; of calls that a system lacks, the first in each function.

    Where a module cannot be imported on such a system, for an import at its top, that alone is told.
    """
    open_ = [
        each for each in found if each.kind in _ALWAYS or not guards.is_guarded(each.node, raises=each.kind in _RAISING)
    ]
    calls = [each for each in open_ if each.kind is Kind.SYSTEM_CALL]
    imports = [each for each in calls if isinstance(source.parents.get(each.node), ast.Module)]
    imports = [each for each in imports if isinstance(each.node, ast.Import | ast.ImportFrom)]
    first: dict[ast.AST, Candidate] = {}
    for each in sorted(calls, key=lambda call: getattr(call.node, "lineno", 1)):
        first.setdefault(source.outermost(each.node) or each.node, each)
    yield from (each for each in open_ if each.kind is not Kind.SYSTEM_CALL)
    yield from imports or first.values()


def _candidates(source: Source, modules: cases.Modules) -> Iterator[Candidate]:
    yield from paths.candidates(source)
    yield from texts.candidates(source)
    yield from systems.candidates(source)
    yield from modules.candidates(source)


def _is_portable(source: Source, finding: Finding) -> bool:
    match = _PORTABLE.search(source.lines[finding.line - 1]) if 0 < finding.line <= len(source.lines) else None
    if match is None:
        return False
    return match[1] is None or finding.kind.value in [word.strip() for word in match[1].split(",")]
