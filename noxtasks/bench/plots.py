"""Where the figures of a report lie in the drawings of its page: values in, coordinates out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from math import isfinite, log1p
from statistics import median

import msgspec

from noxtasks.bench import wording
from noxtasks.bench.model import Comparison, Trend
from noxtasks.evidence.display import drawing
from noxtasks.evidence.display.drawing import WIDTH, Curve, Scale, Tick, amounts, between

__all__ = ["HEIGHT", "LANE", "STRIP", "WIDTH", "changes", "course", "rounds", "strip", "ticks"]

STRIP = 24  # high
LANE = 30  # of the rounds of one side
HEIGHT = 150  # of a course

_APART = 0.15  # the least distance of two ticks, as a share of the width
_CHANGES = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 4.0, 9.0, 99.0, 999.0, 9999.0)
_LEAST_SPAN = 0.1  # of a course, as a share of its middle: noise should not look like more
_TICKS = 5


class Strip(msgspec.Struct, frozen=True, kw_only=True):
    """One comparison: its pairs in the order in which they were made, from above; its interval and its threshold."""

    dots: str
    band: tuple[float, float] | None
    estimate: float
    threshold: float


class Lane(msgspec.Struct, frozen=True, kw_only=True):
    """The rounds of one side: from where to where all lie, nine of ten, and half of them."""

    name: str
    dots: str
    all: tuple[float, float]
    most: tuple[float, float]
    half: tuple[float, float]
    middle: float


class Rounds(msgspec.Struct, frozen=True, kw_only=True):
    """The rounds of one benchmark."""

    lanes: tuple[Lane, ...]
    ticks: tuple[Tick, ...]
    is_log: bool


class Level(msgspec.Struct, frozen=True, kw_only=True):
    """Where a series stays between two steps."""

    start: float
    end: float
    y: float


class Course(msgspec.Struct, frozen=True, kw_only=True):
    """What one benchmark took over time."""

    line: str
    dots: str
    levels: tuple[Level, ...]
    steps: tuple[Tick, ...]
    drift: Tick | None
    ticks: tuple[Tick, ...]  # from above
    is_log: bool


def changes(comparisons: Iterable[Comparison]) -> Scale:
    """One scale for all changes, and twice the thresholds."""
    several = list(comparisons)
    thresholds = [each.threshold for each in several] or [0.0]
    figures = [
        figure
        for each in several
        for figure in (*each.changes, each.change.estimate, each.change.interval.low, each.change.interval.high)
        if isfinite(figure) and figure > -1
    ]
    reach = 2 * max(thresholds)
    return Scale(
        curve=Curve.CHANGE,
        low=min((*figures, -reach)),
        high=max((*figures, reach)),
        straight=log1p(min(each for each in (*thresholds, 1.0) if each > 0)),
    )


def strip(comparison: Comparison, scale: Scale) -> Strip:
    """One comparison on the scale of all."""
    size, interval = len(comparison.changes), comparison.change.interval
    return Strip(
        dots=drawing.dots(
            (scale.at(each), 4 + (STRIP - 8) * ((number + 0.5) / size))
            for number, each in enumerate(comparison.changes)
        ),
        band=(scale.at(interval.low), scale.at(interval.high)) if wording.interval(comparison) else None,
        estimate=scale.at(comparison.change.estimate),
        threshold=scale.at(comparison.threshold),
    )


def ticks(scale: Scale) -> tuple[Tick, ...]:
    """The labels of a scale of changes, those near to 0 before those that would stand too close to them."""
    found = [Tick(at=scale.at(0.0), text="0")]
    for figures in (_CHANGES, tuple(1 / (1 + each) - 1 if each >= 1 else -each for each in _CHANGES)):
        last = found[0].at
        for figure in figures:
            place = scale.at(figure)
            if scale.low <= figure <= scale.high and abs(place - last) >= _APART * scale.length:
                found.append(Tick(at=place, text=_change(figure)))
                last = place
    return tuple(sorted(found, key=lambda tick: tick.at))


def _change(figure: float) -> str:
    if figure > 1:
        return f"\N{MULTIPLICATION SIGN}{1 + figure:.0f}"
    return f"{figure:+.0%}"


def rounds(sides: Iterable[tuple[str, Sequence[float]]]) -> Rounds | None:
    """The rounds of the sides, each by its name and its figures from the least to the greatest, on one scale."""
    given = [(name, spread) for name, spread in sides if spread]
    if not given:
        return None
    low, high = min(spread[0] for _, spread in given), max(spread[-1] for _, spread in given)
    scale = between(low, high)
    return Rounds(
        lanes=tuple(_lane(name, spread, scale) for name, spread in given),
        ticks=amounts(scale, wording.seconds, most=_TICKS),
        is_log=scale.curve is Curve.LOG,
    )


def _lane(name: str, spread: Sequence[float], scale: Scale) -> Lane:
    last = len(spread) - 1

    def between(low: float, high: float) -> tuple[float, float]:
        return scale.at(spread[round(low * last)]), scale.at(spread[round(high * last)])

    return Lane(
        name=name,
        dots=drawing.dots((scale.at(each), LANE - 5) for each in spread),
        all=between(0, 1),
        most=between(0.05, 0.95),
        half=between(0.25, 0.75),
        middle=between(0.5, 0.5)[0],
    )


def course(trend: Trend) -> Course:
    """The measurements of a trend, evenly apart; it needs one at least."""
    values = [point.value_s for point in trend.points]
    middle = median(values)
    scale = between(
        min(*values, middle * (1 - _LEAST_SPAN / 2)), max(*values, middle * (1 + _LEAST_SPAN / 2)), HEIGHT, margin=16
    )
    along = Scale(curve=Curve.LINEAR, low=0, high=len(values) - 1)
    places = [(along.at(number), HEIGHT - scale.at(value)) for number, value in enumerate(values)]
    ends = [0, *(step.at for step in trend.steps), len(values)]
    return Course(
        line=drawing.line(places),
        dots=drawing.dots(places),
        levels=tuple(
            Level(start=along.at(start), end=along.at(end - 1), y=HEIGHT - scale.at(median(values[start:end])))
            for start, end in pairwise(ends)
            if start < end
        ),
        steps=tuple(Tick(at=along.at(step.at), text=wording.percent(step.change)) for step in trend.steps),
        drift=Tick(at=along.at(trend.drift.at), text=wording.percent(trend.drift.change)) if trend.drift else None,
        ticks=tuple(
            Tick(at=HEIGHT - each.at, text=each.text)
            for each in amounts(scale, lambda value: wording.amount(trend.metric, value), most=3)
        ),
        is_log=scale.curve is Curve.LOG,
    )
