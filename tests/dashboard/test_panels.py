"""Panels of artifacts that take long to make, or more than a project: by results as their schemas have them."""

from __future__ import annotations

from typing import Any

import pytest

from noxtasks.dashboard.panels import bench, bundle, flake, gates, governance, markers, matrix, mutation, parallel
from noxtasks.dashboard.panels.objective import sentences, share, verdict, within
from noxtasks.stats import Verdict

TEST = "test_shop.py::test_price"


def comparison(**parts: Any) -> dict[str, Any]:
    changed = {"test": TEST, "metric": "cpu", "pairs": 10, "threshold": 0.05, "p": 0.001, "changes": []}
    return {
        "verdict": "fail",
        "reason": "1 benchmark is slower",
        "against": "0123456789" * 4,
        "benchmarks": [
            {**changed, "finding": "slower", "change": 0.12, "low": 0.1, "high": 0.15},
            {**changed, "test": "other", "finding": "steady", "change": 0.0, "low": -0.01, "high": 0.01},
        ],
        "limits": [{"test": TEST, "metric": "p95", "figure_s": 0.2, "limit_s": 0.1, "verdict": "fail"}],
        "trends": [
            {
                "test": TEST,
                "metric": "cpu",
                "steps": [],
                "points": [{"code_version": "c", "taken": "2026-01-01T00:00:00Z", "value_s": 0.5}],
            }
        ],
        **parts,
    }


def test_a_benchmark_has_its_change_with_interval_pairs_and_command() -> None:
    told = bench.OBJECTIVE.answer(comparison(), {}, {})
    assert told.verdict is Verdict.FAIL
    assert told.figure == (
        "2 benchmarks against 0123456789: 1 slower, 1 steady; at worst +12.0% (+10.0% to +15.0%) of cpu in 10 pairs"
    )
    assert [(each.kind, each.test) for each in told.findings] == [("slower", TEST), ("over its limit", TEST)]
    assert {each.command for each in told.findings} == {f"noxtasks bench --against {'0123456789' * 4}"}
    assert [(each.name, each.unit, each.points[0].value) for each in told.series] == [(f"{TEST}, cpu", "seconds", 0.5)]


def test_a_stored_baseline_and_a_branch_are_called_what_they_are() -> None:
    assert "against what was stored" in bench.OBJECTIVE.answer(comparison(against=""), {}, {}).figure
    assert "against origin/main:" in bench.OBJECTIVE.answer(comparison(against="origin/main"), {}, {}).figure


def scan(**parts: Any) -> dict[str, Any]:
    load = {"mode": "load", "workers": 4}
    suspect = {"test": TEST, "outcome": "failed", "times": 3, "trials": 4}
    return {
        "answer": "pays",
        "reason": "",
        "recommended": load,
        "tests": 12,
        "gates": [{"name": "speed-up", "threshold": 1.5, "verdict": "pass", "reason": ""}],
        "candidates": [
            {"candidate": load, "fault": None, "suspects": [suspect]},
            {
                "candidate": {"mode": "loadfile", "workers": 2},
                "fault": {"trouble": "hung", "said": "nothing more came"},
                "suspects": [suspect],
            },
        ],
        "conflicts": {
            "conflicts": [
                {
                    "standing": "proven",
                    "tests": [TEST, "other"],
                    "resource": {"kind": "port", "name": "8080"},
                    "remedy": "Ask for a free one.",
                    "command": "noxtasks parallel conflicts",
                }
            ]
        },
        **parts,
    }


def test_a_scan_has_its_speed_up_from_the_analysis_beside_it_and_names_each_suspect_once() -> None:
    speedup = {"estimate": 2.5, "low": 2.2, "high": 2.8, "pairs": 6}
    times = {"candidates": [{"candidate": {"mode": "load", "workers": 4}, "speedup": speedup}]}
    told = parallel.OBJECTIVE.answer(scan(), {}, {parallel.TIMES: {"result": {}, "timing": times}})
    assert told.figure == "pays with load -n 4: 2.50x as fast (2.20 to 2.80, 6 pairs); 12 tests, 3 findings"
    assert [each.kind for each in told.findings] == ["breaks", "fails in parallel", "conflict"]
    assert told.bars[0].bars[0].threshold == 1.5
    assert parallel.OBJECTIVE.answer(scan(), {}, {}).figure == "pays with load -n 4; 12 tests, 3 findings"


