"""What `bench` says on the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.text import Text

from noxtasks.bench import findings, wording
from noxtasks.bench.model import Bisection, Comparison, Finding, Mark, Report, Summary, Tried
from noxtasks.evidence.display.console import open_console
from noxtasks.evidence.display.live import LiveLine
from noxtasks.evidence.display.text import counted, short, shown
from noxtasks.stats import Verdict

_STYLE = {Verdict.PASS: "green", Verdict.FAIL: "red", Verdict.UNMEASURED: "yellow"}
_STYLE_OF_FINDING = {Finding.SLOWER: "red", Finding.FASTER: "green", Finding.OPEN: "yellow", Finding.STEADY: ""}
_TRENDS = 5  # said; the artifact has all
_STYLE_OF_MARK = {Mark.GOOD: "green", Mark.BAD: "red", Mark.SKIP: "yellow"}
_FIGURES = " {:>9} {:>8} {:>9} {:>10}"
_FIGURES_WITH_MEMORY = " {:>9} {:>8} {:>9} {:>9} {:>9}"
_FIGURES_OF_COMPARISON = " {:>8} {:>19} {:<12.12}"
_FINDINGS = 20
_LEAST_WIDTH = 31
_BROUGHT = 8  # files


def tell_pair(line: LiveLine, number: int, left: int) -> None:
    """How far the pairs have come."""
    if line.is_due():
        line.say(f"{counted(number, 'pair')} of processes, {counted(left, 'benchmark')} undecided")


def tell_search(whole: Comparison, threshold: float) -> None:
    """What a bisection looks for."""
    change = f"{wording.change(whole)}; sought is the first commit above {wording.percent(threshold)}"
    open_console().print(Text(f"bisect: {shown(whole.test)} is slower: {change}"), soft_wrap=True)


def tell_tried(tried: Tried) -> None:
    """What has become of one commit of a bisection, as soon as it is known."""
    commit, change = wording.commit_line(tried.commit), wording.change(tried.comparison) or tried.reason
    line = Text.assemble("bisect: ", (tried.mark.value, _STYLE_OF_MARK[tried.mark]), f" {commit}: {shown(change)}")
    open_console().print(line, soft_wrap=True)


def print_report(report: Report, *, page: Path) -> None:
    """What was measured, what differs, and the verdict."""
    console = open_console()
    if report.summaries:
        _say_summaries(console, report.summaries)
    if report.comparisons:
        _say_comparisons(console, report)
    _say_findings(console, report)
    if undecided := findings.undecided(report):
        console.print(Text(undecided, "yellow"))
    for note in report.notes:
        console.print(Text(shown(note), "yellow"), soft_wrap=True)
    for line in wording.left_out(report.left_out):
        console.print(Text(f"left out: {line}", "yellow"), soft_wrap=True)
    if report.brought:
        more = f" and {len(report.brought) - _BROUGHT} more" if len(report.brought) > _BROUGHT else ""
        files = ", ".join(shown(path) for path in report.brought[:_BROUGHT])
        console.print(Text(f"the old code runs the benchmarks of the new: {files}{more}", "yellow"), soft_wrap=True)
    if report.is_stored:
        console.print(Text(wording.STORED, "yellow"))
    _say_trends(console, report)
    if report.bisection is not None:
        _say_bisection(console, report.bisection)
    console.print(Text.assemble("bench: ", (report.verdict.value, _STYLE[report.verdict]), f", {report.reason}"))
    console.print(Text(f"every benchmark, drawn: {shown(str(page))}"), soft_wrap=True)


def _say_summaries(console: Console, summaries: Sequence[Summary]) -> None:
    has_grown = any(wording.memory(each.peak_bytes) for each in summaries)
    row = _FIGURES_WITH_MEMORY if has_grown else _FIGURES
    width = _width(console, row, [each.test for each in summaries])
    head = "benchmark".ljust(width) + row.format("fastest", "median", "p95", "p99", "memory")
    console.print(Text(head.rstrip(), "bold"))
    for each in summaries:
        figures = [wording.seconds(each.quantiles_s[name].figure) for name in ("p50", "p95", "p99")]
        said = row.format(wording.seconds(each.least_s), *figures, wording.memory(each.peak_bytes))
        console.print(Text((short(each.test, width).ljust(width) + said).rstrip()))


def _width(console: Console, figures: str, tests: Sequence[str]) -> int:
    """Of the column of names: as wide as the longest, where the terminal has room for it."""
    room = console.width - len(figures.format(*[""] * figures.count("{")))
    return max(_LEAST_WIDTH, min(room, max(len(shown(test)) for test in tests)))


def _say_findings(console: Console, report: Report) -> None:
    found = findings.findings(report)
    for told in found[:_FINDINGS]:
        console.print(Text(shown(told.test), "bold"), soft_wrap=True)
        for line in told.lines:
            style = "red" if line.is_failure else "yellow"
            console.print(Text.assemble("  ", (f"{line.name:<9}", style), f" {line.said}"))
        console.print(Text(f"  $ {told.command}"), soft_wrap=True)
    if len(found) > _FINDINGS:
        console.print(Text(f"and {counted(len(found) - _FINDINGS, 'more benchmark')}"))


def _say_comparisons(console: Console, report: Report) -> None:
    width = _width(console, _FIGURES_OF_COMPARISON, [each.test for each in report.comparisons])
    head = f"against {wording.commit(report)}".ljust(width) + _FIGURES_OF_COMPARISON.format("change", "interval", "by")
    console.print(Text(head.rstrip(), "bold"))
    for each in wording.slowest_first(report):
        figures = wording.percent(each.change.estimate), wording.interval(each)
        row = short(each.test, width).ljust(width) + _FIGURES_OF_COMPARISON.format(*figures, wording.said(each))
        console.print(Text(row.rstrip(), _STYLE_OF_FINDING[each.finding]))


def _say_trends(console: Console, report: Report) -> None:
    changed = wording.changed(report)
    for each in changed[:_TRENDS]:
        style = "yellow" if each.drift else "green" if each.steps[-1].change < 0 else ""
        console.print(Text(wording.trend(each), style), soft_wrap=True)
    if len(changed) > _TRENDS:
        console.print(Text(f"and {len(changed) - _TRENDS} more have changed over time"))


def _say_bisection(console: Console, bisection: Bisection) -> None:
    for line in wording.bisection(bisection):
        console.print(Text(line), soft_wrap=True)
    if bisection.command:
        console.print(Text(f"  $ {bisection.command}"), soft_wrap=True)
