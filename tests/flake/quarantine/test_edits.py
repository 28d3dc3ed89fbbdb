"""Files are changed each in one step, with their permissions, and none that has changed meanwhile."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from noxtasks.errors import ConfigurationError, NotMeasuredError
from noxtasks.flake.quarantine import edits
from noxtasks.flake.quarantine.edits import Edit

PATCH = shutil.which("patch")


def test_files_are_written_made_and_removed(tmp_path: Path) -> None:
    (tmp_path / "old.py").write_bytes(b"old\r\n")
    (tmp_path / "old.py").chmod(0o750)
    (tmp_path / "gone.toml").write_bytes(b"gone")
    edits.write(
        tmp_path,
        [
            Edit(path="old.py", before=b"old\r\n", after=b"new\r\n"),
            Edit(path="made.toml", before=b"", after=b"made"),
            Edit(path="gone.toml", before=b"gone", after=b""),
        ],
    )
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"old.py": b"new\r\n", "made.toml": b"made"}
    if os.name == "posix":
        assert (tmp_path / "old.py").stat().st_mode & 0o777 == 0o750


@pytest.mark.skipif(os.name != "posix", reason="links need rights elsewhere")
def test_a_link_stays_one(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "a.py").write_bytes(b"old")
    (tmp_path / "a.py").symlink_to("real/a.py")
    edits.write(tmp_path, [Edit(path="a.py", before=b"old", after=b"new")])
    assert (tmp_path / "a.py").is_symlink()
    assert (tmp_path / "real" / "a.py").read_bytes() == b"new"


def test_nothing_is_written_where_one_file_has_changed_meanwhile(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_bytes(b"a")
    (tmp_path / "b.py").write_bytes(b"meanwhile")
    planned = [Edit(path=f"{name}.py", before=name.encode(), after=b"new") for name in "ab"]
    with pytest.raises(ConfigurationError, match="it has changed meanwhile"):
        edits.write(tmp_path, planned)
    assert (tmp_path / "a.py").read_bytes() == b"a"


def test_what_was_written_before_a_failure_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_bytes(b"a")
    planned = [Edit(path="a.py", before=b"a", after=b"new"), Edit(path="no/b.py", before=b"", after=b"new")]
    with pytest.raises(NotMeasuredError, match="it cannot be written") as caught:
        edits.write(tmp_path, planned)
    assert caught.value.remedy == "Written before it: a.py."
    assert [path.name for path in tmp_path.iterdir()] == ["a.py"]


@pytest.mark.functional
@pytest.mark.skipif(PATCH is None, reason="there is no patch")
@pytest.mark.parametrize(
    ("before", "after"), [(b"a\nb\n", b"a\nc\n"), (b"a\nb", b"a\nb\nc"), (b"", b"a\n"), (b"a\n", b"")]
)
def test_the_diff_is_one_that_patch_takes(tmp_path: Path, before: bytes, after: bytes) -> None:
    if before:
        (tmp_path / "a.txt").write_bytes(before)
    text = edits.diff([Edit(path="a.txt", before=before, after=after)])
    subprocess.run([PATCH or "", "-p1", "-s"], cwd=tmp_path, input=text.encode(), check=True)
    assert edits.content_of(tmp_path / "a.txt") == after


def test_the_files_with_marks_are_found_but_for_environments_and_reports(tmp_path: Path) -> None:
    for name in ("tests/test_b.py", "test_a.py", ".venv/x.py", "env/lib/x.py", "out/x.py", "a.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("@pytest.mark.flaky_quarantine")
    (tmp_path / "env" / "pyvenv.cfg").touch()
    (tmp_path / "test_c.py").write_text("nothing")
    assert list(edits.marked_files(tmp_path, "out")) == ["test_a.py", "tests/test_b.py"]
