"""Where the level of a noisy series changes, pure: logarithms of times in the order in which they were taken.

All places of all steps are chosen at once, those with the least sum of squares (B. Jackson and others, "An algorithm
for optimal partitioning of data on an interval", IEEE Signal Processing Letters 12 (2005), 105-108: what PELT prunes).
Each step has to pay for itself: as much as the greatest of all possible steps gains by chance alone, by Student's t and
Bonferroni.

Three things of real times would make steps where there are none. Outliers are drawn towards their neighbours' median
(F. R. Hampel's identifier). How much the times spread is told from neighbours, which a step does not part. And
neighbours resemble each other, because the machine stays in a state for a while: what a mean of such times is worth is
told from the differences of differences (I. Tecuapetla-Gómez and A. Munk, "Autocovariance estimation in regression with
a discontinuous signal and m-dependent errors", Scandinavian Journal of Statistics 44 (2017), 346-368).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from math import exp, expm1, inf, sqrt
from statistics import NormalDist, fmean, median
from typing import Final

import msgspec

from noxtasks.stats import Interval

LEAST: Final = 6
"""So many points make a level; fewer may be chance's outliers."""

_REACH = 4  # neighbours to each side: of nine, four may be outliers
_OUTLYING = 2.5  # standard deviations
_BOUNDED = 3.5  # standard deviations of a difference; what is greater may be a step
_FINEST = 1e-3  # no times agree better than 0.1 %
_NORMAL = NormalDist()
_OF_MEDIAN = _NORMAL.inv_cdf(0.75)
_FREEDOM = 0.5  # degrees of it that a difference of neighbours is worth: they share points, and some are left out
_PRIOR, _PRIOR_POINTS = 0.3, 40  # how much neighbours resemble each other where few points tell
_CAUTION = 1.0  # of Bartlett's standard error of the resemblance, which is 1.4 for one point
_MOST_ALIKE = 0.9
_CONFIDENCE = 0.9  # two-sided: each end holds with 95 %


class Series(msgspec.Struct, frozen=True, kw_only=True):
    """A series without its outliers, and what its neighbours' differences say."""

    values: tuple[float, ...]
    variance: float  # of a point around its level, if points did not resemble each other
    alike: float  # sum of the products of successive differences, in units of the variance
    apart: float  # sum of the squares of the same
    triples: int  # how many products there are


class Levels(msgspec.Struct, frozen=True, kw_only=True):
    """The levels of a series, with what it takes to tell two of them apart."""

    starts: tuple[int, ...]  # of each level its first point; the first is 0
    means: tuple[float, ...]
    sizes: tuple[int, ...]
    variance: float  # of the mean of n points, times n
    bound: float  # standard errors of a difference that chance does not reach

    def change(self, before: int, after: int) -> tuple[float, Interval]:
        """How much the level number `after` lies above the one `before`, as a share of it, with an interval."""
        difference, error = self.means[after] - self.means[before], self._error(before, after)
        reach = _NORMAL.inv_cdf((1 + _CONFIDENCE) / 2) * error
        return expm1(difference), Interval(low=expm1(difference - reach), high=expm1(difference + reach))

    def is_above(self, before: int, after: int) -> bool:
        """Whether the level number `after` lies surely above the one `before`."""
        return self.means[after] - self.means[before] > self.bound * self._error(before, after)

    def _error(self, before: int, after: int) -> float:
        return sqrt(self.variance * (1 / self.sizes[before] + 1 / self.sizes[after]))


