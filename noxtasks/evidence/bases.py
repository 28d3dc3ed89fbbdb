"""The commit that a branch is held against: the newest that it and another revision both go back to."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import msgspec

from noxtasks.errors import ConfigurationError
from noxtasks.evidence.vcs import Run, git


class Base(msgspec.Struct, frozen=True, kw_only=True):
    """What changes are told against: the revision as it was given, and the commit that both sides have."""

    revision: str
    commit: str


def find(root: Path, revision: str, run: Run, *, where: str, without: str) -> Base:
    """The commit that HEAD and `revision` go back to.

    Raises `ConfigurationError` where there is none, laid at `where`, the option or setting that gave the revision;
    `without` says what happens without it.
    """
    if git(run, root, "rev-parse", "--is-inside-work-tree") is None:
        raise ConfigurationError(f"{root} is not in a git repository", where=where, remedy=without)
    if revision.startswith("-") or git(run, root, "rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}") is None:
        elsewhere = git(run, root, "rev-parse", "--verify", "--quiet", f"origin/{revision}^{{commit}}") is not None
        raise ConfigurationError(
            f"git knows no revision {revision}",
            where=where,
            remedy=f"Did you mean origin/{revision}?" if elsewhere else f"Is it fetched? git fetch origin {revision}",
        )
    base = git(run, root, "merge-base", revision, "HEAD")
    if base is None:
        is_shallow = git(run, root, "rev-parse", "--is-shallow-repository") == b"true\n"
        raise ConfigurationError(
            f"{revision} and HEAD have no commit in common",
            where=where,
            remedy="The repository is shallow: git fetch --unshallow, or fetch-depth: 0 in CI."
            if is_shallow
            else "Name a revision that HEAD goes back to.",
        )
    return Base(revision=revision, commit=base.decode("ascii").strip())


_TARGETS = ("GITHUB_BASE_REF", "CI_MERGE_REQUEST_TARGET_BRANCH_NAME")
"""Where CI tells the branch that a change is to be merged into."""

_USUAL = ("main", "master")


def usual(root: Path, run: Run, environ: Mapping[str, str]) -> str | None:
    """The branch that changes go to: what CI says, else the default branch of `origin`, else one of a usual name.

    One of that name here counts without a remote alone: with one, nobody may have brought it up to date.
    """
    targets = [f"origin/{environ[name]}" for name in _TARGETS if environ.get(name)]
    default = git(run, root, "symbolic-ref", "--quiet", "--short", "refs/remotes/origin/HEAD")
    names = [*targets, *([default.decode().strip()] if default else []), *(f"origin/{name}" for name in _USUAL)]
    for name in (*names, *_USUAL):
        place = f"refs/remotes/{name}" if name.startswith("origin/") else f"refs/heads/{name}"
        if git(run, root, "rev-parse", "--verify", "--quiet", f"{place}^{{commit}}") is not None:
            return name
    return None
