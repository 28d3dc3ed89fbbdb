"""The rules that decide which runs are made and what their outcomes say."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from noxtasks import stats
from noxtasks.flake import rules
from noxtasks.flake.model import (
    Change,
    Confirmation,
    Disagreement,
    Examination,
    Repeats,
    RunSummary,
    Standing,
    Unsteady,
    Weighed,
)
from noxtasks.history import Environment, Pool, Session, SessionKind
from noxtasks.history.model import Tally, total
from noxtasks.stats import Verdict
from noxtasks.suite.model import EngineKind, Order, Outcome, Result, Run
from noxtasks.suite.runs import RunRequest

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
    tallies = [Tally(nodeid=name, outcomes=outcomes) for name, outcomes in counts]
    return examined_tests([Weighed(now=tally, pooled=tally) for tally in tallies])


def examined_tests(tests: Sequence[Weighed]) -> Examination:
    return rules.examine(
        tests,
        [],
        repeats={},
        first_seen={},
        explanations={},
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


@given(st.lists(tallies), st.floats(0.001, 0.999))
def test_the_bounds_judge_every_threshold_as_the_claim_would(every: list[Tally], threshold: float) -> None:
    """For thresholds that are not known when a report is written: one test's bounds do not tell of all others."""
    bounds = rules.bounds(every, confidence=0.95)
    verdict = Verdict.PASS if bounds.high < threshold else Verdict.UNMEASURED
    verdict = Verdict.FAIL if bounds.low >= threshold else verdict
    assert rules.claim(every, threshold=threshold, confidence=0.95).verdict is verdict


def test_the_fewest_runs_are_those_of_a_test_that_was_judged() -> None:
    every = {
        "a": {Outcome.PASSED: 20},
        "b": {Outcome.PASSED: 9, Outcome.SKIPPED: 11},
        "broken": {Outcome.FAILED: 2},
        "skipped": {Outcome.SKIPPED: 20},
    }
    assert examined(*every.items()).fewest_runs == 9
    assert examined(("skipped", every["skipped"])).fewest_runs == 0


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


@given(st.integers(2, 200).flatmap(lambda n: st.tuples(st.integers(1, n - 1), st.just(n))), st.integers(0, 300))
def test_a_failure_is_laid_to_the_company_only_when_chance_would_keep_it_away_alone_one_time_in_twenty(
    count: tuple[int, int], passed_alone: int
) -> None:
    worth = rules.repeats_worth(*count, passed_alone=passed_alone)
    assert 3 <= worth <= 60
    if worth < 60:
        assert rules.only_in_company(count, (0, passed_alone + worth))
        assert stats.none_further(passed_alone + worth, successes=count[0], trials=count[1]) <= 0.05
    assert not rules.only_in_company(count, (1, passed_alone + worth))
    assert not rules.only_in_company(count, (0, 0))
    assert not rules.only_in_company((0, count[1]), (0, 1000))


def test_company_is_in_doubt_for_what_failed_in_it_and_was_not_tried_alone() -> None:
    assert rules.doubtful({"a": 1, "b": 0, "c": 2}, {"c": Repeats(tried=1)}) == {"a"}


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


def a_tally(failures: int, runs: int, name: str = "t") -> Tally:
    counts = {Outcome.FAILED: failures, Outcome.PASSED: runs - failures}
    return Tally(nodeid=name, outcomes={outcome: count for outcome, count in counts.items() if count})


def pooled(now: Tally, *earlier: Tally) -> Examination:
    """What is found in a session, given the comparable ones before it."""
    samples = {"now": now} | {str(number): tally for number, tally in enumerate(earlier)}
    failed = any(tally.failures for tally in samples.values())
    pool = Pool(
        steady={} if failed else {now.nodeid: total(samples.values())},
        unsteady={now.nodeid: samples} if failed else {},
    )
    return examined_tests(rules.weigh(pool, "now", confidence=0.95))


samples = st.integers(1, 100).flatmap(lambda runs: st.builds(a_tally, st.integers(0, runs), st.just(runs)))


