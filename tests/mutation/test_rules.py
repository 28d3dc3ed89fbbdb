"""What becomes of a mutant, and the score, from values alone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noxtasks.mutation import rules
from noxtasks.mutation.model import Fate, Mutant, Status
from noxtasks.stats import Verdict
from noxtasks.suite.model import EngineKind, Failure, Order, Outcome, Result, Run

P, F = Outcome.PASSED, Outcome.FAILED
MUTANT = Mutant(
    path="shop.py",
    line=2,
    id="1",
    name="shop.xǁCartǁtotal__mutmut_12",
    function="Cart.total",
    operator="Integer",
    before="a",
    after="b",
)


def a_failure(phase: str = "call") -> Failure:
    return Failure(fingerprint="f", phase=phase, exception="ValueError", message="no")


def a_run(*results: tuple[str, Outcome], died: str = "", ran: Sequence[tuple[str, tuple[str, ...]]] = ()) -> Run:
    return Run(
        number=0,
        seed=0,
        hash_seed=0,
        order=Order.COLLECTED,
        engine=EngineKind.FORK,
        started=datetime.now(UTC),
        duration_s=0.5,
        results=tuple(
            Result(
                nodeid=name,
                position=place,
                outcome=outcome,
                duration_s=0.1 * (place + 1),
                failure=a_failure() if outcome in {F, Outcome.ERROR} else None,
            )
            for place, (name, outcome) in enumerate(results)
        ),
        ran=tuple(ran),
        died=a_failure(died) if died else None,
    )


def fates(*statuses: Status) -> list[Fate]:
    return [Fate(mutant=str(number), status=status) for number, status in enumerate(statuses)]


def test_a_mutant_knows_how_its_function_is_called() -> None:
    assert MUTANT.key == "shop.xǁCartǁtotal"


class TestBaseline:
    def test_tests_that_do_not_pass_each_time_are_left_out_with_the_reason(self) -> None:
        first = a_run(("a", P), ("b", F), ("c", P), ("d", Outcome.SKIPPED), ("e", P))
        found = rules.baseline([first, a_run(("a", P), ("b", P), ("c", Outcome.CRASHED), ("d", Outcome.SKIPPED))], [])
        assert list(found.durations_s) == ["a"]
        assert dict(found.left_out) == {
            "b": "ValueError: no",
            "c": "crashed",
            "e": "not every process collects it",
        }

    def test_tests_that_nobody_trusts_are_left_out_with_the_reason(self) -> None:
        found = rules.baseline([a_run(("a", P), ("b", P))], [], {"b": "flaky", "gone": "flaky"})
        assert (list(found.durations_s), found.left_out) == (["a"], (("b", "flaky"),))

    def test_a_function_that_other_tests_run_in_another_order_depends_on_the_order(self) -> None:
        runs = [
            a_run(("a", P), ("b", P), ran=[("a", ("m.x_memo", "m.x_f")), ("b", ("m.x_f",))]),
            a_run(("b", P), ("a", P), ran=[("b", ("m.x_memo", "m.x_f")), ("a", ("m.x_f", "m.x_late"))]),
        ]
        found = rules.baseline(runs, [])
        assert found.covering == {"m.x_memo": ("a", "b"), "m.x_f": ("a", "b"), "m.x_late": ("a",)}
        assert found.order_dependent == {"m.x_memo", "m.x_late"}

    def test_without_some_tests_it_is_the_same_but_for_them(self) -> None:
        whole = rules.baseline([a_run(("a", P), ("b", P), ran=[("a", ("m.x_f",)), ("b", ("m.x_f",))])], [])
        found = rules.without(whole, {"b": "fails alone"})
        assert (list(found.durations_s), found.covering) == (["a"], {"m.x_f": ("a",)})
        assert found.left_out == (("b", "fails alone"),)

    def test_functions_have_the_sound_tests_that_run_them_in_the_order_of_collection(self) -> None:
        told = [("c", ("m.x_f",)), ("b", ("m.x_f",)), ("a", ("m.x_f", "m.x_g"))]
        found = rules.baseline([a_run(("a", P), ("b", F), ("c", P), ran=told)], ["m.x_g"])
        assert found.covering == {"m.x_f": ("a", "c"), "m.x_g": ("a",)}
        assert found.at_import == {"m.x_g"}


def test_tests_that_have_killed_come_first_then_the_fastest() -> None:
    assert rules.ordered("abcd", {"a": 3.0, "b": 1.0, "c": 2.0, "d": 1.0}, {"c": 2, "a": 1}) == ("c", "a", "b", "d")


def test_scouts_are_tests_that_have_killed_and_their_other_parameters() -> None:
    durations_s = dict.fromkeys(["t.py::a[1]", "t.py::a[2]", "t.py::b", "t.py::c"], 0.1)
    kills = {"t.py::a[2]": 1, "t.py::c": 2}
    assert rules.scouts(kills, durations_s, kills) == ("t.py::c", "t.py::a[2]", "t.py::a[1]")


def test_of_a_survivor_both_trials_name_their_tests() -> None:
    first = rules.fate(MUTANT, a_run(("a", P)), ["a"], is_alone=False)
    again = rules.fate(MUTANT, a_run(("b", P)), ["b"], is_alone=False)
    assert rules.confirmed(first, again).tests == ("a", "b")


def test_the_limit_grows_with_the_tests_own_times() -> None:
    assert rules.limit_s(["a"], {"a": 0.001}) == 2.0
    assert rules.limit_s(["a", "b"], {"a": 1.0, "b": 2.0}) == 30.0


VERDICTS = {
    "all pass": (a_run(("a", P), ("b", P)), (Status.SURVIVED, "", Status.SURVIVED)),
    "some are skipped": (a_run(("a", P), ("b", Outcome.SKIPPED)), (Status.SURVIVED, "", Status.SURVIVED)),
    "one fails": (a_run(("a", P), ("b", F)), (Status.KILLED, "b", Status.KILLED)),
    "a fixture fails": (a_run(("a", Outcome.ERROR)), (Status.KILLED, "a", Status.KILLED)),
    "one crashes": (a_run(("a", Outcome.CRASHED)), (Status.SEGFAULT, "a", Status.SEGFAULT)),
    "one hangs": (a_run(("a", Outcome.TIMED_OUT)), (Status.TIMEOUT, "a", Status.TIMEOUT)),
    "one stops pytest": (a_run(("a", Outcome.STOPPED)), (Status.SUSPICIOUS, "a", Status.SUSPICIOUS)),
    "one cannot be collected": (a_run(("a", P)), (Status.SUSPICIOUS, "", Status.KILLED)),
    "the process dies first": (a_run(died="crash"), (Status.SUSPICIOUS, "", Status.KILLED)),
    "the process dies between": (a_run(("a", P), died="crash"), (Status.SUSPICIOUS, "", Status.SUSPICIOUS)),
    "the process hangs at its start": (a_run(died="timeout"), (Status.TIMEOUT, "", Status.TIMEOUT)),
}


@pytest.mark.parametrize("case", VERDICTS)
def test_a_run_decides_what_becomes_of_a_mutant(case: str) -> None:
    run, (in_fork, killed_by, alone) = VERDICTS[case]
    found = rules.fate(MUTANT, run, ["a", "b"], is_alone=False)
    is_confirmed = in_fork is not Status.SUSPICIOUS
    assert (found.status, found.killed_by, found.is_confirmed) == (in_fork, killed_by, is_confirmed)
    assert found.tests == (("a", "b") if in_fork is Status.SURVIVED else ())
    again = rules.fate(MUTANT, run, ["a", "b"], is_alone=True)
    assert (again.status, again.is_confirmed) == (alone, True)


K, S, T, N = Status.KILLED, Status.SURVIVED, Status.TIMEOUT, Status.NO_TESTS


@pytest.mark.parametrize(
    ("timeouts", "killed", "total"),
    [("killed", 3, 6), ("survived", 2, 6), ("ignored", 2, 5)],
)
def test_timeouts_count_as_the_configuration_says(timeouts: str, killed: int, total: int) -> None:
    found = rules.score(fates(K, Status.SEGFAULT, S, T, N, Status.SUSPICIOUS), timeouts=timeouts)
    assert (found.killed, found.total, found.covered) == (killed, total, total - 1)
    assert (found.figure, found.figure_of_covered) == (killed / total, killed / (total - 1))


@given(st.lists(st.sampled_from(Status)), st.sampled_from(rules.TIMEOUTS))
def test_a_score_is_a_share_and_never_hides_what_is_unchecked(statuses: list[Status], timeouts: str) -> None:
    """Fails on any unchecked mutant, and on none executed."""
    found = rules.score(fates(*statuses), timeouts=timeouts)
    assert 0 <= found.killed <= found.covered <= found.total <= len(statuses)
    judgement = rules.judge(found, fates(*statuses), threshold=0.5)
    if Status.UNCHECKED in statuses or not set(statuses) - {N, Status.SKIPPED}:
        assert judgement.verdict is Verdict.UNMEASURED
    elif judgement.verdict is not Verdict.UNMEASURED:
        assert (judgement.verdict is Verdict.PASS) == (found.killed / found.total >= 0.5)


@pytest.mark.parametrize(
    ("statuses", "verdict"),
    [
        ([K, K, K, S, S], Verdict.PASS),
        ([K, S], Verdict.FAIL),
        ([K, K, K, Status.UNCHECKED], Verdict.UNMEASURED),
        ([N, N], Verdict.UNMEASURED),
        ([], Verdict.UNMEASURED),
    ],
)
def test_the_score_is_held_against_the_threshold(statuses: list[Status], verdict: Verdict) -> None:
    found = rules.score(fates(*statuses), timeouts="killed")
    assert rules.judge(found, fates(*statuses), threshold=0.6).verdict is verdict
