"""The warm process: it has imported and collected, and forks a child for each run that it is told to start.

A cold one has imported pytest and its plugins, and nothing of the user's: its children go on from there.
"""

from __future__ import annotations

import gc
import json
import os
import selectors
import signal
import traceback
import warnings
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from . import processes
from .frames import Real, Wire

_POLL_S = 0.005  # between looks at the children, where the system has no descriptor for a process

BROKEN = 96
"""Exit status of a child in which the probe itself failed; the traceback is in the run's dump file."""


class _Children:
    """The children that run, by process id, and how to learn that one has ended."""

    def __init__(self, selector: selectors.BaseSelector) -> None:
        self._selector = selector
        self._descriptors: dict[int, int] = {}
        self._before = processes.children()

    def add(self, pid: int) -> None:
        try:
            self._descriptors[pid] = os.pidfd_open(pid)
        except (AttributeError, OSError):
            self._descriptors[pid] = -1
        else:
            self._selector.register(self._descriptors[pid], selectors.EVENT_READ)

    @property
    def poll_s(self) -> float | None:
        return _POLL_S if -1 in self._descriptors.values() else None

    def ended(self) -> list[tuple[int, int]]:
        """(process id, exit code as `subprocess` gives it) of the children that have ended since the last call."""
        gone = []
        for pid in list(self._descriptors):
            found, status = os.waitpid(pid, os.WNOHANG)
            if found:
                gone.append((pid, -os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)))
                self._forget(pid)
        return gone

    def kill(self) -> None:
        for pid in list(self._descriptors):
            with suppress(ProcessLookupError):  # one that has not come as far as to lead a group is in no other way hit
                os.kill(pid, signal.SIGKILL)
            _kill_group(pid)
            os.waitpid(pid, 0)
            self._forget(pid)
        self.kill_orphans()

    def kill_orphans(self) -> None:
        """Kill what children that have ended left behind in sessions of their own: it is this process's child now."""
        processes.kill(processes.children() - self._descriptors.keys() - self._before)

    def _forget(self, pid: int) -> None:
        descriptor = self._descriptors.pop(pid)
        if descriptor != -1:
            self._selector.unregister(descriptor)
            os.close(descriptor)


def hand_over(commands: int, events: int) -> dict[str, Any]:
    """Fork a child for each line read from `commands`, and come back in the children alone, each with its run.

    This process ends when `commands` does.
    """
    try:
        serve(commands, events, _go_on)
    except _GoesOnError as child:
        return child.run
    Real.exit(0)
    raise AssertionError  # not reached


class _GoesOnError(BaseException):
    """In a child: it is to leave the loop that its parent stays in."""

    def __init__(self, run: dict[str, Any]) -> None:
        super().__init__()
        self.run = run


def _go_on(run: dict[str, Any]) -> None:
    raise _GoesOnError(run)


def serve(commands: int, events: int, run: Callable[[dict[str, Any]], None]) -> None:
    """Fork a child that calls `run` for each line read from `commands`, until that ends; tell on `events`.

    `commands` ends when noxtasks closes it or dies. Either way no child is left, nor anything that a child has left.
    """
    parent, owner = os.getppid(), Real.getpid()
    processes.outlive_parent()
    wire = _Events(events)
    processes.adopt_orphans()
    gc.collect()
    gc.freeze()
    os.set_blocking(commands, False)
    with selectors.DefaultSelector() as selector:
        selector.register(commands, selectors.EVENT_READ)
        children = _Children(selector)
        try:
            wire.send("ready")
            _serve(commands, wire, run, selector, children)
        except _NobodyReadsError:
            pass  # `commands` has ended too
        finally:
            if Real.getpid() == owner:
                children.kill()
    processes.die_with_parent(parent)
    wire.close()


class _NobodyReadsError(Exception):
    """Noxtasks has died."""


class _Events(Wire):
    """A wire whose loss does not end this process at once: it has children to end first."""

    def _lost(self) -> None:
        raise _NobodyReadsError


def _serve(
    commands: int,
    wire: Wire,
    run: Callable[[dict[str, Any]], None],
    selector: selectors.BaseSelector,
    children: _Children,
) -> None:
    pending = b""
    while True:
        selector.select(children.poll_s)
        for pid, code in children.ended():
            _kill_group(pid)
            children.kill_orphans()
            wire.send("exited", pid=pid, code=code)
        received = _read(commands)
        if received == b"":
            return
        *lines, pending = (pending + (received or b"")).split(b"\n")
        for line in lines:
            task = json.loads(line)
            pid = _fork(task, run, commands)
            children.add(pid)
            wire.send("forked", pid=pid, wire=task["wire"])


def _read(commands: int) -> bytes | None:
    """What has come; nothing at the end; None where nothing is there yet."""
    received = b""
    try:
        while True:
            part = os.read(commands, 1 << 20)
            received += part
            if not part:
                return received
    except BlockingIOError:
        return received or None


def _fork(task: dict[str, Any], run: Callable[[dict[str, Any]], None], commands: int) -> int:
    """The process id of a new child, which calls `run` and ends.

    Python's own threads were looked at before. Native ones, which `threading` does not see, are no reason not to fork:
    a library that keeps a pool of them sees to forks by itself. OpenBLAS, beneath numpy, ends its pool in a handler of
    `pthread_atfork` and starts another when it is needed (OpenBLAS pull request 343; not where it was built with GNU
    OpenMP, which wheels of numpy are not). Where a library fails to, as OpenBLAS did for a time (issue 5520), its tests
    hang in every child and pass in a process of their own: then they are told to be unmeasured, and not to be broken.
    """
    parent = Real.getpid()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of native threads
        pid = os.fork()
    if pid:
        return pid
    try:
        processes.die_with_parent(parent)
        gc.unfreeze()  # or the tests' own questions to the collector would miss all that was there before
        os.setsid()
        processes.adopt_orphans()
        os.close(commands)
        run(task)
    except _GoesOnError:
        raise
    except BaseException:  # whatever it was, this process must not return into the parent's code
        with open(task["dump"], "a", encoding="utf-8") as dump:
            traceback.print_exc(file=dump)
        Real.exit(BROKEN)
    Real.exit(0)
    raise AssertionError  # not reached


def _kill_group(pid: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)
