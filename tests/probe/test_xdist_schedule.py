"""xdist hands out the longest tests first, keeps together what its mode keeps together, and runs each test once."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from types import ModuleType

import pytest

from noxtasks.probe.noxtasks_probe.xdist_schedule import named, scheduler, timed
from noxtasks.suite.launch import PROBE_FOLDER

SUITE = """
import os, time
from pathlib import Path
import pytest

@pytest.fixture(autouse=True)
def told(request):
    with open("ran.txt", "a") as file:
        file.write(f"{os.environ['PYTEST_XDIST_WORKER']} {request.node.nodeid}\\n")

@pytest.mark.parametrize("number", range(30))
def test_short(number): time.sleep(0.002)

class TestClass:
    @pytest.mark.parametrize("number", range(5))
    def test_in_class(self, number): pass

@pytest.mark.xdist_group("one")
@pytest.mark.parametrize("number", range(5))
def test_in_group(number): pass

@pytest.mark.parametrize("number", range(3))
def test_long(number): time.sleep(0.05)
"""
TESTS = 43


def run(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    env = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    env |= {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONPATH": str(PROBE_FOLDER)}
    plugins = ("-p", "xdist.plugin", "-p", "noxtasks_probe.xdist_schedule", "-p", "no:cacheprovider")
    command = [sys.executable, "-m", "pytest", *plugins, "-n", "2", *arguments]
    return subprocess.run(command, cwd=root, env=env, capture_output=True, text=True, check=False)


def ran(root: Path) -> list[tuple[str, str]]:
    """Worker and test, in the order in which they began."""
    lines = (root / "ran.txt").read_text().splitlines()
    return [(line.partition(" ")[0], line.partition("::")[2]) for line in lines]


def workers(root: Path, part: str) -> Counter[str]:
    return Counter(worker for worker, test in ran(root) if part in test)


@pytest.mark.functional
def test_what_took_long_is_first_the_next_time(tmp_path: Path) -> None:
    (tmp_path / "test_all.py").write_text(SUITE)
    assert f"{TESTS} passed" in run(tmp_path, "--noxtasks-schedule").stdout
    took = json.loads((tmp_path / ".noxtasks" / "durations.json").read_text())
    assert len(took) == TESTS
    (tmp_path / "ran.txt").unlink()
    again = run(tmp_path, "--noxtasks-schedule")
    assert f"{TESTS} passed" in again.stdout
    assert "LongestFirstScheduling" in run(tmp_path, "--noxtasks-schedule", "-v").stdout
    first = dict(reversed(ran(tmp_path)[:TESTS]))  # of each worker; by what was recorded, however long others slept
    assert set(first.values()) == {test.partition("::")[2] for test in sorted(took, key=took.__getitem__)[-2:]}
    assert set(Counter(test for _, test in ran(tmp_path)[:TESTS]).values()) == {1}


@pytest.mark.functional
@pytest.mark.parametrize(("dist", "part"), [("loadscope", "TestClass"), ("loadfile", "test_"), ("loadgroup", "group")])
def test_what_the_mode_keeps_together_stays_on_one_worker(tmp_path: Path, dist: str, part: str) -> None:
    (tmp_path / "test_all.py").write_text(SUITE)
    (tmp_path / "pytest.ini").write_text("[pytest]\nnoxtasks_schedule = true\n")
    assert f"{TESTS} passed" in run(tmp_path, "--dist", dist).stdout
    assert len(workers(tmp_path, part)) == 1
    assert set(Counter(test for _, test in ran(tmp_path)).values()) == {1}
    assert not any("@" in test for test in json.loads((tmp_path / ".noxtasks" / "durations.json").read_text()))


@pytest.mark.functional
def test_a_worker_that_dies_is_replaced_and_the_first_failure_ends_it_where_that_is_wanted(tmp_path: Path) -> None:
    (tmp_path / "test_all.py").write_text(SUITE + "\ndef test_dies(): os._exit(1)\n")
    done = run(tmp_path, "--noxtasks-schedule")
    assert f"1 failed, {TESTS} passed" in done.stdout
    assert "1 failed" in run(tmp_path, "--noxtasks-schedule", "-x").stdout


@pytest.mark.functional
def test_unasked_it_changes_nothing(tmp_path: Path) -> None:
    (tmp_path / "test_all.py").write_text(SUITE)
    assert "LoadScheduling" in run(tmp_path, "-v").stdout
    assert not (tmp_path / ".noxtasks").exists()


@pytest.mark.parametrize(
    ("nodeid", "expected"),
    [
        ("a.py::t@g", ("a.py::t", "g")),
        ("a.py::t[x@y]", ("a.py::t[x@y]", "")),
        ("a.py::t[x@y]@g", ("a.py::t[x@y]", "g")),
    ],
)
def test_the_group_is_told_from_the_name(nodeid: str, expected: tuple[str, str]) -> None:
    assert named(nodeid, grouped=True) == expected
    assert named(nodeid, grouped=False) == (nodeid, "")


def test_the_groups_are_those_of_the_mode() -> None:
    ids = ["a.py::C::t[x::y]", "a.py::t"]
    assert groups(ids, "loadscope") == ["a.py::C", "a.py"]
    assert groups(ids, "loadfile") == ["a.py", "a.py"]
    assert groups(ids, "load") == ["", ""]
    assert groups(["a.py::t@one", "a.py::u"], "loadgroup") == ["one", "marked"]
    assert [each.duration_s for each in timed(ids, {"a.py::t": 1.0}, "load", {})] == [None, 1.0]


def groups(nodeids: list[str], dist: str) -> list[str]:
    return [each.group for each in timed(nodeids, {}, dist, {"a.py::u": "marked"})]


def test_an_xdist_that_is_too_old_is_told(monkeypatch: pytest.MonkeyPatch, pytestconfig: pytest.Config) -> None:
    monkeypatch.setitem(sys.modules, "xdist.scheduler", ModuleType("xdist.scheduler"))
    with pytest.raises(pytest.UsageError, match=r"takes pytest-xdist 3\.2 or later"):
        scheduler(pytestconfig, None, lambda _: [])
