"""The plan's targets."""

from __future__ import annotations

from noxtasks.ladder.model import Name

_TARGETS = {"baseline": (0.7, 0.4, 0.25, 0.6), "target": (0.9, 0.7, 0.5, 0.6), "delta": (0.75, 0.5, 0.25, 0.6)}


def targets(profile: str) -> dict[Name, float]:
    """Of each tier."""
    return dict(zip(Name, _TARGETS[profile], strict=True))
