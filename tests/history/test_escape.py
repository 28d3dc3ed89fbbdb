"""What databases refuse is stored reversibly."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noxtasks.history.escape import escape, unescape

ANY_TEXT = st.text(st.characters(codec=None, exclude_categories=()) | st.sampled_from("\0␛\ud8000D"))


@given(ANY_TEXT)
def test_whatever_is_escaped_comes_back(text: str) -> None:
    assert unescape(escape(text)) == text


@given(ANY_TEXT)
def test_what_is_escaped_has_a_utf8_form_without_nul(text: str) -> None:
    assert b"\0" not in escape(text).encode("utf-8")


@given(ANY_TEXT, ANY_TEXT)
def test_different_texts_stay_different(one: str, other: str) -> None:
    assert (escape(one) == escape(other)) == (one == other)


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ("tests/test_a.py::test[\\xe9]", "tests/test_a.py::test[\\xe9]"),
        ("emoji 😀 'quotes' \"\n", "emoji 😀 'quotes' \"\n"),
        ("\0", "␛0000"),
        ("a\ud83d", "a␛D83D"),
        ("␛0000", "␛241B0000"),
    ],
)
def test_only_what_must_be_is_escaped_and_it_can_be_seen(text: str, stored: str) -> None:
    assert escape(text) == stored
