"""`noxtasks parallel` on a small suite, with real pytest and xdist: what it finds, writes and says."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from noxtasks.evidence import artifacts
from noxtasks.parallel.emit import ANALYSIS, SCAN

pytestmark = [pytest.mark.functional, pytest.mark.skipif(sys.platform == "win32", reason="workers are forked")]

XDIST = ("-p", "xdist.plugin")
STARTS = """
import os, runpy
os.environ["SCANNING"] = str(os.getpid())
runpy.run_module("noxtasks", run_name="__main__", alter_sys=True)
"""


@pytest.fixture
def root(project: Callable[[str], Path]) -> Path:
    return project("spread")


def scan(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [
        sys.executable,
        "-c",
        STARTS,
        "parallel",
        "--python",
        sys.executable,
        "--workers",
        "2",
        *arguments,
        *XDIST,
    ]
    env = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "GITHUB_"))}
    env["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"  # each run starts several times
    return subprocess.run(
        [*command, *arguments, *XDIST],
        cwd=root,
        env=env,
        capture_output=True,
        text=True,
        check=False,
        start_new_session=True,
    )


def result(root: Path) -> dict[str, Any]:
    found: dict[str, Any] = artifacts.read(root / "reports", SCAN).result
    return {**found, "by": {each["candidate"]["mode"]: each for each in found["candidates"]}}


def test_all_tests_are_accounted_for_and_the_phases_of_each_run_add_up(root: Path) -> None:
    found = scan(root, "--modes", "ours,load,loadgroup", "--rounds", "1", "test_waiting.py")
    assert found.returncode in {0, 3}, found.stdout + found.stderr  # one round decides nothing
    assert {each["state"] for each in result(root)["candidates"]} == {"kept"}
    timing = artifacts.read(root / "reports", ANALYSIS).timing
    for each in timing["candidates"]:
        (run,) = each["runs"]
        phases = run["phases"]
        workers = phases["workers"]
        assert sum(worker["tests"] for worker in workers) == 12
        assert {worker["name"] for worker in workers} <= {"gw0", "gw1"}
        parts = (phases[name] for name in ("startup_s", "collection_s", "testing_s", "ending_s"))
        assert sum(parts) == pytest.approx(run["wall_s"])
        (shared,) = phases["shared"]
        assert (shared["name"], shared["scope"], shared["times"]) == ("database", "session", len(workers))
    assert timing["basis"]["longest"].startswith("test_waiting.py::test_waiting[")
    assert timing["sequential"][0]["phases"]["workers"][0]["tests"] == 12
    assert max(map(len, found.stdout.splitlines()[:6])) <= 80
    told = [json.loads(line) for line in (root / "reports/events.jsonl").read_text().splitlines()]
    assert [each["type"] for each in told] == [
        f"io.noxtasks.parallelization_probe_{end}.v2" for end in ("start", "complete")
    ]
    cores = artifacts.read(root / "reports", ANALYSIS).result["cores"]
    assert told[-1]["data"]["metrics"]["parallel.cores"] == cores


def test_a_test_that_fails_or_kills_its_worker_only_in_parallel_is_a_finding(root: Path) -> None:
    tests = ("test_alone.py", "test_ending.py", "test_waiting.py")
    found = scan(root, "--modes", "ours,load", "--rounds", "1", *tests)
    assert found.returncode == 1
    for mode in ("ours", "load"):
        suspects = {each["test"]: each for each in result(root)["by"][mode]["suspects"]}
        assert set(suspects) == {
            "test_alone.py::test_that_wants_to_be_alone",
            "test_ending.py::test_that_ends_a_worker[2]",
        }
        assert {(each["times"], each["trials"], each["alone"]) for each in suspects.values()} == {(1, 1, 2)}
    assert f"$ noxtasks parallel --workers 2 --modes load -- {' '.join((*tests, *XDIST))}" in found.stdout


def test_tests_that_conflict_are_in_the_report_of_a_scan_of_all_modes(project: Callable[[str], Path]) -> None:
    root = project("races")
    tests = ("test_races.py::test_job_is_started_once", "test_races.py::test_job_can_be_started_after_its_end")
    found = scan(root, "--rounds", "1", *tests)
    assert found.returncode == 1
    (conflict,) = result(root)["conflicts"]["conflicts"]
    assert conflict["standing"] == "proven"
    assert conflict["resource"] == {"kind": "file", "name": "job.lock"}
    assert set(conflict["tests"]) == set(tests)
    assert "file job.lock" in found.stdout


def test_tests_that_are_silently_left_out_are_named(root: Path) -> None:
    found = scan(root, "--modes", "load", "--rounds", "1", "dropping")
    assert found.returncode == 1
    (each,) = result(root)["candidates"]
    assert (each["state"], each["fault"]["trouble"]) == ("broken", "unrun")
    assert each["fault"]["tests"] == ["dropping/test_dropping.py::test_dropped"]
    assert "1 test not accounted for: dropping/test_dropping.py::test_dropped" in found.stdout
    assert "does not pay: every way to run it in parallel is broken" in found.stdout


def test_ids_that_differ_between_collections_break_xdist_and_not_the_fork(root: Path) -> None:
    found = scan(root, "--modes", "ours,load", "--rounds", "1", "test_renamed.py")
    assert found.returncode == 1
    by = result(root)["by"]
    assert by["load"]["fault"]["trouble"] == "different tests"
    assert "test_renamed.py::test_named_for_good" in by["load"]["fault"]["tests"]
    assert by["ours"]["state"] == "kept"
    assert "not in every collection" in found.stdout


def test_an_interruption_keeps_what_was_measured(root: Path) -> None:
    found = scan(root, "--modes", "ours", "--rounds", "5", "test_interrupting.py", "test_alone.py::test_sound")
    assert found.returncode == 130
    written = json.loads((root / "reports" / SCAN).read_text())
    assert written["complete"] is False
    assert written["result"]["ending"] == "interrupted"
    assert [len(each["pairs"]) for each in artifacts.read(root / "reports", ANALYSIS).timing["candidates"]] == [1]


def test_a_suite_that_does_not_run_by_itself_is_no_measurement(root: Path) -> None:
    (root / "test_broken.py").write_text("import nothing_of_that_name\n")
    found = scan(root, "--modes", "ours", "test_broken.py")
    assert found.returncode == 3
    assert "nothing_of_that_name" in found.stderr


def test_modes_that_are_not_there_are_an_error(root: Path) -> None:
    found = scan(root, "--modes", "load", "-p", "no:xdist")
    assert found.returncode == 2
    assert "--modes" in found.stderr


BREAKS = """
import os, pathlib, pytest

def test_breaks(pytestconfig):
    if os.environ.get("PYTEST_XDIST_WORKER") is None:  # plain pytest
        runs = pathlib.Path(__file__).with_name("runs")
        runs.write_text(runs.read_text() + "x" if runs.exists() else "x")
        if len(runs.read_text()) == 3:
            os._exit(9)

@pytest.mark.parametrize("number", range(3))
def test_it(number):
    pass
"""


def test_where_plain_pytest_breaks_later_what_was_measured_is_kept_and_the_test_is_named(root: Path) -> None:
    (root / "test_breaks.py").write_text(BREAKS)
    found = scan(root, "--modes", "ours,load", "--rounds", "3", "test_breaks.py")
    assert found.returncode == 3
    assert "test_breaks.py::test_breaks" in found.stderr
    assert {each["state"] for each in result(root)["candidates"]} == {"kept"}
    assert result(root)["ending"] == "stopped"
