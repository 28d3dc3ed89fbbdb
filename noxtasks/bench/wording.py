"""What every report of benchmarks says in the same words."""

from __future__ import annotations

from math import isfinite

from noxtasks.bench.model import Bisection, Commit, Comparison, Finding, Metric, Report
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


def percent(share: float) -> str:
    """A change with its sign."""
    return f"{share:+.1%}"


def commit(report: Report) -> str:
    """What the new code is held against, in short; and the new code, where it is a commit too."""
    old = report.against[:_COMMIT_SHOWN]
    return f"{old}, {report.revision[:_COMMIT_SHOWN]}" if report.revision else old


def commit_line(one: Commit) -> str:
    """A commit in one line."""
    return f"{one.id[:_COMMIT_SHOWN]} {one.date:%Y-%m-%d} {shown(one.subject)}"


def change(each: Comparison | None) -> str:
    """A change with its interval, where it has one."""
    if each is None:
        return ""
    between = interval(each)
    return f"{percent(each.change.estimate)} ({between})" if between else percent(each.change.estimate)


def bisection(found: Bisection) -> list[str]:
    """What the search for a commit has found, as lines."""
    several = counted(len(found.left), "commit")
    by = found.left[0].id if len(found.left) == 1 else f"one of {several}, not all of which could be tried"
    lines = [f"{shown(found.test)} became slower by {by}", *(f"  {commit_line(each)}" for each in found.left)]
    if not found.alone:
        return [*lines, "  it could not be held against the commit before"]
    if not any(each.finding is Finding.SLOWER for each in found.alone):
        lines.append("  by itself that is not surely slower than the commit before: it came in several steps")
    return [*lines, *(f"  {change(each)} {each.finding.value} {shown(each.test)}" for each in found.alone)]


def seconds(figure: float | None) -> str:
    """A time in the unit that suits it."""
    if figure is None:
        return "too few"
    unit, name = next((each for each in _UNITS if figure >= each[0]), _UNITS[-1])
    return f"{figure / unit:.3g} {name}"
