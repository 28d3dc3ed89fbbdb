"""Every cycle is found, what is printed is one, and the order of writing makes no difference."""

from __future__ import annotations

import random
from graphlib import CycleError, TopologicalSorter

from hypothesis import given
from hypothesis import strategies as st

from noxtasks.governance.checking.graphs import cycles

NAMES = st.integers(min_value=0, max_value=11).map(lambda number: f"N{number}")
GRAPHS = st.dictionaries(NAMES, st.lists(NAMES, unique=True, max_size=5), max_size=12)


def is_path(cycle: tuple[str, ...], before: dict[str, list[str]]) -> bool:
    return all(here in before[after] for here, after in zip(cycle, (*cycle[1:], cycle[0]), strict=True))


def test_who_waits_for_itself_is_a_cycle() -> None:
    assert cycles({"a": ["a"]}) == [("a",)]


def test_the_path_goes_from_what_comes_before_to_what_comes_after() -> None:
    assert cycles({"b": ["a"], "c": ["b"], "a": ["c"]}) == [("a", "b", "c")]


def test_cycles_apart_from_each_other_are_told_together() -> None:
    assert cycles({"a": ["b"], "b": ["a"], "c": ["d"], "d": ["c"], "e": ["a", "c"]}) == [("a", "b"), ("c", "d")]


def test_thousands_of_cycles_below_a_long_path_are_found_in_one_search() -> None:
    chain = {f"C{number}": [f"C{number + 1}", f"P{number}"] for number in range(5000)}
    pairs = {f"P{number}": [f"P{number ^ 1}"] for number in range(5000)}
    assert len(cycles({**chain, **pairs})) == 2500


def is_ordered(before: dict[str, list[str]]) -> bool:
    try:
        TopologicalSorter(before).prepare()
    except CycleError:
        return False
    return True


@given(GRAPHS)
def test_there_is_none_exactly_where_there_is_an_order_and_without_what_is_found_there_is_one(
    before: dict[str, list[str]],
) -> None:
    found = {name for cycle in cycles(before) for name in cycle}
    assert bool(found) is not is_ordered(before)
    left = {name: [each for each in others if each not in found] for name, others in before.items()}
    assert is_ordered({name: others for name, others in left.items() if name not in found})


@given(GRAPHS)
def test_what_is_found_is_a_cycle_of_the_graph(before: dict[str, list[str]]) -> None:
    found = cycles(before)
    assert all(is_path(cycle, before) for cycle in found)
    assert len({name for cycle in found for name in cycle}) == sum(map(len, found)), "no name is in two of them"


@given(st.permutations([f"N{number}" for number in range(8)]), st.data())
def test_a_graph_along_an_order_has_none_and_with_a_planted_cycle_it_has_one(
    order: list[str], data: st.DataObject
) -> None:
    before = {
        name: data.draw(st.lists(st.sampled_from(order[:place]), unique=True)) if place else []
        for place, name in enumerate(order)
    }
    assert cycles(before) == []
    length = data.draw(st.integers(min_value=1, max_value=len(order)))
    planted = data.draw(st.permutations(order))[:length]
    for here, after in zip(planted, (*planted[1:], planted[0]), strict=True):
        before[after] = [*before[after], here]
    assert cycles(before), planted
    assert all(is_path(cycle, before) for cycle in cycles(before))


@given(GRAPHS, st.randoms())
def test_the_order_of_writing_makes_no_difference(before: dict[str, list[str]], chance: random.Random) -> None:
    names = list(before)
    chance.shuffle(names)
    shuffled = {name: chance.sample(before[name], len(before[name])) for name in names}
    assert cycles(shuffled) == cycles(before)
