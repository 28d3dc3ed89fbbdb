"""What every report of the ladder says in the same words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from noxtasks.evidence.display.text import counted, shown
from noxtasks.ladder import gains as earning
from noxtasks.ladder import tiers
from noxtasks.ladder.model import Advance, Ending, Gain, Level, Measured, Metric, Name, NewCode, Report, Standing
from noxtasks.ladder.rules import percent
from noxtasks.stats import Verdict

_NAMED = 3  # tests in one line
_COUNTED = {Metric.LINE: "lines", Metric.BRANCH: "branches", Metric.COMBINED: "lines and branches"}


def name(of: Name) -> str:
    """A tier in short."""
    return tiers.SETTINGS[of]


def figure(share: float | None) -> str:
    """A share, or that there is none."""
    return percent(share) if share is not None else "-"


def trend(risen: float | None) -> str:
    """By how many points of percent a figure has changed."""
    return f"{round(risen * 100, 1) + 0.0:+.1f}" if risen is not None else "-"  # with + 0.0 nothing is -0.0


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
    return some_of(len(tests), tests[:_NAMED])


def some_of(count: int, tests: Sequence[str]) -> str:
    """Some of so many tests."""
    more = f" and {count - len(tests)} more" if count > len(tests) else ""
    return ", ".join(map(shown, tests)) + more


def untested(*, is_run: bool) -> str:
    """That no test is known for a place."""
    if is_run:
        return "no test by itself: it runs on import, or in a process that a test starts, which no test is told for"
    return "no test"


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


def new_code(of: NewCode) -> str:
    """What is covered of the new lines."""
    judgement = of.judgement
    said = f"new code against {of.against}: {judgement.verdict.value}, {judgement.reason}"
    return (
        said
        if judgement.figure is None
        else f"{said} ({figure(judgement.figure)}; {percent(judgement.threshold)} is asked for)"
    )


def spans(lines: Iterable[int]) -> list[tuple[int, int]]:
    """The first and the last of lines that follow one another."""
    found: list[tuple[int, int]] = []
    for line in sorted(lines):
        if found and line == found[-1][1] + 1:
            found[-1] = (found[-1][0], line)
        else:
            found.append((line, line))
    return found


def span(lines: tuple[int, int]) -> str:
    """Such lines in short."""
    first, last = lines
    return str(first) if first == last else f"{first}-{last}"


def uncovered(of: NewCode) -> list[str]:
    """The new lines that no test runs, of each file."""
    return [f"{path}:{','.join(map(span, spans(lines)))}" for path, lines in sorted(of.missing.items())]


def gains(report: Report) -> list[str]:
    """For the tiers below their target, how much is missing there, and what would earn most."""
    lines = []
    for each in report.tiers:
        best = [gain for gain in report.gains if gain.tier is each.tier.name][:_NAMED]
        if best and each.judgement.verdict is Verdict.FAIL:
            left = earning.lacking(each)
            are = f"{left} more of the {_COUNTED[each.tier.metric]} {'is' if left == 1 else 'are'}"
            lines.append(f"{name(each.tier.name)}: {are} to be covered; most would come from")
            lines += [f"  {_place(gain)}: {gain.missing}, {trend(gain.rise)}" for gain in best]
    return lines


def _place(of: Gain) -> str:
    return f"{of.path}:{of.line} {of.function}" if of.function else f"{of.path}:{of.line}"


def edges(of: Measured) -> str:
    """How many imports between packages are called across; nothing where that is not known, or there are none."""
    if not of.edges:
        return ""
    lost = [f"{each.source} -> {each.target}" for each in of.edges if not each.calls]
    said = f"{name(of.tier.name)}: tests call across {len(of.edges) - len(lost)} of {counted(len(of.edges), 'import')}"
    return f"{said} between packages" + (f", not {some(lost)}" if lost else "")


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
