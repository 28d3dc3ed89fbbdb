"""Which functions a test runs is told of every test that depends on what they did."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from noxtasks.mutation.making import mutmut
from noxtasks.suite.collection import Collection
from noxtasks.suite.engine import Engine
from noxtasks.suite.launch import Suite
from noxtasks.suite.model import EngineKind, Order, Run
from noxtasks.suite.runs import RunRequest
from noxtasks.suite.sources import Source, Sources

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

def checked():
    return 4

AT_IMPORT = at_import()
if checked() != 4:
    raise ValueError
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

def test_at_import(): assert shop.AT_IMPORT == 3

@pytest.mark.parametrize("number", [1, 2])
def test_each(number): pass

@pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits memory so that it can be relied on")
def test_memory():
    import resource
    assert 1 << 30 < resource.getrlimit(resource.RLIMIT_DATA)[0] < 1 << 40

def test_empties_the_environment(monkeypatch):
    for name in list(os.environ):
        monkeypatch.delenv(name)
    assert shop.price() == 2

def test_in_a_child():
    code = "import shop; assert shop.price() == 2"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0

def test_in_a_copy():
    pid = os.fork()
    if not pid:
        os._exit(shop.price() != 2)
    assert os.waitpid(pid, 0)[1] == 0
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


_NUMBERS = count()


def a_request(*tests: str, mutant: str = "", at: str = "", only: bool = False) -> RunRequest:
    return RunRequest(
        number=next(_NUMBERS),
        seed=0,
        hash_seed=0,
        order=Order.COLLECTED,
        tests=tuple(f"test_shop.py::{test}" for test in tests) or None,
        mutant=mutant,
        stops=bool(tests and mutant),
        at=at,
        only=only,
    )


def at_its_start(engine: Engine) -> Engine:
    """It, with a cold process that has not gone on to any place yet, whatever tests ran before."""
    list(engine.runs_fresh([a_request("test_price")], jobs=1))
    return engine


def failed(run: Run) -> set[str]:
    return {result.nodeid.partition("::")[2] for result in run.results if result.outcome.is_failure}


def test_what_ran_is_told_of_all_that_share_it(collected: tuple[Engine, Collection]) -> None:
    collection = collected[1]
    assert collection.ran == ("shop.x_at_import", "shop.x_checked")
    assert {Path(place).name for place in collection.modules["shop"]} == {"shop.py"}
    (run,) = collected[0].runs([a_request()], jobs=1)
    assert failed(run) == set()
    assert {test.partition("::")[2]: functions for test, functions in run.ran} == {
        "test_first": ("shop.x_opened",),
        "test_second": ("shop.x_opened", "shop.xǁCartǁtotal"),
        "test_price": ("shop.x_price",),
        "test_without": (),
        "test_empties_the_environment": ("shop.x_price",),
        "test_in_a_child": ("shop.x_at_import", "shop.x_checked", "shop.x_price"),
        "test_at_import": (),
        "test_each[1]": (),
        "test_each[2]": (),
        "test_memory": (),
        "test_in_a_copy": ("shop.x_price",),
    }


@pytest.mark.parametrize("is_fresh", [False, True])
def test_a_mutant_is_active_in_children_too_and_whatever_becomes_of_the_environment(
    collected: tuple[Engine, Collection], is_fresh: bool
) -> None:
    engine, _ = collected
    request = a_request(mutant="shop.x_price__mutmut_1")
    (run,) = engine.runs_fresh([request], jobs=1) if is_fresh else engine.runs([request], jobs=1)
    assert failed(run) == {"test_price", "test_empties_the_environment", "test_in_a_child", "test_in_a_copy"}
    ((whole, functions),) = run.ran
    assert whole == ""
    assert {name.partition(".")[2] for name in functions} == {
        *("x_at_import", "x_checked", "x_opened", "xǁCartǁtotal", "x_price"),
    }
    assert run.touched is not None
    assert run.touched.children


def test_a_run_may_begin_where_a_function_is_about_to_run_for_the_first_time(
    collected: tuple[Engine, Collection],
) -> None:
    """A process that begins there has the mutant active for that very call; unmutated, nothing differs."""
    engine = at_its_start(collected[0])
    at = "shop.x_at_import"
    requests = [
        a_request("test_at_import", mutant="shop.x_at_import__mutmut_1", at=at, only=True),
        a_request("test_at_import", at=at),
    ]
    mutated, unmutated = sorted(engine.runs_fresh(requests, jobs=1), key=lambda run: -len(failed(run)))
    assert failed(mutated) == {"test_at_import"}
    assert [result.outcome.value for result in unmutated.results] == ["passed"]
    (elsewhere,) = engine.runs_fresh([a_request("test_price", at="shop.x_nobody")], jobs=1)
    assert elsewhere.unavailable


def test_what_was_imported_before_the_probe_is_imported_again(tmp_path: Path, python: Path) -> None:
    """So it is with a library that pytest itself is built on."""
    root = tmp_path / "suite"
    root.mkdir()
    (root / "shop.py").write_text(SHOP)
    (root / "test_shop.py").write_text("import shop\n\ndef test_price(): assert shop.price() == 2\n")
    (root / "sitecustomize.py").write_text("import shop\n")
    suite = Suite(root=root, python=python, entries=(root,), mutated=("shop",))
    found = Sources(files=(Source(path="shop.py", module="shop"),), entries=(".",), found_by="")
    mutmut.instrument(suite, found, tmp_path)
    with Engine(suite, tmp_path, kind=EngineKind.FORK, test_timeout_s=30.0) as engine:
        assert engine.collect(hash_seed=0).ran == ("shop.x_at_import", "shop.x_checked")
        (run,) = engine.runs([a_request()], jobs=1)
    assert run.ran == (("test_shop.py::test_price", ("shop.x_price",)),)


CONFTEST = """
import pathlib
import pytest

