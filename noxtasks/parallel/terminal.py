"""What a scan says on the terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from noxtasks.evidence.display.console import open_console
from noxtasks.evidence.display.live import LiveLine
from noxtasks.evidence.display.text import counted, shown
from noxtasks.parallel import wording
from noxtasks.parallel.conflicts.terminal import print_findings
from noxtasks.parallel.model import Answer, Assessment, Candidate, Report, State
from noxtasks.stats import Verdict

_ROW = "{:<16} {:>8} {:>8} {:>13} {:>5} {:>6}  {}"
_WIDTH = 80
_STYLE = {Verdict.PASS: "green", Verdict.FAIL: "red", Verdict.UNMEASURED: "yellow"}
_STYLE_OF_ANSWER = {Answer.PAYS: "green", Answer.DOES_NOT_PAY: "yellow", Answer.UNDECIDED: "yellow"}
_TESTS = 10
_CAUSES = 3


def tell_run(line: LiveLine, number: int, candidate: Candidate | None, left: int) -> None:
    """What runs now, and how many candidates are left."""
    if line.is_live or line.is_due():
        what = wording.named(candidate) if candidate else "one after the other"
        line.say(f"round {number}: {what}; {counted(left, 'candidate')} in question")


def print_report(report: Report, pytest_args: Sequence[str]) -> None:
    """The table of candidates, what dominates, what breaks, and what to do."""
    console = open_console()
    basis = report.basis
    console.print(
        Text(
            f"{counted(report.tests, 'test')}, one after the other {basis.wall_s:.2f} s: {basis.once_s:.2f} s paid "
            f"once,\nthe longest test {basis.longest_s:.2f} s, processor {basis.cpu_s:.2f} s; "
            f"{counted(report.cores, 'core')}"
        )
    )
    head = ("candidate", "takes", "speed-up", "interval", "each", "limit", "")
    console.print(Text(_ROW.format(*head).rstrip(), "bold"))
    for each in report.assessments:
        _say_row(console, each)
    _say_broken(console, report.assessments, pytest_args)
    _say_best(console, report)
    if report.conflicts is not None:
        print_findings(report.conflicts)
    for note in (*report.notes, wording.ending(report)):
        if note:
            console.print(Text(shown(note), "yellow"), soft_wrap=True)
    for gate in report.gates:
        console.print(Text(wording.gate(gate), _STYLE[gate.judgement.verdict]), soft_wrap=True)
    first, *rest = wording.recommendation(report, pytest_args)
    console.print(Text(shown(first), _STYLE_OF_ANSWER[report.recommendation.answer]), soft_wrap=True)
    for said in rest:
        console.print(Text(f"  {shown(said)}"), soft_wrap=True)


def _say_row(console: Console, each: Assessment) -> None:
    wall = f"{each.wall_s:.2f} s" if each.wall_s is not None else "-"
    row = _ROW.format(
        wording.named(each.candidate),
        wall,
        wording.times(each.speedup.estimate if each.speedup else None),
        wording.bounds(each.speedup.interval) if each.speedup else "",
        f"{each.efficiency:.0%}" if each.efficiency is not None else "-",
        wording.times(each.over_limit),
        wording.state(each),
    )
    style = "red" if each.state is State.BROKEN or each.suspects else "dim" if each.state is State.DROPPED else ""
    console.print(Text(row.rstrip()[:_WIDTH], style))


def _say_broken(console: Console, assessments: Sequence[Assessment], pytest_args: Sequence[str]) -> None:
    for each in assessments:
        if each.fault is not None:
            console.print(Text(f"{wording.named(each.candidate)}: {wording.fault(each.fault)}", "red"), soft_wrap=True)
            console.print(Text(f"  $ {wording.again(each.candidate, pytest_args)}"), soft_wrap=True)
    for each in assessments:
        if said := wording.otherwise(each):
            console.print(Text(said, "yellow"), soft_wrap=True)
        for suspect in each.suspects[:_TESTS]:
            said = f"{wording.named(each.candidate)}: {wording.suspect(suspect)}"
            console.print(Text(said, "red"), soft_wrap=True)
        if each.suspects:
            console.print(Text(f"  $ {wording.again(each.candidate, pytest_args)}"), soft_wrap=True)


def _say_best(console: Console, report: Report) -> None:
    """What keeps the best from being faster."""
    best = report.best
    if best is None:
        return
    for cause in best.causes[:_CAUSES]:
        console.print(
            Text(f"{wording.named(best.candidate)}: {cause.dominant.value}: {shown(cause.said)}"), soft_wrap=True
        )
        console.print(Text(f"  {cause.remedy}"), soft_wrap=True)


def print_applied(where: str) -> None:
    """That the configuration was written."""
    open_console().print(Text(f"written: {shown(where)}", "green"), soft_wrap=True)


def print_line(text: str) -> None:
    """What to write by hand, or to run."""
    open_console().print(Text(shown(text), "yellow"), soft_wrap=True)
