"""Where the figures of the ladder lie in the drawings of its page: values in, coordinates out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby

import msgspec

from noxtasks.evidence.display import drawing
from noxtasks.evidence.display.drawing import WIDTH, Curve, Scale, Tick
from noxtasks.ladder.model import Advance, Measurement, Name

HEIGHT = 110  # of a course
BAR = 14  # high

_LEAST_SPAN = 0.1  # of a course: a tenth of a point should not look like a cliff
_DOTS = 120  # so many can be told from one another
_MARKS = 20  # of tiers earned and lost, the last ones
_TICKS = 3
_MARGIN = 14.0
_ORDER = tuple(Name)


class Course(msgspec.Struct, frozen=True, kw_only=True):
    """The figures of a tier over time."""

    line: str  # broken where the figure began to be made in another way
    dots: str  # of measurements of a commit, and of now
    loose: str  # of measurements of a tree that differs from its commit, which do not count
    target: float
    ticks: tuple[Tick, ...]  # the lowest figure first
    earned: tuple[float, ...]
    lost: tuple[float, ...]


class _Point(msgspec.Struct, frozen=True, kw_only=True):
    """A measurement in a drawing."""

    of: Measurement
    place: tuple[float, float]
    is_last: bool

    @property
    def counts(self) -> bool:
        """That of now does, and every other of exactly a commit."""
        return self.is_last or self.of.commit is not None


class Bar(msgspec.Struct, frozen=True, kw_only=True):
    """A share of all, and what is asked for."""

    figure: float | None
    target: float


def bar(figure: float | None, target: float) -> Bar:
    """A figure beside its target."""
    scale = Scale(curve=Curve.LINEAR, low=0.0, high=1.0, margin=0.0)
    return Bar(figure=None if figure is None else scale.at(figure), target=scale.at(target))


def course(
    measurements: Sequence[Measurement], advances: Iterable[Advance], name: Name, target: float
) -> Course | None:
    """The measurements of a tier, the oldest first, evenly apart; None where it was never measured.

    One in which the tier was not measured has its place, and breaks nothing.
    """
    known = [
        (number, figure) for number, each in enumerate(measurements) if (figure := each.figures.get(name)) is not None
    ]
    if not known:
        return None
    figures = [figure for _, figure in known]
    scale = _scale(min(*figures, target), max(*figures, target))
    along = Scale(curve=Curve.LINEAR, low=0, high=len(measurements) - 1)
    points = [
        _Point(
            of=measurements[number],
            place=(along.at(number), _down(scale, figure)),
            is_last=number == len(measurements) - 1,
        )
        for number, figure in known
    ]
    runs = [list(run) for _, run in groupby(points, key=lambda point: point.of.ways.get(name))]
    dotted = points if len(points) <= _DOTS else [run[0] for run in runs if len(run) == 1] + points[-1:]
    steps = [(_since(measurements, each), _rises(each, name)) for each in advances]
    marks = [(along.at(at), rises) for at, rises in steps if at is not None and rises is not None][-_MARKS:]
    return Course(
        line="".join(drawing.line(point.place for point in run) for run in runs),
        dots=drawing.dots(point.place for point in dotted if point.counts),
        loose=drawing.dots(point.place for point in dotted if not point.counts),
        target=_down(scale, target),
        ticks=tuple(
            Tick(at=_turned(each.at), text=each.text) for each in drawing.amounts(scale, _percent, most=_TICKS)
        ),
        earned=tuple(place for place, rises in marks if rises),
        lost=tuple(place for place, rises in marks if not rises),
    )


def _percent(share: float) -> str:
    return f"{round(100 * share, 1):g}%"


def _scale(low: float, high: float) -> Scale:
    lacking = max(0.0, _LEAST_SPAN - (high - low))
    low = max(0.0, min(low - lacking / 2, 1.0 - _LEAST_SPAN))
    return Scale(
        curve=Curve.LINEAR, low=low, high=min(1.0, max(high, low + _LEAST_SPAN)), length=HEIGHT, margin=_MARGIN
    )


def _down(scale: Scale, share: float) -> float:
    return _turned(scale.at(share))


def _turned(height: float) -> float:
    """From above, as drawings count."""
    return round(HEIGHT - height, 1)


def _since(measurements: Sequence[Measurement], advance: Advance) -> int | None:
    """The measurement at which it came; None where that is not kept any more."""
    if not measurements or advance.at < measurements[0].at:
        return None
    return next((place for place, each in enumerate(measurements) if each.at >= advance.at), None)


def _rises(advance: Advance, name: Name) -> bool | None:
    """Whether the tier was earned by it, or lost; None: neither."""
    before, after = (_ORDER.index(each) if each else -1 for each in (advance.before, advance.tier))
    if min(before, after) < _ORDER.index(name) <= max(before, after):
        return not advance.is_demotion
    return None


__all__ = ["BAR", "HEIGHT", "WIDTH", "Bar", "Course", "bar", "course"]
