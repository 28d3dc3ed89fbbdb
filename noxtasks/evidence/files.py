"""Files that are there whole or not at all, in a folder that several processes write to.

Every write happens under one lock per folder, so a temporary file that is found under that lock belongs to a writer
that died, and is removed. Readers take the lock only where a writer has been: a folder that was unpacked from an
archive, or is mounted read-only, is read as it is.
"""

from __future__ import annotations

import errno
import os
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from noxtasks.errors import EvidenceError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from typing import BinaryIO

LOCK_NAME = ".noxtasks.lock"
LOCK_TIMEOUT_S = 120.0
LOCK_POLL_S = 0.01
TEMPORARY = ".noxtasks-tmp"

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_CLOSED = {errno.EACCES, errno.EPERM, errno.EROFS}
_OCCUPIED = {errno.EEXIST, errno.ENOTDIR, errno.EISDIR}
_NO_FOLDER_SYNC = {errno.EINVAL, errno.ENOTSUP}


@contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Make `folder` where it is missing, and hold its lock. An `OSError` inside becomes an `EvidenceError`.

    Whoever holds it may write and read within, so that what is read is still so when it is written over.
    """
    with explained(folder):
        folder.mkdir(parents=True, exist_ok=True)
        with _lock(folder):
            for litter in temporary_files(folder):
                litter.unlink()
            yield


@contextmanager
def reading(folder: Path) -> Iterator[None]:
    """Hold the lock of `folder` where a writer has made one that can be taken. Raises as `writing` does."""
    with explained(folder):
        if not folder.is_dir():
            raise NotADirectoryError(errno.ENOTDIR, "there is no such folder")
        lock = folder / LOCK_NAME
        if lock.exists() and os.access(lock, os.W_OK):
            with _lock(folder):
                yield
        else:
            yield


@contextmanager
def _lock(folder: Path) -> Iterator[None]:
    from filelock import FileLock, Timeout  # noqa: PLC0415 - 30 ms that only a write should cost

    # One for each path, so that who holds it may take it again.
    lock = FileLock(folder.resolve() / LOCK_NAME, timeout=LOCK_TIMEOUT_S, poll_interval=LOCK_POLL_S, is_singleton=True)
    try:
        lock.acquire()
    except Timeout:
        raise EvidenceError(
            f"another process has held the lock for {LOCK_TIMEOUT_S:.0f} s",
            where=str(folder / LOCK_NAME),
            remedy="Find the noxtasks process that hangs and end it; the lock ends with its process.",
        ) from None
    try:
        yield
    finally:
        lock.release()


def temporary_files(folder: Path) -> list[Path]:
    """Files in `folder` that a writer had begun; litter, when seen under the lock."""
    return sorted(path for path in folder.iterdir() if path.name.startswith(".") and path.name.endswith(TEMPORARY))


@contextmanager
def staged(*contents: tuple[Path, bytes | Callable[[BinaryIO], object]]) -> Iterator[tuple[Path, ...]]:
    """Write each content to a temporary file beside its path, durably, and yield these; remove those still there.

    A content that is too large to be held is what writes it.
    """
    temporary = tuple(path.with_name(f".{index}.{path.name}{TEMPORARY}") for index, (path, _) in enumerate(contents))
    try:
        for path, (_, data) in zip(temporary, contents, strict=True):
            with path.open("wb") as file:
                if isinstance(data, bytes):
                    file.write(data)
                else:
                    data(file)
                file.flush()
                os.fsync(file.fileno())
        yield temporary
    finally:
        for path in temporary:
            with suppress(OSError):
                path.unlink(missing_ok=True)


def put(temporary: Path, path: Path) -> None:
    """Let the staged file take the name `path`, in one step that survives a power cut."""
    temporary.replace(path)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Bring the names in `folder` to the disk; only POSIX can, and not every file system does."""
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in _NO_FOLDER_SYNC:
            raise
    finally:
        os.close(descriptor)


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn an `OSError` inside into an `EvidenceError` that says which file, why, and what to do."""
    try:
        yield
    except OSError as error:
        where = str(error.filename or path)
        raise EvidenceError(error.strerror or str(error), where=where, remedy=_remedy(error)) from error


def _remedy(error: OSError) -> str:
    if error.errno in _FULL:
        return "Free some space and run this again; what was written before is unchanged."
    if error.errno in _CLOSED:
        return "Make the folder and its files writable, or choose another folder for the reports."
    if error.errno in _OCCUPIED:
        return "Move away what stands in its place, or choose another folder for the reports."
    return "What was written before is unchanged; run this again when the cause is gone."
