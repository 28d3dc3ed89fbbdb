"""Round after round: plain pytest, then each candidate that is still in question, until what is asked is decided."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import count
from statistics import median

from noxtasks.errors import NotMeasuredError
from noxtasks.parallel import rules
from noxtasks.parallel.model import Candidate, Ending, Execution, Fault, Pair, Scan

_EACH = 3  # candidates after one sequential run, before the next: the machine changes
_MOST_ROUNDS = 40
_FIRST_LOOK = 0.4  # of the budget, for a first run of every candidate: what is tried once alone tells nothing


class Course:
    """The runs so far.

    `run` carries one out; `left_s` gives the seconds that are left of the budget, and `tell` hears of each step: the
    round, what runs, and how many candidates are in question.
    `decided` says, of what there is after a round, whether more would change nothing.
    """

    def __init__(
        self,
        candidates: Sequence[Candidate],
        *,
        run: Callable[[Candidate | None], Execution],
        left_s: Callable[[], float],
        decided: Callable[[Scan], bool],
        rounds: int | None = None,
        tell: Callable[[int, Candidate | None, int], object] = lambda _round, _candidate, _left: None,
    ) -> None:
        self._run = run
        self._left_s = left_s
        self._decided = decided
        self._rounds = rounds
        self._tell = tell
        self._sequential: list[Execution] = []
        self._pairs: dict[Candidate, list[Pair]] = {each: [] for each in candidates}
        self._faults: dict[Candidate, Fault] = {}
        self._dropped: dict[Candidate, str] = {}
        self._untried: set[Candidate] = set()
        self._whole_s = left_s()
        self._stopped_by = ""

    def scan(self) -> Scan:
        """Measure. An interruption, or plain pytest that does not end, ends it with what there is, if there is any."""
        try:
            ending = self._all()
        except KeyboardInterrupt:
            if not self._sequential:
                raise
            ending = Ending.INTERRUPTED
        except NotMeasuredError as error:
            if not self._sequential:
                raise
            ending, self._stopped_by = Ending.STOPPED, error.message
        return self._so_far(ending)

    def _all(self) -> Ending:
        warm = self._carried(0, None)  # what is compiled and cached by it is there for all that follow
        assert warm is not None  # noqa: S101 - the first run is always made
        self._sequential.append(warm)
        for number in count(1):
            if not self._one(number):
                return Ending.BUDGET
            if self._rounds is None:
                self._dropped.update(rules.worse(self._in_question()))
            if not self._in_question():
                return Ending.NOTHING_LEFT
            if number == self._rounds or (number >= _MOST_ROUNDS and self._rounds is None):
                return Ending.ROUNDS
            if self._rounds is None and number >= rules.LEAST_ROUNDS and self._decided(self._so_far(Ending.DECIDED)):
                return Ending.DECIDED
        raise AssertionError

    def _one(self, number: int) -> bool:
        """One round; False where the budget does not allow all of it."""
        for group in self._groups(number):
            if all(map(self._is_too_late, group)):
                self._untried.update(group)
                continue
            alone = self._carried(number, None)
            if alone is None:
                return False
            self._sequential.append(alone)
            for candidate in group:
                if self._is_too_late(candidate):
                    self._untried.add(candidate)
                    continue
                found = self._carried(number, candidate)
                if found is None:
                    return False
                if found.fault is not None:
                    self._faults[candidate] = found.fault
                else:
                    self._pairs[candidate].append(Pair(number=number, sequential=alone, parallel=found))
        return True

    def _is_too_late(self, candidate: Candidate) -> bool:
        """Whether a candidate that has not run yet would take the time of those that have."""
        tried = {each.mode.is_of_xdist for each, pairs in self._pairs.items() if pairs or each in self._faults}
        is_first_of_family = candidate.mode.is_of_xdist not in tried
        is_new = self._rounds is None and not self._pairs[candidate]
        return is_new and not is_first_of_family and self._left_s() < (1 - _FIRST_LOOK) * self._whole_s

    def _groups(self, number: int) -> Iterator[list[Candidate]]:
        """The candidates in question, in the other direction each time, so that a drift meets all alike."""
        left = list(self._in_question())
        if number % 2 == 0:
            left.reverse()
        for start in range(0, len(left), _EACH):
            yield left[start : start + _EACH]

    def _carried(self, number: int, candidate: Candidate | None) -> Execution | None:
        """A run, or None where there is no time for it; the first one is made in any case."""
        if self._sequential and self._left_s() < self._expected_s(candidate):
            return None
        self._tell(number, candidate, len(self._in_question()))
        return self._run(candidate)

    def _expected_s(self, candidate: Candidate | None) -> float:
        runs = [pair.parallel for pair in self._pairs[candidate]] if candidate else self._sequential
        return median(each.wall_s for each in runs or self._sequential)

    def _in_question(self) -> dict[Candidate, tuple[Pair, ...]]:
        out = self._faults.keys() | self._dropped.keys() | self._untried
        return {candidate: tuple(pairs) for candidate, pairs in self._pairs.items() if candidate not in out}

    def _so_far(self, ending: Ending) -> Scan:
        return Scan(
            sequential=tuple(self._sequential),
            pairs={candidate: tuple(pairs) for candidate, pairs in self._pairs.items()},
            faults=dict(self._faults),
            dropped=dict(self._dropped),
            ending=ending,
            stopped_by=self._stopped_by,
        )
