"""`noxtasks init` adds what a project needs, asks first, and loses nothing."""

from __future__ import annotations

import io
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

from noxtasks.cli import build_parser
from noxtasks.errors import ConfigurationError, ExitCode, InterruptedRunError, NotMeasuredError
from noxtasks.governance import adopt, ci, noxfile, pyproject, template
from noxtasks.governance.checking.model import DIMENSIONS


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def files(root: Path) -> dict[str, str]:
    return {path.relative_to(root).as_posix(): path.read_text("utf-8") for path in root.rglob("*") if path.is_file()}


def test_an_empty_project_gets_a_noxfile_a_configuration_and_a_workflow(tmp_path: Path) -> None:
    assert adopt.run(tmp_path, yes=False, answers=Terminal("y\n")) is ExitCode.NOTHING_FOUND
    written = files(tmp_path)
    assert set(written) == {noxfile.NAME, pyproject.NAME, ci.WORKFLOW}
    assert written[noxfile.NAME] == "import noxtasks\n\nnoxtasks.register()\n"
    settings = tomllib.loads(written[pyproject.NAME])["tool"]["noxtasks"]
    assert settings["matrix"]["workflow"] == ci.WORKFLOW
    assert "nox -s matrix" in written[ci.WORKFLOW]


def test_a_project_on_gitlab_gets_jobs_for_gitlab_and_its_own_stay(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "x"\nrequires-python = ">=3.12"\n')
    (tmp_path / ci.PIPELINE).write_text("pages:\n  script: make\n")
    adopt.run(tmp_path, yes=True, answers=io.StringIO())
    written = files(tmp_path)
    assert set(written) == {noxfile.NAME, pyproject.NAME, ci.JOBS, ci.PIPELINE}
    assert written[ci.PIPELINE] == "pages:\n  script: make\n\ninclude:\n  - local: /.gitlab/noxtasks.yml\n"
    cells = tomllib.loads(written[pyproject.NAME])["tool"]["noxtasks"]["matrix"]["cells"]
    assert cells == ["linux-3.12", "linux-3.13", "linux-3.14"]
    adopt.run(tmp_path, yes=True, answers=io.StringIO())
    assert files(tmp_path) == written


@pytest.mark.functional
def test_where_no_file_says_it_the_remote_does_and_the_option_before_both(tmp_path: Path) -> None:
    for arguments in (["init", "-q"], ["remote", "add", "origin", "git@gitlab.com:a/b.git"]):
        subprocess.run([shutil.which("git") or "git", *arguments], cwd=tmp_path, check=True)
    adopt.run(tmp_path, yes=True, answers=io.StringIO())
    assert (tmp_path / ci.JOBS).exists()
    adopt.run(tmp_path, yes=True, answers=io.StringIO(), host=ci.Host.GITHUB)
    assert (tmp_path / ci.WORKFLOW).exists()


def test_where_jobs_of_that_name_are_there_no_cells_are_expected_of_them(tmp_path: Path) -> None:
    (tmp_path / ".github" / "workflows").mkdir(parents=True)
    (tmp_path / ci.WORKFLOW).write_text("name: mine\n")
    adopt.run(tmp_path, yes=True, answers=io.StringIO())
    assert (tmp_path / ci.WORKFLOW).read_text() == "name: mine\n"
    assert "matrix" not in tomllib.loads((tmp_path / pyproject.NAME).read_text())["tool"]["noxtasks"]


@pytest.mark.functional
@pytest.mark.parametrize("host", list(ci.Host))
def test_below_the_root_of_a_repository_there_are_no_jobs_that_would_never_run(
    tmp_path: Path, host: ci.Host, capsys: pytest.CaptureFixture[str]
) -> None:
    subprocess.run([shutil.which("git") or "git", "init", "-q"], cwd=tmp_path, check=True)
    (tmp_path / "shop").mkdir()
    adopt.run(tmp_path / "shop", yes=True, answers=io.StringIO(), host=host)
    assert set(files(tmp_path / "shop")) == {noxfile.NAME, pyproject.NAME}
    assert "matrix" not in tomllib.loads((tmp_path / "shop" / pyproject.NAME).read_text())["tool"]["noxtasks"]
    assert "the root of the repository" in capsys.readouterr().out


@pytest.mark.parametrize("host", list(ci.Host))
@pytest.mark.parametrize(
    "present",
    [
        "import nox\n\n\n@nox.session\ndef flake(session):\n    pass\n",
        "import nox\n\n\n@nox.session(python=False, name='matrix')\ndef cells(session):\n    pass\n",
        "from nox import session\n\n\n@session()\ndef ladder(session):\n    pass\n",
    ],
)
def test_where_the_noxfile_has_a_session_of_our_name_all_of_ours_have_another(
    tmp_path: Path, present: str, host: ci.Host
) -> None:
    (tmp_path / noxfile.NAME).write_text(present)
    adopt.run(tmp_path, yes=True, answers=io.StringIO(), host=host, sessions=("flake", "matrix", "ladder"))
    written = files(tmp_path)
    assert written[noxfile.NAME].endswith('noxtasks.register(prefix="qa-")\n')
    jobs = written[ci.files(host)[0]]
    assert "nox -s qa-matrix -- record" in jobs
    assert "nox -s qa-markers qa-determinism qa-flake" in jobs
    assert "nox -s qa-ladder" in jobs


def test_the_jobs_run_the_sessions_by_the_names_that_they_have(tmp_path: Path) -> None:
    (tmp_path / noxfile.NAME).write_text("import noxtasks\n\nnoxtasks.register(prefix='x_')\n")
    adopt.run(tmp_path, yes=True, answers=io.StringIO())
    assert "nox -s x_matrix -- record" in files(tmp_path)[ci.WORKFLOW]


def test_what_is_there_stays_and_a_second_time_changes_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ours = '"""Ours."""\n\nimport nox  # with a comment\n\n\n@nox.session\ndef docs(session):\n    pass\n'
    project = '[project]\nname = "x"  # ours\n\n[tool.ruff]\nline-length = 99'
    (tmp_path / "noxfile.py").write_text(ours)
    (tmp_path / "pyproject.toml").write_text(project)
    (tmp_path / ".gitignore").write_text("dist\nreports\n")
    adopt.run(tmp_path, yes=True, answers=io.StringIO())
    written = files(tmp_path)
    assert (
        written["noxfile.py"] == ours.replace("comment\n", "comment\nimport noxtasks\n") + "\n\nnoxtasks.register()\n"
    )
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


def test_when_a_rename_fails_what_was_renamed_is_put_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "pyproject.toml").write_text("[project]\nname = 'x'\n")
    (tmp_path / ".gitignore").write_text("dist\n")
    before = files(tmp_path)
    replace = Path.replace

    def fail_at_the_last(self: Path, target: Path) -> Path:
        if target.name == ".gitignore":
            raise PermissionError(13, "Permission denied", str(target))
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", fail_at_the_last)
    with pytest.raises(NotMeasuredError, match=r"gitignore.*cannot be written"):
        adopt.run(tmp_path, yes=True, answers=io.StringIO())
    assert files(tmp_path) == before


