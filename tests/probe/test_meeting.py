"""Two processes meet where they use the same thing, and nobody waits for one that is over."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from noxtasks.probe.noxtasks_probe.meeting import Meeting


def meeting(place: Path | str = "", **wish: Any) -> Meeting:
    usual = {
        "name": "1",
        "resources": ["/x", "80/tcp"],
        "changes": False,
        "is_slow": False,
        "lags": False,
        "step_s": 0.0,
        "seed": 1,
    }
    return Meeting({**usual, "place": str(place), **wish})


def names(place: Path) -> list[str]:
    return sorted(path.name for path in place.iterdir())


def test_who_comes_second_waits_for_nobody(tmp_path: Path) -> None:
    (tmp_path / "2").touch()
    meeting(tmp_path)(("file", "/x", "read"))
    assert names(tmp_path) == ["1", "2"]


@pytest.mark.parametrize(
    "use", [("file", "/y", "write"), ("file", "/x/deep/y", "write"), ("folder", "/y", "remove"), ("file", "/", "read")]
)
def test_what_is_not_shared_is_no_place_to_meet(use: tuple[str, str, str], tmp_path: Path) -> None:
    meeting(tmp_path)(use)
    assert names(tmp_path) == []


@pytest.mark.parametrize(
    "use",
    [("file", "/x/y", "create"), ("folder", "/deep", "remove"), ("port", "80/tcp", "create"), ("file", "/x", "read")],
)
def test_the_thing_what_is_in_it_and_what_takes_it_away_are(use: tuple[str, str, str], tmp_path: Path) -> None:
    (tmp_path / "2").touch()
    meeting(tmp_path, resources=["/x", "80/tcp", "/deep/x"])(use)
    assert names(tmp_path) == ["1", "2"]


def test_who_changes_it_waits_there(tmp_path: Path) -> None:
    (tmp_path / "2").touch()
    changing = meeting(tmp_path, changes=True)
    changing(("file", "/x", "read"))
    assert names(tmp_path) == ["2"]
    changing(("file", "/x", "write"))
    assert names(tmp_path) == ["1", "2"]


def test_who_is_over_says_so(tmp_path: Path) -> None:
    meeting(tmp_path).over()
    assert names(tmp_path) == ["1"]


def test_slow_motion_ends_by_itself(tmp_path: Path) -> None:
    before = sys.getprofile()
    if before is not None:
        pytest.skip("something else profiles this process")
    meeting(is_slow=True)(("file", "/x", "read"))
    assert sys.getprofile() is not None
    for number in range(500):
        str(number).encode()
    assert sys.getprofile() is None
