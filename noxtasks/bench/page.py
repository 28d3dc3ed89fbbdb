"""The comparison as one HTML page, complete in itself: the verdict, every benchmark, and what its figures rest on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from math import isfinite
from typing import Any, TypeVar

import msgspec

from noxtasks.bench import plots, wording
from noxtasks.bench.machine import Machine
from noxtasks.bench.model import (
    Comparison,
    Consequence,
    Finding,
    Limit,
    Metric,
    Report,
    Step,
    Summary,
    Tier,
    Trend,
)
from noxtasks.evidence.display import html
from noxtasks.evidence.display.text import counted
from noxtasks.evidence.provenance import Provenance
from noxtasks.stats import Interval, Quantile, Shift, Verdict

NAME = "bench.html"

_SIGNS = {Finding.SLOWER: "▲", Finding.OPEN: "?", Finding.FASTER: "▼", Finding.STEADY: "="}
_MEANINGS = {
    Consequence.ROLLBACK: "a reason to go back",
    Consequence.EMERGENCY: "an emergency",
    Consequence.BLOCK: "blocks",
    Consequence.FAIL: "fails",
    Consequence.ALERT: "alerts",
}
_RANK = tuple(_MEANINGS)  # the worst first
_Known = TypeVar("_Known", Tier, Limit, Trend)
_NOTHING = "\N{EN DASH}"
_NOTED = 50  # things that stand out and are named above the table; the table has them all


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """A benchmark in the table: one comparison where it has any, and all that is known besides."""

    number: int
    test: str
    comparison: Comparison | None
    strip: plots.Strip | None
    old: Summary | None
    new: Summary | None
    rounds: plots.Rounds | None
    tiers: tuple[Tier, ...]
    limits: tuple[Limit, ...]
    courses: tuple[tuple[Trend, plots.Course], ...]

    @property
    def kind(self) -> str:
        """By what it is filtered."""
        return self.comparison.finding.value if self.comparison else "alone"

    @property
    def has_more(self) -> bool:
        """Whether there is something to open."""
        return bool(self.new or self.old or self.tiers or self.limits or self.courses)


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the figures of a benchmark: by side, in words."""

    name: str
    sides: tuple[str, ...]


class Note(msgspec.Struct, frozen=True, kw_only=True):
    """What stands out of one benchmark."""

    test: str
    number: int
    said: tuple[tuple[str, bool], ...]  # in words, and whether that is worse than an alert


def render(
    report: Report,
    *,
    project: str,
    command: str,
    machine: Machine,
    timing: Mapping[str, Any],
    provenance: Provenance,
) -> bytes:
    """The page's content. `command` is what measures it again, and `timing` that of the artifact."""
    rows = _rows(report)
    noted = notes(report, {row.test: row.number for row in reversed(rows)})
    scale = plots.changes(report.comparisons)
    return html.render(
        "noxtasks.bench",
        filters={
            "seconds": wording.seconds,
            "share": wording.percent,
            "named": wording.named,
            "anchor": _anchor,
        },
        project=project,
        command=command,
        machine=machine,
        circumstances={name: str(each) for name, each in timing["circumstances"].items() if each is not None},
        duration_s=timing["duration_s"],
        provenance=provenance,
        report=report,
        commit=wording.commit(report),
        interval=wording.interval,
        bounds=_bounds,
        stored=wording.STORED,
        method=method(report),
        rows=rows,
        notes=noted[:_NOTED],
        left=len(noted) - _NOTED,
        counts=Counter(each.finding for each in report.comparisons),
        benchmarks=len({row.test for row in rows}),
        alone=sum(row.comparison is None for row in rows),
        ticks=plots.ticks(scale),
        zero=scale.at(0.0),
        findings=Finding,
        signs=_SIGNS,
        said=_said,
        decided=decided,
        described=described,
        severe=Consequence.ALERT,
        verdicts=Verdict,
        limited=limited,
        stepped=stepped,
        figures=_figures,
        counted=counted,
        plots=plots,
    )


def _rows(report: Report) -> list[Row]:
    """One a comparison, the slowest first, then the benchmarks without. What is known besides stands by the first."""
    comparisons = wording.slowest_first(report)
    scale = plots.changes(comparisons)
    old, new = ({each.test: each for each in side} for side in (report.old, report.summaries))
    tiers, limits, trends = _by_test(report.tiers), _by_test(report.limits), _by_test(report.trends)
    compared = dict.fromkeys(each.test for each in comparisons)
    others = dict.fromkeys((*new, *old, *tiers, *limits, *trends))
    heads = [*((each.test, each) for each in comparisons), *((test, None) for test in others if test not in compared)]
    told: set[str] = set()
    found = []
    for number, (test, comparison) in enumerate(heads, 1):
        is_first = test not in told
        told.add(test)
        sides = [("old", old.get(test)), ("new", new.get(test))] if is_first else []
        found.append(
            Row(
                number=number,
                test=test,
                comparison=comparison,
                strip=plots.strip(comparison, scale) if comparison else None,
                old=old.get(test) if is_first else None,
                new=new.get(test) if is_first else None,
                rounds=plots.rounds((name, summary.spread_s) for name, summary in sides if summary),
                tiers=tiers.get(test, ()) if is_first else (),
                limits=limits.get(test, ()) if is_first else (),
                courses=tuple((each, plots.course(each)) for each in trends.get(test, ()) if each.points)
                if is_first
                else (),
            )
        )
    return found


def _by_test(several: Iterable[_Known]) -> dict[str, tuple[_Known, ...]]:
    found: dict[str, list[_Known]] = {}
    for each in several:
        found.setdefault(each.test, []).append(each)
    return {test: tuple(each) for test, each in found.items()}


