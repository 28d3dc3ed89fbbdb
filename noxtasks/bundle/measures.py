"""What each objective is measured by over time, and what the chain of events has of that. Pure.

Events carry figures, and some the ends of their interval. The judgements of `gates` carry the figure of each gate; an
artifact that is still the one that an event tells of has the interval of its figure.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import msgspec

from noxtasks.bundle import milestones as plan
from noxtasks.evidence.events import Event, EventType
from noxtasks.evidence.gating import pointers
from noxtasks.evidence.gating.model import Document, Unit
from noxtasks.evidence.gating.pointers import Stopped

CHAIN = plan.EVENTS
_REVISION = "vcs.ref.head.revision"
_CODE = "noxtasks.code.version"
_GATE = "noxtasks.gate.name"
_FIGURE = "gate.figure"


class Measure(msgspec.Struct, frozen=True, kw_only=True):
    """A metric of an objective. It is read from the events of a type, or of a gate, as `key`.

    `ends` leads to the object in `artifact` that has the low and high end of its last figure.
    """

    name: str
    unit: Unit
    wants_much: bool
    event: EventType
    key: str
    gate: str = ""
    artifact: str = ""
    ends: str = ""
    unless: dict[str, str] = {}  # attributes of events whose figure is of something else


class Measured(msgspec.Struct, frozen=True, kw_only=True):
    """A figure as it was: when, of which code, and by which word."""

    at: datetime
    figure: float
    revision: str  # "" where there was no commit
    code_version: str
    low: float | None
    high: float | None
    source: str  # events.jsonl:12


class Objective(msgspec.Struct, frozen=True, kw_only=True):
    """One of the plan's (its section 3)."""

    name: str
    title: str
    measures: tuple[Measure, ...]


def _of_event(name: str, event: EventType, key: str, **more: Any) -> Measure:
    return Measure(name=name, event=event, key=key, **{"unit": Unit.NUMBER, "wants_much": True, **more})


def _of_gate(gate: str, unit: Unit, **more: Any) -> Measure:
    parts = {"name": gate, "wants_much": True, **more}
    return Measure(event=EventType.GATE_EVALUATED, key=_FIGURE, gate=gate, unit=unit, **parts)


_LITTLE: dict[str, Any] = {"wants_much": False}

_FLAKES = EventType.FLAKE_REDUCTION_DELTA_EMITTED
_MUTATION = EventType.MUTATION_SCAN_COMPLETE
_WHOLE = {"noxtasks.mutation.extent": "since", "noxtasks.mutation.ending": "interrupted"}
_MATRIX = EventType.OS_MATRIX_BASELINE_RECORDED
_BENCH = EventType.PERFORMANCE_BENCHMARK_COMPLETE
_MARKERS = EventType.MARKER_CONSOLIDATION_COMPLETE
_SCAN = EventType.PARALLELIZATION_PROBE_COMPLETE

OBJECTIVES = (
    Objective(
        name="O1",
        title="Reliability Consolidation",
        measures=(
            _of_gate("collection errors", Unit.NUMBER, **_LITTLE),
            _of_gate("flake rate", Unit.SHARE, artifact=plan.FLAKES, ends="/result/claim/interval", **_LITTLE),
            _of_event("flaky tests", _FLAKES, "flaky_tests", **_LITTLE),
        ),
    ),
    Objective(
        name="O2",
        title="Mutation Readiness Infrastructure",
        measures=(
            _of_event("mutation score", _MUTATION, "mutation.score", unit=Unit.SHARE, unless=_WHOLE),
            _of_event("mutants", _MUTATION, "mutation.mutants", unless=_WHOLE),
        ),
    ),
    Objective(
        name="O3",
        title="Cross-OS & Environment Baseline",
        measures=(
            _of_event("cross-OS consistency", _MATRIX, "matrix.consistency", unit=Unit.SHARE),
            _of_event("lowest pass rate", _MATRIX, "matrix.pass_rate", unit=Unit.SHARE),
            _of_event("systems and interpreters", _MATRIX, "matrix.cells"),
        ),
    ),
    Objective(
        name="O4",
        title="Performance Benchmark Establishment",
        measures=(
            _of_event("benchmarks", _BENCH, "bench.benchmarks"),
            _of_event("slower benchmarks", _BENCH, "bench.slower", **_LITTLE),
        ),
    ),
    Objective(
        name="O5",
        title="Marker/Annotation Rationalization",
        measures=(
            _of_event("registered markers", _MARKERS, "markers.registered", **_LITTLE),
            _of_event("removable markers", _MARKERS, "markers.removable", **_LITTLE),
        ),
    ),
    Objective(
        name="O6",
        title="Parallelization Stability",
        measures=(
            _of_event(
                "parallel speed-up",
                _SCAN,
                "parallel.speedup",
                unit=Unit.TIMES,
                artifact=plan.SCAN,
                ends="/result/gates/name=speed-up",
            ),
            _of_event("tests that fail in parallel alone", _SCAN, "parallel.suspects", **_LITTLE),
        ),
    ),
    Objective(
        name="O7",
        title="Coverage Ladder v2 Progression",
        measures=(
            _of_gate("ladder tier 1", Unit.SHARE),
            _of_gate("ladder tier 2", Unit.SHARE),
            _of_gate("ladder tier 3", Unit.SHARE),
            _of_event("ladder tier 4", _MUTATION, "mutation.score", unit=Unit.SHARE, unless=_WHOLE),
        ),
    ),
)


def course(measure: Measure, events: Iterable[Event], documents: Mapping[str, Document]) -> tuple[Measured, ...]:
    """Every figure of the metric that there is an event of, the oldest first."""
    told = [each for each in events if _tells(measure, each)]
    found = [_measured(measure, each) for each in told]
    if found and found[-1].low is None and found[-1].high is None:
        found[-1] = _with_ends(found[-1], measure, told[-1], documents)
    return tuple(found)


def _tells(measure: Measure, event: Event) -> bool:
    is_its = event.type is measure.event and (not measure.gate or event.attributes.get(_GATE) == measure.gate)
    is_other = any(event.attributes.get(name) == value for name, value in measure.unless.items())
    return is_its and not is_other and measure.key in event.metrics


def _measured(measure: Measure, event: Event) -> Measured:
    metrics = event.metrics
    return Measured(
        at=event.time,
        figure=metrics[measure.key],
        revision=str(event.attributes.get(_REVISION, "")),
        code_version=str(event.attributes.get(_CODE, "")),
        low=metrics.get(f"{measure.key}.low"),
        high=metrics.get(f"{measure.key}.high"),
        source=f"{CHAIN}:{event.sequence}",
    )


def _with_ends(last: Measured, measure: Measure, event: Event, documents: Mapping[str, Document]) -> Measured:
    document = documents.get(measure.artifact)
    if document is None or document.digest is None or document.refusal or document.digest not in event.artifacts:
        return last
    places = pointers.resolve(document.content, measure.ends)
    if isinstance(places, Stopped) or len(places) != 1:
        return last
    ends = places[0].value
    return msgspec.structs.replace(last, low=ends["low"], high=ends["high"])
