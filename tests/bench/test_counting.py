"""Counts of instructions: what callgrind's files say, and real counts of old code and new."""

from __future__ import annotations

import shutil
from pathlib import Path

import msgspec
import pytest

from noxtasks.bench import comparing, counting, rules
from noxtasks.bench.comparing import Measured
from noxtasks.bench.counting import Counts
from noxtasks.bench.model import Finding, Metric
from noxtasks.errors import NotMeasuredError, TimeIsUpError
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


NAMES = ("work", "growing_lists", "prepared", "plain", "not_under_valgrind")


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
    tests = tuple(f"test_shop.py::test_{name}" for name in NAMES)
    before, after = counting.count((old, new), tests, number=1, timing=TIMING, scratch=tmp_path / "counts")
    changes = {
        test: [new / old - 1 for old, new in zip(before.instructions[test].values(), each.values(), strict=True)]
        for test, each in after.instructions.items()
    }
    assert list(changes) == list(tests[:4])
    work, growing_lists, prepared, plain = changes.values()
    assert len(work) == len(prepared) == len(plain) == probe.LAYOUTS
    assert all(0.02 < change < 0.03 for change in work + plain)
    assert all(-0.01 < change < 0.01 for change in growing_lists + prepared)
    assert list(before.failed) == list(after.failed) == [tests[4]]
    assert "AssertionError" in before.failed[tests[4]] or "assert" in before.failed[tests[4]]


def counts(**instructions: float) -> Counts:
    return Counts(
        instructions={test: dict.fromkeys(range(5), each) for test, each in instructions.items()},
        failed={},
        compiled={},
    )


def measured(
    monkeypatch: pytest.MonkeyPatch, *rounds: tuple[Counts, Counts] | TimeIsUpError
) -> tuple[Measured, list[tuple[str, ...]]]:
    """What `rounds` of counts come to, and what was asked for in each."""
    asked: list[tuple[str, ...]] = []

    def count(_: object, tests: tuple[str, ...], *, number: int, **__: object) -> tuple[Counts, Counts]:
        asked.append(tests)
        told = rounds[number - 1]
        if isinstance(told, TimeIsUpError):
            raise told
        return told

    monkeypatch.setattr(counting, "count", count)
    monkeypatch.setattr(counting, "check", lambda _: None)
    suite = Suite(root=Path(), python=Path())
    compared = comparing.count(
        suite,
        suite,
        ("a", "b", "c"),
        timing=TIMING,
        thresholds=THRESHOLDS,
        scratch=Path(),
        until_s=0,
        told=lambda *_: None,
    )
    return compared, asked


def test_what_seems_slower_is_counted_again_in_further_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    first = counts(a=100, b=100, c=100), counts(a=100, b=103, c=103)
    then = counts(b=100, c=100), counts(b=100, c=103)
    found, asked = measured(monkeypatch, first, then, then)
    assert asked == [("a", "b", "c"), ("b", "c"), ("b", "c")]
    assert {each.test: each.finding for each in rules.compared(found.pairs, THRESHOLDS)} == {
        "a": Finding.STEADY,
        "b": Finding.STEADY,
        "c": Finding.SLOWER,
    }
    assert found.is_whole


def test_when_the_time_is_up_what_was_counted_once_is_undecided(monkeypatch: pytest.MonkeyPatch) -> None:
    first = counts(a=100, b=100), msgspec.structs.replace(counts(a=100, b=103), failed={"c": "it is broken"})
    found, _ = measured(monkeypatch, first, TimeIsUpError("too late"))
    assert [each.finding for each in rules.compared(found.pairs, THRESHOLDS)] == [Finding.STEADY, Finding.OPEN]
    assert not found.is_whole
    assert found.left_out == {"c": "it fails under valgrind with the new code: it is broken"}
    with pytest.raises(TimeIsUpError):
        measured(monkeypatch, TimeIsUpError("too late"))
