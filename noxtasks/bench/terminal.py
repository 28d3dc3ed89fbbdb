"""What `bench` says on the terminal."""

from __future__ import annotations

import sys
from collections.abc import Iterable

from rich.console import Console
from rich.text import Text

from noxtasks.bench.model import Comparison, Finding, Metric, Report, Summary
from noxtasks.evidence.display.console import open_console
from noxtasks.evidence.display.text import counted, shown
from noxtasks.stats import Verdict

_STYLE = {Verdict.PASS: "green", Verdict.FAIL: "red", Verdict.UNMEASURED: "yellow"}
_STYLE_OF_FINDING = {Finding.SLOWER: "red", Finding.FASTER: "green", Finding.OPEN: "yellow", Finding.STEADY: ""}
_ROW = "{:<40.40} {:>9} {:>8} {:>9} {:>10}"
_ROW_OF_COMPARISON = "{:<37.37} {:>8} {:>19} {:<12.12}"
_UNITS = ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs"), (1e-9, "ns"))
_COMMIT_SHOWN = 10


def tell_pair(number: int, left: int) -> None:
    """The live line while pairs are measured."""
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\x1b[K{counted(number, 'pair')} of processes, {counted(left, 'benchmark')} undecided")
        sys.stderr.flush()


def print_report(report: Report) -> None:
    """What was measured, what differs, and the verdict."""
    console = open_console()
    if sys.stderr.isatty():
        sys.stderr.write("\r\x1b[K")
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
        console.print(
            Text("a stored baseline only alerts; what decides is both sides at once: --against REV", "yellow")
        )
    console.print(Text.assemble("bench: ", (report.verdict.value, _STYLE[report.verdict]), f", {report.reason}"))


def _say_summaries(console: Console, summaries: Iterable[Summary]) -> None:
    console.print(Text(_ROW.format("benchmark", "fastest", "median", "p95", "p99"), "bold"))
    for each in summaries:
        figures = [_seconds(each.quantiles_s[name].figure) for name in ("p50", "p95", "p99")]
        console.print(Text(_ROW.format(_short(each.test, 40), _seconds(each.least_s), *figures)))


def _say_comparisons(console: Console, report: Report) -> None:
    against = report.against[:_COMMIT_SHOWN]
    head = _ROW_OF_COMPARISON.format(f"against {against}", "change", "interval", "by")
    console.print(Text(head, "bold"))
    for each in sorted(report.comparisons, key=lambda one: -one.change.estimate):
        style = _STYLE_OF_FINDING[each.finding]
        said = each.finding.value if each.finding is not Finding.STEADY else _metric(each)
        interval = ""
        if each.metric is not Metric.INSTRUCTIONS:
            interval = f"{_percent(each.change.interval.low)} to {_percent(each.change.interval.high)}"
        row = _ROW_OF_COMPARISON.format(_short(each.test, 37), _percent(each.change.estimate), interval, said)
        console.print(Text(row.rstrip(), style))


def _metric(each: Comparison) -> str:
    return {Metric.CPU: "CPU time", Metric.WALL: "wall time"}.get(each.metric, each.metric.value)


def _percent(share: float) -> str:
    return f"{share:+.1%}" if abs(share) < 1e3 else "unknown"  # noqa: PLR2004 - an end that there is none of


def _seconds(figure: float | None) -> str:
    if figure is None:
        return "too few"
    unit, name = next((each for each in _UNITS if figure >= each[0]), _UNITS[-1])
    return f"{figure / unit:.3g} {name}"


def _short(test: str, width: int) -> str:
    text = shown(test)
    return text if len(text) <= width else f"…{text[1 - width :]}"
