"""What ratios of pairs of processes say, from numbers alone."""

from __future__ import annotations

from collections.abc import Sequence
from math import log
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noxtasks.bench import rules, tiers
from noxtasks.bench.model import Comparison, Consequence, Finding, Limit, Metric, Pair, Tier
from noxtasks.stats import Interval, Shift, Verdict

THRESHOLDS = {Metric.CPU: 0.05, Metric.WALL: 0.10, Metric.INSTRUCTIONS: 0.01}


def pairs(ratios: Sequence[float], *, wall: float = 1.0) -> list[Pair]:
    """A CPU second before, `ratio` seconds after; `wall` times as much by the wall."""
    return [
        Pair(
            old={Metric.CPU: 1.0, Metric.WALL: wall},
            new={Metric.CPU: ratio, Metric.WALL: ratio * wall},
        )
        for ratio in ratios
    ]


def a_tier(
    test: str,
    *,
    metric: Metric = Metric.MEAN,
    consequence: Consequence = Consequence.FAIL,
    verdict: Verdict = Verdict.FAIL,
    low: float = 0.2,
) -> Tier:
    change = Shift(estimate=low + 0.1, interval=Interval(low=low, high=low + 0.2), pairs=20)
    return Tier(test=test, metric=metric, consequence=consequence, threshold=0.1, verdict=verdict, change=change)


def a_limit(test: str, *, verdict: Verdict) -> Limit:
    return Limit(test=test, metric=Metric.P95, limit_s=0.1, figure_s=0.1, interval=None, verdict=verdict)


def noisy(ratio: float, count: int, *, seed: int, spread: float = 0.03) -> list[Pair]:
    chance = Random(seed)
    return pairs([ratio * chance.lognormvariate(0, spread) for _ in range(count)])


def compared(**series: list[Pair]) -> dict[str, Comparison]:
    return {each.test: each for each in rules.compared(series, THRESHOLDS)}


@pytest.mark.parametrize(
    ("ratio", "count", "finding"),
    [
        (1.0, 5, Finding.STEADY),
        (0.8, 5, Finding.FASTER),
        (1.1, 5, Finding.OPEN),  # five pairs cannot exclude chance
        (1.1, 10, Finding.SLOWER),
        (1.3, 5, Finding.SLOWER),  # unless it is plain
        (1.05, 20, Finding.OPEN),  # on the threshold
    ],
)
def test_a_benchmark_is_what_its_ratios_say(ratio: float, count: int, finding: Finding) -> None:
    assert compared(it=pairs([ratio] * count))["it"].finding is finding


def test_what_is_plainly_slower_needs_five_pairs_also_among_a_hundred() -> None:
    series = {str(number): pairs([1.0] * 5) for number in range(99)}
    assert compared(slow=noisy(1.5, 5, seed=1, spread=0.01), **series)["slow"].finding is Finding.SLOWER


def test_no_equal_code_is_called_slower_and_ten_percent_are_seen() -> None:
    """With a spread of 3 % between processes, twelve benchmarks, and looks at every number of pairs."""
    alarms, seen = 0, 0
    for run in range(40):
        series = {str(number): noisy(1.0, 20, seed=run * 100 + number) for number in range(11)}
        series["slow"] = noisy(1.1, 40, seed=run)
        found = compared(**series)
        seen += found.pop("slow").finding is Finding.SLOWER
        alarms += any(each.finding is Finding.SLOWER for each in found.values())
    assert (alarms, seen) == (0, 40)


@given(st.lists(st.floats(0.5, 2.0), min_size=1, max_size=30))
def test_what_is_cleared_is_not_slower(ratios: list[float]) -> None:
    found = compared(it=pairs(ratios))["it"]
    assert found.change.interval.low <= found.change.estimate <= found.change.interval.high
    if found.finding is Finding.SLOWER:
        assert found.change.estimate > found.threshold
    if found.finding in {Finding.STEADY, Finding.FASTER}:
        assert found.change.interval.high < found.threshold


def test_where_the_processor_is_not_what_it_waits_for_the_wall_decides() -> None:
    assert rules.deciding(pairs([1.0])) is Metric.CPU
    assert rules.deciding(pairs([1.0], wall=2.0)) is Metric.WALL
    assert rules.deciding(pairs([1.0], wall=0.5)) is Metric.WALL  # two threads at once
    sleeps_now = [Pair(old={Metric.CPU: 1.0, Metric.WALL: 1.0}, new={Metric.CPU: 1.0, Metric.WALL: 1.5})] * 20
    assert compared(it=sleeps_now)["it"].finding is Finding.SLOWER


