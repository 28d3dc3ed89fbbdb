"""A worker in a world of its own (Linux): a network of nothing but a loopback, and folders that it alone changes.

The project and the temporary folders are covered by overlays (overlayfs): the worker sees what is there, and what it
writes goes into memory and is gone with it. So tests that use one port or one file can run side by side. Nothing is
mounted for anybody else, and nothing is left, however the worker ends. It stays the user that it was.

Not covered is what has to come out: pytest's temporary folder and that of noxtasks. Data of coverage is carried out.
"""

from __future__ import annotations

import errno
import os
import re
import shutil
import stat
import struct
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from socket import AF_INET, SOCK_DGRAM, socket
from typing import Any, Iterable, Iterator, List, NamedTuple, Optional

from .frames import out_of_the_way

_NEWNS, _NEWUSER, _NEWNET = 0x00020000, 0x10000000, 0x40000000  # unshare(2)
_BIND, _REC, _PRIVATE = 0x1000, 0x4000, 0x40000  # mount(2)
_SIOCSIFFLAGS, _IFF_UP = 0x8914, 1  # netdevice(7)
_CAPABILITIES = 0x20080522  # capset(2), version 3
_SHARED = ("/tmp", "/var/tmp", "/dev/shm")  # noqa: S108 - what other processes write to as well
_SWITCHES = (
    ("/proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1", "0"),
    ("/proc/sys/kernel/unprivileged_userns_clone", "0", "1"),
    ("/proc/sys/user/max_user_namespaces", "0", "1000"),
)
"""Where a system is told that users make no namespaces, how that is said, and what is said otherwise."""

_HINTS = (
    (
        re.compile(r"(?i)connection refused|network is unreachable|name resolution|name or service not known"),
        "An isolated worker has a network of its own, without this machine's services: start them in fixtures.",
    ),
    (
        re.compile(re.escape(os.strerror(errno.EOVERFLOW))),
        "An isolated worker cannot change what belongs to another user or group, unless root runs it.",
    ),
)
"""What a failure says, and what that may come from."""

REFUSED = 3
"""Exit status of a session whose workers get no namespaces."""


class RefusedError(Exception):
    """The system gives this process no world of its own: why, and what can be done about it."""


class Wanted(NamedTuple):
    """The project to cover, and the folder of this run, which is not."""

    root: str
    scratch: str


class _Place(NamedTuple):
    """A covered folder: descriptors of what is beneath the cover, and of what was written onto it."""

    path: str
    real: int
    written: int


class World:
    """What one worker has to itself."""

    def __init__(self, root: str, places: List[_Place]) -> None:
        self._root = root
        self._places = places
        self._data_file = os.path.realpath(_data_file(root))

    def discarded(self) -> List[str]:
        """The files that were written or removed in the project, by their paths from its root.

        Not those of Python, which are written anew where they are missing, and not what is carried out.
        """
        place = self._place_of(self._root)
        start = _inside(place.written, place.path, self._root) if place else ""
        found: List[str] = []
        for folder, folders, files in os.walk(start):
            folders[:] = [each for each in folders if each != "__pycache__"]
            found += [os.path.relpath(os.path.join(folder, each), start) for each in files]
        return [each for each in found if not os.path.join(self._root, each).startswith(f"{self._data_file}.")]

    def carry_out(self) -> None:
        """Copy the data of coverage, of this process and of those that it has started, to where all see it."""
        folder, name = os.path.split(self._data_file)
        place = self._place_of(folder)
        written = _inside(place.written, place.path, folder) if place else ""
        if place is None or not os.path.isdir(written):
            return
        for each in os.scandir(written):
            if each.name.startswith(f"{name}.") and each.is_file(follow_symlinks=False):
                shutil.copyfile(each.path, os.path.join(_inside(place.real, place.path, folder), each.name))

    def _place_of(self, path: str) -> Optional[_Place]:
        around = [place for place in self._places if _is_within(path, place.path)]
        return max(around, key=lambda place: len(place.path), default=None)


def _data_file(root: str) -> str:
    coverage = sys.modules.get("coverage")
    current = coverage.Coverage.current() if coverage is not None else None
    if current is not None:
        return str(current.get_option("run:data_file"))
    return os.environ.get("COVERAGE_FILE") or os.path.join(root, ".coverage")


def enter(wanted: Wanted, kept: Iterable[str]) -> World:
    """Move this process, which has one thread, into namespaces of its own. The folders `kept` are not covered.

    Raises `RefusedError`; then the process is of no further use.
    """
    try:
        return _enter(wanted, [wanted.scratch, *kept])
    except (ImportError, AttributeError, OSError) as error:
        raise RefusedError(_explained(error)) from error


def _enter(wanted: Wanted, kept: List[str]) -> World:
    import fcntl  # not on Windows

    kept = [*map(os.path.realpath, kept), *_sockets()]
    is_mapped = _unshare()
    _mount(None, "/", None, _REC | _PRIVATE)
    with socket(AF_INET, SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, _SIOCSIFFLAGS, struct.pack("16sh22x", b"lo", _IFF_UP))
    own = os.path.join(wanted.scratch, "own")
    os.makedirs(own, exist_ok=True)
    _mount("tmpfs", own, "tmpfs", 0, "mode=700")
    paths = {os.path.realpath(each) for each in (wanted.root, tempfile.gettempdir(), *_SHARED) if os.path.isdir(each)}
    places: List[_Place] = []
    for path in sorted(paths):
        if os.stat(path).st_dev not in {os.stat(place.path).st_dev for place in places}:  # else covered with another
            places.append(_covered(path, os.path.join(own, str(len(places))), kept, "userxattr" if is_mapped else ""))
    with suppress(FileNotFoundError):
        os.chdir(os.getcwd())  # or this process would still be beneath the cover
    if is_mapped and os.geteuid():
        _drop_capabilities()
    return World(os.path.realpath(wanted.root), places)


