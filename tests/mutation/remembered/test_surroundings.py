"""What trials rest on: a project is read as far as it is content, and what is not there counts when it comes."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from noxtasks.mutation.remembered import content, surroundings
from noxtasks.mutation.remembered.surroundings import Project
from noxtasks.suite.model import Touched

posix = pytest.mark.skipif(sys.platform == "win32", reason="links and pipes")


@posix
def test_what_is_no_regular_file_is_not_opened(tmp_path: Path) -> None:
    (tmp_path / "data.bin").write_bytes(b"1")
    (tmp_path / "device.bin").symlink_to(os.devnull)
    (tmp_path / "device.py").symlink_to(os.devnull)
    (tmp_path / "nowhere").symlink_to("gone")
    project = surroundings.read(tmp_path)
    assert project.digests == {"data.bin": content.digest_of_bytes(b"1")}
    assert project.data == {}


@posix
def test_links_are_followed_but_not_upwards(tmp_path: Path) -> None:
    root, beside = tmp_path / "project", tmp_path / "beside"
    (root / "inner").mkdir(parents=True)
    beside.mkdir()
    (beside / "shared.py").write_text("x = 1\n")
    (tmp_path / "above.py").touch()
    (root / "shared").symlink_to(beside)
    (root / "inner" / "above").symlink_to(tmp_path)
    (root / "inner" / "again").symlink_to(root)
    assert list(surroundings.read(root).data) == ["shared/shared.py"]


@posix
def test_what_has_two_names_is_known_by_both(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "rates.json").write_text("{}")
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "data").symlink_to("../data")
    assert surroundings.read(tmp_path).digests.keys() == {"data/rates.json", "tests/data/rates.json"}


def project(**files: str) -> Project:
    return Project(digests={name.replace("_", "/"): digest for name, digest in files.items()}, data={})


def test_a_name_of_what_is_not_there_makes_no_difference() -> None:
    """Hypothesis, for one, writes through temporary files, with a new name in each process."""
    one = Touched(read=("data", "cache/.tmp-1"), listed=("cache/1",))
    other = Touched(read=("cache/.tmp-2", "data"), listed=("cache/2",))
    assert project(data="d").digest(one) == project(data="d").digest(other)


@pytest.mark.parametrize("now", [{"data": "d", "more": "m"}, {}, {"data": "e"}, {"data": "d", "folder_new": "n"}])
def test_what_comes_goes_or_changes_does(now: dict[str, str]) -> None:
    touched = Touched(read=("data", "more"), listed=("folder",))
    assert project(**now).digest(touched) != project(data="d").digest(touched)