@pytest.hookimpl
def pytest_exception_interact(report):
    pathlib.Path("seen").write_text(str(report.longrepr))
"""


@pytest.mark.parametrize("reads", [False, True])
def test_a_trial_makes_no_text_of_a_failure_unless_somebody_may_read_it(
    reads: bool, tmp_path: Path, python: Path
) -> None:
    root = tmp_path / "suite"
    root.mkdir()
    (root / "shop.py").write_text(SHOP)
    test = "import shop, pytest\n\ndef test_price(): assert shop.price() == 2, 'dear'\n"
    (root / "test_shop.py").write_text(test)
    (root / "conftest.py").write_text(CONFTEST if reads else "")
    suite = Suite(root=root, python=python, entries=(root,), mutated=("shop",))
    found = Sources(files=(Source(path="shop.py", module="shop"),), entries=(".",), found_by="")
    mutmut.instrument(suite, found, tmp_path)
    with Engine(suite, tmp_path, kind=EngineKind.FORK, test_timeout_s=30.0) as engine:
        engine.collect(hash_seed=0)
        (run,) = engine.runs([a_request("test_price", mutant="shop.x_price__mutmut_1")], jobs=1)
    failure = run.results[0].failure
    assert failure is not None
    assert (failure.exception, failure.message.partition("\n")[0]) == ("AssertionError", "dear")
    assert failure.text == ""
    assert not reads or "dear" in (root / "seen").read_text()


def test_what_is_not_needed_is_not_collected(collected: tuple[Engine, Collection]) -> None:
    engine, _ = collected
    (run,) = engine.runs_fresh([a_request("test_each[2]", only=True)], jobs=1)
    assert [result.nodeid for result in run.results] == ["test_shop.py::test_each[2]"]
    assert not engine.unstable_ids


def test_a_mutant_that_keeps_modules_from_being_imported_ends_its_run_at_once(
    collected: tuple[Engine, Collection],
) -> None:
    engine = at_its_start(collected[0])
    request = a_request("test_price", mutant="shop.x_checked__mutmut_1", at="shop.x_checked")
    (run,) = engine.runs_fresh([request], jobs=1)
    assert run.results == ()
    assert run.unimportable == "ValueError"