def test_only_what_is_not_decided_needs_more_pairs() -> None:
    found = rules.compared({"steady": pairs([1.0] * 5), "unclear": pairs([1.1] * 5)}, THRESHOLDS)
    assert rules.wanted(found) == ("unclear",)


def test_what_is_called_slower_needs_no_more_pairs_for_its_tiers() -> None:
    suspicious = a_tier("it", verdict=Verdict.UNMEASURED, low=0.2)
    steady = rules.compared({"it": pairs([1.0] * 5)}, THRESHOLDS)
    slower = rules.compared({"it": pairs([1.2] * 20)}, THRESHOLDS)
    assert rules.wanted(steady, [suspicious]) == ("it",)
    assert rules.wanted(slower, [suspicious]) == ()
    assert rules.wanted(steady, [a_tier("it", verdict=Verdict.UNMEASURED, low=0.05)]) == ()
    assert rules.wanted(steady, [a_tier("it", verdict=Verdict.FAIL, low=0.2)]) == ()


def test_the_tiers_are_of_one_family_with_what_decides() -> None:
    slow = [
        Pair(old=dict.fromkeys((Metric.CPU, Metric.WALL, Metric.MEAN), 1.0), new={**each.new, Metric.MEAN: 1.2})
        for each in pairs([1.2] * 10)
    ]
    alone = rules.adjusted({"it": slow}, THRESHOLDS)
    among = rules.adjusted({"it": slow, "other": slow}, {**THRESHOLDS, Metric.MEAN: 0.1})
    assert alone.keys() == {("it", Metric.CPU)}
    assert among.keys() == {(test, metric) for test in ("it", "other") for metric in (Metric.CPU, Metric.MEAN)}
    assert min(among.values()) == pytest.approx(alone["it", Metric.CPU] * 42 / 20)


def test_the_tiers_cost_what_decides_at_most_a_quarter_more() -> None:
    assert 4 * len(tiers.CONSEQUENCES) == rules.WEIGHT


@pytest.mark.parametrize(
    ("old", "new", "ratios"),
    [
        (0.0, 100.0, []),
        (2.0**20 - 1, 0.0, []),  # less than 1 MiB on both sides
        (0.0, 2.0**22, [log(4)]),
        (2.0**22, 2.0**21, [log(0.5)]),
    ],
)
def test_little_memory_is_not_compared(old: float, new: float, ratios: list[float]) -> None:
    pair = Pair(old={Metric.MEMORY: old}, new={Metric.MEMORY: new})
    assert rules.ratios([pair, Pair(old={}, new={})], Metric.MEMORY) == pytest.approx(ratios)


@pytest.mark.parametrize(
    ("ratios", "meant"),
    [([1.0] * 20, None), ([1.2] * 20, Consequence.FAIL), ([1.3] * 20, Consequence.ROLLBACK), ([1.1] * 5, None)],
)
def test_going_back_is_for_what_is_surely_a_quarter_slower(ratios: list[float], meant: Consequence | None) -> None:
    (comparison,) = rules.compared({"it": pairs(ratios)}, THRESHOLDS)
    assert rules.consequence(comparison) is meant
    counted = [Pair(old={Metric.INSTRUCTIONS: 1.0}, new={Metric.INSTRUCTIONS: ratio}) for ratio in ratios[:15]]
    (comparison,) = rules.compared({"it": counted}, THRESHOLDS)
    assert rules.consequence(comparison) is meant


@given(st.lists(st.sampled_from(Consequence), max_size=4))
def test_the_gravest_consequence_is_named(found: list[Consequence]) -> None:
    tiers_found = [a_tier("it", consequence=each) for each in found]
    grave = rules.gravest((), tiers_found)
    assert grave in {*found, None}
    assert [*Consequence].index(grave) == max([*Consequence].index(each) for each in found) if grave else not found


