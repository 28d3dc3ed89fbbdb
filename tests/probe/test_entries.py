"""What quarantine.toml and the mark may say, and that all that is wrong with them is told at once."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noxtasks.probe.noxtasks_probe import entries
from noxtasks.probe.noxtasks_probe.entries import Entry

DAY = date(2026, 1, 2)


def test_an_entry_has_a_test_a_first_day_and_terms() -> None:
    content = b"""\xef\xbb\xbf# comment
    [[test]]
    id = "a.py::t[two\\nlines \\"quoted\\" \\u00fc]"
    since = 2026-01-02
    expires = "2026-02-01"
    reason = "often"
    owner = "ada"
    issue = "https://example.org/7"
    reruns = 2
    [[test]]
    id = 'b.py'
    since = 2026-01-02
    """
    found, problems = entries.read(content)
    assert problems == []
    assert found == [
        Entry('a.py::t[two\nlines "quoted" ü]', DAY, date(2026, 2, 1), "often", "ada", "https://example.org/7", 2),
        Entry("b.py", DAY, date(2026, 2, 1)),
    ]


def test_everything_that_is_wrong_is_told_at_once() -> None:
    content = b"""
    tset = 1
    [[test]]
    since = 2026-01-02
    [[test]]
    id = "a"
    since = 2026-01-02T03:04:05
    expiry = 3
    [[test]]
    id = "a"
    since = "2026-02-30"
    reruns = true
    reason = ["x"]
    [[test]]
    id = "b"
    since = 2026-01-02
    expires = 2026-01-01
    [[test]]
    id = "c"
    owner = "ada"
    """
    found, problems = entries.read(content)
    assert found == []
    for said in (
        "quarantine.toml: tset: there is no such key; did you mean test?",
        "test 1: id: expected a node id, got None",
        "test 2 ('a'): expiry: there is no such key; did you mean expires?",
        "test 2 ('a'): since: expected a date such as 2026-01-31, got 2026-01-02T03:04:05",
        "test 3 ('a'): since: expected a date such as 2026-01-31, got '2026-02-30'",
        "test 3 ('a'): reruns: expected a whole number from 0 to 1000, got True",
        "test 3 ('a'): reason: expected a string, got ['x']",
        "test 4 ('b'): expires: 2026-01-01 is before since, 2026-01-02",
        "test 5 ('c'): since: it is missing",
    ):
        assert sum(said in problem for problem in problems) == 1, said
    assert len(problems) == 9


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"[[test", "this is not TOML"),
        (b"\n\n# \xff\n", "this is not UTF-8 (at line 3)"),
        (b"test = 1", "test: expected tables"),
        (b"test = [1]", "test: expected tables"),
    ],
)
def test_a_file_that_cannot_be_read_is_told(content: bytes, said: str) -> None:
    found, problems = entries.read(content)
    assert found == []
    assert [said in problem for problem in problems] == [True]


def test_the_same_test_twice_is_told() -> None:
    twice = b'[[test]]\nid = "a"\nsince = 2026-01-02\n' * 2
    assert entries.read(twice)[1] == ["quarantine.toml: test 2 ('a'): there is another entry for it"]


@given(st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "replace")))
def test_whatever_the_file_holds_it_is_read_or_told(content: bytes) -> None:
    found, problems = entries.read(content)
    assert all(isinstance(entry, Entry) for entry in found)
    assert all(problem.startswith("quarantine.toml: ") for problem in problems)


@given(st.dates(), st.integers(0, 10**7), st.dates())
def test_an_entry_holds_for_as_many_days_as_it_says(since: date, days: int, today: date) -> None:
    last = entries.expiry(since, days)
    assert since <= last <= date.max
    assert last == date.max or last - since == timedelta(days=days)
    assert Entry("a", since, last).is_expired(today) == (today > last)


@pytest.mark.parametrize(
    ("nodeid", "ids"),
    [
        ("a.py::t", {"a.py::t", "a.py"}),
        (
            "a.py::A::B::t[x::y[1]]",
            {"a.py::A::B::t[x::y[1]]", "a.py::A::B::t[x::y", "a.py::A::B::t[x", "a.py::A::B::t"},
        ),
        ("a.py::t[x] #2", {"a.py::t[x] #2", "a.py::t[x]", "a.py::t"}),
    ],
)
def test_an_entry_covers_its_test_and_what_is_below_it(nodeid: str, ids: set[str]) -> None:
    assert ids <= set(entries.ids_covering(nodeid))


@given(st.text(), st.text())
def test_what_an_entry_covers_begins_with_it(test: str, nodeid: str) -> None:
    for whole in (nodeid, f"{test}[{nodeid}]", f"{test}::{nodeid}"):
        covering = list(entries.ids_covering(whole))
        assert all(whole.startswith(each) for each in covering)
        assert covering[0] == whole
    assert not test or test in set(entries.ids_covering(f"{test}::{nodeid.replace(' #', '')}"))
