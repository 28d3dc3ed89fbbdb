"""What `mutation` says on the terminal."""

from __future__ import annotations

import shlex
from collections.abc import Collection as Sized
from collections.abc import Iterable, Sequence
from pathlib import Path

from rich.console import Console
from rich.text import Text

from noxtasks.evidence.bases import Base
from noxtasks.evidence.display.console import open_console
from noxtasks.evidence.display.text import counted, end_of, shown
from noxtasks.mutation import wording
from noxtasks.mutation.deciding import suppressions
from noxtasks.mutation.emit import REPORT
from noxtasks.mutation.making.mutmut import Instrumented
from noxtasks.mutation.model import Baseline, Fate, Judgement, Lesson, Mutant, Report, Score, Standing, Status
from noxtasks.stats import Verdict
from noxtasks.suite.engine import Engine
from noxtasks.suite.model import EngineKind
from noxtasks.suite.sources import Sources

_SHOWN = 20  # mutants that are shown; the report has them all
_NAMED = 5
_WIDTH = 80
_COMMIT_SHOWN = 10
_STYLE = {Verdict.PASS: "green", Verdict.FAIL: "red", Verdict.UNMEASURED: "yellow"}
_NAME, _SAMPLE_NAME = 38, 28  # characters of a path, where the table has no column for intervals, and where it has
_ROW = "{:<38.38} {:>6} {:>6} {:>8} {:>7} {:>9}"
_ROW_OF_SAMPLE = "{:<28.28} {:>6} {:>6} {:>8} {:>7} {:>9} {:>9}"


def print_baseline(baseline: Baseline, made: Instrumented, sources: Sources, engine: Engine) -> None:
    """Say what will be tried, by which tests, and which of them cannot be used."""
    console = open_console()
    how = "forks of one process" if engine.chosen is EngineKind.FORK else "a process of its own for each mutant"
    reason = f" ({engine.reason})" if engine.reason else ""
    console.print(
        Text(
            f"{counted(len(made.mutants), 'mutant')} of {counted(len(sources.files), 'file')}, found by "
            f"{sources.found_by}; {counted(len(baseline.durations_s), 'test')}, {how}{reason}"
        )
    )
    console.print(Text(wording.reach(made.reach)))
    for path, why in made.left_out:
        console.print(Text(f"not mutated: {shown(path)}: {shown(why)}", "yellow"))
    for test, why in baseline.left_out[:_NAMED]:
        console.print(Text(f"left out: {shown(test)}: {shown(why)}", "yellow"))
    if len(baseline.left_out) > _NAMED:
        console.print(Text(f"{len(baseline.left_out)} in all are left out: see {REPORT}", "yellow"))
    if lost := wording.beyond_tests(made.mutants, baseline):
        console.print(Text(lost, "yellow"))


def print_known(made: Instrumented, mutants: Sized[Mutant], remembered: Sized[str], base: Base | None) -> None:
    """Say what need not be looked at, and what need not be tried."""
    console = open_console()
    if base is not None:
        where = f"{base.revision} ({base.commit[:_COMMIT_SHOWN]})"
        console.print(Text(f"{len(mutants)} of {len(made.mutants)} mutants are of what has changed since {where}"))
    if known := wording.remembered(len(remembered), len(mutants)):
        console.print(Text(known))


def print_report(report: Report, *, page: Path) -> None:
    """A table of the files, the mutants that live with their change and their command, and the score."""
    console = open_console()
    _say_files(console, report)
    living = wording.survivors(report)
    lessons = {lesson.mutant: lesson for lesson in report.lessons}
    for mutant in living[:_SHOWN]:
        _say_mutant(console, mutant, report.fates[mutant.id], lessons.get(mutant.id))
    if len(living) > _SHOWN:
        console.print(Text(f"… and {counted(len(living) - _SHOWN, 'more survivor')}"))
    _say_suppressions(console, report)
    _say_ratchet(console, report)
    _say_scopes(console, report)
    said = ", ".join(
        f"{number} {status.value}"
        for status in Status
        if (number := sum(fate.status is status for fate in report.fates.values()))
    )
    console.print(Text(f"{counted(len(report.mutants), 'mutant')}: {said}"))
    if report.baseline.left_out:
        console.print(Text(f"left out: {counted(len(report.baseline.left_out), 'test')}, see above", "yellow"))
    if extent := wording.extent(report):
        console.print(Text(extent))
    _say_judgement(console, "mutation score", report.score, report.judgement, wording.concluded(report))
    console.print(Text(f"the source with its mutants: {shown(str(page))}"), soft_wrap=True)


