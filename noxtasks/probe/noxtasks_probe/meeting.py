"""Has two processes take turns where they use the same thing: each of the orders that matter can be brought about.

Two tests that share a file for a moment seldom use it in the same moment. Here one of them stops where it is about to
use it for the nth time, until the other has come as far as it is to, or is over. All that happens so can happen by
itself. To try orders one by one, with few changes from one process to the other, is how rare failures of threads are
found: M. Musuvathi and S. Qadeer, "Iterative Context Bounding for Systematic Testing of Multithreaded Programs" (2007).

Points at which to stop are the audit events of what is shared; after the first of them, calls that read, write or close
a file, or use a database or a socket; and the begin and the end of the test itself, between its fixtures.
"""

from __future__ import annotations

import os
import sys
from typing import Any, Optional

from .footprint import Use
from .frames import Real

_TICK_S = 0.001
_LONGER_S = 5.0  # than it is given by itself, until a process that has not come to the first point does
_MOST_POINTS = 40
_LOOKED_AT = 2000  # calls after each point: a test may compute for long
_WRITING = ("write", "writelines", "truncate", "flush", "close", "__exit__")
_READING = ("read", "readline", "readlines", "readinto")
_OF_DATABASES = {
    **dict.fromkeys(("execute", "executemany", "executescript", "commit", "rollback", "close"), "write"),
    **dict.fromkeys(("fetchone", "fetchmany", "fetchall"), "read"),
}
_OF_SOCKETS = dict.fromkeys(("listen", "close"), "create")
_OF_FILES = {**dict.fromkeys(_WRITING, "write"), **dict.fromkeys(_READING, "read")}
_CALLS = frozenset({*_OF_FILES, *_OF_DATABASES, *_OF_SOCKETS})

_listdir, _open, _close, _read = os.listdir, os.open, os.close, os.read  # tests patch those


class Meeting:
    """One process's part in it, as `wish` says: see `noxtasks.suite.model.Meeting`."""

    def __init__(self, wish: dict[str, Any]) -> None:
        self._place: str = wish["place"]
        self._name: str = wish["name"]
        self._names = frozenset(wish["resources"])
        self._stops = frozenset(wish["stops"])
        self._is_second: bool = wish["is_second"]
        self._patience_s: float = wish["patience_s"]
        self._pause_s: float = wish["pause_s"]
        self._given = 0  # times that it was the other's turn
        self._last: dict[str, str] = {}  # by kind, what was used last: calls tell a database or a port by nothing
        self._is_busy = False
        self._process = Real.getpid()
        self.points: list[Use] = []

    def __call__(self, use: Use) -> None:
        """Something is about to be used."""
        if not self._is_deaf() and self._is_about(use):
            self._is_busy = True
            try:
                self._last[use[0]] = use[1]
                self._stand_at(use)
            finally:
                self._is_busy = False

    def pass_by(self) -> None:
        """The test itself is about to begin, or has ended: what its fixtures have of shared things, they have now."""
        if self.points and not self._is_deaf():
            self._is_busy = True
            try:
                self._stand_at(("test", "", "read"))
            finally:
                self._is_busy = False

    def over(self) -> None:
        """This process has nothing to do any more; the other need not wait."""
        self._is_busy = True
        sys.setprofile(None)
        self._say("over")

    def called(self, function: Any) -> None:
        """Compiled code is about to be called that may read or write."""
        if not self._is_deaf():
            use = self._use_by(function)
            if use is not None:
                self(use)

    def _is_deaf(self) -> bool:
        return self._is_busy or len(self.points) >= _MOST_POINTS or Real.getpid() != self._process

    def _is_about(self, use: Use) -> bool:
        _, name, how = use
        if name in self._names or os.path.dirname(name) in self._names:
            return True
        return how == "remove" and any(each.startswith(name + os.sep) for each in self._names)

    def _use_by(self, function: Any) -> Optional[Use]:
        owner: Any = getattr(function, "__self__", None)
        name = function.__name__
        module = type(owner).__module__
        if module == "sqlite3" or isinstance(owner, _classes("sqlite3", "Connection", "Cursor")):
            known = self._last.get("database")
            return ("database", known, _OF_DATABASES[name]) if known and name in _OF_DATABASES else None
        if isinstance(owner, _classes("_socket", "socket")):
            kind = next((each for each in ("port", "socket") if each in self._last), "")
            return (kind, self._last[kind], "create") if kind and name in _OF_SOCKETS else None
        if module not in ("_io", "io") or name not in _OF_FILES:
            return None
        try:
            path, mode = os.fsdecode(owner.name), str(owner.mode)
        except Exception:  # it has no name, or is closed
            return None
        folder, last = os.path.split(os.path.abspath(path))
        changes = _OF_FILES[name] == "write" and mode not in ("r", "rb")
        return "file", os.path.join(os.path.realpath(folder), last), "write" if changes else "read"

    def _stand_at(self, use: Use) -> None:
        number = len(self.points)
        self.points.append(use)
        if sys.getprofile() is None:
            sys.setprofile(_Calls(self))
        if number == 0:
            self._say(f"here-{self._process}")
            if self._is_second:
                self._await(1)
        if number in self._stops:
            self._given += 1
            self._say(f"gave-{self._given}")
            self._await(self._given + self._is_second)

    def _await(self, turns: int) -> None:
        """Until the other has handed over that often or is over; or is where it cannot go on, as this one holds it."""
        if not self._place:
            Real.sleep(self._pause_s)
            return
        idle_s, until_s = 0.0, Real.clock() + self._patience_s + _LONGER_S
        while idle_s < self._patience_s and Real.clock() < until_s:
            said = [each.partition(".")[2] for each in _listdir(self._place) if not each.startswith(f"{self._name}.")]
            if "over" in said or sum(each.startswith("gave-") for each in said) >= turns:
                return
            here = next((each.partition("-")[2] for each in said if each.startswith("here-")), "")
            Real.sleep(_TICK_S)
            if here and not _is_running(here):
                idle_s += _TICK_S
        self._say("stuck")
        self._stops = frozenset()

    def _say(self, what: str) -> None:
        if self._place:
            _close(_open(os.path.join(self._place, f"{self._name}.{what}"), os.O_WRONLY | os.O_CREAT, 0o600))


class _Calls:
    """A profile function that tells of calls of compiled code, and takes itself out after a while."""

    def __init__(self, meeting: Meeting) -> None:
        self._meeting, self._left, self._points = meeting, _LOOKED_AT, 0

    def __call__(self, frame: Any, event: str, argument: Any) -> None:  # noqa: ARG002 - as Python calls it
        if event == "c_call" and getattr(argument, "__name__", "") in _CALLS:
            self._meeting.called(argument)
        self._left -= 1
        if self._points != len(self._meeting.points):
            self._left, self._points = _LOOKED_AT, len(self._meeting.points)
        elif self._left <= 0:
            sys.setprofile(None)


def _classes(module: str, *names: str) -> tuple[type, ...]:
    """Those classes, where the module was imported."""
    found = sys.modules.get(module)
    return tuple(each for name in names if isinstance(each := getattr(found, name, None), type))


def _is_running(process: str) -> bool:
    """Whether the process has a processor, or wants one; False where the system does not tell."""
    try:
        descriptor = _open(f"/proc/{process}/stat", os.O_RDONLY)
    except OSError:
        return False
    try:
        return _read(descriptor, 512).rpartition(b") ")[2][:1] in (b"R", b"D")
    except OSError:
        return False
    finally:
        _close(descriptor)
