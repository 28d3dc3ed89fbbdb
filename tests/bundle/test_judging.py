"""Which milestones hold, and what is added to documents that do not know it themselves."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from noxtasks.bundle import judging
from noxtasks.bundle import milestones as plan
from noxtasks.bundle.model import Judged, Milestone
from noxtasks.evidence.events import Event, EventType
from noxtasks.evidence.gating.model import Document, Evaluation, Gate, Level, Operator
from noxtasks.stats import Verdict

from .told import TODAY, digest, document, event

SCANNED = EventType.PARALLELIZATION_PROBE_COMPLETE
AUDITED = EventType.MARKER_CONSOLIDATION_COMPLETE
BUNDLED = EventType.EVIDENCE_BUNDLED


def gate(name: str = "score", **parts: Any) -> Gate:
    return Gate(
        **{
            "name": name,
            "title": "The score suffices.",
            "artifact": "score.json",
            "pointer": "/result/figure",
            "operator": Operator.AT_LEAST,
            "threshold": 0.6,
            "level": Level.BLOCKING,
            "command": "",
            **parts,
        }
    )


def milestone(*gates: Gate) -> Milestone:
    return Milestone(name="M9", title="All", objectives=("O1",), gates=gates)


def judged(*gates: Gate, figure: float = 0.7) -> Judged:
    documents = {"score.json": document("score.json", result={"figure": figure})}
    (found,) = judging.judge((milestone(*gates),), documents, today=TODAY)
    return found


def test_a_milestone_is_as_good_as_the_gravest_of_its_gates_that_block() -> None:
    assert judged(gate()).verdict is Verdict.PASS
    assert judged(gate(), gate(threshold=0.8)).verdict is Verdict.FAIL
    assert judged(gate(), gate(artifact="none.json")).verdict is Verdict.UNMEASURED
    assert judged(gate(), gate(threshold=0.8, level=Level.ADVISORY)).verdict is Verdict.PASS


def test_what_is_not_there_is_not_measured_and_says_why() -> None:
    (found,) = judged(gate(artifact="none.json")).evaluations
    assert (found.verdict, found.reason) == (Verdict.UNMEASURED, "there is no none.json")
    (found,) = judged(gate(artifact="", absent="nothing shows it")).evaluations
    assert (found.verdict, found.figure, found.reason) == (Verdict.UNMEASURED, None, "nothing shows it")


def test_without_anything_no_milestone_holds() -> None:
    documents = judging.prepare({}, events=(), archives={})
    for each in judging.judge(plan.MILESTONES, documents, today=TODAY):
        assert each.verdict is Verdict.FAIL  # its own archive lacks everything
        assert not any(one.verdict is Verdict.PASS for one in each.evaluations)


def test_what_is_missing_is_what_gates_that_block_need() -> None:
    wanted = milestone(gate(), gate(artifact="none.json"), gate(artifact="other.json", level=Level.ADVISORY))
    refused = Document(name="score.json", refusal="it was altered")
    found = judging.missing((wanted,), {"score.json": refused})
    assert [(each.name, each.milestone, each.message) for each in found] == [
        ("score.json", "M9", "it was altered"),
        ("none.json", "M9", "there is no none.json"),
    ]


def evaluated(name: str, which: Milestone, documents: dict[str, Document]) -> Evaluation:
    (found,) = judging.judge((which,), documents, today=TODAY)
    return next(each for each in found.evaluations if each.gate.name == name)


def test_an_archive_before_has_to_be_there() -> None:
    without = judging.prepare({}, events=(), archives={})
    there = judging.prepare({}, events=(), archives={"M1-completion.tar.gz": "a" * 64})
    assert evaluated("evidence bundle of M1", plan.M2, without).verdict is Verdict.FAIL
    assert evaluated("evidence bundle of M1", plan.M2, there).verdict is Verdict.PASS
    assert evaluated("evidence bundle of M2", plan.M3, there).verdict is Verdict.FAIL


def test_what_an_earlier_completeness_says_does_not_count() -> None:
    old = document(plan.COMPLETENESS, result={"missing": [], "archives": [{"name": "M1-completion.tar.gz"}]})
    documents = judging.prepare({plan.COMPLETENESS: old}, events=(), archives={})
    assert evaluated("evidence bundle of M1", plan.M2, documents).verdict is Verdict.FAIL
    assert evaluated("evidence bundle", plan.M2, documents).verdict is Verdict.FAIL


def test_an_own_archive_is_complete_where_nothing_is_missing() -> None:
    names = [name for name in plan.artifacts((plan.M1,)) if name != plan.COMPLETENESS]
    documents = {
        name: document(name, result={"gates": [], "counts": {"registered": 0}, "markers": [], "machines": {}})
        for name in names
    } | {plan.MUTATION: mutants(5, files=5)}
    prepared = judging.prepare(documents, events=(), archives={})
    assert evaluated("evidence bundle", plan.M1, prepared).verdict is Verdict.PASS
    del documents[plan.DELTA]
    found = evaluated("evidence bundle", plan.M1, judging.prepare(documents, events=(), archives={}))
    assert (found.verdict, found.figure) == (Verdict.FAIL, 1)
    assert found.reason == f"{plan.DELTA}: there is no {plan.DELTA}"


def scan(figure: float | None, low: float | None = None, high: float | None = None) -> Document:
    speed = {"name": "speed-up", "figure": figure, "low": low, "high": high, "threshold": 3, "verdict": "pass"}
    return document(plan.SCAN, result={"gates": [speed]})


def scanned(sequence: int, speedup: float, letter: str, cores: int | None = 4) -> Event:
    metrics: dict[str, float] = {"parallel.speedup": speedup}
    metrics |= {} if cores is None else {"parallel.cores": cores}
    return event(SCANNED, sequence, metrics=metrics, artifacts=(digest(plan.SCAN, letter),))


def bundled(sequence: int, name: str = "M2") -> Event:
    archive = f"{name}-completion.tar.gz"
    return event(BUNDLED, sequence, subject=archive, artifacts=(digest(archive, "f"),))


def since_m2(found: Document, *events: Event) -> Evaluation:
    return evaluated("speed-up since M2", plan.M3, judging.prepare({plan.SCAN: found}, events=events, archives={}))


@pytest.mark.parametrize(
    ("now", "verdict"),
    [
        ((4.0, 3.8, 4.2), Verdict.PASS),
        ((3.9, 3.6, 4.2), Verdict.PASS),  # a tenth less is allowed
        ((3.9, 3.5999, 4.2), Verdict.UNMEASURED),
        ((3.4, 3.2, 3.5), Verdict.FAIL),
        ((9.0, 8.0, 9.9), Verdict.PASS),
        ((4.0, None, None), Verdict.UNMEASURED),  # too few pairs of runs
    ],
)
def test_the_speed_up_is_held_against_that_before_m2_was_bundled(now: tuple[Any, ...], verdict: Verdict) -> None:
    found = since_m2(scan(*now), scanned(1, 4.0, "b"), bundled(2), scanned(3, now[0], "a"))
    assert found.verdict is verdict
    assert found.figure == pytest.approx(now[0] / 4)
    if verdict is Verdict.FAIL:
        assert found.reason


@pytest.mark.parametrize(
    ("events", "reason"),
    [
        ([], "events.jsonl does not tell that M2 was bundled"),
        ([scanned(1, 4.0, "a"), bundled(2, "M1")], "events.jsonl does not tell that M2 was bundled"),
        ([bundled(1), scanned(2, 4.0, "a")], "events.jsonl tells of no speed-up before M2 was bundled"),
        ([scanned(1, 4.0, "b"), bundled(2)], "events.jsonl does not tell of this scan"),
        (
            [scanned(1, 4.0, "b", cores=8), bundled(2), scanned(3, 4.0, "a")],
            "the scan before M2 was bundled had another number of cores, or does not say",
        ),
        (
            [scanned(1, 4.0, "b", cores=None), bundled(2), scanned(3, 4.0, "a", cores=None)],
            "the scan before M2 was bundled had another number of cores, or does not say",
        ),
    ],
)
def test_without_an_earlier_speed_up_of_the_same_kind_it_is_not_measured(events: list[Event], reason: str) -> None:
    found = since_m2(scan(4.0, 3.9, 4.1), *events)
    assert (found.verdict, found.figure, found.reason) == (Verdict.UNMEASURED, None, reason)


def test_nothing_in_parallel_is_no_figure() -> None:
    found = since_m2(scan(None), scanned(1, 4.0, "b"), bundled(2), scanned(3, 1.0, "a"))
    assert (found.verdict, found.reason) == (Verdict.UNMEASURED, "nothing was measured in parallel")


def test_an_archive_that_was_made_again_is_the_one_that_counts() -> None:
    again = (scanned(1, 9.0, "b"), bundled(2), scanned(3, 4.0, "a"), bundled(4))
    found = since_m2(scan(4.0, 4.0, 4.0), *again)
    assert (found.verdict, found.figure) == (Verdict.PASS, 1.0)


def audited(sequence: int, registered: int, letter: str) -> Event:
    return event(
        AUDITED, sequence, metrics={"markers.registered": registered}, artifacts=(digest(plan.MARKERS, letter),)
    )


@pytest.mark.parametrize(
    ("first", "now", "verdict"),
    [(283, 50, Verdict.PASS), (100, 18, Verdict.PASS), (100, 19, Verdict.FAIL), (10, 20, Verdict.FAIL)],
)
def test_the_reduction_of_markers_is_since_the_first_audit(first: int, now: int, verdict: Verdict) -> None:
    found = document(plan.MARKERS, result={"counts": {"registered": now}, "markers": []})
    events = (audited(1, first, "b"), audited(2, 1, "c"), audited(3, now, "a"))
    documents = judging.prepare({plan.MARKERS: found}, events=events, archives={})
    got = evaluated("AC-8 marker reduction by 82 %", plan.M1, documents)
    assert (got.verdict, got.figure) == (verdict, 1 - now / first)


def test_a_marker_that_stays_has_to_be_documented() -> None:
    def marker(name: str, **parts: Any) -> dict[str, Any]:
        return {"name": name, "class": "applied", "registrations": [{}], "description": "", **parts}

    fine = [
        marker("slow", description="takes long"),
        marker("old", **{"class": "removable"}),
        marker("hypothesis", registrations=[]),
    ]
    for markers, wanted in (([], 0), (fine, 0), ([*fine, marker("fast")], 1)):
        found = document(plan.MARKERS, result={"counts": {"registered": 9}, "markers": markers})
        documents = judging.prepare({plan.MARKERS: found}, events=(), archives={})
        assert evaluated("documented markers", plan.M1, documents).figure == wanted


@pytest.mark.parametrize("events", [(), (audited(1, 9, "a"),), (audited(1, 0, "b"), audited(2, 9, "a"))])
def test_without_an_earlier_audit_there_is_no_reduction(events: tuple[Event, ...]) -> None:
    found = document(plan.MARKERS, result={"counts": {"registered": 9}, "markers": []})
    documents = judging.prepare({plan.MARKERS: found}, events=events, archives={})
    assert evaluated("AC-8 marker reduction by 82 %", plan.M1, documents).verdict is Verdict.UNMEASURED


def flakes(name: str, figure: float, **more: Any) -> Document:
    claim = {"figure": figure, "verdict": "pass", "threshold": 0.05, "reason": "so it is"}
    return document(name, result={"claim": claim, "bounds": {"low": 0, "high": figure}, "fewest_runs": 100}, **more)


@pytest.mark.parametrize(("system", "people"), [("Linux", "Linux"), ("Darwin", "macOS"), ("Windows", "Windows")])
def test_the_report_of_this_system_is_one_of_those_of_all(system: str, people: str) -> None:
    own = flakes(plan.FLAKES, 0.01, platform={"system": system})
    documents = judging.prepare({plan.FLAKES: own}, events=(), archives={})
    for name in plan.SYSTEMS.values():
        wanted = Verdict.PASS if name == people else Verdict.UNMEASURED
        assert evaluated(f"flake rate on {name}", plan.M3, documents).verdict is wanted


def on_windows(copy: Document, own: Document | None) -> Evaluation:
    documents = {copy.name: copy} | ({} if own is None else {own.name: own})
    prepared = judging.prepare(documents, events=(), archives={})
    assert judging.prepare(prepared, events=(), archives={}) == prepared
    return evaluated("flake rate on Windows", plan.M3, prepared)


def test_a_report_of_another_system_is_a_copy_beside_it() -> None:
    copy = flakes(plan.FLAKES_OF["windows"], 0.02, platform={"system": "Windows"})
    found = on_windows(copy, flakes(plan.FLAKES, 0.01))
    assert (found.verdict, found.figure) == (Verdict.PASS, 0.02)


@pytest.mark.parametrize(
    ("parts", "reason"),
    [
        ({}, "flake.report.windows.json is not of Windows"),
        ({"platform": None}, "flake.report.windows.json is not of Windows"),
        ({"platform": {"system": "Windows"}, "code_version": "d"}, "flake.report.windows.json is about other code"),
        ({"platform": {"system": "Windows"}, "complete": False}, "is of a session that was interrupted"),
    ],
)
def test_a_copy_of_something_else_does_not_count(parts: dict[str, Any], reason: str) -> None:
    found = on_windows(flakes(plan.FLAKES_OF["windows"], 0.02, **parts), flakes(plan.FLAKES, 0.01))
    assert found.verdict is Verdict.UNMEASURED
    assert reason in found.reason


@pytest.mark.parametrize("own", [None, Document(name=plan.FLAKES, refusal="it is about other code")])
def test_a_copy_alone_does_not_say_which_code_it_has_to_be_about(own: Document | None) -> None:
    found = on_windows(flakes(plan.FLAKES_OF["windows"], 0.02, platform={"system": "Windows"}), own)
    assert found.verdict is Verdict.UNMEASURED
    assert "which code it has to be about is not known" in found.reason


@pytest.mark.parametrize("content", [[], "text", {"platform": []}])
def test_a_copy_may_be_anything(content: Any) -> None:
    copy = Document(name=plan.FLAKES_OF["windows"], content=content)
    assert on_windows(copy, flakes(plan.FLAKES, 0.01)).verdict is Verdict.UNMEASURED


def test_a_copy_of_this_system_goes_before_its_own_report() -> None:
    copy = plan.FLAKES_OF["linux"]
    for there, wanted in ((flakes(copy, 0.2), 0.2), (Document(name=copy, refusal="no"), 0.01)):
        documents = judging.prepare({plan.FLAKES: flakes(plan.FLAKES, 0.01), copy: there}, events=(), archives={})
        assert evaluated("flake rate on Linux", plan.M3, documents).figure == wanted


def test_another_threshold_than_the_reports_own_is_judged_by_all_tests() -> None:
    """One test's interval, that of the claim, does not tell of the others."""
    found = flakes(plan.FLAKES, 0.055)
    found.content["result"]["claim"]["verdict"] = "fail"
    for high, wanted in ((0.069, Verdict.PASS), (0.07, Verdict.UNMEASURED)):
        found.content["result"]["bounds"] |= {"low": 0.052, "high": high}
        assert evaluated("flake rate", plan.M2, {plan.FLAKES: found}).verdict is wanted
    assert evaluated("flake rate", plan.M1, {plan.FLAKES: found}).verdict is Verdict.FAIL
    del found.content["result"]["bounds"]
    assert evaluated("flake rate", plan.M2, {plan.FLAKES: found}).verdict is Verdict.UNMEASURED


