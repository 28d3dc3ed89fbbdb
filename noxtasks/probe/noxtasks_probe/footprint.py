"""What each test uses that other processes can use, too: files, ports, databases, by Python's audit events (PEP 578).

What a test does in its own temporary folder is its own. What a fixture of a wider scope does, in setup and teardown, is
told as the fixture's, and of each test which fixtures of that kind it has: a worker sets them up for itself, whichever
of their tests it runs. What stays within a process (`os.environ`, the working directory) is told as left, since other
tests of the same worker meet it, but no other worker does.

Not seen: whether a file is there (`stat` has no event), what compiled code opens by itself, and what child processes
do; that one was started is told.
"""

from __future__ import annotations

import os
import re
import socket
import sys
import tempfile
from collections.abc import Callable, Generator
from typing import Any, Optional

import pytest

_MOST = 2000  # uses told of one test
_MOST_BY_CHANCE = 1000  # names that were made up for temporary files and folders
_MOST_BYTES = 1 << 20  # of a file that is looked at before it is written

_WRITING = os.O_WRONLY | os.O_RDWR | os.O_APPEND | os.O_TRUNC | os.O_CREAT
_SHARED_MEMORY = "/dev/shm/"  # noqa: S108 - where Linux keeps it
_LOCAL = ("", "0.0.0.0", "127.", "localhost", "::")  # noqa: S104 - these are compared with
_SYSTEM = ("/proc/", "/sys/", "/dev/")
_QUIET = re.compile(
    r"(^|/)(__pycache__|\.pytest_cache|\.hypothesis|\.mypy_cache|\.ruff_cache|\.benchmarks)(/|$)"
    r"|(^|/)\.coverage[^/]*$|\.pyc(\.\d+)?$"
)
"""Caches and records of tools, which they write so that several processes may."""

_open, _stat = open, os.stat  # tests patch those
_UNLOCKED = 8  # LOCK_UN
_NO_FOLDER = -1  # what events say of a path that is not relative to an open folder

Use = tuple[str, str, str]
"""Kind of the resource, its name, and how it was used; see `noxtasks.suite.model.Use`."""


