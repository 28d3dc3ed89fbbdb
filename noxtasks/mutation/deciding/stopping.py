"""When the verdict is certain before all mutants have been tried. Pure.

Looking often at a growing sample, and stopping when it pleases, errs more often than each look by itself. So there are
few looks, the sample growing by half between them, and all of them share one chance to err.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from noxtasks import stats
from noxtasks.mutation.deciding.scoring import Tally
from noxtasks.mutation.model import Mutant
from noxtasks.stats import Verdict

CONFIDENCE = 0.999
"""Of Wilson's bounds: z = 3.29."""

_ERROR = 0.0001  # the chance that any of the looks at one population gives a wrong verdict
_FIRST = 24
_GROWTH = 1.5


def looks(mutants: int) -> tuple[int, ...]:
    """After how many of so many tried mutants the verdict is looked at, but for the end, where all is known."""
    found = []
    size = float(_FIRST)
    while size < mutants:
        found.append(int(size))
        size *= _GROWTH
    return tuple(found)


def certain(counted: Tally, *, threshold: float) -> Verdict | None:
    """The verdict that all mutants together would give, where that is certain by now; else None.

    Certain is what no fate of the others could change. As certain counts what both Wilson's interval and an exact test
    say: the interval alone errs where the threshold lies near 0 or 1. The test is that of the hypergeometric
    distribution, how likely so many of the tried are killed where just too few are in all for the other verdict;
    divided among the looks (Bonferroni), its errors add up to one in ten thousand at most, whatever the mutants are.
    """
    if not counted.total:
        return None
    enough = _enough(counted.total, threshold)
    possible, interval = counted.possible(), counted.interval(CONFIDENCE)
    if possible.low >= threshold:
        return Verdict.PASS
    if possible.high < threshold:
        return Verdict.FAIL
    allowed = _ERROR / max(1, len(looks(counted.drawn_from)))
    least_killed = enough - counted.known_killed  # of those that only a trial can tell of
    if interval.low >= threshold:
        chance = _tail(counted.killed, counted, marked=least_killed - 1)
        return Verdict.PASS if chance <= allowed else None
    if interval.high < threshold:
        chance = _tail(counted.tried - counted.killed, counted, marked=counted.drawn_from - least_killed)
        return Verdict.FAIL if chance <= allowed else None
    return None


def _enough(total: int, threshold: float) -> int:
    """The least number of killed mutants whose share reaches the threshold."""
    number = max(0, int(threshold * total) - 1)
    while number / total < threshold:
        number += 1
    return number


def _tail(seen: int, counted: Tally, *, marked: int) -> float:
    """How likely at least `seen` of `marked` mutants are among those that were tried."""
    return stats.fisher((seen, counted.tried), (marked - seen, counted.unchecked))


def batches(
    orders: Mapping[str, Sequence[Mutant]],
    *,
    decided: Callable[[str], bool] | None = None,
    most: int | None = None,
) -> Iterator[list[Mutant]]:
    """The mutants in portions, by their order in each population of `orders`; `most` of each in a portion.

    With `decided`, a portion ends at the next look, and a population gives no more when `decided` says so of its name
    after one.
    """
    waiting = {name: list(order) for name, order in orders.items() if order}
    ahead = {name: list(looks(len(order))) if decided else [] for name, order in waiting.items()}
    done = dict.fromkeys(waiting, 0)
    while waiting:
        portion: list[Mutant] = []
        for name, order in waiting.items():
            end = min([len(order), *ahead[name][:1], *([done[name] + most] if most else [])])
            portion += order[done[name] : end]
            done[name] = end
        yield portion
        for name in list(waiting):
            at_look = done[name] in ahead[name][:1]
            del ahead[name][: int(at_look)]
            if done[name] == len(waiting[name]) or (at_look and decided is not None and decided(name)):
                del waiting[name]
