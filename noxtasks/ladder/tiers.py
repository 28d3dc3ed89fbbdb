"""The four tiers as a project has set them, and what holds where it has not. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from noxtasks.config import LadderSettings
from noxtasks.ladder import profiles
from noxtasks.ladder.model import Level, Metric, Name, Tier
from noxtasks.ladder.profiles import Terms

SETTINGS = {Name.UNIT: "unit", Name.INTEGRATION: "integration", Name.SYSTEM: "system", Name.MUTATION: "mutation"}
"""What settings call a tier."""

OF_TESTS = (Name.UNIT, Name.INTEGRATION, Name.SYSTEM)

_BY_MARKER: Mapping[Name, tuple[str, ...]] = {
    Name.UNIT: ("unit",),
    Name.INTEGRATION: ("integration",),
    Name.SYSTEM: ("system", "e2e", "functional", "acceptance"),
}
"""Markers of a tier's tests; with `**/NAME/**` for each, where nothing is set."""

_BLOCKING = frozenset({Name.UNIT, Name.INTEGRATION})
_TOOLS = {Name.MUTATION: ("mutmut",)}


def tiers(settings: LadderSettings, targets: Mapping[Name, float]) -> tuple[Tier, ...]:
    """All four, the lowest first, under `targets` where no other is set."""
    return tuple(_tier(name, settings, targets[name]) for name in Name)


def default_markers(tier: Tier) -> frozenset[str]:
    """The names that the tier is selected by where nothing is set; none where something is."""
    names = _BY_MARKER.get(tier.name, ())
    return frozenset(names) if tier.markers == _joined(names) else frozenset()


def is_blocking(tier: Tier, today: date) -> bool:
    """Whether the tier decides the exit status."""
    if tier.blocking_after is not None:
        return today > tier.blocking_after
    return tier.level is Level.BLOCKING


def by_setting(name: str | None) -> Name | None:
    """The tier that a setting calls so."""
    return next((tier for tier, said in SETTINGS.items() if said == name), None)


def terms(settings: LadderSettings) -> Terms:
    """What the suite has to show beside the targets, to climb and to stay."""
    spans = {
        name: profiles.span(settings.sustained[said]) for name, said in SETTINGS.items() if said in settings.sustained
    }
    return Terms(
        sustained={**profiles.SUSTAINED, **spans},
        sprint_days=settings.sprint_days,
        branches=profiles.PROFILES[settings.profile].branches,
        tolerance=settings.tolerance,
        ratchet_since=settings.ratchet_since,
    )


def _tier(name: Name, settings: LadderSettings, target: float) -> Tier:
    said = SETTINGS[name]
    is_set = said in settings.markers or said in settings.paths
    names = () if is_set else _BY_MARKER.get(name, ())
    level = settings.levels.get(said)
    return Tier(
        name=name,
        markers=settings.markers.get(said, _joined(names)),
        paths=settings.paths.get(said, tuple(f"**/{each}/**" for each in names)),
        scope=settings.scopes.get(said, settings.scope),
        metric=Metric(settings.metrics.get(said, "line")) if name in OF_TESTS else Metric.SCORE,
        target=settings.targets.get(said, target),
        level=Level(level) if level else Level.BLOCKING if name in _BLOCKING else Level.ADVISORY,
        blocking_after=settings.blocking_after.get(said),
        tools=_TOOLS.get(name, ("pytest", "coverage.py")),
    )


def _joined(names: tuple[str, ...]) -> str:
    return " or ".join(names)
