"""Where the figures of the page lie in its drawings, and what a drawing says to those who do not see it."""

from __future__ import annotations

import msgspec

from noxtasks.dashboard import wording
from noxtasks.dashboard.model import Bar, Bars, Series
from noxtasks.evidence.display import drawing
from noxtasks.evidence.display.drawing import WIDTH, Curve, Scale, Tick
from noxtasks.evidence.display.text import counted, shown

HEIGHT = 72  # of a trend
BAR = 14  # high

_MOST = 400  # points that a line as wide as a panel can show
_DOTS = 60  # so many can be told from one another
_TICKS = 3
_MARGIN = 10.0
_WHOLE = 2.0  # between numbers of things there is nothing
_FLAT = 0.05  # of a figure: so much room has a line that does not rise


class Trend(msgspec.Struct, frozen=True, kw_only=True):
    """A figure over time."""

    line: str
    dots: str
    threshold: float | None
    ticks: tuple[Tick, ...]
    described: str


class Strip(msgspec.Struct, frozen=True, kw_only=True):
    """A bar with its interval and what it is held against; all from the left. It begins where nothing is."""

    begin: float
    end: float | None
    interval: tuple[float, float] | None
    threshold: float | None


def trend(series: Series) -> Trend | None:
    """The points evenly apart, the oldest first; None where there is none."""
    points = series.points[-_MOST:]
    if not points:
        return None
    values = [each.value for each in points]
    asked = [] if series.threshold is None else [series.threshold]
    is_whole = series.unit == "number" and all(each == int(each) for each in values + asked)
    scale = _scale(min(values + asked), max(values + asked), least=_WHOLE if is_whole else 0.0)
    along = Scale(curve=Curve.LINEAR, low=0, high=len(values) - 1)
    places = [(along.at(number), _down(scale, value)) for number, value in enumerate(values)]
    return Trend(
        line=drawing.line(places),
        dots=drawing.dots(places if len(places) <= _DOTS else places[-1:]),
        threshold=None if series.threshold is None else _down(scale, series.threshold),
        ticks=tuple(
            Tick(at=round(HEIGHT - each.at, 1), text=each.text)
            for each in drawing.amounts(scale, lambda value: wording.figure(value, series.unit), most=_TICKS)
            if not is_whole or "." not in each.text
        ),
        described=_described(series),
    )


def _scale(low: float, high: float, *, least: float) -> Scale:
    """With some room above and below, and with `least` in all where there is little between them."""
    room = max(least / 2, (high - low) / 10 or max(abs(high) * _FLAT, _FLAT))
    bottom = max(0.0, low - room) if low >= 0 else low - room
    return Scale(curve=Curve.LINEAR, low=bottom, high=high + room, length=HEIGHT, margin=_MARGIN)


def _down(scale: Scale, value: float) -> float:
    """From above, as drawings count."""
    return round(HEIGHT - scale.at(value), 1)


def _described(series: Series) -> str:
    first, last = series.points[0], series.points[-1]
    values = [each.value for each in series.points]
    told = [wording.figure(value, series.unit) for value in (first.value, last.value, min(values), max(values))]
    held = "" if series.threshold is None else f" Held against {wording.figure(series.threshold, series.unit)}."
    if len(values) == 1:
        return f"{shown(series.name)}: one measurement, {told[0]} on {wording.day(first.at)}.{held}"
    return (
        f"{shown(series.name)}: {counted(len(values), 'measurement')}, {told[0]} on {wording.day(first.at)},"
        f" {told[1]} on {wording.day(last.at)}, between {told[2]} and {told[3]}.{held}"
    )


def strips(bars: Bars) -> tuple[Strip, ...]:
    """The bars of one plot, on one scale with nothing in it; shares fill it when they are whole."""
    known = (each for bar in bars.bars for each in (bar.value, bar.low, bar.high, bar.threshold))
    ends = [0.0, *(each for each in known if each is not None)]
    high = 1.0 if bars.unit == "share" or not any(ends) else max(ends)
    scale = Scale(curve=Curve.LINEAR, low=min(ends), high=high, margin=0.0)
    return tuple(_strip(each, scale) for each in bars.bars)


def _strip(bar: Bar, scale: Scale) -> Strip:
    has_interval = bar.low is not None and bar.high is not None
    return Strip(
        begin=scale.at(0.0),
        end=None if bar.value is None else scale.at(bar.value),
        interval=(scale.at(bar.low or 0.0), scale.at(bar.high or 0.0)) if has_interval else None,
        threshold=None if bar.threshold is None else scale.at(bar.threshold),
    )


__all__ = ["BAR", "HEIGHT", "WIDTH", "Strip", "Trend", "strips", "trend"]
