from __future__ import annotations

import sys
from pathlib import Path

import pytest

from noxtasks.errors import ConfigurationError
from noxtasks.suite.interpreter import find

PLACE = Path("Scripts", "python.exe") if sys.platform == "win32" else Path("bin", "python")


def environment(folder: Path) -> Path:
    python = folder / PLACE
    python.parent.mkdir(parents=True)
    python.touch(mode=0o755)
    return python


def test_the_active_environment_comes_before_those_in_the_project(tmp_path: Path) -> None:
    active = environment(tmp_path / "active")
    dotted = environment(tmp_path / "project" / ".venv")
    plain = environment(tmp_path / "project" / "venv")
    root = tmp_path / "project"
    assert find(root, None, {"VIRTUAL_ENV": str(tmp_path / "active")}) == active
    assert find(root, None, {"VIRTUAL_ENV": str(tmp_path / "gone")}) == dotted
    dotted.unlink()
    assert find(root, None, {"VIRTUAL_ENV": ""}) == plain


def test_without_any_it_says_what_to_give(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"(?s)--python: .*--python path/to/venv"):
        find(tmp_path, None, {})


def test_a_path_a_name_and_an_environment_can_be_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    python = environment(tmp_path / "venv")
    monkeypatch.chdir(tmp_path)
    assert find(tmp_path, str(Path("venv") / PLACE), {}) == python
    assert find(tmp_path, "venv", {}) == python
    monkeypatch.setenv("PATH", str(python.parent))
    assert find(tmp_path, "python", {}) == python


@pytest.mark.skipif(sys.platform == "win32", reason="links")
def test_links_are_not_followed_or_the_environment_would_be_lost(tmp_path: Path) -> None:
    link = tmp_path / "venv" / PLACE
    link.parent.mkdir(parents=True)
    link.symlink_to(sys.executable)
    assert find(tmp_path, None, {}) == link
    assert find(tmp_path, str(link), {}) == link


@pytest.mark.parametrize("given", ["no-such-python", "folder", "text"])
def test_what_is_no_interpreter_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: str) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "text").write_text("")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigurationError, match=f"--python: there is no interpreter {given}"):
        find(tmp_path, given, {})


def test_what_can_be_no_path_is_no_interpreter(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="there is no interpreter aaa"):
        find(tmp_path, "a" * 5000, environ={})