@pytest.mark.parametrize(("runs", "verdict"), [(99, Verdict.FAIL), (100, Verdict.PASS), (101, Verdict.PASS)])
def test_every_test_has_to_be_run_so_often_that_the_rate_says_something(runs: int, verdict: Verdict) -> None:
    found = flakes(plan.FLAKES, 0.01)
    found.content["result"]["fewest_runs"] = runs
    assert evaluated("flake sample", plan.M1, {plan.FLAKES: found}).verdict is verdict


def benchmark(name: str, **figures: float | None) -> dict[str, Any]:
    told = {"p50": 1.0, "p95": 1.0, "p99": 1.0, **figures}
    return {"test": name, "quantiles_s": {each: {"figure": figure} for each, figure in told.items()}}


def test_a_benchmark_is_recorded_where_all_of_its_percentiles_are() -> None:
    several = [benchmark(str(number)) for number in range(10)]
    for new, wanted in ((several, Verdict.PASS), ([*several[1:], benchmark("0", p99=None)], Verdict.FAIL)):
        found = document(plan.COMPARISON, timing={"new": new, "old": []})
        documents = judging.prepare({plan.COMPARISON: found}, events=(), archives={})
        assert evaluated("performance baseline", plan.M2, documents).verdict is wanted


def test_benchmarks_are_stored_by_machine() -> None:
    def machine(count: int) -> dict[str, Any]:
        return {"measurements": [{"cpu_s": {}}, {"cpu_s": {str(number): [1.0] for number in range(count)}}]}

    for machines, wanted in (({}, 0), ({"a": machine(6), "b": machine(4)}, 6), ({"a": machine(10)}, 10)):
        found = document(plan.BASELINE, result={"machines": machines})
        documents = judging.prepare({plan.BASELINE: found}, events=(), archives={})
        assert evaluated("AC-11 stored benchmarks", plan.M2, documents).figure == wanted