def notes(report: Report, numbers: Mapping[str, int]) -> list[Note]:
    """What stands out of each benchmark beside its change, the worst first: tiers, limits, slow-downs over time."""
    found: dict[str, list[tuple[str, bool]]] = {}
    failing = [each for each in report.tiers if each.verdict is Verdict.FAIL]
    for tier in sorted(failing, key=lambda each: _RANK.index(each.consequence)):
        found.setdefault(tier.test, []).append((_tiered(tier), tier.consequence is not Consequence.ALERT))
    for limit in report.limits:
        if limit.verdict is Verdict.FAIL:
            found.setdefault(limit.test, []).append((limited(limit), True))
    for trend in report.trends:
        last = trend.steps[-1:] if trend.steps and trend.steps[-1].change > 0 else ()
        found.setdefault(trend.test, []).extend((stepped(trend, step), False) for step in last)
        if trend.drift:
            found[trend.test].append((f"drift: {stepped(trend, trend.drift)}", False))
    return [Note(test=test, number=numbers[test], said=tuple(said)) for test, said in found.items() if said]


def _tiered(tier: Tier) -> str:
    change = f"{wording.percent(tier.change.estimate)}, " if tier.change else ""
    return f"{wording.named(tier.metric)} {change}{decided(tier)}"


def decided(tier: Tier) -> str:
    """What became of a tier, in words."""
    over = f"{tier.threshold:.0%}"
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
    if limit.figure_s is None:
        return f"{allowed}: undecided, a process had too few rounds"
    figure = wording.amount(limit.metric, limit.figure_s)
    if ends := _ends(limit.interval, limit.metric):
        figure = f"{figure} ({ends})"
    words = {Verdict.PASS: "kept", Verdict.FAIL: "exceeded", Verdict.UNMEASURED: "undecided"}
    return f"{allowed}: {words[limit.verdict]}, {figure}"


def stepped(trend: Trend, step: Step) -> str:
    """Where a series came to another level, and by how much."""
    point = trend.points[step.at]
    low, high = wording.percent(step.interval.low), wording.percent(step.interval.high)
    return f"{wording.percent(step.change)} ({low} to {high}) since {point.taken:%Y-%m-%d}, {point.code_version}"


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
            "Valgrind's callgrind counted the instructions of each benchmark, with the old code and with the new. "
            "The same program counts the same each time, so that one run of each side says all; but for how long "
            "memory, a disk or sleep take."
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
    return (
        "Old and new code ran the same benchmarks in two processes at once, which handed over to each other every few "
        "milliseconds, so that what disturbs the one disturbs the other; each pair of processes gave one change, of "
        "the fastest rounds. Pairs were added until they decide by Wilcoxon's signed-rank test, with a false alarm in "
        "one of a hundred sessions at most, however many benchmarks there are."
    )


def _figures(row: Row) -> list[Figure]:
    """The figures of a benchmark: those of the old code, where it was timed, beside those of the new."""
    sides = [side for side in (row.old, row.new) if side]
    if not sides:
        return []
    found = [
        Figure(name="fastest", sides=tuple(wording.seconds(side.least_s) for side in sides)),
        Figure(name="fastest by CPU time", sides=tuple(wording.seconds(side.least_cpu_s) for side in sides)),
        Figure(
            name="mean ± standard deviation",
            sides=tuple(f"{wording.seconds(side.mean_s)} ± {wording.seconds(side.stddev_s)}" for side in sides),
        ),
        *(
            Figure(name=name, sides=tuple(_quantile(side.quantiles_s.get(name)) for side in sides))
            for name in dict.fromkeys(name for side in sides for name in side.quantiles_s)
        ),
        Figure(name="middle half (IQR)", sides=tuple(wording.seconds(side.iqr_s) for side in sides)),
    ]
    if any(side.peak_bytes is not None for side in sides):
        peaks = tuple(_NOTHING if side.peak_bytes is None else wording.size(side.peak_bytes) for side in sides)
        found.append(Figure(name="memory grew by", sides=peaks))
    rounds = tuple(f"{side.rounds} in {side.processes}" for side in sides)
    return [*found, Figure(name="rounds in processes", sides=rounds)]


def _quantile(quantile: Quantile | None) -> str:
    if quantile is None:
        return _NOTHING
    if quantile.figure is None:
        return f"too few, {counted(quantile.needed, 'round')} would do"
    ends = _ends(quantile.interval, Metric.WALL)
    return f"{wording.seconds(quantile.figure)} ({ends})" if ends else wording.seconds(quantile.figure)


def _ends(interval: Interval | None, metric: Metric) -> str:
    """Both ends of an interval in their unit; nothing where it has not two."""
    if interval is None or not (isfinite(interval.low) and isfinite(interval.high)):
        return ""
    return f"{wording.amount(metric, interval.low)} to {wording.amount(metric, interval.high)}"


def _said(each: Comparison) -> str:
    return "undecided" if each.finding is Finding.OPEN else wording.said(each)


def _bounds(change: Shift | None) -> str:
    """Both ends of the interval of a change; a dash where it has not two."""
    if change is None or not (isfinite(change.interval.low) and isfinite(change.interval.high)):
        return _NOTHING
    return f"{wording.percent(change.interval.low)} to {wording.percent(change.interval.high)}"


def _anchor(place: float) -> str:
    """On which side of a label its place is: one at an edge should not stand out over it."""
    ends: Sequence[tuple[float, str]] = ((0.05, "start"), (0.95, "middle"))
    return next((anchor for end, anchor in ends if place < end * plots.WIDTH), "end")
