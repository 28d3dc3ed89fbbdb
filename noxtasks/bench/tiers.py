"""The consequences of a slow-down by metric: what fails, what alerts, what blocks. Pure.

Each tier fails by the same test as the metric that decides, in one family with all of them, and passes where the
interval lies below the threshold. In between nothing is decided, and it is said how many pairs would do.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import ceil, isfinite, log, log2
from statistics import NormalDist
from typing import Final

from noxtasks.bench import rules
from noxtasks.bench.model import Consequence, Metric, Pair, Tier
from noxtasks.stats import Verdict, hodges_lehmann

CONSEQUENCES: Final[Mapping[Metric, Consequence]] = {
    Metric.MEAN: Consequence.FAIL,
    Metric.P50: Consequence.ALERT,
    Metric.P95: Consequence.BLOCK,
    Metric.P99: Consequence.EMERGENCY,
    Metric.MEMORY: Consequence.ALERT,
}
_REVOCABLE = frozenset({Consequence.FAIL, Consequence.BLOCK})
_MOST_PAIRS = 10_000  # a larger number tells nobody anything


def tiers(
    series: Mapping[str, Sequence[Pair]],
    thresholds: Mapping[Metric, float],
    *,
    false_alarms: float = rules.FALSE_ALARMS,
) -> list[Tier]:
    """Every tier of every benchmark that has a threshold, where time was taken, or memory that counts."""
    chances = rules.adjusted(series, thresholds)
    error = rules.error(false_alarms)
    weights = sum(1 if metric in CONSEQUENCES else rules.WEIGHT for _, metric in chances)
    return [
        _tier(
            test,
            values,
            metric,
            thresholds[metric],
            p=chances.get((test, metric), 1.0),
            error=error,
            share=len(values) / len(pairs),
            weights=weights,
        )
        for test, pairs in series.items()
        for metric in CONSEQUENCES
        if metric in thresholds and any(Metric.WALL in pair.new for pair in pairs)
        if (values := rules.ratios(pairs, metric)) or metric is not Metric.MEMORY
    ]


def _tier(
    test: str,
    values: Sequence[float],
    metric: Metric,
    threshold: float,
    *,
    p: float,
    error: float,
    share: float,
    weights: int,
) -> Tier:
    change = rules.change(values) if values else None
    verdict, needed = Verdict.UNMEASURED, None
    if change is not None and p < error:
        verdict = Verdict.FAIL
    elif rules.is_cleared(values, threshold):
        verdict = Verdict.PASS
    elif values:
        needed = _needed(values, log(1 + threshold), error=error / weights, share=share)
    consequence = CONSEQUENCES[metric]
    if verdict is Verdict.FAIL and change and change.interval.low > rules.ROLLBACK and consequence in _REVOCABLE:
        consequence = Consequence.ROLLBACK
    return Tier(
        test=test,
        metric=metric,
        consequence=consequence,
        threshold=threshold,
        verdict=verdict,
        change=change,
        p=p,
        needed=needed,
    )


def _needed(values: Sequence[float], bound: float, *, error: float, share: float) -> int | None:
    """How many pairs would decide, were their centre and their spread as seen: an interval narrows by their root.

    `share` of the pairs have such a value. None where the pairs are too few for an interval, or lie on the bound.
    """
    shift = hodges_lehmann(values, confidence=rules.CONFIDENCE)
    away = shift.estimate - bound
    reach = shift.estimate - shift.interval.low if away > 0 else shift.interval.high - shift.estimate
    if not away or not isfinite(reach):
        return None
    least = len(values) + 1
    if away > 0:  # it has to be surer that something is slower than that it is not
        normal = NormalDist()
        reach *= normal.inv_cdf(error) / normal.inv_cdf((1 - rules.CONFIDENCE) / 2)
        least = max(least, ceil(-log2(error)) + 1)
    narrower = reach / abs(away)
    needed = len(values) * narrower * narrower  # endless where a power would overflow
    return ceil(max(least, needed) / share) if needed <= _MOST_PAIRS else None