def test_events_are_counted_by_their_kind() -> None:
    found = document(plan.EVENTS, findings=[])
    documents = judging.prepare({plan.EVENTS: found}, events=(audited(1, 1, "a"),), archives={})
    assert evaluated("AC-15 event marker_consolidation_complete", plan.M3, documents).verdict is Verdict.PASS
    assert evaluated("AC-15 event mutation_scan_complete", plan.M3, documents).verdict is Verdict.FAIL


def test_what_was_refused_stays_refused() -> None:
    documents = {name: Document(name=name, refusal="no") for name in plan.artifacts() if name != plan.COMPLETENESS}
    prepared = judging.prepare(documents, events=(scanned(1, 4.0, "b"), bundled(2)), archives={})
    assert {name: prepared[name] for name in documents} == documents


def test_preparing_twice_is_preparing_once() -> None:
    documents = {plan.SCAN: scan(4.0, 3.9, 4.1), plan.FLAKES: flakes(plan.FLAKES, 0.01)}
    events = (scanned(1, 4.0, "b"), bundled(2), scanned(3, 4.0, "a"))
    once = judging.prepare(documents, events=events, archives={})
    assert judging.prepare(once, events=events, archives={}) == once
    assert documents[plan.SCAN] == msgspec.structs.replace(scan(4.0, 3.9, 4.1))


