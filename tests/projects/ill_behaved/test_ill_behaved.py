"""See README.md: each test is wrong on purpose."""

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time

import pytest

OUTCOMES = {
    "test_exits": "crashed",
    "test_segfaults": "crashed",
    "test_closes_every_descriptor": "crashed",
    "test_exits_pytest": "stopped",
    "test_interrupts": "stopped",
    "test_hangs": "timed out",
    "test_stops_its_process": "timed out",
    "test_breaks_its_teardown": "error",
    "test_is_skipped": "skipped",
    "test_is_expected_to_fail": "xfailed",
    "test_raises_what_cannot_be_shown": "failed",
}
"""What is not named here passes."""


def test_exits():
    os._exit(3)


def test_segfaults():
    os.kill(os.getpid(), signal.SIGSEGV)


def test_forks():
    os.fork()


def test_leaves_a_child():
    subprocess.Popen(["sleep", "60"])


def test_leaves_a_daemon():
    subprocess.Popen(["sleep", "60"], start_new_session=True)


def test_floods():
    sys.stdout.write("x" * 50_000_000)


def test_closes_stdout():
    os.close(1)


def test_closes_every_descriptor():
    os.closerange(3, 4096)


def test_reads_its_own_output(capfd):
    print("here")
    os.system("echo there")
    assert capfd.readouterr().out == "here\nthere\n"


def test_goes_elsewhere(monkeypatch):
    monkeypatch.chdir("/")


def test_exits_pytest():
    pytest.exit("enough")


def test_interrupts():
    raise KeyboardInterrupt


def test_hangs():
    threading.Event().wait()


def test_stops_its_process():
    os.kill(os.getpid(), signal.SIGSTOP)


def test_has_its_own_folder(tmp_path):
    (tmp_path / "file").write_text("x")


@pytest.mark.parametrize("name", ["two\nlines", "naïve", "\udc80", "\0", "quote'\"$`"])
def test_has_a_strange_name(name):
    assert name


@pytest.fixture
def breaks():
    yield
    raise ValueError("on the way out")


def test_breaks_its_teardown(breaks):
    pass


@pytest.mark.skip
def test_is_skipped():
    pass


@pytest.mark.xfail
def test_is_expected_to_fail():
    assert False


def test_patches_the_clock(monkeypatch):
    for name in ("time", "monotonic", "perf_counter"):
        monkeypatch.setattr(time, name, lambda: 0)


def test_patches_json(monkeypatch):
    monkeypatch.setattr(json, "dumps", None)


def test_handles_a_signal():
    signal.signal(signal.SIGTERM, lambda *_: None)


def test_leaves_a_thread():
    threading.Thread(target=threading.Event().wait, daemon=True).start()


def test_draws():
    assert 0 <= random.random() < 1


class Unshowable(Exception):
    def __str__(self):
        raise RuntimeError("no")


def test_raises_what_cannot_be_shown():
    raise Unshowable