def test_a_file_that_changes_while_we_ask_is_not_overwritten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def answer() -> str:
        (tmp_path / "noxfile.py").write_text("mine\n")
        return "yes\n"

    terminal = Terminal()
    monkeypatch.setattr(terminal, "readline", answer)
    with pytest.raises(ConfigurationError, match="changed meanwhile"):
        adopt.run(tmp_path, yes=False, answers=terminal)
    assert files(tmp_path) == {"noxfile.py": "mine\n"}


def test_an_interruption_at_the_question_writes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt() -> str:
        raise KeyboardInterrupt

    terminal = Terminal()
    monkeypatch.setattr(terminal, "readline", interrupt)
    with pytest.raises(InterruptedRunError):
        adopt.run(tmp_path, yes=False, answers=terminal)
    assert files(tmp_path) == {}


@pytest.mark.parametrize(
    ("present", "after"),
    [
        (
            "import nox\n\nnox.options.default_venv_backend = 'venv'\n",
            "import nox\nimport noxtasks\n\nnox.options.default_venv_backend = 'venv'\n\n\nnoxtasks.register()\n",
        ),
        ("import noxtasks\n", "import noxtasks\n\nnoxtasks.register()\n"),
        ('"""Doc."""\n', '"""Doc."""\n\nimport noxtasks\n\nnoxtasks.register()\n'),
        (
            "import nox\n\n\nif __name__ == '__main__':\n    nox.main()\n",
            "import nox\nimport noxtasks\n\nnoxtasks.register()\n\n\nif __name__ == '__main__':\n    nox.main()\n",
        ),
        ("import nox\r\n", "import nox\r\nimport noxtasks\r\n\r\nnoxtasks.register()\r\n"),
        ("from noxtasks import register\nregister()\n", "from noxtasks import register\nregister()\n"),
        (
            "import noxtasks\n\nnoxtasks.register(only=['flake'])\n",
            "import noxtasks\n\nnoxtasks.register(only=['flake'])\n",
        ),
        ("", "import noxtasks\n\nnoxtasks.register()\n"),
    ],
)
def test_the_call_stands_after_the_noxfiles_own_options_and_sessions(present: str, after: str) -> None:
    assert noxfile.registered(present) == after
    assert noxfile.registered(after) == after


