"""Where the figures of a report lie in the drawings of its page: values in, coordinates out.

Every drawing is `WIDTH` wide and is stretched to the place that it has. Dots are lines without length, drawn by a pen
with a round tip: one path has them all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from enum import Enum
from itertools import pairwise
from math import asinh, ceil, floor, isfinite, log, log1p, log10
from statistics import median

import msgspec

from noxtasks.bench import wording
from noxtasks.bench.model import Comparison, Trend

WIDTH = 1000
STRIP = 24  # high
LANE = 30  # of the rounds of one side
HEIGHT = 150  # of a course

_MARGIN = 12.0  # for half a dot
_APART = 0.15  # the least distance of two ticks, as a share of the width
_LOG_BEYOND = 10.0  # times as much as the least
_CHANGES = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 4.0, 9.0, 99.0, 999.0, 9999.0)
_LEAST_SPAN = 0.1  # of a course, as a share of its middle: noise should not look like more
_LEAST_SHARE = -0.999999  # of a change; nothing becomes faster than this in a drawing
_TICKS = 5


class Curve(Enum):
    """How a scale is bent."""

    LINEAR = "linear"
    LOG = "log"
    CHANGE = "change"  # of changes: straight around 0, by the logarithm of the ratio far from it


class Tick(msgspec.Struct, frozen=True, kw_only=True):
    """A labelled place on a scale."""

    at: float
    text: str


class Scale(msgspec.Struct, frozen=True, kw_only=True):
    """From figures to places on a line."""

    curve: Curve
    low: float
    high: float
    straight: float = 1.0  # of changes, how far from 0
    length: float = WIDTH
    margin: float = _MARGIN

    def at(self, figure: float) -> float:
        """The place of `figure`; that of the nearest end where it is beyond."""
        low, high = self._bent(self.low), self._bent(self.high)
        share = (self._bent(figure) - low) / (high - low) if high > low else 0.5
        return round(self.margin + min(1.0, max(0.0, share)) * (self.length - 2 * self.margin), 1)

    def _bent(self, figure: float) -> float:
        match self.curve:
            case Curve.LOG:
                return log(figure)
            case Curve.CHANGE:
                return asinh(log1p(max(figure, _LEAST_SHARE)) / self.straight)
        return figure


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
        dots=_dots(
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
    scale = _scale(low, high)
    return Rounds(
        lanes=tuple(_lane(name, spread, scale) for name, spread in given),
        ticks=_amounts(scale, wording.seconds, most=_TICKS),
        is_log=scale.curve is Curve.LOG,
    )


def _lane(name: str, spread: Sequence[float], scale: Scale) -> Lane:
    last = len(spread) - 1

    def between(low: float, high: float) -> tuple[float, float]:
        return scale.at(spread[round(low * last)]), scale.at(spread[round(high * last)])

    return Lane(
        name=name,
        dots=_dots((scale.at(each), LANE - 5) for each in spread),
        all=between(0, 1),
        most=between(0.05, 0.95),
        half=between(0.25, 0.75),
        middle=between(0.5, 0.5)[0],
    )


def course(trend: Trend) -> Course:
    """The measurements of a trend, evenly apart; it needs one at least."""
    values = [point.value_s for point in trend.points]
    middle = median(values)
    scale = _scale(
        min(*values, middle * (1 - _LEAST_SPAN / 2)), max(*values, middle * (1 + _LEAST_SPAN / 2)), HEIGHT, margin=16
    )
    along = Scale(curve=Curve.LINEAR, low=0, high=len(values) - 1)
    places = [(along.at(number), HEIGHT - scale.at(value)) for number, value in enumerate(values)]
    ends = [0, *(step.at for step in trend.steps), len(values)]
    return Course(
        line="".join(f"{'L' if number else 'M'}{x:g} {y:g}" for number, (x, y) in enumerate(places)),
        dots=_dots(places),
        levels=tuple(
            Level(start=along.at(start), end=along.at(end - 1), y=HEIGHT - scale.at(median(values[start:end])))
            for start, end in pairwise(ends)
            if start < end
        ),
        steps=tuple(Tick(at=along.at(step.at), text=wording.percent(step.change)) for step in trend.steps),
        drift=Tick(at=along.at(trend.drift.at), text=wording.percent(trend.drift.change)) if trend.drift else None,
        ticks=tuple(
            Tick(at=HEIGHT - each.at, text=each.text)
            for each in _amounts(scale, lambda value: wording.amount(trend.metric, value), most=3)
        ),
        is_log=scale.curve is Curve.LOG,
    )


def _scale(low: float, high: float, length: float = WIDTH, *, margin: float = _MARGIN) -> Scale:
    curve = Curve.LOG if low > 0 and high > _LOG_BEYOND * low else Curve.LINEAR
    return Scale(curve=curve, low=low, high=high, length=length, margin=margin)


def _amounts(scale: Scale, told: Callable[[float], str], *, most: int) -> tuple[Tick, ...]:
    """Round figures within the scale, about `most`; both ends where there are not two round ones."""
    figures = _decades(scale, most) if scale.curve is Curve.LOG else _round(scale, most)
    found = {told(figure): figure for figure in (figures if len(figures) > 1 else [scale.low, scale.high])}
    return tuple(Tick(at=scale.at(figure), text=text) for text, figure in found.items())


def _round(scale: Scale, most: int) -> list[float]:
    least = (scale.high - scale.low) / most
    if least <= 0:
        return []
    power = 10.0 ** floor(log10(least))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= least)
    return [number * step for number in range(ceil(scale.low / step), floor(scale.high / step) + 1)]


def _decades(scale: Scale, most: int) -> list[float]:
    """1, 2 and 5 of each power of ten where there is room for them, else the powers, or every so many of them."""
    powers = range(floor(log10(scale.low)), ceil(log10(scale.high)) + 1)
    fine = [factor * 10.0**power for power in powers for factor in (1, 2, 5)]
    within = [figure for figure in fine if scale.low <= figure <= scale.high]
    if len(within) <= most + 1:
        return within
    every = max(1, round(len(powers) / most))
    return [10.0**power for power in powers[::every] if scale.low <= 10.0**power <= scale.high]


def _dots(places: Iterable[tuple[float, float]]) -> str:
    return "".join(f"M{x:g} {round(y, 1):g}h0" for x, y in places)
