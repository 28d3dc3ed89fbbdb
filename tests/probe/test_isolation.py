"""Two runs side by side do not meet: folders and captured output stay each run's own, and nothing stays behind."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from noxtasks.suite.engine import Engine
from noxtasks.suite.launch import Suite
from noxtasks.suite.model import EngineKind, Order, Outcome, Run
from noxtasks.suite.runs import RunRequest

pytestmark = [
    pytest.mark.functional,
    pytest.mark.skipif(not hasattr(os, "fork"), reason="forks"),
]

SUITE = """
import logging, os, subprocess, sys, tempfile
import pytest

def test_folders(tmp_path, tmp_path_factory):
    assert tempfile.tempdir == os.environ["TMPDIR"], "the first use would try it out with a file"
    child = subprocess.check_output([sys.executable, "-c", "import tempfile; print(tempfile.gettempdir())"], text=True)
    made = [str(tmp_path), str(tmp_path_factory.mktemp("x")), tempfile.mkdtemp()]
    (tmp_path / "left").write_text("x")
    pytest.fail("|".join([*made, child.strip(), os.environ["TMPDIR"]]))

def meet(worker):
    # goes on when the other is here too
    for place, mode in (("gw0", "rw"), ("gw1", "wr")):
        with open(os.path.join(os.environ["MEETING"], place), mode[worker == "gw0"]) as file:
            file.write("here") if mode[worker == "gw0"] == "w" else file.read()

@pytest.fixture
def worker():
    return os.environ["PYTEST_XDIST_WORKER"]

def say(worker):
    for _ in range(20):
        os.write(1, f"<{worker}>".encode())
        sys.stderr.write(f"<{worker}>")
        meet(worker)
    subprocess.run(["sh", "-c", f"echo '<{worker}>'"])

def test_capture(worker):
    say(worker)

def test_capfd(worker, capfd):
    say(worker)
    seen = capfd.readouterr()
    assert seen.out == f"<{worker}>" * 21 + "\\n" and seen.err == f"<{worker}>" * 20

def test_capsys(worker, capsys):
    meet(worker)
    print(worker)
    meet(worker)
    assert capsys.readouterr().out == worker + "\\n"

def test_caplog(worker, caplog):
    meet(worker)
    logging.getLogger().warning(worker)
    meet(worker)
    assert caplog.messages == [worker]
"""


TELLS_WHAT_WAS_CAPTURED = """
import os

def pytest_runtest_logreport(report):
    if report.when == "call" and report.nodeid.endswith("::test_capture"):
        with open(os.path.join(os.environ["MEETING"], "captured " + os.environ["PYTEST_XDIST_WORKER"]), "w") as file:
            file.write(report.capstdout + "|" + report.capstderr)
"""


def a_suite(folder: Path, body: str) -> Suite:
    root = folder / "suite"
    root.mkdir()
    (root / "test_it.py").write_text(body, "utf-8")
    (root / "pytest.ini").write_text("[pytest]\naddopts = -p no:randomly\n")
    return Suite(root=root, python=Path(sys.executable))


@pytest.fixture(autouse=True)
def lean(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    folder = tmp_path / "scratch"
    folder.mkdir()
    return folder


def two_at_once(suite: Suite, scratch: Path) -> list[Run]:
    def requests() -> Iterator[RunRequest]:
        for number in range(2):
            yield RunRequest(number=number, seed=number, hash_seed=1, order=Order.COLLECTED)

    with Engine(suite, scratch, kind=EngineKind.FORK, test_timeout_s=60.0) as engine:
        engine.collect(hash_seed=1)
        return list(engine.runs(requests(), jobs=2))


def test_runs_side_by_side_do_not_meet(tmp_path: Path, scratch: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    suite = a_suite(tmp_path, SUITE)
    (suite.root / "conftest.py").write_text(TELLS_WHAT_WAS_CAPTURED)
    monkeypatch.setenv("MEETING", str(tmp_path))
    for worker in ("gw0", "gw1"):
        os.mkfifo(tmp_path / worker)
    runs = two_at_once(suite, scratch)
    for worker in ("gw0", "gw1"):
        said = (tmp_path / f"captured {worker}").read_text()
        assert said == f"<{worker}>" * 21 + "\n|" + f"<{worker}>" * 20
    folders = set()
    for run in runs:
        seen = {result.nodeid.partition("::")[2]: result for result in run.results}
        assert {name for name, result in seen.items() if result.outcome is Outcome.PASSED} == {
            "test_capture",
            "test_capfd",
            "test_capsys",
            "test_caplog",
        }
        told = seen["test_folders"].failure
        assert told is not None
        paths = [Path(path) for path in told.message.split("|")]
        assert all(path.is_relative_to(scratch) for path in paths)
        assert all(path.is_relative_to(paths[-1]) for path in paths)
        assert not any(path.exists() for path in paths)
        folders.add(paths[-1])
    assert len(folders) == 2
    assert {path.name for path in suite.root.iterdir()} == {"test_it.py", "conftest.py", "pytest.ini"}
    assert {path.name for path in scratch.iterdir()} <= {"warm-1"}


FLOOD = """
import os, sys


def test_floods():
    sys.stdout.write("begin" + "x" * 3_000_000 + "end")
    sys.stderr.write("y" * 2_000_000)
    assert 0

def test_says_little():
    print("little")
    assert 0
"""


def test_a_flood_is_cut_to_its_ends_and_noted_at_its_test(tmp_path: Path, scratch: Path) -> None:
    runs = two_at_once(a_suite(tmp_path, FLOOD), scratch)
    for run in runs:
        notes = {result.nodeid.partition("::")[2]: result.notes for result in run.results}
        assert notes == {
            "test_floods": ("wrote 3000008 bytes to stdout", "wrote 2000000 bytes to stderr"),
            "test_says_little": (),
        }
