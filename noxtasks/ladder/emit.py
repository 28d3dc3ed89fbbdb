"""The ladder as an artifact and events: data only."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import msgspec

from noxtasks.evidence import artifacts, events
from noxtasks.evidence.provenance import Provenance
from noxtasks.evidence.sums import Digest
from noxtasks.ladder import history, page
from noxtasks.ladder.model import Advance, Counts, Coverage, Edge, Measured, Measurement, NewCode, Report, Standing
from noxtasks.ladder.task import Task

LADDER = history.NAME


def write(task: Task, report: Report, *, duration_s: float, provenance: Provenance) -> list[Digest]:
    """Write `coverage.ladder.v2.yaml`, and its page; their digests."""
    digest = artifacts.write(
        task.reports,
        LADDER,
        result={
            "profile": report.profile,
            "tiers": [_tier(each, report) for each in report.tiers],
            "total": _total(report.total),
            "unassigned": {
                "none": list(report.belonging.none),
                "several": {test: [name.value for name in names] for test, names in report.belonging.several.items()},
            },
            "scope": {
                "found_by": task.scopes.together.found_by,
                "files": [source.path for source in task.scopes.together.files],
            },
            "new_code": _new_code(report.new_code),
            "standing": _standing(report.standing),
            "advances": [_advance(each) for each in report.standing.advances],
            "measurements": [_measurement(each) for each in report.measurements],
            "gains": [msgspec.to_builtins(each) for each in report.gains],
            "notes": list(report.notes),
        },
        timing={"duration_s": duration_s},
        provenance=provenance,
    )
    result = artifacts.read(task.reports, LADDER).result
    drawn = page.render(result, project=task.project, provenance=provenance)
    return [digest, artifacts.attach(task.reports, page.NAME, drawn)]


def tell(
    reports: Path, project: str, advances: Iterable[Advance], *, digests: Sequence[Digest], provenance: Provenance
) -> None:
    """Append the event that tells what was written, and one for each tier that was earned, or lost again, now."""
    events.tell_written(reports, project, digests, subject=LADDER, provenance=provenance)
    for each in advances:
        before = {"noxtasks.ladder.before": each.before.value} if each.before else {}
        tier = {"noxtasks.ladder.tier": each.tier.value} if each.tier else {}
        events.append(
            reports,
            event=events.EventType.COVERAGE_LADDER_STAGE_ADVANCED,
            project=project,
            subject=LADDER,
            at=provenance.created,
            provenance=provenance,
            attributes={"noxtasks.ladder.is_demotion": each.is_demotion, **before, **tier},
            artifacts=digests[:1],
        )


def _tier(each: Measured, report: Report) -> dict[str, Any]:
    tier, judgement = each.tier, each.judgement
    return {
        "name": tier.name.value,
        "metric": tier.metric.value,
        "target": tier.target,
        "level": tier.level.value,
        "is_blocking": tier.name in report.blocking,
        "blocking_after": _day(tier.blocking_after),
        "tools": list(tier.tools),
        "figure": judgement.figure,
        "verdict": judgement.verdict.value,
        "reason": judgement.reason,
        "tests": each.tests,
        "failed": list(each.failed),
        "lines": _counts(each.coverage.lines) if each.coverage else None,
        "branches": _counts(each.coverage.branches) if each.coverage else None,
        "files": {file.path: _counts(file.lines) for file in each.coverage.files} if each.coverage else {},
        "stale": each.is_stale,
        "trend": report.trends.get(tier.name),
        "edges": _edges(each.edges),
    }


def _total(total: Coverage | None) -> dict[str, Any] | None:
    if total is None:
        return None
    return {"lines": _counts(total.lines), "branches": _counts(total.branches), "figure": total.lines.share}


def _counts(of: Counts) -> dict[str, int]:
    return {"covered": of.covered, "total": of.total}


def _new_code(of: NewCode | None) -> dict[str, Any] | None:
    if of is None:
        return None
    return {
        "against": of.against,
        "lines": _counts(of.lines),
        "figure": of.judgement.figure,
        "threshold": of.judgement.threshold,
        "verdict": of.judgement.verdict.value,
        "reason": of.judgement.reason,
        "missing": {path: list(lines) for path, lines in sorted(of.missing.items())},
    }


def _edges(of: tuple[Edge, ...] | None) -> dict[str, Any] | None:
    if of is None:
        return None
    missing = [[each.source, each.target] for each in of if not each.calls]
    return {"crossed": len(of) - len(missing), "total": len(of), "missing": missing}


def _standing(of: Standing) -> dict[str, Any]:
    return {
        "tier": of.tier.value if of.tier else None,
        "following": of.following.value if of.following else None,
        "missing": [msgspec.to_builtins(each) for each in of.missing],
        "fallen": [msgspec.to_builtins(each) for each in of.fallen],
    }


def _advance(of: Advance) -> dict[str, Any]:
    told: dict[str, Any] = msgspec.to_builtins(of)
    return told


def _measurement(of: Measurement) -> dict[str, Any]:
    told: dict[str, Any] = msgspec.to_builtins(of)
    return told


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None