def found(examination: Examination) -> str:
    lists = {"flaky": examination.flaky, "broken": examination.broken, "quiet": examination.quiet}
    said = [f"{name} {test.tally.failures}/{test.tally.runs}" for name, tests in lists.items() for test in tests]
    assert len(said) <= 1
    apart = [f"apart from {each.before[0]}/{each.before[1]}" for each in examination.disagreements]
    return " ".join((said or ["steady"]) + apart)


@pytest.mark.parametrize(
    ("now", "earlier", "verdict"),
    [
        ((0, 20), [], "steady"),
        ((3, 20), [], "flaky 3/20"),
        ((20, 20), [], "broken 20/20"),
        ((0, 20), [(0, 20)], "steady"),
        ((3, 20), [(0, 20), (2, 20)], "flaky 5/60"),
        ((5, 5), [(4, 5)], "flaky 9/10"),  # a test that fails nearly always
        ((1, 1), [(8, 20)], "flaky 9/21"),
        ((0, 20), [(1, 20)], "quiet 1/40"),
        ((0, 20), [(20, 20)], "steady apart from 20/20"),  # a service was not there
        ((20, 20), [(0, 20)], "broken 20/20 apart from 0/20"),
        ((0, 1), [(1, 1)], "steady apart from 1/1"),
        ((2, 20), [(20, 20)], "flaky 2/20 apart from 20/20"),
        ((0, 100), [(20, 40)], "steady apart from 20/40"),  # such a difference is no chance
        ((0, 20), [(20, 20), (1, 20), (0, 20)], "quiet 1/60 apart from 20/20"),
    ],
)
def test_a_verdict_takes_a_failure_now_and_counts_only_sessions_that_agree(
    now: tuple[int, int], earlier: list[tuple[int, int]], verdict: str
) -> None:
    assert found(pooled(a_tally(*now), *(a_tally(*counts) for counts in earlier))) == verdict


@given(samples, st.lists(samples, max_size=5))
def test_no_earlier_session_makes_a_test_flaky_or_broken_that_did_not_fail_now(
    now: Tally, earlier: list[Tally]
) -> None:
    examination = pooled(now, *earlier)
    assert bool(examination.flaky or examination.broken) == bool(now.failures)
    if rules.standing(now) is Standing.FLAKY:
        assert examination.flaky
    for test in (*examination.flaky, *examination.broken, *examination.quiet):
        apart = sum(each.before[1] for each in examination.disagreements)
        assert test.tally.runs + apart == now.runs + sum(tally.runs for tally in earlier)


@given(samples, samples)
def test_agreement_knows_no_order_and_is_never_between_always_and_never(one: Tally, other: Tally) -> None:
    same = rules.agree(one, other, confidence=0.95)
    assert same == rules.agree(other, one, confidence=0.95)
    if {one.failures / one.runs, other.failures / other.runs} == {0, 1}:
        assert not same
    assert rules.agree(one, one, confidence=0.95)


@given(samples, st.permutations([a_tally(0, 9), a_tally(9, 9), a_tally(2, 9)]))
def test_the_order_of_the_sessions_does_not_matter(now: Tally, earlier: list[Tally]) -> None:
    assert found(pooled(now, *earlier)) == found(pooled(now, a_tally(0, 9), a_tally(2, 9), a_tally(9, 9)))


def test_a_test_that_was_skipped_now_is_not_judged_by_other_sessions() -> None:
    examination = pooled(Tally(nodeid="t", outcomes={Outcome.SKIPPED: 5}), a_tally(2, 5), a_tally(5, 5))
    assert (examination.unseen, examination.flaky, examination.quiet, examination.disagreements) == (("t",), (), (), ())


def test_the_claim_counts_what_earlier_sessions_found() -> None:
    assert pooled(a_tally(0, 50), a_tally(0, 50)).claim.verdict is Verdict.PASS
    assert pooled(a_tally(0, 50), a_tally(3, 50)).claim.figure == 0.03


def test_of_imported_outcomes_those_that_passed_and_failed_or_were_rerun_are_flaky() -> None:
    rerun = Tally(nodeid="rerun", outcomes={Outcome.RERUN: 1})
    flaky = rules.flaky_in([a_tally(0, 5, "steady"), a_tally(1, 5, "mixed"), a_tally(5, 5, "broken"), rerun])
    assert [tally.nodeid for tally in flaky] == ["rerun", "mixed"]


