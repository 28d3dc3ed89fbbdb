"""Which tests a worker gets next, so that all workers end at about the same time.

Tests that have to stay together are one chunk; so is a test that takes long by itself. Those go first, the longest at
the front (R. L. Graham, "Bounds on multiprocessing timing anomalies", 1969: at most 4/3 of the optimum, and near it
when no chunk is large). What is left are short tests. A worker takes them file by file, so that the fixtures of a
module are set up seldom; one without a file joins the file with the most work left for each worker on it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Deque, Dict, List, NamedTuple, Optional

_SHARES = 16
"""Chunks that a worker takes, if all are as long as they may be: what one is too long is lost at the end."""


class Timed(NamedTuple):
    """One test, as far as its place in a schedule goes."""

    file: str
    group: str  # tests of the same group run on the same worker, one after the other; "" for none
    duration_s: Optional[float]  # None where it is not known


def estimated(tests: Sequence[Timed]) -> List[float]:
    """Seconds of each test. What is not known takes the median of its file, or of all; 1 where nothing is known."""
    known: Dict[str, List[float]] = {}
    for test in tests:
        if test.duration_s is not None:
            known.setdefault(test.file, []).append(test.duration_s)
    typical = {file: _median(durations) for file, durations in known.items()}
    usual = _median([each for durations in known.values() for each in durations]) if known else 1.0
    return [typical.get(each.file, usual) if each.duration_s is None else each.duration_s for each in tests]


def _median(values: Sequence[float]) -> float:
    """As `statistics.median`, which takes longer to import than a session may lose."""
    ordered = sorted(values)
    return (ordered[(len(ordered) - 1) // 2] + ordered[len(ordered) // 2]) / 2


class Schedule:
    """Hands out chunks of tests, by their places, until none is left.

    With `in_order`, those that were collected first go first, and not the longest.
    """

    def __init__(self, tests: Sequence[Timed], workers: int, *, in_order: bool = False) -> None:
        self._durations = estimated(tests)
        self._tests = tests
        is_known = all(test.duration_s is not None for test in tests)
        self.known_s: Optional[float] = sum(self._durations) if is_known else None
        """Seconds of all tests together; None where they are not all known."""
        self._limit_s = sum(self._durations) / (_SHARES * workers)
        self._whole: Deque[List[int]] = deque(self._kept_together())
        together = {place for chunk in self._whole for place in chunk}
        self._files: Dict[str, Deque[int]] = {}
        for place, test in enumerate(tests):
            if place not in together:
                self._files.setdefault(test.file, deque()).append(place)
        self._left_s = {file: self._seconds(places) for file, places in self._files.items()}
        self._at: Dict[str, str] = {}  # by worker, its file
        if in_order:
            self._put_in_order()

    def _put_in_order(self) -> None:
        chunks = list(self._whole)
        for file in list(self._files):
            while file in self._files:
                chunks.append(self._chunk(file))
        self._whole = deque(sorted(chunks))

    def _kept_together(self) -> List[List[int]]:
        groups: Dict[str, List[int]] = {}
        for place, test in enumerate(self._tests):
            if test.group:
                groups.setdefault(f"group {test.group}", []).append(place)
            elif self._durations[place] > self._limit_s:
                groups[f"test {place}"] = [place]
        return sorted(groups.values(), key=lambda places: (-self._seconds(places), places))

    def _seconds(self, places: Sequence[int]) -> float:
        return sum(self._durations[place] for place in places)

    def take(self, worker: str) -> List[int]:
        """The next tests for `worker`, in order; empty where all have been handed out."""
        return self._whole.popleft() if self._whole else self._of_a_file(worker)

    def take_short(self, worker: str) -> List[int]:
        """The next tests for `worker` where it is a short chunk that it wants, to have something after a long one."""
        return self._of_a_file(worker) or (self._whole.pop() if self._whole else [])

    def is_empty(self) -> bool:
        """Whether all have been handed out."""
        return not self._whole and not self._files

    def _of_a_file(self, worker: str) -> List[int]:
        file = self._at.pop(worker, None)
        if file is None or file not in self._files:
            file = self._longest()
        if file is None:
            return []
        self._at[worker] = file
        return self._chunk(file)

    def give_back(self, places: Sequence[int]) -> None:
        """Take back what was handed out and did not run."""
        if places:
            self._whole.appendleft(list(places))

    def _longest(self) -> Optional[str]:
        on = list(self._at.values())
        return max(self._files, key=lambda file: self._left_s[file] / (on.count(file) + 1), default=None)

    def _chunk(self, file: str) -> List[int]:
        places, taken_s = self._files[file], 0.0
        chunk: list[int] = []
        while places and (not chunk or taken_s + self._durations[places[0]] <= self._limit_s):
            chunk.append(places.popleft())
            taken_s += self._durations[chunk[-1]]
        self._left_s[file] -= taken_s
        if not places:
            del self._files[file]
        return chunk
