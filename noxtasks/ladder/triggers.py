"""The conditions under which tiers are earned: the plan's section 16, "Advancement Triggers", one by one. Pure.

Each says what was measured and what it is held against. What was not measured does not hold, and says so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta

import msgspec

from noxtasks.evidence.display.text import counted
from noxtasks.ladder import timeline
from noxtasks.ladder.model import Condition, Measurement, Name, Tier
from noxtasks.ladder.profiles import Terms, Unit
from noxtasks.ladder.rules import percent
from noxtasks.ladder.timeline import Point, Timeline
from noxtasks.stats import Verdict

COMMIT = "commit"
FIGURE = "at target"
SUSTAINED = "sustained"
COLLECTION = "collection errors"
FLAKES = "flake rate"
BRANCHES = "branch coverage"
CONSISTENCY = "cross-OS pass rate"
PERFORMANCE = "performance regression"
SYSTEM = "end-to-end workflows"
MUTATION = "mutation baseline"
ALL = "all tiers at target"

_EXACT = 1e-9  # differences of shares are not told more exactly
_COMMIT_SHOWN = 10


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """All that a trigger is evaluated over."""

    current: Measurement
    measurements: Sequence[Measurement]
    tiers: Mapping[Name, Tier]
    terms: Terms

    def timeline(self, name: Name) -> Timeline:
        """What was measured of a tier before."""
        return timeline.of(self.measurements, self.current, name)


def conditions(case: Case, name: Name) -> tuple[Condition, ...]:
    """All conditions of the trigger by which the tier is earned."""
    found = (_committed(case), figure(case, name), _sustained(case, name), *(each(case) for each in _FURTHER[name]))
    return tuple(each for each in found if each)


def _committed(case: Case) -> Condition | None:
    """Told only where there is none."""
    if case.current.commit is not None:
        return None
    why = "the tree differs from its commit" if case.current.revision else "there is no commit"
    return Condition(name=COMMIT, verdict=Verdict.UNMEASURED, reason=f"{why}: nothing is earned on it")


def figure(case: Case, name: Name) -> Condition:
    """Is the tier at its target now?"""
    label, tier = f"{name.value} {FIGURE}", case.tiers.get(name)
    if tier is None:
        return Condition(name=label, verdict=Verdict.UNMEASURED, reason="there is no such tier in the settings")
    return _at_least(label, case.current.figures.get(name), tier.target)


def _sustained(case: Case, name: Name) -> Condition | None:
    span, tier = case.terms.sustained.get(name), case.tiers.get(name)
    if span is None or not span.count or tier is None:
        return None
    label = f"{name.value} {SUSTAINED} for {span}"
    share, line = case.current.figures.get(name), case.timeline(name)
    if case.current.commit is None or share is None:
        return Condition(name=label, verdict=Verdict.UNMEASURED, reason="not measured on a commit now")
    if share < tier.target:
        return Condition(name=label, verdict=Verdict.FAIL, reason=f"{percent(share)} is below {percent(tier.target)}")
    held, below = timeline.at_least(line, tier.target)
    if span.unit is Unit.COMMITS:
        enough, said = _commits(held, span.count)
    else:
        enough, said = _sprints(held, line, case.current, timedelta(days=case.terms.sprint_days) * span.count)
    if enough:
        return Condition(name=label, verdict=Verdict.PASS, reason=said)
    reason = "; ".join((said, *_why_short(line, below)))
    return Condition(name=label, verdict=Verdict.UNMEASURED, reason=reason)


def _commits(held: Sequence[Point], wanted: int) -> tuple[bool, str]:
    """The commit of now is one more."""
    found = len(held) + 1
    said = f"at target on {counted(found, 'commit')}"
    return found >= wanted, said if found >= wanted else f"{said}, {wanted - found} more to go"


def _sprints(held: Sequence[Point], line: Timeline, current: Measurement, wanted: timedelta) -> tuple[bool, str]:
    """From the first commit to that of now: one commit, however often it is measured, is one instant."""
    if not held:
        return False, f"at target on one commit; another is to be, too, on {line.began + wanted:%Y-%m-%d} or later"
    since = held[0].at
    said = f"at target on {len(held) + 1} commits since {since:%Y-%m-%d}"
    enough = current.at - since >= wanted
    return enough, said if enough else f"{said}, and is to be on {since + wanted:%Y-%m-%d} still"


def _why_short(line: Timeline, below: Point | None) -> list[str]:
    """What had been against it."""
    found = []
    if below:
        found.append(f"{_named(below)} had {percent(below.figure)}")
    if line.uncommitted:
        found.append(f"{counted(line.uncommitted, 'measurement')} of what was no commit did not count")
    if line.misdated:
        found.append(f"{counted(line.misdated, 'measurement')} by a clock that was wrong did not count")
    return found


def _collection(case: Case) -> Condition:
    errors, allowed = case.current.collection_errors, case.terms.collection_errors
    if errors is None:
        return _unmeasured(COLLECTION)
    reason = f"{counted(errors, 'error')}, to be at most {allowed}"
    return Condition(name=COLLECTION, verdict=_verdict(errors <= allowed), reason=reason)


def _flakes(case: Case) -> Condition:
    return _below(FLAKES, case.current.flake_rate, case.terms.flake_rate)


def _branches(case: Case) -> Condition | None:
    if case.terms.branches is None:
        return None
    return _at_least(BRANCHES, case.current.branches, case.terms.branches)


def _consistency(case: Case) -> Condition:
    return _at_least(CONSISTENCY, case.current.consistency, case.terms.consistency)


def _performance(case: Case) -> Condition:
    return _below(PERFORMANCE, case.current.slower, case.terms.slower)


def _system(case: Case) -> Condition:
    passed = case.current.system_tests_pass
    if passed is None:
        return _unmeasured(SYSTEM)
    return Condition(
        name=SYSTEM, verdict=_verdict(passed), reason="all system tests pass" if passed else "system tests fail"
    )


def _mutants(case: Case) -> Condition:
    """A score, of now or of before: a baseline is there once it was there."""
    scores = [case.current, *(each for each in case.measurements if timeline.EARLIEST <= each.at <= case.current.at)]
    if not any(each.has_mutation_score or each.figures.get(Name.MUTATION) is not None for each in scores):
        return Condition(name=MUTATION, verdict=Verdict.UNMEASURED, reason="no score of mutants was ever measured")
    return Condition(name=MUTATION, verdict=Verdict.PASS, reason="there is a score of mutants")


def _all(case: Case) -> Condition:
    found = [figure(case, each) for each in Name]
    for verdict in (Verdict.FAIL, Verdict.UNMEASURED):
        short = [each for each in found if each.verdict is verdict]
        if short:
            reason = "; ".join(f"{each.name.removesuffix(f' {FIGURE}')}: {each.reason}" for each in short)
            return Condition(name=ALL, verdict=verdict, reason=reason)
    return Condition(name=ALL, verdict=Verdict.PASS, reason="all four are")


_FURTHER: Mapping[Name, tuple[Callable[[Case], Condition | None], ...]] = {
    Name.UNIT: (_branches, _collection, _flakes),
    Name.INTEGRATION: (_consistency, _performance),
    Name.SYSTEM: (_system, _mutants),
    Name.MUTATION: (_all,),
}
"""What is asked for beside the tier's own figure."""


