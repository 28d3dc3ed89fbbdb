"""What is said on the terminal, of one cell and of all."""

from __future__ import annotations

from collections import Counter

from rich.console import Console
from rich.text import Text

from noxtasks.evidence.display.console import open_console
from noxtasks.evidence.display.text import counted, short, shown
from noxtasks.matrix import wording
from noxtasks.matrix.causes import REMEDIES, Cause
from noxtasks.matrix.emit import BASELINE
from noxtasks.matrix.model import Cell, Report
from noxtasks.matrix.recording import Cast, has_failed
from noxtasks.stats import Verdict
from noxtasks.suite.model import Outcome

_ROW = "{:<22} {:>7} {:>7} {:>7} {:>7}  {}"
_WIDTH = 80
_STYLE = {Verdict.PASS: "green", Verdict.FAIL: "red", Verdict.UNMEASURED: "yellow"}
_TESTS = 5  # of each cause
_FAILURES = 10
_LINES = 10


def print_recorded(cell: Cell, cast: Cast, path: str) -> None:
    """What one cell has recorded, and where."""
    console = open_console()
    found = Counter(entry.outcome for entry in cast.tests.values())
    counts = {outcome.value: found[outcome] for outcome in Outcome}
    broken = [each for each in cast.uncollected if each.is_error]
    console.print(Text(wording.recorded(cell, counts)), soft_wrap=True)
    for each in broken[:_LINES]:
        said = shown(f"{each.exception}: {each.reason}".partition("\n")[0])
        console.print(Text(f"  not collected: {shown(each.path)}: {said}"[:_WIDTH], "red"), soft_wrap=True)
    failed = [(test, entry) for test, entry in cast.tests.items() if has_failed(entry)]
    for test, entry in failed[:_FAILURES]:
        console.print(Text(f"  {entry.outcome.value}: {short(test, _WIDTH - 12)}", "red"), soft_wrap=True)
    if len(failed) > _FAILURES:
        console.print(f"  … and {len(failed) - _FAILURES} more")
    console.print(Text(f"{shown(path)}; all cells together: $ noxtasks matrix merge"), soft_wrap=True)


def print_report(report: Report) -> None:
    """The cells, what ends otherwise by cause, what does not show, and the verdicts."""
    console = open_console()
    console.print(Text(_ROW.format("cell", "passed", "failed", "skipped", "rate", "interval"), "bold"))
    for each in report.standings:
        console.print(Text(_ROW.format(*wording.row(each)).rstrip()[:_WIDTH], _STYLE[each.judgement.verdict]))
    for cause in dict.fromkeys(each.cause for each in report.differing):
        _say_cause(console, report, cause)
    for flaky in report.flaky[:_LINES]:
        console.print(Text(f"flaky, and left out: {shown(flaky.test)}", "yellow"), soft_wrap=True)
    for hidden in report.hidden[:_LINES]:
        console.print(Text(f"hidden: {wording.hidden(hidden)}", "yellow"), soft_wrap=True)
    for absent in report.absent[:_LINES]:
        console.print(Text(wording.absent(absent), "dim"), soft_wrap=True)
    for note in report.notes:
        console.print(Text(shown(note), "yellow"), soft_wrap=True)
    if report.missing:
        console.print(Text(f"missing: {', '.join(report.missing)}", "yellow"), soft_wrap=True)
    console.print(Text(wording.gate("interpreters", report.interpreters), "dim"), soft_wrap=True)
    for gate in (report.consistency, report.pass_rate):
        name = "consistency" if gate is report.consistency else "pass rate"
        console.print(Text(wording.gate(name, gate), _STYLE[gate.verdict]), soft_wrap=True)


def _say_cause(console: Console, report: Report, cause: Cause) -> None:
    found = [each for each in report.differing if each.cause is cause]
    console.print(Text.assemble((cause.value, "bold red"), f": {counted(len(found), 'test')}"))
    console.print(Text(f"  -> {REMEDIES[cause]}", "dim"), soft_wrap=True)
    for each in found[:_TESTS]:
        console.print(Text(f"  {shown(each.test)}"), soft_wrap=True)
        console.print(Text(f"    {wording.where(each)}", "red"), soft_wrap=True)
        if each.said:
            said = shown(each.said)
            console.print(Text(f"    {said}" if len(said) <= _WIDTH - 4 else f"    {said[: _WIDTH - 5]}…"))
        console.print(Text(f"    $ {wording.again(each)}", "dim"), soft_wrap=True)
    if len(found) > _TESTS:
        console.print(f"  … and {len(found) - _TESTS} more in {BASELINE}")
