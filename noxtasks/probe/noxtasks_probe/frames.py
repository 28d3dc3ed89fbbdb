"""The wire: one JSON object a line, appended to a file that noxtasks reads.

What it uses of `os`, `json` and `time` is bound here, where tests that patch those modules (or freeze the clock, which
replaces every module attribute that is a time function) cannot reach it.
"""

from __future__ import annotations

import json
import os
import re
import time
from typing import Any, ClassVar, Optional

VERSION = 1

WIRE_LOST = 97
"""Exit status of a process that cannot write frames any more: a test closed its descriptors, or the disk is full."""


class Real:
    """The functions as they were before any test ran."""

    getpid = staticmethod(os.getpid)
    getppid = staticmethod(os.getppid)
    exit = staticmethod(os._exit)
    now = staticmethod(time.time)
    sleep = staticmethod(time.sleep)
    clock = staticmethod(time.perf_counter)
    encode = staticmethod(json.JSONEncoder(separators=(",", ":"), default=str).encode)
    write = staticmethod(os.write)
    fstat = staticmethod(os.fstat)
    seek = staticmethod(os.lseek)
    truncate = staticmethod(os.ftruncate)
    read_at = staticmethod(os.pread if hasattr(os, "pread") else os.read)  # Windows, where nothing is read so, lacks it


_ESCAPE = re.compile(r"\\u(?:d[89ab]..\\ud[c-f]..|(d[89a-f]..))|\\.")
"""An escape as `json` writes it: a pair of surrogates, one without the other (which is the group), or any other."""


def _valid(line: str) -> str:
    """`line` with each lone surrogate as `backslashreplace` writes it: text that the other end, and UTF-8, can hold."""
    return _ESCAPE.sub(lambda found: f"\\{found[0]}" if found[1] else found[0], line)


class Wire:
    """Appends frames to one descriptor. Each is written before the test goes on, so a crash loses none."""

    parent: ClassVar[Optional[int]] = None
    """The parent of this process, where it works for that one alone: once it is dead nobody reads any frame."""

    def __init__(self, fd: int) -> None:
        self._fd = out_of_the_way(fd)
        self._owner = Real.getpid()
        self._held = ""

    @classmethod
    def to_file(cls, path: str) -> Wire:
        """A wire that appends to the file at `path`."""
        return cls(os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600))

    def hold(self, frame: str, **fields: Any) -> None:
        """Append one frame together with the next that is sent: between them no code of the user's may run."""
        line = Real.encode({"frame": frame, **fields})
        self._held += (_valid(line) if "\\ud" in line else line) + "\n"

    def send(self, frame: str, **fields: Any) -> None:
        """Append one frame. A process that a test has forked off sends nothing: the frames are its parent's."""
        if Real.getpid() != self._owner:
            return
        if Wire.parent is not None and Real.getppid() != Wire.parent:
            self._lost()
        self.hold(frame, **fields)
        data, self._held = self._held.encode("ascii"), ""
        try:
            while data:
                data = data[Real.write(self._fd, data) :]
        except OSError:
            self._lost()

    def _lost(self) -> None:
        Real.exit(WIRE_LOST)

    def close(self) -> None:
        """Let the descriptor go."""
        os.close(self._fd)


def out_of_the_way(fd: int) -> int:
    """`fd` moved to a high number, where tests that count, expect or close low descriptors do not meet it."""
    try:
        import fcntl
        import resource
    except ImportError:  # Windows
        return fd
    highest = min(resource.getrlimit(resource.RLIMIT_NOFILE)[0], 1024)
    moved = fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, highest - 64)
    os.close(fd)
    return moved
