"""The after-action report of the whole: what was, what is, how fast that went, and what is still open.

It is made of the chain of events, what the milestones' gates say, the quarantine's last account, and the report on
governance where there is one. Nothing is estimated: a figure that no event tells of is not measured, and velocity is
what came to be in a time, and no story points. The same evidence gives the same report.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec

from noxtasks.bundle import judging, measures
from noxtasks.bundle import milestones as plan
from noxtasks.bundle.measures import Measure, Measured
from noxtasks.bundle.model import Judged
from noxtasks.evidence import artifacts
from noxtasks.evidence.events import Event, EventType
from noxtasks.evidence.gating.model import Document, Evaluation
from noxtasks.evidence.provenance import Provenance
from noxtasks.evidence.sums import Digest
from noxtasks.history.model import StoredSession
from noxtasks.stats import Verdict

NAME = plan.AAR

_WEEK = timedelta(days=7)
_GATE = "noxtasks.gate.name"
_VERDICT = "noxtasks.gate.verdict"
_QUARANTINE = ("added", "released", "expired", "kept")
_NEVER = "no event tells of it"

Documents = Mapping[str, Document]


def announced() -> Document:
    """The report as milestones see it before it is written: it has every objective, whatever is known of it."""
    return Document(
        name=NAME, content={"result": {"objectives": [{"name": each.name} for each in measures.OBJECTIVES]}}
    )


def made(
    judged: Sequence[Judged],
    documents: Documents,
    events: Sequence[Event],
    *,
    recorded: Sequence[StoredSession] | None = None,
) -> dict[str, Any]:
    """The report's `result`. `events` are those of the chain, the oldest first; `documents` are prepared.

    `recorded` are the sessions of the history, in any order; None where there is no history.
    """
    return {
        "span": _span(events),
        "history": None if recorded is None else _history(recorded),
        "objectives": [
            {
                "name": each.name,
                "title": each.title,
                "metrics": [_metric(measure, events, documents) for measure in each.measures],
            }
            for each in measures.OBJECTIVES
        ],
        "milestones": _milestones(judged, events, recorded),
        "quarantine": _quarantine(documents.get(plan.DELTA), events),
        "open": [_open(each.milestone.name, evaluation) for each in judged for evaluation in _not_held(each)],
        "risks": _risks(documents.get(plan.GOVERNANCE)),
    }


def write(reports: Path, result: Mapping[str, Any], *, provenance: Provenance) -> Digest:
    """Write the report; its digest. Raises `EvidenceError` where the folder cannot be written."""
    return artifacts.write(reports, NAME, result=result, timing={}, provenance=provenance)


def _span(events: Sequence[Event]) -> dict[str, Any]:
    return {
        "from": events[0].time if events else None,
        "to": events[-1].time if events else None,
        "sessions": _sessions(events),
        "events": len(events),
    }


def _history(recorded: Sequence[StoredSession]) -> dict[str, Any]:
    started = [each.session.started for each in recorded]
    return {
        "from": min(started, default=None),
        "to": max(started, default=None),
        "sessions": len(recorded),
        "runs": sum(len(each.run_numbers) for each in recorded),
        "code_versions": len({each.session.code_version for each in recorded}),
    }


def _sessions(events: Sequence[Event]) -> int:
    return len({each.session_id for each in events})


def _metric(measure: Measure, events: Sequence[Event], documents: Documents) -> dict[str, Any]:
    """The first and the last figure. One alone is no change; none is not measured."""
    found = measures.course(measure, events, documents)
    first, last = (found[0], found[-1]) if len(found) > 1 else (None, found[0] if found else None)
    change = last.figure - first.figure if first and last else None
    return {
        "name": measure.name,
        "unit": measure.unit.value,
        "better": "more" if measure.wants_much else "less",
        "before": _figure(first),
        "after": _figure(last),
        "change": change,
        "course": None if change is None else _course(change, is_good=(change > 0) is measure.wants_much),
        "figures": len(found),
        "reason": "" if first else "it was measured once" if last else f"not measured: {_NEVER}",
    }


def _course(change: float, *, is_good: bool) -> str:
    return "same" if change == 0 else "better" if is_good else "worse"


def _figure(found: Measured | None) -> dict[str, Any] | None:
    return None if found is None else msgspec.to_builtins(found)


def _milestones(
    judged: Sequence[Judged], events: Sequence[Event], recorded: Sequence[StoredSession] | None
) -> list[dict[str, Any]]:
    """Each milestone, and what came to be between the archive before it and its own."""
    told, since = [], 0
    for each in judged:
        archive = judging.bundled(events, each.milestone)
        is_later = archive is not None and archive.sequence > since
        until = archive.sequence if archive is not None and is_later else None
        told.append(
            {
                "name": each.milestone.name,
                "title": each.milestone.title,
                "verdict": each.verdict.value,
                "gates": _counts(each),
                "bundled": None if archive is None else archive.time,
                "archive": None if archive is None else _digest_of(archive, each.milestone.archive),
                "velocity": None if until is None else _velocity(events, since, until, recorded),
            }
        )
        since = until or since
    return told


def _counts(each: Judged) -> dict[str, int]:
    """Of the gates that block."""
    verdicts = [one.verdict for one in each.blocking]
    return {verdict.value: verdicts.count(verdict) for verdict in Verdict}


def _digest_of(event: Event, name: str) -> str | None:
    return next((each.sha256 for each in event.artifacts if each.name == name), None)


def _velocity(
    events: Sequence[Event], since: int, until: int, recorded: Sequence[StoredSession] | None
) -> dict[str, Any]:
    """What came to be between two events, those with the sequences `since` (0 is the beginning) and `until`.

    What took less than a week has no rate: to say what a week of it would be is to guess.
    """
    between = [each for each in events if since < each.sequence <= until]
    began = next((each.time for each in events if each.sequence == max(since, 1)), between[0].time)
    ended = between[-1].time
    took = ended - began
    gained = _held_at(events, until) - _held_at(events, since)
    return {
        "from": began,
        "days": took / timedelta(days=1) if took > timedelta() else None,
        "sessions": _sessions(between),
        "events": len(between),
        "runs": None
        if recorded is None
        else sum(len(each.run_numbers) for each in recorded if began <= each.session.started <= ended),
        "gates_gained": gained,
        "gates_gained_per_week": gained / (took / _WEEK) if took >= _WEEK else None,
    }


def _held_at(events: Sequence[Event], sequence: int) -> int:
    """How many gates had passed when they were last evaluated, up to an event."""
    last: dict[str, str] = {}
    for each in events:
        if each.sequence <= sequence and each.type is EventType.GATE_EVALUATED:
            last[str(each.attributes.get(_GATE))] = str(each.attributes.get(_VERDICT))
    return sum(verdict == Verdict.PASS.value for verdict in last.values())


def _quarantine(delta: Document | None, events: Sequence[Event]) -> dict[str, Any]:
    """The tests of the last account by what became of them, and how many there were each time that it changed."""
    refusal = f"there is no {plan.DELTA}" if delta is None else delta.refusal
    last = {} if delta is None or refusal else delta.content["result"].get("quarantine") or {}
    told = [each for each in events if any(f"quarantine.{name}" in each.metrics for name in _QUARANTINE)]
    return {
        "reason": refusal or ("" if last else f"{plan.DELTA} says nothing of a quarantine"),
        **{name: sorted(each["test"] for each in last.get(name, ())) if last else None for name in _QUARANTINE},
        "changes": [
            {"at": each.time, **{name: each.metrics.get(f"quarantine.{name}", 0) for name in _QUARANTINE}}
            for each in told
        ],
    }


def _not_held(judged: Judged) -> list[Evaluation]:
    return [each for each in judged.blocking if each.verdict is not Verdict.PASS]


def _open(milestone: str, each: Evaluation) -> dict[str, Any]:
    return {
        "milestone": milestone,
        "gate": each.gate.name,
        "verdict": each.verdict.value,
        "figure": each.figure,
        "operator": each.gate.operator.value,
        "threshold": each.threshold,
        "reason": each.reason,
        "command": each.gate.command,
    }


def _risks(governance: Document | None) -> dict[str, Any]:
    """Which risks have fired, as the report on governance has it."""
    if governance is None or governance.refusal:
        reason = governance.refusal if governance else f"there is no {plan.GOVERNANCE}"
        return {"reason": reason, "watched": None, "fired": []}
    risks = governance.content["result"]["risks"]
    fired = [each for each in risks if each["state"] == "fired"]
    names = ("name", "title", "milestone", "figure", "reason", "mitigation", "rollback")
    return {"reason": "", "watched": len(risks), "fired": [{name: each[name] for name in names} for each in fired]}
