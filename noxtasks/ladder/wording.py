"""What every report of the ladder says in the same words."""

from __future__ import annotations

from collections.abc import Sequence

from noxtasks.evidence.display.text import counted, shown
from noxtasks.ladder import tiers
from noxtasks.ladder.model import Advance, Ending, Level, Measured, Name, Report, Standing
from noxtasks.ladder.rules import percent
from noxtasks.stats import Verdict

_NAMED = 3  # tests in one line


def name(of: Name) -> str:
    """A tier in short."""
    return tiers.SETTINGS[of]


def figure(share: float | None) -> str:
    """A share, or that there is none."""
    return percent(share) if share is not None else "-"


def trend(risen: float | None) -> str:
    """By how many points of percent a figure has changed."""
    return f"{risen * 100:+.1f}" if risen is not None else "-"


def verdict(of: Measured) -> str:
    """The verdict, and why where it is none."""
    judgement = of.judgement
    return f"{judgement.verdict.value}: {judgement.reason}" if judgement.verdict is not Verdict.PASS else "pass"


def level(of: Measured, *, is_blocking: bool) -> str:
    """Whether it decides, and until when not."""
    if is_blocking:
        return "blocking"
    until = of.tier.blocking_after
    return f"advisory until {until}" if until else Level.ADVISORY.value


def some(tests: Sequence[str]) -> str:
    """The first few tests."""
    more = f" and {len(tests) - _NAMED} more" if len(tests) > _NAMED else ""
    return ", ".join(map(shown, tests[:_NAMED])) + more


def standing(of: Standing) -> str:
    """How far the suite has climbed."""
    if of.tier is None:
        return "no tier is earned yet"
    return f"earned: {name(of.tier)}" if of.following else f"earned: {name(of.tier)}, the last"


def step(of: Advance) -> str:
    """That a tier was earned now, or is lost."""
    if not of.is_demotion:
        return f"earned now: {name(of.tier)}" if of.tier else "earned now: nothing"
    kept = f"back to {name(of.tier)}" if of.tier else "nothing is left"
    lost = "; ".join(f"{each.name}: {each.reason}" for each in of.conditions)
    return f"lost: {name(of.before) if of.before else ''}, {kept}: {lost}"


def missing(of: Standing) -> list[str]:
    """What the next tier asks for, as far as it is not there, and what has fallen."""
    lines = []
    if of.following is not None:
        found = [f"  {each.name}: {each.reason}" for each in of.missing if each.verdict is not Verdict.PASS]
        lines += [f"for {name(of.following)} there has to be", *found] if found else []
    return lines + [f"fallen: {each.name}: {each.reason}" for each in of.fallen]


def unassigned(report: Report) -> list[str]:
    """The tests that count in the total alone, and how to set where they belong."""
    lines = []
    if none := report.belonging.none:
        lines.append(f"{_fit(len(none))} no tier, for the total alone: {some(none)}")
    if several := report.belonging.several:
        lines.append(f"{_fit(len(several))} several tiers, for the total alone: {some(tuple(several))}")
    if lines:
        lines.append("set what belongs where: -S ladder.rest=unit, or [tool.noxtasks.ladder] paths, markers")
    return lines


def _fit(count: int) -> str:
    return f"{counted(count, 'test')} {'fits' if count == 1 else 'fit'}"


def ending(report: Report) -> str:
    """Why something is not measured, where that matters."""
    return "interrupted; what was measured is kept" if report.ending is Ending.INTERRUPTED else ""


def again(of: Measured) -> str:
    """The command that shows a failing test."""
    return f"python -m pytest {of.failed[0]}"
