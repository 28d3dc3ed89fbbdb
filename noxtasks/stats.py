"""Intervals and tests, pure: numbers in, numbers out.

The closed forms stand here (they need no import); the test suite holds them against scipy.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from enum import Enum
from functools import cache
from itertools import groupby
from math import ceil, comb, exp, inf, lgamma, log, prod, sqrt
from statistics import NormalDist, median
from typing import TypeVar

import msgspec

_Name = TypeVar("_Name", bound=Hashable)


class Interval(msgspec.Struct, frozen=True, kw_only=True):
    """A two-sided confidence interval `[low, high]` of a proportion or of a difference of two."""

    low: float
    high: float


def none_further(further: int, *, successes: int, trials: int) -> float:
    """Probability that none of `further` trials is a success, after `successes` in `trials` of the same kind.

    The posterior predictive of a binomial proportion of which nothing was known before (uniform prior): Laplace's law
    of succession, applied `further` times. It does not depend on when one stopped to look.

    Raises `ValueError` unless 0 <= successes <= trials and 0 <= further.
    """
    if not 0 <= successes <= trials or further < 0:
        raise ValueError(f"{successes} successes of {trials} trials, and {further} further ones")
    return prod((trials - successes + 1 + done) / (trials + 2 + done) for done in range(further))


def wilson(successes: int, trials: int, *, confidence: float = 0.95) -> Interval:
    """Interval of a binomial proportion, each bound in [0, 1].

    Wilson's score interval without continuity correction: E. B. Wilson, "Probable inference, the law of succession, and
    statistical inference", JASA 22 (1927), 209-212. Without trials nothing is known: [0, 1].

    Raises `ValueError` unless 0 <= successes <= trials and 0 < confidence < 1.
    """
    if not 0 <= successes <= trials:
        raise ValueError(f"{successes} successes of {trials} trials")
    return _wilson(successes, trials, confidence)


def _wilson(successes: float, trials: float, confidence: float) -> Interval:
    if not 0 < confidence < 1:
        raise ValueError(f"confidence {confidence} is not between 0 and 1")
    if trials == 0:
        return Interval(low=0.0, high=1.0)
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    rate = successes / trials
    centre = rate + z * z / (2 * trials)
    spread = z * sqrt(rate * (1 - rate) / trials + z * z / (4 * trials * trials))
    scale = 1 + z * z / trials
    low = 0.0 if successes == 0 else (centre - spread) / scale
    high = 1.0 if successes == trials else (centre + spread) / scale
    return Interval(low=low, high=high)


def wilson_of_finite(successes: int, trials: int, *, population: int, confidence: float = 0.95) -> Interval:
    """Interval of the proportion in a finite `population`, of which `trials` were drawn without putting any back.

    Wilson's interval, with as many trials as would leave the same variance in an endless population: the finite
    population correction divides that of a proportion by (N - 1) / (N - n); W. G. Cochran, "Sampling Techniques" (3rd
    edition 1977), chapter 3. It is narrowed to what is possible: what was seen is part of the population. When all of
    it was drawn nothing is left to chance.

    Raises `ValueError` unless 0 <= successes <= trials <= population and 0 < confidence < 1.
    """
    if not 0 <= successes <= trials <= population:
        raise ValueError(f"{successes} successes of {trials} trials in a population of {population}")
    if population == 0:
        return Interval(low=0.0, high=1.0)
    low, high = successes / population, (population - trials + successes) / population
    if trials == population:
        return Interval(low=low, high=high)
    scale = (population - 1) / (population - trials)
    chance = _wilson(successes * scale, trials * scale, confidence)
    return Interval(low=max(low, chance.low), high=min(high, chance.high))


def difference(before: tuple[int, int], after: tuple[int, int], *, confidence: float = 0.95) -> Interval:
    """Interval of the change of a proportion, `after` minus `before`, each given as (successes, trials).

    R. G. Newcombe, "Interval estimation for the difference between independent proportions", Statistics in Medicine 17
    (1998), 873-890, method 10. Where either side has no trials nothing is known: [-1, 1].
    """
    if before[1] == 0 or after[1] == 0:
        return Interval(low=-1.0, high=1.0)
    old, new = wilson(*before, confidence=confidence), wilson(*after, confidence=confidence)
    p, q = before[0] / before[1], after[0] / after[1]
    return Interval(
        low=(q - p) - sqrt((q - new.low) ** 2 + (old.high - p) ** 2),
        high=(q - p) + sqrt((new.high - q) ** 2 + (p - old.low) ** 2),
    )


def fisher(treated: tuple[int, int], control: tuple[int, int]) -> float:
    """How likely chance alone makes at least as many of the successes fall to `treated`; each as (successes, trials).

    Fisher's exact test, one-sided (greater): R. A. Fisher, "The Design of Experiments" (1935), chapter II. 1.0 where
    either side has no trials. Raises `ValueError` unless 0 <= successes <= trials on both sides.
    """
    (a, n), (b, m) = treated, control
    if not (0 <= a <= n and 0 <= b <= m):
        raise ValueError(f"{a} successes of {n} trials, {b} of {m}")
    successes = a + b
    ways = sum(comb(n, k) * comb(m, successes - k) for k in range(a, min(n, successes) + 1))
    return ways / comb(n + m, successes)


def trials_to_claim(rate: float, *, confidence: float = 0.95) -> int:
    """How many trials without a failure it takes until Wilson's upper bound lies under `rate` (0 < rate < 1)."""
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    trials = int(z * z * (1 - rate) / rate)
    while wilson(0, trials, confidence=confidence).high >= rate:
        trials += 1
    return trials


