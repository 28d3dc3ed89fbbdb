"""Decisions about benchmarks, pure: which pairs are still wanted, and what the ratios say.

After a few pairs, and then after more, it is asked whether those so far decide. A benchmark is cleared as soon as the
interval of its ratios lies below the threshold. It is called slower only where the test still says so when all that is
decided is counted, the tiers of every benchmark too (Holm), and when it is counted how often it is asked (Bonferroni).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import exp, expm1, log
from statistics import median

from noxtasks.bench.model import Comparison, Consequence, Finding, Limit, Metric, Pair, Tier
from noxtasks.evidence.display.text import counted
from noxtasks.stats import Interval, Shift, Verdict, hodges_lehmann, holm, signed_rank, student

LOOKS = (5, 10, 20, 40)
"""After how many pairs it is asked whether those so far decide."""

COUNTED_PROCESSES = 3
"""In how many processes of each side the instructions are counted of what is not settled before."""

COUNTED_PAIRS = 15
"""How many counts of each side have to agree that a benchmark is slower: each process counts in five layouts."""

_ASKED = len(LOOKS) + 1
"""How often at most: also when the time is up."""

FALSE_ALARMS = 0.01
"""The share of comparisons of equal code in which any benchmark may be called slower, by any metric."""

CONFIDENCE = 0.9
"""Of every interval, two-sided: each end holds with 95 %."""

ROLLBACK = 0.25
"""A slow-down that is surely beyond this, by a metric that fails or blocks, is a reason to go back."""

WEIGHT = 20
"""Of a metric that decides, where a tier has 1: the tiers have a fifth of the false alarms, and cost no discoveries."""

_DECIDING = frozenset({Metric.CPU, Metric.WALL, Metric.INSTRUCTIONS})
_LEAST_BYTES = 1 << 20  # what a process grows by without any reason

_LEAST_SPREAD = 0.02  # of the logarithms of ratios
_OFF_CPU = 0.1  # share of the fastest round


def deciding(pairs: Sequence[Pair]) -> Metric:
    """By which metric a benchmark is judged: by CPU time, unless that of either side is not what it takes."""
    if all(Metric.INSTRUCTIONS in side for pair in pairs for side in (pair.old, pair.new)):
        return Metric.INSTRUCTIONS
    sides = [pair.old for pair in pairs], [pair.new for pair in pairs]
    by_wall = any(
        takes_other([each[Metric.CPU] for each in side], [each[Metric.WALL] for each in side]) for side in sides
    )
    return Metric.WALL if by_wall else Metric.CPU


def takes_other(cpu_s: Iterable[float], wall_s: Iterable[float]) -> bool:
    """Whether a benchmark's fastest rounds take other than their CPU time: they wait, or several threads work at once.

    The threads of a process may come to take turns, and none of their CPU time would tell.
    """
    return abs(1 - min(cpu_s) / min(wall_s)) > _OFF_CPU


def ratios(pairs: Sequence[Pair], metric: Metric) -> list[float]:
    """The logarithm of new to old of each pair that has both."""
    if metric is Metric.MEMORY:
        return _ratios_of_memory(pairs)
    return [
        log(pair.new[metric] / pair.old[metric])
        for pair in pairs
        if pair.old.get(metric, 0) > 0 and pair.new.get(metric, 0) > 0
    ]


def _ratios_of_memory(pairs: Sequence[Pair]) -> list[float]:
    """None where it is little on both sides always; else what is little counts as `_LEAST_BYTES`."""
    both = [
        (pair.old[Metric.MEMORY], pair.new[Metric.MEMORY])
        for pair in pairs
        if Metric.MEMORY in pair.old and Metric.MEMORY in pair.new
    ]
    if all(max(sides) < _LEAST_BYTES for sides in both):
        return []
    return [log(max(new, _LEAST_BYTES) / max(old, _LEAST_BYTES)) for old, new in both]


def change(values: Sequence[float]) -> Shift:
    """What `ratios` come to, as a share of the old: 0.1 is 10 % more."""
    shift = hodges_lehmann(values, confidence=CONFIDENCE)
    low, high = (exp(end) - 1 if end < 700 else end for end in (shift.interval.low, shift.interval.high))  # noqa: PLR2004
    return Shift(estimate=exp(shift.estimate) - 1, interval=Interval(low=low, high=high), pairs=shift.pairs)


def is_cleared(values: Sequence[float], threshold: float) -> bool:
    """Whether `ratios` lie surely below `threshold`."""
    return bool(values) and hodges_lehmann(values, confidence=CONFIDENCE).interval.high < log(1 + threshold)


def adjusted(
    series: Mapping[str, Sequence[Pair]], thresholds: Mapping[Metric, float]
) -> dict[tuple[str, Metric], float]:
    """How likely chance alone lets each metric of each benchmark exceed its threshold so much, among all of them.

    One family: the metric that decides of each benchmark, and all that have a tier.
    """
    chances: dict[tuple[str, Metric], float] = {}
    for test, pairs in series.items():
        if pairs:
            for metric in {deciding(pairs), *thresholds.keys() - _DECIDING}:
                if values := ratios(pairs, metric):
                    chances[test, metric] = _chance(values, log(1 + thresholds[metric]))
    return holm(chances, weights={key: WEIGHT if key[1] in _DECIDING else 1 for key in chances})


def _chance(values: Sequence[float], bound: float) -> float:
    """The smaller of what two tests say, twice, since either may be wrong.

    Wilcoxon's supposes little, and after five pairs it cannot say less than one in 32, however much slower they are.
    Student's can; it supposes that the spread is known by then, and is given no less than pairs have on quiet machines.
    """
    by_rank = signed_rank(values, bound=bound)
    by_spread = student(values, bound=bound, least_spread=_LEAST_SPREAD) if len(values) >= LOOKS[0] else 1.0
    return min(1.0, 2 * min(by_rank, by_spread))


def error(false_alarms: float = FALSE_ALARMS) -> float:
    """What each look has of the false alarms (Bonferroni)."""
    return false_alarms / _ASKED


def compared(
    series: Mapping[str, Sequence[Pair]], threshold: Mapping[Metric, float], *, false_alarms: float = FALSE_ALARMS
) -> list[Comparison]:
    """What the pairs of each benchmark say, by the metric that decides; `false_alarms` among all of them."""
    metrics = {test: deciding(pairs) for test, pairs in series.items() if pairs}
    values = {test: ratios(series[test], metric) for test, metric in metrics.items()}
    slower = adjusted(series, threshold)
    return [
        Comparison(
            test=test,
            metric=metric,
            finding=_counted(values[test], threshold[metric])
            if metric is Metric.INSTRUCTIONS
            else _finding(values[test], threshold[metric], slower[test, metric], error(false_alarms)),
            change=change(values[test]),
            threshold=threshold[metric],
            p=slower[test, metric],
            changes=tuple(expm1(each) for each in values[test]),
        )
        for test, metric in metrics.items()
    ]


def wanted(comparisons: Sequence[Comparison], tiers: Iterable[Tier] = ()) -> tuple[str, ...]:
    """The benchmarks that need more pairs: undecided ones, and those with a tier that would fail, were it alone.

    Of a benchmark that is called slower nothing more has to be known.
    """
    suspected = {
        tier.test
        for tier in tiers
        if tier.verdict is Verdict.UNMEASURED and tier.change and tier.change.interval.low > tier.threshold
    }
    return tuple(
        each.test
        for each in comparisons
        if each.finding is Finding.OPEN or (each.test in suspected and each.finding is not Finding.SLOWER)
    )


def _counted(values: Sequence[float], threshold: float) -> Finding:
    """What pairs of counts say, each with the heap, the hash seed and the environment of its own: no chance but these.

    Slower is what every one of `COUNTED_PAIRS` says; steady what at least half of the pairs say, however many there
    are; faster, what all say. Between them the layout decides, and not the code.
    """
    changes = sorted(expm1(value) for value in values)
    if not changes:
        return Finding.OPEN
    if changes[-1] < -threshold:
        return Finding.FASTER
    if median(changes) <= threshold:
        return Finding.STEADY
    return Finding.SLOWER if changes[0] > threshold and len(changes) >= COUNTED_PAIRS else Finding.OPEN


def _finding(values: Sequence[float], threshold: float, slower: float, false_alarms: float) -> Finding:
    if slower < false_alarms:
        return Finding.SLOWER
    if not is_cleared(values, threshold):
        return Finding.OPEN
    return Finding.FASTER if change(values).interval.high < -threshold else Finding.STEADY


def consequence(comparison: Comparison) -> Consequence | None:
    """What it means that a benchmark is slower by the metric that decides; None where it is not."""
    if comparison.finding is not Finding.SLOWER:
        return None
    return Consequence.ROLLBACK if comparison.change.interval.low > ROLLBACK else Consequence.FAIL


def gravest(
    comparisons: Iterable[Comparison], tiers: Iterable[Tier] = (), limits: Iterable[Limit] = ()
) -> Consequence | None:
    """The gravest of all that were found; None where nothing was."""
    found = {consequence(each) for each in comparisons} - {None}
    found |= {each.consequence for each in tiers if each.verdict is Verdict.FAIL}
    found |= {Consequence.FAIL for each in limits if each.verdict is Verdict.FAIL}
    return next((each for each in reversed(Consequence) if each in found), None)


def kept(limits: Iterable[Limit]) -> Verdict:
    """The verdict on the limits alone; pass where there are none."""
    verdicts = {each.verdict for each in limits}
    return next((each for each in (Verdict.FAIL, Verdict.UNMEASURED) if each in verdicts), Verdict.PASS)


def judge(
    comparisons: Sequence[Comparison],
    tiers: Sequence[Tier] = (),
    limits: Sequence[Limit] = (),
    *,
    broken: int = 0,
    is_whole: bool = True,
    is_stored: bool = False,
) -> tuple[Verdict, str]:
    """The verdict on all of them, and why; `broken` further benchmarks fail with the new code.

    An alert never fails, and what is slower than what was stored is no more than that. A tier that is not decided
    leaves the verdict to what decides beside it; a limit that is not decided does not.
    """
    failing = {each.test for each in comparisons if consequence(each) and not is_stored}
    failing |= {
        each.test for each in tiers if each.verdict is Verdict.FAIL and each.consequence is not Consequence.ALERT
    }
    exceeded = [each for each in limits if each.verdict is Verdict.FAIL]
    if failing or exceeded:
        said = [f"{counted(len(failing), 'benchmark')} of {len(comparisons)} slower"] if failing else []
        said += [f"{counted(len(exceeded), 'limit')} of {len(limits)} exceeded"] if exceeded else []
        return Verdict.FAIL, " and ".join(said) + _MEANINGS.get(gravest(() if is_stored else comparisons, tiers), "")
    if not (comparisons or limits):
        return Verdict.UNMEASURED, "nothing was compared"
    undecided = _undecided(comparisons, limits, is_whole=is_whole, is_stored=is_stored)
    undecided += [f"{counted(broken, 'benchmark')} cannot be run with the new code"] if broken else []
    if undecided:
        return Verdict.UNMEASURED, "; ".join(undecided)
    return Verdict.PASS, _passed(comparisons, tiers, limits)


_MEANINGS: Mapping[Consequence | None, str] = {
    Consequence.BLOCK: ": blocked",
    Consequence.EMERGENCY: ": an emergency",
    Consequence.ROLLBACK: ": going back is recommended",
}


def _undecided(
    comparisons: Sequence[Comparison], limits: Sequence[Limit], *, is_whole: bool, is_stored: bool
) -> list[str]:
    said = []
    slower = sum(each.finding is Finding.SLOWER for each in comparisons)
    if slower:  # than what was stored
        said.append(f"{slower} of {counted(len(comparisons), 'benchmark')} slower than what was stored: an alert")
    open_ones = sum(each.finding is Finding.OPEN for each in comparisons)
    if open_ones:
        why = "the pairs do not decide" if is_whole else "the time was up"
        why = "what was stored does not decide" if is_stored else why
        said.append(f"{open_ones} of {counted(len(comparisons), 'benchmark')} undecided: {why}")
    unclear = sum(each.verdict is Verdict.UNMEASURED for each in limits)
    if unclear:
        said.append(f"{unclear} of {counted(len(limits), 'limit')} undecided")
    return said


def _passed(comparisons: Sequence[Comparison], tiers: Sequence[Tier], limits: Sequence[Limit]) -> str:
    said = [f"none of {counted(len(comparisons), 'benchmark')} slower than is allowed"] if comparisons else []
    faster = sum(each.finding is Finding.FASTER for each in comparisons)
    said += [f"{faster} faster"] if faster else []
    alerts = sum(each.verdict is Verdict.FAIL for each in tiers)
    said += [counted(alerts, "alert")] if alerts else []
    said += [f"{counted(len(limits), 'limit')} kept"] if limits else []
    return ", ".join(said)
