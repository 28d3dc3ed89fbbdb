"""The scan on GitHub: warnings beside the lines that a pull request changes, and a summary of the job.

GitHub shows ten warnings of a step. So they go to the lines that differ from where the branch began, if git can tell:
the base is the revision of `--since`, else the branch that the pull request goes to. In a shallow clone it cannot; then
the first survivors have the warnings, and that is said.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from noxtasks.evidence.display import github
from noxtasks.evidence.display.text import counted, shown
from noxtasks.evidence.vcs import Run, git
from noxtasks.mutation import wording
from noxtasks.mutation.model import Mutant, Report, Status

_WARNINGS = 10  # that GitHub shows of a step
_SURVIVORS = 20
_ITEMS = 20  # of a list
_FILES = 50
_HUNK = re.compile(rb"@@ -\S+ \+(\d+)(?:,(\d+))? @@")


def tell(report: Report, root: Path, run: Run) -> None:
    """Write what GitHub shows, where this runs as an action; `run` runs git."""
    if github.is_there():
        base = report.extent.since or os.environ.get("GITHUB_BASE_REF", "")
        changed = changed_lines(root, base, run)
        living = wording.survivors(report)
        chosen = living if changed is None else [mutant for mutant in living if is_changed(mutant, changed)]
        for mutant in chosen[:_WARNINGS]:
            before, after = wording.change(mutant, report.texts.get(mutant.path, ""))
            said = wording.outcome(report.fates[mutant.id], 0)
            message = f"{before or '?'} -> {after or 'nothing'}\n{said}\n$ {wording.command(mutant)}"
            github.annotate(mutant.path, message, title="mutation", line=mutant.line, level=github.Level.WARNING)
        if chosen and (len(chosen) > _WARNINGS or changed is None):
            print(_limits(len(chosen), is_known=changed is not None))
    github.summarise(markdown(report))


def _limits(living: int, *, is_known: bool) -> str:
    where = (
        ""
        if is_known
        else ", whether their lines have changed or not: that takes a pull request and its history (fetch-depth: 0)"
    )
    return f"warnings beside {min(living, _WARNINGS)} of {counted(living, 'survivor')}{where}"


def changed_lines(root: Path, base: str, run: Run) -> dict[str, set[int]] | None:
    """The lines of each file, by path, that differ from where HEAD has left `base`; None where git cannot tell."""
    if not base or base.startswith("-"):
        return None
    options = ("-r", "-p", "--unified=0", "--no-renames", "--no-ext-diff", "--no-textconv", "--relative")
    prefixes = ("--src-prefix=a/", "--dst-prefix=b/")
    for name in (base, f"origin/{base}"):
        if (base_commit := git(run, root, "merge-base", name, "HEAD")) is not None:
            commit = base_commit.decode("ascii").strip()
            told = git(
                run, root, "-c", "core.quotePath=false", "diff-tree", *options, *prefixes, commit, "HEAD", "--", "."
            )
            return None if told is None else _read(told)
    return None


def _read(told: bytes) -> dict[str, set[int]]:
    """The added lines that a diff without context tells of."""
    found: dict[str, set[int]] = {}
    path, left = "", 0  # `left`: lines of the hunk that are to come, which may look like anything
    for line in told.split(b"\n"):
        if line[:1] in {b"+", b"-"} and left:
            left -= line[:1] == b"+"
        elif line.startswith(b"+++ "):
            path = os.fsdecode(line[4:].removesuffix(b"\t")).removeprefix("b/")
        elif hunk := _HUNK.match(line):
            first, left = int(hunk[1]), int(hunk[2] or 1)
            found.setdefault(path, set()).update(range(first, first + left))
    return found


def is_changed(mutant: Mutant, changed: Mapping[str, Collection[int]]) -> bool:
    """Whether the mutant is in a line that has changed."""
    lines = changed.get(mutant.path, ())
    return any(line in lines for line in range(mutant.line, max(mutant.line, mutant.end_line) + 1))


def markdown(report: Report) -> str:
    """The summary: the verdict, the files, and the survivors that teach most."""
    living, left_out = wording.survivors(report), report.baseline.left_out
    verdict = report.judgement.verdict.value
    lines = [
        f"### mutation: {counted(len(living), 'survivor')} of {counted(len(report.mutants), 'mutant')}",
        "",
        f"mutation score {wording.scored(report.score, report.judgement)}: **{verdict}**, {wording.concluded(report)}",
        "",
        *(line for said in wording.notes(report) for line in (said, "")),
        *_scopes(report),
        *_files(report),
        "",
        *_survivors(living, report),
        *_listed(
            "mutants that live and did not before",
            [
                f"{github.code(f'{shown(mutant.path)}:{mutant.line}')} {github.code(mutant.id)}: {what}"
                for mutant, what in wording.ratcheted(report)
            ],
        ),
        *_listed("suppressions", [github.code(wording.suppression(each)) for each in report.suppressions]),
        *_listed("tests left out", [github.code(f"{shown(test)}: {shown(why)}") for test, why in left_out]),
    ]
    return "\n".join(lines) + "\n\n"


def _files(report: Report) -> list[str]:
    rows = wording.rows(report)
    files = [
        (
            github.code(shown(row.path)),
            str(row.score.killed),
            str(row.counts[Status.SURVIVED]),
            str(row.counts[Status.NO_TESTS]),
            wording.percent(row.score.figure),
            wording.bounds(row.score) or "-",
        )
        for row in rows[:_FILES]
    ]
    more = [f"and {counted(len(rows) - _FILES, 'more file')}"] if len(rows) > _FILES else []
    return [*github.table(("file", "killed", "alive", "no tests", "score", "interval"), files), *more]


def _survivors(living: Sequence[Mutant], report: Report) -> list[str]:
    rows = []
    for mutant in living[:_SURVIVORS]:
        before, after = wording.change(mutant, report.texts.get(mutant.path, ""))
        change = f"{github.code(before or ' ')} → {github.code(after or ' ')}"
        place = github.code(f"{shown(mutant.path)}:{mutant.line}")
        rows.append((place, change, github.code(wording.command(mutant))))
    more = ["", f"and {len(living) - _SURVIVORS} more"] if len(living) > _SURVIVORS else []
    return [*github.table(("survivor", "change", "explain"), rows), *more]


def _scopes(report: Report) -> list[str]:
    rows = [
        (
            github.code(shown(scope.name)),
            wording.percent(scope.score.figure),
            wording.bounds(scope.score) or "-",
            f"{scope.judgement.threshold:.0%}",
            f"**{scope.judgement.verdict.value}**, {shown(scope.judgement.reason)}",
        )
        for scope in report.scopes
    ]
    return [*github.table(("scope", "score", "interval", "at least", "verdict"), rows), ""] if rows else []


def _listed(heading: str, items: Sequence[str]) -> list[str]:
    """The lines of a list that is closed until someone wants it; none where it has no items."""
    if not items:
        return []
    more = [f"- and {len(items) - _ITEMS} more"] if len(items) > _ITEMS else []
    head = f"<details><summary>{heading}: {len(items)}</summary>"
    return ["", head, "", *(f"- {item}" for item in items[:_ITEMS]), *more, "", "</details>"]
