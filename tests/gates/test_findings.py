"""What artifacts say of files and lines, in one form; and the lines of tests, which they know by name alone."""

from __future__ import annotations

import ast
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noxtasks.gates import findings, lines, table
from noxtasks.gates.descriptions import RULES
from noxtasks.gates.model import Finding, Grade

from .samples import cause, comparison, document, flakes, health, mutant, mutation, scan, tier, unsteady

SOURCE = """
import pytest

class TestShop:
    if True:
        @pytest.mark.slow
        def test_price(self):
            pass

    class TestInner(Base):
        async def test_it(self): ...

try:
    def test_b(): ...
finally:
    pass
"""


def found(name: str, result: Any) -> list[Finding]:
    return list(findings.of([document(name, result)]))


def test_what_keeps_tests_from_running() -> None:
    one, other = found(
        table.HEALTH, health(causes=[cause(), cause(blocking=False, path="", nodeid="b.py::test", line=0)])
    )
    assert (one.rule, one.path, one.line, one.grade) == ("collection-error", "test_shop.py", 3, Grade.ERROR)
    assert one.message == "missing import: No module named 'shop'. Install it."
    assert (other.path, other.line, other.grade) == ("b.py", 0, Grade.WARNING)


def test_tests_that_fail_sometimes_or_always() -> None:
    explained = {"kind": "victim", "advice": "Undo it.", "culprits": ["test_a.py::test_a"]}
    flaky = unsteady("test_shop.py::test_b", explanation=explained)
    one, other = found(
        table.FLAKES, flakes(flaky=[flaky], broken=[unsteady("test_z.py::test_z", causes=[], failures=100)])
    )
    assert (one.rule, one.path, one.test) == ("flaky-test", "test_shop.py", "test_shop.py::test_b")
    assert one.message == (
        "test_shop.py::test_b failed in 25 of 100 runs: AssertionError. victim, after test_a.py::test_a. Undo it."
    )
    assert one.command == "noxtasks flake replay abc-0 --test=test_shop.py::test_b"
    assert (other.rule, other.message) == ("broken-test", "test_z.py::test_z failed in 100 of 100 runs.")


def test_quarantines_that_are_over() -> None:
    entry = {"test": "test_shop.py::test_b", "expires": "2026-11-01", "reason": "a race"}
    assert found(table.DELTA, {}) == []
    (one,) = found(table.DELTA, {"quarantine": {"expired": [entry]}})
    assert one.message == "test_shop.py::test_b: its quarantine ended on 2026-11-01. a race."


def test_what_is_not_reproducible() -> None:
    kind = {
        "kind": "sleep",
        "path": "test_shop.py",
        "line": 9,
        "code": "time.sleep(1)",
        "what": "waiting for a fixed time",
    }
    differing = {"test": "test_shop.py::test_b", "first": "passed", "second": "failed"}
    result = {
        "findings": [{**kind, "why": "It is too short.", "advice": "Wait for the event."}],
        "differing": [differing],
    }
    other, one = found(table.DETERMINISM, result)
    assert (one.rule, one.line) == ("unreproducible", 9)
    assert one.message == "sleep: waiting for a fixed time: time.sleep(1). It is too short. Wait for the event."
    assert other.message == "test_shop.py::test_b: passed, and then failed, with one seed and one order"


def test_mutants_that_live_stand_where_the_code_changes() -> None:
    killed, unrun = mutant(status="killed", id="1"), mutant(status="no tests", id="2", covering=0, line=3)
    one, other = found(table.MUTATION, mutation(killed, mutant(), unrun))
    assert "no test runs it" in one.message
    assert (other.line, other.column, other.end_line, other.end_column, other.key) == (7, 12, 7, 13, "0f3a")
    assert other.message.splitlines() == [
        "price can be changed so, and no test fails (2 tests run it):",
        "-    return a + b",
        "+    return a - b",
    ]