def series(values: Sequence[float], *, has_outliers: bool = True) -> Series:
    """Draw the outliers of `values` (at least `2 * LEAST` of them) to their neighbours, and look at the differences.

    The greatest difference is left out: it may be a step. What the differences have in common is taken from each: where
    times rise steadily it is no noise, and would make neighbours seem to resemble each other. Without outliers nothing
    is drawn anywhere and no difference is too great to count, so that a machine that changes between two states is not
    taken for a still one.
    """
    drift = median(b - a for a, b in pairwise(values))
    spread = max(_FINEST, median(abs(b - a - drift) for a, b in pairwise(values)) / _OF_MEDIAN / sqrt(2))
    kept = tuple(_drawn(values, _OUTLYING * spread) if has_outliers else values)
    differences = [b - a - drift for a, b in pairwise(kept)]
    greatest = max(range(len(differences)), key=lambda place: abs(differences[place]))
    limit = _BOUNDED * spread * sqrt(2) if has_outliers else inf
    squares = [min(limit, abs(each)) ** 2 for place, each in enumerate(differences) if place != greatest]
    variance = max(_FINEST**2, fmean(squares) / 2)
    steps = {greatest} | {place for place, each in enumerate(differences) if abs(each) > limit}
    far = {place for place, value in enumerate(values) if abs(value - kept[place]) > _OUTLYING * spread}
    pairs = [
        (differences[place], differences[place + 1])
        for place in range(len(differences) - 1)
        if steps.isdisjoint((place, place + 1)) and far.isdisjoint((place, place + 1, place + 2))
    ]
    return Series(
        values=kept,
        variance=variance,
        alike=sum(a * b for a, b in pairs) / variance,
        apart=sum(a * a + b * b for a, b in pairs) / 2 / variance,
        triples=len(pairs),
    )


def _drawn(values: Sequence[float], limit: float) -> Iterator[float]:
    width = 2 * _REACH + 1
    for place, value in enumerate(values):
        first = max(0, min(place - _REACH, len(values) - width))
        centre = median(values[first : first + width])
        yield min(centre + limit, max(centre - limit, value))


def resemblance(several: Sequence[Series]) -> float:
    """How much a point resembles the one before, 0 to 0.9, told from all series of a kind; on the cautious side.

    Of noise that forgets by a factor, the autocorrelation of the differences is half of that factor minus a half.
    """
    alike, apart = sum(each.alike for each in several), sum(each.apart for each in several)
    triples = sum(each.triples for each in several)
    told = 1 + 2 * alike / apart if apart > 0 else 0.0
    points = triples + _PRIOR_POINTS
    cautious = (triples * told + _PRIOR_POINTS * _PRIOR) / points + _CAUTION / sqrt(points)
    return min(_MOST_ALIKE, max(0.0, cautious))


def levels(of: Series, *, resemblance: float, false_alarms: float) -> Levels:
    """The levels of a series whose neighbours have this `resemblance`.

    At most `false_alarms` of all series that have one level alone are given another.
    """
    size = len(of.values)
    # the variance of a mean of points that resemble each other, told from differences, which that makes smaller
    variance = of.variance * (1 + resemblance) / (1 - resemblance) ** 2
    places = size - 2 * LEAST + 1
    bound = _student(-_NORMAL.inv_cdf(false_alarms / 2 / places), freedom=_FREEDOM * size)
    starts = _partition(of.values, price=variance * bound * bound)
    parts = [of.values[start:end] for start, end in pairwise((*starts, size))]
    return Levels(
        starts=starts,
        means=tuple(fmean(part) for part in parts),
        sizes=tuple(len(part) for part in parts),
        variance=variance,
        bound=bound,
    )


def _student(normal: float, *, freedom: float) -> float:
    """The quantile of Student's t that is as rare as `normal` is among normal ones.

    D. L. Wallace, "Bounds on normal approximations to Student's and the chi-square distributions", Annals of
    Mathematical Statistics 30 (1959), 1121-1130.
    """
    scale = (8 * freedom + 3) / (8 * freedom + 1)
    return sqrt(freedom * (exp((normal * scale) ** 2 / freedom) - 1))


def _partition(values: Sequence[float], *, price: float) -> tuple[int, ...]:
    """The first points of the parts with the least sum of squares around their means, where each part costs `price`."""
    centre = median(values)
    sums, squares = [0.0], [0.0]
    for value in values:
        sums.append(sums[-1] + value - centre)
        squares.append(squares[-1] + (value - centre) ** 2)
    costs, before = [0.0] + [inf] * len(values), [0] * (len(values) + 1)
    for end in range(LEAST, len(values) + 1):
        for start in range(end - LEAST + 1):
            if costs[start] == inf:
                continue
            total = sums[end] - sums[start]
            cost = costs[start] + price + squares[end] - squares[start] - total * total / (end - start)
            if cost < costs[end]:
                costs[end], before[end] = cost, start
    starts, end = [], len(values)
    while end:
        end = before[end]
        starts.append(end)
    return tuple(reversed(starts))
