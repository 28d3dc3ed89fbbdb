"""Whether to go back: the benchmarks have surely lost more than a quarter, and what brought that is known as commits.

The comparison of both sides at once says so itself (`rollback` is its gravest consequence); a stored baseline alerts
only. What to revert is the range from the old commit to the new one, or the one commit that a bisection has found.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from noxtasks.evidence import vcs
from noxtasks.evidence.gating.model import Document
from noxtasks.gates.model import Commit, Rollback

_SEVERE = "rollback"
_SEPARATOR = b"\0"
_MOST = 50  # commits that are asked for
_BY_NAME = 5  # commits that are reverted one by one


def recommend(comparison: Document, *, commits: Sequence[Commit], head: str, is_dirty: bool = False) -> Rollback | None:
    """What to go back by; None where nothing is that severe.

    `commits` are those since the old commit; with `is_dirty` what is not committed was measured with them.
    """
    severe = _severe(comparison)
    if not severe:
        return None
    result = comparison.content["result"]
    good, bad = result["against"], result["revision"] or head
    is_dirty = is_dirty and not result["revision"]
    found = result["bisect"]["left"] if result["bisect"] else []
    is_found = len(found) == 1
    if is_found:
        commits = [each for each in commits if each.id == found[0]["id"]] or [
            Commit(id=found[0]["id"], subject=found[0]["subject"], is_merge=False)
        ]
    worst = max(each["change"] for each in severe)
    return Rollback(
        good=good,
        bad=bad,
        tests=tuple(dict.fromkeys(each["test"] for each in severe)),
        worst=worst,
        commits=tuple(commits),
        is_found=is_found,
        commands=(*(["git stash"] if is_dirty else []), *_commands(good, bad, commits, is_found=is_found)),
        reason=f"{severe[0]['test']} takes {worst:+.0%}, surely more than a quarter longer",
    )


def _severe(comparison: Document) -> list[Mapping[str, Any]]:
    """The tiers that recommend it, the worst first."""
    if comparison.refusal:
        return []
    result = comparison.content["result"]
    if result["is_stored"] or not result["against"]:
        return []
    found = [
        each
        for each in result["tiers"]
        if each["consequence"] == _SEVERE and each["verdict"] == "fail" and each["change"] is not None
    ]
    return sorted(found, key=lambda each: (-each["change"], each["test"]))


def since(comparison: Document, *, root: Path, run: vcs.Run, head: str) -> list[Commit]:
    """The commits that came after the old one, along first parents, the newest first; as far as git tells."""
    if not _severe(comparison):
        return []
    result = comparison.content["result"]
    span = f"{result['against']}..{result['revision'] or head}"
    form = ("log", "--first-parent", f"-{_MOST}", "-z", "--format=%H%x09%P%x09%s", span, "--")
    told = vcs.git(run, root, *form) or b""
    return [_commit(entry.decode("utf-8", "replace")) for entry in told.split(_SEPARATOR) if entry]


def _commit(entry: str) -> Commit:
    identity, parents, subject = entry.split("\t", 2)
    return Commit(id=identity, subject=subject, is_merge=" " in parents)


def _commands(good: str, bad: str, commits: Sequence[Commit], *, is_found: bool) -> list[str]:
    """How to go back past commits: few one by one, since merges need to be told; many all at once."""
    if good == bad:
        return []
    look = [] if is_found or len(commits) == 1 else [f"noxtasks bench bisect {good} {bad}"]
    if not commits:
        return [*look, f"git revert --no-edit {good}..{bad}"]
    if len(commits) <= _BY_NAME or any(each.is_merge for each in commits):
        return [*look, *(_revert(each) for each in commits)]
    return [*look, f"git revert --no-edit {good}..{bad}"]


def _revert(commit: Commit) -> str:
    return f"git revert --no-edit {'-m 1 ' if commit.is_merge else ''}{commit.id}"
