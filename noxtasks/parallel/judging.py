"""From all that was measured to what is told: each candidate judged, a recommendation, and the gates."""

from __future__ import annotations

import msgspec

from noxtasks.config import Settings
from noxtasks.evidence.display.text import counted
from noxtasks.parallel import causes, gates, rules
from noxtasks.parallel.conflicts import Findings
from noxtasks.parallel.model import (
    Answer,
    Assessment,
    Basis,
    Candidate,
    Ending,
    Execution,
    Report,
    Scan,
    State,
)
from noxtasks.stats import Verdict


def report(
    scan: Scan, settings: Settings, *, cores: int, notes: tuple[str, ...] = (), conflicts: Findings | None = None
) -> Report:
    """What `scan`, with at least one sequential run, comes to."""
    basis, failing = rules.basis(scan.sequential), _failing(scan)
    ranked = rules.best_first(scan.pairs)
    order = [*ranked, *(each for each in scan.pairs if each not in ranked)]
    assessments = tuple(_assessed(each, scan, basis, settings, cores) for each in order)
    recommendation = rules.recommend(assessments)
    best = next((each for each in assessments if each.candidate == recommendation.candidate), None)
    runs = [pair.parallel for pair in scan.pairs[best.candidate]] if best else []
    if scan.ending in {Ending.INTERRUPTED, Ending.STOPPED}:
        reason = f"{scan.ending.value}; so far: {recommendation.reason}"
        recommendation = msgspec.structs.replace(recommendation, reason=reason)
    parallel = settings.parallel
    return Report(
        basis=basis,
        tests=len(scan.sequential[0].outcomes),
        failing=failing,
        cores=cores,
        assessments=assessments,
        recommendation=recommendation,
        gates=(
            gates.fast_enough(best, basis, cores=cores, wanted=parallel.speedup),
            gates.safe_enough(
                scan.sequential, runs, allowed=parallel.flake_increase, confidence=settings.flake.confidence
            ),
        ),
        ending=scan.ending,
        notes=(*notes, *filter(None, [scan.stopped_by]), *_notes(scan, basis, failing)),
        conflicts=conflicts,
    )


def is_decided(scan: Scan, settings: Settings, *, cores: int) -> bool:
    """Whether more rounds would change nothing: the answer is known, and both gates have a verdict."""
    found = report(scan, settings, cores=cores)
    return found.recommendation.answer is not Answer.UNDECIDED and not any(
        gate.judgement.verdict is Verdict.UNMEASURED for gate in found.gates
    )


def _assessed(candidate: Candidate, scan: Scan, basis: Basis, settings: Settings, cores: int) -> Assessment:
    pairs, fault = scan.pairs[candidate], scan.faults.get(candidate)
    limit_s = rules.limit_s(basis, candidate.workers, cores)
    runs = [pair.parallel for pair in pairs]
    typical = _typical(runs)
    speedup = rules.speedup(pairs) if pairs else None
    return Assessment(
        candidate=candidate,
        state=_state(candidate, scan),
        reason=scan.dropped.get(candidate, ""),
        fault=fault,
        runs=len(pairs),
        wall_s=typical.wall_s if typical else None,
        speedup=speedup,
        efficiency=speedup.estimate / candidate.workers if speedup else None,
        limit_s=limit_s,
        over_limit=typical.wall_s / limit_s if typical else None,
        suspects=rules.suspects(scan.sequential, runs, confidence=settings.flake.confidence),
        otherwise=rules.otherwise(scan.sequential, runs, confidence=settings.flake.confidence),
        causes=causes.causes(candidate, typical, basis) if typical else (),
    )


def _state(candidate: Candidate, scan: Scan) -> State:
    if candidate in scan.faults:
        return State.BROKEN
    if candidate in scan.dropped:
        return State.DROPPED
    return State.KEPT if scan.pairs[candidate] else State.NOT_TRIED


def _typical(runs: list[Execution]) -> Execution | None:
    """The run in the middle, by what it took."""
    ordered = sorted(runs, key=lambda each: each.wall_s)
    return ordered[(len(ordered) - 1) // 2] if ordered else None


def _failing(scan: Scan) -> tuple[str, ...]:
    bad: list[set[str]] = [
        {test for test, outcome in each.outcomes.items() if rules.is_bad(outcome)} for each in scan.sequential
    ]
    return tuple(sorted(bad[0].intersection(*bad[1:])))


def _notes(scan: Scan, basis: Basis, failing: tuple[str, ...]) -> list[str]:
    """What a reader of the figures should know."""
    known, *others = (set(each.outcomes) for each in scan.sequential)
    changing = known.union(*others) - known.intersection(*others)
    found = []
    if changing:
        found.append(
            f"{counted(len(changing), 'test')} not in every collection, such as {min(changing)}: "
            "xdist refuses where they differ between its workers. Keep times, random values and sets out of parameters."
        )
    if failing:
        found.append(f"{counted(len(failing), 'test')} failed in each run, alone too, such as {failing[0]}")
    if basis.wall_s < 1:
        found.append(f"one test after the other the suite takes {basis.wall_s:.2f} s: there is little to gain")
    return found