def test_what_differs_between_two_sessions_is_told_by_name() -> None:
    def session(python: str, engine: str, **distributions: str) -> Session:
        environment = Environment(interpreter=python, platform="Linux", pytest="9", distributions=distributions)
        return Session(
            id="s",
            project="p",
            kind=SessionKind.FLAKE,
            started=datetime(2026, 1, 1, tzinfo=UTC),
            code_version="c",
            environment=environment,
            conditions={"engine": engine},
        )

    old = session("CPython 3.12", "fork", a="1", b="1", same="1")
    assert rules.differences(old, old) == []
    assert rules.differences(old, session("CPython 3.13", "fresh", a="2", c="1", same="1")) == [
        "distributions a 1 -> 2, b 1 -> none, c none -> 1",
        "engine fork -> fresh",
        "interpreter CPython 3.12 -> CPython 3.13",
    ]


def test_the_seeds_of_a_session_come_from_its_own_base_seed() -> None:
    assert rules.hash_seed(0, 1) != rules.hash_seed(0, 2)
    assert rules.hash_seed(0, 0) == 3025873094, "another Python has to reproduce it"


@pytest.mark.parametrize(("elapsed_s", "starts"), [(6.0, True), (6.1, False)])
def test_a_run_is_started_when_it_is_expected_to_end_in_time(elapsed_s: float, starts: bool) -> None:
    assert rules.another_run(5, wanted=None, elapsed_s=elapsed_s, budget_s=10.0, run_s=4.0) is starts
    assert rules.another_run(4, wanted=None, elapsed_s=elapsed_s, budget_s=0.0, run_s=4.0)


def test_a_chance_of_just_one_in_twenty_is_evidence() -> None:
    assert stats.none_further(3, successes=2, trials=2) == 0.05
    assert rules.only_in_company((2, 2), (0, 3))


def test_a_run_is_repeated_in_all_that_makes_it_what_it_is() -> None:
    run = msgspec.structs.replace(a_run(7, passed("a", "b", "c")), hash_seed=11)
    same = RunRequest(number=99, seed=7, hash_seed=11, order=Order.BUCKETS, tests=("a", "b"))
    assert rules.repeat(run, {"b"}, 99) == same
    assert rules.only(run, {"c", "a"}, 99) == msgspec.structs.replace(same, tests=("a", "c"))


def test_the_summary_of_a_run_keeps_what_is_looked_at_later() -> None:
    run = a_run(3, [("a", Outcome.FAILED), ("b", Outcome.PASSED)], complete=False)
    left = msgspec.structs.replace(run.results[1], notes=("a child process",))
    assert rules.summary(msgspec.structs.replace(run, results=(run.results[0], left))) == RunSummary(
        number=3,
        started=run.started,
        duration_s=1.0,
        hash_seed=1,
        failed=frozenset({"a"}),
        left_behind=(("b", "a child process"),),
        complete=False,
    )


def test_the_lonely_run_counts_under_the_number_and_the_order_of_the_one_that_it_repeats() -> None:
    beside = a_run(1, [("a", Outcome.FAILED)])
    alone = msgspec.structs.replace(a_run(1000, passed("a")), order=Order.COLLECTED)
    assert rules.counted(beside, alone) == msgspec.structs.replace(alone, number=1, order=Order.BUCKETS)
    assert rules.counted(beside, msgspec.structs.replace(beside, number=1000)) == beside


def test_of_runs_that_tell_as_much_the_first_is_repeated() -> None:
    runs = [rules.summary(a_run(number, [("a", Outcome.FAILED)])) for number in (2, 1, 3)]
    assert rules.next_to_repeat({"a": 3}, runs, {}) == (runs[1], {"a"})


@pytest.mark.parametrize(("failed", "disturbed"), [([], 0), (["a", "b", ""], 1), (["ab", "a", "b"], 2)])
def test_a_run_is_disturbed_by_a_flaky_failure_and_by_no_other(failed: list[str], disturbed: int) -> None:
    assert rules.disturbed_runs(map(frozenset, failed), {"a"}) == disturbed


