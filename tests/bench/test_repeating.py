from __future__ import annotations

from datetime import UTC, datetime

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from noxtasks.bench import repeating
from noxtasks.bench.repeating import Candidate, Room
from noxtasks.suite.model import Benched, EngineKind, Order, Outcome, Result, Run, Timing

TIMING = Timing(rounds=10, seconds=0.05, warmup_rounds=2, repeats_tests=True)
candidates = st.lists(
    st.builds(
        lambda call_s, more_s: (call_s, call_s + more_s),
        st.floats(1e-6, 100),
        st.floats(0, 10),
    ),
    max_size=20,
).map(lambda times: [Candidate(test=f"t{n}", call_s=call, whole_s=whole) for n, (call, whole) in enumerate(times)])


def one(test: str, call_s: float, whole_s: float | None = None) -> Candidate:
    return Candidate(test=test, call_s=call_s, whole_s=call_s if whole_s is None else whole_s)


def run_of(*tests: tuple[str, Outcome, float | None]) -> Run:
    return Run(
        number=0,
        seed=0,
        hash_seed=0,
        order=Order.COLLECTED,
        engine=EngineKind.FRESH,
        started=datetime(2025, 3, 4, tzinfo=UTC),
        duration_s=1.0,
        results=tuple(
            Result(nodeid=test, position=n, outcome=outcome, duration_s=0.5)
            for n, (test, outcome, _) in enumerate(tests)
        ),
        benched=tuple(
            Benched(test=test, wall_s=(wall_s,) if wall_s else (), cpu_s=(wall_s,) if wall_s else (), calls=1)
            for test, _, wall_s in tests
            if wall_s is not None
        ),
    )


def test_the_slowest_are_chosen_by_their_call_of_those_that_pass() -> None:
    run = run_of(
        ("quick", Outcome.PASSED, 0.01),
        ("slow", Outcome.PASSED, 0.3),
        ("a benchmark", Outcome.PASSED, 0.0),
        ("broken", Outcome.FAILED, None),
        ("broken in its teardown", Outcome.ERROR, 0.4),
        ("slowest", Outcome.PASSED, 0.4),
    )
    assert [each.test for each in repeating.slowest(run, 2)] == ["slowest", "slow"]
    assert [each.test for each in repeating.slowest(run, 9)] == ["slowest", "slow", "quick"]


def test_those_with_the_mark_of_a_benchmark_are_chosen_without_being_counted() -> None:
    run = run_of(("quick", Outcome.PASSED, 0.01), ("slow", Outcome.PASSED, 0.3), ("slower", Outcome.PASSED, 0.4))
    first, *others = run.benched
    run = msgspec.structs.replace(run, benched=(msgspec.structs.replace(first, marked=True), *others))
    assert [each.test for each in repeating.slowest(run, 0)] == ["quick"]
    assert [each.test for each in repeating.slowest(run, 1)] == ["quick", "slower"]


@pytest.mark.parametrize(
    ("call_s", "runs"),
    [
        (0.02, 12),  # 10 rounds and 2 before
        (0.002, 27),  # 0.05 s
        (0.00001, 52),  # no more than 50 rounds
    ],
)
def test_with_enough_room_a_test_is_repeated_as_a_benchmark_is(call_s: float, runs: int) -> None:
    plan = repeating.plan([one("t", call_s)], TIMING, Room(least_s=100, rather_s=100))
    assert plan.repeats == {"t": runs}


def test_slow_tests_are_repeated_less_often_and_quick_ones_keep_their_rounds() -> None:
    plan = repeating.plan([one("slow", 1.0), one("quick", 0.01)], TIMING, Room(least_s=20, rather_s=6))
    assert plan.repeats == {"slow": 5, "quick": 12}


def test_what_cannot_come_to_its_end_is_left_out_the_slowest_first() -> None:
    tests = [one("endless", 60), one("slow", 2), one("quick", 0.001)]
    plan = repeating.plan(tests, TIMING, Room(least_s=10, rather_s=1))
    assert list(plan.left_out) == ["endless"]
    assert "60 s" in plan.left_out["endless"]
    assert plan.repeats["slow"] == 2
    assert repeating.plan(tests, TIMING, Room(least_s=-1, rather_s=-3)).repeats == {}


@given(tests=candidates, least_s=st.floats(-10, 1000), share=st.floats(0, 1))
def test_no_plan_takes_longer_than_there_is_time_for(tests: list[Candidate], least_s: float, share: float) -> None:
    plan = repeating.plan(tests, TIMING, Room(least_s=least_s, rather_s=least_s * share))
    assert {*plan.repeats, *plan.left_out} == {each.test for each in tests}
    assert not plan.repeats.keys() & plan.left_out.keys()
    takes_s = sum(plan.repeats[each.test] * each.whole_s for each in tests if each.test in plan.repeats)
    assert takes_s <= max(0.0, least_s) * (1 + 1e-9)
    assert all(2 <= times <= 52 for times in plan.repeats.values())


def test_a_benchmark_is_named_once_and_a_test_as_often_as_it_runs() -> None:
    plan = repeating.plan([one("t", 10)], TIMING, Room(least_s=30, rather_s=30))
    assert plan.named(["b", "t", "c"]) == ("b", "t", "t", "t", "c")
