"""What is shown of a node id is harmless, and leads back to that test and to no other."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from noxtasks.evidence.display.text import meant, short, shown, shown_lines

ids = st.text(st.characters()) | st.text(st.sampled_from("\\u{}a15c\n\x1b\U0010ffff"))


@given(ids)
@example("test_a.py::test_a[\\u{a}]")
@example("test_a.py::test_a[\\u{5c}u{a}\n]")
def test_what_is_shown_is_harmless_and_means_what_it_shows(nodeid: str) -> None:
    assert shown(nodeid).isprintable()
    assert meant(shown(nodeid)) == nodeid


@given(st.text(st.characters()).filter(lambda text: "\\u{" not in text))
def test_an_id_in_its_own_characters_is_meant_too(nodeid: str) -> None:
    assert meant(nodeid) == nodeid


@pytest.mark.parametrize(
    ("nodeid", "said"),
    [
        ("test_a.py::test_a[naïve \U0001f600]", "test_a.py::test_a[naïve \U0001f600]"),
        (r"test_a.py::test_a[pytest's own \n \x1b \u00e9]", r"test_a.py::test_a[pytest's own \n \x1b \u00e9]"),
        ("a\nb\x1b[31m\u202e\x00", r"a\u{a}b\u{1b}[31m\u{202e}\u{0}"),
    ],
)
def test_only_what_cannot_be_printed_is_escaped(nodeid: str, said: str) -> None:
    assert shown(nodeid) == said


@given(st.text(st.characters()))
def test_a_text_keeps_its_lines_and_nothing_else_that_moves_the_cursor(text: str) -> None:
    lines = shown_lines(text).split("\n")
    assert len(lines) == text.count("\n") + 1
    assert all(line.isprintable() for line in lines)


@pytest.mark.parametrize(
    ("nodeid", "width", "said"),
    [
        ("tests/test_a.py::test_it", 24, "tests/test_a.py::test_it"),
        ("tests/test_a.py::test_it", 12, "…py::test_it"),
        ("tests/test_a.py::TestIt::test_speed[hooks=10-wrappers=10]", 40, "…estIt::test_speed[hooks=10-wrappers=10]"),
        ("tests/test_a.py::TestIt::test_speed[hooks=10-wrappers=10]", 30, "test_speed[…ks=10-wrappers=10]"),
        ("tests/test_a.py::test_speed_of_what_has_a_long_name[a]", 20, "…_has_a_long_name[a]"),
    ],
)
def test_a_short_node_id_keeps_the_function_and_the_end_of_its_parameters(nodeid: str, width: int, said: str) -> None:
    assert short(nodeid, width) == said


@given(ids, st.integers(min_value=2, max_value=80))
def test_a_short_node_id_has_room(nodeid: str, width: int) -> None:
    assert len(short(nodeid, width)) <= width


@given(ids)
def test_a_node_id_for_which_there_is_room_is_short_as_it_is_shown(nodeid: str) -> None:
    assert short(nodeid, len(shown(nodeid))) == shown(nodeid)
