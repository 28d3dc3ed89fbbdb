"""Where the figures lie in the drawings: inside, in order, and broken where they cannot be compared."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noxtasks.ladder import plots
from noxtasks.ladder.model import Advance, Measurement, Name
from noxtasks.ladder.plots import HEIGHT, WIDTH

BEGAN = datetime(2026, 1, 5, tzinfo=UTC)
SHARES = st.floats(0.0, 1.0)


def measurement(number: int, figure: float | None, *, way: str = "a", is_commit: bool = True) -> Measurement:
    return Measurement(
        at=BEGAN + timedelta(days=number),
        revision=f"{number}",
        code_version=f"{number}" if is_commit else f"{number}+dirty",
        figures={Name.UNIT: figure},
        collection_errors=0,
        flake_rate=None,
        consistency=None,
        slower=None,
        system_tests_pass=None,
        ways={Name.UNIT: way},
    )


def advance(day: float, before: Name | None, tier: Name | None, *, down: bool = False) -> Advance:
    at = BEGAN + timedelta(days=day)
    return Advance(at=at, revision="", before=before, tier=tier, is_demotion=down, conditions=())


def drawn(several: list[Measurement], *advances: Advance, target: float = 0.7) -> plots.Course:
    course = plots.course(several, advances, Name.UNIT, target)
    assert course is not None
    return course


def dots(path: str) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for x, y in re.findall(r"M(-?[\d.]+) (-?[\d.]+)", path)]


@given(st.lists(SHARES, min_size=1, max_size=60), SHARES)
def test_a_course_lies_inside_and_a_higher_figure_is_no_lower(shares: list[float], target: float) -> None:
    course = drawn([measurement(number, share) for number, share in enumerate(shares)], target=target)
    places = dots(course.dots)
    assert len(places) == len(shares)
    assert [x for x, _ in places] == sorted(x for x, _ in places)
    assert all(0 <= x <= WIDTH and 0 <= y <= HEIGHT for x, y in places)
    by_share = sorted(zip(shares, (y for _, y in places), strict=True))
    assert [y for _, y in by_share] == sorted((y for _, y in by_share), reverse=True)
    assert 0 <= course.target <= HEIGHT
    assert all(0 <= tick.at <= HEIGHT for tick in course.ticks)
    assert 2 <= len({tick.text for tick in course.ticks}) == len(course.ticks)


def test_both_ends_have_their_labels_where_they_are_round() -> None:
    course = drawn([measurement(0, 0.6)], target=0.5)
    assert [tick.text for tick in course.ticks] == ["50%", "55%", "60%"]


@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_noise_does_not_fill_a_course(share: float) -> None:
    near = abs(share - 0.005)
    (_, one), (_, other) = dots(drawn([measurement(0, share), measurement(1, near)], target=share).dots)
    assert abs(one - other) < HEIGHT / 10


def test_what_was_never_measured_is_not_drawn() -> None:
    assert plots.course([], (), Name.UNIT, 0.7) is None
    assert plots.course([measurement(0, None)], (), Name.UNIT, 0.7) is None


def test_a_line_goes_on_past_what_is_unmeasured_and_ends_where_figures_cannot_be_compared() -> None:
    course = drawn([measurement(0, 0.5), measurement(1, None), measurement(2, 0.6), measurement(3, 0.6, way="b")])
    assert course.line.count("M") == 2
    assert course.line.count("L") == 1
    assert len(dots(course.dots)) == 3


def test_what_does_not_count_is_told_from_what_does_and_that_of_now_counts() -> None:
    course = drawn([measurement(number, 0.5, is_commit=number == 1) for number in range(3)])
    assert [x for x, _ in dots(course.loose)] == [12.0]
    assert [x for x, _ in dots(course.dots)] == [500.0, 988.0]


def test_of_very_many_the_line_is_drawn_and_of_dots_the_last_and_those_on_no_line() -> None:
    several = [measurement(number, 0.5, way="b" if number == 40 else f"{number > 40}") for number in range(500)]
    course = drawn(several)
    assert course.line.count("L") == 497
    assert len(dots(course.dots)) == 2


def test_where_the_tier_was_earned_and_lost_is_marked_at_the_measurement() -> None:
    several = [measurement(number, 0.5) for number in range(5)]
    course = drawn(
        several,
        advance(-1, None, Name.UNIT),  # before what is kept
        advance(1, None, Name.UNIT),
        advance(1, Name.UNIT, Name.INTEGRATION),  # of another tier
        advance(2.5, Name.INTEGRATION, None, down=True),
        advance(4, None, Name.UNIT),
        advance(9, None, Name.UNIT),  # after all of them
    )
    assert course.earned == (256.0, 988.0)
    assert course.lost == (744.0,)


@pytest.mark.parametrize(("figure", "at"), [(None, None), (0.0, 0.0), (0.5, 500.0), (1.0, 1000.0)])
def test_a_bar_is_a_share_of_all(figure: float | None, at: float | None) -> None:
    assert plots.bar(figure, 0.7) == plots.Bar(figure=at, target=700.0)
