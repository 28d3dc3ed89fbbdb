"""Messages name what was meant and what there is, and stay short whatever there is."""

from __future__ import annotations

import pytest

from noxtasks.governance.checking import anchoring, document, names, reading

MANY = [f"M{number}" for number in range(10_000)]


def test_what_was_meant_is_said_where_there_are_few_to_compare() -> None:
    assert names.near("M22", ["M1", "M2"]) == "Did you mean 'M2'?"
    assert (names.near("x", ["M1"]), names.near("M1", MANY), names.near("M" * 1000, ["M" * 999])) == ("", "", "")


def test_of_many_names_the_first_are_listed() -> None:
    assert names.listed([]) == "none yet"
    assert names.listed(["M1", "M2"]) == "M1, M2"
    assert names.listed(MANY).endswith("M9 and 9990 more")


def test_of_a_long_path_both_ends_are_told() -> None:
    assert names.path(["a", "b", "a"]) == "a -> b -> a"
    assert names.path(MANY).startswith("M0 -> M1 ->")
    assert " -> (9980 more) -> " in names.path(MANY)


@pytest.mark.parametrize("after", ["O{there}", "P{here}"], ids=["a cycle", "names that lead nowhere"])
def test_what_is_told_of_the_largest_plan_stays_in_proportion_to_it(after: str) -> None:
    count = 2500
    lines = [
        f"  O{here}: {{milestones: [M1], after: [{after.format(here=here, there=(here + 1) % count)}]}}\n"
        for here in range(count)
    ]
    text = "version: 1\nmilestones:\n  M1: {title: one}\nobjectives:\n" + "".join(lines)
    assert document.MOST_BYTES / 2 < len(text) < document.MOST_BYTES
    said = "".join(each.message + each.remedy for each in anchoring.violations(reading.read(text.encode())))
    assert len(said) < 4 * len(text)
