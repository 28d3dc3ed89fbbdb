"""What a forked child changes about itself so that two runs side by side do not meet."""

from __future__ import annotations

import faulthandler
import os
import signal
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from . import failures
from .frames import Real

_MEMORY_TIMES = 4
_MEMORY_MORE = 2 << 30

FLOOD = 1 << 20
"""Bytes of captured output per stream and phase that are kept, as a head and a tail; the rest is not read."""


def own_temporary_folder(config: pytest.Config, folder: str, shared: str = "") -> None:
    """Let `tempfile`, `tmp_path`, Hypothesis's examples and the child's own children work below `folder`.

    Where `shared` is given, `tempfile` and the children work there, as the workers of one session do.
    """
    failures.temporary(folder)
    os.environ["TMPDIR"] = shared or folder
    tempfile.tempdir = shared or folder
    hypothesis: Any = sys.modules.get("hypothesis.configuration")
    if hypothesis is not None:  # or an example that failed in one run would be tried first in the next
        hypothesis.set_hypothesis_home_dir(Path(folder) / "hypothesis")
    factory: Any = getattr(config, "_tmp_path_factory", None)
    if factory is not None:
        factory._basetemp = None
        factory._given_basetemp = Path(folder) / "pytest"


def own_output(config: pytest.Config, *, forked: bool) -> list[str]:
    """Capture all that this process writes, as `own_capture` does if it is `forked`, and keep floods out of memory.

    Returns the notes of floods to come.
    """
    capturing = _capturing(config)
    if forked:
        null = os.open(os.devnull, os.O_RDWR)
        for descriptor, stream in _streams(capturing):
            saved = getattr(stream, "targetfd_save", None)
            os.dup2(null, descriptor if saved is None else saved)
        os.close(null)
    floods = own_capture(config, forked=forked)
    if capturing is not None:
        _keep_on(capturing)
    return floods


def own_capture(config: pytest.Config, *, forked: bool = True) -> list[str]:
    """Give a forked child capture files of its own, and keep floods out of memory. Returns the notes of floods to come.

    A capture file that is inherited over a fork is one open file for all children: each would read what others wrote.
    The new file takes the old one's descriptor, so whoever holds `sys.stdout` keeps a stream that works.
    """
    floods: list[str] = []
    for descriptor, stream in _streams(_capturing(config)):
        if getattr(stream, "targetfd_save", None) is None:
            continue
        if forked:
            _replace(stream, descriptor)
        _dam(stream, floods, "stdout" if descriptor == 1 else "stderr")
    return floods


def _capturing(config: pytest.Config) -> Any:
    return getattr(config.pluginmanager.get_plugin("capturemanager"), "_global_capturing", None)


def _streams(capturing: Any) -> tuple[tuple[int, Any], ...]:
    return (1, getattr(capturing, "out", None)), (2, getattr(capturing, "err", None))


def _keep_on(capturing: Any) -> None:
    """Capture all the time: between the phases of a test nobody here prints anything that people are to see."""
    capturing.resume_capturing()
    capturing.resume_capturing = lambda: None
    capturing.suspend_capturing = lambda in_=False: None  # noqa: ARG005 - as pytest calls it


def _replace(stream: Any, descriptor: int) -> None:
    old = stream.tmpfile.fileno()
    active = os.fstat(descriptor).st_ino == os.fstat(old).st_ino
    with tempfile.TemporaryFile(buffering=0) as new:
        os.dup2(new.fileno(), old)
        if active:
            os.dup2(new.fileno(), descriptor)


def _dam(stream: Any, floods: list[str], name: str) -> None:
    """Let the stream's `snap` read only what is there, and cut the middle out of what is too large to be worth it."""
    snap = stream.snap

    def bounded() -> Any:
        fd = stream.tmpfile.fileno()
        size = Real.fstat(fd).st_size
        if size == 0:
            return ""
        if size > FLOOD:
            floods.append(f"wrote {size} bytes to {name}")
            head, tail = Real.read_at(fd, FLOOD // 2, 0), Real.read_at(fd, FLOOD // 2, size - FLOOD // 2)
            Real.truncate(fd, 0)
            Real.seek(fd, 0, 0)
            Real.write(fd, head + f"\n[… {size - FLOOD} bytes left out …]\n".encode() + tail)
        return snap()

    if hasattr(os, "pread"):
        stream.snap = bounded


def own_streams(path: str) -> None:
    """Let what is written to the standard streams go to the file at `path`, before pytest has begun to capture."""
    output = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.close(output)


def own_identity(config: pytest.Config, worker: str, workers: int, testrun: str = "noxtasks") -> None:
    """Say, as xdist does, which of several processes at once this is; databases and ports get their names from it."""
    os.environ["PYTEST_XDIST_WORKER"] = worker
    os.environ["PYTEST_XDIST_WORKER_COUNT"] = str(workers)
    os.environ["PYTEST_XDIST_TESTRUNUID"] = testrun
    config.workerinput = {  # type: ignore[attr-defined]
        "workerid": worker,
        "workercount": workers,
        "testrunuid": testrun,
    }


def limit_memory() -> None:
    """Let this process, and each that it starts, have a few times the memory it has now, and not all that there is.

    That is far more than its tests need, and less than a loop takes that never stops to append. Only Linux counts what
    is written to, and not what is merely reserved.
    """
    if sys.platform != "linux":
        return
    import resource

    data = int(Path("/proc/self/statm").read_text("ascii").split()[5]) * resource.getpagesize()
    soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
    most = data * _MEMORY_TIMES + _MEMORY_MORE
    if all(limit == resource.RLIM_INFINITY or most < limit for limit in (soft, hard)):
        resource.setrlimit(resource.RLIMIT_DATA, (most, hard))


def dump_on_request(path: str) -> None:
    """Write the stacks of all threads to `path` on a crash, and on the signal that noxtasks sends before it kills."""
    if sys.platform == "win32":
        return
    dump = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)  # open until the process ends
    faulthandler.enable(file=dump)
    with suppress(OSError):  # valgrind keeps the signal for itself
        faulthandler.register(getattr(signal, "SIGRTMAX", signal.SIGUSR2), file=dump, all_threads=True)
