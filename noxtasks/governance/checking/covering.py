"""How few tests do most of the work: the 20/80 claim, judged.

To find the smallest set is NP-hard. The greedy choice, always the test that adds most, needs at most 1 + ln m times as
many as the smallest (Chvátal 1979; for a part of the whole Slavík 1997, "Improved performance of the greedy algorithm
for partial cover"; m is the most that one test does). With a given number it reaches at least 1 - 1/e of what that
number can (Nemhauser, Wolsey and Fisher 1978); nothing of polynomial time is better, unless P = NP (Feige 1998).

So the greedy set proves that so many suffice, and a bound from below that fewer do not: with any tests chosen, k others
add at most the sum of the k largest gains, since gains only shrink. What is known in part counts against each side: a
set only with what a test is known to do, the bound with what it may do. Pure.
"""

from __future__ import annotations

import heapq
from collections.abc import Collection, Mapping, Sequence

import msgspec

_STAGES = 8  # of the greedy choice from which the bound is taken


class Few(msgspec.Struct, frozen=True, kw_only=True):
    """Tests that do as much as is wanted, in the order of choice, and how many are needed for it at least.

    `tests` is None where all of them together are not known to do that much.
    """

    tests: tuple[str, ...] | None
    at_least: int


def fewest(
    done: Mapping[str, Collection[int]], weights: Sequence[int], wanted: int, *, anyone: Collection[int] = ()
) -> Few:
    """Few tests that do at least `wanted`, where each of what is `done` weighs as `weights` say.

    `anyone` are those that other tests than the known may do, too.
    """
    chosen, is_enough = _greedy(done, weights, wanted)
    strange = frozenset(anyone)
    rest = {test: frozenset(what) - strange for test, what in done.items()}
    needed = _at_least(rest, weights, wanted - sum(weights[each] for each in strange), chosen[:_STAGES])
    return Few(tests=chosen if is_enough else None, at_least=max(needed, int(wanted > 0)))


def _greedy(done: Mapping[str, Collection[int]], weights: Sequence[int], wanted: int) -> tuple[tuple[str, ...], bool]:
    """The choice, and whether it does as much as is wanted."""
    heap = [(-sum(weights[each] for each in set(what)), test) for test, what in done.items()]
    heapq.heapify(heap)
    chosen: list[str] = []
    had: set[int] = set()
    while wanted > 0 and heap:
        gain, test = heapq.heappop(heap)
        now = -_gain(done[test], weights, had)
        if now != gain:  # others have done some of it meanwhile
            heapq.heappush(heap, (now, test))
            continue
        if not gain:
            break
        chosen.append(test)
        had.update(done[test])
        wanted += gain
    return tuple(chosen), wanted <= 0


def _gain(what: Collection[int], weights: Sequence[int], had: Collection[int]) -> int:
    return sum(weights[each] for each in set(what) if each not in had)


def _at_least(done: Mapping[str, Collection[int]], weights: Sequence[int], wanted: int, chosen: Sequence[str]) -> int:
    """How many tests are needed: the best of the bounds with none, one, two … of `chosen` taken."""
    best = 0
    had: set[int] = set()
    for test in (None, *chosen):
        if test is not None:
            had |= set(done[test])
        left = wanted - sum(weights[each] for each in had)
        needed = 0
        for gain in sorted((_gain(what, weights, had) for what in done.values()), reverse=True):
            if left <= 0 or not gain:
                break
            left -= gain
            needed += 1
        best = max(best, needed)
    return best
