"""A scan as artifacts and events: data only."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from math import isfinite
from pathlib import Path
from typing import Any

import msgspec

from noxtasks.evidence import artifacts, events
from noxtasks.evidence.provenance import Provenance
from noxtasks.evidence.sums import Digest
from noxtasks.parallel.conflicts import Conflict, Findings, Resource
from noxtasks.parallel.model import Assessment, Candidate, Execution, Gate, Report, Scan, Suspect
from noxtasks.stats import Interval, Shift

SCAN = "parallelization.scan.report.json"
ANALYSIS = "speedup-analysis.json"
_LONGEST = 20  # tests
_SHARED = 20  # fixtures


def write(reports: Path, report: Report, scan: Scan, *, duration_s: float, provenance: Provenance) -> list[Digest]:
    """Write both artifacts; their digests."""
    return [
        artifacts.write(
            reports,
            SCAN,
            result={
                "answer": report.recommendation.answer.value,
                "reason": report.recommendation.reason,
                "recommended": _candidate(report.recommendation.candidate),
                "tests": report.tests,
                "failing_alone": list(report.failing),
                "gates": [_gate(each) for each in report.gates],
                "candidates": [_verdict(each) for each in report.assessments],
                "ending": report.ending.value,
                "notes": list(report.notes),
                "conflicts": _findings(report.conflicts) if report.conflicts else None,
            },
            timing={"duration_s": duration_s, "expected": _shift(report.recommendation.speedup)},
            provenance=provenance,
        ),
        artifacts.write(
            reports,
            ANALYSIS,
            result={"tests": report.tests, "cores": report.cores},
            timing={
                "basis": msgspec.to_builtins(report.basis),
                "sequential": [_run(each) for each in scan.sequential],
                "candidates": [_analysis(each, scan) for each in report.assessments],
                "longest": _longest(scan),
            },
            provenance=provenance,
        ),
    ]


def tell_start(reports: Path, project: str, *, at: datetime, provenance: Provenance) -> None:
    """Append the event that a scan begins."""
    events.append(
        reports,
        event=events.EventType.PARALLELIZATION_PROBE_START,
        project=project,
        subject=SCAN,
        at=at,
        provenance=provenance,
    )


def tell_complete(
    reports: Path, project: str, report: Report, *, digests: Sequence[Digest], provenance: Provenance
) -> None:
    """Append the event that it is over."""
    found = report.recommendation
    chosen = {"noxtasks.parallel.mode": found.candidate.mode.value} if found.candidate else {}
    speedup = {"parallel.speedup": found.speedup.estimate} if found.speedup else {}
    workers = {"parallel.workers": found.candidate.workers} if found.candidate else {}
    events.append(
        reports,
        event=events.EventType.PARALLELIZATION_PROBE_COMPLETE,
        project=project,
        subject=SCAN,
        at=provenance.created,
        provenance=provenance,
        attributes={"noxtasks.parallel.answer": found.answer.value, **chosen},
        metrics={
            "parallel.tests": report.tests,
            "parallel.cores": report.cores,
            "parallel.suspects": len({suspect.test for each in report.assessments for suspect in each.suspects}),
            "parallel.conflicts": len(report.proven),
            "parallel.broken": sum(each.fault is not None for each in report.assessments),
            **speedup,
            **workers,
        },
        artifacts=list(digests),
    )


def _candidate(candidate: Candidate | None) -> dict[str, Any] | None:
    return {"mode": candidate.mode.value, "workers": candidate.workers} if candidate else None


def _verdict(each: Assessment) -> dict[str, Any]:
    return {
        "candidate": _candidate(each.candidate),
        "state": each.state.value,
        "reason": each.reason,
        "fault": {
            "trouble": each.fault.trouble.value,
            "tests": list(each.fault.tests),
            "said": each.fault.said,
        }
        if each.fault
        else None,
        "suspects": [_suspect(suspect) for suspect in each.suspects],
        "otherwise": [_suspect(suspect) for suspect in each.otherwise],
        "causes": [
            {"dominant": cause.dominant.value, "share": cause.share, "said": cause.said, "remedy": cause.remedy}
            for cause in each.causes
        ],
    }


def _suspect(each: Suspect) -> dict[str, Any]:
    return {
        "test": each.test,
        "outcome": each.outcome.value,
        "times": each.times,
        "trials": each.trials,
        "alone": each.alone,
        **_ends(each.interval),
    }


def _findings(found: Findings) -> dict[str, Any]:
    return {
        "tests": found.tests,
        "left_out": found.left_out,
        "starting": found.starting,
        "untried": found.untried,
        "conflicts": [_conflict(each) for each in found.conflicts],
        "watched": [
            {"watch": each.watch.value, "what": each.what, "tests": list(each.tests), "fixture": each.fixture}
            for each in found.watched
        ],
    }


def _conflict(each: Conflict) -> dict[str, Any]:
    return {
        "standing": each.standing.value,
        "resource": _resource(each.resource),
        "also": [_resource(also) for also in each.also],
        "tests": list(each.tests),
        "sharing": list(each.sharing),
        "fixture": each.fixture,
        "together": msgspec.to_builtins(each.together),
        "apart": msgspec.to_builtins(each.apart),
        "p_value": each.p_value,
        "failure": each.failure,
        "remedy": each.remedy,
        "command": each.command,
    }


def _resource(each: Resource) -> dict[str, str]:
    return {"kind": each.kind.value, "name": each.name}


def _gate(each: Gate) -> dict[str, Any]:
    judgement = each.judgement
    return {
        "name": each.name,
        "verdict": judgement.verdict.value,
        "figure": judgement.figure,
        "threshold": judgement.threshold,
        "sample": judgement.sample,
        "reason": judgement.reason,
        **_ends(judgement.interval),
    }


def _analysis(each: Assessment, scan: Scan) -> dict[str, Any]:
    pairs = scan.pairs[each.candidate]
    return {
        "candidate": _candidate(each.candidate),
        "speedup": _shift(each.speedup),
        "efficiency": each.efficiency,
        "limit_s": each.limit_s,
        "over_limit": each.over_limit,
        "wall_s": each.wall_s,
        "pairs": [
            {
                "round": pair.number,
                "sequential_s": pair.sequential.wall_s,
                "parallel_s": pair.parallel.wall_s,
                "speedup": pair.speedup,
            }
            for pair in pairs
        ],
        "runs": [_run(pair.parallel) for pair in pairs],
    }


def _run(each: Execution) -> dict[str, Any]:
    phases = each.phases
    if phases is None:
        return {"wall_s": each.wall_s, "phases": None}
    plain = msgspec.to_builtins(phases)
    del plain["tests_s"], plain["inifile"]
    plain["shared"] = plain["shared"][:_SHARED]
    return {"wall_s": each.wall_s, "phases": plain}


def _longest(scan: Scan) -> list[dict[str, Any]]:
    """The longest tests of the last sequential run that has told."""
    told = next((each.phases for each in reversed(scan.sequential) if each.phases), None)
    tests = sorted(told.tests_s.items(), key=lambda each: (-each[1], each[0])) if told else []
    return [{"test": test, "took_s": took} for test, took in tests[:_LONGEST]]


def _shift(of: Shift | None) -> dict[str, Any] | None:
    return {"estimate": of.estimate, "pairs": of.pairs, **_ends(of.interval)} if of else None


def _ends(interval: Interval) -> dict[str, float | None]:
    """An interval without ends has none in JSON either."""
    bounded = isfinite(interval.low) and isfinite(interval.high)
    return {"low": interval.low if bounded else None, "high": interval.high if bounded else None}
