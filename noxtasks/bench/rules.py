"""Decisions about benchmarks, pure: which pairs are still wanted, and what the ratios say.

After a few pairs, and then after more, it is asked whether those so far decide. A benchmark is cleared as soon as the
interval of its ratios lies below the threshold. It is called slower only where the test still says so when all
benchmarks are counted (Holm), and when it is counted how often it is asked (Bonferroni).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import exp, expm1, log
from statistics import median

from noxtasks.bench.model import Comparison, Finding, Metric, Pair
from noxtasks.evidence.display.text import counted
from noxtasks.stats import Interval, Shift, Verdict, hodges_lehmann, holm, signed_rank

LOOKS = (5, 10, 20, 40)
"""After how many pairs it is asked whether those so far decide."""

COUNTED_PROCESSES = 3
"""In how many processes of each side the instructions are counted of what is not settled before."""

COUNTED_PAIRS = 15
"""How many counts of each side have to agree that a benchmark is slower: each process counts in five layouts."""

FALSE_ALARMS = 0.01
"""The share of comparisons of equal code in which any benchmark may be called slower."""

_CONFIDENCE = 0.9  # two-sided: each end holds with 95 %

_OFF_CPU = 0.1  # share of its fastest round


def deciding(pairs: Sequence[Pair]) -> Metric:
    """By which metric a benchmark is judged: by CPU time, unless either side waits for something else."""
    if all(Metric.INSTRUCTIONS in side for pair in pairs for side in (pair.old, pair.new)):
        return Metric.INSTRUCTIONS
    sides = [pair.old for pair in pairs], [pair.new for pair in pairs]
    is_waiting = any(waits([each[Metric.CPU] for each in side], [each[Metric.WALL] for each in side]) for side in sides)
    return Metric.WALL if is_waiting else Metric.CPU


def waits(cpu_s: Iterable[float], wall_s: Iterable[float]) -> bool:
    """Whether a benchmark's fastest rounds wait for something else than the processor, so that CPU time is not all."""
    return 1 - min(cpu_s) / min(wall_s) > _OFF_CPU


def ratios(pairs: Sequence[Pair], metric: Metric) -> list[float]:
    """The logarithm of new to old of each pair that has both."""
    return [
        log(pair.new[metric] / pair.old[metric])
        for pair in pairs
        if pair.old.get(metric, 0) > 0 and pair.new.get(metric, 0) > 0
    ]


def change(values: Sequence[float]) -> Shift:
    """What `ratios` come to, as a share of the old: 0.1 is 10 % more."""
    shift = hodges_lehmann(values, confidence=_CONFIDENCE)
    low, high = (exp(end) - 1 if end < 700 else end for end in (shift.interval.low, shift.interval.high))  # noqa: PLR2004
    return Shift(estimate=exp(shift.estimate) - 1, interval=Interval(low=low, high=high), pairs=shift.pairs)


def is_cleared(values: Sequence[float], threshold: float) -> bool:
    """Whether `ratios` lie surely below `threshold`."""
    return bool(values) and hodges_lehmann(values, confidence=_CONFIDENCE).interval.high < log(1 + threshold)


def compared(
    series: Mapping[str, Sequence[Pair]], threshold: Mapping[Metric, float], *, false_alarms: float = FALSE_ALARMS
) -> list[Comparison]:
    """What the pairs of each benchmark say, by the metric that decides; `false_alarms` among all of them."""
    metrics = {test: deciding(pairs) for test, pairs in series.items() if pairs}
    values = {test: ratios(series[test], metric) for test, metric in metrics.items()}
    slower = holm({test: signed_rank(each, bound=log(1 + threshold[metrics[test]])) for test, each in values.items()})
    return [
        Comparison(
            test=test,
            metric=metric,
            finding=_counted(values[test], threshold[metric])
            if metric is Metric.INSTRUCTIONS
            else _finding(values[test], threshold[metric], slower[test], false_alarms / len(LOOKS)),
            change=change(values[test]),
            threshold=threshold[metric],
            p=slower[test],
            changes=tuple(expm1(each) for each in values[test]),
        )
        for test, metric in metrics.items()
    ]


def wanted(comparisons: Sequence[Comparison]) -> tuple[str, ...]:
    """The benchmarks that need more pairs."""
    return tuple(each.test for each in comparisons if each.finding is Finding.OPEN)


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


def judge(comparisons: Sequence[Comparison], *, is_whole: bool) -> tuple[Verdict, str]:
    """The verdict on all of them, and why."""
    slower = [each for each in comparisons if each.finding is Finding.SLOWER]
    open_ones = [each for each in comparisons if each.finding is Finding.OPEN]
    if slower:
        return Verdict.FAIL, f"{counted(len(slower), 'benchmark')} of {len(comparisons)} slower"
    if not comparisons:
        return Verdict.UNMEASURED, "nothing was compared"
    if open_ones:
        why = "the pairs do not decide" if is_whole else "the time was up"
        return Verdict.UNMEASURED, f"{len(open_ones)} of {counted(len(comparisons), 'benchmark')} undecided: {why}"
    return Verdict.PASS, f"none of {counted(len(comparisons), 'benchmark')} slower than is allowed"
