"""The fresh engine: a pytest process of its own for each run, where a fork is not safe or does not exist."""

from __future__ import annotations

import json
import os
import sys
import time
import types
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import msgspec

from noxtasks.suite import process, wire
from noxtasks.suite.collection import Collection, gather
from noxtasks.suite.launch import Launch, Suite
from noxtasks.suite.model import EngineKind, Timing
from noxtasks.suite.runs import Task

_POLL_S = 0.02


def collect(suite: Suite, scratch: Path, launch: Launch, *, timeout_s: float) -> Collection:
    """Collect the suite in a process that runs nothing; after `timeout_s` seconds it is killed."""
    code = carry_out({"mode": "collect"}, suite, scratch, launch, timeout_s=timeout_s)
    return gather(scratch / "wire", scratch / "output", None if code in _COLLECTED else code)


def carry_out(
    task: Mapping[str, object], suite: Suite, scratch: Path, launch: Launch, *arguments: str, timeout_s: float
) -> int:
    """Have a process carry out a task that runs nothing; after `timeout_s` seconds it is killed, by a signal.

    It leaves its frames in `scratch` / "wire", and what pytest prints in "output". `arguments` are further ones for
    pytest. Returns its exit status.
    """
    scratch.mkdir(parents=True, exist_ok=True)
    started = _start(suite, scratch, task, scratch / "wire", launch, *arguments)
    try:
        with suppress(process.TimeoutExpired):
            started.wait(timeout_s)
    finally:  # also when the user interrupts
        process.kill_group(started)
    return started.wait()


_COLLECTED = (0, 1, 5)  # pytest's exit codes for a session that collected: passed, errors in modules, nothing to run


class FreshProcesses:
    """Starts a process for each run; `close` ends those that are still there."""

    kind = EngineKind.FRESH

    def __init__(self, suite: Suite) -> None:
        self._suite = suite
        self._running: dict[str, process.Process] = {}
        self.tests: tuple[str, ...] = ()

    def start(self, task: Task, launch: Launch) -> None:
        """Start pytest for one run."""
        content = {"mode": "fresh", "run": msgspec.to_builtins(task)}
        folder, wire_path = Path(task.folder).parent, Path(task.wire)
        variables = _active(task.mutant) | _padding(task.bench)
        self._running[task.wire] = _start(self._suite, folder, content, wire_path, launch, variables=variables)

    def ended(self, timeout_s: float) -> list[tuple[str, int]]:
        """The processes that have ended, waiting at most `timeout_s` for the first."""
        until = time.monotonic() + timeout_s
        while True:
            gone = [(name, code) for name, running in self._running.items() if (code := running.poll()) is not None]
            if gone or time.monotonic() > until:
                break
            time.sleep(_POLL_S)
        for name, _ in gone:
            process.kill_group(self._running.pop(name))
        return gone

    def pid(self, name: str) -> int | None:
        """The process that writes to `name`."""
        return self._running[name].pid if name in self._running else None

    def interrupt(self, name: str) -> None:
        """Ask the process for the stacks of its threads; Windows has no signal for that."""
        if sys.platform != "win32" and name in self._running:
            with suppress(ProcessLookupError):
                os.kill(self._running[name].pid, wire.stacks_signal())

    def kill(self, name: str) -> None:
        """End the process and its group."""
        if name in self._running:
            process.kill_group(self._running[name])

    def close(self) -> None:
        """End every process that has been started."""
        while self._running:
            process.kill_group(self._running.popitem()[1])


def _start(
    suite: Suite,
    folder: Path,
    task: object,
    wire_path: Path,
    launch: Launch,
    *arguments: str,
    variables: Mapping[str, str] = types.MappingProxyType({}),
) -> process.Process:
    (folder / "task.json").write_text(json.dumps(task), "utf-8")
    return process.start(
        suite.command(launch, "-o", f"cache_dir={folder / 'cache'}", *arguments),
        cwd=suite.root,
        env=suite.environment(launch, wire=wire_path, task=folder / "task.json") | dict(variables),
        output=folder / "output",
    )


def _active(mutant: str) -> dict[str, str]:
    """The variable by which mutmut's copies of functions know which one is to run, from the first import on."""
    return {"MUTANT_UNDER_TEST": mutant} if mutant else {}


def _padding(timing: Timing | None) -> dict[str, str]:
    return {"NOXTASKS_PADDING": "x" * timing.padding} if timing is not None else {}
