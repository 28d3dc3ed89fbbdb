"""Whole sessions on a small project: its first baseline, and old code against new."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from noxtasks import bench
from noxtasks.config import BenchSettings, Settings
from noxtasks.errors import ConfigurationError, EvidenceError, ExitCode, NotMeasuredError
from noxtasks.evidence import artifacts, events
from noxtasks.suite import patience

from ..told import untold

pytestmark = [pytest.mark.functional, pytest.mark.skipif(sys.platform == "win32", reason="the two sides need FIFOs")]

SETTINGS = Settings(bench=BenchSettings(seconds_s=0.01), install=("pytest",))
CODE = "def work(n):\n    total = 0\n    for i in range(n):\n        total += i * i\n    return total\n"
TESTS = """
import pytest

import time

import pytest
import shop

def test_work(benchmark):
    benchmark(shop.work, 2000)

@pytest.mark.benchmark(timer=time.process_time, disable_gc=True)
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


def limited(limits: dict[str, dict[str, float]]) -> Settings:
    return msgspec.structs.replace(SETTINGS, bench=msgspec.structs.replace(SETTINGS.bench, limits=limits))


def git(root: Path, *arguments: str) -> None:
    subprocess.run(["git", *arguments], cwd=root, check=True)  # noqa: S607


def test_the_first_session_on_a_machine_is_its_baseline_and_the_next_is_held_against_it(
    root: Path, python: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ample = limited({"*::test_work": {"wall": 60.0}, "test_till.py::*": {"mean": 1.0}})
    assert bench.run(root, ample, python=python) is ExitCode.NOTHING_FOUND
    out = " ".join(capsys.readouterr().out.split())
    assert "bench: pass, 1 limit kept; this machine has no baseline yet" in out
    assert "no benchmark of this session is meant by `test_till.py::*` of `bench.limits`" in out
    narrow = limited({"*::test_same": {"wall": 1e-9}})
    assert bench.run(root, narrow, python=python) is ExitCode.FOUND
    told = artifacts.read(root / "reports", "perf.comparison.json")
    assert (told.result["verdict"], told.result["consequence"]) == ("fail", "fail")
    assert [(each["test"], each["verdict"]) for each in told.result["limits"]] == [("test_shop.py::test_same", "fail")]
    assert told.result["is_stored"]
    assert told.timing["circumstances"].keys() == {"load", "governor", "frequency_mhz"}
    assert [each["test"] for each in told.result["benchmarks"]] == [
        "test_shop.py::test_same",
        "test_shop.py::test_work",
    ]
    assert [each["test"] for each in told.result["left_out"]] == ["test_shop.py::test_broken"]
    (summary, same) = told.timing["new"]
    assert (summary["collects_garbage"], same["collects_garbage"]) == (True, False)
    assert (summary["test"], summary["processes"]) == ("test_shop.py::test_work", 5)
    assert 0 < summary["least_s"] <= summary["quantiles_s"]["p50"]["figure"]
    assert summary["rounds"] >= 50
    (machine,) = artifacts.read(root / "reports", "perf.benchmark.baseline.json").result["machines"].values()
    assert len(machine["measurements"]) == 1
    assert [event.type.value for event in events.read(root / "reports")][-2:] == [
        "performance_benchmark_start",
        "performance_benchmark_complete",
    ]
    assert untold(root / "reports") == set()
    assert "test_shop.py::test_work" in (root / "reports" / "bench.html").read_text("utf-8")
    assert artifacts.verify(root / "reports") == []


def test_a_refresh_adds_to_the_history_and_the_trends_are_told(root: Path, python: Path) -> None:
    bench.run(root, SETTINGS, python=python)
    bench.run(root, SETTINGS, python=python, refresh=True)
    (machine,) = artifacts.read(root / "reports", "perf.benchmark.baseline.json").result["machines"].values()
    assert len(machine["measurements"]) == 2
    trends = artifacts.read(root / "reports", "perf.comparison.json").result["trends"]
    assert {each["test"]: (len(each["points"]), each["steps"]) for each in trends} == {
        "test_shop.py::test_same": (2, []),
        "test_shop.py::test_work": (2, []),
    }


def test_a_broken_baseline_ends_the_session_before_anything_is_timed(root: Path, python: Path) -> None:
    (root / "reports").mkdir()
    broken = root / "reports" / "perf.benchmark.baseline.json"
    broken.write_text("{}")
    with pytest.raises(EvidenceError, match="does not list it"):
        bench.run(root, SETTINGS, python=python, refresh=True)
    assert [path.name for path in (root / "reports").iterdir()] == [broken.name]
    assert broken.read_text() == "{}"


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
    assert (told["verdict"], told["consequence"]) == ("fail", "rollback")
    assert {tier["metric"] for tier in told["tiers"]} >= {"mean", "p50", "p95"}
    assert "slower" in capsys.readouterr().out


def test_there_has_to_be_something_to_compare(root: Path, python: Path) -> None:
    with pytest.raises(ConfigurationError, match="no revision"):
        bench.run(root, SETTINGS, python=python, against="no-such-branch")
    with pytest.raises(ConfigurationError, match="compared with another one"):
        bench.run(root, SETTINGS, python=python, revision="HEAD")
    (root / "test_shop.py").write_text("def test_plain():\n    pass\n")
    with pytest.raises(NotMeasuredError, match="no test uses the fixture"):
        bench.run(root, SETTINGS, python=python)


def test_a_limit_has_the_rounds_that_it_needs_unless_the_benchmark_says_otherwise(root: Path, python: Path) -> None:
    free = "import shop\n\ndef test_free(benchmark):\n    benchmark(shop.work, 2000)\n"
    (root / "test_shop.py").write_text(
        free + "\ndef test_fixed(benchmark):\n    benchmark.pedantic(shop.work, (2000,), rounds=5)\n"
    )
    few = limited({"*": {"p95": 60.0}})
    few = msgspec.structs.replace(few, bench=msgspec.structs.replace(few.bench, rounds=2, seconds_s=0.0001))
    with pytest.raises(NotMeasuredError, match="1 of 2 limits undecided") as caught:
        bench.run(root, few, python=python)
    assert "have 20, or limit their mean" in str(caught.value)


def test_a_benchmark_may_take_far_longer_than_its_one_call_did(
    root: Path, python: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patience, "_LEAST_S", 0.2)  # seconds that any test has
    long = msgspec.structs.replace(SETTINGS, bench=BenchSettings(seconds_s=0.3))
    assert bench.run(root, long, python=python, pytest_args=("-k", "same")) is ExitCode.NOTHING_FOUND
    told = artifacts.read(root / "reports", "perf.comparison.json")
    assert ([each["test"] for each in told.timing["new"]], told.result["left_out"]) == (["test_shop.py::test_same"], [])


def test_what_the_time_does_not_suffice_for_is_unmeasured(root: Path, python: Path) -> None:
    short = msgspec.structs.replace(SETTINGS, bench=BenchSettings(seconds_s=0.01, budget_s=0.001))
    with pytest.raises(NotMeasuredError, match="the time was up"):
        bench.run(root, short, python=python, against="HEAD")
