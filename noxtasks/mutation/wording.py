"""What every report says in the same words: the figures, how far the scan went, and what became of a mutant."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from difflib import unified_diff
from functools import lru_cache

import msgspec

from noxtasks.evidence.display.text import counted, shown
from noxtasks.mutation.deciding.scoring import fates_by_path
from noxtasks.mutation.model import (
    Baseline,
    Choice,
    Ending,
    Fate,
    Judgement,
    Mutant,
    Reach,
    Report,
    Score,
    Standing,
    Status,
    Suppression,
)

SIGNS = {
    Status.KILLED: "✓",
    Status.SURVIVED: "✗",
    Status.TIMEOUT: "∞",
    Status.NO_TESTS: "∅",
    Status.SUSPICIOUS: "?",
    Status.SEGFAULT: "†",
    Status.SKIPPED: "-",
    Status.UNCHECKED: "…",
}
"""What tells the statuses apart where colours cannot."""

_CHANGE_LENGTH = 40  # characters of what is changed, and of what it becomes


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """A row of the tables: a file, its score, and how many of its mutants have which status."""

    path: str
    score: Score
    counts: Counter[Status]


def rows(report: Report) -> list[Row]:
    """The rows, in the order of the paths."""
    fates = fates_by_path(report.mutants, report.fates)
    counts = {path: Counter(fate.status for fate in each) for path, each in fates.items()}
    return [Row(path=path, score=score, counts=counts.get(path, Counter())) for path, score in report.by_path.items()]


def percent(figure: float | None) -> str:
    """With one digit after the point; 0 and 100 only where it is exactly that."""
    if figure is None:
        return "-"
    return f"{figure:.1%}" if figure in (0, 1) else f"{min(max(figure, 0.001), 0.999):.1%}"


def bounds(score: Score) -> str:
    """The interval of a sampled score; nothing where all was tried."""
    return f"{score.interval.low:.0%}-{score.interval.high:.0%}" if score.interval else ""


def scored(score: Score, judgement: Judgement) -> str:
    """The score, with its interval where it has one, and what it has to be."""
    interval = bounds(score)
    said = percent(score.figure) + (f" ({interval})" if interval else "")
    return f"{said}, of covered code {percent(score.figure_of_covered)}, at least {judgement.threshold:.0%}"


def concluded(report: Report) -> str:
    """What the verdict rests on, and how long it only advises, if it does."""
    reason, stance = shown(report.judgement.reason), report.stance.said
    return f"{reason} ({stance})" if stance else reason


def extent(report: Report) -> str:
    """Of which mutants the score is, and why the scan ended; nothing where each that there is was tried."""
    found = report.extent
    if found.choice is Choice.ALL and found.ending is Ending.WHOLE:
        return ""
    chosen = {
        Choice.ALL: f"all {counted(found.mutants, 'mutant')}",
        Choice.CAP: f"a stratified sample of {found.chosen} of {counted(found.mutants, 'mutant')} (seed {found.seed})",
        Choice.SINCE: f"{found.chosen} of {counted(found.mutants, 'mutant')}: what has changed since "
        f"{shown(found.since)}",
    }[found.choice]
    unchecked = sum(fate.status is Status.UNCHECKED for fate in report.fates.values())
    left_out = max(0, len(report.mutants) - found.chosen)  # of the sample; those are unchecked as well
    untried = f"{max(0, unchecked - left_out)} of them not tried"
    ended = {
        Ending.WHOLE: "each has been tried",
        Ending.CERTAIN: f"ended early, {untried}: they could not change the verdict",
        Ending.BUDGET: f"ended when its time was up, {untried}",
        Ending.INTERRUPTED: f"interrupted, {untried}",
    }[found.ending]
    return f"{chosen}; {ended}"


def remembered(known: int, mutants: int) -> str:
    """How many mutants an earlier scan has tried; nothing where it is none."""
    said = f"{known} of {counted(mutants, 'mutant')} are known from before: nothing that they rest on changed"
    return said if known else ""


def reach(found: Reach) -> str:
    """How much of the code the mutants are of, and why not of all."""
    left_out = ", ".join(f"{number} {why}" for why, number in found.left_out)
    return (
        f"{found.mutated} of {found.functions} functions have mutants, with {found.mutated_lines} of {found.lines} "
        f"lines{f'; not {left_out}' if left_out else ''}"
    )


def beyond_tests(mutants: Iterable[Mutant], baseline: Baseline) -> str:
    """How many mutants are of functions that tests run which were left out, and no others; nothing where it is none."""
    number = sum(mutant.key in baseline.unusable for mutant in mutants)
    return f"{counted(number, 'mutant')} of functions that no other test runs: nothing can kill them" if number else ""


def suppression(each: Suppression) -> str:
    """What an entry of the user's does today, and why it is there."""
    name = each.id or " ".join(filter(None, (each.path, each.function, each.operator)))
    many = counted(len(each.mutants), "mutant")
    return shown(
        {
            Standing.ACTIVE: f"{name}: {many} skipped until {each.expires}: {each.reason}",
            Standing.EXPIRED: f"{name}: expired on {each.expires}, and holds no more for {many}: {each.reason}",
            Standing.UNMATCHED: f"{name}: means no mutant of this scan",
        }[each.standing]
    )


