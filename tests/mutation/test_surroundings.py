"""The content of a project is read as far as it is content."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from noxtasks.mutation import content, surroundings

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="links and pipes")


def test_what_is_no_regular_file_is_not_opened(tmp_path: Path) -> None:
    (tmp_path / "data.bin").write_bytes(b"1")
    (tmp_path / "device.bin").symlink_to(os.devnull)
    (tmp_path / "device.py").symlink_to(os.devnull)
    (tmp_path / "nowhere").symlink_to("gone")
    project = surroundings.read(tmp_path)
    assert project.digests == {"data.bin": content.digest_of_bytes(b"1")}
    assert project.data == {}


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


def test_what_has_two_names_is_known_by_both(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "rates.json").write_text("{}")
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "data").symlink_to("../data")
    assert surroundings.read(tmp_path).digests.keys() == {"data/rates.json", "tests/data/rates.json"}
