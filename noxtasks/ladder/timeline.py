"""What was measured of a tier over time, commit by commit: how long it stays at a figure, and which level it had. Pure.

What counts, and how:

- A measurement of exactly a commit counts; one of a tree that differs from its commit does not, nor one without any:
  nobody could have that code again.
- Of a commit that was measured several times the last figure counts, since an earlier one may have come of a machine
  that was in disorder; its place in time is that of the first. Of two figures at one instant the lower counts.
- The measurement of now is the last, whatever commit it is of.
- A commit of which a tier was not measured neither breaks what is sustained nor adds to it.
- A figure that was made in another way (other tests, sources or metric) was not measured.
- What is dated after now, or before this package was there, was dated by a clock that is wrong, and is left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from itertools import pairwise
from typing import Final

import msgspec

from noxtasks.ladder.model import Measurement, Name

EARLIEST: Final = datetime(2025, 1, 1, tzinfo=UTC)
"""Nothing was measured before."""


class Point(msgspec.Struct, frozen=True, kw_only=True):
    """A commit, when it was first measured, and its figure."""

    commit: str
    at: datetime
    figure: float


class Level(msgspec.Struct, frozen=True, kw_only=True):
    """A figure that was held, and the last of the points that held it."""

    figure: float
    last: Point


class Timeline(msgspec.Struct, frozen=True, kw_only=True):
    """The commits of which a tier was measured, the oldest first, without that of now; and how many do not count."""

    points: tuple[Point, ...]
    began: datetime  # when that of now was first measured
    uncommitted: int = 0
    misdated: int = 0


def of(measurements: Iterable[Measurement], current: Measurement, name: Name) -> Timeline:
    """The timeline of a tier before `current`, which may be among `measurements`."""
    others = [each for each in measurements if _key(each) != _key(current)]
    dated = [each for each in others if EARLIEST <= each.at <= current.at]
    by_commit: dict[str, list[Measurement]] = {}
    for each in dated:
        if each.commit:
            by_commit.setdefault(each.commit, []).append(each)
    same = by_commit.pop(current.commit, []) if current.commit else []
    points = [_point(commit, each, current, name) for commit, each in by_commit.items()]
    mine = _point(current.commit, [*same, current], current, name) if current.commit else None
    return Timeline(
        points=tuple(sorted((point for point in points if point), key=lambda point: (point.at, point.commit))),
        began=mine.at if mine else current.at,
        uncommitted=len({_key(each) for each in dated if each.commit is None}),
        misdated=len({_key(each) for each in others} - {_key(each) for each in dated}),
    )


def _key(measurement: Measurement) -> tuple[datetime, str]:
    """What is equal of a measurement that is written down twice."""
    return measurement.at, measurement.code_version


def _point(commit: str, measurements: Sequence[Measurement], current: Measurement, name: Name) -> Point | None:
    figures = [
        (each.at, -figure)
        for each in measurements
        if (figure := each.figures.get(name)) is not None and each.ways.get(name) == current.ways.get(name)
    ]
    if not figures:
        return None
    return Point(commit=commit, at=min(at for at, _ in figures), figure=-max(figures)[1])


def at_least(timeline: Timeline, figure: float) -> tuple[tuple[Point, ...], Point | None]:
    """The last points that all reach `figure`, and the one before them, which does not, where there is one."""
    points = timeline.points
    start = next((place + 1 for place in reversed(range(len(points))) if points[place].figure < figure), 0)
    return points[start:], points[start - 1] if start else None


def level(timeline: Timeline, *, since: date | None = None) -> Level | None:
    """The highest figure that two commits in a row have reached; of a single commit its own. None without any.

    A single commit that happened to reach more sets no mark, and slow losses, each small, do not lower it.
    """
    points = [point for point in timeline.points if since is None or point.at.astimezone(UTC).date() >= since]
    if len(points) == 1:
        return Level(figure=points[0].figure, last=points[0])
    held = [Level(figure=min(one.figure, other.figure), last=other) for one, other in pairwise(points)]
    return max(held, key=lambda each: (each.figure, each.last.at), default=None)


def trend(timeline: Timeline, current: Measurement, name: Name) -> float | None:
    """By how much the figure of now is above that of the commit before; None where either is unmeasured."""
    figure = current.figures.get(name)
    return figure - timeline.points[-1].figure if timeline.points and figure is not None else None