class FootprintWatch:
    """Hears what tests use from now on. `folders` are this run's own; once made, it cannot be taken out again.

    `worker` is the name of this one of several processes: what has it in its name, below the project's folder or that
    of temporary files, is no other's. `meet` is called with each use, before it happens.
    """

    def __init__(self, folders: list[str], worker: str, meet: Any = None) -> None:
        own = {place(folder) for folder in folders if folder for place in (os.path.abspath, os.path.realpath)}
        prefixes = {sys.prefix, sys.base_prefix, sys.exec_prefix, os.path.dirname(os.path.dirname(os.__file__))}
        self._own = tuple(os.path.join(each, "") for each in own)
        self._interpreter = tuple(os.path.join(each, "") for each in prefixes)
        self._worker = re.compile(rf"(?<![^\W_]){re.escape(worker)}(?![^\W_])") if worker else None
        self._bases: tuple[str, ...] = ()
        self._temporary = os.sep
        self._meet = meet
        self._owners: list[str] = []  # fixtures of wider scopes under way, the innermost last
        self._entered: list[tuple[dict[Any, Any], str]] = []  # environment and folder when each of them began
        self._uses: dict[Use, None] = {}
        self._of_fixtures: dict[tuple[str, str, str, str], None] = {}
        self._set_up: set[str] = set()
        self._databases: dict[str, Any] = {}  # by path: what it was when it was connected to
        self._listens = False
        self._before: tuple[dict[Any, Any], str] = ({}, "")
        self._written: dict[str, Any] = {}  # by path: what the file was before
        sys.addaudithook(self._hear)

    def begin(self) -> None:
        """A test begins."""
        self._uses, self._of_fixtures, self._databases, self._set_up = {}, {}, {}, set()
        self._written = {}
        self._before = (_environment(), _cwd())
        if not self._bases:
            self._temporary = os.path.join(os.path.realpath(tempfile.gettempdir()), "")
            bases = {os.path.join(os.path.realpath(each), "") for each in (os.curdir, tempfile.gettempdir())}
            self._bases = tuple(sorted(bases, key=len, reverse=True))
        self._listens = True

    def taken(self, item: Any) -> dict[str, Any]:
        """What was used since; `item` is the test that has ended. JSON-able."""
        self._listens = False
        if self._meet is not None:
            self._meet.over()
        for path, (owner, status) in self._databases.items():
            self._put(owner, ("database", path, "write" if _status(path) != status else "read"))
        return {
            "uses": [*map(list, self._uses), *self._left()][:_MOST],
            "files_left": [path for path, content in self._written.items() if _content(path) not in (None, content)],
            "fixtures": sorted(self._set_up.union(_wider(item))),
            "of_fixtures": [*map(list, self._of_fixtures)][:_MOST],
            "points": [] if self._meet is None else [*map(list, self._meet.points)],
        }

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_call(self) -> None:
        """The fixtures are there."""
        if self._meet is not None:
            self._meet.pass_by()

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_teardown(self) -> None:
        """The fixtures are still there."""
        if self._meet is not None:
            self._meet.pass_by()

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_fixture_setup(self, fixturedef: Any) -> Generator[None, Any, None]:
        """Lay what a fixture of a wider scope does, until it is torn down, at its own door."""
        if fixturedef.scope == "function":
            yield
            return
        name = _called(fixturedef)
        fixturedef.addfinalizer(self._leave)  # the first that is added is the last that is called
        self._set_up.add(name)
        self._enter(name)
        try:
            yield
        finally:
            self._leave()
            fixturedef.addfinalizer(lambda: self._enter(name))

    def _enter(self, name: str) -> None:
        self._owners.append(name)
        self._entered.append((_environment(), _cwd()))

    def _leave(self) -> None:
        """What the fixture has done to the process is no test's."""
        if not self._owners:
            return
        self._owners.pop()
        (environ, cwd), now = self._entered.pop(), _environment()
        before, cwd_before = self._before
        for name in {*environ, *now}:
            if environ.get(name) != now.get(name):
                before.pop(name, None)
                before.update({name: now[name]} if name in now else {})
        self._before = before, cwd_before if cwd == _cwd() else _cwd()

    def _left(self) -> list[list[str]]:
        environ, cwd = self._before
        now = _environment()
        if now == environ and _cwd() == cwd:
            return []
        names = [os.fsdecode(name) for name in {*environ, *now} if environ.get(name) != now.get(name)]
        left = [["environment", name, "write"] for name in sorted(names) if name != "PYTEST_CURRENT_TEST"]
        return left + ([["working directory", _cwd(), "write"]] if _cwd() != cwd else [])

    def _hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        note = _NOTED.get(event)
        if note is None or not self._listens:
            return
        try:
            uses = list(note(self, arguments))
        except Exception:  # what is raised here would be raised in the test
            return
        for use in uses:
            if not self._is_of_worker(use[1]):
                owner = self._owners[-1] if self._owners else ""
                self._put(owner, use)
                if not owner:
                    self._look_at(use)
                if self._meet is not None:
                    self._meet(use)

    def _is_of_worker(self, name: str) -> bool:
        if self._worker is None:
            return False
        base = next((each for each in self._bases if name.startswith(each)), "")
        return self._worker.search(name, len(base)) is not None

    def _put(self, owner: str, use: Use) -> None:
        if owner:
            self._of_fixtures[(owner, *use)] = None
        else:
            self._uses[use] = None

    def _look_at(self, use: Use) -> None:
        """What the file is before it is written; those in the folder of temporary files may stay there."""
        kind, name, how = use
        is_written = kind == "file" and how in ("create", "write")
        if is_written and name not in self._written and not name.startswith(self._temporary):
            self._listens = False
            try:
                self._written[name] = None if how == "create" else _content(name)
            finally:
                self._listens = True

    def path(self, place: Any, folder: Any = _NO_FOLDER) -> Optional[str]:
        """The absolute path that an event is about; None for one that nobody else uses."""
        if place is None:
            place = os.curdir
        if isinstance(place, int):
            return None
        text = os.fsdecode(place)
        if isinstance(folder, int) and folder != _NO_FOLDER and not os.path.isabs(text):
            text = os.path.join(os.readlink(f"/proc/self/fd/{folder}"), text)
        absolute = os.path.abspath(text)
        beside, name = os.path.split(absolute)
        absolute = os.path.join(os.path.realpath(beside), name)
        is_memory = absolute.startswith(_SHARED_MEMORY)
        if absolute.startswith((*self._own, *self._interpreter)) or (absolute + os.sep) in self._own:
            return None
        if (absolute.startswith(_SYSTEM) and not is_memory) or _QUIET.search(absolute):
            return None
        return absolute

    def opened(self, arguments: tuple[Any, ...]) -> Generator[Use, None, None]:
        """`open`: to read, to write what is there, or to make it."""
        path, flags = self.path(arguments[0]), arguments[2]
        if path is None or not isinstance(flags, int):
            return
        kind = "shared memory" if path.startswith(_SHARED_MEMORY) else "file"
        if os.path.isdir(path):  # as `shutil.rmtree` does, and `tempfile` for a file that has no name
            return
        if not flags & _WRITING:
            yield kind, path, "read"
        else:
            yield kind, path, "write" if os.path.lexists(path) else "create"

    def changed(self, arguments: tuple[Any, ...]) -> Generator[Use, None, None]:
        """`os.truncate`, which has no folder."""
        path = self.path(arguments[0])
        if path is not None:
            yield "file", path, "write"

    def removed(self, arguments: tuple[Any, ...]) -> Generator[Use, None, None]:
        """`os.remove`: a path and the folder it is relative to."""
        path = self.path(arguments[0], arguments[1])
        if path is not None:
            yield "file", path, "remove"

    def removed_folder(self, arguments: tuple[Any, ...]) -> Generator[Use, None, None]:
        """`os.rmdir`: the same."""
        path = self.path(arguments[0], arguments[1])
        if path is not None:
            yield "folder", path, "remove"

    def removed_all(self, arguments: tuple[Any, ...]) -> Generator[Use, None, None]:
        """`shutil.rmtree`: a folder and all in it."""
        path = self.path(arguments[0], *arguments[1:2]) if arguments[1:2] != (None,) else self.path(arguments[0])
        if path is not None:
            yield "folder", path, "remove"

    def made(self, arguments: tuple[Any, ...]) -> Generator[Use, None, None]:
        """`os.mkdir`: path, mode, and the folder it is relative to. One that is there is only looked at."""
        path = self.path(arguments[0], arguments[2])
        if path is not None:
            yield "folder", path, "read" if os.path.isdir(path) else "create"

    def moved(self, arguments: tuple[Any, ...]) -> Generator[Use, None, None]:
        """`os.rename`: from, to, and the folders they are relative to."""
        old, new = self.path(arguments[0], arguments[2]), self.path(arguments[1], arguments[3])
        if old is not None:
            yield "file", old, "remove"
        if new is not None:
            yield "file", new, "write" if os.path.lexists(new) else "create"

    def linked(self, arguments: tuple[Any, ...]) -> Generator[Use, None, None]:
        """`os.link`, `os.symlink`: from, and to, which is made."""
        path = self.path(arguments[1], arguments[-1])
        if path is not None:
            yield "file", path, "create"

    def by_chance(self, arguments: tuple[Any, ...]) -> tuple[Use, ...]:
        """`tempfile.mkstemp`, `tempfile.mkdtemp`: a name that no other process has."""
        if len(self._own) < _MOST_BY_CHANCE:
            beside, name = os.path.split(os.path.abspath(os.fsdecode(arguments[0])))
            self._own += (os.path.join(os.path.realpath(beside), name),)
        return ()

    def listed(self, arguments: tuple[Any, ...]) -> Generator[Use, None, None]:
        """`os.listdir`, `os.scandir`."""
        path = self.path(arguments[0])
        if path is not None:
            yield "folder", path, "list"

    def connected(self, arguments: tuple[Any, ...]) -> Generator[Use, None, None]:
        """`sqlite3.connect`: whether it writes shows when the test has ended."""
        name = os.fsdecode(arguments[0])
        if name.startswith("file:"):
            if "mode=memory" in name:
                return
            name = name[len("file:") :].partition("?")[0]
        path = None if name in ("", ":memory:") else self.path(name)
        if path is not None and not self._is_of_worker(path):
            self._databases.setdefault(path, (self._owners[-1] if self._owners else "", _status(path)))
            yield "database", path, "read"

    def bound(self, arguments: tuple[Any, ...]) -> Generator[Use, None, None]:
        """`socket.bind`: what the system chooses is nobody else's."""
        yield from self._addressed(arguments, "create")

    def called(self, arguments: tuple[Any, ...]) -> Generator[Use, None, None]:
        """`socket.connect`, to this machine."""
        yield from self._addressed(arguments, "read")

    def _addressed(self, arguments: tuple[Any, ...], how: str) -> Generator[Use, None, None]:
        connection, address = arguments[0], arguments[1]
        if isinstance(address, tuple) and len(address) > 1:
            host, port = str(address[0]), address[1]
            if port and (host.startswith(_LOCAL) or how == "create"):
                transport = "udp" if connection.type == socket.SOCK_DGRAM else "tcp"
                yield "port", f"{port}/{transport}", how
        elif isinstance(address, (str, bytes)) and connection.family == getattr(socket, "AF_UNIX", None):
            name = os.fsdecode(address)
            path = name if name.startswith("\0") else self.path(name)
            if path:
                yield "socket", path.replace("\0", "@"), how

    def mapped(self, arguments: tuple[Any, ...]) -> Generator[Use, None, None]:
        """`mmap`: shared memory is opened by compiled code, which tells nothing, and then mapped."""
        if arguments[0] > 0:
            path = os.readlink(f"/proc/self/fd/{arguments[0]}")
            if path.startswith(_SHARED_MEMORY):
                yield "shared memory", path, "write"

    def locked(self, arguments: tuple[Any, ...]) -> Generator[Use, None, None]:
        """`fcntl.flock` and its like: who holds it keeps others off."""
        operation = arguments[1]
        path = self.path(os.readlink(f"/proc/self/fd/{arguments[0]}"))
        if path is not None and not operation & _UNLOCKED:
            yield "file", path, "lock"

    def started(self, arguments: tuple[Any, ...]) -> Generator[Use, None, None]:
        """`subprocess.Popen` and its like."""
        yield "process", os.path.basename(os.fsdecode(arguments[0] or "")), "create"


