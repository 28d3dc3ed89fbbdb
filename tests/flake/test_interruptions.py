"""An interrupted `noxtasks flake`, as a real process: what was measured is kept, and no process is left behind."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from noxtasks import config
from noxtasks.errors import ExitCode
from noxtasks.evidence import artifacts, events
from noxtasks.flake import emit
from noxtasks.history import StoredSession, open_history
from noxtasks.suite.model import Run

pytestmark = [
    pytest.mark.functional,
    pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="waits for processes that are not its children"),
]

SUITE = """
import os, threading

def test_is_quick(): pass

def test_waits_in_the_third_run():
    with open(os.environ["COUNT"], "a") as file:
        file.write("x")
        runs = file.tell()
    if runs == 3:
        with open(os.environ["SAYS"], "w") as file:
            file.write(f"{os.getpid()} {os.getppid()}")
        threading.Event().wait()
"""
IMPORT_THAT_WAITS = """
import os, threading
with open(os.environ["SAYS"], "w") as file:
    file.write(str(os.getpid()))
threading.Event().wait()
"""
WAITED_S = 60  # until a test that waits for the end of a process fails


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = tmp_path / "suite"
    root.mkdir()
    (root / "test_it.py").write_text(SUITE)
    (root / "pytest.ini").write_text("[pytest]\n")
    os.mkfifo(tmp_path / "says")
    (tmp_path / "temporary").mkdir()
    for name, value in {"COUNT": "count", "SAYS": "says", "TMPDIR": "temporary"}.items():
        monkeypatch.setenv(name, str(tmp_path / value))
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    return root


@contextmanager
def in_its_third_run(root: Path, *args: str) -> Iterator[tuple[subprocess.Popen[bytes], list[int]]]:
    """A `noxtasks flake` in the middle of its third run, and the processes of that run: descriptors of them."""
    command = [sys.executable, "-m", "noxtasks", "flake", "--python", sys.executable, "--runs", "6", "--jobs", "1"]
    with (root.parent / "output").open("wb") as output:
        process = subprocess.Popen([*command, *args], cwd=root, stdout=output, stderr=output, start_new_session=True)
    descriptors: list[int] = []
    try:
        said = (root.parent / "says").read_text().split()
        descriptors += [os.pidfd_open(int(pid)) for pid in said if int(pid) != process.pid]
        yield process, descriptors
    finally:
        process.kill()
        process.wait()
        for descriptor in descriptors:
            with suppress(ProcessLookupError):
                signal.pidfd_send_signal(descriptor, signal.SIGKILL)
            os.close(descriptor)


def expect_ended(descriptors: list[int]) -> None:
    """Wait until all of these processes are gone."""
    assert descriptors
    for descriptor in descriptors:
        readable, _, _ = select.select([descriptor], [], [], WAITED_S)
        assert readable, "a process of the suite is still alive"


def recorded(root: Path) -> tuple[StoredSession, list[Run]]:
    with open_history(config.Settings().history_url(root)) as history:
        (stored,) = history.sessions(root.name)
        return stored, [history.run(stored.session.id, number).run for number in stored.run_numbers]


@pytest.mark.parametrize(
    ("engine", "number"), [("fork", signal.SIGINT), ("fork", signal.SIGTERM), ("fresh", signal.SIGINT)]
)
def test_an_interruption_keeps_what_was_measured_and_says_that_it_is_not_whole(
    engine: str, number: signal.Signals, root: Path
) -> None:
    with in_its_third_run(root, "--engine", engine) as (process, descriptors):
        process.send_signal(number)
        assert process.wait(WAITED_S) == ExitCode.INTERRUPTED
        expect_ended(descriptors)
    assert list((root.parent / "temporary").iterdir()) == []
    stored, runs = recorded(root)
    assert not stored.complete
    assert [(run.number, run.complete, len(run.results)) for run in runs][:2] == [(0, True, 2), (1, True, 2)]
    assert all(not run.complete for run in runs[2:])

    assert artifacts.verify(root / "reports") == []
    assert events.verify(root / "reports") == []
    for name in (emit.REPORT, emit.DELTA):
        assert not artifacts.read(root / "reports", name).provenance.complete
    assert artifacts.read(root / "reports", emit.REPORT).result["runs"] == len(runs)
    said = (root.parent / "output").read_text()
    assert "noxtasks: interrupted" in said
    assert "--resume" in said
    assert "Traceback" not in said


@pytest.mark.parametrize(("engine", "processes"), [("fork", 2), ("fresh", 1)])  # a warm one, and the run forked from it
@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere they end at the end of the test that they are in")
def test_when_noxtasks_is_killed_its_processes_end_by_themselves(engine: str, processes: int, root: Path) -> None:
    with in_its_third_run(root, "--engine", engine) as (process, descriptors):
        process.kill()
        process.wait()
        assert len(descriptors) == processes
        expect_ended(descriptors)
    _, runs = recorded(root)
    assert [run.complete for run in runs] == [True, True]


@pytest.mark.parametrize("engine", ["fork", "fresh"])
@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere it goes on for as long as the import")
def test_when_noxtasks_is_killed_while_a_module_is_imported_that_process_ends_too(engine: str, root: Path) -> None:
    (root / "test_it.py").write_text(IMPORT_THAT_WAITS)
    with in_its_third_run(root, "--engine", engine) as (process, descriptors):
        process.kill()
        process.wait()
        assert len(descriptors) == 1
        expect_ended(descriptors)


def test_an_interrupted_session_goes_on_with_the_next_run(root: Path) -> None:
    with in_its_third_run(root) as (process, _):
        process.send_signal(signal.SIGINT)
        assert process.wait(WAITED_S) == ExitCode.INTERRUPTED
    before, runs = recorded(root)
    command = [sys.executable, "-m", "noxtasks", "flake", "--python", sys.executable, "--runs", "6", "--resume"]
    done = subprocess.run(
        [*command, "--jobs", "1"], check=False, cwd=root, capture_output=True, text=True, timeout=WAITED_S
    )
    assert (done.returncode, done.stderr) == (ExitCode.NOTHING_FOUND, "")
    after, again = recorded(root)
    assert after.session.id == before.session.id
    assert after.complete
    assert [run.number for run in again] == [0, 1, 2, 3, 4, 5]
    assert again[: len(runs)] == runs
    assert artifacts.read(root / "reports", emit.REPORT).provenance.complete
