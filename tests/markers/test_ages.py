"""How long a marker has been without use."""

from __future__ import annotations

from datetime import UTC, date, datetime

from noxtasks.markers import ages
from noxtasks.markers.log import History, MarkerHistory
from noxtasks.markers.model import Age

TODAY = date(2026, 3, 1)
IMPORTED = datetime(2020, 1, 1, tzinfo=UTC)
LATER = datetime(2026, 1, 30, 23, tzinfo=UTC)


def age(marker: MarkerHistory) -> Age:
    return ages.ages(History(markers={"slow": marker}, since=IMPORTED), ["slow", "fast"], today=TODAY)["slow"]


def test_a_marker_is_idle_since_its_last_use() -> None:
    assert age(MarkerHistory(first_use=IMPORTED, last_use=LATER, registered=IMPORTED)) == Age(
        registered=None, first_use=None, last_use="2026-01-30", idle_days=30
    )


def test_a_marker_that_was_never_used_is_idle_since_its_registration() -> None:
    assert age(MarkerHistory(registered=LATER)) == Age(registered="2026-01-30", idle_days=30)


def test_the_age_of_what_came_with_the_first_commit_is_not_known() -> None:
    assert age(MarkerHistory(registered=IMPORTED, first_use=IMPORTED, last_use=IMPORTED)) == Age()
