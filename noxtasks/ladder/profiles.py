"""What the tiers are to reach, and what else a suite has to show before it climbs: the plan's numbers, as data.

"The plan" is the outline of the work from which this package was made. It names three sets of targets, of which none
is dropped: its section 16 what a suite is to begin with (`baseline`) and what it is to grow to next (`delta`), its
objective O7 what it is to end with (`target`). All triggers are those of section 16, "Advancement Triggers".
"""

from __future__ import annotations

import re
from datetime import date
from enum import Enum
from typing import Final

import msgspec

from noxtasks.ladder.model import Level, Metric, Name


class Goal(msgspec.Struct, frozen=True, kw_only=True):
    """What a tier is to reach, as far as a profile says it."""

    metric: Metric
    target: float
    level: Level
    tools: tuple[str, ...]
    source: str  # where the plan says so


class Profile(msgspec.Struct, frozen=True, kw_only=True):
    """A set of targets."""

    tiers: dict[Name, Goal]
    branches: float | None = None  # of all branches, the share that the suite is to cover before it climbs at all


class Unit(Enum):
    """What is counted to tell whether a tier stays at its target."""

    SPRINTS = "sprints"
    COMMITS = "commits"


class Span(msgspec.Struct, frozen=True, kw_only=True):
    """For how long a tier is to stay at its target; for 0 it is enough to be there."""

    count: int
    unit: Unit = Unit.SPRINTS

    def __str__(self) -> str:
        return f"{self.count} {self.unit.value.removesuffix('s') if self.count == 1 else self.unit.value}"


def span(text: str) -> Span:
    """A span as one writes it: "2 sprints", "5 commits". Raises `ValueError` for other texts."""
    match = re.fullmatch(r"(0|[1-9]\d{0,3}) (sprint|commit)s?", text.strip(), re.ASCII)
    if match is None:
        raise ValueError(text)
    return Span(count=int(match[1]), unit=Unit(f"{match[2]}s"))


SUSTAINED: Final = {
    Name.UNIT: Span(count=2),  # "for 2 consecutive sprints"
    Name.INTEGRATION: Span(count=1),  # "for 1 sprint"
    Name.SYSTEM: Span(count=0),
    Name.MUTATION: Span(count=2),  # "sustained"; pillar 3 has the gate of mutants stabilise for 2 sprints
}
"""For how long each tier is to stay at its target until it is earned: the plan, section 16, "Advancement Triggers"."""


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """What triggers ask for beside the targets of the tiers, and how far a tier may fall."""

    sustained: dict[Name, Span] = msgspec.field(default_factory=SUSTAINED.copy)
    sprint_days: int = 14
    collection_errors: int = 0  # at most
    flake_rate: float = 0.05  # below
    consistency: float = 0.95  # at least, across operating systems
    slower: float = 0.10  # below
    branches: float | None = None  # at least
    tolerance: float = 0.01  # a tier may lie so far below the level that it had
    ratchet_since: date | None = None  # what was measured on earlier days is not held against the suite


_SECTION_16 = 'the plan, section 16, "4-Tier Architecture"'
_DELTA = 'the plan, section 16, "Delta from Phase 1"'
_O7 = "the plan, O7, KR7.1"


def _tiers(
    unit: float, integration: float, system: float, mutation: float, *, sources: tuple[str, str, str, str]
) -> dict[Name, Goal]:
    """Four goals; which are blocking and what they are measured with, section 16 alone says."""
    blocking, advisory = Level.BLOCKING, Level.ADVISORY
    of = dict(zip(Name, sources, strict=True))
    return {
        Name.UNIT: Goal(
            metric=Metric.LINE, target=unit, level=blocking, tools=("pytest", "coverage.py"), source=of[Name.UNIT]
        ),
        Name.INTEGRATION: Goal(
            metric=Metric.LINE,
            target=integration,
            level=blocking,
            tools=("pytest", "testcontainers"),
            source=of[Name.INTEGRATION],
        ),
        Name.SYSTEM: Goal(
            metric=Metric.LINE,
            target=system,
            level=advisory,
            tools=("pytest", "playwright"),
            source=of[Name.SYSTEM],
        ),
        Name.MUTATION: Goal(  # "advisory (blocking after M2)": on which day that is, each project says
            metric=Metric.SCORE, target=mutation, level=advisory, tools=("mutmut",), source=of[Name.MUTATION]
        ),
    }


PROFILES: Final = {
    "baseline": Profile(tiers=_tiers(0.70, 0.40, 0.25, 0.60, sources=(_SECTION_16,) * 4)),
    "delta": Profile(
        tiers=_tiers(0.75, 0.50, 0.25, 0.60, sources=(_DELTA, _DELTA, _SECTION_16, _SECTION_16)), branches=0.35
    ),
    "target": Profile(tiers=_tiers(0.90, 0.70, 0.50, 0.60, sources=(_O7,) * 4)),
}
"""The profiles, by name."""

DEFAULT: Final = "baseline"


def targets(profile: str) -> dict[Name, float]:
    """Of each tier, under the profile of that name."""
    return {name: goal.target for name, goal in PROFILES[profile].tiers.items()}
