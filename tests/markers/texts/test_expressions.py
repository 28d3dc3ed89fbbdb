from __future__ import annotations

import pytest
from _pytest.mark.expression import Expression
from hypothesis import given
from hypothesis import strategies as st

from noxtasks.markers.texts.expressions import names_in


@pytest.mark.parametrize(
    ("expression", "names"),
    [
        ("slow", ("slow",)),
        ("not slow", ("slow",)),
        ("slow and (fast or not net) and slow", ("slow", "fast", "net")),
        ("not not slow", ("slow",)),
        ('device(serial="x") or slow', ("device", "slow")),
        ("device(a=1, b='2', c=True)", ("device",)),
        ("fix the bug", None),
        ("slow and", None),
        ("(slow", None),
        ("slow)", None),
        ("device()", None),
        ("device(1)", None),
        ("a, b", None),
        ("'slow'", None),
        ("${X}", None),
        ("", None),
    ],
)
def test_names_are_those_of_an_expression_and_none_of_anything_else(
    expression: str, names: tuple[str, ...] | None
) -> None:
    assert names_in(expression) == names


_PARTS = st.sampled_from(["slow", "a1", "and", "or", "not", "(", ")", "x(", "k=1", "k='v'", ",", " ", "!", "a-b"])


@given(st.lists(_PARTS, max_size=9).map(" ".join))
def test_what_is_an_expression_is_what_pytest_takes_for_one(expression: str) -> None:
    """`-m` and `-k`, whose grammar is pytest's."""
    try:
        Expression.compile(expression)
    except SyntaxError:
        is_valid = False
    else:
        is_valid = bool(expression.strip())
    assert (names_in(expression) is not None) == is_valid
