"""Whatever trials do to what is shared, before the next it is as it was."""

from __future__ import annotations

import shutil
import socket
import sys
import tempfile
from pathlib import Path

import pytest

from noxtasks.parallel.conflicts.restoring import Kept


def test_a_file_gets_its_content_back_and_one_that_was_not_there_goes(tmp_path: Path) -> None:
    there, new = tmp_path / "there", tmp_path / "new"
    there.write_bytes(b"before")
    there.chmod(0o640)
    kept = Kept([str(there), str(new)])
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
    kept = Kept([str(folder)])
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
        kept = Kept([str(path)])
        server.bind(str(path))
        kept.put_back()
        assert not path.exists()


def test_names_that_are_no_paths_and_what_is_too_large_are_left_alone(tmp_path: Path) -> None:
    for number in range(501):
        (tmp_path / str(number)).touch()
    kept = Kept(["80/tcp", "/", str(tmp_path)])
    (tmp_path / "new").touch()
    kept.put_back()
    assert (tmp_path / "new").exists()
