"""A sample is of the asked size, in proportion, and the same again; an order is any."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from noxtasks.mutation.deciding import sampling
from noxtasks.mutation.model import Mutant


def mutants_of(strata: Sequence[int]) -> list[Mutant]:
    """As many mutants of each function as `strata` says, of two operators."""
    return [
        Mutant(
            path=f"shop/{stratum % 3}.py",
            line=number + 1,
            id=f"{stratum:02}{number:03}",
            name=f"shop.x_f{stratum}__mutmut_{number}",
            function=f"f{stratum}",
            operator=("Integer", "Comparison")[number % 2],
            before="a",
            after="b",
        )
        for stratum, size in enumerate(strata)
        for number in range(size)
    ]


populations = st.lists(st.integers(0, 40), max_size=12).map(mutants_of)


@given(populations, st.integers(1, 200), st.integers(0, 2**32 - 1), st.randoms())
def test_a_sample_is_of_the_size_in_proportion_and_the_same_whatever_the_order(
    mutants: list[Mutant], size: int, seed: int, any_order: object
) -> None:
    """Stratified by function and operator, proportional, reproducible by seed."""
    sample = sampling.stratified(mutants, size, seed=seed)
    assert len(sample) == min(size, len(mutants))
    assert len({mutant.id for mutant in sample}) == len(sample)
    assert {mutant.id for mutant in sample} <= {mutant.id for mutant in mutants}
    drawn = Counter((mutant.path, mutant.function, mutant.operator) for mutant in sample)
    for stratum, number in Counter((mutant.path, mutant.function, mutant.operator) for mutant in mutants).items():
        assert abs(drawn[stratum] - number * len(sample) / len(mutants)) < 1
    again = list(mutants)
    any_order.shuffle(again)  # type: ignore[attr-defined] # hypothesis gives a random.Random
    assert sampling.stratified(again, size, seed=seed) == sample


def test_each_mutant_is_drawn_as_often_as_any_other() -> None:
    mutants = mutants_of([1, 1, 2, 30, 7])
    drawn = Counter(each.id for seed in range(2000) for each in sampling.stratified(mutants, 10, seed=seed))
    expected = 2000 * 10 / len(mutants)
    assert all(abs(drawn[mutant.id] - expected) < 6 * expected**0.5 for mutant in mutants)


@given(populations, st.integers(0, 2**32 - 1), st.randoms())
def test_an_order_holds_everyone_once_and_is_the_same_for_the_same_seed(
    mutants: list[Mutant], seed: int, any_order: object
) -> None:
    order = sampling.shuffled(mutants, seed=seed)
    assert sorted(order) == sorted(mutants)
    again = list(mutants)
    any_order.shuffle(again)  # type: ignore[attr-defined] # hypothesis gives a random.Random
    assert sampling.shuffled(again, seed=seed) == order


def test_another_seed_gives_another_sample_and_another_order() -> None:
    mutants = mutants_of([20, 20, 20])
    assert sampling.stratified(mutants, 9, seed=1) != sampling.stratified(mutants, 9, seed=2)
    assert sampling.shuffled(mutants, seed=1) != sampling.shuffled(mutants, seed=2)
