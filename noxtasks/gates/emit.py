"""The gates as artifacts and events: data only."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from noxtasks.evidence import artifacts, events
from noxtasks.evidence.gating.model import Evaluation
from noxtasks.evidence.provenance import Provenance
from noxtasks.evidence.sums import Digest
from noxtasks.gates import junit, on_github, sarif
from noxtasks.gates.model import Report

REPORT = "quality.gates.v2.json"
WRITTEN = (REPORT, sarif.NAME, junit.NAME, on_github.SUMMARY)
"""What a session of this objective replaces."""


def write(reports: Path, report: Report, *, prefix: str, provenance: Provenance) -> list[Digest]:
    """Write the artifact, and the same for code-scanning views, CI servers and people. The digests of all."""
    artifact = artifacts.write(
        reports,
        REPORT,
        result={
            "verdict": report.verdict.value,
            "gates": [_gate(each) for each in report.evaluations],
            "off": list(report.off),
            "rollback": msgspec.to_builtins(report.rollback),
            "findings": len(report.findings),
            "notes": list(report.notes),
        },
        timing={},
        provenance=provenance,
    )
    others = {
        sarif.NAME: sarif.render(report.findings, provenance=provenance, prefix=prefix),
        junit.NAME: junit.render(report),
        on_github.SUMMARY: on_github.markdown(report).encode("utf-8", "backslashreplace"),
    }
    return [artifact, *(artifacts.attach(reports, name, data) for name, data in others.items())]


def _gate(each: Evaluation) -> dict[str, Any]:
    gate = each.gate
    waiver = gate.waiver
    return {
        "name": gate.name,
        "title": gate.title,
        "artifact": gate.artifact,
        "digest": each.digest.sha256 if each.digest else None,
        "pointer": gate.pointer,
        "take": gate.take.value,
        "unit": gate.unit.value,
        "operator": gate.operator.value,
        "threshold": each.threshold,
        "figure": each.figure,
        "verdict": each.verdict.value,
        "reason": each.reason,
        "remark": each.remark,
        "level": gate.level.value,
        "blocking_after": gate.blocking_after.isoformat() if gate.blocking_after else None,
        "is_blocking": each.is_blocking,
        "is_waived": each.is_waived,
        "waiver": {"until": waiver.until.isoformat(), "reason": waiver.reason} if waiver else None,
        "owner": gate.owner,
        "command": gate.command,
    }


def tell(reports: Path, project: str, report: Report, *, digests: Sequence[Digest], provenance: Provenance) -> None:
    """Append an event for each gate, with what it rests on, and one that tells what was written."""
    for each in report.evaluations:
        events.append(
            reports,
            event=events.EventType.GATE_EVALUATED,
            project=project,
            subject=REPORT,
            at=provenance.created,
            provenance=provenance,
            attributes={
                "noxtasks.gate.name": each.gate.name,
                "noxtasks.gate.verdict": each.verdict.value,
                "noxtasks.gate.level": each.gate.level.value,
                "noxtasks.gate.is_blocking": each.is_blocking,
                "noxtasks.gate.reason": each.reason,
            },
            metrics=_metrics(each),
            artifacts=[each.digest] if each.digest else [],
        )
    events.tell_written(reports, project, digests, subject=REPORT, provenance=provenance)


def _metrics(each: Evaluation) -> dict[str, float]:
    told = {"gate.figure": each.figure, "gate.threshold": each.threshold}
    return {
        name: value for name, value in told.items() if isinstance(value, int | float) and not isinstance(value, bool)
    }