def print_explanation(
    mutant: Mutant, fate: Fate, lesson: Lesson | None, *, diff: Sequence[str], covering: int, note: str = ""
) -> None:
    """Say all that is known of one mutant, and how it is tried by hand."""
    console = open_console()
    if note:
        console.print(Text(note, "yellow"), soft_wrap=True)
    console.print(Text.assemble((_place(mutant), "bold"), f"  {mutant.id}"), soft_wrap=True)
    _say_change(console, diff)
    console.print(Text(wording.outcome(fate, covering)), soft_wrap=True)
    for test in fate.tests:
        console.print(Text(f"  {shown(test)}"), soft_wrap=True)
    if lesson is not None:
        _say_lesson(console, lesson)
        for line in lesson.skeleton.splitlines():
            console.print(Text(f"  {shown(line)}"), soft_wrap=True)
    tests = (fate.killed_by,) if fate.killed_by else fate.tests[:_NAMED]
    if words := shlex.join(test for test in tests if test.isprintable()):
        console.print(Text(f"by hand: make the change in {shown(mutant.path)}:{mutant.line}, and"))
        console.print(Text(f"  $ python -m pytest {words}", "dim"), soft_wrap=True)


def _say_judgement(console: Console, name: str, score: Score, judgement: Judgement, reason: str) -> None:
    verdict = (judgement.verdict.value, _STYLE[judgement.verdict])
    console.print(Text.assemble(f"{name} {wording.scored(score, judgement)}: ", verdict, f", {reason}"))


def _say_scopes(console: Console, report: Report) -> None:
    for scope in report.scopes:
        _say_judgement(console, f"{shown(scope.name)}:", scope.score, scope.judgement, shown(scope.judgement.reason))


def _say_suppressions(console: Console, report: Report) -> None:
    if report.suppressions:
        console.print(Text(f"{suppressions.NAME}:", "bold"))
    for each in report.suppressions[:_SHOWN]:
        console.print(Text(f"  {wording.suppression(each)}", "dim" if each.standing is Standing.ACTIVE else "yellow"))
    if len(report.suppressions) > _SHOWN:
        console.print(Text(f"  … and {len(report.suppressions) - _SHOWN} more"))


def _say_ratchet(console: Console, report: Report) -> None:
    told = wording.ratcheted(report)
    for mutant, what in told[:_SHOWN]:
        console.print(Text.assemble((_place(mutant), "red"), f"  {mutant.id}: {what}"), soft_wrap=True)
    if len(told) > _SHOWN:
        console.print(Text(f"… and {len(told) - _SHOWN} more: see {REPORT}"))


def _say_files(console: Console, report: Report) -> None:
    rows = wording.rows(report)
    has_interval = any(row.score.interval for row in rows)
    form, width = (_ROW_OF_SAMPLE, _SAMPLE_NAME) if has_interval else (_ROW, _NAME)
    head = ("file", "killed", "alive", "no tests", "score", "covered", "interval")
    console.print(Text(form.format(*head).rstrip(), "bold"))
    for row in rows:
        score = row.score
        numbers = (score.killed, row.counts[Status.SURVIVED], row.counts[Status.NO_TESTS])
        figures = (wording.percent(score.figure), wording.percent(score.figure_of_covered), wording.bounds(score))
        console.print(Text(form.format(end_of(row.path, width), *numbers, *figures).rstrip()))


def _say_mutant(console: Console, mutant: Mutant, fate: Fate, lesson: Lesson | None) -> None:
    console.print(Text.assemble((_place(mutant), "red"), f"  {wording.let_live(fate)}"), soft_wrap=True)
    _say_change(console, wording.diff(mutant))
    if lesson is not None:
        _say_lesson(console, lesson)
    console.print(Text(f"  $ {wording.command(mutant)}", "dim"), soft_wrap=True)


def _say_change(console: Console, diff: Iterable[str]) -> None:
    for line in diff:
        style = {"-": "red", "+": "green"}.get(line[0], "dim")
        console.print(Text(wording.cut(f"  {shown(line.expandtabs())}", _WIDTH), style))


def _say_lesson(console: Console, lesson: Lesson) -> None:
    if lesson.call:
        console.print(Text(f"  told apart by {shown(lesson.call)}:"))
        console.print(Text(f"  the original {shown(lesson.original)}, the mutant {shown(lesson.mutated)}"))
    if lesson.suspect:
        console.print(Text(f"  it may do the same as the original: {shown(lesson.suspect)}"))


def _place(mutant: Mutant) -> str:
    return f"{shown(mutant.path)}:{mutant.line} {shown(mutant.function)}"
