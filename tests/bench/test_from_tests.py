"""Sessions on suites without benchmarks, and with such as lie elsewhere."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from noxtasks import bench
from noxtasks.config import BenchSettings, Settings
from noxtasks.errors import ConfigurationError, ExitCode, NotMeasuredError
from noxtasks.evidence import artifacts

pytestmark = [pytest.mark.functional, pytest.mark.skipif(sys.platform == "win32", reason="sh and POSIX paths")]

SETTINGS = Settings(bench=BenchSettings(seconds_s=0.01), install=("pytest",))
CODE = '''
def work(n):
    """As in

    >>> work(50000) > 0
    True
    """
    total = 0
    for i in range(n):
        total += i * i
    return total
'''
TESTS = """
import os
import unittest

import pytest

import shop

SEEN = []

@pytest.fixture(scope="module")
def number():
    return 30000

@pytest.mark.parametrize("n", [40000, 45000])
def test_parameter(n, number):
    shop.work(n)

@pytest.mark.parametrize("n", [42000, 42000], ids=["same", "same"])
def test_same(n):
    shop.work(n)

class TestUnit(unittest.TestCase):
    def test_unit(self):
        shop.work(35000)

    def test_skipped(self):
        shop.work(90000)
        self.skipTest("not here")

def test_once():
    shop.work(40000)
    assert not SEEN
    SEEN.append(1)

def test_dies_when_repeated():
    shop.work(40000)
    if os.environ.get("DYING"):
        os._exit(3)
    os.environ["DYING"] = "1"

def test_broken():
    shop.work(90000)
    assert 0

def test_quick():
    pass
"""

BENCHMARK = "import shop\n\ndef test_work(benchmark):\n    benchmark(shop.work, 2000)\n"


@pytest.fixture(autouse=True)
def few_plugins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "shop.py").write_text(CODE)
    (tmp_path / "test_shop.py").write_text(TESTS)
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = --doctest-modules\n")
    return tmp_path


def commit(root: Path) -> None:
    for arguments in (
        ("init", "--quiet"),
        ("add", "--all"),
        ("-c", "user.name=a", "-c", "user.email=a@b.example", "commit", "--quiet", "--message=one"),
    ):
        subprocess.run(["git", *arguments], cwd=root, check=True)  # noqa: S607


def test_tests_of_every_kind_are_repeated_and_what_cannot_be_is_left_out(root: Path, python: Path) -> None:
    assert bench.run(root, SETTINGS, python=python, from_tests=8) is ExitCode.NOTHING_FOUND
    told = artifacts.read(root / "reports", "perf.comparison.json")
    timed = {each["test"] for each in told.timing["new"]}
    assert timed > {
        "shop.py::shop.work",
        "test_shop.py::test_parameter[40000]",
        "test_shop.py::test_parameter[45000]",
        "test_shop.py::TestUnit::test_unit",
    }
    assert len(timed) == 6
    assert all(each["processes"] == 5 and each["rounds"] >= 50 for each in told.timing["new"])
    left_out = {each["test"]: each["reason"] for each in told.result["left_out"]}
    assert left_out.keys() == {
        "test_shop.py::test_once",
        "test_shop.py::test_dies_when_repeated",
        "test_shop.py::test_broken",
    }
    assert "repeated in one process" in left_out["test_shop.py::test_once"]


def test_plain_tests_decide_as_benchmarks_do(root: Path, python: Path) -> None:
    commit(root)
    (root / "shop.py").write_text(CODE.replace("range(n)", "range(2 * n)"))
    chosen = ("-k", "test_unit or once or dies")
    assert bench.run(root, SETTINGS, python=python, against="HEAD", from_tests=3, pytest_args=chosen) is ExitCode.FOUND
    told = artifacts.read(root / "reports", "perf.comparison.json").result
    assert [(each["test"], each["finding"]) for each in told["benchmarks"]] == [
        ("test_shop.py::TestUnit::test_unit", "slower")
    ]
    assert {each["test"] for each in told["left_out"]} == {
        "test_shop.py::test_once",
        "test_shop.py::test_dies_when_repeated",
    }
    assert not told["is_apart"]


def test_benchmarks_elsewhere_are_found_and_one_side_after_the_other_decides_too(root: Path, python: Path) -> None:
    """As on systems without FIFOs. The old code has no such folder."""
    (root / "pytest.ini").write_text("[pytest]\naddopts = -p pytest_benchmark.plugin --benchmark-only\n")
    commit(root)
    (root / "perf").mkdir()
    (root / "perf" / "test_work.py").write_text(BENCHMARK)
    (root / "shop.py").write_text(CODE.replace("range(n)", "range(3 * n)"))
    settings = BenchSettings(seconds_s=0.01, paths=("perf",))
    found = bench.run(
        root, msgspec.structs.replace(SETTINGS, bench=settings), python=python, against="HEAD", in_turns=False
    )
    assert found is ExitCode.FOUND
    told = artifacts.read(root / "reports", "perf.comparison.json").result
    assert [each["test"] for each in told["benchmarks"]] == ["perf/test_work.py::test_work"]
    assert told["brought"] == ["perf/test_work.py"]
    assert told["is_apart"]
    assert "one after the other" in told["reason"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "pytest-benchmark is installed, and kept from being loaded"),
        ({"pytest_args": ("-k", "quick")}, "no test uses the fixture"),
        ({"pytest_args": ("-k", "nothing"), "from_tests": 3}, "every test is deselected"),
        ({"pytest_args": ("-k", "broken"), "from_tests": 3}, "no test passes"),
        ({"pytest_args": ("nowhere.py",), "from_tests": 3}, "no test can be run"),
    ],
)
def test_why_there_is_nothing_to_time_is_told(
    root: Path, python: Path, arguments: dict[str, object], message: str
) -> None:
    (root / "test_bench.py").write_text("def test_bench(benchmark):\n    benchmark(sum, [1])\n")
    with pytest.raises((NotMeasuredError, ConfigurationError), match=message):
        bench.run(root, SETTINGS, python=python, **arguments)  # type: ignore[arg-type] # as they come


def test_what_cannot_be_measured_is_an_error_before_anything_is_run(root: Path, python: Path) -> None:
    settings = BenchSettings(paths=("perf", "test_shop.py"))
    with pytest.raises(ConfigurationError, match="there is no perf in"):
        bench.run(root, msgspec.structs.replace(SETTINGS, bench=settings), python=python)
    short = msgspec.structs.replace(SETTINGS, bench=BenchSettings(budget_s=0.001))
    with pytest.raises(NotMeasuredError, match="before every test had run once"):
        bench.run(root, short, python=python, from_tests=3)
