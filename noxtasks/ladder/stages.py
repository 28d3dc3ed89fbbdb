"""How far the suite has climbed: what it has earned, lost, and lacks for the next tier. Pure.

A tier is earned when every condition of its trigger holds: that of the first is the plan's "Tier 1 -> Tier 2
Promotion" (section 16), that of the last its "Graduation". Tiers are earned one after the other, several at once where
the conditions of each hold. A tier that was earned is lost, with all above it, when its figure is below its target; not
when it is unmeasured, nor for any other condition. The ratchet is apart from that: it looks at all tiers, earned or
not.

On a tree that differs from its commit, and without one, nothing is earned or lost: nobody could have that code again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from noxtasks.ladder import triggers
from noxtasks.ladder.model import Advance, Condition, Measurement, Name, Standing, Tier
from noxtasks.ladder.profiles import Terms
from noxtasks.ladder.triggers import Case
from noxtasks.stats import Verdict

_ORDER = tuple(Name)


def standing(
    current: Measurement,
    measurements: Sequence[Measurement],
    advances: Sequence[Advance],
    *,
    tiers: Mapping[Name, Tier],
    terms: Terms,
) -> Standing:
    """How far the suite has climbed with `current`, after `advances`, the oldest first.

    `measurements` is the history, in any order, with or without `current`. What `Standing.advances` has more than
    `advances` are those of now. A tier that is not in `tiers` is unmeasured.
    """
    case = Case(current=current, measurements=measurements, tiers=tiers, terms=terms)
    tier = advances[-1].tier if advances else None
    new = _advances(case, tier, advances[-1].at if advances else None)
    tier = new[-1].tier if new else tier
    following = following_of(tier)
    return Standing(
        tier=tier,
        following=following,
        missing=triggers.conditions(case, following) if following else (),
        fallen=tuple(found for name in _ORDER if (found := triggers.ratchet(case, name))),
        advances=(*advances, *new),
    )


def _advances(case: Case, tier: Name | None, last: datetime | None) -> tuple[Advance, ...]:
    """Those of now; none is dated before the `last` one, so that their order is that of their times."""
    current = case.current
    at = max(current.at, last or current.at)

    def moved(before: Name | None, after: Name | None, conditions: Sequence[Condition]) -> Advance:
        return Advance(
            at=at,
            revision=current.revision,
            before=before,
            tier=after,
            is_demotion=_rank(after) < _rank(before),
            conditions=tuple(conditions),
        )

    if current.commit is None:
        return ()
    earned = [triggers.figure(case, name) for name in _ORDER[: _rank(tier)]]
    lost = [place for place, found in enumerate(earned) if found.verdict is Verdict.FAIL]
    if lost:
        kept = _ORDER[lost[0] - 1] if lost[0] else None
        return (moved(tier, kept, [earned[place] for place in lost]),)
    found = []
    while following := following_of(tier):
        conditions = triggers.conditions(case, following)
        if any(each.verdict is not Verdict.PASS for each in conditions):
            break
        found.append(moved(tier, following, conditions))
        tier = following
    return tuple(found)


def _rank(tier: Name | None) -> int:
    return _ORDER.index(tier) + 1 if tier else 0


def following_of(tier: Name | None) -> Name | None:
    """The tier above; None at the top."""
    return _ORDER[_rank(tier)] if _rank(tier) < len(_ORDER) else None
