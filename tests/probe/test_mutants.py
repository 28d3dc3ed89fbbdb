"""Which functions a test runs is told of every test that depends on what they did."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from noxtasks.mutation import mutmut
from noxtasks.mutation.sources import Source, Sources
from noxtasks.suite.collection import Collection
from noxtasks.suite.engine import Engine
from noxtasks.suite.launch import Suite
from noxtasks.suite.model import EngineKind, Order, Run
from noxtasks.suite.runs import RunRequest

pytestmark = pytest.mark.functional

SHOP = """
class Cart:
    def total(self):
        return 1

def opened():
    return [Cart(), 1][0]

def price():
    return 2

def at_import():
    return 3

AT_IMPORT = at_import()
"""
TESTS = """
import os, subprocess, sys
import pytest
import shop

@pytest.fixture(scope="module")
def cart():
    return shop.opened()

@pytest.fixture
def total(cart):
    return cart.total()

def test_first(cart): pass
def test_second(total): assert total == 1
def test_price(): assert shop.price() == 2
def test_without(): pass

def test_empties_the_environment(monkeypatch):
    for name in list(os.environ):
        monkeypatch.delenv(name)
    assert shop.price() == 2

def test_in_a_child():
    code = "import shop; assert shop.price() == 2"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
"""


@pytest.fixture(scope="module")
def collected(tmp_path_factory: pytest.TempPathFactory, python: Path) -> Iterator[tuple[Engine, Collection]]:
    """A warm process with the tests of a shop that holds its mutants."""
    root, scratch = tmp_path_factory.mktemp("suite"), tmp_path_factory.mktemp("scratch")
    (root / "shop.py").write_text(SHOP)
    (root / "test_shop.py").write_text(TESTS)
    (root / "pytest.ini").write_text("[pytest]\n")
    suite = Suite(root=root, python=python, entries=(root,), mutated=("shop",))
    found = Sources(files=(Source(path="shop.py", module="shop"),), entries=(".",), found_by="")
    mutmut.instrument(suite, found, scratch)
    with Engine(suite, scratch, kind=EngineKind.FORK, test_timeout_s=30.0) as started:
        yield started, started.collect(hash_seed=0)


def a_request(*tests: str, mutant: str = "") -> RunRequest:
    names = tuple(f"test_shop.py::{test}" for test in tests) or None
    return RunRequest(number=0, seed=0, hash_seed=0, order=Order.COLLECTED, tests=names, mutant=mutant)


def failed(run: Run) -> set[str]:
    return {result.nodeid.partition("::")[2] for result in run.results if result.outcome.is_failure}


def test_what_ran_is_told_of_all_that_share_it(collected: tuple[Engine, Collection]) -> None:
    collection = collected[1]
    assert collection.ran == ("shop.x_at_import",)
    assert {Path(place).name for place in collection.modules["shop"]} == {"shop.py"}
    (run,) = collected[0].runs([a_request()], jobs=1)
    assert failed(run) == set()
    assert {test.partition("::")[2]: functions for test, functions in run.ran} == {
        "test_first": ("shop.x_opened",),
        "test_second": ("shop.x_opened", "shop.xǁCartǁtotal"),
        "test_price": ("shop.x_price",),
        "test_without": (),
        "test_empties_the_environment": ("shop.x_price",),
        "test_in_a_child": (),
    }


@pytest.mark.parametrize("is_fresh", [False, True])
def test_a_mutant_is_active_in_children_too_and_whatever_becomes_of_the_environment(
    collected: tuple[Engine, Collection], is_fresh: bool
) -> None:
    engine, _ = collected
    request = a_request(mutant="shop.x_price__mutmut_1")
    (run,) = engine.runs_fresh([request], jobs=1) if is_fresh else engine.runs([request], jobs=1)
    assert failed(run) == {"test_price", "test_empties_the_environment", "test_in_a_child"}
    ((whole, functions),) = run.ran
    assert (whole, set(functions)) == ("", {"shop.x_at_import", "shop.x_opened", "shop.xǁCartǁtotal", "shop.x_price"})
    assert run.touched is not None
    assert run.touched.children
