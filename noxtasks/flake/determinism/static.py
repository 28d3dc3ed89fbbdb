"""Reads the files of a suite for what makes it unreproducible. Nothing is imported or run.

Precision goes before recall: what is seeded, frozen, patched, sorted or put back is no finding, and neither is what
goes out of sight. A line with the comment `# noxtasks: ignore`, or `# noxtasks: ignore[sleep]`, is left out.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterable, Iterator, Mapping
from pathlib import PurePosixPath

import msgspec

from noxtasks.flake.determinism import calls, clock, order, state
from noxtasks.flake.determinism.controls import Fixtures, fixture_decorator, fixture_scope
from noxtasks.flake.determinism.model import Finding, Kind
from noxtasks.suite.source import Source

_IGNORED = re.compile(r"#\s*noxtasks:\s*ignore(?:\[([\w\s,-]*)\])?")
_PARSED_TO_A_DEPTH = (SyntaxError, ValueError, RecursionError, MemoryError)


class Surroundings(msgspec.Struct, frozen=True, kw_only=True):
    """What holds for the whole suite: pytest-randomly or `noxtasks_seed`, and `noxtasks_frozen_time`."""

    seeded: bool = False
    frozen: bool = False


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """What was read: the findings, how many more a comment takes out, and the files that could not be parsed."""

    findings: tuple[Finding, ...]
    ignored: int
    unread: tuple[str, ...]


def audit(files: Mapping[str, bytes], surroundings: Surroundings | None = None) -> Reading:
    """Read `files`, by their path from the root ("tests/test_a.py"); the conftests among them hold for those below."""
    around = surroundings or Surroundings()
    sources: dict[str, Source] = {}
    unread: list[str] = []
    for path, data in files.items():
        try:
            sources[path] = Source(path, _decoded(data))
        except _PARSED_TO_A_DEPTH:
            unread.append(path)
    found: list[Finding] = []
    ignored = 0
    for path in sorted(sources):
        source = sources[path]
        for finding in _of_file(source, _conftests(path, sources), around):
            if _is_ignored(source, finding):
                ignored += 1
            else:
                found.append(finding)
    return Reading(findings=tuple(found), ignored=ignored, unread=tuple(sorted(unread)))


def _decoded(data: bytes) -> str:
    """The text of a Python file, by its own declaration. Raises `SyntaxError` or `UnicodeDecodeError`."""
    encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
    return data.decode(encoding)


def _conftests(path: str, sources: Mapping[str, Source]) -> list[Source]:
    """The conftests above a file, outermost first; not itself."""
    above = [str(folder / "conftest.py") for folder in reversed(PurePosixPath(path).parents)]
    return [sources[each] for each in above if each in sources and each != path]


def _of_file(source: Source, conftests: list[Source], around: Surroundings) -> list[Finding]:
    fixtures = Fixtures(source, conftests)
    places: dict[tuple[Kind, int], Finding] = {}
    for kind, node, what in _candidates(source, fixtures):
        if (
            _is_main(source, node)
            or _is_expected_to_raise(source, node)
            or _is_held_everywhere(source, kind, node, what, around)
        ):
            continue
        if calls.is_controlled(kind, what, fixtures.controls(node)):
            continue
        line = getattr(node, "lineno", 1)
        code = source.lines[line - 1].strip() if line <= len(source.lines) else ""
        places.setdefault((kind, line), Finding(kind=kind, path=source.path, line=line, code=code, what=what))
    return sorted(places.values(), key=lambda finding: (finding.line, finding.kind.value))


def _candidates(source: Source, fixtures: Fixtures) -> Iterator[tuple[Kind, ast.AST, str]]:
    for call in source.calls:
        if (found := calls.kind_of(source, call)) is not None:
            yield found[0], call, found[1]
    yield from clock.reads(source)
    yield from order.unordered(source)
    yield from state.left_behind(source, fixtures)


def _is_main(source: Source, node: ast.AST) -> bool:
    """Below `if __name__ == "__main__"`, which no test runs."""
    return any(isinstance(above, ast.If) and "__name__" in ast.unparse(above.test) for above in source.ancestors(node))


def _is_expected_to_raise(source: Source, node: ast.AST) -> bool:
    """What is refused does nothing: `with pytest.raises(...)`, `assertRaises(Error, function, datetime.now())`."""
    for above in source.ancestors(node):
        match above:
            case ast.With(items=items) | ast.AsyncWith(items=items):
                if any("raises" in ast.unparse(item.context_expr).lower() for item in items):
                    return True
            case ast.Call(func=ast.Attribute(attr=method)) if "raises" in method.lower():
                return True
    return False


def _is_held_everywhere(source: Source, kind: Kind, node: ast.AST, what: str, around: Surroundings) -> bool:
    """What the whole suite is seeded or frozen by holds within tests and their own fixtures, and not at import."""
    function = source.outermost(node)
    if function is None or source.scope(node) is source.tree:
        return False
    if kind is Kind.RANDOM:
        return around.seeded and what.startswith(("random.", "numpy.random.")) and "Random()" not in what
    wide = fixture_scope(fixture_decorator(source, function)) != "function"
    return kind in (Kind.CLOCK, Kind.LOCALE) and around.frozen and not wide


def _is_ignored(source: Source, finding: Finding) -> bool:
    match = _IGNORED.search(source.lines[finding.line - 1]) if finding.line <= len(source.lines) else None
    if match is None:
        return False
    kinds = match[1]
    return kinds is None or finding.kind.value in [word.strip() for word in kinds.split(",")]


def without(findings: Iterable[Finding], kinds: Iterable[str]) -> tuple[Finding, ...]:
    """Those that are not of the `kinds` (their names)."""
    left_out = set(kinds)
    return tuple(finding for finding in findings if finding.kind.value not in left_out)
