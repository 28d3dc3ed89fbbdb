"""The score: of all mutants where all were tried, and else what those that were say of all. Pure.

Mutants that no test runs, and those whose fate is remembered, are known without a trial: they are a stratum of their
own, which leaves nothing to chance. Of the others those that were tried are a random sample.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import sqrt

import msgspec

from noxtasks import stats
from noxtasks.mutation.model import Fate, Judgement, Mutant, Score, Status
from noxtasks.stats import Interval, Verdict

CONFIDENCE = 0.95
"""Of the interval of a score that rests on a part of the mutants."""

_DETECTED = frozenset({Status.KILLED, Status.SEGFAULT})
_MISSED = frozenset({Status.SURVIVED, Status.NO_TESTS, Status.SUSPICIOUS})
_EXECUTED = frozenset({Status.KILLED, Status.SEGFAULT, Status.SURVIVED, Status.TIMEOUT, Status.SUSPICIOUS})


class Tally(msgspec.Struct, frozen=True, kw_only=True):
    """Mutants that count, by how their fate is known. What is skipped is in none of the numbers."""

    known_killed: int = 0  # without a trial
    known: int = 0
    killed: int = 0  # in a trial
    tried: int = 0
    unchecked: int = 0

    @property
    def total(self) -> int:
        """All that could be killed."""
        return self.known + self.drawn_from

    @property
    def drawn_from(self) -> int:
        """Those that only a trial can tell of."""
        return self.tried + self.unchecked

    def figure(self) -> float | None:
        """The share of `total` that is killed, as far as one can tell."""
        if not self.total or (self.unchecked and not self.tried):
            return None
        if not self.unchecked:
            return (self.known_killed + self.killed) / self.total
        return (self.known_killed + self.drawn_from * self.killed / self.tried) / self.total

    def possible(self) -> Interval:
        """Where the share is beyond doubt: none of the unchecked is killed, or each."""
        if not self.total:
            return Interval(low=0.0, high=1.0)
        killed = self.known_killed + self.killed
        return Interval(low=killed / self.total, high=(killed + self.unchecked) / self.total)

    def interval(self, confidence: float) -> Interval:
        """Where it is with such confidence, the tried ones being drawn at random; never wider than `possible`."""
        possible = self.possible()
        if not (self.tried and self.unchecked):
            return possible
        drawn = stats.wilson_of_finite(self.killed, self.tried, population=self.drawn_from, confidence=confidence)
        low, high = ((self.known_killed + self.drawn_from * bound) / self.total for bound in (drawn.low, drawn.high))
        return Interval(low=max(low, possible.low), high=min(high, possible.high))


def tally(fates: Iterable[Fate], *, timeouts: str) -> Tally:
    """Count `fates`; timeouts as `timeouts` says, one of `config.TIMEOUTS`.

    Among the unchecked may be some that would be ignored. Counting them makes every bound the wider.
    """
    counts = dict.fromkeys(("known_killed", "known", "killed", "tried", "unchecked"), 0)
    for fate in fates:
        if fate.status is Status.UNCHECKED:
            counts["unchecked"] += 1
        elif (is_killed := _is_killed(fate.status, timeouts)) is not None:
            is_known = _is_known(fate)
            counts["known" if is_known else "tried"] += 1
            counts["known_killed" if is_known else "killed"] += is_killed
    return Tally(**counts)


def _is_known(fate: Fate) -> bool:
    """Whether it takes no trial to know it."""
    return fate.is_remembered or fate.status in {Status.NO_TESTS, Status.SKIPPED}


def _is_killed(status: Status, timeouts: str) -> bool | None:
    """None where it counts neither way."""
    if status is Status.TIMEOUT:
        return {"killed": True, "survived": False}.get(timeouts)
    return True if status in _DETECTED else False if status in _MISSED else None


def score(fates: Iterable[Fate], *, timeouts: str, is_sample: bool = True) -> Score:
    """Killed and crashed of all that could be; timeouts as `timeouts` says, one of `config.TIMEOUTS`.

    What is skipped counts neither way. Mutants that no test runs count as not killed, but not in the figure of covered
    code. Where some are unchecked and `is_sample` is false, what was tried says nothing of them: there is no figure.
    """
    fates = list(fates)
    counted = tally(fates, timeouts=timeouts)
    of_covered = tally((fate for fate in fates if fate.status is not Status.NO_TESTS), timeouts=timeouts)
    is_told = is_sample or not counted.unchecked
    interval = counted.interval(CONFIDENCE) if is_sample else counted.possible()
    return Score(
        killed=counted.known_killed + counted.killed,
        total=counted.known + counted.tried,
        covered=of_covered.known + of_covered.tried,
        figure=counted.figure() if is_told else None,
        figure_of_covered=of_covered.figure() if is_told else None,
        interval=interval if counted.unchecked else None,
    )


def by_path(
    mutants: Iterable[Mutant], fates: Mapping[str, Fate], *, timeouts: str, is_sample: bool = True
) -> dict[str, Score]:
    """The score of each file, by its path."""
    found = fates_by_path(mutants, fates)
    return {path: score(each, timeouts=timeouts, is_sample=is_sample) for path, each in sorted(found.items())}


def fates_by_path(mutants: Iterable[Mutant], fates: Mapping[str, Fate]) -> dict[str, list[Fate]]:
    """The fates of the mutants of each file, by its path."""
    found: dict[str, list[Fate]] = {}
    for mutant in mutants:
        found.setdefault(mutant.path, []).append(fates[mutant.id])
    return found


def joined(parts: Sequence[tuple[Score, int]]) -> Score:
    """The score of all from that of each part and how many mutants it has that count.

    The parts may be tried to different extents, so that all of what was tried is no sample of all. The interval is that
    of a sum of independent estimates, by the squares of the distances to their bounds: G. Y. Zou and A. Donner,
    "Construction of confidence limits about effect measures", Statistics in Medicine 27 (2008), 1693-1702.
    """
    parts = [(part, weight) for part, weight in parts if weight]
    total = sum(weight for _, weight in parts)
    covered = [(part, weight - (part.total - part.covered)) for part, weight in parts]
    figure = _mean([(part.figure, weight) for part, weight in parts])
    interval = None
    if any(part.interval for part, _ in parts):
        bounds = [part.interval or Interval(low=part.figure or 0.0, high=part.figure or 0.0) for part, _ in parts]
        low, high = (
            sum(weight * bound for (_, weight), bound in zip(parts, side, strict=True)) / total
            for side in ([each.low for each in bounds], [each.high for each in bounds])
        )
        if figure is not None:
            below, above = (
                sqrt(sum((weight * gap / total) ** 2 for (_, weight), gap in zip(parts, gaps, strict=True)))
                for gaps in (
                    [(part.figure or 0.0) - bound.low for (part, _), bound in zip(parts, bounds, strict=True)],
                    [bound.high - (part.figure or 0.0) for (part, _), bound in zip(parts, bounds, strict=True)],
                )
            )
            low, high = max(low, figure - below), min(high, figure + above)
        interval = Interval(low=low, high=high)
    return Score(
        killed=sum(part.killed for part, _ in parts),
        total=sum(part.total for part, _ in parts),
        covered=sum(part.covered for part, _ in parts),
        figure=figure,
        figure_of_covered=_mean([(part.figure_of_covered, weight) for part, weight in covered if weight]),
        interval=interval,
    )


def _mean(figures: Sequence[tuple[float | None, int]]) -> float | None:
    told = [(figure, weight) for figure, weight in figures if figure is not None]
    if not told or len(told) < len(figures):
        return None
    return sum(figure * weight for figure, weight in told) / sum(weight for _, weight in told)


def judge(found: Score, fates: Iterable[Fate], *, threshold: float, certain: Verdict | None = None) -> Judgement:
    """Does the score reach `threshold`? Unmeasured where none was executed, or too few of them to tell.

    `certain` is the verdict that ended the trials early, by bounds that are stricter than those of the interval.
    """
    fates = list(fates)
    statuses = [fate.status for fate in fates]
    unchecked = statuses.count(Status.UNCHECKED)
    if not any(status in _EXECUTED for status in statuses) or (found.figure is None and not unchecked):
        verdict, reason = Verdict.UNMEASURED, "no mutant was executed"
    elif not unchecked:
        verdict = Verdict.PASS if found.figure is not None and found.figure >= threshold else Verdict.FAIL
        reason = f"{found.killed} of {found.total} mutants are killed"
    elif found.figure is None or found.interval is None:
        verdict, reason = Verdict.UNMEASURED, f"{unchecked} mutants were not tried"
    else:
        verdict = certain or _by_interval(found.interval, threshold)
        tried = sum(not _is_known(fate) for fate in fates) - unchecked
        told = f"between {found.interval.low:.1%} and {found.interval.high:.1%}"
        reason = f"{tried} of {tried + unchecked} mutants tried: {told}"
    return Judgement(verdict=verdict, figure=found.figure, threshold=threshold, reason=reason)


def _by_interval(interval: Interval, threshold: float) -> Verdict:
    if interval.low >= threshold:
        return Verdict.PASS
    return Verdict.FAIL if interval.high < threshold else Verdict.UNMEASURED
