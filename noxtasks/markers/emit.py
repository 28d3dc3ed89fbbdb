"""The audit and the consolidation as artifacts and events: data only."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from noxtasks.errors import EvidenceError
from noxtasks.evidence import artifacts, events
from noxtasks.evidence.provenance import Provenance
from noxtasks.evidence.sums import Digest
from noxtasks.markers.consolidation import removal_criteria
from noxtasks.markers.model import Audit, Class, Consolidation, Marker, Reference, Removal, Use

AUDIT = "marker_audit_report.json"
CONSOLIDATED = "markers.consolidated.json"


def write(
    reports: Path,
    audit: Audit,
    plan: Consolidation,
    *,
    idle_days: int,
    is_applied: bool,
    duration_s: float,
    provenance: Provenance,
) -> list[Digest]:
    """Write `marker_audit_report.json` and `markers.consolidated.json`; their digests."""
    report = artifacts.write(
        reports,
        AUDIT,
        result=_audit(audit, idle_days),
        timing={"duration_s": duration_s},
        provenance=provenance,
    )
    registered = {marker.name: marker for marker in audit.markers}
    gone = [_removal(removal, registered) for removal in plan.removals if removal.is_decided] if is_applied else []
    archive = [*archived(reports), *({**each, "removed": provenance.created} for each in gone)]
    consolidated = artifacts.write(
        reports,
        CONSOLIDATED,
        result=_consolidated(plan, registered) | {"applied": is_applied, "archive": archive},
        timing={},
        provenance=provenance,
    )
    return [report, consolidated]


def archived(reports: Path) -> list[dict[str, Any]]:
    """What earlier sessions have removed, with its evidence; nothing where that cannot be read."""
    try:
        return list(artifacts.read(reports, CONSOLIDATED).result["archive"])
    except EvidenceError:
        return []


def seen_by_others(reports: Path, pythons: Collection[str], code_version: str) -> tuple[Reference, ...]:
    """The markers that tests carry on the other configured interpreters, by the reports of their sessions.

    Those are in the folders beside `reports`, each named after its interpreter; one of other code says nothing.
    """
    found = []
    for folder in (reports.parent / python for python in pythons if reports.name in pythons and python != reports.name):
        try:
            report = artifacts.read(folder, AUDIT)
        except EvidenceError:
            continue
        if report.provenance.code_version == code_version:
            found += [
                Reference(
                    marker=marker["name"],
                    path=f"{folder.name}/{AUDIT}",
                    line=0,
                    use=Use.DYNAMIC,
                    how=f"on {marker['usage']['tests']} tests with Python {folder.name}",
                )
                for marker in report.result["markers"]
                if marker["usage"] and marker["usage"]["tests"]
            ]
    return tuple(found)


def tell_start(reports: Path, project: str, *, at: datetime, provenance: Provenance) -> None:
    """Append the event that a consolidation has begun."""
    events.append(
        reports,
        event=events.EventType.MARKER_CONSOLIDATION_START,
        project=project,
        subject=AUDIT,
        at=at,
        provenance=provenance,
    )


def tell_complete(
    reports: Path,
    project: str,
    audit: Audit,
    plan: Consolidation,
    *,
    is_applied: bool,
    digests: Sequence[Digest],
    provenance: Provenance,
) -> None:
    """Append the event that it has ended, with what came of it."""
    counts = _counts(audit)
    events.append(
        reports,
        event=events.EventType.MARKER_CONSOLIDATION_COMPLETE,
        project=project,
        subject=CONSOLIDATED,
        at=provenance.created,
        provenance=provenance,
        metrics={
            **{f"markers.{name}": counts[name] for name in ("registered", "live", "removable", "unresolved")},
            "markers.target": len(plan.target),
            "markers.removed": len(plan.removed) if is_applied else 0,
            "markers.renamed": len(plan.renamed) if is_applied else 0,
        },
        artifacts=digests,
    )


def _audit(audit: Audit, idle_days: int) -> dict[str, Any]:
    return {
        "counts": _counts(audit),
        "tests": audit.tests,
        "markers": [_marker(marker, idle_days) for marker in audit.markers],
        "gates": msgspec.to_builtins(audit.gates),
        "selectors": msgspec.to_builtins(audit.selectors),
        "sites": msgspec.to_builtins(audit.sites),
        "observations": msgspec.to_builtins(audit.observations),
        "unread": list(audit.unread),
    }


def _counts(audit: Audit) -> dict[str, int]:
    kinds = {kind.value.replace(" ", "_"): len(audit.of(kind)) for kind in Class}
    return {
        "registered": sum(bool(marker.registrations) for marker in audit.markers),
        "live": sum(marker.kind.is_live for marker in audit.markers),
        **kinds,
    }


def _marker(marker: Marker, idle_days: int) -> dict[str, Any]:
    told: dict[str, Any] = msgspec.to_builtins(marker)
    told["class"] = told.pop("kind")
    return {**told, "description": marker.description, "criteria": removal_criteria(marker, idle_days)}


def _consolidated(plan: Consolidation, markers: dict[str, Marker]) -> dict[str, Any]:
    return {
        "limit": plan.limit,
        "fits": len(plan.target) <= plan.limit,
        "target": msgspec.to_builtins(plan.target),
        "merges": msgspec.to_builtins(plan.merges),
        "removals": [_removal(removal, markers) for removal in plan.removals],
        "added": plan.added,
        "described": plan.described,
    }


def _removal(removal: Removal, markers: dict[str, Marker]) -> dict[str, Any]:
    marker = markers[removal.marker]
    return {
        **msgspec.to_builtins(removal),
        "registrations": msgspec.to_builtins(marker.registrations),
        "mentions": [msgspec.to_builtins(each) for each in marker.references if each.use is Use.MENTIONED],
    }
