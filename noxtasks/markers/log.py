"""When each marker was used for the first and the last time, and when it was registered, as far as git remembers.

Two passes over the history, newest first, within a limit of time: all changes of configuration, which is little, and
the lines elsewhere that name a marker. What they did not reach is unknown and said so. A line with `mark.NAME`, or with
the name after `-m`, that was added or removed is a use at that time: until it was removed, the marker was used.
"""

from __future__ import annotations

import re
import tempfile
import time
from collections.abc import Collection, Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from noxtasks.errors import NotMeasuredError
from noxtasks.suite import git, process

# POSIX, as git wants it: what a line has to contain for its commit to be of interest.
_OF_INTEREST = r"mark\.[A-Za-z_]|-m[ =\"',]|addinivalue_line"
_CONFIGURATION = ("pytest.ini", ".pytest.ini", "pytest.toml", ".pytest.toml", "pyproject.toml", "tox.ini", "setup.cfg")
_ELSEWHERE = (
    *("*.py", "*.sh", "*.ps1", "*.bat", "*.yml", "*.yaml", "*.toml", "*.ini", "*.cfg", "*.mk"),
    *("*akefile*", "[Jj]ustfile", "Jenkinsfile*", "Dockerfile*"),
)
_MARK = re.compile(rb"mark\.(\w+)")
_OPTION = re.compile(rb"(?<![\w-])-m[ =\"',]+(.*)")
_WORD = re.compile(rb"[A-Za-z_]\w*")
_ENTRY = re.compile(rb"^\+\s*(?:markers\s*[=:]\s*\[?\s*)?[\"']?([A-Za-z_]\w*)\s*(?:\([^)]*\))?\s*(?:[:\"']|$)")
_BY_CODE = re.compile(rb"^\+.*[\"']([A-Za-z_]\w*)(?:\([^)]*\))?\s*[:\"']")
_COMMIT = b"\0commit "


class MarkerHistory(msgspec.Struct, frozen=True, kw_only=True):
    """The times of one marker, in UTC; None where the history that was seen has none.

    `last_use` is the last change of a line that uses it; it is `last_removed`, too, where no line was added by then.
    """

    first_use: datetime | None = None
    last_use: datetime | None = None
    last_removed: datetime | None = None
    registered: datetime | None = None


class History(msgspec.Struct, frozen=True, kw_only=True):
    """What git remembers of markers. `complete` is false where there may be commits older than `since`."""

    markers: dict[str, MarkerHistory] = {}
    complete: bool = False
    since: datetime | None = None


def read_history(root: Path, names: Collection[str], *, timeout_s: float = 30.0) -> History:
    """The history of the markers `names` in the project at `root`; nothing is known outside a repository."""
    run = git.output_in(root)
    shallow = run(("git", "rev-parse", "--is-shallow-repository"))
    if shallow is None or run(("git", "rev-parse", "--verify", "--quiet", "HEAD")) is None:
        return History()
    wanted = {name.encode() for name in names}
    times: dict[bytes, _Times] = {}
    deadline_s = time.monotonic() + timeout_s
    is_whole, since = True, _first_commit(root)
    for options, paths in (((), _CONFIGURATION), ((f"-G{_OF_INTEREST}", "--extended-regexp"), _ELSEWHERE)):
        with tempfile.TemporaryDirectory(prefix="noxtasks-log-") as folder:
            output = Path(folder) / "log"
            is_done = _write_log(root, output, options, paths, timeout_s=deadline_s - time.monotonic())
            with output.open("rb") as lines:
                oldest = _read(lines, wanted, times)
        if not is_done:
            is_whole, since = False, max(since or 0, oldest or 0) or None
    return History(
        markers={name.decode(): _history(each) for name, each in sorted(times.items())},
        complete=is_whole and shallow.strip() == b"false",
        since=_time(since),
    )


