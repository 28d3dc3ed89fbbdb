"""Where figures lie in the drawings of a page: values in, coordinates out.

Every drawing is `WIDTH` wide and is stretched to the place that it has. Dots are lines without length, drawn by a pen
with a round tip: one path has them all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from enum import Enum
from math import asinh, ceil, floor, log, log1p, log10

import msgspec

WIDTH = 1000

_MARGIN = 12.0  # for half a dot
_LOG_BEYOND = 10.0  # times as much as the least
_EXACT = 1e-9  # of a step: 0.6 is at 0.6, whatever 0.6 / 0.05 gives
_LEAST_SHARE = -0.999999  # of a change; nothing becomes faster than this in a drawing


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


def between(low: float, high: float, length: float = WIDTH, *, margin: float = _MARGIN) -> Scale:
    """A scale for positive figures from `low` to `high`, logarithmic where they are far apart."""
    curve = Curve.LOG if low > 0 and high > _LOG_BEYOND * low else Curve.LINEAR
    return Scale(curve=curve, low=low, high=high, length=length, margin=margin)


def amounts(scale: Scale, told: Callable[[float], str], *, most: int) -> tuple[Tick, ...]:
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
    return [number * step for number in range(ceil(scale.low / step - _EXACT), floor(scale.high / step + _EXACT) + 1)]


def _decades(scale: Scale, most: int) -> list[float]:
    """1, 2 and 5 of each power of ten where there is room for them, else the powers, or every so many of them."""
    powers = range(floor(log10(scale.low)), ceil(log10(scale.high)) + 1)
    fine = [factor * 10.0**power for power in powers for factor in (1, 2, 5)]
    within = [figure for figure in fine if scale.low <= figure <= scale.high]
    if len(within) <= most + 1:
        return within
    every = max(1, round(len(powers) / most))
    return [10.0**power for power in powers[::every] if scale.low <= 10.0**power <= scale.high]


def dots(places: Iterable[tuple[float, float]]) -> str:
    """Dots at these places, as one path."""
    return "".join(f"M{x:g} {round(y, 1):g}h0" for x, y in places)


def line(places: Iterable[tuple[float, float]]) -> str:
    """From place to place, as one path."""
    return "".join(f"{'L' if number else 'M'}{x:g} {y:g}" for number, (x, y) in enumerate(places))


def anchor(place: float) -> str:
    """On which side of a label its place is: one at an edge should not stand out over it."""
    ends: Sequence[tuple[float, str]] = ((0.05, "start"), (0.95, "middle"))
    return next((anchor for end, anchor in ends if place < end * WIDTH), "end")
