"""What does not count is said with a reason and a last day, and counts again after it."""

from __future__ import annotations

from datetime import date

import pytest

from noxtasks.errors import ConfigurationError
from noxtasks.mutation.deciding import suppressions
from noxtasks.mutation.model import Mutant, Standing, Status

GOOD = """
[[mutant]]
id = "0123456789abcdef"
reason = "the cache only makes it faster"
expires = 2026-12-31

[[mutant]]
path = "src/shop/cart.py"
function = "Cart.__repr__"
operator = "String"
reason = "nobody reads it"
expires = 2026-01-01
"""
LAST = date(2026, 12, 31)


def a_mutant(number: str, function: str = "f", operator: str = "String", path: str = "src/shop/cart.py") -> Mutant:
    return Mutant(path=path, line=1, id=number, name="", function=function, operator=operator, before="a", after="b")


MUTANTS = [
    a_mutant("0123456789abcdef"),
    a_mutant("1", "Cart.__repr__"),
    a_mutant("2", "Cart.__repr__", "Integer"),
    a_mutant("3", "Cart.__repr__", path="src/shop/till.py"),
]


def test_entries_are_for_an_id_or_for_a_function() -> None:
    first, second = suppressions.read(GOOD)
    assert (first.id, first.path, first.reason) == ("0123456789abcdef", "", "the cache only makes it faster")
    assert (second.path, second.function, second.operator) == ("src/shop/cart.py", "Cart.__repr__", "String")
    assert suppressions.read("") == ()


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ('id = "a"\nexpires = 2026-01-01', "it has no reason"),
        ('id = "a"\nreason = "b"', "it never expires"),
        ('id = "a"\nreason = "b"\nexpires = "soon"', "expires is no date"),
        ('id = "a"\nreason = "b"\nexpires = 2026-01-01T12:00:00', "expires is no date"),
        ('id = 3\nreason = " "\nexpires = 2026-01-01', "id is no text; reason is no text"),
        ('reason = "b"\nexpires = 2026-01-01', "it is for an id, or for a function"),
        ('id = "a"\npath = "a.py"\nreason = "b"\nexpires = 2026-01-01', "it is for an id, or for a function"),
        ('function = "f"\nreason = "b"\nexpires = 2026-01-01', "a function is named with its path"),
        ('id = "a"\nreson = "b"\nreason = "b"\nexpires = 2026-01-01', "reson is none of id, path"),
    ],
)
def test_a_wrong_entry_is_told_with_its_number(entry: str, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message) as caught:
        suppressions.read(f"{GOOD}\n[[mutant]]\n{entry}\n")
    assert caught.value.where == "mutation.suppressions.toml: [[mutant]] 3"


@pytest.mark.parametrize("content", ["[mutants", "[mutant]\nid = 'a'", "[[mutants]]\nid = 'a'", "mutant = [1]"])
def test_what_is_no_list_of_mutants_is_told(content: str) -> None:
    with pytest.raises(ConfigurationError, match=r"mutation\.suppressions\.toml"):
        suppressions.read(content)


@pytest.mark.parametrize(
    ("today", "standings", "skipped"),
    [
        (date(2026, 1, 1), [Standing.ACTIVE, Standing.ACTIVE], {"0123456789abcdef", "1"}),
        (LAST, [Standing.ACTIVE, Standing.EXPIRED], {"0123456789abcdef"}),
        (date(2027, 1, 1), [Standing.EXPIRED, Standing.EXPIRED], set()),
    ],
)
def test_an_entry_holds_until_the_end_of_its_last_day(
    today: date, standings: list[Standing], skipped: set[str]
) -> None:
    settled = suppressions.settle(suppressions.read(GOOD), MUTANTS, today=today)
    assert [entry.standing for entry in settled] == standings
    assert [entry.mutants for entry in settled] == [("0123456789abcdef",), ("1",)]
    fates = suppressions.skipped(settled)
    assert fates.keys() == skipped
    assert all(fate.status is Status.SKIPPED and fate.reason for fate in fates.values())


def test_an_entry_that_means_no_mutant_is_told() -> None:
    settled = suppressions.settle(suppressions.read(GOOD), MUTANTS[3:], today=LAST)
    assert [(entry.standing, entry.mutants) for entry in settled] == [(Standing.UNMATCHED, ())] * 2
