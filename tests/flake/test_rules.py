"""The rules that decide which runs are made and what their outcomes say."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noxtasks.flake import rules
from noxtasks.flake.model import Confirmation, Examination, Repeats, Standing
from noxtasks.history.model import Tally
from noxtasks.stats import Verdict
from noxtasks.suite.model import EngineKind, Order, Outcome, Result, Run

outcomes = st.sampled_from(Outcome)
tallies = st.builds(
    Tally,
    nodeid=st.text("abc", min_size=1, max_size=3),
    outcomes=st.dictionaries(outcomes, st.integers(1, 50), max_size=5),
)


def a_run(number: int, results: Sequence[tuple[str, Outcome]], *, complete: bool = True) -> Run:
    return Run(
        number=number,
        seed=number,
        hash_seed=1,
        order=Order.BUCKETS,
        engine=EngineKind.FORK,
        started=datetime(2026, 1, 1, tzinfo=UTC),
        duration_s=1.0,
        results=tuple(
            Result(nodeid=name, position=position, outcome=outcome, duration_s=0.1)
            for position, (name, outcome) in enumerate(results)
        ),
        complete=complete,
    )


def passed(*names: str) -> list[tuple[str, Outcome]]:
    return [(name, Outcome.PASSED) for name in names]


def examined(*counts: tuple[str, dict[Outcome, int]]) -> Examination:
    return rules.examine(
        [Tally(nodeid=name, outcomes=outcomes) for name, outcomes in counts],
        [],
        repeats={},
        first_seen={},
        run_names={},
        threshold=0.05,
        confidence=0.95,
    )


def test_where_every_test_is_broken_there_is_none_to_judge() -> None:
    claim = examined(("a", {Outcome.FAILED: 90}), ("b", {Outcome.SKIPPED: 90})).claim
    assert (claim.verdict, claim.figure, claim.reason) == (Verdict.UNMEASURED, None, "no test that could be judged")


@given(tallies)
def test_a_test_that_failed_every_time_is_broken_and_not_flaky(tally: Tally) -> None:
    standing = rules.standing(tally)
    if standing is Standing.BROKEN:
        assert tally.failures == tally.runs > 0
    if standing is Standing.FLAKY:
        assert tally.failures > 0
        assert tally.failures < tally.runs or Outcome.RERUN in tally.outcomes
    if standing is Standing.STEADY:
        assert tally.failures == 0 < tally.runs
    assert (standing is Standing.UNSEEN) == (tally.runs == 0)


def test_a_rerun_that_passed_in_the_end_is_a_flake_even_if_it_happened_every_time() -> None:
    assert rules.standing(Tally(nodeid="a", outcomes={Outcome.RERUN: 3})) is Standing.FLAKY


def test_flaky_tests_come_highest_rate_first_with_their_interval() -> None:
    found = examined(
        ("steady", {Outcome.PASSED: 20}),
        ("seldom", {Outcome.PASSED: 19, Outcome.FAILED: 1}),
        ("often", {Outcome.PASSED: 5, Outcome.ERROR: 15}),
        ("broken", {Outcome.CRASHED: 20}),
        ("skipped", {Outcome.SKIPPED: 20}),
    )
    assert [(test.tally.nodeid, test.rate) for test in found.flaky] == [("often", 0.75), ("seldom", 0.05)]
    assert [test.tally.nodeid for test in found.broken] == ["broken"]
    assert found.unseen == ("skipped",)
    assert found.claim.verdict is Verdict.FAIL
    assert found.claim.figure == 0.75


@pytest.mark.parametrize(
    ("counts", "verdict"),
    [
        ([(0, 100), (0, 80)], Verdict.PASS),
        ([(0, 100), (0, 20)], Verdict.UNMEASURED),
        ([(0, 100), (1, 100)], Verdict.UNMEASURED),
        ([(0, 20), (30, 100)], Verdict.FAIL),
        ([], Verdict.UNMEASURED),
    ],
)
def test_the_claim_is_as_good_as_its_worst_test(counts: list[tuple[int, int]], verdict: Verdict) -> None:
    every = [Tally(nodeid=str(n), outcomes={Outcome.FAILED: k, Outcome.PASSED: n - k}) for k, n in counts]
    assert rules.claim(every, threshold=0.05, confidence=0.95).verdict is verdict


@given(st.integers(0, 300), st.none() | st.integers(1, 300), st.floats(0, 1000), st.floats(0, 100))
def test_the_users_number_of_runs_is_met_and_else_the_budget_decides_between_5_and_100(
    done: int, wanted: int | None, elapsed_s: float, run_s: float
) -> None:
    another = rules.another_run(done, wanted=wanted, elapsed_s=elapsed_s, budget_s=300, run_s=run_s)
    if wanted is not None:
        assert another == (done < wanted)
    elif done < 5 or done >= 100:
        assert another == (done < 5)
    else:
        assert another == (elapsed_s + run_s <= 300)


@given(st.integers(0, 10_000), st.integers(0, 2**32 - 1))
def test_a_run_is_a_function_of_its_number_and_the_base_seed(number: int, base_seed: int) -> None:
    first, again = (rules.request(number, base_seed, Order.FULL, hash_seed=3) for _ in range(2))
    assert first == again
    assert 0 <= first.seed < 2**32
    assert first.order is (Order.FULL if number else Order.COLLECTED)
    assert first.seed != rules.request(number + 1, base_seed, Order.FULL, hash_seed=3).seed


def test_the_hash_seed_changes_from_process_to_process() -> None:
    seeds = [rules.hash_seed(process, 42) for process in range(50)]
    assert len(set(seeds)) == 50
    assert all(0 <= seed < 2**32 for seed in seeds)


@pytest.mark.parametrize(
    ("wanted", "start_s", "run_s", "runs"),
    [(None, 9.0, 0.1, 5), (20, 0.5, 0.2, 10), (20, 1.2, 2.0, 6), (20, 0.1, 2.0, 4), (20, 1, 0, 10)],
)
def test_processes_are_renewed_as_often_as_it_is_cheap(
    wanted: int | None, start_s: float, run_s: float, runs: int
) -> None:
    assert rules.runs_per_process(wanted=wanted, start_s=start_s, run_s=run_s) == runs


def test_suspects_are_the_tests_that_failed_in_some_of_their_runs_and_not_in_all() -> None:
    assert rules.suspects({"a": 0, "b": 1, "c": 2, "d": 0}, {"a": 2, "b": 2, "c": 2, "d": 0}) == {"b": (1, 2)}


def test_a_repeat_is_the_same_run_up_to_the_last_test_in_question() -> None:
    run = a_run(7, passed("a", "b", "c", "d"))
    request = rules.repeat(run, {"c", "a"}, 99)
    assert (request.tests, request.seed, request.hash_seed, request.number) == (("a", "b", "c"), 7, 1, 99)


def test_the_run_that_tells_of_most_open_suspects_is_repeated_next_until_all_are_settled() -> None:
    fails = Outcome.FAILED
    made = [a_run(0, [("a", fails), ("b", Outcome.PASSED)]), a_run(1, [("a", fails), ("b", fails)])]
    runs = [rules.summary(run) for run in made]
    suspects = {"a": 3, "b": 3}
    repeats: dict[str, Repeats] = {}
    chosen = rules.next_to_repeat(suspects, runs, repeats)
    assert chosen == (runs[1], {"a", "b"})
    repeats = rules.after_repeat(repeats, {"a", "b"}, a_run(9, [("a", Outcome.PASSED), ("b", fails)]))
    assert repeats == {"a": Repeats(tried=1), "b": Repeats(tried=1, failed=1)}
    assert repeats["a"].confirmation is Confirmation.NOT_REPRODUCED
    assert repeats["b"].confirmation is Confirmation.REPRODUCED
    for _ in range(2):
        chosen = rules.next_to_repeat(suspects, runs, repeats)
        assert chosen is not None
        assert chosen[1] == {"a"}
        repeats = rules.after_repeat(repeats, {"a"}, a_run(9, passed("a")))
    assert rules.next_to_repeat(suspects, runs, repeats) is None


@given(st.integers(2, 200).flatmap(lambda n: st.tuples(st.integers(1, n - 1), st.just(n))))
def test_a_test_is_called_sound_alone_only_when_chance_would_hide_its_failures_one_time_in_twenty(
    count: tuple[int, int],
) -> None:
    worth = rules.repeats_worth(*count)
    assert 3 <= worth <= 60
    if worth < 60:
        assert rules.sound_alone(*count, Repeats(tried=worth))
    assert not rules.sound_alone(*count, Repeats(tried=worth, failed=1))
    assert not rules.sound_alone(*count, Repeats())


def test_a_failure_that_does_not_come_again_alone_is_laid_to_the_company_and_the_lonely_run_counts() -> None:
    beside = a_run(1, [("a", Outcome.FAILED), ("b", Outcome.FAILED), ("c", Outcome.PASSED)])
    alone = a_run(1_000_000, [("a", Outcome.PASSED), ("b", Outcome.FAILED), ("c", Outcome.PASSED)])
    assert rules.upset_by_company(beside, alone) == {"a"}
    counted = rules.counted(beside, alone)
    assert (counted.number, rules.failures_of(counted)) == (1, {"b"})
    assert rules.counted(beside, beside) is beside
    assert rules.upset_by_company(beside, a_run(1_000_000, passed("b"))) == {"b"}  # "a" did not run alone


def test_two_windows_are_compared_test_by_test() -> None:
    def tally(name: str, failures: int, runs: int) -> Tally:
        counts = {Outcome.FAILED: failures, Outcome.PASSED: runs - failures}
        return Tally(nodeid=name, outcomes={outcome: count for outcome, count in counts.items() if count})

    delta = rules.compare(
        [tally("cured", 50, 100), tally("rare", 1, 100), tally("still", 10, 100), tally("gone", 5, 10)],
        [tally("cured", 0, 100), tally("rare", 0, 100), tally("still", 12, 100), tally("fresh", 3, 100)],
        disturbed=((60, 100), (15, 100)),
        confidence=0.95,
    )
    assert [change.nodeid for change in delta.appeared] == ["fresh"]
    assert [change.nodeid for change in delta.recovered] == ["cured"]
    assert [change.nodeid for change in delta.quiet] == ["rare"]
    assert [change.nodeid for change in delta.persisting] == ["still"]
    assert delta.appeared[0].before == (0, 0)
    assert delta.overall.difference.high < 0