_Note = Callable[[FootprintWatch, tuple[Any, ...]], Any]

_NOTED: dict[str, _Note] = {
    "open": FootprintWatch.opened,
    "os.truncate": FootprintWatch.changed,
    "os.remove": FootprintWatch.removed,
    "os.rmdir": FootprintWatch.removed_folder,
    "shutil.rmtree": FootprintWatch.removed_all,
    "os.mkdir": FootprintWatch.made,
    "tempfile.mkdtemp": FootprintWatch.by_chance,
    "tempfile.mkstemp": FootprintWatch.by_chance,
    "os.rename": FootprintWatch.moved,
    "os.link": FootprintWatch.linked,
    "os.symlink": FootprintWatch.linked,
    "os.listdir": FootprintWatch.listed,
    "os.scandir": FootprintWatch.listed,
    "sqlite3.connect": FootprintWatch.connected,
    "socket.bind": FootprintWatch.bound,
    "socket.connect": FootprintWatch.called,
    "mmap.__new__": FootprintWatch.mapped,
    "fcntl.flock": FootprintWatch.locked,
    "fcntl.lockf": FootprintWatch.locked,
    "subprocess.Popen": FootprintWatch.started,
    "os.system": FootprintWatch.started,
    "os.posix_spawn": FootprintWatch.started,
}


