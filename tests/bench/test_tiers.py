"""What a slow-down means by metric, and when it may be said."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noxtasks.bench import rules, tiers
from noxtasks.bench.model import Consequence, Finding, Metric, Pair, Tier
from noxtasks.config import THRESHOLDS
from noxtasks.stats import Verdict

ALLOWED = {Metric(name): share for name, share in THRESHOLDS.items()}
TIMES = (Metric.CPU, Metric.WALL, Metric.MEAN, Metric.P50, Metric.P95, Metric.P99)
MIB = 2.0**20


def pair(**ratios: float) -> Pair:
    """A second of everything before; afterwards what is said, and a second of the rest."""
    after = {Metric(name): ratio for name, ratio in ratios.items()}
    return Pair(old=dict.fromkeys(TIMES, 1.0), new={**dict.fromkeys(TIMES, 1.0), **after})


def by_metric(pairs: list[Pair]) -> dict[Metric, Tier]:
    return {tier.metric: tier for tier in tiers.tiers({"it": pairs}, ALLOWED)}


@pytest.mark.parametrize(
    ("metric", "allowed", "consequence"),
    [
        ("mean", 0.10, Consequence.FAIL),
        ("p50", 0.15, Consequence.ALERT),
        ("p95", 0.20, Consequence.BLOCK),
        ("p99", 0.25, Consequence.EMERGENCY),
    ],
)
def test_each_metric_has_its_threshold_and_its_consequence(
    metric: str, allowed: float, consequence: Consequence
) -> None:
    """The plan: mean 10 % fails, p50 15 % alerts, p95 20 % blocks, p99 25 % is an emergency."""
    for ratio, verdict in ((1 + allowed - 0.01, Verdict.PASS), (1 + allowed + 0.01, Verdict.FAIL)):
        found = by_metric([pair(**{metric: ratio})] * 40)
        assert (found[Metric(metric)].verdict, found[Metric(metric)].threshold) == (verdict, allowed)
        if verdict is Verdict.FAIL and allowed < rules.ROLLBACK:
            assert found[Metric(metric)].consequence is consequence
        assert all(tier.verdict is Verdict.PASS for other, tier in found.items() if other.value != metric)


def test_what_fails_or_blocks_and_is_surely_a_quarter_slower_is_a_reason_to_go_back() -> None:
    found = by_metric([pair(mean=1.3, p50=1.3, p95=1.3, p99=1.3)] * 40)
    assert [tier.consequence for tier in found.values()] == [
        Consequence.ROLLBACK,
        Consequence.ALERT,
        Consequence.ROLLBACK,
        Consequence.EMERGENCY,
    ]


def test_memory_alerts() -> None:
    grown = Pair(old={Metric.WALL: 1.0, Metric.CPU: 1.0, Metric.MEMORY: 4 * MIB},
                 new={Metric.WALL: 1.0, Metric.CPU: 1.0, Metric.MEMORY: 6 * MIB})  # fmt: skip
    tier = by_metric([grown] * 40)[Metric.MEMORY]
    assert (tier.consequence, tier.verdict, tier.threshold) == (Consequence.ALERT, Verdict.FAIL, 0.25)
    assert Metric.MEMORY not in by_metric([pair()] * 5)


def test_five_pairs_clear_but_do_not_condemn() -> None:
    found = by_metric([pair(mean=1.3)] * 5)
    assert found[Metric.MEAN].verdict is Verdict.UNMEASURED
    assert found[Metric.P95].verdict is Verdict.PASS
    (comparison,) = rules.compared({"it": [pair(mean=1.3)] * 5}, ALLOWED)
    assert comparison.finding is Finding.STEADY
    assert rules.wanted([comparison], found.values()) == ("it",)


def test_a_quantile_above_which_no_process_has_a_round_is_unmeasured() -> None:
    few = Pair(old={Metric.CPU: 1.0, Metric.WALL: 1.0}, new={Metric.CPU: 1.0, Metric.WALL: 1.0})
    tier = by_metric([few] * 5)[Metric.P99]
    assert (tier.verdict, tier.change, tier.needed) == (Verdict.UNMEASURED, None, None)


def test_what_was_counted_has_no_tiers() -> None:
    assert by_metric([Pair(old={Metric.INSTRUCTIONS: 1.0}, new={Metric.INSTRUCTIONS: 2.0})]) == {}


@given(st.lists(st.floats(0.5, 2), min_size=1, max_size=30))
def test_a_tier_is_decided_on_the_bound_of_its_interval(ratios: list[float]) -> None:
    tier = by_metric([pair(mean=ratio) for ratio in ratios])[Metric.MEAN]
    assert tier.change is not None
    if tier.verdict is Verdict.FAIL:
        assert tier.change.interval.low > tier.threshold
    elif tier.verdict is Verdict.PASS:
        assert tier.change.interval.high < tier.threshold
    else:
        assert tier.change.interval.high >= tier.threshold * (1 - 1e-9)
    assert tier.needed is None or (tier.verdict is Verdict.UNMEASURED and tier.needed > len(ratios))


@pytest.mark.parametrize(("centre", "verdict"), [(1.0, Verdict.PASS), (1.25, Verdict.FAIL)])
def test_as_many_pairs_as_are_said_to_decide_mostly_do(centre: float, verdict: Verdict) -> None:
    decided, told = 0, 0
    for seed in range(40):
        chance = Random(seed)
        seen = [pair(mean=centre * chance.lognormvariate(0, 0.15)) for _ in range(10)]
        tier = by_metric(seen)[Metric.MEAN]
        if tier.needed is not None:
            told += 1
            more = min(tier.needed, 80) - len(seen)
            seen += [pair(mean=centre * chance.lognormvariate(0, 0.15)) for _ in range(more)]
            decided += by_metric(seen)[Metric.MEAN].verdict is verdict
    assert told >= 15
    assert decided / told > 0.4  # half of them, as their centre is no more than what was seen


def test_pairs_without_enough_rounds_count_as_well() -> None:
    chance = Random(1)
    seen = [pair(p95=1.1 * chance.lognormvariate(0, 0.3)) for _ in range(10)]
    few = [Pair(old={Metric.CPU: 1.0, Metric.WALL: 1.0}, new={Metric.CPU: 1.0, Metric.WALL: 1.0})] * 10
    needed = by_metric(seen)[Metric.P95].needed
    assert needed is not None
    assert abs((by_metric(seen + few)[Metric.P95].needed or 0) - 2 * needed) <= 2


def test_without_an_interval_nobody_can_tell_how_many_it_takes() -> None:
    assert by_metric([pair(mean=1.3)] * 4)[Metric.MEAN].needed is None
    assert by_metric([pair(mean=1.1)] * 10)[Metric.MEAN].needed is None
    almost = [pair(mean=ratio) for ratio in (0.9, 1.1, 1.1 + 1e-15, 1.1 + 2e-15, 1.3, 1.4, 0.95)]
    assert by_metric(almost)[Metric.MEAN].needed is None


def test_no_equal_code_raises_an_alarm_by_any_metric() -> None:
    """At most 1 % of sessions; the tails as wild as tails are, all metrics of a process moved together."""
    alarms = 0
    for session in range(60):
        chance = Random(session)
        series: dict[str, list[Pair]] = {}
        for number in range(6):
            series[str(number)] = [
                pair(
                    cpu=chance.lognormvariate(0, 0.03),
                    wall=chance.lognormvariate(0, 0.03),
                    mean=(common := chance.lognormvariate(0, 0.1)),
                    p50=common * chance.lognormvariate(0, 0.02),
                    p95=common * chance.lognormvariate(0, 0.3),
                    p99=common * chance.lognormvariate(0, 0.6),
                )
                for _ in range(20)
            ]
        alarms += any(tier.verdict is Verdict.FAIL for tier in tiers.tiers(series, ALLOWED))
    assert alarms == 0


def test_code_that_is_as_slow_as_is_allowed_raises_no_more_alarms_than_that() -> None:
    """The worst case of what the test holds: every tier exactly on its threshold."""
    alarms, sessions = 0, 150
    for session in range(sessions):
        chance = Random(session)
        seen = [
            pair(**{metric.value: (1 + ALLOWED[metric]) * chance.lognormvariate(0, 0.05) for metric in TIMES})
            for _ in range(20)
        ]
        alarms += any(tier.verdict is Verdict.FAIL for tier in tiers.tiers({"it": seen}, ALLOWED))
    assert alarms / sessions <= 0.01