def test_benchmarks_that_are_slower_or_over_their_limit() -> None:
    slower = {"test": "test_shop.py::test_b", "metric": "cpu", "finding": "slower", "change": 0.31}
    limit = {"test": "test_shop.py::test_b", "metric": "p95", "verdict": "fail", "figure_s": 0.25, "limit_s": 0.2}
    result = comparison(tier("mean", 0.3, "fail"), benchmarks=[slower, {**slower, "finding": "steady"}], limits=[limit])
    over, one = found(table.COMPARISON, result)
    assert (one.rule, one.grade, one.message) == (
        "slower-benchmark",
        Grade.ERROR,
        f"test_shop.py::test_b takes +31.0% (cpu) against {'a' * 40}",
    )
    assert over.message == "test_shop.py::test_b: p95 0.25 s, allowed 0.2 s"
    (alert, *_) = [each for each in found(table.COMPARISON, {**result, "is_stored": True}) if each.rule == one.rule]
    assert alert.grade is Grade.WARNING


def test_tests_that_fail_or_conflict_in_parallel() -> None:
    both, one = found(table.SCAN, scan())
    assert one.message == "test_shop.py::test_b failed 2 of 5 times with load -n 2, alone never"
    assert (both.rule, both.related) == ("conflicting-tests", ("test_shop.py::test_b",))
    assert both.message.endswith("and test_shop.py::test_b share the port 8080. Take a free port.")
    assert len(found(table.SCAN, scan(conflicts=None))) == 1


def test_markers_that_nothing_uses_or_registers() -> None:
    place = {"path": "pyproject.toml", "line": 4}
    used = {"path": "test_shop.py", "line": 5}
    dead = {"name": "dead", "class": "removable", "reason": "nothing uses it", "registrations": [place]}
    misspelt = {"name": "slwo", "class": "unregistered but used", "reason": "a test has it", "references": [used]}
    slow = {"name": "slow", "class": "applied", "reason": "", "registrations": [place], "references": [used]}
    markers = [{**dead, "references": []}, {**misspelt, "registrations": []}, slow]
    one, other = found(table.MARKERS, {"markers": markers})
    assert (one.rule, one.path, one.line, one.grade) == ("unregistered-marker", "test_shop.py", 5, Grade.WARNING)
    assert (other.rule, other.path, other.line, other.grade) == ("dead-marker", "pyproject.toml", 4, Grade.NOTE)


def test_new_lines_that_no_test_runs_stand_together() -> None:
    one, other = found(table.LADDER, {"new_code": {"missing": {"shop.py": [9, 3, 4, 5]}}})
    assert (one.line, one.end_line, one.message) == (3, 5, "lines 3 to 5 have changed, and no test runs them")
    assert (other.line, other.end_line, other.message) == (9, 9, "line 9 has changed, and no test runs it")
    assert found(table.LADDER, {"new_code": None}) == []


def test_tests_that_end_otherwise_elsewhere() -> None:
    differing = {
        "test": "test_shop.py::test_b",
        "outcomes": {"linux-3.12": "passed", "windows-3.12": "failed"},
        "cause": "path separators",
        "said": "a\\b",
        "remedy": "Use pathlib.",
        "path": "shop.py",
        "line": 6,
    }
    one, other = found(table.MATRIX, {"differing": [differing, {**differing, "path": None, "line": None}]})
    assert one.message == (
        "test_shop.py::test_b: passed on linux-3.12, failed on windows-3.12. path separators. a\\b. Use pathlib."
    )
    assert ((one.path, one.line), (other.path, other.line)) == (("shop.py", 6), ("test_shop.py", 0))


@pytest.mark.parametrize("path", ["/usr/lib/python3/site-packages/a.py", "C:/a.py", "../a.py", "a/../../b.py", ""])
def test_what_lies_outside_of_the_project_is_left_out(path: str) -> None:
    assert found(table.HEALTH, health(causes=[cause(path=path, nodeid="", modules=[])])) == []