def _called(fixturedef: Any) -> str:
    where = f" of {fixturedef.baseid}" if fixturedef.baseid else ""
    return f"{fixturedef.argname} ({fixturedef.scope}{where})"


def _wider(item: Any) -> set[str]:
    """The fixtures of the test that it may share with others."""
    info = getattr(item, "_fixtureinfo", None)
    known = {} if info is None else info.name2fixturedefs
    return {_called(each) for defs in known.values() for each in defs if each.scope != "function"}


def _status(path: str) -> Any:
    """What shows that a database was written."""
    found: list[Any] = []
    for name in (path, f"{path}-wal"):
        try:
            status = os.stat(name)
        except OSError:
            found.append(None)
        else:
            found.append((status.st_size, status.st_mtime_ns, status.st_ino))
    return tuple(found)


def _content(path: str) -> Any:
    """What tells whether a file was changed; None where there is none."""
    try:
        status = _stat(path)
        if status.st_size > _MOST_BYTES:
            return status.st_size, status.st_mtime_ns
        with _open(path, "rb") as file:
            return hash(file.read())
    except OSError:
        return None


def _environment() -> dict[Any, Any]:
    """As it is kept, which takes a tenth of the time that decoding all of it takes."""
    return dict(getattr(os.environ, "_data", os.environ))


def _cwd() -> str:
    try:
        return os.getcwd()
    except OSError:
        return ""
