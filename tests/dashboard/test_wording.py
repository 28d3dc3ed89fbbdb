"""Figures as people read them: 100% is all of them, and 0% is none."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noxtasks.dashboard import model, wording


@given(st.floats(0, 1))
def test_only_all_is_a_hundred_percent_and_only_nothing_is_none(value: float) -> None:
    assert (wording.share(value) == "100%") is (value == 1)
    assert (wording.share(value) == "0%") is (value == 0)


@given(st.floats(1e-9, 1e6))
def test_a_time_is_told_to_half_a_percent(value: float) -> None:
    number, unit = wording.seconds(value).split(" ")
    assert float(number) * {"s": 1, "ms": 1e-3, "µs": 1e-6, "ns": 1e-9}[unit] == pytest.approx(value, rel=0.006)


@pytest.mark.parametrize(
    ("value", "unit", "told"),
    [
        (None, "share", "-"),
        (0.834, "share", "83.4%"),
        (0.83, "share", "83%"),
        (0.9996, "share", "99.9%"),
        (0.0001, "share", "<0.1%"),
        (3.417, "times", "3.42x"),
        (0.0312, "change", "+3.1%"),
        (-0.25, "change", "-25.0%"),
        (-0.0, "change", "+0.0%"),
        (0.0, "seconds", "0 s"),
        (0.01234, "seconds", "12.3 ms"),
        (1234.0, "seconds", "1234 s"),
        (1234.0, "number", "1,234"),
        (0.5, "number", "0.5"),
    ],
)
def test_a_figure_is_told_in_its_unit(value: float | None, unit: str, told: str) -> None:
    assert wording.figure(value, unit) == told


def test_times_are_told_as_everywhere() -> None:
    at = datetime(2026, 1, 1, 1, 30, tzinfo=timezone(timedelta(hours=2)))
    assert (wording.when(at), wording.day(at)) == ("2025-12-31 23:30 UTC", "2025-12-31")
    assert wording.when(datetime(2026, 1, 1, tzinfo=UTC).replace(tzinfo=None)) == "2026-01-01 00:00 UTC"


def test_a_time_within_a_day_is_told_by_the_minute() -> None:
    at = datetime(2026, 1, 1, 12, tzinfo=UTC)
    assert wording.span(at, at + timedelta(hours=1)) == ("2026-01-01 12:00 UTC", "2026-01-01 13:00 UTC")
    assert wording.span(at, at + timedelta(days=1)) == ("2026-01-01", "2026-01-02")


def test_how_often_a_test_failed_comes_with_its_interval_where_it_has_one() -> None:
    assert wording.failures(model.Test(id="a")) == "-"
    assert wording.failures(model.Test(id="a", failed=1, runs=8)) == "1 of 8"
    assert wording.failures(model.Test(id="a", failed=1, runs=8, low=0.022, high=0.471)) == "1 of 8 (2.2% to 47.1%)"


def test_mutants_that_were_not_tried_are_not_among_those_that_were_killed_or_not() -> None:
    assert wording.killed(model.Module(path="a")) == "-"
    assert wording.killed(model.Module(path="a", killed=31, mutants=55)) == "31 of 55"
    assert wording.killed(model.Module(path="a", killed=31, mutants=55, untried=1211)) == "31 of 55, 1,211 not tried"
