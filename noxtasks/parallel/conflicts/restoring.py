"""What is shared is put back before each trial: what a trial that failed left behind would decide those after it."""

from __future__ import annotations

import shutil
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

_MOST_BYTES = 16 << 20
_MOST_ENTRIES = 500
_BESIDE = ("-journal", "-wal", "-shm")  # what SQLite has beside a database


class _State(msgspec.Struct, frozen=True, kw_only=True):
    """One path as it was: a file with its content, a folder, something else (a socket), or nothing."""

    mode: int | None
    content: bytes = b""


class Kept:
    """The files and folders at `paths` as they are now. What is too large to keep is left alone."""

    def __init__(self, paths: Iterable[str]) -> None:
        self._states: dict[Path, _State] = {}
        self._folders: list[Path] = []
        for path in map(Path, paths):
            if path.is_absolute() and path.parent != path:
                self._keep(path)

    def put_back(self) -> None:
        """Let all be as it was. What cannot be changed stays."""
        for folder in self._folders:
            for path in list(_below(folder)):
                if path not in self._states:
                    _remove(path)
        for path, state in self._states.items():
            try:
                if _state(path) != state:
                    _remove(path)
                    _make(path, state)
            except OSError:
                continue

    def _keep(self, path: Path) -> None:
        found = {path: _state(path)}
        if path.is_dir() and not path.is_symlink():
            for each in _below(path):
                found[each] = _state(each)
                if len(found) > _MOST_ENTRIES:
                    return
            self._folders.append(path)
        elif path.is_file():
            found |= {beside: _state(beside) for beside in (path.with_name(path.name + end) for end in _BESIDE)}
        if all(len(state.content) < _MOST_BYTES for state in found.values()):
            self._states |= found


def _below(folder: Path) -> Iterator[Path]:
    """All in the folder, those above first."""
    if folder.is_dir() and not folder.is_symlink():
        for path in sorted(folder.iterdir()):
            yield path
            yield from _below(path)


def _state(path: Path) -> _State:
    try:
        mode = path.lstat().st_mode
        content = path.read_bytes() if stat.S_ISREG(mode) and path.lstat().st_size < _MOST_BYTES else b""
    except OSError:
        return _State(mode=None)
    return _State(mode=mode, content=content)


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
