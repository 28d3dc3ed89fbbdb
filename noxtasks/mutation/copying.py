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

from noxtasks.evidence import vcs

_FOLDER = vcs.OURS / "mutation"


@contextmanager
def disposable(root: Path, paths: Iterable[Path], *, name: str) -> Iterator[Path]:
    """Copy the files at `paths`, relative to `root`, into a new folder; removed when the block is left.

    Links are copied as links. A path where nothing is any more is left out.
    """
    base = root / _FOLDER
    base.mkdir(parents=True, exist_ok=True)
    _tidy(base)
    try:
        with FileLock(base / f"{name}.lock"):
            copy = base / name
            try:
                copy.mkdir()
                for path in paths:
                    _copy(root / path, copy / path)
                yield copy
            finally:
                shutil.rmtree(copy, ignore_errors=True)
    finally:
        (base / f"{name}.lock").unlink(missing_ok=True)


def with_unknown(root: Path, paths: Iterable[Path], folders: Iterable[str]) -> Iterator[Path]:
    """`paths`, and all other files in `folders`: built extensions and generated modules, which git ignores."""
    known = set(paths)
    yield from known
    for folder in folders:
        for path in vcs.walk(root / folder, ()):
            if Path(folder, path) not in known:
                yield Path(folder, path)


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
