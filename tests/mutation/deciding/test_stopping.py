"""Trials end early where the verdict is certain, and such a verdict is right."""

from __future__ import annotations

from collections.abc import Mapping
from math import comb
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noxtasks.mutation.deciding import stopping
from noxtasks.mutation.deciding.scoring import Tally
from noxtasks.mutation.model import Mutant
from noxtasks.stats import Verdict

POPULATIONS = {  # killed, in all, without tests, threshold; sizes and shares as libraries have them
    "iniconfig": (124, 177, 3, 0.6),
    "inflection": (298, 397, 0, 0.6),
    "a large one": (700, 900, 300, 0.6),
    "just enough": (243, 400, 0, 0.6),
    "just too few": (237, 400, 0, 0.6),
    "just too few, many without tests": (237, 400, 100, 0.6),
    "a little too few": (115, 200, 20, 0.6),
    "a strict threshold": (284, 300, 0, 0.95),
    "a lax threshold": (29, 300, 10, 0.1),
    "hardly any tests": (12, 300, 250, 0.6),
}


def first_verdict(order: list[bool], known: int, threshold: float) -> tuple[Verdict | None, int]:
    """What is certain first of mutants that are tried in this order (killed or not), and after how many."""
    for size in stopping.looks(len(order)):
        counted = Tally(known=known, killed=sum(order[:size]), tried=size, unchecked=len(order) - size)
        if (verdict := stopping.certain(counted, threshold=threshold)) is not None:
            return verdict, size
    return None, len(order)


@pytest.mark.parametrize("name", POPULATIONS)
def test_no_early_verdict_is_wrong_in_a_thousand_orders(name: str) -> None:
    killed, total, known, threshold = POPULATIONS[name]
    truth = Verdict.PASS if killed / total >= threshold else Verdict.FAIL
    order = [number < killed for number in range(total - known)]
    shuffle = Random(killed + total).shuffle
    for _ in range(1000):
        shuffle(order)
        assert first_verdict(order, known, threshold)[0] in {truth, None}


def chance_of_error(killed: int, total: int, known: int, threshold: float) -> float:
    """Of all orders, the share in which a look gives the wrong verdict: exact, from one look to the next."""
    truth = Verdict.PASS if killed / total >= threshold else Verdict.FAIL
    drawn_from = total - known
    wrong, done = 0.0, 0
    undecided: Mapping[int, float] = {0: 1.0}  # how many are killed among the tried: how likely
    for size in stopping.looks(drawn_from):
        step, left = size - done, drawn_from - done
        reached: dict[int, float] = {}
        for seen, chance in undecided.items():
            alive = left - (killed - seen)
            for more in range(max(0, step - alive), min(step, killed - seen) + 1):
                ways = comb(killed - seen, more) * comb(alive, step - more) / comb(left, step)
                reached[seen + more] = reached.get(seen + more, 0.0) + chance * ways
        undecided, done = {}, size
        for seen, chance in reached.items():
            counted = Tally(known=known, killed=seen, tried=size, unchecked=drawn_from - size)
            match stopping.certain(counted, threshold=threshold):
                case None:
                    undecided[seen] = chance
                case verdict if verdict is not truth:
                    wrong += chance
    return wrong


@pytest.mark.parametrize(("total", "known"), [(60, 0), (200, 0), (200, 50)])
@pytest.mark.parametrize("threshold", [0.05, 0.6, 0.95])
def test_even_beside_the_threshold_hardly_any_order_gives_a_wrong_verdict(
    total: int, known: int, threshold: float
) -> None:
    """The worst that can be, exactly: one mutant more or less would turn the verdict."""
    enough = next(number for number in range(total + 1) if number / total >= threshold)
    for killed in (enough - 1, enough):
        if killed <= total - known:
            assert chance_of_error(killed, total, known, threshold) <= 0.0001


@pytest.mark.parametrize(("name", "at_most"), [("inflection", 0.6), ("a large one", 0.25), ("hardly any tests", 1.0)])
def test_clear_cases_need_a_part_of_the_trials(name: str, at_most: float) -> None:
    killed, total, known, threshold = POPULATIONS[name]
    order = [number < killed for number in range(total - known)]
    shuffle, needed = Random(name).shuffle, []
    for _ in range(100):
        shuffle(order)
        needed.append(first_verdict(order, known, threshold)[1])
    assert sum(needed) / len(needed) <= at_most * len(order)


tallies = st.tuples(
    st.integers(0, 40), st.integers(0, 40), st.integers(0, 60), st.integers(0, 60), st.integers(0, 60)
).map(
    lambda numbers: Tally(
        known_killed=min(numbers[:2]),
        known=max(numbers[:2]),
        killed=min(numbers[2:4]),
        tried=max(numbers[2:4]),
        unchecked=numbers[4],
    )
)


@given(tallies, st.floats(0.01, 0.99))
def test_a_verdict_is_possible_and_when_nothing_is_left_there_is_one(counted: Tally, threshold: float) -> None:
    verdict = stopping.certain(counted, threshold=threshold)
    possible = counted.possible()
    if verdict is Verdict.PASS:
        assert possible.high >= threshold
    elif verdict is Verdict.FAIL:
        assert possible.low < threshold
    else:
        assert verdict is None
        assert counted.unchecked or not counted.total


def mutants(count: int, name: str = "f") -> list[Mutant]:
    return [
        Mutant(path="a.py", line=1, id=f"{name}{n}", name=name, function=name, operator="o", before="", after="")
        for n in range(count)
    ]


class TestBatches:
    def test_without_a_reason_to_look_there_is_one(self) -> None:
        assert list(stopping.batches({"": mutants(100)})) == [mutants(100)]
        assert list(stopping.batches({"": []})) == []

    def test_they_end_where_the_verdict_is_looked_at_and_stop_where_it_is_certain(self) -> None:
        taken: list[Mutant] = []

        def decided(_: str) -> bool:
            return len(taken) > 50

        for batch in stopping.batches({"": mutants(200)}, decided=decided):
            taken += batch
        assert len(taken) == next(size for size in stopping.looks(200) if size > 50)
        assert taken == mutants(200)[: len(taken)]

    def test_each_population_goes_on_until_it_is_decided(self) -> None:
        orders = {"a": mutants(100, "a"), "b": mutants(30, "b")}
        counts = {"a": 0, "b": 0}
        for batch in stopping.batches(orders, decided=lambda name: name == "a"):
            for mutant in batch:
                counts[mutant.function] += 1
        assert counts == {"a": 24, "b": 30}

    @given(st.integers(0, 90), st.integers(1, 20), st.booleans())
    def test_none_is_larger_than_allowed_and_all_have_their_turn(self, count: int, most: int, looks: bool) -> None:
        found = list(stopping.batches({"": mutants(count)}, decided=(lambda _: False) if looks else None, most=most))
        assert [mutant for batch in found for mutant in batch] == mutants(count)
        assert all(0 < len(batch) <= most for batch in found)
