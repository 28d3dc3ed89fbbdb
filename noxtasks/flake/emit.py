"""What was found, as artifacts and as an event: data only; how it looks on a screen is `terminal`'s."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from noxtasks.evidence import artifacts, events
from noxtasks.evidence.display.text import shown
from noxtasks.evidence.provenance import Provenance
from noxtasks.evidence.sums import Digest
from noxtasks.flake.cause.advice import advice
from noxtasks.flake.cause.model import Explanation
from noxtasks.flake.cause.rules import LEVEL
from noxtasks.flake.detect import Detection
from noxtasks.flake.model import Change, Delta, Examination, Unsteady
from noxtasks.history.model import Tally
from noxtasks.stats import Judgement, wilson
from noxtasks.suite import health
from noxtasks.suite.engine import Engine
from noxtasks.suite.launch import Suite

HEALTH = "collection.health.json"
REPORT = "flake.report.json"
DELTA = "flake.reduction.delta.json"


def write_health(reports: Path, project: str, found: health.Health, provenance: Provenance) -> None:
    """Write `collection.health.json`, and tell of it: it may be all that the session comes to."""
    digest = artifacts.write(reports, HEALTH, result=health.to_artifact(found), timing={}, provenance=provenance)
    events.tell_written(reports, project, [digest], subject=HEALTH, provenance=provenance)


def write_findings(
    reports: Path,
    project: str,
    *,
    examination: Examination,
    delta: Delta,
    detection: Detection,
    left_open: Sequence[tuple[str, str]],
    quarantine: Mapping[str, Any],
    engine: Engine,
    suite: Suite,
    others: Sequence[Digest],
    provenance: Provenance,
) -> None:
    """Write `flake.report.json` and `flake.reduction.delta.json`, and append the event that tells of them.

    `quarantine` is what the delta says of it; the event names `others` that are written already, too.
    """
    report = artifacts.write(
        reports,
        REPORT,
        result=_report(examination, delta, detection, engine, suite)
        | {"left_open": [{"test": test, "note": note} for test, note in left_open]},
        timing=_times(examination, detection),
        provenance=provenance,
    )
    change = artifacts.write(
        reports, DELTA, result=_delta(delta) | {"quarantine": quarantine}, timing={}, provenance=provenance
    )
    events.append(
        reports,
        event=events.EventType.FLAKE_REDUCTION_DELTA_EMITTED,
        project=project,
        subject=DELTA,
        at=provenance.created,
        provenance=provenance,
        metrics={
            "flaky_tests": len(examination.flaky),
            "broken_tests": len(examination.broken),
            "tests": examination.tests,
            "runs": examination.runs,
        },
        artifacts=[report, change, *others],
    )


def replay_command(test: Unsteady) -> str:
    """The command that repeats a run in which the test failed, up to that test; one line for any POSIX shell.

    Empty where there is none.
    """
    if not test.run_name:
        return ""
    return f"noxtasks flake replay {shlex.quote(test.run_name)} --test={shlex.quote(shown(test.tally.nodeid))}"


def reproducing_command(test: Unsteady, suite: Suite) -> str:
    """The command that shows the failure most surely: the trial that explains it, else a run in which it failed."""
    found = test.explanation
    if found is None or found.reproduce is None or not found.reproduced.failures:
        return replay_command(test)
    return attempt_command(found, suite)


def attempt_command(found: Explanation, suite: Suite) -> str:
    """The command that carries out the trial of an explanation; one line for any POSIX shell."""
    trial = found.reproduce
    assert trial is not None  # noqa: S101 - asked only where there is one
    words = ["noxtasks", "flake", "try", "--python", _from_root(suite)]
    words += [f"--seed={trial.seed}", f"--hash-seed={trial.hash_seed}"]
    if found.needs_a_copy:
        words += ["--times=2", "--at-once=2"]
    given = msgspec.to_builtins(trial.circumstances)
    words += [f"--with={name}={_written(name, value)}" for name, value in given.items()]
    words += [f"--test={shown(name)}" for name in trial.tests]
    words += ["--", *suite.extra_args] if suite.extra_args else []
    return shlex.join(words)


def _written(name: str, value: object) -> str:
    if name == "umask":
        return f"{value:03o}"
    return "true" if value is True else str(value)


def _from_root(suite: Suite) -> str:
    """The interpreter as seen from the project, where it lies within."""
    return str(suite.python.relative_to(suite.root) if suite.python.is_relative_to(suite.root) else suite.python)


def _report(
    examination: Examination, delta: Delta, detection: Detection, engine: Engine, suite: Suite
) -> dict[str, Any]:
    disturbed, _ = delta.overall.after
    return {
        "tests": examination.tests,
        "runs": examination.runs,
        "engine": engine.chosen.value,
        "engine_reason": engine.reason,
        "at_once": detection.jobs,
        "claim": _judgement(examination.claim),
        "bounds": msgspec.to_builtins(examination.bounds),
        "fewest_runs": examination.fewest_runs,
        "disturbed": {"failures": disturbed, **_judgement(examination.disturbed)},
        "flaky": [_unsteady(test, suite) for test in examination.flaky],
        "broken": [_unsteady(test, suite) for test in examination.broken],
        "quiet": [_unsteady(test, suite) for test in examination.quiet],
        "disagreements": [
            {"test": each.nodeid, "before": _window(each.before), "now": _window(each.now)}
            for each in examination.disagreements
        ],
        "imported": [_imported(tally) for tally in examination.imported],
        "only_beside_others": sorted(detection.upset),
        "only_in_forks": sorted(detection.only_in_forks),
        "unstable_ids": sorted(detection.unstable_ids),
        "never_run": list(examination.unseen),
        "left_behind": [
            {"test": test, "run": run.number, "note": note} for run in detection.runs for test, note in run.left_behind
        ],
    }


def _unsteady(test: Unsteady, suite: Suite) -> dict[str, Any]:
    return {
        "test": test.tally.nodeid,
        "runs": test.tally.runs,
        "failures": test.tally.failures,
        "rate": test.rate,
        "interval": msgspec.to_builtins(test.interval),
        "outcomes": _outcomes(test.tally),
        "causes": [
            {
                "fingerprint": cause.fingerprint,
                "exception": cause.exception,
                "message": cause.message,
                "count": cause.count,
            }
            for cause in test.tally.causes
        ],
        "confirmation": test.repeats.confirmation.value,
        "repeats": msgspec.to_builtins(test.repeats),
        "reproduce": reproducing_command(test, suite),
        "explanation": _explanation(test.explanation) if test.explanation else None,
    }


def _explanation(found: Explanation) -> dict[str, Any]:
    return {
        "kind": found.kind.value,
        "advice": advice(found),
        "level": LEVEL,
        "evidence": [msgspec.to_builtins(each) for each in found.evidence],
        "culprits": list(found.culprits),
        "other_culprits": [list(each) for each in found.others],
        "cleaners": list(found.cleaners),
        "changes": [{"test": test, "left": msgspec.to_builtins(left)} for test, left in found.changes],
        "reproduced": msgspec.to_builtins(found.reproduced),
        "without_effect": list(found.tried),
        "unavailable": list(found.unavailable),
    }


def _imported(tally: Tally) -> dict[str, Any]:
    return {
        "test": tally.nodeid,
        "runs": tally.runs,
        "failures": tally.failures,
        "rate": tally.failures / tally.runs,
        "interval": msgspec.to_builtins(wilson(tally.failures, tally.runs)),
        "outcomes": _outcomes(tally),
    }


def _outcomes(tally: Tally) -> dict[str, int]:
    return {outcome.value: count for outcome, count in tally.outcomes.items()}


def _judgement(judged: Judgement) -> dict[str, Any]:
    return {
        "verdict": judged.verdict.value,
        "figure": judged.figure,
        "interval": msgspec.to_builtins(judged.interval),
        "sample": judged.sample,
        "threshold": judged.threshold,
        "reason": judged.reason,
    }


def _times(examination: Examination, detection: Detection) -> dict[str, Any]:
    return {
        "duration_s": detection.elapsed_s,
        "runs": [
            {"number": run.number, "started": run.started, "duration_s": run.duration_s} for run in detection.runs
        ],
        "first_seen": {
            test.tally.nodeid: test.first_seen
            for test in (*examination.flaky, *examination.broken, *examination.quiet)
            if test.first_seen is not None
        },
    }


def _delta(delta: Delta) -> dict[str, Any]:
    return {
        "before": _window(delta.overall.before),
        "after": _window(delta.overall.after),
        "change": _difference(delta.overall),
        "appeared": _changes(delta.appeared),
        "recovered": _changes(delta.recovered),
        "quiet": _changes(delta.quiet),
        "persisting": _changes(delta.persisting),
    }


def _window(counts: tuple[int, int]) -> dict[str, Any] | None:
    failures, runs = counts
    if not runs:
        return None
    interval = msgspec.to_builtins(wilson(failures, runs))
    return {"runs": runs, "failures": failures, "rate": failures / runs, "interval": interval}


def _difference(change: Change) -> dict[str, Any] | None:
    (failed, ran), (fails, runs) = change.before, change.after
    if not (ran and runs):
        return None
    return {"difference": fails / runs - failed / ran, "interval": msgspec.to_builtins(change.difference)}


def _changes(changes: Sequence[Change]) -> list[dict[str, Any]]:
    return [
        {
            "test": change.nodeid,
            "before": _window(change.before),
            "after": _window(change.after),
            "change": _difference(change),
        }
        for change in changes
    ]
