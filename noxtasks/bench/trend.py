"""What the stored measurements of a machine say over time: where a benchmark's level has changed. Pure.

Many small slow-downs, none of which a comparison of two versions would find, are found together. Times of different
hours differ by the machine's state, which is common to all benchmarks: where there are enough of them, from each is
taken out what the median of the others has done. That is not lost, but a trend of its own, `TOGETHER`: whatever slows
all benchmarks at once, be it the machine, a library that all of them use or the code that they share. Should half of
the benchmarks change together, the others will seem to have changed the other way.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import exp, log
from statistics import fmean, median
from typing import Final

import msgspec

from noxtasks.bench import levels, rules
from noxtasks.bench.baseline import Measurement
from noxtasks.bench.levels import LEAST, Levels
from noxtasks.bench.model import Metric, Point, Step, Trend

TOGETHER: Final = "all benchmarks together"
"""The name of the trend of what all benchmarks have in common; no test has it."""

ENOUGH: Final = 5
"""So many benchmarks tell what they have in common."""

FALSE_ALARMS: Final = 0.01
"""The share of histories without any change in which any benchmark may be said to have changed."""

_POLISHED = 2  # times; the medians do not move much any more


_Values = dict[int, float]  # logarithms of times, by the number of the measurement; some measurements have none


class _Line(msgspec.Struct, frozen=True, kw_only=True):
    """One benchmark."""

    metric: Metric
    values: _Values


def trends(measurements: Sequence[Measurement], *, false_alarms: float = FALSE_ALARMS) -> tuple[Trend, ...]:
    """Of each benchmark of the last measurement how its level has changed; `false_alarms` among all of them.

    Measurements in which too few benchmarks were timed to tell what they have in common are points, and no more.
    """
    ordered = sorted(measurements, key=lambda each: each.taken)
    lines = _lines(ordered)
    alone, together = _parted({test: line.values for test, line in lines.items()})
    kinds = [{test: values for test, values in each.items() if len(values) >= 2 * LEAST} for each in (alone, together)]
    share = false_alarms / max(1, sum(len(each) for each in kinds))
    found: dict[str, Levels] = {}
    for each, has_outliers in zip(kinds, (True, False), strict=True):  # a median of several has none
        found |= _levels(each, has_outliers=has_outliers, false_alarms=share)
    metrics = {test: line.metric for test, line in lines.items()} | dict.fromkeys(together, Metric.CPU)
    points = {test: line.values for test, line in lines.items()} | together
    used = alone | together
    return tuple(
        Trend(
            test=test,
            metric=metrics[test],
            points=tuple(_point(ordered[place], value) for place, value in values.items()),
            steps=_steps(found[test], _places(values, used[test])) if test in found else (),
            drift=_drift(found[test], _places(values, used[test])) if test in found else None,
        )
        for test, values in points.items()
    )


def _lines(ordered: Sequence[Measurement]) -> dict[str, _Line]:
    """The benchmarks of the last measurement, each by what decides of it now."""
    found: dict[str, _Line] = {}
    if not ordered:
        return found
    last = ordered[-1]
    for test in sorted(last.cpu_s.keys() & last.wall_s.keys()):
        if min(last.wall_s[test], default=0) <= 0 or not last.cpu_s[test]:
            continue
        by_wall = rules.takes_other(last.cpu_s[test], last.wall_s[test])
        sides = [each.wall_s if by_wall else each.cpu_s for each in ordered]
        times = {place: median(side[test]) for place, side in enumerate(sides) if side.get(test)}
        values = {place: log(time_s) for place, time_s in times.items() if time_s > 0}
        if values:
            found[test] = _Line(metric=Metric.WALL if by_wall else Metric.CPU, values=values)
    return found


def _parted(lines: Mapping[str, _Values]) -> tuple[dict[str, _Values], dict[str, _Values]]:
    """Each benchmark without what the others do together, and what all do together; only where they are enough."""
    if len(lines) < ENOUGH:
        return dict(lines), {}
    centres = _centres(lines)
    apart = {test: {place: value - centres[test] for place, value in values.items()} for test, values in lines.items()}
    alone = {}
    for test, values in lines.items():
        others = _shared([each for name, each in apart.items() if name != test], enough=ENOUGH - 1)
        alone[test] = {place: value - others[place] for place, value in values.items() if place in others}
    level = fmean(centres.values())  # that of the geometric mean of the times
    together = {place: value + level for place, value in _shared(list(apart.values()), enough=ENOUGH).items()}
    return alone, {TOGETHER: together} if together else {}


def _centres(lines: Mapping[str, _Values]) -> dict[str, float]:
    """The level of each benchmark where what all of them do together is zero.

    A median polish: J. W. Tukey, "Exploratory Data Analysis" (1977), chapter 11.
    """
    centres = {test: median(values.values()) for test, values in lines.items()}
    for _ in range(_POLISHED):
        apart = [{place: value - centres[test] for place, value in values.items()} for test, values in lines.items()]
        shared = _shared(apart, enough=1)
        centres = {
            test: median(value - shared[place] for place, value in values.items()) for test, values in lines.items()
        }
    return centres


def _shared(several: Sequence[_Values], *, enough: int) -> _Values:
    """The median of those that have a value, by measurement, where `enough` have."""
    places = sorted({place for values in several for place in values})
    found = {place: [values[place] for values in several if place in values] for place in places}
    return {place: median(values) for place, values in found.items() if len(values) >= enough}


def _levels(lines: Mapping[str, _Values], *, has_outliers: bool, false_alarms: float) -> dict[str, Levels]:
    of = {test: levels.series(tuple(values.values()), has_outliers=has_outliers) for test, values in lines.items()}
    alike = levels.resemblance(list(of.values()))
    return {test: levels.levels(each, resemblance=alike, false_alarms=false_alarms) for test, each in of.items()}


def _point(measurement: Measurement, value: float) -> Point:
    return Point(code_version=measurement.code_version, taken=measurement.taken, value_s=exp(value))


def _places(points: _Values, used: _Values) -> list[int]:
    """The place among the points of each one that was used to tell the levels."""
    return [place for place, number in enumerate(points) if number in used]


def _steps(found: Levels, places: Sequence[int]) -> tuple[Step, ...]:
    return tuple(_step(found, places, number - 1, number, number) for number in range(1, len(found.starts)))


def _drift(found: Levels, places: Sequence[int]) -> Step | None:
    """The last level against the lowest before it; it begins where that one ends."""
    last = len(found.starts) - 1
    lowest = min(range(last), key=found.means.__getitem__, default=last)
    return _step(found, places, lowest, last, lowest + 1) if found.is_above(lowest, last) else None


def _step(found: Levels, places: Sequence[int], before: int, after: int, begins: int) -> Step:
    change, interval = found.change(before, after)
    return Step(at=places[found.starts[begins]], change=change, interval=interval)
