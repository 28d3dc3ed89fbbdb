"""Counts of instructions: what callgrind's files say, and real counts of old code and new."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

import pytest

from noxtasks.bench import comparing, counting, rules
from noxtasks.bench.model import Finding, Metric
from noxtasks.errors import NotMeasuredError
from noxtasks.probe.noxtasks_probe import counting as probe
from noxtasks.suite.launch import Suite
from noxtasks.suite.model import Timing

has_valgrind = pytest.mark.skipif(shutil.which("valgrind") is None, reason="valgrind is not installed")

THRESHOLDS = {Metric.INSTRUCTIONS: 0.01}
TIMING = Timing(rounds=5, seconds=0.01, repeats_tests=True)


def dump(label: str, count: int) -> str:
    return f"version: 1\ndesc: Trigger: Client Request: {label}\nevents: Ir\nsummary: {count}\ntotals: {count}\n"


def test_a_count_is_of_one_call_and_without_what_counting_takes() -> None:
    work = probe.digest("test_a.py::test_work")
    dumps = [dump("0 0 ", 90), dump(f"0 3 {work}", 3090), dump(f"1 2 {work}", 2290), "desc: Trigger: Program end\n"]
    assert counting.read(dumps, ["test_a.py::test_work", "test_a.py::test_none"]) == {
        "test_a.py::test_work": {0: 1000, 1: 1100}
    }


def test_a_name_that_no_label_could_hold_is_known_again() -> None:
    name = "test_a.py::test_work[a\nsummary: 5 ü \udc80" + "x" * 5000 + "]"
    assert counting.read([dump(f"0 1 {probe.digest(name)}", 7)], [name]) == {name: {0: 7}}


def test_what_is_no_count_of_ours_is_not_read() -> None:
    assert (
        counting.read([dump("0 1 0123456789abcdef", 7), dump("of the user's own", 8), ""], ["test_a.py::test_a"]) == {}
    )


def test_where_nothing_can_be_counted_it_says_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    script = tmp_path / "python"
    script.write_text('#!/bin/sh\nexec python3 "$@"\n')
    suite = Suite(root=tmp_path, python=script)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NotMeasuredError, match="valgrind, which counts instructions, is not installed"):
        counting.check(suite)
    (tmp_path / "valgrind").write_text("")
    (tmp_path / "valgrind").chmod(0o755)
    with pytest.raises(NotMeasuredError, match="a script that starts the interpreter"):
        counting.check(suite)
    monkeypatch.setattr("platform.machine", lambda: "riscv64")
    with pytest.raises(NotMeasuredError, match="not counted on riscv64"):
        counting.check(suite)


OLD = "def work(n):\n    total = 0\n    for i in range(n):\n        total += i * i\n    return total\n"
NEW = (
    '"""'
    + "Adds squares. " * 50
    + '"""\n\n\ndef other(a):\n    return [a]\n\n\n'
    + OLD.replace("(n):\n", "(n):\n    n += n // 40\n", 1)
)
TESTS = r"""
import os, re, shop

def test_work(benchmark):
    assert benchmark(shop.work, 2000)

def test_growing_lists(benchmark):
    benchmark(re.compile(r"\d+\s").findall, "foo bar 12345 " * 400)

def test_prepared(benchmark):
    prepared, cleaned = [], []

    def prepare():
        prepared.append(shop.work(2000))
        return (list(range(1000)),), {}

    def empty(items):
        assert len(items) == 1000
        while items:
            items.pop()

    benchmark.pedantic(empty, setup=prepare, teardown=cleaned.append, rounds=3)
    assert len(prepared) == len(cleaned) > 3

def test_plain():
    shop.work(2000)

def test_not_under_valgrind(benchmark):
    assert benchmark(os.environ.get, "LD_PRELOAD", "") == ""
"""


def project(root: Path, code: str) -> Path:
    root.mkdir(parents=True)
    (root / "shop.py").write_text(code)
    (root / "test_shop.py").write_text(TESTS)
    (root / "pytest.ini").write_text("[pytest]\naddopts = -p pytest_benchmark.plugin\n")
    return root


@has_valgrind
@pytest.mark.functional
def test_two_percent_more_work_are_found_and_another_place_and_docstring_are_not(
    tmp_path: Path, python: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.setenv("LD_PRELOAD", "")
    old = Suite(root=project(tmp_path / "old" / ("far" * 30), OLD), python=python)
    new = Suite(root=project(tmp_path / "new", NEW), python=python)
    names = ("work", "growing_lists", "prepared", "plain", "not_under_valgrind")
    tests = {name: f"test_shop.py::test_{name}" for name in names}
    left: list[tuple[int, int]] = []
    measured = comparing.count(
        old,
        new,
        tuple(tests.values()),
        timing=TIMING,
        thresholds=THRESHOLDS,
        scratch=tmp_path / "counts",
        until_s=time.monotonic() + 600,
        told=lambda *told: left.append(told),
    )
    found = {each.test: each for each in rules.compared(measured.pairs, THRESHOLDS)}
    assert {test: each.finding for test, each in found.items()} == {
        tests["work"]: Finding.SLOWER,
        tests["growing_lists"]: Finding.STEADY,
        tests["prepared"]: Finding.STEADY,
        tests["plain"]: Finding.SLOWER,
    }
    assert all(0.02 < change < 0.03 for change in found[tests["work"]].changes)
    assert left == [(1, 2), (2, 2), (3, 0)]  # what is steady is counted once
    assert list(measured.left_out) == [tests["not_under_valgrind"]]
    assert "fails under valgrind with the old code" in measured.left_out[tests["not_under_valgrind"]]