def test_a_matrix_tells_how_each_test_ended_where_and_which_cell_is_missing() -> None:
    judged = {"figure": 0.9, "sample": 10, "threshold": 0.95, "verdict": "fail", "reason": "1 of 10 differs"}
    cell = {"name": "linux-3.12", "is_missing": False, "pass_rate": 0.9, "interval": {"low": 0.6, "high": 0.98}}
    missing = {"name": "macos-3.12", "is_missing": True, "pass_rate": None, "interval": None}
    differing = {
        "test": TEST,
        "outcomes": {"linux-3.12": "passed", "windows-3.12": "failed"},
        "cause": "paths",
        "said": "",
        "remedy": "Use pathlib.",
        "path": None,
        "line": None,
    }
    result = {
        "consistency": judged,
        "pass_rates": {**judged, "verdict": "pass"},
        "interpreters": {**judged, "verdict": "unmeasured"},
        "cells": [cell, missing],
        "missing": ["macos-3.12"],
        "differing": [differing],
    }
    told = matrix.OBJECTIVE.answer(result, {}, {})
    assert (told.verdict, told.figure) == (
        Verdict.FAIL,
        "90% of 10 tests end alike on 1 cell, 1 cell missing; 1 differ",
    )
    assert told.findings[1].what == "passed on linux-3.12, failed on windows-3.12"
    assert told.findings[1].path == "test_shop.py"
    assert told.bars[0].bars[1].value is None


def test_a_bundle_says_which_milestones_are_reached_and_what_is_missing() -> None:
    gate = {"name": "AC-8", "title": "It is fast.", "reason": "", "command": "noxtasks bench", "verdict": "fail"}
    archive = {
        "name": "M1-completion.tar.gz",
        "milestone": "M1",
        "files": 9,
        "is_signed": False,
        "sha256": "ab" * 32,
        "verdict": "pass",
    }
    result = {
        "milestones": [
            {"name": "M1", "verdict": "pass", "gates": [{**gate, "verdict": "pass"}]},
            {"name": "M2", "verdict": "fail", "gates": [gate, {**gate, "verdict": "pass"}]},
        ],
        "archives": [archive],
        "missing": [{"name": "perf.comparison.json", "milestone": "M2", "message": "it is not there"}],
    }
    told = bundle.OBJECTIVE.answer(result, {}, {})
    assert told.verdict is Verdict.PASS
    assert told.figure == (
        "M1 in M1-completion.tar.gz (9 files, not signed, SHA-256 abababababab); 1 missing artifact; reached: M1"
    )
    assert [bar.value for bar in told.bars[0].bars] == [1.0, 0.5]
    assert [each.kind for each in told.findings] == ["missing", "M2: fail"]
    nothing = bundle.OBJECTIVE.answer({"milestones": [], "archives": [], "missing": []}, {}, {})
    assert (nothing.verdict, nothing.figure) == (
        Verdict.UNMEASURED,
        "no archive; no missing artifacts; reached: no milestone",
    )


def test_governance_tells_violations_and_risks_that_fired() -> None:
    violation = {"rule": "orphan", "name": "O1", "message": "O1: no milestone", "remedy": "Name one.", "path": "g.yaml"}
    risk = {
        "name": "R1",
        "title": "It is slow",
        "state": "fired",
        "reason": "31 minutes",
        "mitigation": "Sample.",
        "rollback": "",
        "line": 4,
        "command": "",
    }
    result = {
        "verdict": "fail",
        "violations": [{**violation, "line": 3}],
        "advice": [{**violation, "rule": "pattern", "name": "", "line": 9}],
        "risks": [risk, {**risk, "state": "calm"}, {**risk, "state": "unmeasured"}],
        "dimensions": [{"holds": True}, {"holds": False}],
        "objectives": [{}],
        "milestones": [{}, {}],
        "completeness": 0.5,
        "file": "governance.yaml",
        "unmeasured": [{"name": "circle", "line": 1}],
        "patterns": [{"name": "circle", "figure": 0.75, "threshold": 1.0}, {"name": "triangle", "figure": None}],
    }
    told = governance.OBJECTIVE.answer(result, {}, {})
    assert told.figure == (
        "1 violation in 1 objective and 2 milestones; 1 of 2 dimensions hold; "
        "1 of 3 risks fired, 1 not measured; "
        "50% of deliverables have a digest"
    )
    assert [(each.kind, each.what, each.path, each.line) for each in told.findings] == [
        ("orphan", "O1: no milestone", "g.yaml", 3),
        ("risk fired", "R1: It is slow", "governance.yaml", 4),
        ("advice: pattern", "O1: no milestone", "g.yaml", 9),
    ]