@pytest.mark.parametrize(
    "present",
    [
        "[project]\nname = 'x'\n",
        "[tool.a]\nx = 1\n\n[project]\nname = 'x'\n\n[tool.b]\ny = 1\n# end",
        "tool.a.x = 1\n[project]\nname = 'x'\n",
        "[tool.a]\r\nx = 1\r\n",
        "",
    ],
)
def test_the_settings_are_added_and_nothing_else_is_touched(present: str) -> None:
    after = pyproject.configured(present)
    assert after.startswith(present)
    document = tomllib.loads(after)
    assert document["tool"].pop("noxtasks") == {"flake": {"budget": "5m"}}
    assert {key: value for key, value in document.items() if value} == tomllib.loads(present)
    assert ("\r\n" in after) == ("\r\n" in present)
    assert pyproject.configured(after) == after


def test_an_inline_table_that_takes_no_more_is_named() -> None:
    with pytest.raises(ConfigurationError, match="by hand"):
        pyproject.configured("tool = { a = { x = 1 } }\n")


@pytest.mark.parametrize(
    ("project", "pythons"),
    [
        ("", pyproject.PYTHONS),
        ("name = 'x'\nrequires-python = '>=3.9'", pyproject.PYTHONS),
        ("name = 'x'\nrequires-python = '>=3.12.4, <3.14'", ("3.12", "3.13")),
        ("name = 'x'\nrequires-python = '==3.12.*'", ("3.12",)),
        ("name = 'x'\nrequires-python = '<3.10'", pyproject.PYTHONS),
        ("name = 'x'\nrequires-python = 'any'", pyproject.PYTHONS),
        (
            "requires-python = '>=3.8'\nclassifiers = "
            + str([f"Programming Language :: Python :: {each}" for each in ("3", "3.9", "3.13", "3.12", "3 :: Only")]),
            ("3.12", "3.13"),
        ),
    ],
)
def test_the_interpreters_are_those_that_the_project_names(project: str, pythons: tuple[str, ...]) -> None:
    assert pyproject.pythons(f"[project]\n{project}\n") == pythons


def test_a_governance_file_is_written_where_it_is_asked_for_and_says_what_is_to_be_filled_in(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    adopt.run(tmp_path, yes=True, answers=io.StringIO())
    assert template.NAME not in files(tmp_path)
    capsys.readouterr()
    adopt.run(tmp_path, yes=False, answers=Terminal("y\n"), with_governance=True)
    said = capsys.readouterr().out
    assert "+++ b/governance.yaml" in said
    written = files(tmp_path)[template.NAME]
    open_lines = [number for number, line in enumerate(written.splitlines(), start=1) if ': "TODO: ' in line]
    assert f"fill in the {len(DIMENSIONS)} places that say TODO, from line {open_lines[0]} on" in said
    assert len(open_lines) == len(DIMENSIONS)
    command = said.rstrip().rpartition("told by: ")[2]
    assert build_parser().parse_args(command.split()[1:]).command.name == "governance"


def test_a_governance_file_that_is_there_stays(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / template.NAME).write_text("version: 1\n")
    adopt.run(tmp_path, yes=True, answers=io.StringIO(), with_governance=True)
    assert files(tmp_path)[template.NAME] == "version: 1\n"
    said = capsys.readouterr().out
    assert "governance.yaml: stays as it is" in said
    assert "TODO" not in said
