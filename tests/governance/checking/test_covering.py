"""The greedy choice suffices, no smaller set than the bound does, and the order of tests makes no difference."""

from __future__ import annotations

import math
import random
from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from noxtasks.governance.checking.covering import fewest

DONE = st.dictionaries(st.sampled_from("abcdefg"), st.sets(st.integers(0, 7)).map(sorted), max_size=7)
WEIGHTS = st.lists(st.integers(1, 5), min_size=8, max_size=8)


def smallest(done: dict[str, list[int]], weights: list[int], wanted: int) -> int | None:
    """By trying all."""
    for count in range(len(done) + 1):
        for chosen in combinations(done, count):
            if sum(weights[each] for each in {each for test in chosen for each in done[test]}) >= wanted:
                return count
    return None


def test_one_test_that_does_it_all_is_enough() -> None:
    few = fewest({"a": [0, 1], "b": [0], "c": [1]}, [1, 1], 2)
    assert (few.tests, few.at_least) == (("a",), 1)


def test_where_all_do_not_suffice_there_is_no_choice() -> None:
    assert fewest({"a": [0]}, [1, 9], 5).tests is None


def test_what_anyone_may_do_needs_one_at_least() -> None:
    few = fewest({"a": [0], "b": [1]}, [1, 1], 2, anyone={0, 1})
    assert (few.tests, few.at_least) == (("a", "b"), 1)


@given(DONE, WEIGHTS, st.integers(0, 20))
def test_the_choice_suffices_and_is_as_near_to_the_smallest_as_the_papers_say(
    done: dict[str, list[int]], weights: list[int], wanted: int
) -> None:
    few, best = fewest(done, weights, wanted), smallest(done, weights, wanted)
    assert (few.tests is None) is (best is None)
    if few.tests is None or best is None:
        return
    assert sum(weights[each] for each in {each for test in few.tests for each in done[test]}) >= wanted
    most = max((sum(weights[each] for each in what) for what in done.values()), default=1)
    assert few.at_least <= best <= len(few.tests) <= max(1, best) * (1 + math.log(max(1, most)))


@given(DONE, DONE, WEIGHTS, st.integers(1, 20))
def test_the_bound_holds_whatever_else_the_tests_may_do(
    done: dict[str, list[int]], more: dict[str, list[int]], weights: list[int], wanted: int
) -> None:
    unknown = {each for what in more.values() for each in what}
    whole = {test: sorted({*done.get(test, ()), *more.get(test, ())}) for test in {*done, *more}}
    best = smallest(whole, weights, wanted)
    assert best is None or fewest(done, weights, wanted, anyone=unknown).at_least <= best


@given(DONE, WEIGHTS, st.integers(0, 20), st.randoms())
def test_the_order_makes_no_difference(
    done: dict[str, list[int]], weights: list[int], wanted: int, chance: random.Random
) -> None:
    shuffled = {test: chance.sample(done[test], len(done[test])) for test in chance.sample(list(done), len(done))}
    assert fewest(shuffled, weights, wanted) == fewest(done, weights, wanted)
