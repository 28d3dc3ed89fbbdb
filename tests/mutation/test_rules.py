"""What becomes of a mutant, and the score, from values alone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from noxtasks.mutation import rules
from noxtasks.mutation.model import Fate, Mutant, Status
from noxtasks.stats import Verdict
from noxtasks.suite.model import EngineKind, Failure, Order, Outcome, Result, Run
from noxtasks.suite.problems import Problem, Raised

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


@pytest.mark.parametrize(
    ("module", "seen", "becomes"),
    [
        ("shop.cart", {"cart"}, "cart"),
        ("shop.cart", {"src.shop.cart"}, "src.shop.cart"),
        ("shop.cart", {"shop.cart", "cart"}, "shop.cart"),
        ("shop.cart", {"cart", "src.shop.cart"}, "shop.cart"),
        ("shop.cart", {"art"}, "shop.cart"),
    ],
)
def test_mutants_are_called_as_their_modules_are_when_they_run(module: str, seen: set[str], becomes: str) -> None:
    mutant = msgspec.structs.replace(MUTANT, name=f"{module}.xǁCartǁtotal__mutmut_12")
    found = rules.baseline([], [f"{name}.x_price" for name in seen])
    assert [each.name for each in rules.renamed([mutant], found)] == [f"{becomes}.xǁCartǁtotal__mutmut_12"]


def test_a_mutant_knows_how_its_function_is_called() -> None:
    assert MUTANT.key == "shop.xǁCartǁtotal"


class TestBaseline:
    def test_a_plain_copy_tells_whether_mutmut_is_to_blame(self) -> None:
        found = rules.baseline([a_run(("a", F), ("b", F), ("c", F))], ())
        explained = rules.explained(found, a_run(("a", P), ("b", F)))
        assert [why.partition(":")[0] for _, why in explained.left_out] == [
            "it passes in a plain copy, and not among mutmut's functions",
            "it does not pass in a plain copy either",
            "ValueError",
        ]

    def test_that_another_order_is_to_blame_is_known_without_a_copy(self) -> None:
        found = rules.baseline([a_run(("a", P)), a_run(("a", F))], ())
        ((_, why),) = rules.explained(found, a_run(("a", P))).left_out
        assert why.startswith("it passes in the order of collection")

    def test_what_cannot_be_collected_is_left_out_too(self) -> None:
        problem = Problem(
            where="module",
            path="test_a.py",
            chain=(
                Raised(type="pytest.CollectError", message="of a"),
                Raised(type="ImportError", message="no b\nat all"),
            ),
        )
        found = rules.with_uncollected(rules.baseline([a_run(("a", P))], ()), [problem])
        assert found.left_out == (("test_a.py", "it cannot be collected: ImportError: no b"),)

    def test_functions_that_only_tests_run_which_are_left_out_are_known(self) -> None:
        ran = [("a", ("shop.x_one", "shop.x_two")), ("b", ("shop.x_two", "shop.x_three"))]
        assert rules.baseline([a_run(("a", F), ("b", P), ran=ran)], ()).unusable == {"shop.x_one"}

    def test_tests_that_do_not_pass_each_time_are_left_out_with_the_reason(self) -> None:
        first = a_run(("a", P), ("b", F), ("c", P), ("d", Outcome.SKIPPED), ("e", P))
        found = rules.baseline([first, a_run(("a", P), ("b", P), ("c", Outcome.CRASHED), ("d", Outcome.SKIPPED))], [])
        assert list(found.durations_s) == ["a"]
        assert dict(found.left_out) == {
            "b": "ValueError: no",
            "c": "it passes in the order of collection, and not the fastest first in a process of their own: crashed",
            "e": "not every process collects it",
        }

    def test_functions_have_the_sound_tests_that_run_them_in_the_order_of_collection(self) -> None:
        told = [("c", ("m.x_f",)), ("b", ("m.x_f",)), ("a", ("m.x_f", "m.x_g"))]
        found = rules.baseline([a_run(("a", P), ("b", F), ("c", P), ran=told)], ["m.x_g"])
        assert found.covering == {"m.x_f": ("a", "c"), "m.x_g": ("a",)}
        assert found.at_import == {"m.x_g"}


def test_tests_that_have_killed_come_first_then_the_fastest() -> None:
    assert rules.ordered("abcd", {"a": 3.0, "b": 1.0, "c": 2.0, "d": 1.0}, {"c": 2, "a": 1}) == ("c", "a", "b", "d")


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
    assert (found.status, found.killed_by, found.is_confirmed) == (in_fork, killed_by, False)
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
