"""The report after action: figures before and after, velocity, quarantine, what is open, and nothing invented."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from noxtasks.bundle import aar, judging, measures
from noxtasks.bundle import milestones as plan
from noxtasks.bundle.measures import OBJECTIVES, Measure
from noxtasks.evidence import artifacts
from noxtasks.evidence.events import Event, EventType
from noxtasks.evidence.gating.model import Document
from noxtasks.evidence.provenance import Provenance
from noxtasks.history.model import Session, SessionKind, StoredSession

from .told import BEGAN, TODAY, digest, document, event

SCANNED = EventType.MUTATION_SCAN_COMPLETE


def made(*events: Event, recorded: list[StoredSession] | None = None, **documents: Document) -> dict[str, Any]:
    named = {each.name: each for each in documents.values()} | {aar.NAME: aar.announced()}
    prepared = judging.prepare(named, events=events, archives={})
    judged = judging.judge(plan.MILESTONES, prepared, today=TODAY)
    return aar.made(judged, prepared, events, recorded=recorded)


def metric(found: dict[str, Any], name: str) -> dict[str, Any]:
    return next(each for one in found["objectives"] for each in one["metrics"] if each["name"] == name)


def scanned(sequence: int, score: float, day: float = 0, attributes: dict[str, str] | None = None) -> Event:
    metrics = {"mutation.score": score, "mutation.score.low": score - 0.1, "mutation.mutants": 9.0}
    told = {"vcs.ref.head.revision": f"c{sequence}", "noxtasks.code.version": f"c{sequence}", **(attributes or {})}
    return event(SCANNED, sequence, day, metrics=metrics, attributes=told)


def judged_gate(sequence: int, name: str, verdict: str = "pass", day: float = 0, **parts: Any) -> Event:
    told = {"noxtasks.gate.name": name, "noxtasks.gate.verdict": verdict}
    return event(EventType.GATE_EVALUATED, sequence, day, attributes=told, **parts)


def bundled(sequence: int, name: str, day: float) -> Event:
    archive = f"{name}-completion.tar.gz"
    return event(EventType.EVIDENCE_BUNDLED, sequence, day, subject=archive, artifacts=(digest(archive, name[1]),))


def test_without_any_data_everything_is_unmeasured_and_the_report_is_whole(
    tmp_path: Path, provenance: Provenance
) -> None:
    found = made()
    assert found["span"] == {"from": None, "to": None, "sessions": 0, "events": 0}
    assert [each["name"] for each in found["objectives"]] == [f"O{number}" for number in range(1, 8)]
    metrics = [each for one in found["objectives"] for each in one["metrics"]]
    assert {each["reason"] for each in metrics} == {"not measured: no event tells of it"}
    assert {each["after"] for each in metrics} == {each["change"] for each in metrics} == {None}
    assert [each["velocity"] for each in found["milestones"]] == [None, None, None]
    assert found["quarantine"]["reason"] == f"there is no {plan.DELTA}"
    assert found["risks"] == {"reason": f"there is no {plan.GOVERNANCE}", "watched": None, "fired": []}
    aar.write(tmp_path, found, provenance=provenance)
    assert artifacts.read(tmp_path, aar.NAME).schema == "Phase2-AAR/1"


def test_a_metric_has_its_first_and_last_figure_with_date_revision_and_interval() -> None:
    found = metric(made(scanned(1, 0.5), scanned(2, 0.7, 3), scanned(3, 0.8, 9)), "mutation score")
    assert found["before"] == {
        "at": "2026-09-01T00:00:00Z",
        "figure": 0.5,
        "revision": "c1",
        "code_version": "c1",
        "low": 0.4,
        "high": None,
        "source": "events.jsonl:1",
    }
    assert (found["after"]["figure"], found["after"]["revision"]) == (0.8, "c3")
    assert (found["change"], found["course"], found["figures"]) == (pytest.approx(0.3), "better", 3)


def test_one_figure_alone_is_no_change() -> None:
    found = metric(made(scanned(1, 0.5)), "mutation score")
    assert (found["before"], found["change"], found["course"]) == (None, None, None)
    assert (found["after"]["figure"], found["reason"]) == (0.5, "it was measured once")


@pytest.mark.parametrize(("first", "last", "course"), [(9, 5, "better"), (5, 9, "worse"), (5, 5, "same")])
def test_fewer_is_better_where_less_is_wanted(first: int, last: int, course: str) -> None:
    kind = EventType.MARKER_CONSOLIDATION_COMPLETE
    told = [event(kind, number, metrics={"markers.registered": count}) for number, count in ((1, first), (2, last))]
    assert metric(made(*told), "registered markers")["course"] == course


@pytest.mark.parametrize("other", [{"noxtasks.mutation.extent": "since"}, {"noxtasks.mutation.ending": "interrupted"}])
def test_a_scan_of_a_part_is_no_figure_of_the_whole(other: dict[str, str]) -> None:
    found = metric(made(scanned(1, 0.5), scanned(2, 0.7), scanned(3, 0.1, attributes=other)), "mutation score")
    assert (found["after"]["figure"], found["figures"]) == (0.7, 2)


def test_a_gates_figure_is_that_of_the_gate_alone() -> None:
    told = (
        judged_gate(1, "flake rate", metrics={"gate.figure": 0.2}),
        judged_gate(2, "marker count", metrics={"gate.figure": 44}),
        judged_gate(3, "flake rate", "unmeasured", metrics={"gate.threshold": 0.05}),
        judged_gate(4, "flake rate", metrics={"gate.figure": 0.0}),
    )
    found = metric(made(*told), "flake rate")
    assert [found[when]["figure"] for when in ("before", "after")] == [0.2, 0.0]
    assert found["course"] == "better"


def test_the_last_figure_has_the_interval_of_its_artifact_while_that_is_there() -> None:
    claim = {"claim": {"figure": 0.01, "verdict": "pass", "threshold": 0.05, "interval": {"low": 0.001, "high": 0.04}}}
    told = judged_gate(1, "flake rate", metrics={"gate.figure": 0.01}, artifacts=(digest(plan.FLAKES),))
    for letter, wanted in (("a", (0.001, 0.04)), ("b", (None, None))):
        after = metric(made(told, flakes=document(plan.FLAKES, letter, result=claim)), "flake rate")["after"]
        assert (after["low"], after["high"]) == wanted


def test_velocity_is_between_archives() -> None:
    told = (
        judged_gate(1, "flake rate"),
        judged_gate(2, "marker count", "fail", 1),
        bundled(3, "M1", 7),
        judged_gate(4, "marker count", day=8),
        judged_gate(5, "mutation score", day=9),
        bundled(6, "M2", 21),
    )
    first, second, third = (each["velocity"] for each in made(*told)["milestones"])
    assert (first["days"], first["sessions"], first["events"], first["gates_gained"]) == (7, 3, 3, 1)
    assert (second["days"], second["events"], second["gates_gained"], second["gates_gained_per_week"]) == (14, 3, 2, 1)
    assert third is None


def test_gates_that_were_lost_count_against() -> None:
    told = (
        judged_gate(1, "flake rate"),
        bundled(2, "M1", 7),
        judged_gate(3, "flake rate", "fail", 8),
        bundled(4, "M2", 14),
    )
    assert made(*told)["milestones"][1]["velocity"]["gates_gained"] == -1


@pytest.mark.parametrize(("days", "told", "rate"), [(0, None, None), (6.9, 6.9, None), (7, 7, 1), (14, 14, 0.5)])
def test_what_took_less_than_a_week_has_no_rate(days: float, told: float | None, rate: float | None) -> None:
    velocity = made(judged_gate(1, "flake rate"), bundled(2, "M1", days))["milestones"][0]["velocity"]
    assert (velocity["days"], velocity["gates_gained_per_week"]) == (told, rate)


def test_a_milestone_that_was_bundled_before_the_one_before_it_has_no_velocity() -> None:
    first, second, third = made(bundled(1, "M2", 1), bundled(2, "M1", 2), bundled(3, "M3", 4))["milestones"]
    assert (second["bundled"], second["velocity"]) == (BEGAN + timedelta(days=1), None)
    assert first["velocity"]["days"] == 1  # since the first event, which is that of M2
    assert third["velocity"]["days"] == 2
    assert (first["archive"], second["archive"]) == ("1" * 64, "2" * 64)


def stored(started: datetime, runs: int, code: str = "a") -> StoredSession:
    session = Session(
        id="1",
        project="shop",
        kind=SessionKind.FLAKE,
        started=started,
        code_version=code,
        revision=code,
        dirty=False,
        environment=None,
        conditions={},
        settings={},
        base_seed=0,
    )
    return StoredSession(session=session, complete=True, ended=None, run_numbers=tuple(range(runs)))


def test_the_history_tells_of_runs_over_time() -> None:
    recorded = [stored(BEGAN + timedelta(days=day), runs, f"c{day}") for day, runs in ((8, 5), (1, 100), (2, 20))]
    found = made(judged_gate(1, "flake rate"), bundled(2, "M1", 7), bundled(3, "M2", 9), recorded=recorded)
    assert found["history"] == {
        "from": BEGAN + timedelta(days=1),
        "to": BEGAN + timedelta(days=8),
        "sessions": 3,
        "runs": 125,
        "code_versions": 3,
    }
    assert [each["velocity"]["runs"] for each in found["milestones"][:2]] == [120, 5]
    assert made(recorded=[])["history"]["runs"] == 0
    assert made()["history"] is None


def test_the_quarantine_names_its_tests_and_counts_its_changes() -> None:
    entries = {"added": [{"test": "b"}, {"test": "a"}], "released": [{"test": "c"}], "expired": [], "kept": []}
    told = event(EventType.FLAKE_REDUCTION_DELTA_EMITTED, 1, metrics={"quarantine.added": 2, "quarantine.released": 1})
    found = made(told, delta=document(plan.DELTA, result={"quarantine": entries}))["quarantine"]
    assert (found["added"], found["released"], found["expired"], found["reason"]) == (["a", "b"], ["c"], [], "")
    assert found["changes"] == [{"at": told.time, "added": 2, "released": 1, "expired": 0, "kept": 0}]
    found = made(delta=document(plan.DELTA))["quarantine"]
    assert (found["added"], found["reason"]) == (None, f"{plan.DELTA} says nothing of a quarantine")


def test_what_is_open_is_every_gate_that_blocks_and_does_not_pass() -> None:
    found = made(
        markers=document(plan.MARKERS, result={"gates": [{"name": "few", "figure": 283}], "markers": []} | COUNTS)
    )
    few = [each for each in found["open"] if each["gate"] == "active markers"]
    assert [(each["milestone"], each["verdict"], each["figure"], each["threshold"]) for each in few] == [
        ("M1", "fail", 283, 50)
    ]
    names = {each["gate"] for each in found["open"]}
    assert "flake rate" in names
    assert "documented markers" not in names
    assert "after-action report" not in names
    assert "mutation baseline of one module" not in names


COUNTS = {"counts": {"registered": 283}}


def test_risks_that_have_fired_are_told_with_what_to_do() -> None:
    def risk(name: str, state: str) -> dict[str, Any]:
        return {
            "name": name,
            "title": "Mutation takes too long.",
            "milestone": "M2",
            "state": state,
            "figure": 700,
            "reason": "",
            "mitigation": "Scope it.",
            "rollback": "Take the gate out.",
            "line": 4,
        }

    governance = document(
        plan.GOVERNANCE, result={"risks": [risk("a", "calm"), risk("b", "fired")], "deliverables": []}
    )
    found = made(governance=governance)["risks"]
    assert (found["watched"], [each["name"] for each in found["fired"]]) == (2, ["b"])
    assert found["fired"][0]["mitigation"] == "Scope it."


def test_the_same_evidence_gives_the_same_bytes(tmp_path: Path, provenance: Provenance) -> None:
    told = (scanned(1, 0.5), judged_gate(2, "flake rate"), bundled(3, "M1", 7), scanned(4, 0.6, 8))
    digests = [aar.write(tmp_path / str(number), made(*told), provenance=provenance) for number in (1, 2)]
    assert digests[0] == digests[1]


kinds = st.sampled_from([*EventType])
figures = st.dictionaries(
    st.sampled_from(["mutation.score", "parallel.speedup", "gate.figure", "flaky_tests", "quarantine.added"]),
    st.integers(0, 9).map(float),
)
gates = st.sampled_from(["flake rate", "ladder tier 1", "marker count"])
subjects = st.sampled_from(["x", "M1-completion.tar.gz", "M2-completion.tar.gz", "M3-completion.tar.gz"])


@settings(max_examples=30)  # a schema is checked each time
@given(st.lists(st.tuples(kinds, figures, gates, subjects, st.integers(0, 3)), max_size=12))
def test_whatever_the_chain_holds_the_report_fits_its_schema(told: list[tuple[Any, ...]]) -> None:
    day, events = 0, []
    for sequence, (kind, metrics, gate, subject, days) in enumerate(told, start=1):
        day += days
        attributes = {"noxtasks.gate.name": gate, "noxtasks.gate.verdict": "pass"}
        events.append(event(kind, sequence, day, metrics=metrics, attributes=attributes, subject=subject))
    assert not faults(made(*events))


def faults(result: dict[str, Any]) -> list[Any]:
    from noxtasks.evidence import canonical, schemas  # noqa: PLC0415 - of this check alone

    told = {"schema": "Phase2-AAR/1", "result": canonical.plain(result, where=aar.NAME), "timing": {}}
    return [each for each in schemas.faults("Phase2-AAR", told) if each.pointer.startswith("/result")]


@pytest.mark.parametrize("measure", [each for one in OBJECTIVES for each in one.measures], ids=lambda each: each.name)
def test_every_metric_has_a_name_of_its_own(measure: Measure) -> None:
    assert [each.name for one in OBJECTIVES for each in one.measures].count(measure.name) == 1
    assert bool(measure.artifact) == bool(measure.ends)


def test_figures_are_in_the_order_of_the_chain() -> None:
    (measure,) = [each for one in OBJECTIVES for each in one.measures if each.name == "mutation score"]
    found = measures.course(measure, [scanned(1, 0.5), scanned(2, 0.4), scanned(3, 0.6)], {})
    assert [each.figure for each in found] == [0.5, 0.4, 0.6]
    assert found[0].at == datetime(2026, 9, 1, tzinfo=UTC)