def ratcheted(report: Report) -> list[tuple[Mutant, str]]:
    """The mutants that live and did not in the report that was kept, each with what was the case then."""
    if report.ratchet is None:
        return []
    mutants = {mutant.id: mutant for mutant in report.mutants}
    return [
        *((mutants[each], "it was killed, and lives now") for each in report.ratchet.regressed),
        *((mutants[each], "it is new, and lives") for each in report.ratchet.new),
    ]


def notes(report: Report) -> list[str]:
    """What the score rests on, beside the verdict, a sentence each."""
    known = sum(fate.is_remembered for fate in report.fates.values())
    said = (
        extent(report),
        remembered(known, len(report.mutants)),
        reach(report.reach) if report.reach else "",
        beyond_tests(report.mutants, report.baseline),
    )
    return [each for each in said if each]


def outcome(fate: Fate, covering: int) -> str:
    """What became of a mutant, in a line; `covering`: how many tests run its function."""
    by = f" by {shown(fate.killed_by)}" if fate.killed_by else ""
    message = f": {shown(fate.message)}" if fate.message else ""
    died = f"the process died{' in ' + shown(fate.killed_by) if fate.killed_by else ''}{message}"
    return {
        Status.KILLED: f"killed{by}{message}",
        Status.SURVIVED: f"survived: {let_live(fate)}",
        Status.TIMEOUT: f"timed out: {counted(covering, 'test')} did not come to an end{message}",
        Status.NO_TESTS: "no test runs its function",
        Status.SUSPICIOUS: f"suspicious: something else than a test has failed{message}",
        Status.SEGFAULT: died,
        Status.SKIPPED: f"skipped{': ' + shown(fate.reason) if fate.reason else ''}",
        Status.UNCHECKED: "not tried",
    }[fate.status]


def let_live(fate: Fate) -> str:
    """How many tests ran, and did not notice."""
    return f"{counted(len(fate.tests), 'test')} {'lets' if len(fate.tests) == 1 else 'let'} it live"


def diff(mutant: Mutant) -> list[str]:
    """The lines of the change, as `diff -U1` has them, without its first two; without the place."""
    before, after = mutant.before.splitlines(), mutant.after.splitlines()
    first, behind = _shared(before, after), _shared(before[::-1], after[::-1])
    start = max(0, min(first, len(before) - behind, len(after) - behind) - 1)
    old, new = (text[start : len(text) - behind + 1] for text in (before, after))  # with the rest it takes long
    return [line for line in list(unified_diff(old, new, lineterm="", n=1))[2:] if not line.startswith("@@")]


def changed(diff: Iterable[str]) -> list[str]:
    """Of the lines of a diff those that go or come."""
    return [line for line in diff if line[:1] in ("-", "+")]


def _shared(one: Sequence[str], other: Sequence[str]) -> int:
    """How many lines two texts have in common at their beginning."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((number for number, (a, b) in pairs if a != b), min(len(one), len(other)))


def change(mutant: Mutant, text: str) -> tuple[str, str]:
    """What of the file's `text` is changed, and what stands there instead, each on one line and cut."""
    if not text or not mutant.end_line:
        return "", _cut(mutant.replacement)
    found = list(_lines(text)[mutant.line - 1 : mutant.end_line])
    if not found:
        return "", _cut(mutant.replacement)
    found[-1] = found[-1][: mutant.end_column - 1]
    return _cut(" ".join(found)[mutant.column - 1 :]), _cut(mutant.replacement)


@lru_cache(maxsize=1)  # mutants come file by file
def _lines(text: str) -> tuple[str, ...]:
    return tuple(text.split("\n"))


def _cut(text: str) -> str:
    return cut(shown(" ".join(text.split())), _CHANGE_LENGTH)


def cut(text: str, most: int) -> str:
    """The beginning of a text that is too long."""
    return text if len(text) <= most else f"{text[: most - 1]}…"


def command(mutant: Mutant) -> str:
    """The command that shows a mutant again."""
    return f"noxtasks mutation explain {mutant.id}"


def survivors(report: Report) -> list[Mutant]:
    """The mutants that live, the most instructive first: as the lessons have them, then by their place."""
    rank = {lesson.mutant: number for number, lesson in enumerate(report.lessons)}
    living = [each for each in report.mutants if report.fates[each.id].status is Status.SURVIVED]
    return sorted(living, key=lambda mutant: (rank.get(mutant.id, len(rank)), mutant))
