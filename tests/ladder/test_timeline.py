"""What counts of a history, how long a figure was held, and which level there was."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noxtasks.ladder import timeline
from noxtasks.ladder.model import Measurement, Name

START = datetime(2026, 3, 2, 12, tzinfo=UTC)
UNIT = Name.UNIT


def measured(
    day: float, figure: float | None, *, commit: str | None = None, dirty: bool = False, way: str = "a"
) -> Measurement:
    """A measurement of tier 1; by default each day has a commit of its own."""
    revision = f"{round(day * 100):x}" if commit is None else commit
    return Measurement(
        at=START + timedelta(days=day),
        revision=revision,
        code_version=f"{revision}+dirty.1" if dirty else revision or "tree.1",
        figures={UNIT: figure},
        collection_errors=None,
        flake_rate=None,
        consistency=None,
        slower=None,
        system_tests_pass=None,
        ways={UNIT: way},
    )


def figures(measurements: list[Measurement], current: Measurement) -> list[float]:
    return [point.figure for point in timeline.of(measurements, current, UNIT).points]


NOW = measured(10, 0.7)


def test_commits_are_told_by_time_whatever_the_order_and_that_of_now_apart() -> None:
    assert figures([measured(5, 0.6), NOW, measured(2, 0.5)], NOW) == [0.5, 0.6]


def test_of_a_commit_the_last_figure_counts_and_the_first_time() -> None:
    (point,) = timeline.of([measured(3, 0.4, commit="a"), measured(1, 0.9, commit="a")], NOW, UNIT).points
    assert (point.figure, point.at) == (0.4, START + timedelta(days=1))


def test_of_two_figures_at_one_instant_the_lower_counts() -> None:
    one, other = measured(3, 0.4, commit="a"), measured(3, 0.9, commit="a")
    assert figures([one, other], NOW) == figures([other, one], NOW) == [0.4]


def test_a_commit_that_was_measured_once_and_then_not_keeps_its_figure() -> None:
    assert figures([measured(1, 0.4, commit="a"), measured(2, None, commit="a")], NOW) == [0.4]


def test_earlier_measurements_of_the_commit_of_now_are_told_by_their_time_alone() -> None:
    again = measured(20, 0.7, commit="a")
    found = timeline.of([measured(3, 0.1, commit="a"), measured(4, None, commit="a")], again, UNIT)
    assert (found.points, found.began) == ((), START + timedelta(days=3))


@pytest.mark.parametrize(
    "other",
    [measured(1, None), measured(1, 0.5, way="b"), measured(1, 0.5, dirty=True), measured(1, 0.5, commit="")],
    ids=["unmeasured", "other way", "dirty", "no commit"],
)
def test_what_does_not_count(other: Measurement) -> None:
    found = timeline.of([other], NOW, UNIT)
    assert found.points == ()
    assert found.uncommitted == (other.commit is None)


def test_clocks_that_are_wrong_are_left_out_and_told() -> None:
    other = [measured(11, 0.5), measured(-800, 0.5), measured(1, 0.6)]
    found = timeline.of(other, NOW, UNIT)
    assert ([point.figure for point in found.points], found.misdated) == ([0.6], 2)


def test_what_is_held_ends_where_it_was_below() -> None:
    line = timeline.of([measured(day, share) for day, share in enumerate((0.7, 0.69, 0.7, 0.8))], NOW, UNIT)
    held, below = timeline.at_least(line, 0.7)
    assert [point.figure for point in held] == [0.7, 0.8]
    assert below
    assert below.figure == 0.69
    assert timeline.at_least(line, 0.5) == (line.points, None)
    assert timeline.at_least(line, 0.9) == ((), line.points[-1])


@pytest.mark.parametrize(
    ("shares", "level"),
    [
        ((), None),
        ((0.8,), 0.8),
        ((0.8, 0.6), 0.6),
        ((0.6, 0.9, 0.6), 0.6),
        ((0.7, 0.9, 0.8, 0.5), 0.8),
        ((0.80, 0.79, 0.78, 0.77, 0.76), 0.79),
    ],
)
def test_a_level_is_what_two_commits_in_a_row_have_reached(shares: tuple[float, ...], level: float | None) -> None:
    found = timeline.level(timeline.of([measured(day, share) for day, share in enumerate(shares)], NOW, UNIT))
    assert (found and found.figure) == level


def test_what_was_before_a_day_sets_no_level() -> None:
    line = timeline.of([measured(day, share) for day, share in enumerate((0.9, 0.9, 0.6, 0.5))], NOW, UNIT)
    since = [timeline.level(line, since=date(2026, 3, day)) for day in (2, 3, 4, 5, 6)]
    assert [level and level.figure for level in since] == [0.9, 0.6, 0.5, 0.5, None]


def test_a_trend_is_against_the_commit_before() -> None:
    line = timeline.of([measured(1, 0.9), measured(2, 0.5)], NOW, UNIT)
    assert timeline.trend(line, NOW, UNIT) == pytest.approx(0.2)
    assert timeline.trend(line, measured(10, None), UNIT) is None
    assert timeline.trend(timeline.of([], NOW, UNIT), NOW, UNIT) is None


MEASUREMENTS = st.lists(
    st.builds(
        measured,
        st.integers(-5, 15),
        st.one_of(st.none(), st.sampled_from([0.5, 0.6, 0.7, 0.8])),
        commit=st.sampled_from(["", "a", "b", "c", "d"]),
        dirty=st.booleans(),
        way=st.sampled_from(["a", "a", "b"]),
    )
)


@given(MEASUREMENTS, st.randoms(use_true_random=False))
def test_neither_order_nor_repetition_of_a_history_matters(history: list[Measurement], chance: random.Random) -> None:
    shuffled = [*history, *history[:3]]
    chance.shuffle(shuffled)
    found, other = timeline.of(history, NOW, UNIT), timeline.of(shuffled, NOW, UNIT)
    assert (found.points, found.began) == (other.points, other.began)
