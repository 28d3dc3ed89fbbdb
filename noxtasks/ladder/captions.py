"""What the ladder's page says in words beside its drawings and tables."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate
from typing import Any

import msgspec

from noxtasks.evidence.display.text import counted
from noxtasks.ladder import wording
from noxtasks.ladder.model import Advance, Gain, Measurement, Metric, Name, Standing
from noxtasks.stats import Verdict

NOUNS = {
    Metric.LINE: ("line", "lines"),
    Metric.BRANCH: ("branch", "branches"),
    Metric.COMBINED: ("line or branch", "lines and branches"),
    Metric.SCORE: ("mutant", "mutants"),
}
"""What a metric counts: one, and several."""

_COMMIT_SHOWN = 10
_RANGES = 30  # of lines of a file
_FINEST = 0.1  # points that are told by their tenths


class Uncovered(msgspec.Struct, frozen=True, kw_only=True):
    """A file with new lines that no test covers."""

    path: str
    count: int
    lines: str


def headline(standing: Standing) -> str:
    """How far the suite has climbed, and how far it is from the next tier."""
    said = wording.standing(standing)
    if standing.following is None:
        return said
    name, asked = wording.name(standing.following), len(standing.missing)
    lacking = sum(each.verdict is not Verdict.PASS for each in standing.missing)
    if not asked:
        return f"{said}; whether {name} is earned was not asked"
    if not lacking:
        return f"{said}; nothing is missing for {name}"
    return f"{said}; {lacking} of {counted(asked, 'condition')} missing for {name}"


def level(tier: Mapping[str, Any]) -> str:
    """Whether a tier of the artifact decides, and until when not."""
    if tier["is_blocking"]:
        return "blocking"
    return f"advisory until {tier['blocking_after']}" if tier["blocking_after"] else "advisory"


def many(count: int, metric: Metric) -> str:
    """So many of what the metric counts."""
    one, several = NOUNS[metric]
    return f"{count} {one if count == 1 else several}"


def lacking(count: int | None, metric: Metric) -> str:
    """How much more a tier is to cover."""
    return f"{many(count, metric)} more for its target" if count else ""


def advice(gains: Sequence[Gain], count: int | None, metric: Metric) -> str:
    """How far the best of the gains would carry."""
    if count is None:
        return ""
    if not count:
        return "The target is reached; this is what is left."
    needed = next((place for place, sum_ in enumerate(accumulate(g.missing for g in gains), 1) if sum_ >= count), None)
    said = f"{many(count, metric)} more would reach the target"
    if needed is None:
        return f"{said}, which takes more than these."
    return f"{said}: the first of these has them." if needed == 1 else f"{said}: the first {needed} of these have them."


def points(share: float) -> str:
    """By how many points of percent a figure would rise."""
    risen = 100 * share
    return f"+{risen:.1f}" if risen >= _FINEST else f"+{risen:.1g}"


def commit(revision: str) -> str:
    """A commit in short."""
    return revision[:_COMMIT_SHOWN]


def moved(advance: Advance) -> str:
    """That a tier was earned, or lost."""
    if not advance.is_demotion:
        return f"earned {wording.name(advance.tier)}" if advance.tier else "earned nothing"
    lost = f"lost {wording.name(advance.before)}" if advance.before else "lost"
    return f"{lost}, back to {wording.name(advance.tier)}" if advance.tier else f"{lost}, back on the ground"


def course(measurements: Sequence[Measurement], name: Name, target: float) -> str:
    """The figures of a tier over time."""
    known = [(each.at, figure) for each in measurements if (figure := each.figures.get(name)) is not None]
    if not known:
        return ""
    figures = [figure for _, figure in known]
    held = f"{wording.name(name)} over {counted(len(known), 'measurement')}, target {wording.figure(target)}: "
    (first_at, first), (last_at, last) = known[0], known[-1]
    if len(known) == 1:
        return f"{held}{wording.figure(last)} on {last_at:%Y-%m-%d}"
    return (
        f"{held}{wording.figure(first)} on {first_at:%Y-%m-%d}, {wording.figure(last)} on {last_at:%Y-%m-%d}, "
        f"between {wording.figure(min(figures))} and {wording.figure(max(figures))}"
    )


def again(failed: Sequence[str]) -> str:
    """The command that shows the first of the failing tests."""
    return shlex.join(("python", "-m", "pytest", failed[0])) if failed else ""


def uncovered(missing: Mapping[str, Sequence[int]]) -> list[Uncovered]:
    """The files, those with most lines first."""
    found = [Uncovered(path=path, count=len(lines), lines=ranges(lines)) for path, lines in missing.items()]
    return sorted(found, key=lambda each: (-each.count, each.path))


def ranges(numbers: Iterable[int]) -> str:
    """Lines as `3-7, 9`; of very many ranges the first."""
    found: list[list[int]] = []
    for number in sorted(numbers):
        if found and number == found[-1][1] + 1:
            found[-1][1] = number
        else:
            found.append([number, number])
    said = [f"{low}" if low == high else f"{low}\N{EN DASH}{high}" for low, high in found[:_RANGES]]
    more = len(found) - _RANGES
    return ", ".join(said) + (f" … and {more} more" if more > 0 else "")
