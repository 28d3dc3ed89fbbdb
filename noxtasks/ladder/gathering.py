"""A measurement of now: what the tiers cover, and what the artifacts of the other objectives say of the same code.

Where an artifact is not there, is of other code, or does not decide, its figure is None, unmeasured, and a note says
so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final, NamedTuple

from noxtasks import stats
from noxtasks.errors import EvidenceError
from noxtasks.evidence import artifacts
from noxtasks.evidence.vcs import Code
from noxtasks.ladder.model import Measured, Measurement, Name
from noxtasks.ladder.profiles import Terms
from noxtasks.stats import Verdict

HEALTH: Final = "collection.health.json"
FLAKES: Final = "flake.report.json"
MATRIX: Final = "os.matrix.baseline.json"
COMPARISON: Final = "perf.comparison.json"

_COMMANDS: Final = {
    HEALTH: "noxtasks flake",
    FLAKES: "noxtasks flake",
    MATRIX: "noxtasks matrix merge",
    COMPARISON: "noxtasks bench --against REV",
}


class Gathered(NamedTuple):
    """A measurement, and why some of it is not there."""

    measurement: Measurement
    notes: tuple[str, ...]


def gather(
    reports: Path,
    measured: Sequence[Measured],
    *,
    at: datetime,
    code: Code,
    terms: Terms,
    branches: float | None = None,
    collection_errors: int | None = None,
) -> Gathered:
    """The measurement of the tiers `measured` at the code as it is now, with what the artifacts in `reports` say of it.

    `branches` is the share of all branches that any test covers. `collection_errors` is what this session has seen
    itself, where it has; else it is read.
    """
    of = {each.tier.name: each for each in measured}
    notes: list[str] = []

    def read(name: str, figure: Callable[[Mapping[str, Any]], float | None]) -> float | None:
        found = _result(reports, name, code)
        value = found if isinstance(found, str) else figure(found)
        if isinstance(value, str) or value is None:
            notes.append(f"{name}: {value or 'it does not decide'}; to have it: {_COMMANDS[name]}")
            return None
        return value

    if collection_errors is None:
        errors = read(HEALTH, errors_of)
        collection_errors = None if errors is None else int(errors)
    measurement = Measurement(
        at=at,
        revision=(code.vcs.revision if code.vcs else None) or "",
        code_version=code.code_version,
        figures={name: _decided(of.get(name)) for name in Name},
        collection_errors=collection_errors,
        flake_rate=read(FLAKES, lambda result: flake_rate_of(result, below=terms.flake_rate)),
        consistency=read(MATRIX, consistency_of),
        slower=read(COMPARISON, lambda result: slower_of(result, code=code, below=terms.slower)),
        system_tests_pass=_passes(of.get(Name.SYSTEM)),
        branches=branches,
        has_mutation_score=_figure(of.get(Name.MUTATION)) is not None,
        ways={name: each.tier.way for name, each in sorted(of.items(), key=lambda item: item[0].value)},
    )
    return Gathered(measurement=measurement, notes=tuple(notes))


def _figure(measured: Measured | None) -> float | None:
    return None if measured is None or measured.is_stale else measured.figure


def _decided(measured: Measured | None) -> float | None:
    """The figure; None where it is one of a sample that leaves open whether the tier is at its target."""
    is_open = measured is not None and measured.judgement.verdict is Verdict.UNMEASURED
    return None if is_open else _figure(measured)


def _result(reports: Path, name: str, code: Code) -> Mapping[str, Any] | str:
    """The result in an artifact; or why it says nothing of this code."""
    if not (reports / name).exists():
        return "it is not there"
    try:
        found = artifacts.read(reports, name)
    except EvidenceError as error:
        return error.message
    if found.provenance.code_version != code.code_version:
        return "it is about other code"
    if not found.provenance.complete:
        return "its session was interrupted"
    result: Mapping[str, Any] = found.result
    return result


def errors_of(health: Mapping[str, Any]) -> int:
    """How many test files cannot be collected; at least one where pytest did not come to the end."""
    return max(len(health["broken_modules"]), 0 if health["complete"] else 1)


def flake_rate_of(report: Mapping[str, Any], *, below: float) -> float | None:
    """The share of runs that a flaky test has turned red; None where there were too few to tell it from `below`."""
    judged = stats.judge_below(report["disturbed"]["failures"], report["disturbed"]["sample"], threshold=below)
    return judged.figure if judged.verdict is not Verdict.UNMEASURED else None


def consistency_of(baseline: Mapping[str, Any]) -> float | None:
    """The share of tests that end alike on all operating systems."""
    found = baseline["consistency"]
    figure: float | None = found["figure"]
    return None if found["verdict"] == Verdict.UNMEASURED.value else figure


def slower_of(comparison: Mapping[str, Any], *, code: Code, below: float) -> float | None:
    """By how much the benchmark that lost most has lost; 0 where none has.

    None where nothing was compared, where what was compared is not this code, or not with other code; and where of some
    benchmark it is open whether it has lost as much as `below`, and no other has.
    """
    if not comparison["benchmarks"] or comparison["against"] == code.code_version:
        return None
    if comparison["revision"] not in {"", code.code_version}:
        return None
    changes: list[float] = [each["change"] for each in comparison["benchmarks"] if each["change"] is not None]
    surely = [each["low"] is not None and each["low"] >= below for each in comparison["benchmarks"]]
    under = [each["high"] is not None and each["high"] < below for each in comparison["benchmarks"]]
    if any(surely):
        return max(changes)
    return max(0.0, *changes) if all(under) else None


def _passes(system: Measured | None) -> bool | None:
    """Whether end-to-end workflows are operational: the system tests pass, and there are some."""
    if system is None or not system.tests or system.figure is None:
        return None
    return not system.failed
