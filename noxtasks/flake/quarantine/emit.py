"""A change of the quarantine as evidence: its part of `flake.reduction.delta.json`, and an event."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from noxtasks.errors import EvidenceError
from noxtasks.evidence import artifacts, events
from noxtasks.evidence.provenance import Provenance
from noxtasks.flake.emit import DELTA
from noxtasks.flake.quarantine.model import Plan, Standing

_NOTHING_COMPARED: dict[str, Any] = {
    "before": None,
    "after": None,
    "change": None,
    "appeared": [],
    "recovered": [],
    "quiet": [],
    "persisting": [],
}


def write_change(reports: Path, project: str, plan: Plan, provenance: Provenance) -> None:
    """Add the change to what the last session has found to have changed, and tell of it."""
    digest = artifacts.write(
        reports,
        DELTA,
        result={**_compared(reports), "quarantine": told(plan)},
        timing={},
        provenance=provenance,
    )
    events.append(
        reports,
        event=events.EventType.FLAKE_REDUCTION_DELTA_EMITTED,
        project=project,
        subject=DELTA,
        at=provenance.created,
        provenance=provenance,
        metrics={f"quarantine.{name}": len(part) for name, part in _parts(plan).items()},
        artifacts=[digest],
    )


def told(plan: Plan) -> dict[str, Any]:
    """What the delta says of a quarantine."""
    return {name: _told(part) for name, part in _parts(plan).items()}


def _parts(plan: Plan) -> dict[str, Sequence[Standing]]:
    return {name: getattr(plan, name) for name in plan.__struct_fields__}


def _compared(reports: Path) -> dict[str, Any]:
    try:
        return dict(artifacts.read(reports, DELTA).result)
    except EvidenceError:  # none yet, or of another version
        return dict(_NOTHING_COMPARED)


def _told(standings: Sequence[Standing]) -> list[dict[str, Any]]:
    return [
        {
            **msgspec.to_builtins(standing.entry),
            "measured": [
                {
                    "test": test.test,
                    "runs": test.runs,
                    "failures": test.failures,
                    "rate": test.failures / test.runs if test.runs else None,
                    "interval": msgspec.to_builtins(test.interval),
                }
                for test in standing.measured
            ],
        }
        for standing in standings
    ]
