"""Two processes take turns where they use the same thing, and nobody waits for one that is over or cannot go on."""

from __future__ import annotations

import os
import sqlite3
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from noxtasks.probe.noxtasks_probe.meeting import Meeting

Use = tuple[str, str, str]
HERE = f"here-{os.getpid()}"


@pytest.fixture(autouse=True)
def _profile() -> Iterator[None]:
    before = sys.getprofile()
    yield
    sys.setprofile(before)


def meeting(place: Path | str = "", **wish: Any) -> Meeting:
    usual = {
        "name": "1",
        "resources": ["/x", "80/tcp"],
        "is_second": False,
        "stops": [],
        "patience_s": 0.0,
        "pause_s": 0.0,
    }
    return Meeting({**usual, "place": str(place), **wish})


def names(place: Path) -> list[str]:
    return sorted(path.name for path in place.iterdir())


@pytest.mark.parametrize(
    "use", [("file", "/y", "write"), ("file", "/x/deep/y", "write"), ("folder", "/y", "remove"), ("file", "/", "read")]
)
def test_what_is_not_shared_is_no_point(use: Use) -> None:
    alone = meeting()
    alone(use)
    assert alone.points == []


@pytest.mark.parametrize(
    "use",
    [("file", "/x/y", "create"), ("folder", "/deep", "remove"), ("port", "80/tcp", "create"), ("file", "/x", "read")],
)
def test_the_thing_what_is_in_it_and_what_takes_it_away_are(use: Use) -> None:
    alone = meeting(resources=["/x", "80/tcp", "/deep/x"])
    alone(use)
    assert alone.points == [use]


def test_the_test_itself_is_one_where_its_fixtures_have_used_it() -> None:
    alone = meeting()
    alone.pass_by()
    assert alone.points == []
    alone(("file", "/x", "read"))
    alone.pass_by()
    assert alone.points == [("file", "/x", "read"), ("test", "", "read")]


def test_who_stops_says_so_and_goes_on_when_the_other_is_over(tmp_path: Path) -> None:
    (tmp_path / "2.over").touch()
    first = meeting(tmp_path, stops=[1], patience_s=9.0)
    first(("file", "/x", "read"))
    assert names(tmp_path) == [f"1.{HERE}", "2.over"]
    first(("file", "/x", "write"))
    assert names(tmp_path) == ["1.gave-1", f"1.{HERE}", "2.over"]


def test_who_is_second_begins_when_the_first_has_stopped_and_stops_until_that_is_over(tmp_path: Path) -> None:
    (tmp_path / "1.gave-1").touch()
    second = meeting(tmp_path, name="2", is_second=True, stops=[1], patience_s=9.0)
    second(("file", "/x", "read"))
    (tmp_path / "1.over").touch()
    second(("file", "/x", "write"))
    assert names(tmp_path) == ["1.gave-1", "1.over", "2.gave-1", f"2.{HERE}"]


def test_nobody_waits_for_one_that_cannot_go_on(tmp_path: Path) -> None:
    (tmp_path / "2.here-0").touch()
    first = meeting(tmp_path, stops=[0, 1], patience_s=0.01)
    first(("file", "/x", "read"))
    first(("file", "/x", "write"))
    assert names(tmp_path) == ["1.gave-1", f"1.{HERE}", "1.stuck", "2.here-0"]


def test_who_is_over_says_so(tmp_path: Path) -> None:
    meeting(tmp_path).over()
    assert names(tmp_path) == ["1.over"]


def test_reads_and_writes_and_the_end_of_an_open_file_are_points(tmp_path: Path) -> None:
    place = tmp_path.resolve() / "x"
    alone = meeting(resources=[str(place)])
    alone(("file", str(place), "create"))
    with place.open("w") as file:
        file.write("x")
    file = place.open()
    file.read()
    file.close()
    sys.setprofile(None)
    hows = [how for _, name, how in alone.points if name == str(place)]
    assert hows == ["create", "write", "write", "read", "read"]


def test_what_is_done_with_a_database_is_a_point(tmp_path: Path) -> None:
    alone = meeting(resources=["/x"])
    alone(("database", "/x", "read"))
    database = sqlite3.connect(tmp_path / "x")
    database.execute("SELECT 1").fetchone()
    database.close()
    sys.setprofile(None)
    assert [how for *_, how in alone.points] == ["read", "write", "read", "write"]


def test_calls_are_looked_at_for_a_while(tmp_path: Path) -> None:
    if sys.getprofile() is not None:
        pytest.skip("something else profiles this process")
    meeting()(("file", "/x", "read"))
    assert sys.getprofile() is not None
    for number in range(3000):
        str(number).encode()
    assert sys.getprofile() is None
