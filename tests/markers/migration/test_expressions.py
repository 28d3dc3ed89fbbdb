"""An expression selects the same tests after its markers were renamed, wherever it stands."""

from __future__ import annotations

import pytest
from _pytest.mark.expression import Expression
from hypothesis import given
from hypothesis import strategies as st

from noxtasks.markers.migration import expressions
from noxtasks.markers.migration.model import Change
from noxtasks.markers.model import Reference, Selector, Use

CHANGE = Change(renamed={"slow_test": "slow", "fast": "quick", "a": "b", "b": "a"})


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("slow_test", "slow"),
        ("not slow_test and not fast", "not slow and not quick"),
        ("slow or slow_test", "slow"),
        ("slow and slow_test", "slow"),
        ("(slow or slow_test) and x", "(slow) and x"),
        ("not slow and not slow_test", "not slow"),
        ("not slow or slow_test", "not slow or slow"),
        ("x and slow or slow_test", "x and slow or slow"),
        ("slow or slow_test and x", "slow or slow and x"),
        ("x or slow or slow_test or slow", "x or slow"),
        ("slow or x or slow_test", "slow or x or slow"),
        ("not slow and slow_test", "not slow and slow"),
        ("x or x or fast", "x or x or quick"),
        ("a and not b", "b and not a"),
        ("slow_tests or my.fast or fast-lane or path/fast", "slow_tests or my.fast or fast-lane or path/fast"),
        ("fast(fast='fast', a=1)", "quick(fast='fast', a=1)"),
        ("  fast  ", "  quick  "),
        ("${{ matrix.mark }} and fast", "${{ matrix.mark }} and quick"),
        ("", ""),
    ],
)
def test_the_markers_of_an_expression_are_renamed(before: str, after: str) -> None:
    assert expressions.renamed(before, CHANGE) == after


names = st.sampled_from(["a", "b", "c", "slow", "slow_test", "fast", "quick"])
written = st.recursive(
    names,
    lambda part: st.one_of(
        st.tuples(part, st.sampled_from([" or ", " and "]), part).map("".join),
        part.map(lambda each: f"not {each}"),
        part.map(lambda each: f"({each})"),
    ),
    max_leaves=8,
)


@given(written, st.sets(names))
def test_a_renamed_expression_holds_for_the_same_tests(expression: str, markers: set[str]) -> None:
    """Every `-m` that is found selects the same tests as before."""
    change = Change(renamed={"a": "b", "b": "c", "c": "a"})
    now = {change.now(each) for each in markers}
    before = Expression.compile(expression).evaluate(lambda name, /, **_: name in markers)
    after = Expression.compile(expressions.renamed(expression, change)).evaluate(lambda name, /, **_: name in now)
    assert before == after


@given(written, st.sets(names))
def test_a_merged_expression_is_as_the_literal_replacement(expression: str, markers: set[str]) -> None:
    change = Change(renamed={"slow_test": "slow", "fast": "slow"})
    literal = expression.replace("slow_test", "slow").replace("fast", "slow")
    values = [
        Expression.compile(each).evaluate(lambda name, /, **_: name in markers)
        for each in (literal, expressions.renamed(expression, change))
    ]
    assert values[0] == values[1]


def edited(text: str, *places: Selector | Reference) -> tuple[str, list[str]]:
    after, unchanged = expressions.edited(
        text,
        CHANGE,
        [each for each in places if isinstance(each, Selector)],
        [each for each in places if isinstance(each, Reference)],
    )
    return after, [f"{each.marker} {each.line} {each.why}" for each in unchanged]


def at(line: int, expression: str, option: str = "-m") -> Selector:
    found = tuple(word for word in expression.replace("(", " ").replace(")", " ").split() if word.isidentifier())
    return Selector(path="x", line=line, option=option, expression=expression, names=found)


def seen(marker: str, line: int, use: Use = Use.SELECTED) -> Reference:
    return Reference(marker=marker, path="x", line=line, use=use, how="how")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("run: pytest -m fast tests/fast", "run: pytest -m quick tests/fast"),
        ("run: pytest -mfast tests/fast", "run: pytest -mquick tests/fast"),
        ("run: pytest -m=fast -k fast", "run: pytest -m=quick -k fast"),
        ("run: pytest -m 'fast' # fast", "run: pytest -m 'quick' # fast"),
        ('run: "pytest -m \\"fast\\" tests/"', 'run: "pytest -m \\"quick\\" tests/"'),
        ("marks: fast", "marks: quick"),
        ("  - fast", "  - quick"),
        ("cmd: ['-m', 'fast']", "cmd: ['-m', 'quick']"),
        ("pytest -m fast || pytest -m fast", "pytest -m quick || pytest -m quick"),
    ],
)
def test_an_expression_is_renamed_where_it_stands(before: str, after: str) -> None:
    text = f"# fast\r\n{before}\r\nfast\n"
    assert edited(text, at(2, "fast")) == (f"# fast\r\n{after}\r\nfast\n", [])


def test_an_expression_may_take_several_lines() -> None:
    text = "pytest \\\n  -m 'fast or\n      slow_test' \\\n  tests\n"
    assert edited(text, at(2, "fast or slow_test"))[0] == "pytest \\\n  -m 'quick or\n      slow' \\\n  tests\n"
    assert edited(text, at(1, "fast or slow_test"))[0] == "pytest \\\n  -m 'quick or\n      slow' \\\n  tests\n"


def test_what_a_tool_looks_for_is_renamed_as_a_word_of_its_line() -> None:
    assert edited("fast\nmatrix: [fast, fast-lane, breakfast]\n", seen("fast", 2)) == (
        "fast\nmatrix: [quick, fast-lane, breakfast]\n",
        [],
    )


def test_a_selector_and_a_reference_of_one_place_are_one() -> None:
    text = "pytest -m fast tests/a fast"
    assert edited(text, at(1, "fast"), seen("fast", 1)) == ("pytest -m quick tests/a fast", [])


def test_what_is_not_where_it_should_be_is_told() -> None:
    assert edited("one\ntwo\n", at(1, "fast"), seen("slow_test", 2), seen("fast", 9)) == (
        "one\ntwo\n",
        [
            "fast 1 -m 'fast' is not found as it is written",
            "slow_test 2 the name does not stand in this line",
            "fast 9 the name does not stand in this line",
        ],
    )
    assert edited("fast", seen("fast", 1, Use.POSSIBLE)) == (
        "fast",
        ["fast 1 it may or may not stand for the marker: how"],
    )
    assert edited("fast", seen("fast", 1, Use.MENTIONED), at(1, "fast", "-k")) == ("fast", [])


def test_a_keyword_selection_that_may_see_a_marker_is_told() -> None:
    told = expressions.keyword_selections(
        CHANGE,
        [
            Selector(path="x", line=3, option="-k", expression="not FAS", names=("FAS",)),
            at(4, "other", "-k"),
            at(5, "fast"),
        ],
    )
    assert [(each.marker, each.line) for each in told] == [("fast", 3)]
