"""Each order of two tests that may make a difference is tried, and none twice."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noxtasks.parallel.conflicts.interleaving import MOST, Schedule, depends, schedules
from noxtasks.suite.model import Use

READ, WRITE = Use(kind="file", name="/x", how="read"), Use(kind="file", name="/x", how="write")
POINTS = st.lists(
    st.builds(
        Use,
        kind=st.just("file"),
        name=st.sampled_from(["/x", "/x/a", "/y"]),
        how=st.sampled_from(["read", "write", "create", "remove", "list"]),
    ),
    max_size=6,
)


def order(schedule: Schedule, one: list[Use], other: list[Use]) -> list[tuple[int, int]]:
    """Whose points come when."""
    points = [[(0, place) for place in range(len(one))], [(1, place) for place in range(len(other))]]
    first, second = points[schedule.first], points[1 - schedule.first]
    back = len(second) if schedule.back is None else schedule.back
    return first[: schedule.hold] + second[:back] + first[schedule.hold :] + second[back:]


def outcome(found: list[tuple[int, int]], one: list[Use], other: list[Use]) -> frozenset[tuple[int, int, bool]]:
    """Of all points that depend on one another, which came first."""
    when = {point: place for place, point in enumerate(found)}
    return frozenset(
        (a, b, when[0, a] < when[1, b])
        for a, use in enumerate(one)
        for b, of_other in enumerate(other)
        if depends(use, of_other)
    )


def test_between_a_read_and_a_write_comes_the_other() -> None:
    found = schedules([READ, WRITE], [READ, WRITE])
    assert Schedule(first=0, hold=1, back=None) in found
    assert Schedule(first=1, hold=1, back=None) in found


def test_two_that_look_twice_and_undo_what_they_do_meet_where_both_are_in_the_midst_of_it() -> None:
    """As with two who count what is in a folder, put something in it, count again, and take it out."""
    steps = [
        Use(kind="folder", name="/in", how="list"),
        Use(kind="file", name="/in/a", how="create"),
        Use(kind="folder", name="/in", how="list"),
        Use(kind="file", name="/in/a", how="remove"),
    ]
    other = [Use(kind=each.kind, name=each.name.replace("/a", "/b"), how=each.how) for each in steps]
    assert any(
        (seen := order(each, steps, other)).index((0, 0)) < seen.index((1, 1)) < seen.index((0, 2)) < seen.index((1, 3))
        for each in schedules(steps, other)
    )


def test_those_who_only_read_need_no_order() -> None:
    assert schedules([READ, READ], [READ, READ]) == ()


def test_one_use_each_has_no_order_but_one_after_the_other() -> None:
    assert schedules([WRITE], [WRITE]) == ()


def test_what_fixtures_have_changed_matters_to_the_test_itself() -> None:
    body = Use(kind="test", name="", how="read")
    assert schedules([WRITE, body], [WRITE, body])


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [("/x", "/x", True), ("/x", "/x/deep/y", True), ("/x/y", "/x", True), ("/x", "/xy", False)],
)
def test_a_folder_and_what_is_in_it_depend_on_one_another(one: str, other: str, *, expected: bool) -> None:
    first, second = Use(kind="folder", name=one, how="remove"), Use(kind="file", name=other, how="read")
    assert depends(first, second) is expected


@given(POINTS, POINTS)
def test_no_two_come_to_the_same_and_none_is_one_test_after_the_other(one: list[Use], other: list[Use]) -> None:
    found = [outcome(order(each, one, other), one, other) for each in schedules(one, other)]
    mine, theirs = [(0, place) for place in range(len(one))], [(1, place) for place in range(len(other))]
    serial = [outcome(seen, one, other) for seen in (mine + theirs, theirs + mine)]
    assert len(set(found)) == len(found) <= MOST
    assert not {*found} & {*serial}


@given(st.lists(st.sampled_from([READ, WRITE]), max_size=3), st.lists(st.sampled_from([READ, WRITE]), max_size=3))
def test_every_order_with_two_changes_of_turns_is_there(one: list[Use], other: list[Use]) -> None:
    found = {outcome(order(each, one, other), one, other) for each in schedules(one, other)}
    mine, theirs = [(0, place) for place in range(len(one))], [(1, place) for place in range(len(other))]
    serial = {outcome(seen, one, other) for seen in (mine + theirs, theirs + mine)}
    for hold in range(1, len(one)):
        for back in range(1, len(other) + 1):
            each = Schedule(first=0, hold=hold, back=back if back < len(other) else None)
            assert outcome(order(each, one, other), one, other) in found | serial
