"""The only module that starts processes: argument lists and never a shell, each in a process group of its own.

Output goes to files, never to pipes: a grandchild that keeps a pipe open would make its reader wait for it.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from subprocess import TimeoutExpired
from typing import IO

import msgspec

from noxtasks.errors import NotMeasuredError

__all__ = ["Completed", "Process", "TimeoutExpired", "attached", "kill_group", "output", "run", "start"]

Process = subprocess.Popen[bytes]


class Completed(msgspec.Struct, frozen=True, kw_only=True):
    """A process that has ended. A negative `returncode` is the signal that ended it."""

    returncode: int
    stdout: str
    stderr: str
    duration_s: float


def run(
    argv: Sequence[str], *, cwd: Path, env: Mapping[str, str] | None = None, timeout_s: float | None = None
) -> Completed:
    """Run `argv` in `cwd` to its end, without standard input. `env` is the whole environment (by default: ours).

    When this returns, what the process started and left in its group is gone too. Output that is not UTF-8 is replaced.

    Raises `TimeoutExpired` with what was written until then, `NotMeasuredError` where it cannot be started.
    """
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        began = time.perf_counter()
        process = _popen(argv, cwd=cwd, env=env, stdout=out, stderr=err)
        try:
            returncode = process.wait(timeout_s)
        except TimeoutExpired as expired:
            kill_group(process)
            raise TimeoutExpired(expired.cmd, expired.timeout, _content(out), _content(err)) from None
        finally:
            kill_group(process)
        duration_s = time.perf_counter() - began
        return Completed(
            returncode=returncode,
            stdout=_content(out).decode("utf-8", "replace"),
            stderr=_content(err).decode("utf-8", "replace"),
            duration_s=duration_s,
        )


def output(
    argv: Sequence[str], *, cwd: Path, env: Mapping[str, str] | None = None, timeout_s: float | None = None
) -> bytes | None:
    """The bytes that `argv` writes to its standard output; None where it cannot be started, fails or takes too long."""
    with tempfile.TemporaryFile() as out:
        try:
            process = _popen(argv, cwd=cwd, env=env, stdout=out, stderr=subprocess.DEVNULL)
        except NotMeasuredError:
            return None
        try:
            returncode = process.wait(timeout_s)
        except TimeoutExpired:
            return None
        finally:
            kill_group(process)
        return _content(out) if returncode == 0 else None


def start(
    argv: Sequence[str],
    *,
    cwd: Path,
    env: Mapping[str, str] | None = None,
    output: Path,
    pass_fds: Collection[int] = (),
) -> Process:
    """Start `argv` in `cwd`; what it writes, to either stream, goes to the file `output`. It has no standard input.

    `pass_fds` stay open in it (POSIX only). The caller ends it with `kill_group`.

    Raises `NotMeasuredError` where it cannot be started.
    """
    with output.open("wb") as stream:
        return _popen(argv, cwd=cwd, env=env, stdout=stream, stderr=stream, pass_fds=pass_fds)


def attached(
    argv: Sequence[str],
    *,
    cwd: Path,
    env: Mapping[str, str],
    meanwhile: Callable[[], object] = lambda: None,
    interrupt: int = signal.SIGINT,
) -> int:
    """Run `argv` in `cwd` to its end as if it were this process: its terminal, its group, its signals; its exit code.

    Once it runs, `meanwhile` is called. Ctrl-C at a terminal reaches both, and this one waits for the other to end; one
    that may have reached this one alone, or SIGTERM, is handed on as the signal `interrupt`.

    Raises `NotMeasuredError` where it cannot be started.
    """
    try:
        process = subprocess.Popen(list(argv), cwd=cwd, env=env)
    except OSError as error:
        raise _not_started(argv, cwd, error) from error
    with _handing_on(signal.SIGTERM, process, interrupt):
        meanwhile()
        while True:
            try:
                return process.wait()
            except KeyboardInterrupt:
                if sys.platform != "win32" and not _is_in_front():
                    process.send_signal(interrupt)


@contextmanager
def _handing_on(number: signal.Signals, process: Process, interrupt: int) -> Iterator[None]:
    """Have `process` interrupted where this one gets the signal; only the main thread can see to that."""
    if sys.platform == "win32" or threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(number, lambda _number, _frame: process.send_signal(interrupt))
    try:
        yield
    finally:
        signal.signal(number, before)


def _is_in_front() -> bool:
    """Whether this process's group is the one that the terminal sends Ctrl-C to."""
    try:
        with open("/dev/tty", "rb") as terminal:  # noqa: PTH123 - of this process, wherever its streams go
            return os.tcgetpgrp(terminal.fileno()) == os.getpgrp()
    except OSError:
        return False


def kill_group(process: Process) -> None:
    """Kill the process and all that it started and left in its group; quiet when nothing of it is alive."""
    if sys.platform == "win32":
        if process.poll() is None:
            taskkill = [f"{os.environ['SYSTEMROOT']}\\System32\\taskkill.exe", "/T", "/F", "/PID", str(process.pid)]
            subprocess.run(taskkill, capture_output=True, check=False)
    else:
        with suppress(ProcessLookupError, PermissionError):  # macOS says EPERM of a group of zombies
            os.killpg(process.pid, signal.SIGKILL)
    with suppress(OSError):
        process.kill()
    process.wait()


def _popen(
    argv: Sequence[str],
    *,
    cwd: Path,
    env: Mapping[str, str] | None,
    stdout: IO[bytes],
    stderr: IO[bytes] | int,
    pass_fds: Collection[int] = (),
) -> Process:
    flags = 0
    if sys.platform == "win32":
        flags = subprocess.CREATE_NEW_PROCESS_GROUP
    try:
        return subprocess.Popen(
            list(argv),
            cwd=cwd,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=stderr,
            pass_fds=tuple(pass_fds),
            start_new_session=sys.platform != "win32",
            creationflags=flags,
        )
    except OSError as error:
        raise _not_started(argv, cwd, error) from error


def _not_started(argv: Sequence[str], cwd: Path, error: OSError) -> NotMeasuredError:
    return NotMeasuredError(
        f"cannot start {argv[0]} in {cwd}: {error.strerror}", remedy="Does it exist, and may it be executed?"
    )


def _content(stream: IO[bytes]) -> bytes:
    stream.seek(0)
    return stream.read()