def ratchet(case: Case, name: Name) -> Condition | None:
    """That the tier has not fallen below the level that it had, by more than the tolerance; where it has."""
    share, terms = case.current.figures.get(name), case.terms
    level = timeline.level(case.timeline(name), since=terms.ratchet_since)
    if share is None or level is None or share >= level.figure - terms.tolerance - _EXACT:
        return None
    reason = (
        f"{percent(share)} is {percent(level.figure - share)} below the {percent(level.figure)} that it had at "
        f"{_named(level.last)}; {percent(terms.tolerance)} are allowed"
    )
    return Condition(name=name.value, verdict=Verdict.FAIL, reason=reason)


def _at_least(name: str, figure: float | None, wanted: float) -> Condition:
    if figure is None:
        return _unmeasured(name)
    said = f"{percent(figure)}, to be at least {percent(wanted)}"
    return Condition(name=name, verdict=_verdict(figure >= wanted), reason=said)


def _below(name: str, figure: float | None, limit: float) -> Condition:
    if figure is None:
        return _unmeasured(name)
    said = f"{percent(figure)}, to be less than {percent(limit)}"
    return Condition(name=name, verdict=_verdict(figure < limit), reason=said)


def _unmeasured(name: str) -> Condition:
    return Condition(name=name, verdict=Verdict.UNMEASURED, reason="not measured")


def _verdict(holds: bool) -> Verdict:
    return Verdict.PASS if holds else Verdict.FAIL


def _named(point: Point) -> str:
    return f"{point.commit[:_COMMIT_SHOWN]} ({point.at:%Y-%m-%d})"
