"""Who goes into quarantine, who returns, and whose time is over: decided from values alone."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from noxtasks.flake.quarantine import rules
from noxtasks.flake.quarantine.model import Entry, Measured, Plan, Policy, Standing, Store
from noxtasks.history.model import Tally
from noxtasks.stats import wilson
from noxtasks.suite.model import Outcome

TODAY = date(2026, 3, 1)
POLICY = Policy(enter_above=0.2, release_below=0.05, days=30, owner="ada", issue="https://example.org/7", reruns=1)

names = st.sampled_from([f"test_{module}.py::{test}" for module in "ab" for test in ("t", "u", "T::t", "t[1]", "t[2]")])


def a_test(name: str, failures: int, runs: int, *, is_flaky: bool | None = None) -> Measured:
    flaky = 0 < failures < runs if is_flaky is None else is_flaky
    return Measured(test=name, runs=runs, failures=failures, interval=wilson(failures, runs), is_flaky=flaky)


def an_entry(name: str, *, expires: date = TODAY, store: Store = Store.FILE) -> Entry:
    return Entry(test=name, since=date(2026, 1, 1), expires=expires, store=store)


counts = st.integers(0, 300).flatmap(lambda runs: st.tuples(st.integers(0, runs), st.just(runs)))
suites = st.dictionaries(names, counts, max_size=8).map(
    lambda found: [a_test(name, *count) for name, count in sorted(found.items())]
)
quarantines = st.dictionaries(names, st.integers(-40, 40), max_size=8).map(
    lambda found: [an_entry(name, expires=TODAY + timedelta(days=days)) for name, days in sorted(found.items())]
)


def decided(tests: list[Measured], entries: list[Entry]) -> Plan:
    return rules.plan(tests, entries, today=TODAY, policy=POLICY)


def named(standings: tuple[Standing, ...]) -> list[str]:
    return [standing.entry.test for standing in standings]


@pytest.mark.parametrize(
    ("failures", "runs", "goes_in"),
    [(12, 40, False), (14, 40, True), (1, 3, False), (79, 80, True), (80, 80, False), (0, 80, False), (0, 0, False)],
)
def test_a_test_goes_in_when_it_is_flaky_and_its_lower_bound_is_over_the_threshold(
    failures: int, runs: int, goes_in: bool
) -> None:
    assert bool(decided([a_test("a.py::t", failures, runs)], []).added) == goes_in


def test_an_entry_says_why_since_when_and_until_when_and_who_looks_after_it() -> None:
    test = msgspec.structs.replace(a_test("a.py::t", 20, 40), exception="TimeoutError")
    (standing,) = decided([test], []).added
    assert standing == Standing(
        entry=Entry(
            test="a.py::t",
            since=TODAY,
            expires=date(2026, 3, 31),
            reason="failed 20 of 40 runs: TimeoutError",
            owner="ada",
            issue="https://example.org/7",
            reruns=1,
        ),
        measured=(test,),
    )


@pytest.mark.parametrize(
    ("failures", "runs", "returns"), [(0, 73, True), (0, 72, False), (1, 200, True), (0, 0, False)]
)
def test_it_returns_when_its_upper_bound_is_under_the_threshold(failures: int, runs: int, returns: bool) -> None:
    plan = decided([a_test("a.py::t", failures, runs)], [an_entry("a.py::t")])
    assert (bool(plan.released), bool(plan.kept)) == (returns, not returns)


def test_an_entry_for_several_tests_returns_when_all_of_them_may() -> None:
    entries = [an_entry("a.py::t"), an_entry("b.py")]
    sound = [a_test("a.py::t[1]", 0, 100), a_test("b.py::T::t", 0, 100)]
    assert named(decided(sound, entries).released) == ["a.py::t", "b.py"]
    for doubtful in (a_test("a.py::t[2]", 0, 0), a_test("a.py::t[2]", 5, 100)):
        plan = decided([*sound, doubtful], entries)
        assert (named(plan.released), named(plan.kept), plan.added) == (["b.py"], ["a.py::t"], ())


def test_an_entry_expires_after_its_last_day_unless_its_test_is_mended() -> None:
    yesterday = TODAY - timedelta(days=1)
    entries = [an_entry("a.py::t"), an_entry("a.py::u", expires=yesterday), an_entry("a.py::v", expires=yesterday)]
    plan = decided([a_test("a.py::v", 0, 100)], entries)
    assert (named(plan.kept), named(plan.expired), named(plan.released)) == (["a.py::t"], ["a.py::u"], ["a.py::v"])


@given(suites, quarantines)
def test_each_entry_is_in_one_part_and_no_test_goes_in_and_returns(tests: list[Measured], entries: list[Entry]) -> None:
    plan = decided(tests, entries)
    old = [*named(plan.kept), *named(plan.released), *named(plan.expired)]
    assert sorted(old) == [entry.test for entry in entries]
    assert set(named(plan.added)).isdisjoint(old)
    assert len(set(named(plan.added))) == len(plan.added)
    assert all(rules.is_expired(each.entry, TODAY) for each in plan.expired)


@given(suites, quarantines)
def test_what_was_not_measured_never_returns(tests: list[Measured], entries: list[Entry]) -> None:
    for standing in decided(tests, entries).released:
        assert standing.measured
        assert all(test.runs > 0 and test.interval.high < POLICY.release_below for test in standing.measured)
    assert decided([], entries).released == ()


@given(suites, quarantines)
def test_a_second_look_at_the_same_figures_changes_nothing(tests: list[Measured], entries: list[Entry]) -> None:
    first = decided(tests, entries)
    after = [each.entry for each in (*first.added, *first.kept, *first.expired)]
    second = decided(tests, after)
    assert (second.added, second.released) == ((), ())


@given(st.integers(3, 300).flatmap(lambda n: st.tuples(st.integers(1, n - 2), st.just(n))))
def test_of_two_flaky_tests_the_one_that_fails_more_often_goes_in_first(count: tuple[int, int]) -> None:
    failures, runs = count
    fewer, more = (rules.goes_in(a_test("a", each, runs), POLICY) for each in (failures, failures + 1))
    assert more or not fewer


REPORT: dict[str, Any] = {
    "flaky": [
        {
            "test": "a.py::flaky",
            "runs": 40,
            "failures": 20,
            "interval": {"low": 0.35, "high": 0.65},
            "causes": [{"exception": "shop.errors.StockError"}, {"exception": "OSError"}],
        }
    ],
    "broken": [{"test": "a.py::broken", "runs": 40, "failures": 40, "interval": {"low": 0.9, "high": 1}, "causes": []}],
    "only_beside_others": ["a.py::beside"],
    "only_in_forks": ["a.py::forks", "a.py::broken"],
    "never_run": ["a.py::skipped"],
}


def test_the_report_says_what_is_unsteady_and_the_history_the_rest() -> None:
    tallies = [
        Tally(nodeid="a.py::sound", outcomes={Outcome.PASSED: 99, Outcome.SKIPPED: 3}),
        Tally(nodeid="a.py::flaky", outcomes={Outcome.PASSED: 40}),
        Tally(nodeid="a.py::forks", outcomes={Outcome.PASSED: 100}),
        Tally(nodeid="a.py::beside", outcomes={Outcome.PASSED: 100}),
    ]
    found = {test.test: test for test in rules.measured(REPORT, tallies, confidence=0.95)}
    assert list(found) == sorted(found)
    flaky = found["a.py::flaky"]
    assert (flaky.runs, flaky.failures, flaky.exception, flaky.is_flaky) == (40, 20, "StockError", True)
    assert (flaky.interval.low, flaky.interval.high) == (0.35, 0.65)
    assert not found["a.py::broken"].is_flaky
    assert found["a.py::sound"] == a_test("a.py::sound", 0, 99)
    assert {name for name, test in found.items() if not test.runs} == {"a.py::beside", "a.py::forks", "a.py::skipped"}


def marked(*flaky: str, sound: tuple[str, ...] = (), entries: tuple[str, ...] = ()) -> list[tuple[str, Store]]:
    tests = [a_test(name, 20, 40) for name in flaky] + [a_test(name, 0, 40) for name in sound]
    existing = [an_entry(name) for name in entries]
    placed = rules.in_source(decided(tests, existing).added, tests, existing)
    return [(standing.entry.test, standing.entry.store) for standing in placed]


def test_a_mark_holds_for_all_parameters_so_it_is_put_only_where_all_go_in() -> None:
    assert marked("a.py::T::t") == [("a.py::T::t", Store.SOURCE)]
    assert marked("a.py::t[1]", "a.py::t[2]") == [("a.py::t", Store.SOURCE)]
    assert marked("a.py::t[1]", sound=("a.py::t[2]",)) == [("a.py::t[1]", Store.FILE)]
    assert marked("a.py::t[1]", "a.py::t[2]", entries=("a.py::t[2]",)) == [("a.py::t[1]", Store.FILE)]
    together = [a_test("a.py::t[1]", 20, 40), a_test("a.py::t[2]", 30, 40)]
    (standing,) = rules.in_source(decided(together, []).added, together, [])
    assert standing.measured == tuple(together)
    assert standing.entry.reason == "failed 30 of 40 runs"


@pytest.mark.parametrize(
    ("source", "test", "may"),
    [
        ("def test_a(): ...", "a.py::test_a[1]", True),
        ("def test_ab(): ...", "a.py::test_a", False),
        ("class T:\n  def t(self): ...", "a.py::T::t", True),
        ("class T:\n  def u(self): ...", "a.py::T::t", False),
        ("class T():\n  def u(self): ...", "a.py::T::t", False),
        ("class T(Base):\n  ...", "a.py::T::t", True),
        ("class U(Base):\n  def t(self): ...", "a.py::T::t", False),
        ("def f():\n  '>>> 1'", "a.py::pkg.a.f", True),
        ("", "a.py", True),
    ],
)
def test_a_test_is_missed_only_where_its_file_has_no_place_for_it(source: str, test: str, may: bool) -> None:
    assert rules.may_hold(source, test) == may


@given(quarantines, names)
def test_a_test_is_excused_up_to_the_last_day_of_what_covers_it(entries: list[Entry], name: str) -> None:
    covering = {name, name.partition("[")[0], name.rpartition("::")[0], name.partition("::")[0]}
    until = max((entry.expires for entry in entries if entry.test in covering), default=date.min)
    assert rules.excused([name], entries, today=TODAY) == (frozenset({name}) if until >= TODAY else frozenset())
