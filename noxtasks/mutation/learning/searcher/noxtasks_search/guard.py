"""A child process that may compute and read, and no more: what is called with made-up arguments must do no harm.

Four fences stand one behind the other: an audit hook that refuses every event that is not known to be harmless (so that
a kind of event that is new is refused too), no open descriptors but the one for the answer, limits of the system on
the size of written files, on memory and on time, and functions that Python does not audit taken away.
"""

from __future__ import annotations

import os
import select
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

_HARMLESS = frozenset(
    {
        *("import", "compile", "exec", "code.__new__", "function.__new__", "marshal.loads", "marshal.dumps"),
        *("object.__getattr__", "object.__setattr__", "object.__delattr__", "builtins.id", "array.__new__"),
        *("sys._getframe", "sys._getframemodulename", "sys._current_frames", "sys.unraisablehook", "sys.excepthook"),
        *("sys.set_asyncgen_hooks_firstiter", "sys.set_asyncgen_hooks_finalizer", "sys.settrace", "sys.setprofile"),
        *("gc.get_objects", "gc.get_referrers", "gc.get_referents", "pickle.find_class", "copyreg.__newobj__"),
        *("os.listdir", "os.scandir", "os.walk", "os.fwalk", "os.getxattr", "os.listxattr", "os.putenv", "os.unsetenv"),
        *("glob.glob", "glob.glob/2", "pathlib.Path.glob", "pathlib.Path.rglob", "time.sleep", "builtins.input"),
        *("builtins.input/result", "marshal.load", "cpython._PySys_ClearAuditHooks", "os.chdir"),
    }
)
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_UNAUDITED = {
    "os": (
        *(
            "mkfifo",
            "mknod",
            "setuid",
            "setgid",
            "seteuid",
            "setegid",
            "setreuid",
            "setregid",
            "setresuid",
            "setresgid",
        ),
        *(
            "setgroups",
            "initgroups",
            "setpriority",
            "nice",
            "chroot",
            "sync",
            "sched_setaffinity",
            "sched_setscheduler",
        ),
        *(
            "sched_setparam",
            "copy_file_range",
            "sendfile",
            "splice",
            "pidfd_open",
            "memfd_create",
            "openpty",
            "unshare",
        ),
        *("setns", "posix_fallocate", "tcsetpgrp", "setpgid", "setsid", "login_tty", "posix_openpt", "fork", "forkpty"),
    ),
    "posix": ("fork", "forkpty", "mkfifo", "mknod", "posix_spawn", "posix_spawnp", "chroot", "unshare", "setns"),
    "signal": ("pthread_kill", "pidfd_send_signal", "setitimer", "alarm", "signal"),
    "_posixsubprocess": ("fork_exec",),
    "socket": ("socketpair", "fromfd"),
    "_socket": ("socketpair",),
}
_MORE_MEMORY = 1 << 30
_CHUNK = 1 << 16
_BROKEN = "!"  # begins the line with the error that has ended a child


class Refused(BaseException):
    """Something was to be done that a search must not do. No `Exception`, so that few handlers keep it."""


class TooLong(BaseException):
    """A call has taken longer than it may."""


class Guard:
    """What was refused, and the clock of a single call, in a process that is confined."""

    def __init__(self) -> None:
        self.refused = ""
        self._alarm = signal.setitimer
        signal.signal(signal.SIGALRM, self._ring)

    def confine(self, folder: str, keep: int, limit_s: float) -> None:
        """Give up, for good, all that a computation does not need; `keep` is the one descriptor that stays open."""
        sys.dont_write_bytecode = True
        os.chdir(folder)
        os.environ["TMPDIR"] = folder
        null = os.open(os.devnull, os.O_RDWR)
        for descriptor in (0, 1, 2):
            os.dup2(null, descriptor)
        os.closerange(3, keep)
        os.closerange(keep + 1, _most_descriptors())
        _limit(limit_s)
        for module_name, names in _UNAUDITED.items():
            module: Any = sys.modules.get(module_name)
            for name in names:
                if hasattr(module, name):
                    setattr(module, name, self._refusing(f"{module_name}.{name}"))
        sys.addaudithook(self._audit)

    def within(self, seconds: float, call: Callable[[], Any]) -> Any:
        """What `call` gives; raises `TooLong` after `seconds`, and again, should that be caught."""
        self._alarm(signal.ITIMER_REAL, seconds, 0.05)
        try:
            return call()
        finally:
            self._alarm(signal.ITIMER_REAL, 0)

    def _ring(self, *_: object) -> None:
        raise TooLong

    def _refusing(self, name: str) -> Callable[..., Any]:
        def refuse(*_: object, **__: object) -> None:
            self._refuse(name)

        return refuse

    def _refuse(self, what: str) -> None:
        self.refused = what
        raise Refused(what)

    def _audit(self, event: str, details: tuple[Any, ...]) -> None:
        if event == "open":
            _, mode, flags = (*details, None, None, None)[:3]
            writes = isinstance(mode, str) and set("wax+") & set(mode)
            if writes or (isinstance(flags, int) and flags & _WRITES):
                self._refuse(event)
        elif event not in _HARMLESS:
            self._refuse(event)


def _most_descriptors() -> int:
    try:
        return min(int(os.sysconf("SC_OPEN_MAX")), 1 << 16)
    except (ValueError, OSError):
        return 4096


def _limit(limit_s: float) -> None:
    import resource

    def lower(name: str, value: int) -> None:
        with suppress(AttributeError, ValueError, OSError):
            kind = getattr(resource, name)
            _, hard = resource.getrlimit(kind)
            least = value if hard == resource.RLIM_INFINITY else min(value, hard)
            resource.setrlimit(kind, (least, least))

    used_s = time.process_time()
    lower("RLIMIT_CPU", int(used_s + limit_s) + 2)
    lower("RLIMIT_FSIZE", 0)
    lower("RLIMIT_CORE", 0)
    with suppress(OSError, ValueError, IndexError), open("/proc/self/statm", encoding="ascii") as file:
        pages = int(file.read().split()[0])
        lower("RLIMIT_AS", pages * os.sysconf("SC_PAGE_SIZE") + _MORE_MEMORY)
    with suppress(AttributeError, ValueError, OSError):
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # the write fails, and the process lives


def in_child(work: Callable[[Guard], Iterator[str]], folder: str, limit_s: float) -> tuple[list[str], str]:
    """The lines that `work` gives in a confined child process, as far as it came within `limit_s`; and its error."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.close(reading)
            guard = Guard()
            guard.confine(folder, writing, limit_s)
            for line in work(guard):
                os.write(writing, (line + "\n").encode("utf-8", "backslashreplace"))
        except BaseException as error:  # whatever it is, the parent reads what came before it
            os.write(writing, f"{_BROKEN}{type(error).__name__}: {error}".replace("\n", " ").encode() + b"\n")
        finally:
            os._exit(0)
    os.close(writing)
    try:
        said = _read(reading, limit_s)
    finally:
        os.close(reading)
        with suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    *lines, _ = said.decode("utf-8", "replace").split("\n")
    broken = [line[len(_BROKEN) :] for line in lines if line.startswith(_BROKEN)]
    return [line for line in lines if not line.startswith(_BROKEN)], "".join(broken[:1])


def _read(descriptor: int, limit_s: float) -> bytes:
    ends_s = time.monotonic() + limit_s
    found = b""
    while (left_s := ends_s - time.monotonic()) > 0:
        if not select.select([descriptor], [], [], left_s)[0]:
            break
        chunk = os.read(descriptor, _CHUNK)
        if not chunk:
            break
        found += chunk
    return found
