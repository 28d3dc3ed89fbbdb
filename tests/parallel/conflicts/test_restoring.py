"""Whatever trials do to what is shared, before the next it is as it was."""

from __future__ import annotations

import shutil
import socket
import sys
import tempfile
from pathlib import Path

import pytest

from noxtasks.parallel.conflicts import restoring
from noxtasks.parallel.conflicts.restoring import Kept

ROOT = Path(__file__).parent


def test_a_file_gets_its_content_back_and_one_that_was_not_there_goes(tmp_path: Path) -> None:
    there, new = tmp_path / "there", tmp_path / "new"
    there.write_bytes(b"before")
    there.chmod(0o640)
    kept = Kept([str(there), str(new)], root=ROOT)
    for content in (b"after", b""):
        there.unlink()
        there.write_bytes(content)
        new.write_bytes(content)
        kept.put_back()
        assert there.read_bytes() == b"before"
        assert there.stat().st_mode & 0o777 == 0o640
        assert not new.exists()


def test_a_folder_has_again_what_it_had_and_no_more(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    (folder / "deep").mkdir(parents=True)
    (folder / "deep" / "x").write_text("x")
    kept = Kept([str(folder)], root=ROOT)
    (folder / "more").mkdir()
    (folder / "more" / "y").write_text("y")
    kept.put_back()
    assert [path.name for path in sorted(folder.rglob("*"))] == ["deep", "x"]
    shutil.rmtree(folder)
    kept.put_back()
    assert (folder / "deep" / "x").read_text() == "x"


@pytest.mark.skipif(sys.platform == "win32", reason="it has no such sockets")
def test_a_socket_that_was_left_goes() -> None:
    with tempfile.TemporaryDirectory(dir="/tmp") as folder, socket.socket(socket.AF_UNIX) as server:  # short enough
        path = Path(folder) / "s"
        kept = Kept([str(path)], root=ROOT)
        server.bind(str(path))
        kept.put_back()
        assert not path.exists()


def test_names_that_are_no_paths_and_what_is_too_large_are_left_alone(tmp_path: Path) -> None:
    for number in range(501):
        (tmp_path / str(number)).touch()
    kept = Kept(["80/tcp", "/", str(tmp_path)], root=ROOT)
    (tmp_path / "new").touch()
    kept.put_back()
    assert (tmp_path / "new").exists()


def test_a_large_file_that_tests_replace_is_not_emptied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(restoring, "_MOST_BYTES", 10)
    (tmp_path / "large").write_bytes(b"0123456789ab")
    kept = Kept([str(tmp_path / "large"), str(tmp_path)], root=ROOT)
    (tmp_path / "large").write_bytes(b"small")
    (tmp_path / "new").touch()
    kept.put_back()
    assert (tmp_path / "large").read_bytes() == b"small"
    assert (tmp_path / "new").exists()


def test_what_people_change_in_the_project_meanwhile_stays(tmp_path: Path) -> None:
    source = tmp_path / "source.py"
    source.write_text("before")
    kept = Kept([str(tmp_path), str(tmp_path.parent)], root=tmp_path)
    source.write_text("after")
    (tmp_path / "new.py").touch()
    kept.put_back()
    assert source.read_text() == "after"
    assert (tmp_path / "new.py").exists()
