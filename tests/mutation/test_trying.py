"""Fates that a trial can get wrong: memos, brittle and distrusted tests, code that runs in other processes alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from noxtasks.mutation.deciding import distrust
from noxtasks.mutation.making import mutmut
from noxtasks.mutation.model import Fate, Mutant, Status
from noxtasks.mutation.trying import HASH_SEED, Trying, take_baseline
from noxtasks.suite.engine import Engine
from noxtasks.suite.launch import Suite
from noxtasks.suite.model import EngineKind
from noxtasks.suite.sources import Source, Sources

pytestmark = pytest.mark.functional

SHOP = """
_memo = {}

def price(name):
    if name not in _memo:
        _memo[name] = look_up(name)
    return _memo[name]

def look_up(name):
    return 7

def main():
    print(8)

def table():
    return {"book": 9}

def rounded(number):
    return number + 1

TABLE = table()
"""
TESTS = """
import subprocess, sys
from pathlib import Path

import pytest
import shop

opened = []

def test_first(): assert shop.price("book")
def test_middle(): assert shop.price("book") == 7
def test_last(): assert shop.price("book")

def test_command():
    done = subprocess.run([sys.executable, "-c", "import shop; shop.main()"], stdout=subprocess.PIPE)
    assert done.stdout.split() == [b"8"]

def test_table(): assert shop.TABLE["book"] == 9

def test_opens(): opened.append(1)
def test_brittle():
    assert shop.rounded(1)
    assert opened
def test_opens_too(): opened.append(1)

@pytest.mark.flaky_quarantine(reason="flaky", since="2026-01-01", expires="2026-02-01")
def test_in_quarantine(): assert shop.rounded(1) == 2

def test_flaky(): assert shop.rounded(1) == 2
"""
Found = tuple[dict[str, list[Status]], Trying, tuple[Mutant, ...]]


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory, python: Path) -> Found:
    """The fates of all mutants of the shop, by their function."""
    root, scratch = tmp_path_factory.mktemp("suite"), tmp_path_factory.mktemp("scratch")
    (root / "shop.py").write_text(SHOP)
    (root / "test_shop.py").write_text(TESTS)
    (root / "pytest.ini").write_text("[pytest]\n")
    suite = Suite(root=root, python=python, entries=(root,), mutated=("shop",))
    sources = Sources(files=(Source(path="shop.py", module="shop"),), entries=(".",), found_by="")
    mutants = mutmut.instrument(suite, sources, scratch).mutants
    fates: dict[str, list[Status]] = {}
    with Engine(suite, scratch, kind=EngineKind.FORK, test_timeout_s=30.0) as engine:
        collection = engine.collect(hash_seed=HASH_SEED)
        assert engine.collect(hash_seed=HASH_SEED).tests == collection.tests
        baseline = take_baseline(engine, collection, {"test_shop.py::test_flaky": "flaky"})
        attempt = Trying(engine, baseline, jobs=2, told=lambda _: None)
        attempt.carry_out(mutants)
    for mutant in mutants:
        fates.setdefault(mutant.function, []).append(attempt.fates[mutant.id].status)
    return fates, attempt, mutants


def fate_of(found: Found, after: str) -> Fate:
    _, attempt, mutants = found
    return next(attempt.fates[mutant.id] for mutant in mutants if after in mutant.after)


def test_what_a_memo_hides_from_a_test_is_tried_by_it_all_the_same(found: Found) -> None:
    """The first test fills the memo, in either order, so that the one between is never seen to run the function."""
    assert fate_of(found, "return 8").killed_by == "test_shop.py::test_middle"


def test_what_runs_in_a_process_that_a_test_starts_is_laid_at_its_door(found: Found) -> None:
    assert fate_of(found, "print(9)").killed_by == "test_shop.py::test_command"


def test_what_runs_at_import_is_tried_from_there(found: Found) -> None:
    fates, _, _ = found
    assert set(fates["table"]) == {Status.KILLED}


def test_tests_that_fail_alone_or_are_known_to_be_flaky_kill_nothing(found: Found) -> None:
    fates, attempt, _ = found
    assert set(fates["rounded"]) == {Status.NO_TESTS}
    assert {test.partition("::")[2]: why.partition(":")[0] for test, why in attempt.baseline.left_out} == {
        "test_brittle": "fails alone, without a mutant",
        "test_in_quarantine": "in quarantine",
        "test_flaky": "flaky",
    }


def test_without_a_flake_report_nobody_is_distrusted(tmp_path: Path) -> None:
    assert distrust.flaky_tests(tmp_path) == {}
    (tmp_path / "flake.report.json").write_text("{}")
    assert distrust.flaky_tests(tmp_path) == {}
