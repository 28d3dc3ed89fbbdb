"""In which orders two tests can use what they share: those that may make a difference, and each of them once.

Orders that differ only in what does not depend on one another come to the same (partial-order reduction: P. Godefroid,
"Partial-Order Methods for the Verification of Concurrent Systems", 1996). One test after the other is not among them.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence

import msgspec

from noxtasks.parallel.conflicts.model import CHANGING
from noxtasks.suite.model import Use

_POINTS = 20  # of each test
MOST = 40
"""Orders that are tried of two tests."""


class Schedule(msgspec.Struct, frozen=True, kw_only=True):
    """One of two goes as far as a point of its own, the other then as far as one of its, and each to its end."""

    first: int  # 0 or 1: the place in the pair
    hold: int  # the point before which the first stops
    back: int | None  # the point before which the other does, until the first is over; None: it goes to its end

    def stops(self, place: int) -> tuple[int, ...]:
        """Before which of its points the test at that place in the pair stops."""
        if place == self.first:
            return (self.hold,)
        return () if self.back is None else (self.back,)


def schedules(one: Sequence[Use], other: Sequence[Use]) -> tuple[Schedule, ...]:
    """The orders of these points, the most interwoven first, those with one change of turns less before others."""
    points = one[:_POINTS], other[:_POINTS]
    dependent = [
        (place, place_of_other)
        for place, use in enumerate(points[0])
        for place_of_other, use_of_other in enumerate(points[1])
        if depends(use, use_of_other)
    ]
    chosen: dict[tuple[bool, ...], Schedule] = {}
    for schedule in _all(len(points[0]), len(points[1])):
        key = tuple(_is_before(schedule, *each) for each in dependent)
        if any(key) and not all(key):
            chosen.setdefault(key, schedule)
    ranked = sorted(
        chosen.items(), key=lambda item: (item[1].back is not None, -min(sum(item[0]), len(item[0]) - sum(item[0])))
    )
    return tuple(schedule for _, schedule in ranked[:MOST])


def depends(use: Use, of_other: Use) -> bool:
    """Whether it may matter which comes first. A test itself has come to rely on all that was used before."""
    if CHANGING.isdisjoint((use.how, of_other.how)):
        return False
    if "test" in (use.kind, of_other.kind) or use.name == of_other.name:
        return True
    return use.name.startswith(of_other.name + os.sep) or of_other.name.startswith(use.name + os.sep)


def _all(one: int, other: int) -> Iterator[Schedule]:
    for first, held in enumerate((one, other)):
        for hold in range(1, held):
            yield Schedule(first=first, hold=hold, back=None)
    for first, (held, passing) in enumerate(((one, other), (other, one))):
        for hold in range(1, held):
            for back in range(1, passing):
                yield Schedule(first=first, hold=hold, back=back)


def _is_before(schedule: Schedule, one: int, other: int) -> bool:
    """Whether that point of the one comes before that point of the other."""
    of_first, of_second = (one, other) if schedule.first == 0 else (other, one)
    is_first = of_first < schedule.hold or (schedule.back is not None and of_second >= schedule.back)
    return is_first == (schedule.first == 0)
