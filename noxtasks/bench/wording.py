"""What every report of benchmarks says in the same words."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from math import isfinite

from noxtasks.bench.model import Comparison, Finding, Metric, Report
from noxtasks.stats import Interval

STORED = "a stored baseline only alerts; what decides is both sides at once: --against REV"

_METRICS = {Metric.CPU: "CPU time", Metric.WALL: "wall time", Metric.MEMORY: "peak memory"}
_COMMIT_SHOWN = 10
_UNITS = ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs"), (1e-9, "ns"))
_SIZES = ((2.0**30, "GiB"), (2.0**20, "MiB"), (2.0**10, "KiB"), (1.0, "B"))
_WORTH_A_WORD = 1 << 20


def slowest_first(report: Report) -> list[Comparison]:
    """The comparisons in the order in which people want to see them."""
    return sorted(report.comparisons, key=lambda each: (-each.change.estimate, each.test))


def said(each: Comparison) -> str:
    """The finding, where it is one; else by what it was judged."""
    return named(each.metric) if each.finding is Finding.STEADY else each.finding.value


def named(metric: Metric) -> str:
    """A metric in words."""
    return _METRICS.get(metric, metric.value)


def interval(each: Comparison) -> str:
    """The bounds of the change; nothing where it has none."""
    return bounds(each.change.interval)


def bounds(of: Interval) -> str:
    """Both ends of an interval of changes; nothing where it has none."""
    return f"{percent(of.low)} to {percent(of.high)}" if isfinite(of.low) and isfinite(of.high) and of.low > -1 else ""


def percent(share: float) -> str:
    """A change with its sign."""
    return f"{share:+.1%}"


def commit(report: Report) -> str:
    """What the new code is held against, in short."""
    return report.against[:_COMMIT_SHOWN]


def seconds(figure: float | None) -> str:
    """A time in the unit that suits it."""
    if figure is None:
        return "too few"
    unit, name = next((each for each in _UNITS if figure >= each[0]), _UNITS[-1])
    return f"{figure / unit:.3g} {name}"


def amount(metric: Metric, figure: float | None) -> str:
    """A figure of a metric in its unit."""
    if figure is None or metric not in {Metric.MEMORY, Metric.INSTRUCTIONS}:
        return seconds(figure)
    return size(figure) if metric is Metric.MEMORY else f"{figure:,.0f}"


def size(count: float) -> str:
    """Bytes in the unit that suits them."""
    unit, name = next((each for each in _SIZES if count >= each[0]), _SIZES[-1])
    return f"{count / unit:.3g} {name}" if count < 1000 * unit else f"{count / unit:.0f} {name}"


def again(report: Report, pytest_args: Sequence[str]) -> str:
    """The command that measures it again, against the same commit."""
    is_counted = {each.metric for each in report.comparisons} == {Metric.INSTRUCTIONS}
    against = ("--against", commit(report)) if report.against and not report.is_stored else ()
    count = ("--count",) if is_counted else ()
    return shlex.join(("noxtasks", "bench", *against, *count, *(("--", *pytest_args) if pytest_args else ())))


def memory(peak_bytes: int | None) -> str:
    """By how much a process grew, where that is known and worth a word."""
    return size(peak_bytes) if peak_bytes is not None and peak_bytes >= _WORTH_A_WORD else ""
