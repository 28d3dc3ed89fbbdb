"""Is new code tested? Coverage of the lines that have changed since the merge base: the question of diff-cover.

What has changed is what differs in the working tree, where the coverage was measured, from the newest commit that HEAD
and the other side both go back to: committed or not, and files that git does not track yet. A line counts that can be
executed, which of a statement over several lines is the first. A file that was moved as it is has not changed, nor one
that has other line endings now.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path, PurePosixPath

import msgspec
from msgspec.structs import replace

from noxtasks.errors import NotMeasuredError, NoxtasksError
from noxtasks.evidence import bases
from noxtasks.evidence.display.text import counted
from noxtasks.evidence.vcs import Run, git
from noxtasks.ladder.model import Counts, File, NewCode
from noxtasks.stats import Interval, Judgement, Verdict

Changes = Mapping[str, frozenset[int] | None]
"""Lines by path from the root; None: all of them."""

_HUNK = re.compile(rb"@@ -\d+(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")
_ESCAPE = re.compile(rb'\\([0-7]{3}|[abtnvfr"\\])')
_ESCAPED = dict(zip(b'abtnvfr"\\', b'\a\b\t\n\v\f\r"\\', strict=True))
_DIFF = (
    *("diff-index", "--patch", "--unified=0", "--find-renames", "--text", "--no-color", "--no-ext-diff"),
    *("--no-textconv", "--ignore-cr-at-eol", "--ignore-submodules=all", "--relative"),
    *("--src-prefix=a/", "--dst-prefix=b/", "--no-indent-heuristic"),
)
"""Not `git diff`, which refreshes the index, and heeds the user's own settings."""


def since(root: Path, revision: str, suffixes: Iterable[str], *, run: Run, where: str = "--against") -> Changes:
    """What has changed in files with these suffixes below `root`, since HEAD and `revision` went apart.

    Raises `ConfigurationError` without a repository or a merge base, laid at `where`.
    """
    base = bases.find(root, revision, run, where=where, without="New code is told by git alone.")
    globs = [f":(glob)**/*{suffix}" for suffix in sorted(set(suffixes))]
    if not globs:
        return {}
    patch = git(run, root, *_DIFF, base.commit, "--", *globs)
    untracked = git(run, root, "ls-files", "-z", "--others", "--exclude-standard", "--", *globs)
    if patch is None or untracked is None:
        raise NotMeasuredError(
            f"git could not say what has changed since {base.commit}",
            where=str(root),
            remedy=f"See what it says to: git -C {root} diff {base.commit}",
        )
    return {**read(patch), **dict.fromkeys(os.fsdecode(path) for path in untracked.split(b"\0") if path)}


class Since(msgspec.Struct, frozen=True, kw_only=True):
    """What has changed since a revision; or, where that could not be told, why not."""

    revision: str = ""
    changes: Changes | None = None
    trouble: str = ""


def asked(root: Path, revision: str | None, paths: Iterable[str], *, run: Run, environ: Mapping[str, str]) -> Since:
    """What has changed since `revision`; without one, since the branch that changes go to, where there is one.

    Raises as `since` does for a revision that was asked for.
    """
    against = revision if revision is not None else bases.usual(root, run, environ)
    if against is None:
        return Since(
            trouble="new code is not looked at: git knows no branch to hold it against, --against REV names it"
        )
    try:
        return Since(revision=against, changes=since(root, against, suffixes(paths), run=run))
    except NoxtasksError as error:
        if revision is not None:
            raise
        return Since(trouble=f"new code is not looked at, {error.message}: {error.remedy}")


def read(patch: bytes) -> dict[str, frozenset[int]]:
    """The new lines in a patch without context, by the path that each file has now. Pure."""
    found: dict[str, set[int]] = {}
    path: str | None = None
    lines = iter(patch.split(b"\n"))
    for line in lines:
        if line.startswith(b"+++ "):
            path = _path(line.removeprefix(b"+++ "))
        elif match := _HUNK.match(line):
            removed, added = (int(match[place] or 1) for place in (1, 3))
            first = int(match[2])
            if path is not None and added:
                found.setdefault(path, set()).update(range(first, first + added))
            _skip(lines, removed + added)
    return {path: frozenset(numbers) for path, numbers in found.items()}


def _skip(lines: Iterator[bytes], count: int) -> None:
    """Leave out what a hunk holds: a line of code may look as a header does."""
    while count:
        count -= not next(lines, b"").startswith(b"\\")  # "\ No newline at end of file" is none of them


def _path(said: bytes) -> str | None:
    """The path in a header; None for that of a file that is gone."""
    if said == b"/dev/null":
        return None
    said = said.removesuffix(b"\t")  # which follows a name with spaces
    if said.startswith(b'"'):  # git quotes as C does
        said = _ESCAPE.sub(_character, said[1:-1])
    return os.fsdecode(said.removeprefix(b"b/"))


def _character(match: re.Match[bytes]) -> bytes:
    escape = match[1]
    return bytes([int(escape, 8) if len(escape) > 1 else _ESCAPED[escape[0]]])


def judge(
    changes: Changes, files: Iterable[File], *, against: str, threshold: float, min_new_lines: int = 1
) -> NewCode:
    """Whether tests cover enough of what has changed in `files`. Pure.

    With fewer lines than `min_new_lines` it is unmeasured. What is not among `files`, such as tests, does not count.
    """
    lines = Counts()
    missing: dict[str, tuple[int, ...]] = {}
    for file in files:
        if file.path not in changes:
            continue
        wanted = changes[file.path]
        lost = tuple(sorted(line for line in file.missing if wanted is None or line in wanted))
        covered = sum(wanted is None or line in wanted for line in file.executed)
        lines += Counts(covered=covered, total=covered + len(lost))
        if lost:
            missing[file.path] = lost
    return NewCode(against=against, lines=lines, missing=missing, judgement=_judged(lines, threshold, min_new_lines))


def blind(since: Since, reason: str, *, threshold: float) -> NewCode:
    """Of what nobody knows the coverage."""
    judgement = replace(_judged(Counts(), threshold, 0), reason=reason)
    return NewCode(against=since.revision, lines=Counts(), missing={}, judgement=judgement)


def _judged(lines: Counts, threshold: float, min_new_lines: int) -> Judgement:
    figure = lines.share
    said = f"{lines.covered} of {counted(lines.total, 'new line')} covered"
    if figure is None:
        verdict, said = Verdict.UNMEASURED, "no line that can be executed has changed"
    elif lines.total < min_new_lines:
        verdict, said = Verdict.UNMEASURED, f"{said}: fewer than {min_new_lines} say nothing"
    else:
        verdict = Verdict.PASS if figure >= threshold else Verdict.FAIL
    return Judgement(
        verdict=verdict,
        figure=figure,
        interval=Interval(low=0.0, high=1.0) if figure is None else Interval(low=figure, high=figure),
        sample=lines.total,
        threshold=threshold,
        reason=said,
    )


def suffixes(paths: Iterable[str]) -> frozenset[str]:
    """Those of the files: what is to be asked for of git."""
    return frozenset(PurePosixPath(path).suffix for path in paths)
