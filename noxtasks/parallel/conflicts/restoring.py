"""What is shared is put back before each trial: what a trial that failed left behind would decide those after it."""

from __future__ import annotations

import itertools
import shutil
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

_MOST_BYTES = 16 << 20  # of a file, or of all that is in a folder
_MOST_ENTRIES = 500
_BESIDE = ("-journal", "-wal", "-shm")  # what SQLite has beside a database


class _State(msgspec.Struct, frozen=True, kw_only=True):
    """One path as it was: a file with its content, a folder, something else (a socket), or nothing."""

    mode: int | None
    content: bytes = b""


class Kept:
    """The files and folders at `paths` as they are now.

    What is too large to keep is left alone, and so is a folder in which all of the project in `root` lies: people work
    there meanwhile.
    """

    def __init__(self, paths: Iterable[str], *, root: Path) -> None:
        self._states: dict[Path, _State] = {}
        self._folders: list[Path] = []
        for path in map(Path, paths):
            if path.is_absolute() and not root.is_relative_to(path):
                self._keep(path)

    def put_back(self) -> None:
        """Let all be as it was. What cannot be changed stays."""
        for folder in self._folders:
            for path in list(_below(folder)):
                if path not in self._states:
                    _remove(path)
        for path, state in self._states.items():
            try:
                if not _is_as(path, state):
                    _remove(path)
                    _make(path, state)
            except OSError:
                continue

    def _keep(self, path: Path) -> None:
        found: dict[Path, _State] = {}
        left = _MOST_BYTES
        for each in itertools.chain((path,), _below(path), _beside(path)):
            left -= _size(each)
            if left < 0 or len(found) > _MOST_ENTRIES:
                return
            found[each] = _state(each)
        self._states |= found
        if path.is_dir() and not path.is_symlink():
            self._folders.append(path)


def _below(folder: Path) -> Iterator[Path]:
    """All in the folder that can be seen, those above first."""
    try:
        found = sorted(folder.iterdir()) if folder.is_dir() and not folder.is_symlink() else []
    except OSError:
        return
    for path in found:
        yield path
        yield from _below(path)


def _beside(path: Path) -> Iterator[Path]:
    if path.is_file():
        yield from (path.with_name(path.name + end) for end in _BESIDE)


def _size(path: Path) -> int:
    """Of what it would take to keep it."""
    try:
        found = path.lstat()
    except OSError:
        return 0
    return found.st_size if stat.S_ISREG(found.st_mode) else 0


def _state(path: Path) -> _State:
    try:
        mode = path.lstat().st_mode
        content = path.read_bytes() if stat.S_ISREG(mode) else b""
    except OSError:
        return _State(mode=None)
    return _State(mode=mode, content=content)


def _is_as(path: Path, state: _State) -> bool:
    return _size(path) == len(state.content) and _state(path) == state


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def _make(path: Path, state: _State) -> None:
    if state.mode is not None and stat.S_ISDIR(state.mode):
        path.mkdir(parents=True)
    elif state.mode is not None and stat.S_ISREG(state.mode):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(state.content)
        path.chmod(stat.S_IMODE(state.mode))