def test_a_new_line_is_known_by_its_text() -> None:
    (one,) = lines.placed(found(table.LADDER, {"new_code": {"missing": {"shop.py": [2]}}}), lambda path: "a\n  b = 1\n")
    (moved,) = lines.placed(
        found(table.LADDER, {"new_code": {"missing": {"shop.py": [3]}}}), lambda path: "\na\n  b = 1"
    )
    assert (one.key, moved.key) == ("b = 1", "b = 1")
    (gone,) = lines.placed(found(table.LADDER, {"new_code": {"missing": {"shop.py": [9]}}}), lambda path: None)
    assert gone.key == ""


def test_what_does_not_count_tells_nothing() -> None:
    result = health(causes=[cause()])
    assert findings.of([document(table.HEALTH, result, refusal="altered")]) == ()
    assert findings.of([document("own.json", result, is_ours=False)]) == ()


def test_every_finding_has_its_rule_described() -> None:
    told = [
        *found(table.HEALTH, health(causes=[cause()])),
        *found(table.SCAN, scan()),
        *found(table.MUTATION, mutation(mutant())),
    ]
    assert {each.rule for each in told} <= {rule.id for rule in RULES}
    assert len({rule.id for rule in RULES}) == len(RULES)
    assert max(len(rule.help) for rule in RULES) <= 1024, "GitHub takes no more"


@given(st.lists(st.integers(1, 40)))
def test_spans_hold_each_line_once_and_nothing_else(numbers: list[int]) -> None:
    runs = findings.spans(numbers)
    assert [line for first, last in runs for line in range(first, last + 1)] == sorted(set(numbers))
    assert all(before[1] + 1 < after[0] for before, after in pairwise(runs))


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("TestShop::test_price", 7),
        ("TestShop::test_price[a::b-1]", 7),
        ("TestShop::TestInner::test_it", 11),
        ("TestShop::TestInner::test_inherited", 10),
        ("test_b", 14),
        ("test_gone", 0),
        ("", 0),
    ],
)
def test_the_line_of_a_test(name: str, line: int) -> None:
    assert lines.line_of(ast.parse(SOURCE), name) == line


def test_only_tests_without_a_line_are_looked_up_and_sources_are_read_once() -> None:
    read: list[str] = []

    def text(path: str) -> str | None:
        read.append(path)
        return {"a.py": SOURCE, "broken.py": "def"}.get(path)

    def of(path: str, **parts: Any) -> Finding:
        return Finding(rule="x", path=path, message="", key="", test=f"{path}::test_b", **parts)

    told = lines.placed([of("a.py"), of("a.py"), of("a.py", line=3), of("broken.py"), of("gone.py")], text)
    assert [each.line for each in told] == [14, 14, 3, 0, 0]
    assert read == ["a.py", "broken.py", "gone.py"]


def test_rules_of_the_project_that_are_broken_and_risks_that_have_fired() -> None:
    def said(rule: str, line: int) -> dict[str, Any]:
        about = {"name": "O1", "message": f"a {rule}", "remedy": "Mend it."}
        return {"rule": rule, "path": "governance.yaml", "line": line, **about}

    def risk(level: str, state: str) -> dict[str, Any]:
        answers = {"mitigation": "sample", "rollback": "revert"}
        return {"name": f"{level} {state}", "title": "Slow", "level": level, "state": state, "line": 9, **answers}

    risks = [risk("advisory", "fired"), risk("advisory", "calm"), risk("blocking", "fired")]
    result = {
        "file": "governance.yaml",
        "violations": [said("idle milestone", 3), said("dimension", 0)],
        "advice": [said("pattern", 5)],
        "risks": risks,
    }
    one, two, advice, fired = found(table.GOVERNANCE, result)
    assert [each.grade.value for each in (one, two, advice, fired)] == ["error", "error", "warning", "warning"]
    assert (two.rule, two.path, two.line) == ("broken-governance-rule", "governance.yaml", 3)
    assert two.message == "a idle milestone. Mend it."
    assert (fired.rule, fired.line) == ("fired-risk", 9)
    assert fired.message == "advisory fired has fired: Slow. sample. revert."
