"""Only what git can give back is edited."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from noxtasks.errors import ConfigurationError
from noxtasks.markers.migration import transaction
from noxtasks.suite.edits import Edit

GIT = shutil.which("git")
pytestmark = [
    pytest.mark.functional,
    pytest.mark.skipif(GIT is None, reason="no git here"),
]

EDIT = Edit(path="a.py", before=b"a\n", after=b"b\n")


def git(root: Path, *arguments: str) -> None:
    names = ("GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL", "GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL")
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    env = {**kept, **dict.fromkeys(names, "t@example.org"), "GIT_CONFIG_NOSYSTEM": "1", "HOME": str(root)}
    subprocess.run([GIT or "", "-C", str(root), *arguments], check=True, capture_output=True, env=env)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    root.mkdir()
    for name in ("a.py", "other.py", "reports/old.json", "ignored.py"):
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_bytes(b"a\n")
    (root / ".gitignore").write_text("ignored.py\n")
    git(root, "init", "-q")
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "all")
    return root


def test_a_clean_tree_is_edited_and_rolled_back(root: Path) -> None:
    with transaction.carried_out(root, [EDIT]) as written:
        assert (root / "a.py").read_bytes() == b"b\n"
        written.roll_back()
    assert (root / "a.py").read_bytes() == b"a\n"
    with transaction.carried_out(root, [EDIT]):
        pass
    assert (root / "a.py").read_bytes() == b"b\n"


def test_reports_and_untracked_files_are_no_dirt(root: Path) -> None:
    (root / "reports" / "old.json").write_text("changed")
    (root / "reports" / "new.json").write_text("new")
    (root / ".noxtasks").mkdir()
    (root / ".noxtasks" / "history.db").touch()
    (root / "notes.txt").touch()
    transaction.check_clean(root, ["a.py", "made.ini"])
    transaction.check_clean(root, ["a.py"], reports=Path("reports"))
    with pytest.raises(ConfigurationError, match=r"reports/old\.json"):
        transaction.check_clean(root, ["a.py"], reports=Path("out"))


@pytest.mark.parametrize("stage", [False, True])
def test_a_changed_file_is_refused_even_where_no_edit_touches_it(root: Path, stage: bool) -> None:
    (root / "other.py").write_text("changed")
    if stage:
        git(root, "add", "-A")
    with (
        pytest.raises(ConfigurationError, match=r"differs from the last commit: other\.py"),
        transaction.carried_out(root, [EDIT]),
    ):
        pass
    assert (root / "a.py").read_bytes() == b"a\n"


@pytest.mark.parametrize("name", ["new.py", "ignored.py"])
def test_a_file_that_git_does_not_hold_is_not_edited(root: Path, name: str) -> None:
    (root / name).write_bytes(b"a\n")
    with pytest.raises(ConfigurationError, match=rf"git does not hold what would be edited: {name}"):
        transaction.check_clean(root, ["a.py", name])


def test_a_tree_without_git_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="no git repository"):
        transaction.check_clean(tmp_path, ["a.py"])


def test_a_folder_of_a_repository_is_judged_by_itself(root: Path) -> None:
    (root / "part").mkdir()
    (root / "part" / "c.py").write_text("c")
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "part")
    (root / "a.py").write_text("changed")
    transaction.check_clean(root / "part", ["c.py"])


def test_a_link_is_left_to_a_person(root: Path) -> None:
    (root / "a.py").unlink()
    (root / "a.py").symlink_to("other.py")
    git(root, "commit", "-q", "-am", "linked")
    with pytest.raises(ConfigurationError, match=r"link: a\.py"):
        transaction.check_clean(root, ["a.py"])
