"""`noxtasks matrix lint` on a tree of files: which are read, what is said, and how it ends."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from noxtasks.config import MatrixSettings, Settings
from noxtasks.errors import ConfigurationError, ExitCode
from noxtasks.matrix import lint


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name, text in {
        "shop/stop.py": "import os, signal\n\ndef stop(pid):\n    os.kill(pid, signal.SIGKILL)\n",
        "tests/test_stop.py": "def test_stop():\n    open('names.txt').read()\n",
        ".venv/lib/site.py": "import fcntl\n",
        "build/lib/shop/stop.py": "import fcntl\n",
        "data.txt": "import fcntl\n",
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, "utf-8")
    return tmp_path


def test_the_projects_own_files_are_read_and_told_by_kind(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert lint.run(root, Settings()) is ExitCode.FOUND
    said = capsys.readouterr().out
    assert "shop/stop.py:4  os.kill(pid, signal.SIGKILL)" in said
    assert "tests/test_stop.py:2  open('names.txt').read()" in said
    assert '-> Say encoding="utf-8".' in said
    assert "2 files: 2 findings" in said
    assert all(len(line) <= 80 for line in said.splitlines())


def test_with_paths_those_alone(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert lint.run(root, Settings(), [root / "tests"]) is ExitCode.FOUND
    assert "1 file: 1 finding" in capsys.readouterr().out


def test_kinds_that_are_none_of_your_business_are_left_out(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings = Settings(matrix=MatrixSettings(ignore=("encoding", "system-call")))
    assert lint.run(root, settings) is ExitCode.NOTHING_FOUND
    assert "2 files: 0 findings, 2 ignored" in capsys.readouterr().out


@pytest.mark.parametrize("path", ["nowhere", ".."])
def test_a_path_that_is_not_there_or_not_in_the_project_is_a_mistake(root: Path, path: str) -> None:
    with pytest.raises(ConfigurationError):
        lint.run(root, Settings(), [root / path])


@pytest.mark.functional
def test_what_git_ignores_is_not_read(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    subprocess.run(["git", "init", "-q", str(root)], check=True)  # noqa: S607 - found on the path, as users find it
    (root / ".gitignore").write_text("shop/\n.venv/\nbuild/\n", "utf-8")
    assert lint.run(root, Settings()) is ExitCode.FOUND
    assert "1 file: 1 finding" in capsys.readouterr().out


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="Windows has no named pipes")
def test_a_pipe_is_no_file_and_one_that_is_too_large_is_told(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    os.mkfifo(root / "pipe.py")
    with (root / "large.py").open("wb") as file:
        file.truncate((4 << 20) + 1)
    lint.run(root, Settings())
    said = capsys.readouterr().out
    assert "3 files: 2 findings" in said
    assert "large.py" in said


def test_github_has_warnings_beside_the_lines(
    root: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary.md"))
    lint.run(root, Settings())
    assert "::warning file=shop/stop.py,line=4,title=portable%3A system-call::signal.SIGKILL" in capsys.readouterr().out
    assert (tmp_path / "summary.md").read_text("utf-8").startswith("### matrix lint: 2 findings")
