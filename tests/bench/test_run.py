"""Whole sessions on a small project: its first baseline, and old code against new."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from noxtasks import bench
from noxtasks.config import BenchSettings, Settings
from noxtasks.errors import ConfigurationError, ExitCode, NotMeasuredError
from noxtasks.evidence import artifacts, events

pytestmark = [pytest.mark.functional, pytest.mark.skipif(sys.platform == "win32", reason="the two sides need FIFOs")]

SETTINGS = Settings(bench=BenchSettings(seconds_s=0.01), install=("pytest",))
CODE = "def work(n):\n    total = 0\n    for i in range(n):\n        total += i * i\n    return total\n"
TESTS = """
import shop

def test_work(benchmark):
    benchmark(shop.work, 2000)

def test_same(benchmark):
    benchmark(sum, range(20000))

def test_broken(benchmark):
    benchmark(shop.no_such_thing)

def test_plain():
    pass
"""


@pytest.fixture(autouse=True)
def few_plugins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "shop.py").write_text(CODE)
    (tmp_path / "test_shop.py").write_text(TESTS)
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = -p pytest_benchmark.plugin --benchmark-disable\n")
    git(tmp_path, "init", "--quiet")
    git(tmp_path, "add", "--all")
    git(tmp_path, "-c", "user.name=a", "-c", "user.email=a@b.example", "commit", "--quiet", "--message=one")
    return tmp_path


def git(root: Path, *arguments: str) -> None:
    subprocess.run(["git", *arguments], cwd=root, check=True)  # noqa: S607


def test_the_first_session_on_a_machine_is_its_baseline_and_the_next_is_held_against_it(
    root: Path, python: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert bench.run(root, SETTINGS, python=python) is ExitCode.NOTHING_FOUND
    assert "this machine has no baseline yet" in capsys.readouterr().out
    assert bench.run(root, SETTINGS, python=python) is ExitCode.NOTHING_FOUND
    told = artifacts.read(root / "reports", "perf.comparison.json")
    assert told.result["is_stored"]
    assert [each["test"] for each in told.result["benchmarks"]] == [
        "test_shop.py::test_same",
        "test_shop.py::test_work",
    ]
    assert [each["test"] for each in told.result["left_out"]] == ["test_shop.py::test_broken"]
    (summary, _) = told.timing["new"]
    assert (summary["test"], summary["processes"]) == ("test_shop.py::test_work", 5)
    assert 0 < summary["least_s"] <= summary["quantiles_s"]["p50"]["figure"]
    assert summary["rounds"] >= 50
    (machine,) = artifacts.read(root / "reports", "perf.benchmark.baseline.json").result["machines"].values()
    assert len(machine["measurements"]) == 1
    assert [event.type.value for event in events.read(root / "reports")][-2:] == [
        "performance_benchmark_start",
        "performance_benchmark_complete",
    ]
    assert "test_shop.py::test_work" in (root / "reports" / "bench.html").read_text("utf-8")
    assert artifacts.verify(root / "reports") == []


def test_what_is_slower_than_the_revision_is_found_and_what_is_not_is_not(
    root: Path, python: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (root / "shop.py").write_text(CODE.replace("range(n)", "range(n + n // 2)"))
    assert bench.run(root, SETTINGS, python=python, against="HEAD") is ExitCode.FOUND
    told = artifacts.read(root / "reports", "perf.comparison.json").result
    found = {each["test"]: each for each in told["benchmarks"]}
    assert {test: each["finding"] for test, each in found.items() if test.endswith("work")} == {
        "test_shop.py::test_work": "slower"
    }
    assert found["test_shop.py::test_work"]["low"] > 0.05
    assert found["test_shop.py::test_same"]["finding"] != "slower"
    assert told["verdict"] == "fail"
    assert "slower" in capsys.readouterr().out


def test_there_has_to_be_something_to_compare(root: Path, python: Path) -> None:
    with pytest.raises(ConfigurationError, match="no revision"):
        bench.run(root, SETTINGS, python=python, against="no-such-branch")
    (root / "test_shop.py").write_text("def test_plain():\n    pass\n")
    with pytest.raises(NotMeasuredError, match="no test uses the fixture"):
        bench.run(root, SETTINGS, python=python)


def test_what_the_time_does_not_suffice_for_is_unmeasured(root: Path, python: Path) -> None:
    short = msgspec.structs.replace(SETTINGS, bench=BenchSettings(seconds_s=0.01, budget_s=0.001))
    with pytest.raises(NotMeasuredError, match="the time was up"):
        bench.run(root, short, python=python, against="HEAD")
