"""A process that a test leaves behind is found, named with its test, and ended."""

from __future__ import annotations

import os
import selectors
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from noxtasks.probe.noxtasks_probe import forking, processes
from noxtasks.suite import process
from noxtasks.suite.launch import PROBE_FOLDER

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/task", str(os.getpid()), "children").exists(), reason="the kernel does not tell of children"
)

WAITS = [sys.executable, "-c", "input()"]


@pytest.fixture
def child() -> Iterator[subprocess.Popen[bytes]]:
    """A child of this process that waits."""
    with subprocess.Popen(WAITS, stdin=subprocess.PIPE) as started:
        yield started
        started.kill()


def test_children_are_those_that_are_there_now(child: subprocess.Popen[bytes]) -> None:
    assert child.pid in processes.children()
    child.kill()
    child.wait()
    assert child.pid not in processes.children()


def test_a_child_is_laid_at_the_door_of_the_test_during_which_it_appeared() -> None:
    watch = processes.ChildWatch()
    watch.look("before")
    started = [subprocess.Popen(WAITS, stdin=subprocess.PIPE)]
    watch.look("first")
    started.append(subprocess.Popen([*WAITS, "second"], stdin=subprocess.PIPE))
    watch.look("second")
    watch.look("third")
    assert watch.bury_leaked() == [("first", " ".join(WAITS)), ("second", " ".join([*WAITS, "second"]))]
    assert not {each.pid for each in started} & processes.children()
    assert watch.bury_leaked() == []
    for each in started:  # they were collected by the watch: all that is left is to let go of their pipes
        assert each.stdin is not None
        each.stdin.close()
        each.wait()


def test_children_that_were_there_before_are_left_alone(child: subprocess.Popen[bytes]) -> None:
    watch = processes.ChildWatch()
    watch.look("first")
    assert watch.bury_leaked() == []
    assert child.poll() is None


def test_a_child_that_has_ended_is_no_leak_and_keeps_its_exit_code() -> None:
    watch = processes.ChildWatch()
    with subprocess.Popen([sys.executable, "-c", "raise SystemExit(7)"]) as ended:
        watch.look("first")
        assert ended.wait() == 7
    assert watch.bury_leaked() == []


def test_helpers_that_live_on_purpose_are_ended_and_not_told(tmp_path: Path) -> None:
    watch = processes.ChildWatch()
    started = subprocess.Popen([*WAITS, "from multiprocessing.resource_tracker import main"], stdin=subprocess.PIPE)
    watch.look("first")
    assert watch.bury_leaked() == []
    assert started.pid not in processes.children()
    assert started.stdin is not None
    started.stdin.close()
    started.wait()


def test_a_child_that_leads_no_group_yet_is_killed_as_well(child: subprocess.Popen[bytes]) -> None:
    with selectors.DefaultSelector() as selector:
        forked = forking._Children(selector)
        forked.add(child.pid)
        forked.kill()
    assert child.pid not in processes.children()


@pytest.mark.functional
@pytest.mark.skipif(sys.platform != "linux", reason="prctl")
@pytest.mark.parametrize("outlives", [False, True])
def test_a_process_ends_with_its_parent_unless_it_takes_that_upon_itself(outlives: bool, tmp_path: Path) -> None:
    code = f"""
import os, signal
from noxtasks_probe import processes
parent = os.getpid()
reading, writing = os.pipe()
if os.fork() == 0:
    processes.die_with_parent(parent)
    if {outlives}:
        processes.outlive_parent()
    os.close(reading)
    os.write(writing, b"ready ")
    while os.getppid() == parent:
        signal.sigtimedwait([], 0.01)
    os.write(writing, b"alive")
    os._exit(0)
os.close(writing)
os.read(reading, 6)
if os.fork() == 0:
    while os.getppid() == parent:
        signal.sigtimedwait([], 0.01)
    print(os.read(reading, 5).decode(), flush=True)
os._exit(0)
"""
    env = {**os.environ, "PYTHONPATH": str(PROBE_FOLDER)}
    with subprocess.Popen([sys.executable, "-c", code], env=env, stdout=subprocess.PIPE, text=True) as started:
        assert started.stdout is not None
        assert started.stdout.read() == ("alive\n" if outlives else "\n")


@pytest.mark.functional
@pytest.mark.skipif(sys.platform != "linux", reason="prctl")
def test_an_orphan_in_a_session_of_its_own_stays_within_reach(tmp_path: Path) -> None:
    daemon = "import subprocess, sys; subprocess.Popen([sys.executable, '-c', 'input()', 'daemon'], stdin=0, "
    daemon += "start_new_session=True)"
    code = f"""
import os, subprocess, sys
from noxtasks_probe import processes
processes.adopt_orphans()
watch = processes.ChildWatch()
reading, writing = os.pipe()
subprocess.run([sys.executable, "-c", {daemon!r}], stdin=reading)
watch.look("test_a")
for test, command in watch.bury_leaked():
    print(test, command.rpartition(" ")[2])
print(processes.children())
"""
    env = {**os.environ, "PYTHONPATH": str(PROBE_FOLDER)}
    done = process.run([sys.executable, "-c", code], cwd=tmp_path, env=env)
    assert (done.stdout.splitlines(), done.stderr) == (["test_a daemon", "set()"], "")


@pytest.mark.functional
@pytest.mark.skipif(sys.platform != "linux", reason="procfs")
def test_a_child_that_is_still_a_copy_of_its_parent_is_told_by_what_it_becomes(tmp_path: Path) -> None:
    code = """
import os, sys
from noxtasks_probe import frames, processes
watch = processes.ChildWatch()
reading, writing = os.pipe()
waiting, _open = os.pipe()
if os.fork() == 0:
    os.read(reading, 1)
    os.dup2(waiting, 0)
    os.execv(sys.executable, [sys.executable, "-c", "input()", "becomes"])
watch.look("test_a")
sleep = frames.Real.sleep
frames.Real.sleep = lambda seconds: os.write(writing, b"x") and sleep(seconds)
for test, command in watch.bury_leaked():
    print(test, command.rpartition(" ")[2])
"""
    env = {**os.environ, "PYTHONPATH": str(PROBE_FOLDER)}
    done = process.run([sys.executable, "-c", code], cwd=tmp_path, env=env)
    assert (done.stdout.splitlines(), done.stderr) == (["test_a becomes"], "")
