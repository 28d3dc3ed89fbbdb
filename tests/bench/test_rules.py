"""What ratios of pairs of processes say, from numbers alone."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noxtasks.bench import rules
from noxtasks.bench.model import Comparison, Finding, Metric, Pair
from noxtasks.stats import Verdict

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
        (1.2, 5, Finding.OPEN),  # five pairs cannot exclude chance
        (1.2, 20, Finding.SLOWER),
        (1.05, 20, Finding.OPEN),  # on the threshold
    ],
)
def test_a_benchmark_is_what_its_ratios_say(ratio: float, count: int, finding: Finding) -> None:
    assert compared(it=pairs([ratio] * count))["it"].finding is finding


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
    sleeps_now = [Pair(old={Metric.CPU: 1.0, Metric.WALL: 1.0}, new={Metric.CPU: 1.0, Metric.WALL: 1.5})] * 20
    assert compared(it=sleeps_now)["it"].finding is Finding.SLOWER


def test_only_what_is_not_decided_needs_more_pairs() -> None:
    found = rules.compared({"steady": pairs([1.0] * 5), "unclear": pairs([1.1] * 5)}, THRESHOLDS)
    assert rules.wanted(found) == ("unclear",)


@pytest.mark.parametrize(
    ("ratios", "is_whole", "verdict", "reason"),
    [
        ([1.0] * 20, True, Verdict.PASS, "none of 1 benchmark slower than is allowed"),
        ([1.2] * 20, True, Verdict.FAIL, "1 benchmark of 1 slower"),
        ([1.2] * 5, True, Verdict.UNMEASURED, "1 of 1 benchmark undecided: the pairs do not decide"),
        ([1.2] * 5, False, Verdict.UNMEASURED, "1 of 1 benchmark undecided: the time was up"),
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
