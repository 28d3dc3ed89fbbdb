from __future__ import annotations

import argparse
import ast
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import noxtasks
from noxtasks import cli, flake, mutation
from noxtasks.config import SETTINGS, Settings
from noxtasks.errors import ExitCode
from noxtasks.flake import determinism, quarantine
from noxtasks.sessions import OBJECTIVES

PACKAGE = Path(noxtasks.__file__).parent


def noxtasks_(*arguments: str, cwd: Path, **env: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "noxtasks", *arguments]
    return subprocess.run(command, cwd=cwd, env={**os.environ, **env}, capture_output=True, text=True, check=False)


class CalledError(Exception):
    """Carries what an objective was called with."""


@pytest.fixture
def flake_call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Calls the command line in a project with an environment, up to the objective; gives what that would get."""

    def record(root: Path, settings: Settings, **keywords: Any) -> ExitCode:
        raise CalledError(root, settings, keywords)

    monkeypatch.setattr(flake, "run", record)
    monkeypatch.setattr(flake, "replay", record)
    monkeypatch.setattr(quarantine, "run", record)
    monkeypatch.setattr(mutation, "run", record)
    (tmp_path / "pyproject.toml").write_text("[tool.noxtasks.flake]\nruns = 7\njobs = 3\n")
    monkeypatch.chdir(tmp_path)

    def call(*arguments: str) -> tuple[Path, Settings, dict[str, Any]]:
        monkeypatch.setattr(sys, "argv", ["noxtasks", *arguments])
        with pytest.raises(CalledError) as caught:
            cli.main()
        root, settings, keywords = caught.value.args
        return root, settings, keywords

    return call


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ((), (0.6, False, None, None, ())),
        (("--gate",), (0.6, True, None, None, ())),
        (("--gate", "60"), (0.6, True, None, None, ())),
        (("--gate", "72.5%", "--threshold", "0.8"), (0.725, True, None, None, ())),
        (("--gate", "0.8"), (0.8, True, None, None, ())),
        (("--cap", "50", "--budget", "10m"), (0.6, False, 50, 600.0, ())),
        (("--max-mutations", "50"), (0.6, False, 50, None, ())),
        (("--paths-to-mutate", "src/a", "--paths-to-mutate", "b.py"), (0.6, False, None, None, ("src/a", "b.py"))),
    ],
)
def test_the_extent_of_a_scan_is_given_by_options(
    flake_call: Any, arguments: tuple[str, ...], expected: tuple[object, ...]
) -> None:
    _, settings, keywords = flake_call("mutation", "--python", sys.executable, *arguments, "-k", "not slow")
    told = settings.mutation
    assert (told.threshold, told.gate, told.cap, told.budget_s, told.paths) == expected
    assert keywords["pytest_args"] == ("-k", "not slow")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--gate", "tests"), "--gate: expected a number between 0 and 1"),
        (("--gate", "100"), "--gate: expected a number between 0 and 1"),
        (("--max-mutations", "0"), "--cap: expected a whole number of mutants"),
        (("--paths-to-mutate", ""), "--paths-to-mutate: expected a list"),
    ],
)
def test_a_wrong_extent_is_told_by_its_option(tmp_path: Path, arguments: tuple[str, ...], said: str) -> None:
    done = noxtasks_("mutation", *arguments, cwd=tmp_path)
    assert done.returncode == ExitCode.WRONG_CONFIGURATION
    assert said in done.stderr


def test_options_and_settings_reach_the_objective_and_the_rest_reaches_pytest(flake_call: Any, tmp_path: Path) -> None:
    arguments = ["--python", sys.executable, "--runs", "200", "-k", "not slow", "-S", "flake.order=full", "-x"]
    root, settings, keywords = flake_call(
        "flake", *arguments, "--tests", "a.py", "b.py::t[x y]", "--resume", "--", "--runs", "c"
    )
    assert root == tmp_path
    assert (settings.flake.runs, settings.flake.jobs, settings.flake.order) == (200, 3, "full")
    assert keywords == {
        "python": Path(sys.executable),
        "pytest_args": ("-k", "not slow", "-x", "--runs", "c"),
        "tests": ("a.py", "b.py::t[x y]"),
        "resume": True,
        "time_travel": False,
    }


def test_the_audit_gets_its_settings_and_its_selection(flake_call: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(determinism, "run", flake.run)
    python = ["--python", sys.executable]
    _, settings, keywords = flake_call("determinism", *python, "--seed", "5", "--static", "--tests", "a.py", "-x")
    assert settings.flake.seed == 5
    assert keywords == {
        "python": Path(sys.executable),
        "pytest_args": ("-x",),
        "tests": ("a.py",),
        "static_only": True,
    }


def test_every_option_of_flake_is_the_setting_of_that_name(flake_call: Any) -> None:
    options = {"runs": "9", "budget": "2m", "order": "collected", "seed": "0", "jobs": "4", "engine": "fresh"}
    words = [word for name, text in options.items() for word in (f"--{name}", text)]
    held = flake_call("flake", "--python", sys.executable, *words)[1].flake
    assert (held.runs, held.budget_s, held.order) == (9, 120.0, "collected")
    assert (held.seed, held.jobs, held.engine) == (0, 4, "fresh")


@pytest.mark.parametrize("command", cli.COMMANDS, ids=lambda command: command.name)
def test_an_option_that_names_a_setting_names_one_that_there_is(command: cli.Command) -> None:
    parser = argparse.ArgumentParser()
    command.add_options(parser)
    named = {action.dest for action in parser._actions if "." in action.dest}
    assert named <= {setting.key for setting in SETTINGS}


def test_a_replay_uses_the_recorded_interpreter_unless_one_is_given(flake_call: Any) -> None:
    assert flake_call("flake", "replay", "51b20d-1", "--test", "a.py::t")[2] == {
        "python": None,
        "run_id": "51b20d-1",
        "test": "a.py::t",
    }
    assert flake_call("flake", "replay", "1", "--python", sys.executable)[2]["python"] == Path(sys.executable)


def test_the_quarantine_is_told_what_to_write_and_who_looks_after_it(flake_call: Any) -> None:
    arguments = ["--apply", "--in-source", "--owner", "ada", "--issue", "https://example.org/7"]
    _, settings, keywords = flake_call("flake", "quarantine", *arguments, "-S", "quarantine.days=7")
    assert settings.quarantine.days == 7
    assert keywords == {"apply": True, "in_source": True, "owner": "ada", "issue": "https://example.org/7"}
    by_default = flake_call("flake", "quarantine", "--python", sys.executable)[2]
    assert by_default == {"apply": False, "in_source": False, "owner": "", "issue": ""}


@given(words=st.lists(st.text(min_size=1).filter(lambda word: word != "--")))
def test_all_after_the_dashes_goes_to_pytest_as_it_is(words: list[str]) -> None:
    parsed = cli.build_parser().parse_args(["flake", "--runs", "3", "--", *words])
    assert parsed.pytest_args == tuple(words)


@pytest.mark.parametrize("name", ["replay", "init", "test_flake.py", "flake"])
def test_a_word_that_is_no_second_word_of_ours_is_pytests(name: str) -> None:
    assert cli.build_parser().parse_args(["flake", "-x", name]).pytest_args == ("-x", name)


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["flak"],
        ["flake", "replay"],
        ["flake", "replay", "1", "-x"],
        ["flake", "quarantine", "-x"],
        ["history"],
        ["history", "import"],
        ["init", "--", "x"],
        ["mutation", "--resume", "--forget"],
    ],
)
def test_arguments_that_are_wrong_end_with_2_and_a_usage(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        cli.build_parser().parse_args(arguments)
    assert caught.value.code == ExitCode.WRONG_CONFIGURATION
    assert "usage: noxtasks" in capsys.readouterr().err


@pytest.mark.parametrize("command", [command.name.split() for command in cli.COMMANDS])
def test_every_command_has_help(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        cli.build_parser().parse_args([*command, "--help"])
    assert caught.value.code == 0
    assert "--root" in capsys.readouterr().out


@pytest.mark.parametrize("mark", ["pyproject.toml", "pytest.ini", "setup.cfg", "tox.ini", ".git"])
def test_the_root_is_the_nearest_folder_that_looks_like_a_project(tmp_path: Path, mark: str) -> None:
    below = tmp_path / "project" / "src" / "package"
    below.mkdir(parents=True)
    (tmp_path / "project" / mark).touch()
    assert cli.find_root(below) == tmp_path / "project"


def test_a_command_line_with_problems_tells_all_of_them_and_ends_with_2(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.noxtasks]\nreprots = 'x'\n")
    ended = noxtasks_("flake", "--runs", "many", "-S", "flake.order", "-S", "nothing=1", cwd=tmp_path)
    assert ended.returncode == ExitCode.WRONG_CONFIGURATION
    for said in ("tool.noxtasks.reprots", "--runs: expected", "-S: 'flake.order' sets nothing", "-S nothing: there is"):
        assert said in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_root_that_is_not_there_is_named(tmp_path: Path) -> None:
    ended = noxtasks_("flake", "--root", "gone", cwd=tmp_path)
    assert (ended.returncode, "--root: there is no folder" in ended.stderr) == (ExitCode.WRONG_CONFIGURATION, True)


def test_the_version_costs_no_heavy_import(tmp_path: Path) -> None:
    """DESIGN §4: heavy imports happen inside the objective that needs them."""
    code = "import sys, noxtasks.__main__ as m, noxtasks.cli as c; c.build_parser(); print(*sys.modules)"
    ended = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    heavy = {"sqlalchemy", "jsonschema", "libcst", "rich", "junitparser", "nox", "scipy"}
    assert heavy.isdisjoint(ended.stdout.split())
    ours = {name.split(".")[1] for name in ended.stdout.split() if name.startswith("noxtasks.")}
    assert ours == {"__main__", "cli", "config", "errors"}
    assert noxtasks_("--version", cwd=tmp_path).stdout == f"noxtasks {noxtasks.__version__}\n"


def test_only_the_command_line_reads_argv() -> None:
    readers = {
        path.relative_to(PACKAGE).as_posix()
        for path in PACKAGE.rglob("*.py")
        if "noxtasks_probe" not in path.parts
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Attribute) and ast.unparse(node) == "sys.argv"
    }
    assert readers == {"cli/__init__.py"}


JUNIT = (
    '<testsuite tests="2"><testcase classname="test_a" name="t"/><testcase classname="test_a" name="u"/></testsuite>'
)


@pytest.mark.functional
def test_reports_are_imported_once_and_a_bad_one_keeps_no_good_one_out(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").touch()
    (tmp_path / "good.xml").write_text(JUNIT)
    (tmp_path / "bad.xml").write_text("no report")
    ended = noxtasks_("history", "import", "bad.xml", "good.xml", cwd=tmp_path)
    assert ended.returncode == ExitCode.NOT_MEASURED
    assert ended.stdout == "good.xml: 2 results\n"
    assert "bad.xml" in ended.stderr
    again = noxtasks_("history", "import", "good.xml", cwd=tmp_path)
    assert (again.returncode, again.stdout) == (0, "good.xml: 2 results, which the history had already\n")
    assert (tmp_path / ".noxtasks" / "history.db").exists()


@pytest.mark.functional
def test_init_without_a_terminal_says_how_to_agree(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").touch()
    command = [sys.executable, "-m", "noxtasks", "init"]
    ended = subprocess.run(command, cwd=tmp_path, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    assert ended.returncode == ExitCode.WRONG_CONFIGURATION
    assert "--yes" in ended.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["pyproject.toml"]


@pytest.mark.parametrize(
    "option", ["--times=0", "--at-once=0", "--at-once=x", "--hash-seed=-1", f"--hash-seed={2**32}"]
)
def test_numbers_that_no_trial_can_have_are_refused(option: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        cli.build_parser().parse_args(["flake", "try", "--test=a.py::t", option])
    assert caught.value.code == ExitCode.WRONG_CONFIGURATION
    assert f"argument {option.partition('=')[0]}: expected a whole number" in capsys.readouterr().err


def test_a_command_of_two_words_is_reached_through_the_session_of_the_first() -> None:
    """Whatever else the session hands over: an interpreter, and settings."""
    sessions = {objective.name: objective for objective in OBJECTIVES}
    for command in cli.COMMANDS:
        first, _, verb = command.name.partition(" ")
        if first in sessions and verb:
            assert verb in sessions[first].verbs
            options = {name for action in _options(command) for name in action}
            assert {"--python", "-S"} <= options, command.name


def _options(command: cli.Command) -> list[list[str]]:
    parser = argparse.ArgumentParser()
    command.add_options(parser)
    return [list(action.option_strings) for action in parser._actions]
