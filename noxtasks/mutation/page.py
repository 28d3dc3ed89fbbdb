"""The scan as one HTML page, complete in itself: the verdict, the files' scores, and the source with its mutants."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import groupby

import msgspec

from noxtasks.evidence.display import html
from noxtasks.evidence.display.text import counted, shown
from noxtasks.evidence.provenance import Provenance
from noxtasks.mutation import wording
from noxtasks.mutation.model import ALIVE, Fate, Lesson, Mutant, Report, Standing, Status

NAME = "mutation.html"

_SHOWN = 50  # survivors at the top; the source has them all
_TESTS = 10  # tests that are named for a mutant
_OPEN = 300  # mutants up to which the source is open from the start


class View(msgspec.Struct, frozen=True, kw_only=True):
    """A mutant as the page shows it."""

    mutant: Mutant
    fate: Fate
    lesson: Lesson | None
    before: str  # what of the line is changed
    after: str
    diff: list[str]
    said: str
    tests: tuple[str, ...]  # that let it live, as many as are named
    more: int  # tests beside those


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """A line of a file: its text in parts, each marked or not, and the mutants that begin there."""

    number: int
    parts: tuple[tuple[str, bool], ...]
    views: tuple[View, ...]
    counts: tuple[tuple[Status, int], ...]


class File(msgspec.Struct, frozen=True, kw_only=True):
    """A file with mutants."""

    row: wording.Row
    lines: tuple[Line, ...]


def render(report: Report, *, project: str, provenance: Provenance) -> bytes:
    """The page's content."""
    views = _views(report)
    survivors = [views[mutant.id] for mutant in wording.survivors(report)]
    return html.render(
        "noxtasks.mutation",
        filters={"code": _code, "percent": wording.percent, "bounds": wording.bounds},
        project=project,
        provenance=provenance,
        report=report,
        verdict=report.judgement.verdict.value,
        scored=wording.scored(report.score, report.judgement),
        concluded=wording.concluded(report),
        notes=wording.notes(report),
        ratcheted=wording.ratcheted(report),
        counts=Counter(fate.status for fate in report.fates.values()),
        files=_files(report, views),
        survivors=survivors[:_SHOWN],
        left=len(survivors) - _SHOWN,
        is_open=len(report.mutants) <= _OPEN,
        signs=wording.SIGNS,
        statuses=Status,
        standings=Standing,
        suppression=wording.suppression,
        counted=counted,
        has_interval=any(score.interval for score in (report.score, *report.by_path.values())),
        command=wording.command,
    )


def _views(report: Report) -> dict[str, View]:
    lessons = {lesson.mutant: lesson for lesson in report.lessons}
    found = {}
    for mutant in sorted(report.mutants):
        fate = report.fates[mutant.id]
        before, after = wording.change(mutant, report.texts.get(mutant.path, ""))
        found[mutant.id] = View(
            mutant=mutant,
            fate=fate,
            lesson=lessons.get(mutant.id),
            before=before,
            after=after,
            diff=wording.diff(mutant),
            said=wording.outcome(fate, len(report.baseline.covering.get(mutant.key, ()))),
            tests=fate.tests[:_TESTS],
            more=max(0, len(fate.tests) - _TESTS),
        )
    return found


def _files(report: Report, views: dict[str, View]) -> list[File]:
    mutants = {path: list(each) for path, each in groupby(sorted(report.mutants), key=lambda mutant: mutant.path)}
    return [
        File(
            row=row,
            lines=lines(report.texts.get(row.path, ""), [views[mutant.id] for mutant in mutants.get(row.path, ())]),
        )
        for row in wording.rows(report)
    ]


def lines(text: str, views: Iterable[View]) -> tuple[Line, ...]:
    """The lines of a file with its mutants; lines that are not known stand there empty where a mutant needs them."""
    by_line: dict[int, list[View]] = {}
    for view in views:
        by_line.setdefault(view.mutant.line, []).append(view)
    texts = text.removesuffix("\n").split("\n") if text else []
    texts += [""] * (max(by_line, default=0) - len(texts))
    return tuple(
        Line(
            number=number,
            parts=_parts(line, by_line.get(number, ())),
            views=tuple(by_line.get(number, ())),
            counts=_counts(by_line.get(number, ())),
        )
        for number, line in enumerate(texts, 1)
    )


def _counts(views: Sequence[View]) -> tuple[tuple[Status, int], ...]:
    found = Counter(view.fate.status for view in views)
    return tuple((status, found[status]) for status in Status if found[status])


def _parts(line: str, views: Iterable[View]) -> tuple[tuple[str, bool], ...]:
    """The line's text, parted where a mutant begins or ends that no test has noticed."""
    marked: set[int] = set()
    for view in views:
        if view.fate.status in ALIVE:
            is_one_line = view.mutant.end_line == view.mutant.line
            marked.update(range(view.mutant.column - 1, view.mutant.end_column - 1 if is_one_line else len(line)))
    places = groupby(range(len(line)), key=marked.__contains__)
    return tuple(("".join(line[place] for place in run), is_marked) for is_marked, run in places)


def _code(text: str) -> str:
    """A line of source without control characters; its tabs stay."""
    return "\t".join(shown(part) for part in text.split("\t"))
