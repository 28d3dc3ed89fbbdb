"""Cycles in what waits for what."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from graphlib import CycleError, TopologicalSorter


def cycles(before: Mapping[str, Collection[str]]) -> list[tuple[str, ...]]:
    """Cycles of a graph that gives, by name, what comes before; none where there is an order for all of it.

    Each is a path, every name before the next and the last before the first, which is the smallest of them. They have
    no name in common, so that all are told at once; when they are mended there may be others. What order the graph is
    written in makes no difference. Names without an entry of their own have nothing before them.
    """
    left = {name: sorted(others) for name, others in sorted(before.items())}
    found: list[tuple[str, ...]] = []
    while cycle := _cycle(left):
        found.append(_turned(cycle))
        left = {
            name: [other for other in others if other not in cycle]
            for name, others in left.items()
            if name not in cycle
        }
    return sorted(found)


def _cycle(before: Mapping[str, Collection[str]]) -> tuple[str, ...]:
    try:
        TopologicalSorter(before).prepare()
    except CycleError as error:
        path: list[str] = error.args[1]  # the last is the first again
        return tuple(path[:-1])
    return ()


def _turned(cycle: tuple[str, ...]) -> tuple[str, ...]:
    start = cycle.index(min(cycle))
    return cycle[start:] + cycle[:start]
