"""Tests and modules, put together of the parts that artifacts have of them."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from noxtasks.dashboard import sources, testing

SESSION = {"id": "s1", "kind": "flake", "code_version": "a" * 40, "runs": 4}
AT = "2026-01-02T03:04:05Z"
A, B = "test_a.py::test_a", "test_a.py::test_b"


def course(**parts: Any) -> testing.Course:
    result = {"sessions": [SESSION, SESSION], "tests": [A, B], "outcomes": [".F", " ~"], "left_out": 3}
    timing = {"started": [AT, AT], "durations": ["10,25", ",0"]}
    both = {**result, **timing, **parts}
    return testing.course({name: both[name] for name in result}, {name: both[name] for name in timing})


def test_a_course_has_outcomes_and_seconds() -> None:
    told = course()
    assert told.left_out == 3
    assert told.outcomes == {A: ".F", B: " ~"}
    assert told.durations_s == {A: (0.001, 0.0025), B: (None, 0.0)}
    assert [(each.id, each.revision) for each in told.sessions] == [("s1", "a" * 10)] * 2


@pytest.mark.parametrize(
    "parts",
    [
        {"outcomes": [".F", "."]},
        {"outcomes": [".F", ".?"]},
        {"outcomes": [".F"]},
        {"outcomes": [[".", "F"], ".F"]},
        {"tests": [A, 3]},
        {"tests": [A]},
        {"started": [AT]},
        {"started": [AT, "yesterday"]},
        {"durations": ["10,25", "1"]},
        {"durations": ["10,25", "1,x"]},
        {"durations": ["10,25"]},
        {"left_out": "3"},
    ],
)
def test_parts_that_do_not_fit_one_another_are_refused(parts: dict[str, Any]) -> None:
    with pytest.raises((ValueError, TypeError, msgspec.ValidationError)):
        course(**parts)


def unsteady(test: str, **parts: Any) -> dict[str, Any]:
    return {
        "test": test,
        "failures": 1,
        "runs": 4,
        "interval": {"low": 0.05, "high": 0.7},
        "causes": [{"exception": "AssertionError"}],
        "explanation": None,
        "reproduce": "noxtasks flake replay x",
        **parts,
    }


def test_what_is_held_against_a_test_is_the_gravest_and_a_quarantine_covers_it() -> None:
    evidence = {"factor": "after it", "present": {"failures": 5, "runs": 5}, "absent": {"failures": 0, "runs": 6}}
    explanation = {"kind": "victim", "culprits": [A], "advice": "Undo it.", "evidence": [evidence]}
    report = {"quiet": [unsteady(A), unsteady(B)], "flaky": [unsteady(B, explanation=explanation)], "broken": []}
    found = testing.held(report, None)
    assert (found[A].state, found[B].state) == ("quiet", "flaky")
    assert (found[B].cause, found[B].advice) == (
        f"victim, after {A} (after it: fails 5 of 5 times, else 0 of 6); AssertionError",
        "Undo it.",
    )
    delta = {"quarantine": {"kept": [{"test": B, "reason": "it waits"}], "added": [{"test": "c", "reason": "new"}]}}
    covered = testing.held(report, delta)
    assert {name: each.state for name, each in covered.items()} == {A: "quiet", B: "quarantined", "c": "quarantined"}
    assert covered[B].runs == 4
    assert testing.held(None, None) == {}


def test_who_tests_what_is_turned_round() -> None:
    some = {"unit": {"count": 9, "some": [1]}}
    told = {
        "code_version": "c",
        "tests": [A, B],
        "files": {
            "shop.py": {
                "functions": {"f": {"is_run": True, "tiers": {"none": {"count": 1, "some": [0]}}}},
                "lines": [{"lines": [1, 2], "tiers": some}, {"lines": [5], "tiers": some}, {"lines": [9], "tiers": {}}],
            },
            "cart.py": {"functions": {}, "lines": [{"lines": [1], "tiers": some}]},
        },
    }
    runs = testing.runs(msgspec.convert(told, testing.Who))
    assert runs.covers == {B: (("shop.py", 3), ("cart.py", 1))}
    assert runs.tiers == {A: "none", B: "unit"}
    with pytest.raises(IndexError):
        testing.runs(msgspec.convert({**told, "tests": [A]}, testing.Who))


def test_all_that_is_known_of_a_test_comes_together() -> None:
    runs = testing.Runs(tiers={B: "unit"}, covers={B: (("shop.py", 3),)})
    c, a, b = testing.together(course(), {}, runs, {B: 2, "c": 1})
    assert (a.id, a.outcomes, a.kills, a.command) == (A, ".F", 0, f"noxtasks flake --tests {A}")
    assert (b.outcomes, b.kills, b.tier, b.covers) == (" ~", 2, "unit", (("shop.py", 3),))
    assert (c.id, c.outcomes, c.command) == ("c", "", "")
    assert all(each.kills is None for each in testing.together(course(), {}, runs, None))


def test_a_mutant_counts_for_the_test_that_noticed_it_first() -> None:
    mutants = [{"killed_by": A}, {"killed_by": A}, {"killed_by": B}, {"killed_by": ""}]
    assert testing.kills(mutants) == {A: 2, B: 1}


def test_a_module_has_what_the_ladder_and_the_mutants_know_of_it() -> None:
    ladder = {
        "tiers": [
            {"name": "tier1_unit", "metric": "line", "files": {"shop.py": {"covered": 3, "total": 4}}},
            {"name": "tier2_integration", "metric": "line", "files": {"cart.py": {"covered": 0, "total": 0}}},
            {"name": "tier3_system", "metric": "line"},
            {"name": "tier4_mutation", "metric": "score", "files": {}},
        ]
    }
    mutant = {"id": "m1", "path": "shop.py", "line": 3, "function": "f", "diff": ["-a", "+b"], "status": "survived"}
    mutation = {
        "modules": [{"path": "shop.py", "killed": 1, "total": 3, "counts": {"unchecked": 7}}],
        "mutants": [mutant, {**mutant, "id": "m2", "status": "killed"}, {**mutant, "id": "m3", "status": "no tests"}],
    }
    cart, shop = sources.modules(ladder, mutation)
    assert (cart.path, cart.tiers) == ("cart.py", (("unit", None), ("integration", None), ("system", None)))
    assert (cart.killed, cart.mutants) == (None, None)
    assert (shop.tiers[0], shop.killed, shop.mutants, shop.untried) == (("unit", 0.75), 1, 3, 7)
    assert [(each.id, each.command) for each in shop.survivors] == [
        ("m1", "noxtasks mutation explain m1"),
        ("m3", "noxtasks mutation explain m3"),
    ]
    assert sources.modules(None, None) == ()
