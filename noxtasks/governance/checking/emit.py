"""The check as an artifact and an event: data only."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from noxtasks.evidence import artifacts, events
from noxtasks.evidence.provenance import Provenance
from noxtasks.evidence.sums import Digest
from noxtasks.governance.checking import references, rules
from noxtasks.governance.checking.model import (
    NAME,
    Addressed,
    Held,
    Judged,
    Milestone,
    Objective,
    Report,
    Text,
    Violation,
    Watched,
)
from noxtasks.governance.checking.reading import opposite

REPORT = "governance.report.json"


def write(reports: Path, report: Report, *, provenance: Provenance) -> Digest:
    """Write the artifact; its digest."""
    plan = report.plan
    return artifacts.write(
        reports,
        REPORT,
        result={
            "file": NAME,
            "sha256": report.sha256,
            "verdict": report.verdict.value,
            "violations": [_violation(each) for each in report.violations],
            "advice": [_violation(each) for each in report.advice],
            "unmeasured": [{"name": each.text, "line": each.line} for each in report.unmeasured],
            "milestones": [_milestone(each) for each in plan.milestones],
            "objectives": [_objective(each) for each in plan.objectives],
            "completeness": report.completeness,
            "deliverables": [_held(each) for each in report.deliverables],
            "dimensions": [_addressed(each) for each in report.dimensions],
            "patterns": [_judged(each, rules.level(plan, each.pattern).value) for each in report.patterns],
            "risks": [_watched(each) for each in report.risks],
        },
        timing={},
        provenance=provenance,
    )


def tell(reports: Path, project: str, report: Report, *, digest: Digest, provenance: Provenance) -> None:
    """Append the event."""
    metrics: dict[str, float] = {
        "governance.violations": len(report.violations),
        "governance.dimensions": sum(each.holds for each in report.dimensions),
        "governance.risks_fired": sum(each.is_fired for each in report.risks),
    }
    if report.completeness is not None:
        metrics["governance.completeness"] = report.completeness
    events.append(
        reports,
        event=events.EventType.GOVERNANCE_CHECKED,
        project=project,
        subject=REPORT,
        at=provenance.created,
        provenance=provenance,
        attributes={"noxtasks.governance.verdict": report.verdict.value, "noxtasks.governance.sha256": report.sha256},
        metrics=metrics,
        artifacts=[digest],
    )


def _violation(each: Violation) -> dict[str, Any]:
    return {
        "rule": each.rule.value,
        "name": each.name,
        "message": each.message,
        "remedy": each.remedy,
        "path": NAME,
        "line": each.line,
    }


def _words(said: Text | None) -> str | None:
    return said.text if said else None


def _all(said: Iterable[Text]) -> list[str]:
    return [each.text for each in said]


def _milestone(each: Milestone) -> dict[str, Any]:
    return {
        "name": each.name,
        "title": each.title,
        "after": _all(each.after),
        "retrospective": _words(each.retrospective),
        "archive": each.archive,
        "line": each.line,
    }


def _objective(each: Objective) -> dict[str, Any]:
    parts = {name: _words(getattr(each, name)) for name in ("question", "session", "artifact", "gate", "event")}
    about = {"name": each.name, "title": each.title, "line": each.line}
    return {**about, "milestones": _all(each.milestones), "after": _all(each.after), **parts}


def _held(each: Held) -> dict[str, Any]:
    said = each.deliverable
    return {
        "name": said.name,
        "milestone": _words(said.milestone),
        "artifact": _words(said.artifact),
        "file": _words(said.file),
        "sha256": each.sha256,
        "reason": each.reason,
        "line": said.line,
    }


def _addressed(each: Addressed) -> dict[str, Any]:
    return {
        "name": each.name,
        "holds": each.holds,
        "application": each.application,
        "reason": each.wrong,
        "evidence": [
            {
                "reference": reference.text,
                "kind": references.parse(reference.text).kind.value,
                "standing": reference.standing.value,
                "reason": reference.reason,
            }
            for reference in each.evidence
        ],
        "line": each.line,
    }


def _judged(each: Judged, level: str) -> dict[str, Any]:
    return {
        "name": each.pattern.value,
        "level": level,
        "verdict": each.verdict.value,
        "figure": each.figure,
        "threshold": each.threshold,
        "reason": each.reason,
        "details": [{"message": detail.text, "line": detail.line} for detail in each.details],
        "notes": list(each.told),
        "command": each.command,
    }


def _watched(each: Watched) -> dict[str, Any]:
    evaluation = each.evaluation
    gate = evaluation.gate
    return {
        "name": each.risk.name,
        "title": each.risk.title,
        "milestone": _words(each.risk.milestone),
        "level": each.risk.level.value,
        "trigger": {
            "artifact": gate.artifact,
            "pointer": gate.pointer,
            "operator": opposite(gate.operator).value,
            "threshold": gate.threshold,
            "take": gate.take.value,
        },
        "state": "fired" if each.is_fired else "unmeasured" if evaluation.verdict.value == "unmeasured" else "calm",
        "figure": evaluation.figure,
        "reason": evaluation.reason,
        "mitigation": each.risk.mitigation,
        "rollback": each.risk.rollback,
        "command": gate.command,
        "line": each.risk.line,
    }
