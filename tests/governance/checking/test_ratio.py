"""A fifth of the tests suffices, cannot, or may: by what reports know of who kills and covers what."""

from __future__ import annotations

from typing import Any

from noxtasks.evidence.gating.model import Document
from noxtasks.governance.checking import patterns, ratio
from noxtasks.governance.checking.model import Judged
from noxtasks.stats import Verdict

from .samples import document, missing, tier


def mutation(killers: list[str], *, tests: int, covering: int = 1, more: tuple[dict[str, Any], ...] = ()) -> Document:
    mutants = [{"status": "killed", "killed_by": test, "covering": covering} for test in killers]
    return document(ratio.MUTATION, {"mutants": [*mutants, *more], "baseline": {"tests": tests}})


def lines(*groups: tuple[int, list[int], int]) -> Document:
    """Groups of so many lines, run by those tests, and by so many in all."""
    told = [
        {"lines": list(range(count)), "tiers": {"unit": {"count": all_of, "some": some}} if all_of else {}}
        for count, some, all_of in groups
    ]
    content = {"code_version": "a", "tests": [f"t{number}" for number in range(9)], "files": {"a.py": {"lines": told}}}
    return Document(name=ratio.TESTS, content=content)


def ladder(tests: int) -> Document:
    others = ("tier2_integration", "tier3_system")
    tiers = [tier("tier1_unit", tests=tests), *(tier(name, tests=0) for name in others), tier("tier4_mutation")]
    return document(patterns.LADDER, {"tiers": tiers, "unassigned": {"none": []}})


def judged(kills: Document, tests: Document | None = None, of: int = 10, version: str = "a") -> Judged:
    return ratio.golden(
        kills,
        tests or missing(ratio.TESTS),
        ladder(of) if tests else missing(patterns.LADDER),
        code_version=version,
    )


def test_it_holds_where_a_fifth_of_the_tests_kills_four_fifths() -> None:
    found = judged(mutation(["a"] * 8 + ["b", "c"], tests=5, covering=3))
    assert (found.verdict, found.figure, found.threshold) == (Verdict.PASS, 0.2, 0.2)
    assert found.reason == "1 of 5 tests (20.0%) yield 80% of the kills, and no fewer can"
    assert found.told == ("they begin with a",)


def test_it_fails_where_no_fifth_can_since_no_other_test_runs_what_was_killed() -> None:
    found = judged(mutation(["a", "b", "c", "d", "e"], tests=5))
    assert (found.verdict, found.figure) == (Verdict.FAIL, 0.8)
    assert found.reason == "4 of 5 tests (80.0%) yield 80% of the kills, and no fewer can"


def test_it_is_open_where_others_might_kill_as_many() -> None:
    found = judged(mutation(["a", "b", "c", "d", "e"], tests=5, covering=5))
    assert (found.verdict, found.figure) == (Verdict.UNMEASURED, 0.8)


def test_a_crash_counts_as_a_kill_and_what_nobody_killed_counts_for_nothing() -> None:
    others = tuple({"status": status, "killed_by": "", "covering": 1} for status in ("survived", "timeout", "no tests"))
    crash = {"status": "segfault", "killed_by": "", "covering": 1}
    found = judged(mutation(["a"] * 4, tests=5, more=(*others, crash)))
    assert (found.verdict, found.figure) == (Verdict.PASS, 0.2)


def test_without_a_kill_it_is_judged_by_the_lines_that_tests_run() -> None:
    found = judged(missing(ratio.MUTATION), lines((90, [0], 1), (10, [1], 1), (500, [], 0)))
    assert (found.verdict, found.figure) == (Verdict.PASS, 0.1)
    assert found.reason.startswith("1 of 10 tests (10.0%) yield 80% of the coverage, and no fewer can")


def test_of_lines_whose_tests_are_not_all_known_the_bound_claims_nothing() -> None:
    groups = [(10, [number], 1) for number in range(4)]
    assert judged(missing(ratio.MUTATION), lines(*groups), of=5).verdict is Verdict.FAIL
    known = [(10, [number], 5) for number in range(4)]
    assert judged(missing(ratio.MUTATION), lines(*known), of=5).verdict is Verdict.UNMEASURED
    assert judged(missing(ratio.MUTATION), lines((10, [], 5)), of=5).figure is None


def test_lines_of_other_code_do_not_count() -> None:
    found = judged(missing(ratio.MUTATION), lines((90, [0], 1)), version="b")
    assert (found.verdict, found.command) == (Verdict.UNMEASURED, "noxtasks mutation")


def test_both_are_told_and_the_kills_decide() -> None:
    found = judged(mutation(["a"] * 9, tests=10), lines((1, [0], 1), (1, [1], 1), (1, [2], 1)))
    assert found.verdict is Verdict.PASS
    assert found.told[0].startswith("3 of 10 tests (30.0%) yield 80% of the coverage")


def test_without_anything_it_is_not_measured() -> None:
    assert judged(missing(ratio.MUTATION)).verdict is Verdict.UNMEASURED
    assert judged(mutation([], tests=5)).verdict is Verdict.UNMEASURED
