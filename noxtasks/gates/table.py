"""The gates as data: 7 that block and 11 that advise, and what a project makes of them.

The plan counts so many and names some: performance and cross-OS consistency block, and so do the first two tiers of
coverage (its section 16), collection errors (its first checkpoint) and the integrity of the evidence; flake rate and
mutation advise, the latter until it has settled. Three more are there to be switched on: what the chain of events says
is part of `evidence integrity` already, and the bundle and governance write their artifacts when they are used.

Thresholds are the project's own, where another setting has them: one figure, one threshold.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import msgspec

from noxtasks.config import THRESHOLDS, GateSettings, Settings
from noxtasks.evidence.gating.model import Gate, Level, Operator, Take, Unit, Waiver

SUMS = "SHA256SUMS"
EVENTS = "events.jsonl"
COMPARISON = "perf.comparison.json"
MATRIX = "os.matrix.baseline.json"
LADDER = "coverage.ladder.v2.yaml"
HEALTH = "collection.health.json"
FLAKES = "flake.report.json"
DELTA = "flake.reduction.delta.json"
MARKERS = "marker_audit_report.json"
MUTATION = "mutation.initial.report.json"
SCAN = "parallelization.scan.report.json"
DETERMINISM = "determinism.audit.json"
BUNDLE = "bundle.completeness.json"
GOVERNANCE = "governance.report.json"

_BENCH = "noxtasks bench --against {/result/against|HEAD~1}"
_VERIFY = f"sha256sum -c {SUMS}"

GATES = (
    Gate(
        name="collection errors",
        title="Every test module can be collected, and every test can run.",
        artifact=HEALTH,
        pointer="/result/causes/blocking=true",
        take=Take.COUNT,
        operator=Operator.EQUAL,
        threshold=0,
        level=Level.BLOCKING,
        command="noxtasks flake",
    ),
    Gate(
        name="performance mean",
        title="No benchmark takes longer on average, beyond noise.",
        artifact=COMPARISON,
        pointer="/result/tiers/metric=mean/change",
        verdict="verdict",
        operator=Operator.AT_MOST,
        threshold=THRESHOLDS["mean"],
        unit=Unit.CHANGE,
        level=Level.BLOCKING,
        command=_BENCH,
    ),
    Gate(
        name="performance p95",
        title="No benchmark has slower slow rounds, beyond noise.",
        artifact=COMPARISON,
        pointer="/result/tiers/metric=p95/change",
        verdict="verdict",
        operator=Operator.AT_MOST,
        threshold=THRESHOLDS["p95"],
        unit=Unit.CHANGE,
        level=Level.BLOCKING,
        command=_BENCH,
    ),
    Gate(
        name="cross-OS consistency",
        title="Tests end alike on every system and interpreter.",
        artifact=MATRIX,
        pointer="/result/consistency/figure",
        verdict="verdict",
        operator=Operator.AT_LEAST,
        threshold=None,
        unit=Unit.SHARE,
        level=Level.BLOCKING,
        command="noxtasks matrix merge",
    ),
    Gate(
        name="ladder tier 1",
        title="Unit tests cover what they are to cover.",
        artifact=LADDER,
        pointer="/result/tiers/name=tier1_unit/figure",
        verdict="verdict",
        judged_at="target",
        operator=Operator.AT_LEAST,
        threshold=None,
        unit=Unit.SHARE,
        level=Level.BLOCKING,
        command="noxtasks ladder",
    ),
    Gate(
        name="ladder tier 2",
        title="Integration tests cover what they are to cover.",
        artifact=LADDER,
        pointer="/result/tiers/name=tier2_integration/figure",
        verdict="verdict",
        judged_at="target",
        operator=Operator.AT_LEAST,
        threshold=None,
        unit=Unit.SHARE,
        level=Level.BLOCKING,
        command="noxtasks ladder",
    ),
    Gate(
        name="evidence integrity",
        title="Every artifact is as it was written, and the chain of events is whole.",
        artifact=SUMS,
        pointer="/{artifacts,events}/*",
        take=Take.COUNT,
        operator=Operator.EQUAL,
        threshold=0,
        level=Level.BLOCKING,
        command=_VERIFY,
    ),
    Gate(
        name="flake rate",
        title="Every test's flake rate is below the threshold.",
        artifact=FLAKES,
        pointer="/result/claim/figure",
        verdict="verdict",
        operator=Operator.LESS,
        threshold=0.05,
        unit=Unit.SHARE,
        level=Level.ADVISORY,
        command="noxtasks flake",
    ),
    Gate(
        name="quarantine expiry",
        title="No test is in quarantine beyond its last day.",
        artifact=DELTA,
        pointer="/result/quarantine/expired/*",
        take=Take.COUNT,
        operator=Operator.EQUAL,
        threshold=0,
        level=Level.ADVISORY,
        command="noxtasks flake",
    ),
    Gate(
        name="marker audit",
        title="No test uses a marker that nothing registers.",
        artifact=MARKERS,
        pointer="/result/gates/name=registered/figure",
        verdict="grade",
        operator=Operator.EQUAL,
        threshold=0,
        level=Level.ADVISORY,
        command="noxtasks markers",
    ),
    Gate(
        name="marker count",
        title="There are no more markers than people can know.",
        artifact=MARKERS,
        pointer="/result/gates/name=few/figure",
        operator=Operator.AT_MOST,
        threshold=50,
        level=Level.ADVISORY,
        command="noxtasks markers",
    ),
    Gate(
        name="mutation score",
        title="The tests notice wrong code.",
        artifact=MUTATION,
        pointer="/result/judgement/figure",
        verdict="verdict",
        bounds="/result/score/interval",
        operator=Operator.AT_LEAST,
        threshold=0.6,
        unit=Unit.SHARE,
        level=Level.ADVISORY,
        command="noxtasks mutation",
    ),
    Gate(
        name="mutation ratchet",
        title="No mutant lives that the kept report does not know to live.",
        artifact=MUTATION,
        pointer="/result/ratchet/{regressed,new}/*",
        absent="no earlier report is kept to hold it against: mutation.ratchet",
        take=Take.COUNT,
        operator=Operator.EQUAL,
        threshold=0,
        level=Level.ADVISORY,
        command="noxtasks mutation",
    ),
    Gate(
        name="parallel speed-up",
        title="Several workers make the suite as much faster as they should.",
        artifact=SCAN,
        pointer="/result/gates/name=speed-up/figure",
        verdict="verdict",
        operator=Operator.AT_LEAST,
        threshold=None,
        unit=Unit.TIMES,
        level=Level.ADVISORY,
        command="noxtasks parallel",
    ),
    Gate(
        name="parallel flake increase",
        title="Hardly more tests fail on several workers than do alone.",
        artifact=SCAN,
        pointer="/result/gates/name=flake increase/figure",
        verdict="verdict",
        operator=Operator.AT_MOST,
        threshold=0.02,
        unit=Unit.SHARE,
        level=Level.ADVISORY,
        command="noxtasks parallel",
    ),
    Gate(
        name="ladder tier 3",
        title="End-to-end tests cover what they are to cover.",
        artifact=LADDER,
        pointer="/result/tiers/name=tier3_system/figure",
        verdict="verdict",
        judged_at="target",
        operator=Operator.AT_LEAST,
        threshold=None,
        unit=Unit.SHARE,
        level=Level.ADVISORY,
        command="noxtasks ladder",
    ),
    Gate(
        name="new-code coverage",
        title="Tests run the lines that have changed.",
        artifact=LADDER,
        pointer="/result/new_code/figure",
        absent="new code was not looked at",
        verdict="verdict",
        operator=Operator.AT_LEAST,
        threshold=None,
        unit=Unit.SHARE,
        level=Level.ADVISORY,
        command="noxtasks ladder",
    ),
    Gate(
        name="determinism",
        title="Nothing in the suite makes it unreproducible.",
        artifact=DETERMINISM,
        pointer="/result/{findings,differing}/*",
        take=Take.COUNT,
        operator=Operator.EQUAL,
        threshold=0,
        level=Level.ADVISORY,
        command="noxtasks determinism",
    ),
    Gate(
        name="event chain",
        title="The chain of events is whole.",
        artifact=EVENTS,
        pointer="/findings/*",
        take=Take.COUNT,
        operator=Operator.EQUAL,
        threshold=0,
        level=Level.OFF,
        command="noxtasks flake",
    ),
    Gate(
        name="bundle completeness",
        title="The bundle of the evidence has all that it should.",
        artifact=BUNDLE,
        pointer="/result/missing/*",
        take=Take.COUNT,
        operator=Operator.EQUAL,
        threshold=0,
        level=Level.OFF,
        command="noxtasks bundle",
    ),
    Gate(
        name="governance",
        title="The project keeps the rules that it has set itself.",
        artifact=GOVERNANCE,
        pointer="/result/violations/*",
        take=Take.COUNT,
        operator=Operator.EQUAL,
        threshold=0,
        level=Level.OFF,
        command="noxtasks governance",
    ),
)

_TIERS = {"ladder tier 1": "unit", "ladder tier 2": "integration", "ladder tier 3": "system"}
"""What settings call the tier that a gate is about."""

SHIPPED = {gate.name: gate for gate in GATES}


def settle(settings: Settings) -> tuple[Gate, ...]:
    """All gates as the project wants them, the shipped ones first."""
    given = settings.gates
    shipped = [_changed(msgspec.structs.replace(gate, **_of_settings(gate.name, settings)), given) for gate in GATES]
    return (*shipped, *(_own(name, said) for name, said in given.items() if name not in SHIPPED))


def _of_settings(name: str, settings: Settings) -> Mapping[str, Any]:
    """What other settings say of a shipped gate."""
    thresholds = {
        "performance mean": settings.bench.thresholds.get("mean", THRESHOLDS["mean"]),
        "performance p95": settings.bench.thresholds.get("p95", THRESHOLDS["p95"]),
        "flake rate": settings.flake.threshold,
        "marker count": settings.markers.limit,
        "mutation score": settings.mutation.threshold,
        "cross-OS consistency": settings.matrix.consistency,
        "parallel flake increase": settings.parallel.flake_increase,
    }
    found: dict[str, Any] = {"threshold": thresholds[name]} if name in thresholds else {}
    days: dict[str, date | int | None] = {"mutation score": settings.mutation.blocking_after}
    for gate, tier in _TIERS.items():
        days[gate] = settings.ladder.blocking_after.get(tier)
        if name == gate and tier in settings.ladder.levels:
            found["level"] = Level(settings.ladder.levels[tier])
    if isinstance(after := days.get(name), date):
        found["blocking_after"] = after
    return found


def _changed(gate: Gate, given: Mapping[str, GateSettings]) -> Gate:
    said = given.get(gate.name)
    if said is None:
        return gate
    # Who says the level of a gate means it, whatever day the objective's own setting names.
    day = gate.blocking_after if said.level is None else None
    return msgspec.structs.replace(gate, **{"blocking_after": day, **_parts(said)})


def _own(name: str, said: GateSettings) -> Gate:
    """A gate of the project's own; the configuration has seen to it that the needed parts are there."""
    return Gate(name=name, **{"title": name, "command": "", "level": Level.ADVISORY, **_parts(said)})


def _parts(said: GateSettings) -> dict[str, Any]:
    """What was said, as parts of a gate."""
    plain = {name: getattr(said, name) for name in ("title", "artifact", "pointer", "threshold", "verdict", "owner")}
    plain |= {"blocking_after": said.blocking_after, "command": said.command, "judged_at": said.judged_at}
    plain |= {"bounds": said.bounds}
    chosen = {"operator": Operator, "level": Level, "take": Take, "unit": Unit}
    found = {name: value for name, value in plain.items() if value is not None}
    found |= {name: kind(value) for name, kind in chosen.items() if (value := getattr(said, name)) is not None}
    if said.waived_until is not None:
        found["waiver"] = Waiver(until=said.waived_until, reason=said.waiver or "")
    return found
