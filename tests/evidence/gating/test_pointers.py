"""Where a pointer leads to, and where it stops. The examples of the standard are those of RFC 6901, section 5."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noxtasks.evidence import canonical
from noxtasks.evidence.gating.pointers import Place, Stopped, missed, resolve

OF_THE_STANDARD = {
    "foo": ["bar", "baz"],
    "": 0,
    "a/b": 1,
    "c%d": 2,
    "e^f": 3,
    "g|h": 4,
    "i\\j": 5,
    'k"l': 6,
    " ": 7,
    "m~n": 8,
}
TIERS = {"tiers": [{"name": "unit", "share": 0.7}, {"name": "system", "share": None}, {"name": "unit", "share": 0.2}]}


def values(document: Any, pointer: str) -> list[Any]:
    found = resolve(document, pointer)
    assert not isinstance(found, Stopped), found.reason
    return [place.value for place in found]


def stopped(document: Any, pointer: str) -> str:
    found = resolve(document, pointer)
    assert isinstance(found, Stopped), found
    return found.reason


@pytest.mark.parametrize(
    ("pointer", "value"),
    [
        ("", OF_THE_STANDARD),
        ("/foo", ["bar", "baz"]),
        ("/foo/0", "bar"),
        ("/", 0),
        ("/a~1b", 1),
        ("/c%d", 2),
        ("/e^f", 3),
        ("/g|h", 4),
        ("/i\\j", 5),
        ('/k"l', 6),
        ("/ ", 7),
        ("/m~0n", 8),
    ],
)
def test_the_examples_of_the_standard(pointer: str, value: Any) -> None:
    assert values(OF_THE_STANDARD, pointer) == [value]


@given(st.recursive(st.integers(), lambda inner: st.dictionaries(st.text(), inner, min_size=1), max_leaves=6))
def test_every_member_is_reached_by_its_pointer(document: Any) -> None:
    """RFC 6901: `~` is written ~0 and `/` is written ~1, whatever else a name holds."""
    path: list[str] = []
    inner = document
    while isinstance(inner, dict):
        path.append(next(iter(inner)))
        inner = inner[path[-1]]
    assert values(document, canonical.pointer(*path)) == [inner]


def test_an_item_is_chosen_by_its_name_and_all_that_have_it() -> None:
    assert values(TIERS, "/tiers/name=system/share") == [None]
    assert values(TIERS, "/tiers/name=unit/share") == [0.7, 0.2]
    assert values({"l": [{"is": True}, {"is": False}]}, "/l/is=true") == [{"is": True}]
    assert values({"l": [{"n": "a/b=c"}]}, "/l/n=a~1b=c") == [{"n": "a/b=c"}]


def test_every_item_and_several_members() -> None:
    assert values(TIERS, "/tiers/*/name") == ["unit", "system", "unit"]
    assert values({"r": {"old": [1], "new": [2, 3], "name": "x"}}, "/r/{old,new}/*") == [1, 2, 3]
    assert values({"{a,b}": 1, "a": 2}, "/{a,b}") == [1]
    assert values({"empty": []}, "/empty/*") == []
    assert values({"empty": []}, "/empty/name=x") == []


@pytest.mark.parametrize(
    ("document", "pointer", "reason"),
    [
        ({}, "result", "the pointer 'result' does not begin with a slash"),
        ({}, "/result", "stopped at the document: it has no 'result'; it is empty"),
        ({"result": {"figure": 1}}, "/result/figur", "stopped at /result: it has no 'figur'; did you mean 'figure'?"),
        ({"a": 1, "b": 2}, "/zzz", "stopped at the document: it has no 'zzz'; there are 'a', 'b'"),
        ({"a": None}, "/a/b", "stopped at /a: there is null, which holds no 'b'"),
        ({"a": "text"}, "/a/*", "stopped at /a: there is \"text\", which holds no '*'"),
        ({"a": {"b": 1}}, "/a/*", "stopped at /a: it has no '*'; there are 'b'"),
        ({"a": [1, 2]}, "/a/2", "stopped at /a: it has 2 items, and no item 2"),
        ({"a": [1, 2]}, "/a/01", "stopped at /a: it is an array: '01' is neither an index, nor *, nor KEY=VALUE"),
        ({"a": [1, 2]}, "/a/-", "stopped at /a: it is an array: '-' is neither an index, nor *, nor KEY=VALUE"),
        (TIERS, "/tiers/nam=unit", "stopped at /tiers: not every item has a 'nam'"),
        ({"a": {"b": 1}}, "/a/{b,c}", "stopped at /a: it has no 'c'; there are 'b'"),
    ],
)
def test_a_pointer_that_leads_nowhere_says_where_it_stopped(document: Any, pointer: str, reason: str) -> None:
    assert stopped(document, pointer) == reason


@pytest.mark.parametrize(
    ("document", "pointer", "reason"),
    [
        (TIERS, "/tiers/name=e2e/share", "stopped at /tiers: no 'name=e2e'; name is 'unit', 'system'"),
        ({"tiers": []}, "/tiers/name=e2e/share", "stopped at /tiers: it is empty"),
        ({"tiers": []}, "/tiers/*", "stopped at /tiers: it is empty"),
        (TIERS, "/tiers/*", ""),
    ],
)
def test_a_choice_without_an_item_says_what_there_is(document: Any, pointer: str, reason: str) -> None:
    assert missed(pointer, document) == reason


def test_a_place_knows_what_is_beside_it_and_what_it_is_part_of() -> None:
    (place,) = resolve({"gates": [{"name": "speed", "low": 1, "inner": {"x": 2}}]}, "/gates/0/inner/x")  # type: ignore[misc]
    assert isinstance(place, Place)
    assert (place.name, place.beside("x"), place.beside("low")) == ("speed", 2, None)


def test_a_member_that_is_named_twice_is_one() -> None:
    """Else a short pointer, read from a file of somebody else, would lead to more places than there is memory for."""
    document: dict[str, object] = {"a": 1}
    for _ in range(60):
        document = {"a": document}
    found = resolve(document, "/{a,a}" * 61)
    assert not isinstance(found, Stopped)
    assert [place.value for place in found] == [1]
