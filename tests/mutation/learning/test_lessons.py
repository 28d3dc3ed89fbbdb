"""In which order survivors are shown, and how the tests begin that would kill them."""

from __future__ import annotations

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noxtasks.mutation.learning import lessons
from noxtasks.mutation.learning.lessons import Told
from noxtasks.mutation.model import Baseline, Mutant

TOLD = Told(call="f(1)", original="returns 1", mutated="returns 2")
WHOLE = Told(call="f(1)", original="returns 1", mutated="returns 2", test="def test_f():\n    assert f(1) == 1\n")


def a_mutant(
    name: str, *, function: str = "f", operator: str = "Integer", before: str = "return 1", after: str = "return 2"
) -> Mutant:
    class_name, _, last = function.rpartition(".")
    key = f"shop.xǁ{class_name}ǁ{last}" if class_name else f"shop.x_{function}"
    head = f"def {last}({'self, ' if class_name else ''}a, b=1, *, c):\n    "
    return Mutant(
        path="shop.py",
        line=2,
        id=name,
        name=f"{key}__mutmut_{name}",
        function=function,
        operator=operator,
        before=head + before,
        after=head + after,
    )


def a_baseline(**covering: int) -> Baseline:
    tests = {f"shop.x_{name}": tuple(map(str, range(number))) for name, number in covering.items()}
    return Baseline(durations_s={}, left_out=(), covering=tests, at_import=frozenset())


def order(mutants: list[Mutant], told: dict[str, Told], baseline: Baseline | None = None) -> list[str]:
    return [lesson.mutant for lesson in lessons.lessons(mutants, told, baseline or a_baseline())]


def test_a_whole_test_comes_before_an_input_and_an_input_before_nothing() -> None:
    mutants = [a_mutant(name, function=name) for name in "abc"]
    assert order(mutants, {"b": WHOLE, "c": TOLD}) == ["b", "c", "a"]


def test_a_function_that_many_tests_run_comes_first() -> None:
    mutants = [a_mutant("1", function="few"), a_mutant("2", function="many")]
    assert order(mutants, {}, a_baseline(few=1, many=3)) == ["2", "1"]


def test_suspects_come_last_even_when_they_are_told_apart() -> None:
    same = a_mutant("1", before="return a + 0", after="return a - 0")
    message = a_mutant("2", before='raise E("a")', after='raise E("A")')
    found = lessons.lessons([same, message, a_mutant("3")], {"2": WHOLE}, a_baseline())
    assert [(lesson.mutant, bool(lesson.suspect)) for lesson in found] == [("3", False), ("2", True), ("1", True)]


def test_one_of_each_function_and_operator_comes_before_the_second_of_any() -> None:
    mutants = [a_mutant("1"), a_mutant("2"), a_mutant("3", operator="Call"), a_mutant("4", function="g")]
    assert order(mutants, {"1": WHOLE, "2": WHOLE}) == ["1", "3", "4", "2"]


@given(st.permutations(range(6)), st.sets(st.sampled_from("012345")))
def test_every_survivor_has_its_lesson_whatever_order_they_come_in(places: list[int], told: set[str]) -> None:
    mutants = [a_mutant(str(place), function="fgh"[place % 3]) for place in range(6)]
    answers = dict.fromkeys(told, TOLD)
    expected = order(mutants, answers)
    assert sorted(expected) == list("012345")
    assert order([mutants[place] for place in places], answers) == expected


def test_what_was_found_is_told_with_its_test() -> None:
    (lesson,) = lessons.lessons([a_mutant("1")], {"1": WHOLE}, a_baseline())
    assert (lesson.call, lesson.original, lesson.mutated) == ("f(1)", "returns 1", "returns 2")
    assert lesson.skeleton == WHOLE.test


@pytest.mark.parametrize(
    ("function", "parts"),
    [
        ("price", ["from shop import price", "def test_price():", "assert price(a=..., c=...) == ..."]),
        ("Cart.total", ["from shop import Cart", "def test_cart_total():", "cart.total(a=..., c=...) == ..."]),
        ("Cart.__init__", ["from shop import Cart", "def test_cart_init():", "cart = Cart(a=..., c=...)"]),
    ],
)
def test_without_an_input_a_test_is_begun_that_says_what_is_not_noticed(function: str, parts: list[str]) -> None:
    (lesson,) = lessons.lessons([a_mutant("1", function=function)], {}, a_baseline())
    for part in (*parts, "# No test notices this change of line 2:", "#   - return 1", "#   + return 2"):
        assert part in lesson.skeleton
    ast.parse(lesson.skeleton.replace(". ...", ".x"))


def test_an_input_that_no_test_can_make_is_told_in_the_beginning() -> None:
    (lesson,) = lessons.lessons([a_mutant("1")], {"1": TOLD}, a_baseline())
    assert "# f(1): returns 1; with the change: returns 2" in lesson.skeleton