def judged(**parts: Any) -> dict[str, Any]:
    return {
        "name": "ladder tier 1",
        "title": "Unit tests cover it.",
        "artifact": "coverage.ladder.v2.yaml",
        "pointer": "/x",
        "operator": ">=",
        "threshold": 0.7,
        "figure": 0.4146,
        "unit": "share",
        "verdict": "fail",
        "reason": "below",
        "remark": "",
        "level": "blocking",
        "is_blocking": True,
        "is_waived": False,
        "command": "noxtasks ladder",
        **parts,
    }


@pytest.mark.parametrize(
    ("verdicts", "sentence"),
    [
        ("", "It may be merged: no gate blocks."),
        ("pass", "It may be merged: its one blocking gate holds."),
        ("pass pass", "It may be merged: all 2 blocking gates hold."),
        ("pass unmeasured", "It may not be merged yet: 1 not measured."),
        ("unmeasured fail", "It may not be merged: 1 failed."),
    ],
)
def test_the_gates_say_in_a_sentence_whether_to_merge(verdicts: str, sentence: str) -> None:
    blocking = [judged(name=f"{number}", verdict=each) for number, each in enumerate(verdicts.split())]
    result = {"verdict": "pass", "notes": [], "gates": [*blocking, judged(verdict="fail", is_blocking=False)]}
    assert gates.OBJECTIVE.answer(result, {}, {}).reason == sentence


def test_a_gate_has_its_figure_in_its_unit_and_the_blocking_ones_come_first() -> None:
    gate = judged()
    other = {**gate, "name": "flake rate", "figure": None, "is_blocking": False, "verdict": "unmeasured"}
    result = {"verdict": "fail", "notes": [], "gates": [other, gate, {**gate, "verdict": "pass"}]}
    told = gates.OBJECTIVE.answer(result, {}, {})
    assert told.figure.startswith("1 of 2 blocking gates hold; of all 3, 1 hold, 1 fail, 1 are not measured")
    assert [(each.kind, each.what) for each in told.findings] == [
        ("fail, blocking", "ladder tier 1: 41.4%, wanted >= 70%"),
        ("unmeasured, advisory", "flake rate: no figure"),
    ]


def test_markers_that_no_run_has_seen_are_not_measured() -> None:
    names = ("registered", "live", "unregistered_but_used")
    counts = dict.fromkeys((*markers._COUNTS, *names), 0)
    gate = {"name": "registered", "grade": "UNMEASURED", "reason": "nothing was collected"}
    result = {"counts": counts, "tests": None, "gates": [gate], "markers": []}
    assert markers.OBJECTIVE.answer(result, {}, {}).verdict is Verdict.UNMEASURED
    warned = {**result, "gates": [{**gate, "grade": "WARN"}]}
    assert markers.OBJECTIVE.answer(warned, {}, {}).verdict is Verdict.PASS


def scanned(**score: Any) -> dict[str, Any]:
    known = {"figure": 0.564, "interval": None, "killed": 31, "total": 55, "covered": 40}
    return {
        "score": {**known, **score},
        "judgement": {"verdict": "pass", "reason": "", "threshold": 0.6},
        "extent": {"mutants": 266, "chosen": 40 if score else 266},
        "gate": {"said": ""},
        "lessons": [],
        "mutants": [],
        "scopes": [],
        "modules": [],
    }


def test_the_score_of_a_sample_is_an_estimate_and_no_share_of_what_was_tried() -> None:
    told = mutation.OBJECTIVE.answer(scanned(figure=0.731, interval={"low": 0.602, "high": 0.821}), {}, {})
    assert told.figure == (
        "73.1% (60.2% to 82.1%): estimated for 266 mutants; of 40 tried 31 were killed, and no test runs 15"
    )
    assert mutation.OBJECTIVE.answer(scanned(), {}, {}).figure == "56.4%: 31 of 55 mutants killed"


