"""What `bench` says on the terminal."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from rich.console import Console
from rich.text import Text

from noxtasks.bench import wording
from noxtasks.bench.model import Finding, Report, Summary
from noxtasks.evidence.display.console import open_console
from noxtasks.evidence.display.live import LiveLine
from noxtasks.evidence.display.text import counted, end_of, shown
from noxtasks.stats import Verdict

_STYLE = {Verdict.PASS: "green", Verdict.FAIL: "red", Verdict.UNMEASURED: "yellow"}
_STYLE_OF_FINDING = {Finding.SLOWER: "red", Finding.FASTER: "green", Finding.OPEN: "yellow", Finding.STEADY: ""}
_ROW = "{:<40.40} {:>9} {:>8} {:>9} {:>10}"
_ROW_OF_COMPARISON = "{:<37.37} {:>8} {:>19} {:<12.12}"


def tell_pair(line: LiveLine, number: int, left: int) -> None:
    """How far the pairs have come, on a terminal alone."""
    if line.is_live:
        line.say(f"{counted(number, 'pair')} of processes, {counted(left, 'benchmark')} undecided")


def print_report(report: Report, *, page: Path) -> None:
    """What was measured, what differs, and the verdict."""
    console = open_console()
    if report.summaries:
        _say_summaries(console, report.summaries)
    if report.comparisons:
        _say_comparisons(console, report)
    for test, why in report.left_out.items():
        console.print(Text(f"left out: {shown(test)}: {shown(why)}", "yellow"), soft_wrap=True)
    if report.brought:
        files = ", ".join(shown(path) for path in report.brought)
        console.print(Text(f"the old code runs the benchmarks of the new: {files}", "yellow"))
    if report.is_stored:
        console.print(Text(wording.STORED, "yellow"))
    console.print(Text.assemble("bench: ", (report.verdict.value, _STYLE[report.verdict]), f", {report.reason}"))
    console.print(Text(f"every benchmark, drawn: {shown(str(page))}"), soft_wrap=True)


def _say_summaries(console: Console, summaries: Iterable[Summary]) -> None:
    console.print(Text(_ROW.format("benchmark", "fastest", "median", "p95", "p99"), "bold"))
    for each in summaries:
        figures = [wording.seconds(each.quantiles_s[name].figure) for name in ("p50", "p95", "p99")]
        console.print(Text(_ROW.format(end_of(each.test, 40), wording.seconds(each.least_s), *figures)))


def _say_comparisons(console: Console, report: Report) -> None:
    head = _ROW_OF_COMPARISON.format(f"against {wording.commit(report)}", "change", "interval", "by")
    console.print(Text(head.rstrip(), "bold"))
    for each in wording.slowest_first(report):
        figures = wording.percent(each.change.estimate), wording.interval(each)
        row = _ROW_OF_COMPARISON.format(end_of(each.test, 37), *figures, wording.said(each))
        console.print(Text(row.rstrip(), _STYLE_OF_FINDING[each.finding]))
