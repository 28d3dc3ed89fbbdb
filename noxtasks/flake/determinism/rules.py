"""Pure decisions of the audit: what two equal runs say, and how many failures replay."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from noxtasks import stats
from noxtasks.flake.determinism.model import Differing, Replays, Score
from noxtasks.stats import Verdict
from noxtasks.suite.model import Result, Run

_NOT_RUN = "not run"


def differing(first: Run, second: Run) -> tuple[Differing, ...]:
    """The tests that ended otherwise in the second run of the same seed and order: another outcome or failure."""
    before, after = _by_name(first), _by_name(second)
    return tuple(
        Differing(test=name, first=_ending(before.get(name)), second=_ending(after.get(name)))
        for name in sorted(before.keys() | after.keys())
        if _essence(before.get(name)) != _essence(after.get(name))
    )


def replays_of_runs(first: Run, second: Run) -> Replays:
    """Of the failures of the first run, those that came again, and were the same."""
    after = _by_name(second)
    failed = [result for result in first.results if result.outcome.is_failure]
    again = sum(_essence(result) == _essence(after.get(result.nodeid)) for result in failed)
    return Replays(tried=len(failed), failed=again)


def replays_of_report(report: Mapping[str, Any]) -> Replays:
    """Of the repeats in a `flake.report.json` (its `result`), all and those that failed."""
    repeats = [test["repeats"] for test in (*report["flaky"], *report["broken"])]
    return Replays(tried=sum(each["tried"] for each in repeats), failed=sum(each["failed"] for each in repeats))


def score(replays: Iterable[tuple[str, Replays]], *, confidence: float) -> Score:
    """The share of failures that replay exactly, over all sources (name, count) that have any."""
    measured = [(source, each) for source, each in replays if each.tried]
    tried = sum(each.tried for _, each in measured)
    failed = sum(each.failed for _, each in measured)
    judged = Verdict.PASS if failed == tried else Verdict.FAIL
    return Score(
        verdict=judged if tried else Verdict.UNMEASURED,
        figure=failed / tried if tried else None,
        interval=stats.wilson(failed, tried, confidence=confidence),
        tried=tried,
        failed=failed,
        sources=tuple(source for source, _ in measured),
    )


def _by_name(run: Run) -> dict[str, Result]:
    return {result.nodeid: result for result in run.results}


def _essence(result: Result | None) -> tuple[str, str]:
    if result is None:
        return _NOT_RUN, ""
    return result.outcome.value, result.failure.fingerprint if result.failure is not None else ""


def _ending(result: Result | None) -> str:
    if result is None:
        return _NOT_RUN
    if result.failure is None:
        return result.outcome.value
    said = result.failure.message.partition("\n")[0]
    return f"{result.outcome.value}: {result.failure.exception.rpartition('.')[2]}" + (f": {said}" if said else "")
