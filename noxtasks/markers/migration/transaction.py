"""Carries edits out in a tree that git can give back, and in no other."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from noxtasks.errors import ConfigurationError
from noxtasks.evidence import vcs
from noxtasks.suite import edits as files
from noxtasks.suite import git
from noxtasks.suite.edits import Edit, Written

_MANY = 5


@contextmanager
def carried_out(root: Path, edits: Sequence[Edit], *, reports: Path = vcs.REPORTS) -> Iterator[Written]:
    """Write all the edits; an exception in the body, or `roll_back()` of what it is given, puts every byte back.

    Raises as `check_clean` and `noxtasks.suite.edits.carried_out` do; nothing is changed then.
    """
    check_clean(root, [edit.path for edit in edits], reports=reports)
    with files.carried_out(root, edits) as written:
        yield written


def check_clean(root: Path, paths: Sequence[str], *, reports: Path = vcs.REPORTS) -> None:
    """Raise `ConfigurationError` unless git holds every file of `paths`, and nothing that it holds has been changed.

    Untracked files are no one's concern as long as they are not edited; neither are the reports and noxtasks' own.
    """
    if links := sorted(path for path in paths if (root / path).is_symlink()):
        raise ConfigurationError(
            f"what would be edited is a link: {_some(links)}", where=str(root), remedy="Edit what it leads to by hand."
        )
    run = git.output_in(root)
    changed = vcs.changes(root, run=run) if _is_work_tree(root, run) else None
    if changed is None:
        raise ConfigurationError(
            "there is no git repository to take the edits back with",
            where=str(root),
            remedy="Put the project under git and commit it; then run this again.",
        )
    ours = (reports, vcs.OURS)
    dirty = sorted(
        path.as_posix()
        for path, is_tracked in changed.items()
        if is_tracked and not any(path.is_relative_to(folder) for folder in ours)
    )
    if dirty:
        raise ConfigurationError(
            f"it differs from the last commit: {_some(dirty)}",
            where=str(root),
            remedy="Commit or stash that first: what is edited here could not be told from it.",
        )
    if strange := sorted(set(_existing(root, paths)) - _tracked(root, run)):
        raise ConfigurationError(
            f"git does not hold what would be edited: {_some(strange)}",
            where=str(root),
            remedy="Commit these files, or take them out of the project.",
        )


def _is_work_tree(root: Path, run: vcs.Run) -> bool:
    return (run(("git", "-C", str(root), "rev-parse", "--is-inside-work-tree")) or b"").strip() == b"true"


def _existing(root: Path, paths: Sequence[str]) -> list[str]:
    return [path for path in paths if os.path.lexists(root / path)]


def _tracked(root: Path, run: vcs.Run) -> set[str]:
    listing = run(("git", "-C", str(root), "ls-files", "-z", "--cached", "--", ".")) or b""
    return {os.fsdecode(path) for path in listing.split(b"\0")}


def _some(paths: Sequence[str]) -> str:
    more = f" and {len(paths) - _MANY} more" if len(paths) > _MANY else ""
    return ", ".join(paths[:_MANY]) + more
