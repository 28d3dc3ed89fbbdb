"""A recorded run is repeated exactly: what failed then fails again, and what cannot be repeated is told why."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import pytest

from noxtasks import config, flake
from noxtasks.cli import build_parser
from noxtasks.errors import ConfigurationError, ExitCode, HistoryError, NotMeasuredError
from noxtasks.evidence import artifacts
from noxtasks.flake import emit

pytestmark = pytest.mark.functional

SETTINGS = config.Settings(flake=config.FlakeSettings(jobs=1, seed=3, runs=6, explain=False))
SUITE = """
import random
STATE = []
def test_sets(): STATE.append(1)
def test_is_the_victim(): assert not STATE
def test_draws(): assert random.random() < 0.5
def test_is_steady(): pass
"""


@pytest.fixture(autouse=True)
def lean(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")


@pytest.fixture
def root(tmp_path: Path, python: Path) -> Path:
    """A project in which flaky tests were found."""
    root = tmp_path / "suite"
    root.mkdir()
    (root / "test_it.py").write_text(SUITE)
    (root / "pytest.ini").write_text("[pytest]\n")
    assert flake.run(root, SETTINGS, python=python) is ExitCode.FOUND
    return root


def flaky(root: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = artifacts.read(root / "reports", emit.REPORT).result["flaky"]
    return found


def replayed(root: Path, run_id: str, test: str | None = None) -> ExitCode:
    return flake.replay(root, SETTINGS, python=None, run_id=run_id, test=test)


def test_each_failure_is_seen_again_with_the_command_that_the_report_gives(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = flaky(root)
    assert {test["test"] for test in found} == {"test_it.py::test_is_the_victim", "test_it.py::test_draws"}
    for test in found:
        arguments = build_parser().parse_args(shlex.split(test["reproduce"])[1:])
        assert arguments.test == test["test"]
        capsys.readouterr()
        assert replayed(root, arguments.run_id, arguments.test) is ExitCode.FOUND
        printed = capsys.readouterr().out
        assert f"failed: {test['test']}" in printed
        assert test["causes"][0]["message"].partition("\n")[0] in printed  # with the very number that was drawn
        assert "1 failed then, 1 now, 1 of them the same" in printed


def test_a_whole_run_is_repeated_and_a_test_that_passed_then_passes_again(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run_id = flaky(root)[0]["reproduce"].split()[3]
    capsys.readouterr()
    assert replayed(root, run_id) is ExitCode.FOUND
    assert "4 tests in" in capsys.readouterr().out
    assert replayed(root, run_id, "test_it.py::test_is_steady") is ExitCode.NOTHING_FOUND


def test_what_does_not_fail_any_more_is_told(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run_id = next(test for test in flaky(root) if test["test"].endswith("draws"))["reproduce"].split()[3]
    (root / "test_it.py").write_text(SUITE.replace("< 0.5", "< 1"))
    assert replayed(root, run_id, "test_it.py::test_draws") is ExitCode.NOTHING_FOUND
    assert "not reproduced: test_it.py::test_draws failed then and does not now" in capsys.readouterr().out


def test_what_is_not_there_is_told(root: Path) -> None:
    run_id = flaky(root)[0]["reproduce"].split()[3]
    with pytest.raises(HistoryError, match="no session begins with"):
        replayed(root, "zzzzzz-0")
    with pytest.raises(HistoryError, match="has no run 99"):
        replayed(root, f"{run_id.rpartition('-')[0]}-99")
    with pytest.raises(HistoryError, match="not the name of a run"):
        replayed(root, "nonsense")
    with pytest.raises(ConfigurationError, match="has no test") as wrong_test:
        replayed(root, run_id, "test_it.py::test_other")
    assert wrong_test.value.where == "--test"
    (root / "test_it.py").write_text("def test_other(): pass\n")
    with pytest.raises(NotMeasuredError, match="not collected any more") as gone:
        replayed(root, run_id)
    assert "Check out the code" in gone.value.remedy
    (root / "test_it.py").unlink()
    with pytest.raises(NotMeasuredError, match="no test is collected now"):
        replayed(root, run_id)
