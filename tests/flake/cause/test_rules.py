"""Which tests of many are to blame, and what is evidence."""

from __future__ import annotations

from collections.abc import Callable
from math import ceil, log2

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noxtasks.flake.cause import rules
from noxtasks.flake.cause.model import Rate

Parts = list[tuple[int, ...]]


def asked(holds: Callable[[set[int]], bool], rounds: list[int] | None = None) -> Callable[[Parts], int | None]:
    def first(parts: Parts) -> int | None:
        if rounds is not None:
            rounds.append(len(parts))
        return next((number for number, part in enumerate(parts) if holds(set(part))), None)

    return first


@given(st.integers(1, 60), st.data())
def test_of_what_fails_only_together_exactly_that_is_left_in_its_order(size: int, data: st.DataObject) -> None:
    culprits = data.draw(st.sets(st.integers(0, size - 1), min_size=1, max_size=5))
    assert rules.minimal(range(size), asked(lambda part: culprits <= part)) == tuple(sorted(culprits))


@given(st.integers(1, 40), st.data())
def test_nothing_that_is_left_can_be_left_out(size: int, data: st.DataObject) -> None:
    sets = data.draw(st.lists(st.sets(st.integers(0, size - 1), min_size=1, max_size=4), min_size=1, max_size=4))

    def holds(part: set[int]) -> bool:
        return any(each <= part for each in sets)

    left = rules.minimal(range(size), asked(holds))
    assert holds(set(left))
    assert not any(holds(set(left) - {each}) for each in left)


@given(st.integers(2, 5000), st.data())
def test_one_culprit_of_many_takes_a_round_for_each_halving(size: int, data: st.DataObject) -> None:
    culprit = data.draw(st.integers(0, size - 1))
    rounds: list[int] = []
    assert rules.minimal(range(size), asked(lambda part: culprit in part, rounds)) == (culprit,)
    assert len(rounds) <= 1 + ceil(log2(size))  # the first asks about no test at all


def test_where_nothing_is_needed_nothing_is_blamed() -> None:
    assert rules.minimal(range(9), asked(lambda part: True)) == ()


def test_the_same_test_twice_can_be_to_blame() -> None:
    assert rules.minimal(
        ("a", "a", "b"), lambda parts: next((n for n, p in enumerate(parts) if p.count("a") == 2), None)
    ) == ("a", "a")


def test_five_failures_of_five_against_none_are_evidence_and_four_are_not() -> None:
    none = Rate(failures=0, runs=5)
    assert rules.is_evident(rules.evidence("f", Rate(failures=5, runs=5), none))
    assert not rules.is_evident(rules.evidence("f", Rate(failures=4, runs=5), none))


def test_many_factors_ask_for_more_evidence_each() -> None:
    found = rules.evidence("f", Rate(failures=5, runs=5), Rate(failures=0, runs=5))
    assert not rules.is_evident(found, tried=26)
    assert rules.is_evident(rules.evidence("f", Rate(failures=5, runs=5), Rate(failures=0, runs=10)), tried=26)


@given(st.integers(1, 20), st.integers(0, 19))
def test_fewer_failures_with_the_factor_than_without_are_never_promising(runs: int, failures: int) -> None:
    failures = min(failures, runs - 1)
    found = rules.evidence("f", Rate(failures=failures, runs=runs), Rate(failures=runs, runs=runs))
    assert not rules.is_promising(found)


@pytest.mark.parametrize(("failures", "trials"), [(5, 1), (4, 2), (3, 4), (1, 14), (0, 20)])
def test_a_rarer_failure_takes_more_trials_to_be_seen(failures: int, trials: int) -> None:
    assert rules.trials_to_see(Rate(failures=failures, runs=5)) == trials
