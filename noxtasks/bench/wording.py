"""What every report of benchmarks says in the same words."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from math import isfinite

from noxtasks.bench.model import Bisection, Commit, Comparison, Finding, Metric, Report, Step, Trend
from noxtasks.bench.trend import TOGETHER
from noxtasks.evidence.display.text import counted, shown
from noxtasks.stats import Interval

STORED = "a stored baseline only alerts; what decides is both sides at once: --against REV"

_METRICS = {Metric.CPU: "CPU time", Metric.WALL: "wall time", Metric.MEMORY: "peak memory"}
_COMMIT_SHOWN = 10
_UNITS = ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs"), (1e-9, "ns"))
_SIZES = ((2.0**30, "GiB"), (2.0**20, "MiB"), (2.0**10, "KiB"), (1.0, "B"))
_LEFT_OUT = 10  # reasons
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
    lines = [f"{shown(found.test)} became slower with {by}", *(f"  {commit_line(each)}" for each in found.left)]
    if not found.alone:
        return [*lines, "  it could not be held against the commit before"]
    if not any(each.finding is Finding.SLOWER for each in found.alone):
        lines.append("  by itself that is not surely slower than the commit before: it came in several steps")
    return [*lines, *(f"  {change(each)} {each.finding.value} {shown(each.test)}" for each in found.alone)]


def left_out(why: Mapping[str, str]) -> list[str]:
    """What was left out and why, as lines: one for each reason, and no more than people read."""
    tests: dict[str, list[str]] = {}
    for test, reason in why.items():
        tests.setdefault(reason, []).append(test)
    lines = [
        f"{shown(several[0])}{f' and {len(several) - 1} more' if several[1:] else ''}: {shown(reason)}"
        for reason, several in tests.items()
    ]
    rest = sum(len(several) for several in [*tests.values()][_LEFT_OUT:])
    return [*lines[:_LEFT_OUT], *([f"and {rest} more"] if rest else [])]


def few_rounds(rounds: Mapping[str, int]) -> list[str]:
    """That benchmarks have so few rounds in each process, by name; nothing where there are none."""
    if not rounds:
        return []
    least, most = min(rounds.values()), max(rounds.values())
    said = counted(most, "round") if least == most else f"{least} to {most} rounds"
    whose = "1 benchmark has" if len(rounds) == 1 else f"{len(rounds)} benchmarks have"
    return [f"{whose} but {said} in each process, by benchmark.pedantic(rounds=...): with more they would say more"]


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


def remedy(report: Report) -> str:
    """What may decide what is not decided."""
    rounds = max((each.needed_rounds or 0 for each in report.limits), default=0)
    if rounds:
        return f"Let benchmarks that say how many rounds they take have {rounds}, or limit their mean"
    if report.left_out and not report.comparisons and not report.limits:
        return "\n".join(f"{shown(test)}: {shown(why)}" for test, why in report.left_out.items())
    more_time = "Give it more time: -S bench.budget=20m; or count instructions: --count"
    undecided = {each.test for each in report.comparisons if each.finding is Finding.OPEN}
    if undecided & {*report.few_rounds}:
        return f"Let benchmark.pedantic have more rounds: rounds=20. {more_time}"
    return more_time


def again(report: Report, pytest_args: Sequence[str]) -> str:
    """The command that measures it again, against the same commit."""
    words = ["noxtasks", "bench", *(["--python", report.python] if report.python else [])]
    if report.against and not report.is_stored:
        words += ["--against", report.against[:_COMMIT_SHOWN]]
    if report.revision:
        words += ["--revision", report.revision[:_COMMIT_SHOWN]]
    if {each.metric for each in report.comparisons} == {Metric.INSTRUCTIONS}:
        words += ["--count"]
    if report.from_tests:
        words += ["--from-tests", str(report.from_tests)]
    return shlex.join([*words, *(("--", *pytest_args) if pytest_args else ())])


def memory(peak_bytes: int | None) -> str:
    """By how much a process grew, where that is known and worth a word."""
    return size(peak_bytes) if peak_bytes is not None and peak_bytes >= _WORTH_A_WORD else ""
