"""What every report of benchmarks says in the same words."""

from __future__ import annotations

from math import isfinite

from noxtasks.bench.model import Comparison, Finding, Metric, Report, Step, Trend
from noxtasks.bench.trend import TOGETHER
from noxtasks.evidence.display.text import counted, shown

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


def changed(report: Report) -> list[Trend]:
    """The trends that have changed, the greatest rise first."""
    found = [each for each in report.trends if each.steps]
    return sorted(found, key=lambda each: (-_since(each)[0].change, each.test))


def trend(each: Trend) -> str:
    """By how much a benchmark has drifted since when, or else what its last step was."""
    step, steps = _since(each)
    begins = each.points[step.at]
    since = f"{begins.taken.date().isoformat()} ({begins.code_version[:_COMMIT_SHOWN]})"
    whose = ", by what they share or the machine" if each.test == TOGETHER else ""
    return f"{shown(each.test)}: {percent(step.change)} since {since}, in {counted(steps, 'step')}{whose}"


def _since(each: Trend) -> tuple[Step, int]:
    """The drift and how many steps it has; where there is none, the last step."""
    if each.drift is None:
        return each.steps[-1], 1
    return each.drift, sum(step.at >= each.drift.at for step in each.steps)


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
