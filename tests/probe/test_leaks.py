"""What has come since the last look is told, once, and what is given up is not."""

from __future__ import annotations

import gc
import socket
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from noxtasks.probe.noxtasks_probe.leaks import LeakWatch

linux = pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="Linux tells which files are open")


@linux
def test_what_is_open_at_the_end_is_laid_at_the_test_during_which_it_came(tmp_path: Path) -> None:
    watch = LeakWatch()
    with (tmp_path / "left").open("w"), socket.socket():
        watch.look("first")
        watch.look("second")
        told = watch.left()
    assert {(test, note.partition(":")[0]) for test, note in told} == {
        ("first", "left a file open"),
        ("first", "left a socket open"),
    }
    assert str(tmp_path / "left") in "".join(note for _, note in told)


def test_a_thread_is_told_while_it_lives() -> None:
    release = threading.Event()
    watch = LeakWatch()
    thread = threading.Thread(target=release.wait, name="worker")
    thread.start()
    watch.look("a")
    assert [(test, "worker" in note) for test, note in watch.left()] == [("a", True)]
    release.set()
    thread.join()
    assert watch.left() == []


@linux
def test_what_a_wider_fixture_closes_in_the_end_is_no_leak(tmp_path: Path) -> None:
    watch = LeakWatch()
    with (tmp_path / "shared").open("w"):
        watch.look("first")
    assert watch.left() == []


@pytest.fixture
def no_collector() -> Iterator[None]:
    """The collector does not come by itself."""
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("no_collector")
def test_what_waits_for_the_collector_is_no_leak(tmp_path: Path) -> None:
    class Cycle:
        def __init__(self) -> None:
            self.file = (tmp_path / "given up").open("w")
            self.me = self

    watch = LeakWatch()
    Cycle().file.flush()
    watch.look("a")
    with pytest.warns(ResourceWarning):
        assert watch.left() == []


def test_a_file_in_the_temporary_folder_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    watch = LeakWatch()
    (tmp_path / "stays").touch()
    (tmp_path / "hypothesis").mkdir()
    watch.look("a")
    assert watch.left() == [("a", "left a temporary file: stays")]
