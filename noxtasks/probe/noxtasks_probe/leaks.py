"""What a test leaves open behind it: files, sockets, threads, temporary files. Processes are `processes`' matter.

Looked at only where a run asks for it, since it takes a few system calls for every test. What is still there when the
last fixture is torn down is a leak, of the test during which it came. Linux tells which files a process has open;
elsewhere threads and temporary files alone are seen.
"""

from __future__ import annotations

import gc
import os
import tempfile
import threading

_GIVEN = frozenset({"pytest", "hypothesis"})

Thing = tuple[str, str]
"""What it is, and its name."""


class LeakWatch:
    """`look` after each test, and `left` at the end."""

    def __init__(self) -> None:
        self._before = _things()
        self._came: dict[Thing, str] = {}

    def look(self, test: str) -> None:
        """Note what has come during `test`."""
        for thing in _things() - self._before:
            self._came.setdefault(thing, test)

    def left(self) -> list[tuple[str, str]]:
        """(test, what it left) of all that is still there; what waits for the collector has been given up."""
        gc.collect()
        there = _things()
        return [(test, f"left {kind}: {name}") for (kind, name), test in self._came.items() if (kind, name) in there]


def _things() -> set[Thing]:
    threads = {("a thread alive", f"{thread.name} ({thread.ident})") for thread in threading.enumerate()}
    return threads | _open() | {("a temporary file", name) for name in _temporary()}


def _open() -> set[Thing]:
    found: set[Thing] = set()
    try:
        names = os.listdir("/proc/self/fd")
    except OSError:
        return found
    for name in names:
        try:
            target = os.readlink(f"/proc/self/fd/{name}")
        except OSError:  # that of the listing itself
            continue
        if target.startswith("socket:"):
            found.add(("a socket open", target))
        elif not target.startswith(("anon_inode:", "pipe:", "/dev/", "/proc/")) and "(deleted)" not in target:
            found.add(("a file open", target))
    return found


def _temporary() -> set[str]:
    """What lies in the temporary folder itself, without the folders that `isolation` has given to others there."""
    try:
        return set(os.listdir(tempfile.gettempdir())) - _GIVEN
    except OSError:
        return set()
