from __future__ import annotations

import os
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from noxtasks.markers.log import History, MarkerHistory, read_history

GIT = shutil.which("git") or ""
pytestmark = [pytest.mark.functional, pytest.mark.skipif(not GIT, reason="needs git")]


def day(number: int) -> datetime:
    return datetime(2024, 1, number, tzinfo=UTC)


class Repository:
    """A repository with one commit on each day that something was written."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.do("init", "-q")

    def do(self, *arguments: str, when: datetime | None = None) -> None:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
        date = (when or day(1)).isoformat()
        names = ("GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL", "GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL")
        env = {**kept, **dict.fromkeys(names, "t@example.org"), "GIT_AUTHOR_DATE": date, "GIT_COMMITTER_DATE": date}
        subprocess.run([GIT, *arguments], cwd=self.root, env=env, check=True)

    def commit(self, number: int, **files: str) -> None:
        for name, text in files.items():
            (self.root / name.replace("__", ".")).write_text(text)
        self.do("add", "-A")
        self.do("commit", "-q", "--allow-empty", "-m", "c", when=day(number))


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path)


def test_uses_and_registrations_have_their_days(repository: Repository, tmp_path: Path) -> None:
    repository.commit(1, readme="x\n")
    repository.commit(2, pytest__ini="[pytest]\nmarkers =\n    slow: x\n    fast\n")
    repository.commit(3, test_x__py="@pytest.mark.slow\ndef test_x(): pass\n")
    repository.commit(4, test_x__py="@pytest.mark.slow()\ndef test_x(): pass\n")
    repository.commit(5, test_x__py="def test_x(): pass\n", run__sh="pytest -m 'not fast'\n")
    repository.commit(6, readme="y\n")
    history = read_history(tmp_path, {"slow", "fast", "never"})
    assert history.complete
    assert history.since == day(1)
    assert history.markers == {
        "slow": MarkerHistory(first_use=day(3), last_use=day(5), last_removed=day(5), registered=day(2)),
        "fast": MarkerHistory(first_use=day(5), last_use=day(5), registered=day(2)),
    }


def test_a_line_that_was_edited_was_not_removed(repository: Repository, tmp_path: Path) -> None:
    repository.commit(1, test_x__py="@pytest.mark.slow\n")
    repository.commit(2, test_x__py="@pytest.mark.slow  # why\n")
    assert read_history(tmp_path, {"slow"}).markers == {"slow": MarkerHistory(first_use=day(1), last_use=day(2))}


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("pyproject__toml", '[tool.pytest.ini_options]\nmarkers = ["slow: x"]\n'),
        ("pyproject__toml", "[tool.pytest.ini_options]\nmarkers = [\n  'slow(reason): x',\n]\n"),
        ("setup__cfg", "[tool:pytest]\nmarkers = slow: x\n"),
        ("conftest__py", 'def f(c): c.addinivalue_line("markers", "slow: x")\n'),
    ],
)
def test_a_registration_is_found_wherever_it_was(repository: Repository, tmp_path: Path, name: str, line: str) -> None:
    repository.commit(1, **{name: line})
    repository.commit(2, **{name: "\n"})
    assert read_history(tmp_path, {"slow"}).markers["slow"].registered == day(1)


def test_a_shallow_clone_is_not_the_whole_history(repository: Repository, tmp_path: Path) -> None:
    repository.commit(1, test_x__py="@pytest.mark.slow\n")
    repository.commit(2, test_x__py="\n")
    clone = tmp_path / "clone"
    repository.do("clone", "-q", "--depth", "1", tmp_path.as_uri(), str(clone))
    history = read_history(clone, {"slow"})
    assert not history.complete
    assert history.since == day(2)


def test_time_that_is_up_leaves_history_unknown_and_says_so(repository: Repository, tmp_path: Path) -> None:
    repository.commit(1, test_x__py="@pytest.mark.slow\n")
    history = read_history(tmp_path, {"slow"}, timeout_s=0)
    assert (history.markers, history.complete) == ({}, False)


def test_without_a_repository_nothing_is_known(tmp_path: Path) -> None:
    assert read_history(tmp_path, {"slow"}) == History()


def test_before_the_first_commit_nothing_is_known(repository: Repository, tmp_path: Path) -> None:
    assert read_history(tmp_path, {"slow"}) == History()
