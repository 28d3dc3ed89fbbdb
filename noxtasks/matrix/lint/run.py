"""The story of the lint: find the files, read them, and tell."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from fnmatch import fnmatch
from pathlib import Path

from noxtasks.config import Settings
from noxtasks.errors import ConfigurationError, ExitCode
from noxtasks.evidence.vcs import SKIPPED_BUILDS, SKIPPED_FOLDERS
from noxtasks.matrix.lint import reading, terminal
from noxtasks.matrix.lint.reading import LARGEST
from noxtasks.suite import git


def run(root: Path, settings: Settings, paths: Sequence[Path] = ()) -> ExitCode:
    """Read the Python files in `paths` (by default all of the project in `root`), and tell what breaks elsewhere.

    Gives `FOUND` where there is a finding. Raises `ConfigurationError` for a path that is not there.
    """
    root = root.resolve()
    tree = list(_tree(root))
    wanted = [_below(root, path) for path in paths]
    chosen = [
        name for name in tree if name.endswith(".py") and (not wanted or any(_is_in(name, each) for each in wanted))
    ]
    files = {name: data for name in chosen if (data := _content(root / name)) is not None}
    within = [name for name in tree if not wanted or any(_is_in(name, each) for each in wanted)]
    found = reading.read(files, within, ignore=settings.matrix.ignore)
    terminal.print_findings(found)
    return ExitCode.FOUND if found.findings else ExitCode.NOTHING_FOUND


def _tree(root: Path) -> Iterator[str]:
    """The files of the project, as git knows them; without git, all but caches, environments and builds."""
    told = git.output_in(root)(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"])
    if told is not None:
        yield from (
            name for name in told.decode("utf-8", "surrogateescape").split("\0") if name and (root / name).is_file()
        )
        return
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(name for name in folders if name not in SKIPPED_FOLDERS and not _is_build(name))
        yield from ((Path(folder) / name).relative_to(root).as_posix() for name in sorted(names))


def _is_build(name: str) -> bool:
    return any(fnmatch(name, pattern) for pattern in SKIPPED_BUILDS)


def _below(root: Path, path: Path) -> str:
    """A path as it is called from the root."""
    if not path.exists():
        raise ConfigurationError(f"there is no {path}", where="PATH", remedy="Give files or folders of the project.")
    try:
        return path.resolve().relative_to(root).as_posix()
    except ValueError:
        raise ConfigurationError(f"{path} is not within {root}", where="PATH", remedy="Say --root, too.") from None


def _is_in(name: str, wanted: str) -> bool:
    return wanted in {".", name} or name.startswith(f"{wanted}/")


def _content(path: Path) -> bytes | None:
    """What a file holds; no more of one that is too large than shows that it is, and None of what is no file."""
    try:
        if not path.is_file():
            return None
        with path.open("rb") as file:
            return file.read(LARGEST + 1)
    except OSError:
        return None
