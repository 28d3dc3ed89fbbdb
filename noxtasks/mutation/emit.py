"""The scan as an artifact and as events: data only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from difflib import unified_diff
from pathlib import Path
from typing import Any

import msgspec

from noxtasks.evidence import artifacts, events
from noxtasks.evidence.provenance import Provenance
from noxtasks.evidence.sums import Digest
from noxtasks.mutation.model import Fate, Mutant, Report, Scope, Score, Status
from noxtasks.mutation.sources import Sources
from noxtasks.stats import Verdict

REPORT = "mutation.initial.report.json"


def write(reports: Path, report: Report, *, sources: Sources, duration_s: float, provenance: Provenance) -> Digest:
    """Write `mutation.initial.report.json`; its digest."""
    return artifacts.write(
        reports,
        REPORT,
        result=_result(report, sources),
        timing={
            "duration_s": duration_s,
            "mutants_s": {mutant.id: report.fates[mutant.id].duration_s for mutant in report.mutants},
        },
        provenance=provenance,
    )


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


def tell_complete(reports: Path, project: str, report: Report, *, digest: Digest, provenance: Provenance) -> None:
    """Append the event that it has ended, and, where the score is reached, the one that says so."""
    kinds = [events.EventType.MUTATION_SCAN_COMPLETE]
    if report.judgement.verdict is Verdict.PASS:
        kinds.append(events.EventType.MUTATION_SCORE_THRESHOLD_MET)
    figure = report.score.figure
    for kind in kinds:
        events.append(
            reports,
            event=kind,
            project=project,
            subject=REPORT,
            at=provenance.created,
            provenance=provenance,
            metrics={
                **{f"mutation.{name}": number for name, number in counts(report.fates.values()).items()},
                "mutation.threshold": report.judgement.threshold,
                **({} if figure is None else {"mutation.score": figure}),
            },
            artifacts=[digest],
        )


def counts(fates: Iterable[Fate]) -> dict[str, int]:
    """How many mutants have which status; the statuses with underscores."""
    found = Counter(fate.status for fate in fates)
    return {"mutants": found.total(), **{each.value.replace(" ", "_"): found[each] for each in Status}}


def diff(mutant: Mutant) -> list[str]:
    """The lines of the change, as `diff -U1` has them, without its first two; without the place."""
    before, after = mutant.before.splitlines(), mutant.after.splitlines()
    lines = list(unified_diff(before, after, lineterm="", n=1))[2:]
    return [line for line in lines if not line.startswith("@@")]


def _result(report: Report, sources: Sources) -> dict[str, Any]:
    fates = report.fates
    return {
        "judgement": msgspec.to_builtins(report.judgement),
        "score": _score(report.score, fates.values()),
        "modules": [
            {"path": path, **_score(score, [fates[each.id] for each in report.mutants if each.path == path])}
            for path, score in report.by_path.items()
        ],
        "mutants": [_mutant(mutant, fates[mutant.id]) for mutant in sorted(report.mutants)],
        "baseline": {
            "tests": len(report.baseline.durations_s),
            "left_out": [{"test": test, "reason": why} for test, why in report.baseline.left_out],
            "unusable": sum(mutant.key in report.baseline.unusable for mutant in report.mutants),
        },
        "sources": {
            "found_by": sources.found_by,
            "files": [source.path for source in sources.files],
            "unmutated": [{"path": path, "reason": why} for path, why in report.unmutated],
            "scope": None if report.scope is None else _scope(report.scope),
        },
    }


def _scope(scope: Scope) -> dict[str, Any]:
    left_out = [{"reason": why, "functions": number} for why, number in scope.left_out]
    return {**msgspec.to_builtins(scope), "left_out": left_out}


def _score(score: Score, fates: Iterable[Fate]) -> dict[str, Any]:
    return {**msgspec.to_builtins(score), "counts": counts(fates)}


def _mutant(mutant: Mutant, fate: Fate) -> dict[str, Any]:
    return {
        "id": mutant.id,
        "name": mutant.name,
        "path": mutant.path,
        "line": mutant.line,
        "function": mutant.function,
        "operator": mutant.operator,
        "diff": diff(mutant),
        "status": fate.status.value,
        "is_confirmed": fate.is_confirmed,
        "killed_by": fate.killed_by,
        "message": fate.message,
        "tests": list(fate.tests),
    }
