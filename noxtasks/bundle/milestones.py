"""The plan's milestones as data: each line of their acceptance gates (section 4), and the criteria of section 21.

A line that asks for several things is several gates. Thresholds are the plan's own. Where it contradicts itself, the
checkpoint's own words block, and the other reading stands beside them as a gate that advises:

- `M1` wants a mutation report of 5 modules (of a project that has fewer, all that there are); section 13 has it of one,
  with at most 50 mutants.
- `M2` wants a score for 3 modules; the third pillar (section 5) for 5.
- `M2` allows 7 % of flake rate once tests run in parallel; KR6.4 (section 3) 5 %.
- 3 to 5 times as fast is the target everywhere: 3 has to be reached; that 5 is, and that the suite is as much faster as
  this machine lets it be, is told.
- Section 21 leaves the target of `AC-8` open; section 15 has both fewer than 50 markers and 82 % fewer.
- `AC-12` is to be implemented, and section 4 puts off whatever Hypothesis is to be used for: it advises.

What no artifact can show has no artifact here, and says why in `absent`: such a gate is never measured.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from noxtasks.bundle.model import Milestone
from noxtasks.evidence.gating.model import Gate, Level, Operator, Take, Unit

SUMS = "SHA256SUMS"
EVENTS = "events.jsonl"
HEALTH = "collection.health.json"
FLAKES = "flake.report.json"
DELTA = "flake.reduction.delta.json"
MARKERS = "marker_audit_report.json"
MUTATION = "mutation.initial.report.json"
MATRIX = "os.matrix.baseline.json"
COMPARISON = "perf.comparison.json"
BASELINE = "perf.benchmark.baseline.json"
SCAN = "parallelization.scan.report.json"
LADDER = "coverage.ladder.v2.yaml"
GATES = "quality.gates.v2.json"
GOVERNANCE = "governance.report.json"
COMPLETENESS = "bundle.completeness.json"
AAR = "Phase2-AAR.yaml"

SYSTEMS = {"linux": "Linux", "windows": "Windows", "macos": "macOS"}
"""As cells of the matrix name them, and as people do."""

FLAKES_OF = {system: f"flake.report.{system}.json" for system in SYSTEMS}
"""Copies of the flake report that other systems have made, beside the one of this."""

MODULES = 5
"""Of so many modules `M1` wants a mutation report, where there are as many."""

SINCE = "since"
"""What `judging.prepare` adds to documents: how they stand to what they were when a milestone was bundled, or first."""

CARRIED_OVER = "AC-1 to AC-7"

PLAYBOOKS = ("playbook-markers", "playbook-parallel", "playbook-mutation")
"""The deliverables of governance.yaml that have to be there: no other artifact knows what is published."""

_RECORDED = (
    "marker_consolidation_complete",
    "mutation_scan_complete",
    "os_matrix_baseline_recorded",
    "performance_benchmark_complete",
    "parallelization_probe_complete",
    "flake_reduction_delta_emitted",
)
_REACHED = ("coverage_ladder_stage_advanced", "mutation_score_threshold_met")

_BUNDLE = "noxtasks bundle"
_COMMANDS = {
    HEALTH: "noxtasks flake",
    FLAKES: "noxtasks flake --runs 100",
    DELTA: "noxtasks flake",
    MARKERS: "noxtasks markers",
    MUTATION: "noxtasks mutation",
    MATRIX: "noxtasks matrix merge",
    COMPARISON: "noxtasks bench",
    BASELINE: "noxtasks bench --refresh",
    SCAN: "noxtasks parallel",
    LADDER: "noxtasks ladder",
    GATES: "noxtasks gates",
    GOVERNANCE: "noxtasks governance",
    AAR: _BUNDLE,
    SUMS: f"sha256sum -c {SUMS}",
}

_ADVISES: dict[str, Any] = {"level": Level.ADVISORY}
_SHARE: dict[str, Any] = {"unit": Unit.SHARE}
_TIMES: dict[str, Any] = {"unit": Unit.TIMES}
_COUNT: dict[str, Any] = {"take": Take.COUNT}
_JUDGED: dict[str, Any] = {"verdict": "verdict"}

_SPEEDUP = "/result/gates/name=speed-up/figure"
_INCREASE = "/result/gates/name=flake increase/figure"
_FEW = "/result/gates/name=few/figure"
_SCORE = "/result/score/figure"
_MODULES = "/result/modules/*"
_BASELINE = "/baseline/figure"
_SCOPES = "/result/scopes/*"
_TIERS = "/result/tiers/*/figure"


def _gate(name: str, title: str, artifact: str, pointer: str, wanted: str, **more: Any) -> Gate:
    """A gate that blocks. `wanted` is an operator and a threshold; the latter may be missing."""
    operator, _, threshold = wanted.partition(" ")
    parts = {"level": Level.BLOCKING, "command": _COMMANDS.get(artifact, ""), **more}
    return Gate(
        name=name,
        title=title,
        artifact=artifact,
        pointer=pointer,
        operator=Operator(operator),
        threshold=json.loads(threshold or "null"),
        **parts,
    )


def _flake_rate(name: str, title: str, wanted: str, artifact: str = FLAKES, **more: Any) -> Gate:
    parts = {"bounds": "/result/bounds", "command": _COMMANDS[FLAKES], **_JUDGED, **_SHARE, **more}
    return _gate(name, title, artifact, "/result/claim/figure", wanted, **parts)


def _score(title: str) -> tuple[Gate, ...]:
    """The score of all that was mutated; a scan of what has changed alone says nothing of it."""
    scanned = "The scan was of all code, and not of what has changed alone."
    return (
        _gate("mutation score", title, MUTATION, _SCORE, ">= 0.6", **_SHARE),
        _gate("mutation scan of all code", scanned, MUTATION, "/result/extent/choice", '!= "since"'),
    )


def _own_archive(milestone: str) -> Gate:
    title = f"{milestone}-completion.tar.gz has all that its gates look into."
    pointer = f"/result/missing/milestone={milestone}"
    return _gate("evidence bundle", title, COMPLETENESS, pointer, "== 0", command=f"{_BUNDLE} {milestone}", **_COUNT)


def _archive_before(milestone: str) -> Gate:
    title = f"{milestone}-completion.tar.gz is there, as {SUMS} has it."
    pointer = f"/result/archives/name={milestone}-completion.tar.gz"
    name, command = f"evidence bundle of {milestone}", f"{_BUNDLE} {milestone}"
    return _gate(name, title, COMPLETENESS, pointer, "== 1", command=command, **_COUNT)


M1 = Milestone(
    name="M1",
    title="Foundation Hardening",
    objectives=("O1", "O5", "O2"),
    gates=(
        _gate(
            "collection error rate", "Every test module is collected.", HEALTH, "/result/error_rate", "== 0", **_SHARE
        ),
        _gate(
            "collection errors",
            "Nothing keeps a test from running.",
            HEALTH,
            "/result/causes/blocking=true",
            "== 0",
            **_COUNT,
        ),
        _flake_rate("flake rate", "Every test fails in fewer than 5 % of its runs.", "< 0.05"),
        _gate("flake sample", "Every test has been run 100 times.", FLAKES, "/result/fewest_runs", ">= 100"),
        _gate("active markers", "Fewer than 50 markers are registered and stay.", MARKERS, _FEW, "< 50"),
        _gate(
            "documented markers",
            "Each of them is documented where it is registered.",
            MARKERS,
            "/undocumented/*",
            "== 0",
            **_COUNT,
        ),
        _gate(
            "mutation baseline",
            "Mutants of 5 modules have been tried, or of all where there are fewer.",
            MUTATION,
            _BASELINE,
            ">=",
            **_JUDGED,
        ),
        _gate(
            "mutation baseline of one module",
            "Mutants of one module have been tried: section 13, and not the checkpoint.",
            MUTATION,
            _MODULES,
            ">= 1",
            **_COUNT,
            **_ADVISES,
        ),
        _own_archive("M1"),
        _gate("AC-8 marker reduction", "Fewer than 50 markers are registered and stay.", MARKERS, _FEW, "< 50"),
        _gate(
            "AC-8 marker reduction by 82 %",
            "Of the markers of the first audit 82 % are gone: section 15; section 21 leaves the target open.",
            MARKERS,
            f"/{SINCE}/first/figure",
            ">= 0.82",
            **_SHARE,
            **_ADVISES,
        ),
        _gate("AC-10 mutation baseline score", "A mutation score is measured.", MUTATION, _SCORE, ">= 0", **_SHARE),
        _gate(
            "AC-14 flake reduction delta",
            "By how much more or fewer runs have a flaky failure than before is recorded.",
            DELTA,
            "/result/change/difference",
            ">= -1",
            absent="one of the two sessions is missing: there is nothing to compare",
            unit=Unit.CHANGE,
        ),
        _gate(
            CARRIED_OVER,
            "The criteria of Phase 1, unchanged.",
            "",
            "",
            "==",
            absent="the plan carries them over, and has no text of them",
            **_ADVISES,
        ),
    ),
)

M2 = Milestone(
    name="M2",
    title="Expansion & Optimization",
    objectives=("O3", "O4", "O6", "O2"),
    gates=(
        _gate(
            "cross-OS consistency",
            "95 % of the tests end alike on every system and interpreter.",
            MATRIX,
            "/result/consistency/figure",
            ">= 0.95",
            **_SHARE,
            **_JUDGED,
        ),
        _gate(
            "cross-OS pass rate",
            "95 % of the tests pass on the system and interpreter where fewest do.",
            MATRIX,
            "/result/pass_rates/figure",
            ">= 0.95",
            **_SHARE,
            **_JUDGED,
        ),
        _gate("matrix completeness", "No expected record is missing.", MATRIX, "/result/missing/*", "== 0", **_COUNT),
        _gate(
            "performance baseline",
            "Of 10 benchmarks p50, p95 and p99 are recorded.",
            COMPARISON,
            "/recorded/*",
            ">= 10",
            **_COUNT,
        ),
        _gate("parallel speed-up", "Several workers make the suite 3 times as fast.", SCAN, _SPEEDUP, ">= 3", **_TIMES),
        _gate(
            "parallel speed-up of 5",
            "Several workers make the suite 5 times as fast: the upper end of the target.",
            SCAN,
            _SPEEDUP,
            ">= 5",
            **_TIMES,
            **_ADVISES,
        ),
        _gate(
            "parallel speed-up for this machine",
            "Several workers make the suite as much faster as its cores and its longest test let them.",
            SCAN,
            _SPEEDUP,
            ">=",
            **_TIMES,
            **_JUDGED,
            **_ADVISES,
        ),
        _flake_rate("flake rate", "Every test fails in fewer than 7 % of its runs.", "< 0.07"),
        _flake_rate("flake rate of KR6.4", "Every test fails in fewer than 5 % of its runs.", "< 0.05", **_ADVISES),
        _gate(
            "parallel flake increase",
            "On several workers at most 2 % more of the tests fail than do alone.",
            SCAN,
            _INCREASE,
            "<= 0.02",
            **_SHARE,
            **_JUDGED,
        ),
        *_score("The tests notice 60 % of the mutants."),
        _gate(
            "mutation score of each module",
            "The tests notice 60 % of the mutants of each module that mutation.scopes names.",
            MUTATION,
            "/result/scopes/*/figure",
            ">= 0.6",
            **_SHARE,
        ),
        _gate(
            "modules with a mutation score",
            "3 modules that matter have a score of their own; mutation.scopes names them.",
            MUTATION,
            _SCOPES,
            ">= 3",
            **_COUNT,
        ),
        _gate(
            "5 modules with a mutation score",
            "5 modules have a score of their own: the third pillar, and not the checkpoint.",
            MUTATION,
            _SCOPES,
            ">= 5",
            **_COUNT,
            **_ADVISES,
        ),
        _own_archive("M2"),
        _archive_before("M1"),
        *(
            _gate(
                f"AC-9 baseline on {people}",
                f"The suite has been run on {people}.",
                MATRIX,
                f"/result/cells/system={system}/pass_rate",
                ">= 0",
                **_SHARE,
            )
            for system, people in SYSTEMS.items()
        ),
        _gate(
            "AC-11 stored benchmarks",
            "What 10 benchmarks take on one machine is stored.",
            BASELINE,
            "/stored/*",
            ">= 10",
            **_COUNT,
        ),
        _gate(
            "AC-13 parallel stability",
            "The scan's own gate of stability passes.",
            SCAN,
            _INCREASE,
            "<=",
            **_SHARE,
            **_JUDGED,
        ),
    ),
)

M3 = Milestone(
    name="M3",
    title="Integration & Hardening",
    objectives=("O7", "O6"),
    gates=(
        _gate("coverage ladder", "All 4 tiers are measured.", LADDER, _TIERS, ">= 0", **_SHARE),
        _gate("ladder tracking", "What the tiers were is kept.", LADDER, "/result/measurements/*", ">= 1", **_COUNT),
        _gate(
            "coverage ladder at target",
            "All 4 tiers are at their targets: more than the checkpoint asks for.",
            LADDER,
            _TIERS,
            ">=",
            judged_at="target",
            **_SHARE,
            **_JUDGED,
            **_ADVISES,
        ),
        _gate(
            "gates",
            "There are 18 gates, 7 that block and 11 that advise: section 6.",
            GATES,
            "/result/gates/*",
            ">= 18",
            **_COUNT,
        ),
        _gate(
            "operational gates",
            "Every gate has a figure and a verdict.",
            GATES,
            "/result/gates/verdict=unmeasured",
            "== 0",
            **_COUNT,
        ),
        *(
            _gate(
                f"{name} blocks",
                "The gate blocks, and is not waived.",
                GATES,
                f"/result/gates/name={name}/is_blocking",
                "== true",
            )
            for name in ("performance mean", "cross-OS consistency")
        ),
        _gate(
            "gate of the mutation score",
            "There is a gate of the mutation score, whether it blocks or advises.",
            GATES,
            "/result/gates/name=mutation score",
            "== 1",
            **_COUNT,
        ),
        *(
            _flake_rate(
                f"flake rate on {people}",
                f"On {people} every test fails in fewer than 5 % of its runs.",
                "< 0.05",
                FLAKES_OF[system],
            )
            for system, people in SYSTEMS.items()
        ),
        _gate(
            "speed-up since M2",
            "The suite gains no less from several workers than at M2, but for a tenth.",
            SCAN,
            f"/{SINCE}/M2/figure",
            ">= 0.9",
            **_TIMES,
        ),
        *_score("The tests notice 60 % of the mutants, after all changes."),
        _own_archive("M3"),
        _archive_before("M1"),
        _archive_before("M2"),
        _gate(
            "after-action report",
            f"{AAR} tells of all 7 objectives.",
            AAR,
            "/result/objectives/*",
            "== 7",
            **_COUNT,
        ),
        *(
            _gate(
                name,
                f"{name}, a deliverable of governance.yaml, is as its digest there says.",
                GOVERNANCE,
                f"/result/deliverables/name={name}/sha256",
                '!= ""',
            )
            for name in PLAYBOOKS
        ),
        _gate(
            "AC-12 property strategy",
            "A test uses Hypothesis: section 21; section 4 leaves that for a later phase.",
            MARKERS,
            "/result/markers/name=hypothesis/usage/tests",
            ">= 1",
            **_ADVISES,
        ),
        _gate(
            "AC-15 integrity of artifacts",
            "Every artifact is as it was written, and the chain of events is whole.",
            SUMS,
            "/{artifacts,events}/*",
            "== 0",
            **_COUNT,
        ),
        *(
            _gate(f"AC-15 event {name}", "The chain has such an event.", EVENTS, f"/types/{name}", ">= 1", level=level)
            for names, level in ((_RECORDED, Level.BLOCKING), (_REACHED, Level.ADVISORY))
            for name in names
        ),
    ),
)

MILESTONES = (M1, M2, M3)
"""In their order: each rests on those before it."""


def artifacts(milestones: Iterable[Milestone] = MILESTONES) -> tuple[str, ...]:
    """The files that the gates look into, each once."""
    return tuple(dict.fromkeys(gate.artifact for each in milestones for gate in each.gates if gate.artifact))
