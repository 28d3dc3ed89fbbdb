"""A copy of the project to mutate, thrown away afterwards: nothing is written into the user's files.

Each session has a folder of its own, and holds a lock as long as it uses it; what a session that was killed has left is
removed by the next one.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from noxtasks.errors import NotMeasuredError
from noxtasks.evidence import vcs

_FOLDER = vcs.OURS / "mutation"
_ALWAYS = (
    "conftest.py",
    "pytest.ini",
    ".pytest.ini",
    "pytest.toml",
    ".pytest.toml",
    "pyproject.toml",
    "setup.cfg",
    "tox.ini",
)
"""What pytest would look for in the folders above, where it is not in the copy."""


@contextmanager
def disposable(root: Path, paths: Iterable[Path], *, name: str) -> Iterator[Path]:
    """Copy the files at `paths`, relative to `root`, into a new folder; removed when the block is left.

    Links are copied as links. A path where nothing is any more is left out. Raises `NotMeasuredError` where something
    cannot be copied: the disk is full, it may not be read, or the folder not be written.
    """
    base = root / _FOLDER
    copy = base / name
    lock = FileLock(base / f"{name}.lock")
    with _explained(base):
        base.mkdir(parents=True, exist_ok=True)
        _tidy(base)
        lock.acquire()
    try:
        _copy_all(root, paths, copy)
        yield copy
    finally:
        shutil.rmtree(copy, ignore_errors=True)
        lock.release()
        Path(lock.lock_file).unlink(missing_ok=True)


@contextmanager
def _explained(base: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise NotMeasuredError(
            f"there is no place for a copy of the project: {error.strerror}",
            where=str(error.filename or base),
            remedy="The copy needs a folder .noxtasks in the project that may be written.",
        ) from error


def with_unknown(root: Path, paths: Iterable[Path], places: Iterable[str]) -> Iterator[Path]:
    """`paths`, and all other files in `places`: built extensions and generated modules, which git ignores.

    So is, now and then, pytest's own configuration.
    """
    known = set(paths)
    yield from known
    for place in (*places, *_ALWAYS):
        if not (root / place).resolve().is_relative_to(root.resolve()):
            continue  # it would be copied to outside of the copy
        is_file = (root / place).is_file()
        more = [Path(place)] if is_file else [Path(place, path) for path in vcs.walk(root / place, ())]
        yield from (path for path in more if path not in known)
        known.update(more)


def _copy_all(root: Path, paths: Iterable[Path], copy: Path) -> None:
    path = Path()
    try:
        copy.mkdir()
        for path in paths:
            _copy(root / path, copy / path)
    except OSError as error:
        raise NotMeasuredError(
            f"the project cannot be copied: {error.strerror}",
            where=str(root / path),
            remedy=f"The copy goes to {copy.parent}; is there room for it, and may all files be read?",
        ) from error


def _copy(original: Path, copy: Path) -> None:
    copy.parent.mkdir(parents=True, exist_ok=True)
    with suppress(FileNotFoundError, NotADirectoryError, shutil.SpecialFileError):
        shutil.copy2(original, copy, follow_symlinks=False)


def _tidy(base: Path) -> None:
    """Remove what sessions have left whose lock nobody holds any more."""
    for lock in base.glob("*.lock"):
        with suppress(Timeout), FileLock(lock, timeout=0):
            shutil.rmtree(lock.with_suffix(""), ignore_errors=True)
            lock.unlink(missing_ok=True)
