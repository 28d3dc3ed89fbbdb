"""Child processes: which a test has left behind, how orphans stay within reach, and how none outlives its parent."""

from __future__ import annotations

import os
import signal
import threading
from contextlib import suppress
from pathlib import Path

from .frames import WIRE_LOST, Real, Wire

_PR_SET_PDEATHSIG = 1  # prctl(2)
_PR_SET_CHILD_SUBREAPER = 36

_EXPECTED = ("multiprocessing.resource_tracker", "multiprocessing.forkserver", "multiprocessing.semaphore_tracker")
"""Helpers of the standard library that live as long as the process that started them, on purpose."""


_IDLE = ("pytest_rerunfailures",)
"""Modules whose threads only wait for workers of xdist, which there are none of: a fork may leave them behind."""


def cut_off_by_a_fork() -> list[str]:
    """Names of the threads of this process that a child would not have."""
    return [
        thread.name
        for thread in threading.enumerate()
        if thread is not threading.main_thread()
        and getattr(getattr(thread, "_target", None), "__module__", "") not in _IDLE
    ]


def adopt_orphans() -> None:
    """Make this process the parent of any descendant whose own parent dies, so that a daemon cannot slip away."""
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)


def die_with_parent(parent: int) -> None:
    """See to it that this process ends when `parent`, which started it, has died: nobody else would end it then.

    Linux kills it at once, in the middle of a test too. What the kernel looks at is the thread of the parent that
    started this process; that thread has to live as long as it is wanted. Elsewhere (macOS, Windows) there is no such
    thing without a thread or a signal handler in the user's process, which its tests would meet: there the process ends
    at its next frame (`Wire.parent`), which is the end of the test that it is in, and on Windows not even then, since a
    process there keeps the number of a dead parent. Children that the test has started are not ended by any of this.
    """
    Wire.parent = parent
    _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if Real.getppid() != parent:  # it died before the kernel knew
        Real.exit(WIRE_LOST)


def outlive_parent() -> None:
    """Take `die_with_parent` back: this process learns of the death by itself, and has to clean up after it."""
    Wire.parent = None
    _prctl(_PR_SET_PDEATHSIG, 0)


def _prctl(option: int, value: int) -> None:
    try:
        import ctypes

        ctypes.CDLL(None).prctl(option, value, 0, 0, 0)
    except (ImportError, OSError, AttributeError, TypeError):  # not Linux; TypeError: Windows
        pass


_EXEC_LOOKS = 100
_EXEC_LOOK_S = 0.001  # between looks at a process that has no command line of its own yet


class ChildWatch:
    """Remembers during which test each child process first appeared."""

    def __init__(self) -> None:
        self._before = children()
        self._first_seen: dict[int, str] = {}

    def look(self, test: str) -> None:
        """Note the children that have appeared during `test`. One system call where there is none."""
        if not _any_child():
            return
        for pid in children() - self._before:
            self._first_seen.setdefault(pid, test)

    def bury_leaked(self) -> list[tuple[str, str]]:
        """Kill the children that are still alive; (test, command line) of each. To be called after the last test."""
        if self._first_seen:
            lift_limits()
        alive = children()
        found = [(test, _command(pid)) for pid, test in self._first_seen.items() if pid in alive]
        kill(alive & self._first_seen.keys())
        return [(test, command) for test, command in found if command and not any(e in command for e in _EXPECTED)]


def lift_limits() -> None:
    """Take back, as far as that is allowed, the limits that a test has set to descriptors and memory."""
    try:
        import resource
    except ImportError:  # Windows
        return
    for limit in (resource.RLIMIT_NOFILE, resource.RLIMIT_AS, resource.RLIMIT_DATA):
        hard = resource.getrlimit(limit)[1]
        with suppress(ValueError, OSError):
            resource.setrlimit(limit, (hard, hard))


def children() -> set[int]:
    """The process ids of this process's children; empty where the kernel does not tell."""
    found: set[int] = set()
    try:
        for task in os.listdir("/proc/self/task"):
            found.update(map(int, Path(f"/proc/self/task/{task}/children").read_text("ascii").split()))
    except OSError:
        return set()
    return found


def kill(pids: set[int]) -> None:
    """Kill children of this process and collect them."""
    for pid in pids:
        with suppress(ProcessLookupError, PermissionError, ChildProcessError):
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)


def _any_child() -> bool:
    try:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except (ChildProcessError, AttributeError):  # AttributeError: Windows, macOS before Python 3.13
        return False
    return True


def _command(pid: int) -> str:
    """The command line of a process, or its name in brackets where it has none; empty for one that has ended.

    A process has none of its own while it is being made another program: first it has that of this process, of which it
    is a copy, then none. That takes milliseconds, and is waited for; one that stays a copy is told as such. A zombie,
    which has ended and waits only to be collected, is known by its state.
    """
    ours, line = _command_line("self"), b""
    for _ in range(_EXEC_LOOKS):
        try:
            name, state = _name_and_state(pid)
            line = _command_line(pid)
        except OSError:
            return ""
        if state in "ZX":
            return ""
        if line not in (b"", ours):
            break
        Real.sleep(_EXEC_LOOK_S)
    return line.replace(b"\0", b" ").decode("utf-8", "replace").strip()[:200] or f"[{name}]"


def _command_line(pid: int | str) -> bytes:
    return Path(f"/proc/{pid}/cmdline").read_bytes()


def _name_and_state(pid: int) -> tuple[str, str]:
    """The second and the third field of proc(5)'s `stat`; the name is in parentheses and may hold any character."""
    before, _, after = Path(f"/proc/{pid}/stat").read_text("utf-8", "replace").rpartition(")")
    return before.partition("(")[2], after.split()[0]