class Verdict(Enum):
    """What a gate says. Unmeasured is never a pass."""

    PASS = "pass"  # noqa: S105 - a verdict, not a secret
    FAIL = "fail"
    UNMEASURED = "unmeasured"


class Judgement(msgspec.Struct, frozen=True, kw_only=True):
    """A verdict with what it rests on: the figure, its interval, the sample, the threshold, and the reason in words."""

    verdict: Verdict
    figure: float | None
    interval: Interval
    sample: int
    threshold: float
    reason: str


def judge_below(failures: int, trials: int, *, threshold: float, confidence: float = 0.95) -> Judgement:
    """Is the rate below `threshold`? Pass when Wilson's upper bound is, fail when the lower bound is not.

    In between, and without trials, the sample is too small to say: unmeasured.
    """
    interval = wilson(failures, trials, confidence=confidence)
    figure = failures / trials if trials else None
    if trials and interval.high < threshold:
        verdict, reason = Verdict.PASS, f"at most {interval.high:.1%} with {confidence:.0%} confidence"
    elif trials and interval.low >= threshold:
        verdict, reason = Verdict.FAIL, f"at least {interval.low:.1%} with {confidence:.0%} confidence"
    else:
        needed = trials_to_claim(threshold, confidence=confidence)
        verdict = Verdict.UNMEASURED
        reason = f"{trials} runs are too few to say ({needed} without a failure would do)"
    return Judgement(
        verdict=verdict, figure=figure, interval=interval, sample=trials, threshold=threshold, reason=reason
    )


class Shift(msgspec.Struct, frozen=True, kw_only=True):
    """By how much paired values differ, with an interval, and how sure it is that they differ by more than a bound."""

    estimate: float
    interval: Interval
    pairs: int


