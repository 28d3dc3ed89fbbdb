"""What was bundled, as an artifact and as events: data only."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from noxtasks.bundle.contents import COMPLETENESS
from noxtasks.bundle.model import Archive, Judged, Missing
from noxtasks.bundle.proof import Proof, Signing
from noxtasks.evidence import artifacts, events
from noxtasks.evidence.gating.model import Evaluation
from noxtasks.evidence.provenance import Provenance
from noxtasks.evidence.sums import Digest


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """All that is told: the milestones, the archives in the folder, those that were made now, and what these lack."""

    judged: tuple[Judged, ...]
    archives: tuple[Proof, ...]
    made: tuple[Proof, ...]
    missing: tuple[Missing, ...]
    notes: tuple[str, ...] = ()


def archive_of(proof: Proof) -> Archive:
    """An archive, as others are told of it."""
    return Archive(
        digest=Digest(name=proof.name, sha256=proof.sha256),
        tar_sha256=proof.tar_sha256,
        files=proof.files,
        size=proof.size,
        events_head=proof.events_head,
        is_signed=proof.signing is not Signing.NONE,
    )


def write(reports: Path, report: Report, *, provenance: Provenance) -> Digest:
    """Write the artifact."""
    result = {
        "milestones": [_milestone(each) for each in report.judged],
        "archives": [_archive(each) for each in report.archives],
        "missing": [msgspec.to_builtins(each) for each in report.missing],
    }
    return artifacts.write(reports, COMPLETENESS, result=result, timing={}, provenance=provenance)


def _milestone(judged: Judged) -> dict[str, Any]:
    return {
        "name": judged.milestone.name,
        "title": judged.milestone.title,
        "verdict": judged.verdict.value,
        "gates": [_gate(each) for each in judged.evaluations],
    }


def _gate(each: Evaluation) -> dict[str, Any]:
    gate = each.gate
    return {
        "name": gate.name,
        "title": gate.title,
        "level": gate.level.value,
        "artifact": gate.artifact,
        "digest": each.digest.sha256 if each.digest else None,
        "pointer": gate.pointer,
        "operator": gate.operator.value,
        "threshold": each.threshold,
        "figure": each.figure,
        "verdict": each.verdict.value,
        "reason": each.reason,
        "command": gate.command,
    }


def _archive(proof: Proof) -> dict[str, Any]:
    told = archive_of(proof)
    return {
        "name": proof.name,
        "milestone": proof.milestone,
        "verdict": proof.verdict.value,
        "sha256": told.digest.sha256,
        "tar_sha256": told.tar_sha256,
        "files": told.files,
        "size": told.size,
        "events_head": told.events_head,
        "is_signed": told.is_signed,
    }


def tell(reports: Path, project: str, report: Report, *, artifact: Digest, provenance: Provenance) -> None:
    """Append an event for each archive that was made; the artifact about all of them goes with the last."""
    last = len(report.made) - 1
    for number, each in enumerate(report.made):
        archive = archive_of(each)
        events.append(
            reports,
            event=events.EventType.EVIDENCE_BUNDLED,
            project=project,
            subject=each.name,
            at=provenance.created,
            provenance=provenance,
            attributes={
                "noxtasks.milestone.name": each.milestone,
                "noxtasks.milestone.verdict": each.verdict.value,
                "noxtasks.bundle.tar.sha256": archive.tar_sha256,
                "noxtasks.bundle.events.head": archive.events_head,
                "noxtasks.bundle.is_signed": archive.is_signed,
            },
            metrics={
                "bundle.files": archive.files,
                "bundle.bytes": archive.size,
                "milestone.gates": each.gates,
                "milestone.gates.pass": each.holds,
            },
            artifacts=[archive.digest, *([artifact] if number == last else [])],
        )


def tell_after(reports: Path, project: str, digest: Digest, *, provenance: Provenance) -> None:
    """Append the event of the report after action, which tells of the events before it."""
    events.append(
        reports,
        event=events.EventType.EVIDENCE_BUNDLED,
        project=project,
        subject=digest.name,
        at=provenance.created,
        provenance=provenance,
        artifacts=[digest],
    )
