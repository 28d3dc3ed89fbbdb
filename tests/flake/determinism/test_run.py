"""The audit from end to end, as a user calls it: on a suite whose truth is known, and every way to fail."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from noxtasks import config, flake
from noxtasks.errors import ConfigurationError, ExitCode, InterruptedRunError, NotMeasuredError
from noxtasks.evidence import artifacts
from noxtasks.flake import determinism
from noxtasks.flake.determinism import emit
from noxtasks.suite.engine import Engine

from ...told import untold

pytestmark = pytest.mark.functional


@pytest.fixture(autouse=True)
def lean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """Processes that start fast, and a temporary folder that has to be empty in the end."""
    (temporary := tmp_path / "temporary").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    yield
    assert list(temporary.iterdir()) == []


SETTINGS = config.Settings(flake=config.FlakeSettings(seed=3, jobs=1))


def result(root: Path) -> Any:
    assert artifacts.verify(root / "reports") == []
    return artifacts.read(root / "reports", emit.AUDIT).result


def places(found: Any) -> dict[str, dict[str, list[int]]]:
    by_path: dict[str, dict[str, list[int]]] = {}
    for finding in found["findings"]:
        by_path.setdefault(finding["path"], {}).setdefault(finding["kind"], []).append(finding["line"])
    return by_path


def test_the_audit_of_a_suite_is_the_truth(
    project: Callable[[str], Path], python: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = project("unreproducible")
    truth = json.loads((root / "truth.json").read_text())
    assert determinism.run(root, SETTINGS, python=python) is ExitCode.FOUND
    found = result(root)
    assert places(found) == truth["findings"]
    assert [each["test"] for each in found["differing"]] == truth["differing"]
    assert (found["runs"], found["tests"], found["files"]) == (2, 7, 2)
    score = found["score"]
    assert (score["tried"], score["failed"], score["verdict"]) == (2, 1, "fail")
    assert untold(root / "reports") == set()
    said = capsys.readouterr().out
    assert "tests/test_unreproducible.py:20  time.sleep(0.001)" in said
    assert "1 test ended otherwise" in said
    assert "failures that replay exactly: 50.0%" in said


def test_what_is_left_is_left_out_and_read_without_a_run(project: Callable[[str], Path], python: Path) -> None:
    root = project("unreproducible")
    kinds = ("randomness", "clock", "sleep", "listing")
    settings = config.Settings(determinism=config.DeterminismSettings(ignore=kinds))
    assert determinism.run(root, settings, python=python, static_only=True) is ExitCode.NOTHING_FOUND
    found = result(root)
    assert (found["findings"], found["ignored"], found["runs"], found["score"]["figure"]) == ([], 5, 0, None)
    assert not (root / "left").exists()


def test_the_repeats_of_flake_count_at_the_same_code_only(project: Callable[[str], Path], python: Path) -> None:
    root = project("flaky")
    assert flake.run(root, config.Settings(flake=config.FlakeSettings(seed=3, jobs=1, runs=8)), python=python)
    determinism.run(root, SETTINGS, python=python, static_only=True)
    score = result(root)["score"]
    report = artifacts.read(root / "reports", "flake.report.json").result
    assert score["tried"] == sum(test["repeats"]["tried"] for test in report["flaky"]) > 0
    assert score["sources"] == ["flake.report.json"]
    (root / "test_more.py").write_text("def test(): pass\n")
    determinism.run(root, SETTINGS, python=python, static_only=True)
    assert result(root)["score"]["verdict"] == "unmeasured"


def test_what_holds_for_the_whole_suite_is_known(
    tmp_path: Path, python: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (root := tmp_path / "suite").mkdir()
    (root / "pytest.ini").write_text("[pytest]\nnoxtasks_seed = 1\nnoxtasks_frozen_time = 2025-01-01\n")
    code = "import random, datetime\ndef test(): assert random.random() < 1 and datetime.date.today()\n"
    (root / "test_it.py").write_text(code)
    assert determinism.run(root, SETTINGS, python=python) is ExitCode.NOTHING_FOUND
    assert "unmeasured, no failure was repeated" in capsys.readouterr().out


def test_a_suite_that_does_not_collect_is_not_measured(tmp_path: Path, python: Path) -> None:
    (root := tmp_path / "suite").mkdir()
    (root / "test_it.py").write_text("import no_such_module\n")
    with pytest.raises(NotMeasuredError, match="no test can be run"):
        determinism.run(root, SETTINGS, python=python)
    with pytest.raises(ConfigurationError, match="no test can be run"):
        determinism.run(root, SETTINGS, python=python, pytest_args=("--no-such-option",))


def test_what_was_read_is_kept_when_the_runs_are_interrupted(
    project: Callable[[str], Path], python: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = project("unreproducible")

    def interrupted(self: Engine, requests: object, *, jobs: int) -> object:
        raise KeyboardInterrupt

    monkeypatch.setattr(Engine, "runs", interrupted)
    with pytest.raises(InterruptedRunError):
        determinism.run(root, SETTINGS, python=python)
    artifact = artifacts.read(root / "reports", emit.AUDIT)
    assert (artifact.provenance.complete, artifact.result["runs"]) == (False, 0)
    assert len(artifact.result["findings"]) == 5
