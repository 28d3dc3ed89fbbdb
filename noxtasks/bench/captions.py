"""What the page says in words beside its drawings: of tiers, limits and courses, and how it was measured."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite

import msgspec

from noxtasks.bench import findings, wording
from noxtasks.bench.model import Consequence, Limit, Metric, Point, Report, Step, Tier, Trend
from noxtasks.evidence.display.text import counted
from noxtasks.stats import Interval, Quantile, Shift, Verdict

NOTHING = "\N{EN DASH}"
"""What stands where there is no figure."""

_MEANINGS = {
    Consequence.ROLLBACK: "a reason to go back",
    Consequence.EMERGENCY: "an emergency",
    Consequence.BLOCK: "blocks",
    Consequence.FAIL: "fails",
    Consequence.ALERT: "alerts",
}
_COMMIT_SHOWN = 10


class Note(msgspec.Struct, frozen=True, kw_only=True):
    """What was found of one benchmark, and how it has changed over time."""

    test: str
    number: int
    said: tuple[tuple[str, bool], ...]  # in words, and whether that is worse than an alert
    command: str  # that shows it again; "" for what only time tells


def notes(report: Report, numbers: Mapping[str, int]) -> list[Note]:
    """What was found, the gravest first, and then slow-downs over time; each benchmark with its number of `numbers`."""
    told = findings.findings(report)
    commands = {each.test: each.command for each in told}
    found = {each.test: [(f"{line.name}: {line.said}", line.is_failure) for line in each.lines] for each in told}
    for trend in report.trends:
        last = trend.steps[-1:] if trend.steps and trend.steps[-1].change > 0 else ()
        found.setdefault(trend.test, []).extend((stepped(trend, step), False) for step in last)
        if trend.drift:
            found[trend.test].append((f"drift: {stepped(trend, trend.drift)}", False))
    return [
        Note(test=test, number=numbers[test], said=tuple(said), command=commands.get(test, ""))
        for test, said in found.items()
        if said
    ]


def decided(tier: Tier) -> str:
    """What became of a tier, in words."""
    over = f"{100 * tier.threshold:.3g}%"
    match tier.verdict:
        case Verdict.FAIL:
            return f"surely over {over}: {_MEANINGS[tier.consequence]}"
        case Verdict.PASS:
            return f"within {over}"
    if tier.change is None:
        return f"undecided at {over}: too few rounds in a process"
    more = f"; about {counted(tier.needed, 'pair')} would decide" if tier.needed else ""
    return f"undecided at {over} after {counted(tier.change.pairs, 'pair')}{more}"


def limited(limit: Limit) -> str:
    """What became of a limit, in words."""
    allowed = f"{wording.named(limit.metric)} at most {wording.amount(limit.metric, limit.limit_s)}"
    if limit.needed_rounds:
        return f"{allowed}: undecided, it takes {counted(limit.needed_rounds, 'round')} in each process"
    if limit.figure_s is None:
        return f"{allowed}: undecided, a process had too few rounds"
    figure = wording.amount(limit.metric, limit.figure_s)
    if around := ends(limit.interval, limit.metric):
        figure = f"{figure} ({around})"
    words = {Verdict.PASS: "kept", Verdict.FAIL: "exceeded", Verdict.UNMEASURED: "undecided"}
    return f"{allowed}: {words[limit.verdict]}, {figure}"


def stepped(trend: Trend, step: Step) -> str:
    """Where a series came to another level, and by how much."""
    point = trend.points[step.at]
    low, high = wording.percent(step.interval.low), wording.percent(step.interval.high)
    return f"{wording.percent(step.change)} ({low} to {high}) since {point.taken:%Y-%m-%d}, {_version(point)}"


def _version(point: Point) -> str:
    commit, dirty, _ = point.code_version.partition("+dirty")
    return commit[:_COMMIT_SHOWN] + dirty


def described(trend: Trend) -> str:
    """A course in words, for those who do not see it."""
    values = [point.value_s for point in trend.points]
    first, last, least, most = (
        wording.amount(trend.metric, value) for value in (values[0], values[-1], min(values), max(values))
    )
    return (
        f"{wording.named(trend.metric)} in {counted(len(values), 'measurement')} from {trend.points[0].taken:%Y-%m-%d} "
        f"to {trend.points[-1].taken:%Y-%m-%d}: first {first}, last {last}, never under {least} or over {most}"
    )


def method(report: Report) -> str:
    """How it was measured, in two sentences."""
    number = max((each.processes for each in report.summaries), default=0)
    processes = "one process" if number == 1 else f"{number} processes"
    if report.comparisons and all(each.metric is Metric.INSTRUCTIONS for each in report.comparisons):
        return (
            "Valgrind's callgrind counted the instructions of each benchmark, with the old code and with the new, in "
            "several layouts of memory; and what seemed slower again in further processes. How long memory, a disk or "
            "sleep take does not show in a count."
        )
    if not report.against:
        return (
            f"Each benchmark was timed in {processes}. Nothing was compared: what was measured is what later sessions "
            "on this machine are held against."
        )
    if report.is_stored:
        return (
            f"Each benchmark was timed in {processes}, and the fastest round of each of them held against each of the "
            "stored baseline. The interval is all that was seen; the baseline is of another hour, when the machine may "
            "have been cooler, or less busy."
        )
    if report.is_apart:
        return (
            "Old and new code ran the same benchmarks in one process after the other, since this system cannot have "
            "them take turns; each pair of processes gave one change, of the fastest rounds. What disturbs the one "
            "need not disturb the other, so that on a busy machine more pairs are needed to decide."
        )
    return (
        "Old and new code ran the same benchmarks in two processes at once, which handed over to each other every few "
        "milliseconds, so that what disturbs the one disturbs the other; each pair of processes gave one change, of "
        "the fastest rounds. Pairs were added until they decide by the tests of Wilcoxon and of Student, with a false "
        "alarm in one of a hundred sessions at most, however many benchmarks there are."
    )


def quantile(of: Quantile | None) -> str:
    """A quantile with its interval, or how many rounds it would take."""
    if of is None:
        return NOTHING
    if of.figure is None:
        return f"too few, {counted(of.needed, 'round')} would do"
    bounds_of = ends(of.interval, Metric.WALL)
    return f"{wording.seconds(of.figure)} ({bounds_of})" if bounds_of else wording.seconds(of.figure)


def ends(interval: Interval | None, metric: Metric) -> str:
    """Both ends of an interval in their unit; nothing where it has not two."""
    if interval is None or not (isfinite(interval.low) and isfinite(interval.high)):
        return ""
    return f"{wording.amount(metric, interval.low)} to {wording.amount(metric, interval.high)}"


def bounds(change: Shift | None) -> str:
    """Both ends of the interval of a change; a dash where it has not two."""
    if change is None or not (isfinite(change.interval.low) and isfinite(change.interval.high)):
        return NOTHING
    return f"{wording.percent(change.interval.low)} to {wording.percent(change.interval.high)}"