@pytest.mark.parametrize(
    ("ratios", "tier", "limit", "said"),
    [
        ([1.2] * 20, None, None, "fail: 1 benchmark of 1 slower"),
        ([1.3] * 20, None, None, "fail: 1 benchmark of 1 slower: going back is recommended"),
        ([1.0] * 20, Consequence.FAIL, None, "fail: 1 benchmark of 1 slower"),
        ([1.0] * 20, Consequence.BLOCK, None, "fail: 1 benchmark of 1 slower: blocked"),
        ([1.0] * 20, Consequence.EMERGENCY, None, "fail: 1 benchmark of 1 slower: an emergency"),
        ([1.2] * 5, Consequence.ROLLBACK, None, "fail: 1 benchmark of 1 slower: going back is recommended"),
        ([1.0] * 20, Consequence.ALERT, None, "pass: none of 1 benchmark slower than is allowed, 1 alert"),
        ([0.8] * 20, None, Verdict.PASS, "pass: none of 1 benchmark slower than is allowed, 1 faster, 1 limit kept"),
        ([1.0] * 20, None, Verdict.FAIL, "fail: 1 limit of 1 exceeded"),
        ([1.2] * 20, None, Verdict.FAIL, "fail: 1 benchmark of 1 slower and 1 limit of 1 exceeded"),
        ([1.0] * 20, None, Verdict.UNMEASURED, "unmeasured: 1 of 1 limit undecided"),
        ([], None, Verdict.UNMEASURED, "unmeasured: 1 of 1 limit undecided"),
        ([], None, Verdict.PASS, "pass: 1 limit kept"),
    ],
)
def test_the_reason_names_the_gravest(
    ratios: list[float], tier: Consequence | None, limit: Verdict | None, said: str
) -> None:
    found = rules.compared({"it": pairs(ratios)}, THRESHOLDS)
    tiers_found = [a_tier("it", consequence=tier)] if tier else []
    limits = [a_limit("it", verdict=limit)] if limit else []
    verdict, reason = rules.judge(found, tiers_found, limits)
    assert f"{verdict.value}: {reason}" == said


def test_what_cannot_be_run_with_the_new_code_is_no_pass() -> None:
    steady = rules.compared({"it": pairs([1.0] * 20)}, THRESHOLDS)
    expected = (Verdict.UNMEASURED, "2 benchmarks cannot be run with the new code")
    assert rules.judge(steady, broken=2) == expected
    slower = rules.compared({"it": pairs([1.2] * 20)}, THRESHOLDS)
    assert rules.judge(slower, broken=2)[0] is Verdict.FAIL


def test_a_tier_that_is_not_decided_leaves_the_verdict_to_the_others() -> None:
    found = rules.compared({"it": pairs([1.0] * 20)}, THRESHOLDS)
    assert rules.judge(found, [a_tier("it", verdict=Verdict.UNMEASURED)])[0] is Verdict.PASS


def test_what_is_slower_than_what_was_stored_is_an_alert_and_a_limit_still_fails() -> None:
    found = rules.compared({"it": pairs([1.3] * 20)}, THRESHOLDS)
    said = "1 of 1 benchmark slower than what was stored: an alert"
    assert rules.judge(found, is_stored=True) == (Verdict.UNMEASURED, said)
    over = [a_limit("it", verdict=Verdict.FAIL)]
    assert rules.judge(found, limits=over, is_stored=True) == (Verdict.FAIL, "1 limit of 1 exceeded")


@pytest.mark.parametrize(
    ("ratios", "is_whole", "verdict", "reason"),
    [
        ([1.0] * 20, True, Verdict.PASS, "none of 1 benchmark slower than is allowed"),
        ([1.2] * 20, True, Verdict.FAIL, "1 benchmark of 1 slower"),
        ([1.1] * 5, True, Verdict.UNMEASURED, "1 of 1 benchmark undecided: the pairs do not decide"),
        ([1.1] * 5, False, Verdict.UNMEASURED, "1 of 1 benchmark undecided: the time was up"),
        ([], True, Verdict.UNMEASURED, "nothing was compared"),
    ],
)
def test_the_verdict_is_on_all_of_them(ratios: list[float], is_whole: bool, verdict: Verdict, reason: str) -> None:
    found = rules.compared({"it": pairs(ratios)}, THRESHOLDS)
    assert rules.judge(found, is_whole=is_whole) == (verdict, reason)


def counts(*ratios: float) -> list[Pair]:
    return [Pair(old={Metric.INSTRUCTIONS: 1000.0}, new={Metric.INSTRUCTIONS: 1000.0 * ratio}) for ratio in ratios]


ALL = rules.COUNTED_PAIRS


@pytest.mark.parametrize(
    ("ratios", "finding"),
    [
        ([1.0] * 5, Finding.STEADY),
        ([1.009] * 5, Finding.STEADY),
        ([1.02] * 5, Finding.OPEN),  # one process is one place for everything in memory
        ([1.02] * (ALL - 1), Finding.OPEN),
        ([1.02] * ALL, Finding.SLOWER),
        ([1.02] * (ALL - 1) + [1.009], Finding.OPEN),  # one layout shows nothing
        ([1.07] * 7 + [1.0] * 8, Finding.STEADY),  # layout, not code
        ([1.07] * 8 + [1.0] * 7, Finding.OPEN),
        ([0.98] * 5, Finding.FASTER),
        ([0.98] * 4 + [1.0], Finding.STEADY),
    ],
)
def test_counts_say_slower_only_where_every_layout_of_every_process_does(ratios: list[float], finding: Finding) -> None:
    assert compared(it=counts(*ratios))["it"].finding is finding
