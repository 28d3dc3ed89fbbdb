"""`noxtasks init` adds what a project needs, asks first, and loses nothing."""

from __future__ import annotations

import io
import tomllib
from pathlib import Path

import pytest

from noxtasks.errors import ConfigurationError, ExitCode
from noxtasks.governance import adopt, rules


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def files(root: Path) -> dict[str, str]:
    return {path.relative_to(root).as_posix(): path.read_text("utf-8") for path in root.rglob("*") if path.is_file()}


def test_an_empty_project_gets_a_noxfile_a_configuration_and_a_workflow(tmp_path: Path) -> None:
    assert adopt.run(tmp_path, yes=False, answers=Terminal("y\n")) is ExitCode.NOTHING_FOUND
    written = files(tmp_path)
    assert set(written) == {rules.NOXFILE, rules.CONFIGURATION, rules.WORKFLOW}
    assert written[rules.NOXFILE] == "import noxtasks\n\nnoxtasks.register()\n"
    assert "noxtasks" in tomllib.loads(written[rules.CONFIGURATION])["tool"]
    assert "nox -s flake" in written[rules.WORKFLOW]


def test_what_is_there_stays_and_a_second_time_changes_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    noxfile = '"""Ours."""\n\nimport nox  # with a comment\n\n\n@nox.session\ndef docs(session):\n    pass\n'
    project = '[project]\nname = "x"  # ours\n\n[tool.ruff]\nline-length = 99'
    (tmp_path / "noxfile.py").write_text(noxfile)
    (tmp_path / "pyproject.toml").write_text(project)
    (tmp_path / ".gitignore").write_text("dist\nreports\n")
    adopt.run(tmp_path, yes=True, answers=io.StringIO())
    written = files(tmp_path)
    assert written["noxfile.py"] == noxfile.replace("comment\n", "comment\nimport noxtasks\n\nnoxtasks.register()\n")
    assert written["pyproject.toml"].startswith(project + "\n\n[tool.noxtasks]\n")
    assert written[".gitignore"] == "dist\nreports\n.noxtasks/\n"
    capsys.readouterr()
    adopt.run(tmp_path, yes=False, answers=io.StringIO())
    assert files(tmp_path) == written
    assert "is set up here" in capsys.readouterr().out


@pytest.mark.parametrize("answer", ["n\n", "\n", "", "maybe\n"])
def test_without_a_yes_nothing_is_written(tmp_path: Path, answer: str, capsys: pytest.CaptureFixture[str]) -> None:
    adopt.run(tmp_path, yes=False, answers=Terminal(answer))
    assert files(tmp_path) == {}
    assert "+noxtasks.register()" in capsys.readouterr().out


def test_where_nobody_can_be_asked_it_says_how_to_say_yes(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="--yes"):
        adopt.run(tmp_path, yes=False, answers=io.StringIO("y\n"))
    assert files(tmp_path) == {}


@pytest.mark.parametrize(
    ("name", "content"), [("noxfile.py", "def (:\n"), ("pyproject.toml", "[a\n"), ("pyproject.toml", "a = 1\na = 2\n")]
)
def test_a_file_that_cannot_be_read_as_what_it_is_is_named_and_nothing_is_written(
    tmp_path: Path, name: str, content: str
) -> None:
    (tmp_path / name).write_text(content)
    with pytest.raises(ConfigurationError, match=name):
        adopt.run(tmp_path, yes=True, answers=io.StringIO())
    assert files(tmp_path) == {name: content}


def test_a_file_that_cannot_be_written_leaves_all_as_it_was(tmp_path: Path) -> None:
    (tmp_path / ".github").write_text("a file, not a folder")
    with pytest.raises(Exception, match="cannot be"):
        adopt.run(tmp_path, yes=True, answers=io.StringIO())
    assert files(tmp_path) == {".github": "a file, not a folder"}


def test_the_register_call_that_is_there_already_is_enough() -> None:
    present = "import noxtasks\n\nnoxtasks.register(only=['flake'])\n"
    assert rules.noxfile(present) == present
