"""The consequences of a slow-down by metric: what fails, what alerts, what blocks. Pure.

Each is decided on the bound of the interval, and not on the figure: where the interval reaches below the threshold and
above, nothing is decided, and it is said how many pairs there were.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from noxtasks.bench import rules
from noxtasks.bench.model import Consequence, Metric, Pair, Tier
from noxtasks.stats import Verdict

CONSEQUENCES: Final[Mapping[Metric, Consequence]] = {
    Metric.MEAN: Consequence.FAIL,
    Metric.P50: Consequence.ALERT,
    Metric.P95: Consequence.BLOCK,
    Metric.P99: Consequence.EMERGENCY,
}
ROLLBACK = 0.25
"""A slow-down beyond this, by any metric that fails or blocks, is a reason to go back."""


def tiers(series: Mapping[str, Sequence[Pair]], thresholds: Mapping[Metric, float]) -> list[Tier]:
    """Every tier of every benchmark that has a threshold."""
    return [
        _tier(test, pairs, metric, thresholds[metric])
        for test, pairs in series.items()
        for metric in CONSEQUENCES
        if metric in thresholds and pairs
    ]


def _tier(test: str, pairs: Sequence[Pair], metric: Metric, threshold: float) -> Tier:
    values = rules.ratios(pairs, metric)
    change = rules.change(values) if values else None
    if change is None or change.interval.low <= threshold <= change.interval.high:
        verdict = Verdict.UNMEASURED
    else:
        verdict = Verdict.FAIL if change.interval.low > threshold else Verdict.PASS
    is_extreme = verdict is Verdict.FAIL and change is not None and change.interval.low > ROLLBACK
    consequence = Consequence.ROLLBACK if is_extreme else CONSEQUENCES[metric]
    return Tier(test=test, metric=metric, consequence=consequence, threshold=threshold, verdict=verdict, change=change)
