"""Drawings: every figure has its place, and every drawing its words."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noxtasks.dashboard import plots
from noxtasks.dashboard.model import Bar, Bars, Point, Series
from tests.dashboard.samples import BEGAN


def series(*values: float, unit: str = "share", threshold: float | None = None) -> Series:
    points = tuple(Point(at=BEGAN + timedelta(days=number), value=value) for number, value in enumerate(values))
    return Series(name="flake rate", unit=unit, points=points, threshold=threshold)


def drawn(of: Series) -> plots.Trend:
    trend = plots.trend(of)
    assert trend is not None
    return trend


def test_a_series_without_a_point_is_not_drawn() -> None:
    assert plots.trend(series()) is None


def test_a_trend_says_in_words_where_it_began_where_it_is_and_between_what_it_was() -> None:
    assert drawn(series(0.05, 0.06, 0.024, threshold=0.01)).described == (
        "flake rate: 3 measurements, 5% on 2026-01-05, 2.4% on 2026-01-07, between 2.4% and 6%. Held against 1%."
    )
    assert drawn(series(0.05)).described == "flake rate: one measurement, 5% on 2026-01-05."


def test_what_is_more_is_drawn_higher() -> None:
    line = drawn(series(0.1, 0.2)).line
    first, last = (float(place.split(" ")[1]) for place in line[1:].split("L"))
    assert first > last


def ticks(of: Series) -> list[str]:
    return [tick.text for tick in drawn(of).ticks]


def test_things_are_counted_in_whole_numbers() -> None:
    assert ticks(series(2, 2, unit="number")) == ["1", "2", "3"]
    assert ticks(series(0, 0, unit="number")) == ["0", "1"]
    assert ticks(series(2, 3, unit="number")) == ["1", "2", "3", "4"]
    assert ticks(series(0.5, 0.5, unit="number")) != []


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=600), st.none() | st.floats(-1e6, 1e6))
def test_everything_is_drawn_within_its_place(values: list[float], threshold: float | None) -> None:
    trend = drawn(series(*values, unit="number", threshold=threshold))
    for place in trend.line[1:].replace("M", "L").split("L"):
        x, y = map(float, place.split(" "))
        assert 0 <= x <= plots.WIDTH
        assert 0 <= y <= plots.HEIGHT
    assert trend.threshold is None or 0 <= trend.threshold <= plots.HEIGHT
    assert trend.line.count("L") < 400


def test_shares_fill_their_bar_when_they_are_whole_and_other_bars_share_a_scale() -> None:
    half, whole, unknown = plots.strips(
        Bars(
            title="by tier",
            unit="share",
            bars=(Bar(name="a", value=0.5, threshold=0.7), Bar(name="b", value=1.0), Bar(name="c", value=None)),
        )
    )
    assert (half.end, half.threshold, whole.end, unknown.end) == (500.0, 700.0, 1000.0, None)
    few, many = plots.strips(
        Bars(title="by workers", unit="times", bars=(Bar(name="2", value=2.0), Bar(name="4", value=3, low=2, high=4)))
    )
    assert (few.end, many.end, many.interval) == (500.0, 750.0, (500.0, 1000.0))


def test_a_change_goes_to_either_side_of_nothing() -> None:
    faster, slower = plots.strips(
        Bars(
            title="changes",
            unit="change",
            bars=(Bar(name="a", value=-0.1, low=-0.2, high=-0.05), Bar(name="b", value=0.2, threshold=0.05)),
        )
    )
    assert (faster.begin, faster.end, faster.interval) == (500.0, 250.0, (0.0, 375.0))
    assert (slower.begin, slower.end, slower.threshold) == (500.0, 1000.0, 625.0)


@pytest.mark.parametrize("unit", ["share", "times", "change", "seconds", "number"])
def test_bars_of_nothing_have_no_length(unit: str) -> None:
    (nothing,) = plots.strips(Bars(title="nothing", unit=unit, bars=(Bar(name="a", value=0.0),)))
    assert nothing.begin == nothing.end == 0.0
