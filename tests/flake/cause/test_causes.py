"""Each sample project has one kind of flaky test, and steady ones: every cause is found, and none is made up."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from noxtasks import config, flake
from noxtasks.evidence import artifacts
from noxtasks.flake import emit
from noxtasks.flake.cause import Kind

pytestmark = [pytest.mark.functional, pytest.mark.skipif(sys.platform != "linux", reason="forks, affinity, spinners")]

PROJECTS = Path(__file__).parents[2] / "projects" / "causes"
HOW: dict[str, dict[str, Any]] = {  # what does not fail by itself has to be named, or looked for at other times
    "load": {"tests": ("test_load.py::test_is_in_time",)},
    "concurrency": {"tests": ("test_concurrency.py::test_takes_a_file",)},
    "environment": {"tests": ("test_environment.py::test_needs_a_home_that_is_not_empty",)},
    "time": {"time_travel": True},
    "hash_order": {"runs": None},  # as many as there is time for, with many hash seeds
}
OFTEN = {"chance", "concurrency", "partial"}  # what no command brings about each time
ONCE = {"outliving"}  # what hangs on files that no command brings back
NAMES = sorted(path.name for path in PROJECTS.iterdir() if (path / "truth.json").is_file())
RUNS = 24


@pytest.fixture
def sample(project: Callable[[str], Path]) -> Callable[[str], Path]:
    return lambda name: project(f"causes/{name}")


def explained(root: Path, python: Path, how: dict[str, Any]) -> dict[str, dict[str, Any]]:
    runs = config.FlakeSettings(runs=how.pop("runs", RUNS), budget_s=10.0, seed=5)
    settings = config.Settings(flake=runs, pytest_args=("-p", "no:asyncio"))
    flake.run(root, settings, python=python, **how)
    report = artifacts.read(root / "reports", emit.REPORT).result
    assert report["broken"] == []
    return {test["test"]: test for test in report["flaky"]}


@pytest.mark.parametrize("name", NAMES)
def test_the_cause_is_found_and_its_command_shows_the_failure(
    name: str, sample: Callable[[str], Path], python: Path
) -> None:
    root = sample(name)
    truth = json.loads((root / "truth.json").read_text())
    found = explained(root, python, dict(HOW.get(name, {})))
    assert {test: each["explanation"]["kind"] for test, each in found.items()} == {
        test: each["kind"] for test, each in truth.items()
    }
    for test, each in truth.items():
        why = found[test]["explanation"]
        for field in ("culprits", "cleaners"):
            assert why[field] == each.get(field, why[field])
        failures, runs = why["reproduced"]["failures"], why["reproduced"]["runs"]
        assert (failures >= 0.95 * runs) or name in OFTEN
    for command in {each["reproduce"] for each in found.values()} if name not in ONCE else ():
        assert not fails_never(command, root, tries=10 if name in OFTEN else 1)


def fails_never(command: str, root: Path, *, tries: int) -> bool:
    """Run the command that the report names, as its reader would, until it shows the failure."""
    words = [sys.executable, "-m", *shlex.split(command)]
    return all(subprocess.run(words, cwd=root, capture_output=True, check=False).returncode != 1 for _ in range(tries))


def test_what_each_test_leaves_open_is_laid_at_its_door(
    project: Callable[[str], Path], python: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = project("leaky")
    settings = config.Settings(flake=config.FlakeSettings(runs=5, seed=5), pytest_args=("-p", "no:asyncio"))
    flake.run(root, settings, python=python)
    told = artifacts.read(root / "reports", emit.REPORT).result["left_open"]
    truth = json.loads((root / "truth.json").read_text())
    assert {each["test"]: each["note"].partition(":")[0] for each in told} == truth
    assert "test_leaves_a_thread_alive left a thread alive: forgotten" in capsys.readouterr().out


def test_there_is_a_project_for_every_kind_that_can_be_proven() -> None:
    truths = [json.loads((PROJECTS / name / "truth.json").read_text()) for name in NAMES]
    kinds = Counter(each["kind"] for truth in truths for each in truth.values())
    assert set(kinds) == {kind.value for kind in Kind} - {Kind.UNEXPLAINED.value}