def test_a_quarantine_that_has_ended_is_a_finding_and_the_change_is_told() -> None:
    window = {"runs": 10, "failures": 1, "rate": 0.1, "interval": {"low": 0.01, "high": 0.4}}
    entry = {"test": TEST, "expires": "2026-01-01", "reason": "it waits"}
    delta = {"before": window, "after": {**window, "rate": 0.0}, "quarantine": {"expired": [entry]}}
    claim = {"verdict": "unmeasured", "figure": None, "interval": None, "reason": "too few runs", "threshold": 0.05}
    result = {"claim": claim, "broken": [], "flaky": [], "tests": 2, "runs": 10}
    told = flake.OBJECTIVE.answer(result, {}, {flake.DELTA: {"result": delta, "timing": {}}})
    assert told.verdict is Verdict.UNMEASURED
    assert "10% of 10 in the session before, 0% of 10 now" in told.reason
    assert [(each.kind, each.command) for each in told.findings] == [
        ("expired quarantine", "noxtasks flake quarantine")
    ]


def test_the_worst_rate_is_of_the_runs_that_it_rests_on() -> None:
    ends = {"low": 0.0, "high": 0.39}
    claim = {"verdict": "unmeasured", "figure": 0, "interval": ends, "sample": 6, "reason": "", "threshold": 0.05}
    result = {"claim": claim, "broken": [], "flaky": [], "tests": 2, "runs": 3}
    assert flake.OBJECTIVE.answer(result, {}, {}).figure == (
        "no flaky tests, 0 broken, of 2 in 3 runs; the worst rate is 0% (0% to 39%) of 6 runs"
    )


def test_a_test_that_failed_only_when_its_cause_was_tried_is_said_to_have() -> None:
    claim = {"verdict": "unmeasured", "figure": None, "interval": None, "reason": "", "threshold": 0.05}
    cause = {"kind": "randomness", "culprits": [], "evidence": [], "advice": "Fix the seed."}
    found = {
        "test": TEST,
        "failures": 0,
        "runs": 5,
        "rate": 0.0,
        "interval": {"low": 0.0, "high": 0.434},
        "causes": [],
        "explanation": {**cause, "reproduced": {"failures": 20, "runs": 20}},
        "reproduce": "noxtasks flake try x",
    }
    result = {"claim": claim, "broken": [], "flaky": [found], "tests": 2, "runs": 5}
    (told,) = flake.OBJECTIVE.answer(result, {}, {}).findings
    assert told.what == "failed in 0 of 5 runs (0% to 43.4%), but in 20 of 20 when its cause was tried"
    assert told.detail == "randomness. Fix the seed."


@pytest.mark.parametrize(
    ("parts", "told"),
    [
        (("there is no x.json", "", "it is so."), "There is no x.json. It is so."),
        (("x.json: it does not fit;\n  a is missing",), "x.json: it does not fit; a is missing."),
        (("no such marker", "no such marker"), "No such marker."),
        (("not decided", "not decided; it takes 4 more"), "Not decided; it takes 4 more."),
        (("shop.total(1) returns 3; changed, it raises",), "shop.total(1) returns 3; changed, it raises."),
        (("unit: no test", "AssertionError"), "unit: no test. AssertionError."),
        ((), ""),
    ],
)
def test_what_is_said_is_in_sentences(parts: tuple[str, ...], told: str) -> None:
    assert sentences(*parts) == told


@pytest.mark.parametrize(
    ("value", "text"), [(1.0, "100%"), (0.99999, "99.9%"), (0.0, "0%"), (0.00001, "<0.1%"), (0.123, "12.3%")]
)
def test_a_share_is_whole_only_where_it_is(value: float, text: str) -> None:
    assert share(value) == text


def test_an_interval_without_ends_is_not_told_and_no_word_is_a_verdict_that_is_none() -> None:
    assert within(None) == ""
    assert within({"low": 0.5, "high": None}) == ""
    with pytest.raises(ValueError, match="perhaps"):
        verdict("perhaps")
