"""What becomes of a mutant, from values alone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec
import pytest

from noxtasks.mutation import rules
from noxtasks.mutation.model import Fate, Mutant, Status
from noxtasks.suite.model import EngineKind, Failure, Order, Outcome, Result, Run, Touched
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

    def test_of_a_test_with_another_id_in_each_process_a_plain_copy_tells_nothing(self) -> None:
        found = rules.baseline([a_run(("a", P), ("b[1]", P)), a_run(("a", P), ("b[2]", P))], ())
        explained = rules.explained(found, a_run(("a", P), ("b[1]", P)))
        assert explained.left_out == found.left_out

    def test_of_a_test_that_nobody_trusts_a_plain_copy_tells_nothing(self) -> None:
        found = rules.baseline([a_run(("a", F), ("b", P))], (), {"a": "flaky"})
        assert rules.explained(found, a_run(("a", P), ("b", P))).left_out == (("a", "flaky"),)

    def test_mutmut_is_to_blame_for_a_test_that_takes_too_long_among_its_functions_alone(self) -> None:
        run = a_run(("a", Outcome.TIMED_OUT))
        late = Failure(fingerprint="f", phase="call", exception="Timeout", message="the test took longer than 60 s")
        late_run = msgspec.structs.replace(run, results=(msgspec.structs.replace(run.results[0], failure=late),))
        ((_, why),) = rules.explained(rules.baseline([late_run], ()), a_run(("a", P))).left_out
        assert why.startswith(
            "it passes in a plain copy, and takes too long among mutmut's functions, which are slower:"
        )

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
            "c": "it passes in the order of collection, and not in reverse in a process of their own: crashed",
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
    assert rules.limit_s(0.001) == 2.0
    assert rules.limit_s(3.0) == 30.0


def lasting(**durations_s: float) -> Run:
    run = a_run(*((name, P) for name in durations_s))
    took = zip(run.results, durations_s.values(), strict=True)
    return msgspec.structs.replace(
        run, results=tuple(msgspec.structs.replace(result, duration_s=each) for result, each in took)
    )


def test_what_comes_first_pays_for_what_is_shared() -> None:
    """A fixture of the session takes 5 s, in whichever test is the first; each may have to pay for it."""
    runs = [lasting(a=5.1, b=0.2, c=1.0), lasting(c=1.4, b=0.2, a=0.1)]
    assert rules.baseline(runs, []).shared_s == pytest.approx(5.0)
    assert rules.baseline(runs[:1], []).shared_s == 0.0


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
    assert again.uncollected == {"one cannot be collected": "b", "the process dies first": "a"}.get(case, "")


@pytest.mark.parametrize(
    ("status", "is_confirmed", "is_settled"),
    [
        (Status.KILLED, False, True),
        (Status.SEGFAULT, False, True),
        (Status.SURVIVED, False, False),
        (Status.SURVIVED, True, True),
        (Status.SUSPICIOUS, False, False),
        (Status.TIMEOUT, True, False),
    ],
)
def test_what_would_have_been_tried_again_is_not_settled(status: Status, is_confirmed: bool, is_settled: bool) -> None:
    assert rules.is_settled(Fate(mutant="1", status=status, is_confirmed=is_confirmed)) is is_settled


SAID = {
    "all pass": ("", ""),
    "one fails": ("ValueError: no", "ValueError: no"),
    "one cannot be collected": ("b did not run", "b is not collected any more"),
    "the process dies first": ("ValueError: no", "ValueError: no"),
}


@pytest.mark.parametrize("case", SAID)
def test_a_fate_says_what_the_failure_said(case: str) -> None:
    run, _ = VERDICTS[case]
    said = [rules.fate(MUTANT, run, ["a", "b"], is_alone=is_alone).message for is_alone in (False, True)]
    assert said == list(SAID[case])


def test_of_a_long_message_the_beginning_of_its_first_line_is_kept() -> None:
    failure = msgspec.structs.replace(a_failure(), message="x" * 400 + "\nmore")
    run = a_run(("a", F))
    run = msgspec.structs.replace(run, results=(msgspec.structs.replace(run.results[0], failure=failure),))
    message = rules.fate(MUTANT, run, ["a"], is_alone=False).message
    assert message == ("ValueError: " + "x" * 400)[:300]


def test_the_time_of_a_test_is_the_longest_that_it_took() -> None:
    slow = msgspec.structs.replace(a_run(("a", P)).results[0], duration_s=0.7)
    again = msgspec.structs.replace(a_run(), results=(slow,))
    for runs in ([a_run(("a", P)), again], [again, a_run(("a", P))]):
        assert rules.baseline(runs, []).durations_s == {"a": 0.7}


def test_a_mutant_that_nothing_tries_has_a_fate_too() -> None:
    assert rules.untested(MUTANT) == Fate(mutant="1", status=Status.NO_TESTS, is_confirmed=True)
    assert rules.unchecked(MUTANT) == Fate(mutant="1", status=Status.UNCHECKED)


def test_the_second_trial_has_the_word_and_both_have_taken_time() -> None:
    first = Fate(mutant="1", status=Status.SURVIVED, tests=("a",), duration_s=0.5)
    again = Fate(mutant="1", status=Status.KILLED, killed_by="b", is_confirmed=True, duration_s=2.0)
    assert rules.confirmed(first, again) == msgspec.structs.replace(again, duration_s=2.5)


def test_a_fate_carries_all_that_a_trial_has_told() -> None:
    assert rules.fate(MUTANT, a_run(("a", P), ("b", F)), ["a", "b"], is_alone=True) == Fate(
        mutant="1", status=Status.KILLED, killed_by="b", message="ValueError: no", is_confirmed=True, duration_s=0.5
    )


def test_the_baseline_keeps_what_ran_where_and_all_in_the_order_of_collection() -> None:
    ran = [("z", ("shop.x_one",)), ("y", ("shop.x_one", "shop.x_two"))]
    tests = [("z", P), ("y", P), ("x", F), ("b", F)]
    found = rules.baseline([a_run(*tests, ran=ran), a_run(*reversed(tests), ran=ran[:1])], ["shop.x_b", "shop.x_a"])
    assert found.ran == dict(ran)
    assert found.covering == {"shop.x_one": ("z", "y"), "shop.x_two": ("y",)}
    assert found.order_dependent == {"shop.x_one", "shop.x_two"}
    assert [test for test, _ in found.left_out] == ["x", "b"]
    assert found.import_order == ("shop.x_b", "shop.x_a")
    assert found.at_import == {"shop.x_b", "shop.x_a"}


@pytest.mark.parametrize(("covered", "imported"), [(False, False), (True, False), (False, True)])
def test_untested_is_what_neither_a_test_nor_an_import_runs(covered: bool, imported: bool) -> None:
    run = a_run(("a", P), ran=[("a", (MUTANT.key,))] if covered else [])
    found = rules.baseline([run], [MUTANT.key] if imported else [])
    assert rules.is_untested(MUTANT, found) is not (covered or imported)


@pytest.mark.parametrize(
    ("run", "is_so"),
    [
        (a_run(("a", P), ("b", Outcome.SKIPPED)), True),
        (a_run(("a", P)), False),
        (a_run(("a", P), ("b", F)), False),
        (a_run(("a", P), ("b", P), died="teardown"), False),
    ],
)
def test_tests_have_passed_where_each_ran_none_failed_and_the_process_lived(run: Run, is_so: bool) -> None:
    assert rules.has_passed(run, ["a", "b"]) is is_so


def test_of_tests_that_have_killed_nothing_the_fastest_comes_first() -> None:
    assert rules.ordered("abc", {"a": 3.0, "b": 1.0, "c": 0.0}, {}) == ("c", "b", "a")


def test_a_scout_without_parameters_comes_once() -> None:
    durations_s = {"t.py::c": 0.1, "t.py::d[1]": 0.1, "t.py::d[2]": 0.1}
    assert rules.scouts(["t.py::c"], durations_s, {"t.py::c": 2}) == ("t.py::c",)


def test_where_no_test_has_run_at_all_they_cannot_be_collected() -> None:
    found = rules.fate(MUTANT, a_run(), ["b", "a"], is_alone=True)
    assert (found.status, found.message, found.uncollected) == (Status.KILLED, "a cannot be collected", "a")


def test_why_their_module_cannot_be_imported_is_said() -> None:
    run = msgspec.structs.replace(a_run(), unimportable="TypeError: no\n" + "x" * 400)
    found = rules.fate(MUTANT, run, ["a"], is_alone=True)
    assert (found.status, found.message) == (Status.KILLED, "a cannot be collected: TypeError: no")


def test_what_a_trial_has_used_is_known_where_the_probe_has_told() -> None:
    touched = Touched(read=("shop.toml",))
    run = msgspec.structs.replace(a_run(("a", P), ran=[("", ("shop.x_one", "shop.x_two"))]), touched=touched)
    found = rules.fate(MUTANT, run, ["a"], is_alone=False)
    assert (found.functions, found.touched) == (("shop.x_one", "shop.x_two"), touched)
    untold = rules.fate(MUTANT, msgspec.structs.replace(run, touched=None), ["a"], is_alone=False)
    assert (untold.functions, untold.touched) == (None, None)


@pytest.mark.parametrize(
    ("first", "again", "both"),
    [(("b", "a"), ("c", "a"), ("a", "b", "c")), ((), ("a",), ("a",)), (None, ("a",), None), (("a",), None, None)],
)
def test_two_trials_rest_on_the_functions_of_both(
    first: tuple[str, ...] | None, again: tuple[str, ...] | None, both: tuple[str, ...] | None
) -> None:
    fates = [Fate(mutant="1", status=Status.SURVIVED, functions=functions) for functions in (first, again)]
    assert rules.confirmed(*fates).functions == both
