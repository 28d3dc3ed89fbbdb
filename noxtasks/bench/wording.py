"""What every report of benchmarks says in the same words."""

from __future__ import annotations

from math import isfinite

from noxtasks.bench.model import Comparison, Finding, Metric, Report

_METRICS = {Metric.CPU: "CPU time", Metric.WALL: "wall time"}
_COMMIT_SHOWN = 10
_UNITS = ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs"), (1e-9, "ns"))


def slowest_first(report: Report) -> list[Comparison]:
    """The comparisons in the order in which people want to see them."""
    return sorted(report.comparisons, key=lambda each: (-each.change.estimate, each.test))


def said(each: Comparison) -> str:
    """The finding, where it is one; else by what it was judged."""
    return _METRICS.get(each.metric, each.metric.value) if each.finding is Finding.STEADY else each.finding.value


def interval(each: Comparison) -> str:
    """The bounds of the change; nothing where it has none."""
    low, high = each.change.interval.low, each.change.interval.high
    return f"{percent(low)} to {percent(high)}" if isfinite(low) and isfinite(high) and low > -1 else ""


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
