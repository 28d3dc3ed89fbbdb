"""The fork engine's outside: one warm pytest process, told over a pipe to fork a child for each run."""

from __future__ import annotations

import json
import os
import select
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec

from noxtasks.errors import NotMeasuredError
from noxtasks.suite import process, wire
from noxtasks.suite.collection import Collection, gather
from noxtasks.suite.launch import Launch, Suite
from noxtasks.suite.model import EngineKind
from noxtasks.suite.runs import Task

_TICK_S = 0.1
_CLOSED_S = 0.01
_LEAVE_S = 10.0  # for the session to finish by itself, hooks of the user included


class WarmProcess:
    """A pytest process that has imported and collected the suite once. POSIX only; a context manager."""

    kind = EngineKind.FORK

    def __init__(self, suite: Suite, scratch: Path, launch: Launch, *, mode: str = "fork") -> None:
        self._suite = suite
        self._mode = mode
        self._scratch = scratch
        self._launch = launch
        self._names: dict[int, str] = {}
        self._pending = b""
        self._is_ready = False
        self.tests: tuple[str, ...] = ()

    def __enter__(self) -> Self:
        self._scratch.mkdir(parents=True, exist_ok=True)
        their_commands, self._commands = os.pipe()
        self._events, their_events = os.pipe()
        task = self._scratch / "task.json"
        task.write_text(json.dumps({"mode": self._mode, "commands": their_commands, "events": their_events}), "utf-8")
        self._wire = self._scratch / "server"
        self._process = process.start(
            self._suite.command(self._launch, "-o", f"cache_dir={self._scratch / 'cache'}"),
            cwd=self._suite.root,
            env=self._suite.environment(self._launch, wire=self._wire, task=task),
            output=self._scratch / "output",
            pass_fds=(their_commands, their_events),
        )
        os.close(their_commands)
        os.close(their_events)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for name in list(self._names.values()):
            self.kill(name)  # not left to the process alone, which may be killed before it has come to it
        os.close(self._commands)
        with suppress(process.TimeoutExpired):
            self._process.wait(_LEAVE_S if kind is None else 0.5)
        process.kill_group(self._process)
        os.close(self._events)

    def collect(self, timeout_s: float) -> Collection:
        """Wait until the suite is collected, or pytest has given up; after `timeout_s` it is killed."""
        until = time.monotonic() + timeout_s
        while not self._is_ready:
            self._is_ready = any(isinstance(event, wire.Ready) for event in self._read_events(_TICK_S))
            if self._is_ready or self._process.poll() is not None:
                break
            if time.monotonic() > until:
                process.kill_group(self._process)
        collection = gather(self._wire, self._scratch / "output", self._process.poll())
        self.tests = collection.tests
        return collection

    def start(self, task: Task, launch: Launch) -> None:
        """Tell the warm process to fork a child. It was launched as the process was, whatever is asked for."""
        del launch
        line = memoryview(msgspec.json.encode(task) + b"\n")
        try:
            while line:
                line = line[os.write(self._commands, line) :]
        except BrokenPipeError as error:
            raise self._died() from error

    def ended(self, timeout_s: float) -> list[tuple[str, int]]:
        """The children that have ended, waiting at most `timeout_s` for the first."""
        gone = []
        for event in self._read_events(timeout_s):
            match event:
                case wire.Forked():
                    self._names[event.pid] = event.wire
                case wire.Exited():
                    gone.append((self._names.pop(event.pid), event.code))
                case wire.Missed():
                    gone.append((event.wire, wire.MISSED))
                case _:
                    pass
        if not gone and self._process.poll() is not None:
            raise self._died()
        return gone

    def pid(self, name: str) -> int | None:
        """The child that writes to `name`."""
        return next((pid for pid, wire_path in self._names.items() if wire_path == name), None)

    def interrupt(self, name: str) -> None:
        """Ask the child for the stacks of its threads."""
        self._signal(name, wire.stacks_signal(), os.kill)

    def kill(self, name: str) -> None:
        """End the child and its group; a child that was forked just now does not lead one yet."""
        self._signal(name, signal.SIGKILL, os.kill)
        self._signal(name, signal.SIGKILL, os.killpg)

    def _signal(self, name: str, number: int, send: Callable[[int, int], None]) -> None:
        pid = self.pid(name)
        if pid is not None:
            with suppress(ProcessLookupError, PermissionError):
                send(pid, number)

    def _read_events(self, timeout_s: float) -> list[wire.Frame]:
        readable, _, _ = select.select([self._events], [], [], timeout_s)
        if not readable:
            return []
        data = os.read(self._events, 1 << 16)
        if not data:  # the other end is closed: the process has ended or is about to
            time.sleep(_CLOSED_S)
        *lines, self._pending = (self._pending + data).split(b"\n")
        return [wire.decode(line) for line in lines]

    def _died(self) -> NotMeasuredError:
        output = gather(self._wire, self._scratch / "output", None).output
        return NotMeasuredError(
            f"the warm pytest process ended by itself (exit status {self._process.poll()})",
            remedy=f"Its last output:\n{output[-2000:]}\nWith --engine fresh every run gets a process of its own.",
        )


class ColdProcess(WarmProcess):
    """One that has imported pytest and its plugins, and nothing of the user's. Each child imports and collects.

    It goes on by itself to where its runs are to begin (`at`), from one place to the next, and never back.

    `collect` gives no tests, and tells what may make it unsafe: threads, and functions with mutants that have run.
    """

    kind = EngineKind.FRESH

    def __init__(self, suite: Suite, scratch: Path, launch: Launch) -> None:
        super().__init__(suite, scratch, launch, mode="cold")
