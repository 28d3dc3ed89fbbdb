"""The levels of series of numbers whose levels are known."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats as scipy_stats

from noxtasks.bench import levels
from noxtasks.bench.levels import LEAST, Levels

VALUES = st.lists(st.floats(-30, 30), min_size=2 * LEAST, max_size=40)


def found(values: list[float], *, has_outliers: bool = True) -> Levels:
    of = levels.series(values, has_outliers=has_outliers)
    return levels.levels(of, resemblance=levels.resemblance([of]), false_alarms=0.01)


def noisy(level: float, count: int, chance: Random, *, spread: float = 0.01) -> list[float]:
    return [level + chance.gauss(0, spread) for _ in range(count)]


@pytest.mark.parametrize("has_outliers", [True, False])
@settings(max_examples=25)
@given(values=VALUES)
def test_levels_part_the_whole_series_and_none_is_shorter_than_the_least(
    values: list[float], has_outliers: bool
) -> None:
    told = found(values, has_outliers=has_outliers)
    assert told.starts[0] == 0
    assert sum(told.sizes) == len(values)
    assert min(told.sizes) >= LEAST
    assert [sum(told.sizes[:number]) for number in range(len(told.sizes))] == list(told.starts)


@settings(max_examples=25)
@given(VALUES, st.floats(-10, 10))
def test_where_the_steps_are_does_not_depend_on_the_unit(values: list[float], factor: float) -> None:
    """Another unit adds a constant to all logarithms."""
    rounded = [round(each, 1) for each in values]  # what differs less than floats can tell could differ after all
    moved, told = found([each + round(factor, 1) for each in rounded]), found(rounded)
    assert len(moved.starts) == len(told.starts)


@settings(max_examples=50)
@given(st.integers(LEAST, 30), st.integers(LEAST, 30), st.floats(0.05, 3), st.booleans())
def test_a_step_without_noise_is_found_where_it_is(before: int, after: int, height: float, is_fall: bool) -> None:
    height = -height if is_fall else height
    told = found([0.0] * before + [height] * after)
    assert told.starts == (0, before)
    change, interval = told.change(0, 1)
    assert interval.low < change < interval.high
    assert told.is_above(0, 1) is not is_fall


def test_great_steps_do_not_hide_one_another() -> None:
    chance = Random(1)
    values = [each for level in (0.2, 0.0, 0.1, 0.3) for each in noisy(level, 8, chance)]
    assert found(values).starts == (0, 8, 16, 24)


@settings(max_examples=30)
@given(st.floats(-30, 30), st.integers(2 * LEAST, 50))
def test_what_never_changes_has_one_level(level: float, count: int) -> None:
    assert found([level] * count).starts == (0,)


@pytest.mark.parametrize("slope", [0.01, 0.02, 0.04])
def test_the_steeper_a_steady_rise_the_surer_it_is_seen(slope: float) -> None:
    chance = Random(3)
    told = found([slope * place + chance.gauss(0, 0.01) for place in range(20)])
    assert told.is_above(0, len(told.starts) - 1)


def test_up_and_down_again_are_two_steps() -> None:
    chance = Random(1)
    values = noisy(0, 15, chance) + noisy(0.1, 10, chance) + noisy(0, 15, chance)
    told = found(values)
    assert told.starts == (0, 15, 25)
    assert told.is_above(0, 1)
    assert not told.is_above(0, 2)


@pytest.mark.parametrize(("first", "count"), [(0, 2), (17, 3), (38, 2)])
def test_some_outliers_in_a_row_are_no_level(first: int, count: int) -> None:
    values = noisy(0, 40, Random(2))
    values[first : first + count] = [0.3, 0.25, 0.4][:count]
    assert found(values).starts == (0,)


def test_a_machine_that_changes_between_two_states_has_one_level() -> None:
    states = [0.05 if place % 9 in {2, 3, 4, 7} else 0.0 for place in range(40)]
    values = [state + each for state, each in zip(states, noisy(0, 40, Random(3)), strict=True)]
    assert found(values, has_outliers=False).starts == (0,)


def test_the_more_neighbours_resemble_each_other_the_less_a_mean_tells() -> None:
    of = levels.series(noisy(0, 20, Random(4)) + noisy(0.03, 20, Random(5)))
    starts = [levels.levels(of, resemblance=alike, false_alarms=0.01).starts for alike in (0.0, 0.3, 0.9)]
    assert starts == [(0, 20), (0, 20), (0,)]


@pytest.mark.parametrize("factor", [0.0, 0.5])
def test_resemblance_is_told_from_differences_whatever_steps_there_are(factor: float) -> None:
    chance, several = Random(6), []
    for _ in range(20):
        state, values = 0.0, []
        for place in range(100):
            state = factor * state + chance.gauss(0, 0.01)
            values.append(state + (0.5 if place >= 50 else 0.0))
        several.append(levels.series(values))
    assert levels.resemblance(several) == pytest.approx(factor, abs=0.1)


@settings(max_examples=30)
@given(st.floats(2, 6), st.integers(5, 100))
def test_the_bound_is_students(normal: float, freedom: int) -> None:
    rarity = scipy_stats.t.sf(levels._student(normal, freedom=freedom), freedom)
    assert scipy_stats.norm.isf(rarity) == pytest.approx(normal, rel=0.03)
