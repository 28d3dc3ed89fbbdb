"""The warm process: it has imported and collected, and forks a child for each run that it is told to start.

A cold one has imported pytest and its plugins, and nothing of the user's: its children go on from there. Or it goes on
itself, and its children begin where a function is about to run for the first time.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import select
import selectors
import signal
import traceback
import warnings
from collections import deque
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

    def __bool__(self) -> bool:
        return bool(self._descriptors)

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


class _GoesOnError(BaseException):
    """In a child: it is to leave the loop that its parent stays in."""

    def __init__(self, run: dict[str, Any]) -> None:
        super().__init__()
        self.run = run


def _go_on(run: dict[str, Any]) -> None:
    raise _GoesOnError(run)


def serve(commands: int, events: int, run: Callable[[dict[str, Any]], None]) -> None:
    """Fork a child that calls `run` for each line read from `commands`, until that ends; tell on `events`."""
    Service(commands, events).serve(run)


class Service:
    """Forks a child for each line read from `commands`, and tells on `events` what becomes of them.

    It may stand at one place of a process after another: each run names the one (`at`) where its child is to begin.
    `commands` ends when noxtasks closes it or dies. Either way no child is left, nor anything that a child has left.
    """

    def __init__(self, commands: int, events: int) -> None:
        self._commands = commands
        self._events = events
        self._wire: _Events | None = None
        self._received = b""
        self._runs: deque[dict[str, Any]] = deque()
        self._owner = Real.getpid()
        self.is_over = False
        """There are no more runs to come."""

    @property
    def next_place(self) -> str | None:
        """Where the next run is to begin, in the process that serves."""
        return self._runs[0].get("at", "") if self._runs and Real.getpid() == self._owner else None

    def hand_over(self, place: str) -> dict[str, Any] | None:
        """Serve the runs that begin here; come back in each child with its run, and here when the next is elsewhere.

        This process ends when there are no more runs.
        """
        try:
            self.serve(_go_on, place)
        except _GoesOnError as child:
            return child.run
        self._leave_where_over()
        return None

    def refuse(self, place: str | None) -> None:
        """Tell of the runs that begin at `place` (None: of all that are still to come) that none can begin there."""
        while not self.is_over and (not self._runs or place in (None, self.next_place)):
            if self._runs:
                self._opened().send("missed", wire=self._runs.popleft()["wire"])
            else:
                select.select([self._commands], [], [])
                self._receive()
        self._leave_where_over()

    def _leave_where_over(self) -> None:
        if self.is_over:
            Real.exit(0)

    def serve(self, run: Callable[[dict[str, Any]], None], place: str = "") -> None:
        """Fork a child that calls `run` for each run that begins at `place`, until there is one for another."""
        parent = os.getppid()
        processes.outlive_parent()
        processes.adopt_orphans()
        gc.collect()
        gc.freeze()
        os.set_blocking(self._commands, False)
        with selectors.DefaultSelector() as selector:
            selector.register(self._commands, selectors.EVENT_READ)
            children = _Children(selector)
            try:
                self._serve(run, place, selector, children)
            except _NobodyReadsError:
                self.is_over = True  # `commands` has ended too
            finally:
                if Real.getpid() == self._owner:
                    children.kill()
        processes.die_with_parent(parent)
        if self.is_over:
            self._opened().close()

    def _opened(self) -> _Events:
        if self._wire is None:
            self._wire = _Events(self._events)
            self._wire.send("ready")
        return self._wire

    def _serve(
        self,
        run: Callable[[dict[str, Any]], None],
        place: str,
        selector: selectors.BaseSelector,
        children: _Children,
    ) -> None:
        wire = self._opened()
        while True:
            while self.next_place == place:
                task = self._runs.popleft()
                pid = _fork(task, run, self._commands)
                children.add(pid)
                wire.send("forked", pid=pid, wire=task["wire"])
            if self.is_over or (self._runs and not children):
                return
            selector.select(children.poll_s)
            for pid, code in children.ended():
                _kill_group(pid)
                children.kill_orphans()
                wire.send("exited", pid=pid, code=code)
            self._receive()

    def _receive(self) -> None:
        received = _read(self._commands)
        if received == b"":
            self.is_over = True
            return
        *lines, self._received = (self._received + (received or b"")).split(b"\n")
        self._runs += map(json.loads, lines)


class _NobodyReadsError(Exception):
    """Noxtasks has died."""


class _Events(Wire):
    """A wire whose loss does not end this process at once: it has children to end first."""

    def _lost(self) -> None:
        raise _NobodyReadsError


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
    if task.get("footprints"):  # loaded once, and not by each child
        importlib.import_module(".meeting", __package__)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of native threads
        pid = os.fork()
    if pid:
        return pid
    try:
        processes.die_with_parent(parent)
        if not task.get(
            "stops"
        ):  # a trial of a mutant is short; a full collection would copy all that was there before
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