def _unshare() -> bool:
    """Whether that took a user namespace, which has this user alone: anybody else's files seem to be nobody's."""
    user, group = os.geteuid(), os.getegid()
    try:
        _call("unshare", _NEWNS | _NEWNET)
    except PermissionError:
        _call("unshare", _NEWNS | _NEWNET | _NEWUSER)
    else:
        return False
    for name, content in (("setgroups", "deny"), ("uid_map", f"{user} {user} 1"), ("gid_map", f"{group} {group} 1")):
        try:
            Path(f"/proc/self/{name}").write_text(content, "ascii")
        except OSError as error:
            raise OSError(error.errno, f"{name}: {error.strerror}") from error
    return True


def _covered(path: str, own: str, kept: List[str], options: str) -> _Place:
    """Cover the folder at `path`, but for those within it that are `kept` or mounted there, by what goes to `own`."""
    before = os.stat(path)
    upper, work = os.path.join(own, "upper"), os.path.join(own, "work")
    os.makedirs(upper)
    os.mkdir(work)
    with suppress(OSError):
        os.chown(upper, before.st_uid, before.st_gid)
    os.chmod(upper, stat.S_IMODE(before.st_mode))
    if options:
        os.setxattr(upper, "user.noxtasks", b"")  # what removes folders takes it, and memory has it since Linux 6.6
    place, beside = _Place(path, _opened(path), _opened(upper)), _opened(work)
    inner = [each for each in (*kept, *_mount_points()) if each != path and _is_within(each, path)]
    as_they_are = list(_outermost(inner))
    layers = zip(("lowerdir", "upperdir", "workdir"), (place.real, place.written, beside))  # no path needs escapes
    _mount("overlay", path, "overlay", 0, ",".join([*(f"{key}=/proc/self/fd/{fd}" for key, fd in layers), options]))
    os.close(beside)
    if os.stat(path).st_dev == before.st_dev:
        raise OSError(errno.EINVAL, f"{path} cannot be covered")
    for each in as_they_are:
        with suppress(FileNotFoundError):  # somebody else may have removed it
            _mount(_inside(place.real, path, each), each, None, _BIND | _REC)
    return place


def _opened(path: str) -> int:
    return out_of_the_way(os.open(path, os.O_PATH | os.O_DIRECTORY))


def _inside(descriptor: int, path: str, within: str) -> str:
    """What is at `within`, a path in the folder at `path`, in the folder of `descriptor` instead."""
    return os.path.normpath(f"/proc/self/fd/{descriptor}/{os.path.relpath(within, path)}")


def _is_within(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder.rstrip("/") + "/")


def _outermost(paths: Iterable[str]) -> Iterator[str]:
    last = None
    for path in sorted(paths, key=lambda each: each.split("/")):
        if (last is None or not _is_within(path, last)) and os.path.exists(path):
            last = path
            yield path


def _sockets() -> Iterator[str]:
    """The paths of sockets, which cannot be reached through a cover; of this network's processes alone."""
    with suppress(OSError):
        for line in Path("/proc/net/unix").read_bytes().splitlines():
            fields = line.split(maxsplit=7)
            if fields[-1].startswith(b"/"):  # others are abstract, or have no name
                yield os.fsdecode(fields[-1])


def _mount_points() -> Iterator[str]:
    """The fifth field of proc(5)'s `mountinfo`, in which some characters are octal numbers."""
    for line in Path("/proc/self/mountinfo").read_bytes().splitlines():
        yield os.fsdecode(re.sub(rb"\\(\d{3})", lambda found: bytes([int(found[1], 8)]), line.split()[4]))


def _mount(source: Optional[str], target: str, kind: Optional[str], flags: int, options: str = "") -> None:
    import ctypes

    what, where, how = (each and os.fsencode(each) for each in (source, target, kind))
    of = f" of {kind or 'a folder'} at {target}"
    _call("mount", what, where, how, ctypes.c_ulong(flags), options.strip(",").encode(), of=of)


def _drop_capabilities() -> None:
    """Those that come with a user namespace: with them, tests could read files that are closed to their user."""
    _call("capset", struct.pack("=Ii", _CAPABILITIES, 0), struct.pack("=6I", *[0] * 6))


def _call(name: str, *arguments: Any, of: str = "") -> None:
    import ctypes

    if getattr(ctypes.CDLL(None, use_errno=True), name)(*arguments):
        number = ctypes.get_errno()
        raise OSError(number, f"{name}{of}: {os.strerror(number)}")


def _explained(error: Exception) -> str:
    switched = []
    for path, off, on in _SWITCHES:
        with suppress(OSError):
            if Path(path).read_text("ascii").strip() == off:
                switched.append(f"sudo sysctl -w {path[len('/proc/sys/') :].replace('/', '.')}={on}")
    number = error.errno if isinstance(error, OSError) else None
    by_number = {
        errno.EPERM: "run as root, in a container with --privileged",
        errno.EINVAL: "have the project and TMPDIR elsewhere, since not every file system takes an overlay",
        errno.ENOTSUP: "run as root, or on Linux 6.6",
    }
    remedy = " and ".join(switched) or by_number.get(number or 0, by_number[errno.EPERM])
    why = error.strerror if isinstance(error, OSError) else str(error)
    return f"workers cannot be isolated here ({why}): {remedy}, or do without --isolate"


def hint(failure: str) -> str:
    """What the failure of a test may come from that it would not have met outside; empty where nothing is known."""
    return next((text for pattern, text in _HINTS if pattern.search(failure)), "")