def mutants(tried: int, *, files: int, unmutated: int = 0, choice: str = "all") -> Document:
    result = {
        "modules": [{"path": f"{number}.py"} for number in range(tried)],
        "sources": {"files": ["a.py"] * files, "unmutated": [{"path": "b.py", "reason": "r"}] * unmutated},
        "extent": {"choice": choice},
    }
    return document(plan.MUTATION, result=result)


@pytest.mark.parametrize(
    ("found", "verdict", "threshold"),
    [
        (mutants(5, files=9), Verdict.PASS, 5),
        (mutants(4, files=9, unmutated=1), Verdict.FAIL, 5),
        (mutants(2, files=4), Verdict.PASS, 2),  # two of four hold nothing that can be changed
        (mutants(2, files=4, unmutated=1), Verdict.FAIL, 3),
        (mutants(2, files=4, choice="since"), Verdict.FAIL, 4),
        (mutants(2, files=9, choice="cap"), Verdict.FAIL, 5),
        (mutants(0, files=0), Verdict.FAIL, 1),
    ],
)
def test_of_few_modules_all_have_to_be_tried_and_of_many_five(
    found: Document, verdict: Verdict, threshold: int
) -> None:
    documents = judging.prepare({plan.MUTATION: found}, events=(), archives={})
    (judged,) = judging.judge((plan.M1,), documents, today=TODAY)
    (baseline,) = [each for each in judged.evaluations if each.gate.name == "mutation baseline"]
    assert (baseline.verdict, baseline.threshold) == (verdict, threshold)