def _write_log(root: Path, output: Path, options: tuple[str, ...], paths: tuple[str, ...], *, timeout_s: float) -> bool:
    """Write the changes of interest to `output`; whether git came to its end."""
    output.touch()
    if timeout_s <= 0:
        return False
    argv = [
        *("git", "--no-pager", "-c", "core.quotePath=false", "-c", "diff.noprefix=false", "log", "-p", "-U0"),
        *("--no-renames", "--no-color", "--no-ext-diff", "--no-textconv", "--format=%x00commit %ct"),
        *(*options, "--", *(f":(glob)**/{name}" for name in paths)),
    ]
    # A partial clone would load what it lacks over the network.
    env = {**git.environment(), "GIT_NO_LAZY_FETCH": "1"}
    try:
        started = process.start(argv, cwd=root, env=env, output=output)
    except NotMeasuredError:
        return False
    try:
        return started.wait(timeout_s) == 0
    except process.TimeoutExpired:
        return False
    finally:
        process.kill_group(started)


def _first_commit(root: Path) -> int | None:
    dates = git.output_in(root)(("git", "log", "--max-parents=0", "--format=%ct", "HEAD"))
    return min((int(date) for date in (dates or b"").split()), default=None)


class _Times:
    """The times of one marker while the log is read."""

    __slots__ = ("first_use", "last_added", "last_removed", "last_use", "registered")

    def __init__(self) -> None:
        self.first_use: int | None = None
        self.last_use: int | None = None
        self.last_added = self.last_removed = 0
        self.registered: int | None = None

    def use(self, when: int, *, is_removed: bool) -> None:
        self.first_use = min(when, self.first_use or when)
        self.last_use = max(when, self.last_use or when)
        if is_removed:
            self.last_removed = max(when, self.last_removed)
        else:
            self.last_added = max(when, self.last_added)

    def register(self, when: int) -> None:
        self.registered = min(when, self.registered or when)


def _read(lines: Iterable[bytes], names: set[bytes], times: dict[bytes, _Times]) -> int | None:
    """Put what the log says into `times`; the oldest commit in it."""
    oldest: int | None = None
    when = 0
    is_configuration = in_header = False
    for line in lines:
        if line.startswith(_COMMIT):
            when = int(line[len(_COMMIT) :])
            oldest = min(when, oldest or when)
            in_header = True
        elif line.startswith(b"diff --git "):
            in_header = True
            is_configuration = line.rstrip(b'\n"').endswith(tuple(name.encode() for name in _CONFIGURATION))
        elif line.startswith(b"@@"):
            in_header = False
        elif not in_header and line[:1] in {b"+", b"-"}:
            _take(line, when, names, times, is_configuration=is_configuration)
    return oldest


def _take(line: bytes, when: int, names: set[bytes], times: dict[bytes, _Times], *, is_configuration: bool) -> None:
    for name in names.intersection(_used(line)):
        times.setdefault(name, _Times()).use(when, is_removed=line.startswith(b"-"))
    entry = _ENTRY.match(line) if is_configuration else None
    if b"addinivalue_line" in line:
        entry = _BY_CODE.match(line)
    if entry is not None and entry[1] in names:
        times.setdefault(entry[1], _Times()).register(when)


def _used(line: bytes) -> Iterator[bytes]:
    if b"mark." in line:
        yield from _MARK.findall(line)
    if b"-m" in line:
        yield from (word for after in _OPTION.findall(line) for word in _WORD.findall(after))


def _history(times: _Times) -> MarkerHistory:
    is_gone = times.last_removed > times.last_added  # a line that was edited is removed and added by one commit
    return MarkerHistory(
        first_use=_time(times.first_use),
        last_use=_time(times.last_use),
        last_removed=_time(times.last_removed) if is_gone else None,
        registered=_time(times.registered),
    )


def _time(seconds: int | None) -> datetime | None:
    return datetime.fromtimestamp(seconds, UTC) if seconds is not None else None
