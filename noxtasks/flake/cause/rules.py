"""Pure decisions: what is evidence, and which tests of many are to blame."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from math import ceil, log, log1p
from typing import TypeVar

from noxtasks import stats
from noxtasks.flake.cause.model import Evidence, Rate

T = TypeVar("T")

LEVEL = 0.01
"""The chance of calling a factor the cause that is none, over all factors tried of one test."""

_PROMISING = 0.25  # two failures of five against none
_MOST_TRIALS = 20
_MISSED = 0.05  # the chance of taking a set of tests for harmless that is not


def evidence(factor: str, present: Rate, absent: Rate) -> Evidence:
    """Outcomes with and without `factor`, and Fisher's one-sided p."""
    return Evidence(factor=factor, present=present, absent=absent, p_value=stats.fisher(present.counts, absent.counts))


def is_evident(found: Evidence, *, tried: int = 1) -> bool:
    """Whether the difference is beyond chance, at the level divided by the number of factors tried (Bonferroni)."""
    return found.p_value <= LEVEL / tried


def is_promising(found: Evidence) -> bool:
    """Whether more trials may make it evident."""
    return found.p_value <= _PROMISING


def trials_to_see(rate: Rate) -> int:
    """How many trials it takes to see a failure, where there is one at this rate, but for one time in twenty."""
    if rate.never:
        return _MOST_TRIALS
    share = rate.failures / rate.runs
    return 1 if share == 1 else min(_MOST_TRIALS, ceil(log(_MISSED) / log1p(-share)))


def minimal(items: Sequence[T], first: Callable[[list[tuple[T, ...]]], int | None]) -> tuple[T, ...]:
    """The smallest part of `items` found that still has the property of the whole; none of it can be left out.

    `first` is asked about several parts at once, and gives the place of the first that has the property, or None. It is
    taken for granted that the whole has it. Zeller and Hildebrandt's ddmin: O(log n) rounds for a single culprit.
    """
    current = tuple(items)
    if first([()]) is not None:
        return ()
    parts = 2
    while len(current) > 1:
        chunks = list(_chunks(current, parts))
        found = first(chunks)
        if found is not None:
            current, parts = chunks[found], 2
            continue
        rests = [tuple(x for each in (*chunks[:n], *chunks[n + 1 :]) for x in each) for n in range(len(chunks))]
        found = first(rests) if parts > 2 else None  # noqa: PLR2004 - of two, each is the rest of the other
        if found is not None:
            current, parts = rests[found], parts - 1
        elif parts >= len(current):
            break
        else:
            parts = min(len(current), 2 * parts)
    return current


def _chunks(items: tuple[T, ...], parts: int) -> Iterator[tuple[T, ...]]:
    size, larger = divmod(len(items), parts)
    start = 0
    for number in range(parts):
        end = start + size + (number < larger)
        yield items[start:end]
        start = end


def same_file_first(before: Sequence[str], target: str) -> tuple[str, ...]:
    """Those of `before` that stand in the file of `target`: most culprits do."""
    file = target.partition("::")[0]
    return tuple(name for name in before if name.partition("::")[0] == file)
