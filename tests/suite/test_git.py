from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from noxtasks.suite import git

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="needs git")


def test_git_answers_in_the_folder_whatever_a_hook_has_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    output = git.output_in(tmp_path)
    assert output(["git", "init", "--quiet"]) == b""
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
    assert output(["git", "rev-parse", "--is-inside-work-tree"]) == b"true\n"


def test_a_refusal_of_git_is_none(tmp_path: Path) -> None:
    assert git.output_in(tmp_path)(["git", "no-such-command"]) is None
