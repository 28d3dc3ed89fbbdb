"""What a run uses of the project's files is told: what the tests and the code do, not what pytest does for itself."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from noxtasks.mutation.making import mutmut
from noxtasks.suite.collection import Collection
from noxtasks.suite.engine import Engine
from noxtasks.suite.launch import Suite
from noxtasks.suite.model import EngineKind, Order, Touched
from noxtasks.suite.runs import RunRequest
from noxtasks.suite.sources import Source, Sources

pytestmark = pytest.mark.functional

TESTS = """
import linecache, multiprocessing, os, pathlib, platform, sqlite3, subprocess, sys
import helper
import shop

HERE = pathlib.Path(__file__).parent

def test_reads(): assert (HERE / "prices.txt").read_text() == "7"
def test_looks_for_what_is_not_there():
    try:
        open("missing.txt")
    except FileNotFoundError:
        pass
def test_lists(): assert list((HERE / "data").iterdir()) and list(HERE.glob("*.ini"))
def test_reads_the_code(): assert "def" in (HERE / "shop.py").read_text()
def test_imports_late(): import late
def test_asks_a_database(): sqlite3.connect(HERE / "shop.db").close()
def test_reads_elsewhere(tmp_path): (tmp_path / "x").write_text("")
def test_fails(): assert linecache.getline(__file__, 1) == 1
def test_asks_the_platform(): platform.platform(); platform.processor()
def test_starts_a_child(): subprocess.run([sys.executable, "-c", ""])
def test_spawns():
    process = multiprocessing.get_context("spawn").Process(target=print)
    process.start()
    process.join()
def test_forks():
    pid = os.fork()
    if not pid:
        os._exit(0)
    os.waitpid(pid, 0)
"""


@pytest.fixture(scope="module")
def collected(tmp_path_factory: pytest.TempPathFactory, python: Path) -> Iterator[tuple[Engine, Collection]]:
    """A warm process with tests that use all sorts of files."""
    root, scratch = tmp_path_factory.mktemp("suite"), tmp_path_factory.mktemp("scratch")
    (root / "data").mkdir()
    for name, text in {
        "shop.py": "def price():\n    return 2\n",
        "test_shop.py": TESTS,
        "helper.py": "open('read_at_import.txt').close()\n",
        "late.py": "",
        "read_at_import.txt": "",
        "prices.txt": "7",
        "data/book": "",
        "pytest.ini": "[pytest]\n",
    }.items():
        (root / name).write_text(text)
    suite = Suite(root=root, python=python, entries=(root,), mutated=("shop",))
    found = Sources(files=(Source(path="shop.py", module="shop"),), entries=(".",), found_by="")
    mutmut.instrument(suite, found, scratch)
    with (
        pytest.MonkeyPatch.context() as environment,
        Engine(suite, scratch, kind=EngineKind.FORK, test_timeout_s=30.0) as started,
    ):
        environment.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")  # plugins look at files, too
        yield started, started.collect(hash_seed=0)


def test_what_is_used_until_the_tests_are_collected_is_told(collected: tuple[Engine, Collection]) -> None:
    assert collected[1].touched == Touched(
        read=("read_at_import.txt",), imported=("helper.py", "shop.py", "test_shop.py")
    )


@pytest.mark.parametrize(
    ("test", "expected"),
    [
        ("test_reads", Touched(read=("prices.txt",))),
        ("test_looks_for_what_is_not_there", Touched(read=("missing.txt",))),
        ("test_lists", Touched(listed=(".", "data"))),
        ("test_reads_the_code", Touched(read=("shop.py",))),
        ("test_imports_late", Touched(imported=("late.py",))),
        ("test_asks_a_database", Touched(read=("shop.db",))),
        ("test_reads_elsewhere", Touched()),
        ("test_fails", Touched()),
        ("test_asks_the_platform", Touched()),
        ("test_starts_a_child", Touched(children=True)),
        ("test_spawns", Touched(children=True)),
        ("test_forks", Touched(children=True)),
    ],
)
def test_what_a_trial_uses_is_told(collected: tuple[Engine, Collection], test: str, expected: Touched) -> None:
    request = RunRequest(
        number=0,
        seed=0,
        hash_seed=0,
        order=Order.COLLECTED,
        tests=(f"test_shop.py::{test}",),
        mutant="shop.x_price__mutmut_1",
        stops=True,
    )
    (run,) = collected[0].runs([request], jobs=1)
    assert run.touched == expected


def test_a_process_that_starts_for_its_run_tells_what_it_has_used_since(collected: tuple[Engine, Collection]) -> None:
    request = RunRequest(
        number=0,
        seed=0,
        hash_seed=0,
        order=Order.COLLECTED,
        tests=("test_shop.py::test_reads",),
        mutant="shop.x_price__mutmut_1",
        stops=True,
    )
    (run,) = collected[0].runs_fresh([request], jobs=1)
    assert run.touched is not None
    assert set(run.touched.read) == {"read_at_import.txt", "prices.txt"}
