"""Files are changed each in one step, with their permissions, and none that has changed meanwhile."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from noxtasks.errors import ConfigurationError, NotMeasuredError
from noxtasks.suite import edits
from noxtasks.suite.edits import Edit

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


def test_nothing_is_written_where_one_file_cannot_be(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_bytes(b"a")
    planned = [Edit(path="a.py", before=b"a", after=b"new"), Edit(path=f"no/{'b' * 300}", before=b"", after=b"new")]
    with pytest.raises((ConfigurationError, NotMeasuredError), match="it cannot be"):
        edits.write(tmp_path, planned)
    assert [path.name for path in tmp_path.iterdir()] == ["a.py"]
    assert (tmp_path / "a.py").read_bytes() == b"a"


CHANGES = [
    Edit(path="old.py", before=b"old\r\n", after=b"new\r\n"),
    Edit(path="far/off/made.toml", before=b"", after=b"made"),
    Edit(path="empty", before=b"", after=b"filled"),
    Edit(path="gone.toml", before=b"gone", after=b""),
]


def seen(root: Path) -> dict[str, tuple[bytes, int]]:
    files = [path for path in root.rglob("*") if path.is_file()]
    return {path.relative_to(root).as_posix(): (path.read_bytes(), path.stat().st_mode) for path in files}


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    (tmp_path / "old.py").write_bytes(b"old\r\n")
    (tmp_path / "old.py").chmod(0o750)
    (tmp_path / "empty").touch()
    (tmp_path / "gone.toml").write_bytes(b"gone")
    (tmp_path / "gone.toml").chmod(0o600)
    return tmp_path


@pytest.mark.parametrize("raised", [KeyboardInterrupt, ValueError, OSError])
def test_an_exception_puts_every_byte_back(tree: Path, raised: type[BaseException]) -> None:
    before = seen(tree)
    meanwhile: dict[str, bytes] = {}

    def interrupted() -> None:
        with edits.carried_out(tree, CHANGES):
            meanwhile.update({name: content for name, (content, _) in seen(tree).items()})
            raise raised

    with pytest.raises(raised):
        interrupted()
    assert meanwhile == {edit.path: edit.after for edit in CHANGES if edit.after}
    assert seen(tree) == before


def test_a_change_is_rolled_back_on_request(tree: Path) -> None:
    before = seen(tree)
    with edits.carried_out(tree, CHANGES) as written:
        written.roll_back()
        assert seen(tree) == before
    assert seen(tree) == before
    assert not (tree / "far").exists()


def test_what_someone_else_has_written_meanwhile_is_not_overwritten(tree: Path) -> None:
    with edits.carried_out(tree, CHANGES) as written:
        (tree / "old.py").write_bytes(b"theirs")
        with pytest.raises(NotMeasuredError, match=r"old\.py was changed meanwhile, and is left so"):
            written.roll_back()
    assert (tree / "old.py").read_bytes() == b"theirs"
    assert (tree / "gone.toml").read_bytes() == b"gone"


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
