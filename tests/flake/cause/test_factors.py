"""The moments that are tried lie ahead, the nearest first, whatever day it is."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from noxtasks.flake.cause import factors


def utc(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC).replace(tzinfo=None)


def clocks(now: datetime) -> list[datetime]:
    return [datetime.fromisoformat(factor.circumstances.clock or "") for factor in factors.moments(now)]


@given(st.integers(1_577_836_800, 2_145_830_400).map(utc))
def test_every_moment_is_later_than_now_and_they_come_in_order(now: datetime) -> None:
    found = clocks(now)
    assert found == sorted(found)
    assert all(moment >= now.replace(microsecond=0) for moment in found)
    assert len(found) >= 9
    assert any((moment.month, moment.day) == (2, 29) for moment in found)


def test_the_clock_is_set_just_before_daylight_saving_time_begins_and_ends() -> None:
    moments = factors.moments(utc(1_772_323_200))  # the first of March 2026
    found = {factor.name.partition(" (")[0]: factor.circumstances.clock for factor in moments}
    assert found["the clock at the start of daylight saving time in Europe"] == "2027-03-28 00:59:58"
    assert found["the clock at the end of daylight saving time in Europe"] == "2027-10-31 00:59:58"