def signed_rank(differences: Sequence[float], *, bound: float = 0.0) -> float:
    """How likely chance alone makes paired `differences` lie so far above `bound`: one-sided (greater), exact.

    F. Wilcoxon, "Individual comparisons by ranking methods", Biometrics Bulletin 1 (1945), 80-83; of the differences it
    is supposed that they are spread alike to both sides of their centre. Differences equal to `bound` are left out, and
    1.0 is given where none is left; equal distances share the mean of their ranks, rounded down, which errs on the safe
    side.
    """
    shifted = sorted((each - bound for each in differences if each != bound), key=abs)
    ranks: list[int] = []
    for _, group in groupby(shifted, key=abs):
        size = len(list(group))
        ranks += [len(ranks) + (size + 1) // 2] * size
    above = sum(rank for rank, each in zip(ranks, shifted, strict=True) if each > 0)
    ways = _signed_rank_ways(len(shifted))
    return sum(ways[above:]) / sum(ways)


def hodges_lehmann(differences: Sequence[float], *, confidence: float = 0.95) -> Shift:
    """The centre of paired `differences`, with the interval that belongs to Wilcoxon's signed-rank test.

    J. L. Hodges and E. L. Lehmann, "Estimates of location based on rank tests", Annals of Mathematical Statistics 34
    (1963), 598-611: the median of the means of all pairs of differences. Too few differences for `confidence` give an
    interval without ends. Raises `ValueError` where there are none.
    """
    if not differences:
        raise ValueError("no differences")
    size = len(differences)
    means = sorted((differences[i] + differences[j]) / 2 for i in range(size) for j in range(i, size))
    ways = _signed_rank_ways(size)
    tail, cut = 0, 0
    while (tail := tail + ways[cut]) / 2**size <= (1 - confidence) / 2:
        cut += 1
    interval = Interval(low=means[cut - 1], high=means[-cut]) if cut else Interval(low=-inf, high=inf)
    return Shift(estimate=median(means), interval=interval, pairs=size)


@cache
def _signed_rank_ways(size: int) -> tuple[int, ...]:
    """By sum of ranks from 0, how many of the 2**size choices of signs give it."""
    ways = [1]
    for rank in range(1, size + 1):
        ways = [
            (ways[total] if total < len(ways) else 0) + (ways[total - rank] if total >= rank else 0)
            for total in range(len(ways) + rank)
        ]
    return tuple(ways)


def holm(p_values: Mapping[_Name, float], *, weights: Mapping[_Name, float] | None = None) -> dict[_Name, float]:
    """The p-values adjusted so that the chance of any false alarm among them all is held.

    With `weights`, all above 0, one of twice the weight has twice the share of the false alarms. S. Holm, "A simple
    sequentially rejective multiple test procedure", Scandinavian Journal of Statistics 6 (1979), 65-70, which has the
    weights too.
    """
    weights = weights or dict.fromkeys(p_values, 1.0)
    adjusted: dict[_Name, float] = {}
    least, left = 0.0, sum(weights[name] for name in p_values)
    for name in sorted(p_values, key=lambda each: p_values[each] / weights[each]):
        least = max(least, min(1.0, p_values[name] / weights[name] * left))
        left -= weights[name]
        adjusted[name] = least
    return adjusted


class Quantile(msgspec.Struct, frozen=True, kw_only=True):
    """A quantile of a sample. Without a figure the sample is too small for an interval; `needed` says how large."""

    figure: float | None
    interval: Interval | None
    needed: int


def quantile(values: Sequence[float], q: float, *, confidence: float = 0.95) -> Quantile:
    """The quantile `q` (0 < q < 1) of what `values` are a sample of, with an interval that supposes nothing of it.

    The interval's ends are values of the sample, chosen by the binomial distribution of how many lie below the
    quantile: G. J. Hahn and W. Q. Meeker, "Statistical Intervals" (1991), section 5.2.
    """
    half = (1 - confidence) / 2
    needed = ceil(log(half) / log(max(q, 1 - q)))
    size = len(values)
    if size < needed:
        return Quantile(figure=None, interval=None, needed=needed)
    ordered = sorted(values)
    below, low, high = 0.0, 0, size - 1
    for count in range(size + 1):
        below += _binomial(size, count, q)
        if below <= half:
            low = count
        if below < 1 - half:
            high = min(size - 1, count + 1)
    figure = ordered[min(size - 1, ceil(q * size) - 1)]
    return Quantile(figure=figure, interval=Interval(low=ordered[low], high=ordered[high]), needed=needed)


def _binomial(size: int, count: int, q: float) -> float:
    ways = lgamma(size + 1) - lgamma(count + 1) - lgamma(size - count + 1)
    return exp(ways + count * log(q) + (size - count) * log(1 - q))