def test_what_only_one_of_two_sessions_knows_differs_between_them() -> None:
    def session(**conditions: object) -> Session:
        return Session(
            id="s",
            project="p",
            kind=SessionKind.FLAKE,
            started=datetime(2026, 1, 1, tzinfo=UTC),
            code_version="c",
            conditions=conditions,
        )

    sessions = [session(engine="fork"), session(engine="fork", tests=3)]
    assert rules.differences(*sessions) == ["tests none -> 3"]
    assert rules.differences(*reversed(sessions)) == ["tests 3 -> none"]


def test_of_two_windows_all_counts_are_told() -> None:
    delta = rules.compare([a_tally(50, 100)], [a_tally(0, 100)], disturbed=((60, 100), (15, 90)), confidence=0.8)
    assert delta.overall == Change(
        nodeid="",
        before=(60, 100),
        after=(15, 90),
        difference=stats.difference((60, 100), (15, 90), confidence=0.8),
    )
    (change,) = delta.recovered
    assert change.difference == stats.difference((50, 100), (0, 100), confidence=0.8)
    assert (change.nodeid, change.before, change.after) == ("t", (50, 100), (0, 100))


@pytest.mark.parametrize("failures", [2, 10])
def test_an_unsteady_test_is_told_with_all_that_is_known_of_it(failures: int) -> None:
    seen = datetime(2026, 1, 2, tzinfo=UTC)
    tally, steady = a_tally(failures, 10), a_tally(0, 10, "steady")
    runs = [rules.summary(a_run(0, [("t", Outcome.FAILED)])), rules.summary(a_run(1, [("steady", Outcome.FAILED)]))]
    found = rules.examine(
        [Weighed(now=tally, pooled=tally, left_out=a_tally(9, 9)), Weighed(now=steady, pooled=steady)],
        runs,
        imported=[a_tally(1, 2, "imported")],
        repeats={"t": Repeats(tried=3, failed=1)},
        first_seen={"t": seen},
        explanations={},
        run_names={"t": "run 7"},
        threshold=0.05,
        confidence=0.8,
    )
    standing = Standing.FLAKY if failures < 10 else Standing.BROKEN
    unsteady = Unsteady(
        tally=tally,
        standing=standing,
        rate=failures / 10,
        interval=stats.wilson(failures, 10, confidence=0.8),
        repeats=Repeats(tried=3, failed=1),
        first_seen=seen,
        explanation=None,
        run_name="run 7",
    )
    is_flaky = standing is Standing.FLAKY
    assert (found.flaky, found.broken) == (((unsteady,), ()) if is_flaky else ((), (unsteady,)))
    assert (found.tests, found.runs, found.quiet, found.unseen) == (2, 2, (), ())
    assert found.imported == (a_tally(1, 2, "imported"),)
    assert found.disagreements == (Disagreement(nodeid="t", before=(9, 9), now=(failures, 10)),)
    assert found.disturbed == stats.judge_below(int(is_flaky), 2, threshold=0.05, confidence=0.8)
    worst = (failures, 10) if is_flaky else (0, 10)
    assert found.claim == stats.judge_below(*worst, threshold=0.05, confidence=0.8)


def test_of_an_unsteady_test_of_which_nothing_else_is_known_that_is_said() -> None:
    (unsteady,) = examined(("t", {Outcome.FAILED: 1, Outcome.PASSED: 3})).flaky
    assert (unsteady.repeats, unsteady.first_seen, unsteady.explanation, unsteady.run_name) == (
        Repeats(),
        None,
        None,
        "",
    )


def test_a_run_gets_its_seed_from_its_number_and_the_base_seed() -> None:
    assert rules.request(0, 1, Order.FULL, hash_seed=3) == RunRequest(
        number=0, seed=rules.request(0, 1, Order.FULL, hash_seed=9).seed, hash_seed=3, order=Order.COLLECTED
    )
    seeds = {rules.request(number, base, Order.FULL, hash_seed=3).seed for number in (1, 2) for base in (1, 2)}
    assert len(seeds) == 4


def test_how_sure_one_wants_to_be_decides_whether_sessions_agree() -> None:
    one, other = a_tally(3, 20), a_tally(9, 20)
    assert [rules.agree(one, other, confidence=each) for each in (0.8, 0.99)] == [False, True]


def test_unless_it_is_said_no_repeat_has_passed_alone_yet() -> None:
    assert rules.repeats_worth(1, 2) == rules.repeats_worth(1, 2, passed_alone=0)
