"""What tests use of what processes share is told of the right test, and what is their own is not told."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from noxtasks.suite.engine import Engine
from noxtasks.suite.launch import Suite
from noxtasks.suite.model import Footprint, Order
from noxtasks.suite.runs import RunRequest

pytestmark = [pytest.mark.functional, pytest.mark.skipif(sys.platform == "win32", reason="/proc, fcntl, unix sockets")]

CODE = """\
import fcntl, os, shutil, socket, sqlite3, subprocess, sys, tempfile
from pathlib import Path
import pytest

HERE = Path(__file__).parent

@pytest.fixture(scope="module")
def log():
    (HERE / "log").write_text("")
    yield
    (HERE / "log").unlink()

def test_files(tmp_path):
    (HERE / "made").write_text("")
    (HERE / "made").write_text("")
    (HERE / "made").read_text()
    os.rename(HERE / "made", HERE / "moved")
    (HERE / "moved").unlink()
    (tmp_path / "own").write_text("")

def test_folders():
    (HERE / "folder").mkdir()
    os.listdir(HERE / "folder")
    shutil.rmtree(HERE / "folder")

def test_sockets(monkeypatch):
    monkeypatch.chdir(HERE)
    with socket.socket() as free, socket.socket(socket.AF_UNIX) as local:
        free.bind(("127.0.0.1", 0))
        local.bind("local.sock")
    Path("local.sock").unlink()
    with pytest.raises(OSError), socket.socket() as fixed:
        fixed.connect(("127.0.0.1", 9))

def test_databases():
    for name in (":memory:", HERE / "a.db"):
        database = sqlite3.connect(name)
        database.execute("CREATE TABLE t (x)")
        database.commit()
        database.close()

def test_a_database_that_is_only_read():
    with sqlite3.connect(f"file:{HERE / 'a.db'}?mode=ro", uri=True) as database:
        database.execute("SELECT * FROM t").fetchall()

def test_locks():
    with (HERE / "lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        fcntl.flock(lock, fcntl.LOCK_UN)

def test_first_with_fixture(log):
    pass

def test_second_with_fixture(log):
    pass

def test_leaves_the_environment():
    os.environ["LEFT"] = "x"

def test_names_the_worker():
    (HERE / os.environ["PYTEST_XDIST_WORKER"]).touch()

def test_temporary():
    Path(tempfile.gettempdir(), "fixed").touch()
    with tempfile.TemporaryFile() as nameless:
        nameless.write(b"x")

def test_leaves_files(tmp_path):
    (HERE / "gone").write_text("")
    (HERE / "left").write_text("")
    (HERE / "as it was").write_text("x")
    (HERE / "test_it.py").open("a").close()
    (HERE / "gone").unlink()
    Path(tempfile.gettempdir(), "fixed").touch()

def test_changes_files():
    (HERE / "as it was").write_text("x")
    (HERE / "left").write_text("more")

@pytest.fixture(scope="session")
def settings():
    os.environ["SETTINGS"] = "x"
    os.chdir(HERE / "sub")

def test_with_settings(settings):
    os.environ["LEFT"] = "y"

def test_names_by_chance():
    with tempfile.TemporaryDirectory(dir=HERE) as folder:
        Path(folder, "x").touch()
    with tempfile.NamedTemporaryFile(dir=HERE) as file:
        file.write(b"x")

def test_starts():
    subprocess.run([sys.executable, "-c", ""])
"""


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory, python: Path) -> dict[str, Footprint]:
    root = tmp_path_factory.mktemp("suite").resolve()
    shared = tmp_path_factory.mktemp("shared").resolve()
    (root / "test_it.py").write_text(CODE)
    (root / "sub").mkdir()
    suite = Suite(root=root, python=python, pytest_args=("-p", "no:asyncio"))
    request = RunRequest(number=0, seed=1, hash_seed=0, order=Order.COLLECTED, shared=str(shared), footprints=True)
    with Engine(suite, tmp_path_factory.mktemp("nx"), kind=None, test_timeout_s=60) as engine:
        engine.collect(hash_seed=0)
        (run,) = engine.runs([request], jobs=2)
    assert all(not each.outcome.is_failure for each in run.results)
    return {each.test.removeprefix("test_it.py::"): each for each in run.footprints}


def uses(footprint: Footprint) -> list[tuple[str, str, str]]:
    return [
        (each.kind, Path(each.name).name if each.kind != "port" else each.name, each.how) for each in footprint.uses
    ]


@pytest.mark.parametrize(
    ("test", "expected"),
    [
        (
            "test_files",
            [
                ("file", "made", "create"),
                ("file", "made", "write"),
                ("file", "made", "read"),
                ("file", "made", "remove"),
                ("file", "moved", "create"),
                ("file", "moved", "remove"),
            ],
        ),
        ("test_folders", [("folder", "folder", how) for how in ("create", "list", "remove")]),
        (
            "test_sockets",
            [("socket", "local.sock", "create"), ("file", "local.sock", "remove"), ("port", "9/tcp", "read")],
        ),
        ("test_databases", [("database", "a.db", "read"), ("database", "a.db", "write")]),
        ("test_a_database_that_is_only_read", [("database", "a.db", "read")]),
        ("test_locks", [("file", "lock", "create"), ("file", "lock", "lock")]),
        ("test_leaves_the_environment", [("environment", "LEFT", "write")]),
        ("test_names_the_worker", []),
        ("test_temporary", [("file", "fixed", "create")]),
    ],
)
def test_each_test_tells_what_it_uses_that_others_can_use(
    told: dict[str, Footprint], test: str, expected: list[tuple[str, str, str]]
) -> None:
    assert list(dict.fromkeys(each for each in uses(told[test]) if each[2] != "list" or test == "test_folders")) == (
        expected
    )


def test_what_a_fixture_does_is_told_as_the_fixtures(told: dict[str, Footprint]) -> None:
    first, second = told["test_first_with_fixture"], told["test_second_with_fixture"]
    assert not first.uses
    assert not second.uses
    assert first.fixtures == second.fixtures == ("log (module of test_it.py)",)
    done = [(Path(each.name).name, each.how) for footprint in told.values() for each in footprint.of_fixtures]
    assert done == [("log", "create"), ("log", "remove")]


def test_other_programs_are_told_of(told: dict[str, Footprint]) -> None:
    assert any(each.kind == "process" for each in told["test_starts"].uses)


def test_files_that_were_made_or_changed_and_are_there_are_left(told: dict[str, Footprint]) -> None:
    assert [Path(each).name for each in told["test_leaves_files"].files_left] == ["left", "as it was"]
    assert [Path(each).name for each in told["test_changes_files"].files_left] == ["left"]


def test_what_a_fixture_of_the_session_does_to_the_process_is_not_the_tests(told: dict[str, Footprint]) -> None:
    assert uses(told["test_with_settings"]) == [("environment", "LEFT", "write")]


def test_names_by_chance_are_not_told(told: dict[str, Footprint]) -> None:
    assert {kind for kind, *_ in uses(told["test_names_by_chance"])} <= {"folder"}
