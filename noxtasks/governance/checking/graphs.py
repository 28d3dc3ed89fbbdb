"""Cycles in what waits for what."""

from __future__ import annotations

from collections.abc import Collection, Mapping


def cycles(before: Mapping[str, Collection[str]]) -> list[tuple[str, ...]]:
    """Cycles of a graph that gives, by name, what comes before; none where there is an order for all of it.

    Each is a path, every name before the next and the last before the first, which is the smallest of them. They have
    no name in common, so that all are told at once; when they are mended there may be others. What order the graph is
    written in makes no difference. Names without an entry of their own have nothing before them.

    A search in depth that takes each cycle out as it closes: it looks at each edge once, which `graphlib` would do
    anew for each cycle.
    """
    to_look_at = {name: iter(sorted(others)) for name, others in before.items()}
    left = set(before)  # neither in a cycle, nor known to be in none
    found: list[tuple[str, ...]] = []
    for name in sorted(before):
        path: dict[str, None] = {name: None} if name in left else {}
        while path:
            here = next(reversed(path))
            other = next((each for each in to_look_at[here] if each in left), None)
            if other is None:
                left.discard(here)
                del path[here]
            elif other not in path:
                path[other] = None
            else:
                cycle: list[str] = []
                while not cycle or cycle[-1] != other:
                    cycle.append(path.popitem()[0])
                left.difference_update(cycle)
                found.append(_turned(tuple(cycle)))
    return sorted(found)


def _turned(cycle: tuple[str, ...]) -> tuple[str, ...]:
    start = cycle.index(min(cycle))
    return cycle[start:] + cycle[:start]
