"""The scan as an artifact and as events: data only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from noxtasks.evidence import artifacts, events
from noxtasks.evidence.provenance import Provenance
from noxtasks.evidence.sums import Digest
from noxtasks.mutation import junit, page, stryker
from noxtasks.mutation.deciding import scoring
from noxtasks.mutation.model import Baseline, Fate, Mutant, Reach, Report, Scope, Score, Status
from noxtasks.mutation.wording import diff
from noxtasks.stats import Verdict
from noxtasks.suite.sources import Sources

REPORT = "mutation.initial.report.json"
ENDING = "noxtasks.mutation.ending"
"""The attribute of an event that says why the scan has ended."""
EXTENT = "noxtasks.mutation.extent"
"""The attribute that says which mutants were to be tried: all, a sample, or those of what has changed."""


def write(
    reports: Path, report: Report, *, project: str, sources: Sources, duration_s: float, provenance: Provenance
) -> list[Digest]:
    """Write `mutation.initial.report.json`, and the same for Stryker's viewers, for CI servers and for people.

    The digests of all.
    """
    artifact = artifacts.write(
        reports,
        REPORT,
        result=_result(report, sources),
        timing={
            "duration_s": duration_s,
            "mutants_s": {mutant.id: report.fates[mutant.id].duration_s for mutant in report.mutants},
        },
        provenance=provenance,
    )
    others = {
        stryker.NAME: stryker.render(report),
        junit.NAME: junit.render(report),
        page.NAME: page.render(report, project=project, provenance=provenance),
    }
    return [artifact, *(artifacts.attach(reports, name, data) for name, data in others.items())]


def tell_start(reports: Path, project: str, *, at: datetime, provenance: Provenance) -> None:
    """Append the event that a scan has begun."""
    events.append(
        reports,
        event=events.EventType.MUTATION_SCAN_START,
        project=project,
        subject=REPORT,
        at=at,
        provenance=provenance,
    )


def tell_complete(
    reports: Path, project: str, report: Report, *, digests: Sequence[Digest], provenance: Provenance
) -> None:
    """Append the event that it has ended, and, where the score is reached, the one that says so."""
    kinds = [events.EventType.MUTATION_SCAN_COMPLETE]
    if report.judgement.verdict is Verdict.PASS:
        kinds.append(events.EventType.MUTATION_SCORE_THRESHOLD_MET)
    figure, interval = report.score.figure, report.score.interval
    for kind in kinds:
        events.append(
            reports,
            event=kind,
            project=project,
            subject=REPORT,
            at=provenance.created,
            provenance=provenance,
            attributes={
                "noxtasks.mutation.verdict": report.judgement.verdict.value,
                ENDING: report.extent.ending.value,
                EXTENT: report.extent.choice.value,
            },
            metrics={
                **{f"mutation.{name}": number for name, number in counts(report.fates.values()).items()},
                "mutation.threshold": report.judgement.threshold,
                **({} if figure is None else {"mutation.score": figure}),
                **(
                    {}
                    if interval is None
                    else {"mutation.score.low": interval.low, "mutation.score.high": interval.high}
                ),
            },
            artifacts=digests,
        )


def counts(fates: Iterable[Fate]) -> dict[str, int]:
    """How many mutants have which status; the statuses with underscores."""
    found = Counter(fate.status for fate in fates)
    return {"mutants": found.total(), **{each.value.replace(" ", "_"): found[each] for each in Status}}


def _result(report: Report, sources: Sources) -> dict[str, Any]:
    fates = report.fates
    of_path = scoring.fates_by_path(report.mutants, fates)
    return {
        "judgement": msgspec.to_builtins(report.judgement),
        "gate": msgspec.to_builtins(report.stance),
        "extent": msgspec.to_builtins(report.extent),
        "score": _score(report.score, fates.values()),
        "scopes": [_scope(scope, of_path) for scope in report.scopes],
        "modules": [{"path": path, **_score(score, of_path.get(path, ()))} for path, score in report.by_path.items()],
        "mutants": [_mutant(mutant, fates[mutant.id], report.baseline) for mutant in sorted(report.mutants)],
        "lessons": [msgspec.to_builtins(lesson) for lesson in report.lessons],
        "suppressions": [msgspec.to_builtins(each) for each in report.suppressions],
        "ratchet": msgspec.to_builtins(report.ratchet),
        "baseline": {
            "tests": len(report.baseline.durations_s),
            "left_out": [{"test": test, "reason": why} for test, why in report.baseline.left_out],
            "unusable": sum(mutant.key in report.baseline.unusable for mutant in report.mutants),
        },
        "sources": {
            "found_by": sources.found_by,
            "files": [source.path for source in sources.files],
            "unmutated": [{"path": path, "reason": why} for path, why in report.unmutated],
            "scope": None if report.reach is None else _reach(report.reach),
        },
    }


def _reach(reach: Reach) -> dict[str, Any]:
    left_out = [{"reason": why, "functions": number} for why, number in reach.left_out]
    return {**msgspec.to_builtins(reach), "left_out": left_out}


def _score(score: Score, fates: Iterable[Fate]) -> dict[str, Any]:
    return {**msgspec.to_builtins(score), "counts": counts(fates)}


def _scope(scope: Scope, of_path: dict[str, list[Fate]]) -> dict[str, Any]:
    return {
        "name": scope.name,
        "files": list(scope.files),
        "judgement": msgspec.to_builtins(scope.judgement),
        **_score(scope.score, [fate for path in scope.files for fate in of_path.get(path, ())]),
    }


def _mutant(mutant: Mutant, fate: Fate, baseline: Baseline) -> dict[str, Any]:
    return {
        "id": mutant.id,
        "name": mutant.name,
        "path": mutant.path,
        "line": mutant.line,
        "column": mutant.column,
        "end_line": mutant.end_line,
        "end_column": mutant.end_column,
        "replacement": mutant.replacement,
        "function": mutant.function,
        "operator": mutant.operator,
        "diff": diff(mutant),
        "status": fate.status.value,
        "is_confirmed": fate.is_confirmed,
        "is_remembered": fate.is_remembered,
        "killed_by": fate.killed_by,
        "message": fate.message,
        "tests": list(fate.tests),
        "covering": len(baseline.covering.get(mutant.key, ())),
        "reason": fate.reason,
    }
