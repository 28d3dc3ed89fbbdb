"""Trials: two tests that take turns in using what they share, in one order after the other; and each by itself."""

from __future__ import annotations

import itertools
import time
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import msgspec

from noxtasks.parallel.conflicts import rules
from noxtasks.parallel.conflicts.interleaving import Schedule, schedules
from noxtasks.parallel.conflicts.model import Nominee, Rate
from noxtasks.parallel.conflicts.restoring import Kept
from noxtasks.suite.engine import Engine
from noxtasks.suite.model import Failure, Footprint, Meeting, Order, Outcome, Run, Use
from noxtasks.suite.runs import RunRequest

_PATIENT = 4  # trials of each kind before what seldom fails is given up
_MOST_PROOFS = 3  # of two tests: orders in which they failed once and not again
_PATIENCE_S = 0.25  # for a process that does nothing, since it waits for what the other has; and as long as it takes
_MOST_PATIENCE_S = 3.0  # less than those who wait for a lock usually have: SQLite gives up after 5 s
_TIMES_LONGER = 20  # than alone, after which a test is hanging
_LEAST_LIMIT_S = 15.0
_SEED = 1

Pair = tuple[str, str]


class Proof(msgspec.Struct, frozen=True, kw_only=True):
    """What the trials of two tests have shown; `test` is the one that failed."""

    test: str
    other: str
    together: Rate
    apart: Rate
    failure: Failure | None


class _Trial(msgspec.Struct, frozen=True, kw_only=True):
    """Two tests that ran at the same time."""

    runs: dict[str, Run]
    stuck: frozenset[str] = frozenset()  # those that went on before it was their turn, as the other could not

    @property
    def failed(self) -> tuple[str, ...]:
        """The tests that did."""
        return tuple(test for test, run in self.runs.items() if _failed(run))

    @property
    def longest_s(self) -> float:
        """As long as any of them can have waited."""
        return max((each.duration_s for run in self.runs.values() for each in run.results), default=0.0)


class Proving:
    """Carries out trials of one suite until time is up (`until_s`, by the monotonic clock)."""

    def __init__(self, engine: Engine, scratch: Path, *, root: Path, shared: Path) -> None:
        self._engine = engine
        self._scratch = scratch
        self._shared = shared
        self._durations_s: dict[str, float] = {}
        self._numbers = itertools.count(1)
        self._put_to_proof = 0
        self.tried: set[Pair] = set()
        self._kept = Kept((), root=root)
        self._root = root
        self.until_s = float("inf")

    @property
    def is_late(self) -> bool:
        """Whether nothing more is to be tried."""
        return time.monotonic() >= self.until_s

    def sequential(self) -> Run:
        """One run that tells what each test uses; as a worker's, so that what has its name is told apart."""
        request = RunRequest(
            number=0,
            seed=_SEED,
            hash_seed=0,
            order=Order.COLLECTED,
            shared=str(self._shared),
            footprints=True,
        )
        (run,) = self._engine.runs([request], jobs=2)
        self._durations_s = {each.nodeid: each.duration_s for each in run.results}
        return run

    def prove(self, nominee: Nominee) -> tuple[Proof | None, bool]:
        """The proof, where there is one; and whether two tests did use it at the same time at all."""
        have_met = False
        self._kept = Kept((each.resource.name for each in nominee.sharings), root=self._root)
        for pair in rules.pairs(nominee, self.tried):
            if self.is_late:
                break
            self.tried.add((min(pair), max(pair)))
            proof, met = self._tried(pair, nominee)
            have_met |= met
            if proof is not None:
                return proof, True
        return None, have_met

    def _tried(self, pair: Pair, nominee: Nominee) -> tuple[Proof | None, bool]:
        """In one order after the other, until one of the two fails, and does so again."""
        alone = self._apart(pair, nominee, None, pause_s=0.0)
        if any(map(_failed, alone.values())):
            return None, False
        one, other = (_points(alone[test]) for test in pair)
        have_met, proofs, in_vain = False, 0, set[tuple[int, int]]()
        for schedule in schedules(one, other) or (None,):
            if schedule is not None and not in_vain.isdisjoint(_holding(schedule, (0, 1))):
                continue
            trial = self._together(pair, nominee, schedule)
            have_met |= _have_met(trial.runs, nominee)
            if trial.failed:
                proofs += 1
                if (proof := self._proof(pair, nominee, schedule, pause_s=trial.longest_s)) is not None:
                    return proof, True
            if schedule is not None:
                in_vain |= _holding(schedule, (pair.index(test) for test in trial.stuck))
            if not have_met or proofs == _MOST_PROOFS or self.is_late:
                break
        return None, have_met

    def _proof(self, pair: Pair, nominee: Nominee, schedule: Schedule | None, *, pause_s: float) -> Proof | None:
        """Fresh trials of both kinds; None where they do not prove that the two fail at the same time alone.

        Those apart pause as long, where those at the same time wait.
        """
        self._put_to_proof += 1
        together, apart, failures = Rate(), Rate(), Counter[str]()
        failure: dict[str, Failure | None] = {}
        looks = rules.looks(self._put_to_proof)
        while together.trials < looks[-1]:
            apart += _rate(self._apart(pair, nominee, schedule, pause_s=pause_s, turned=apart.trials % 2 == 1))
            if apart.failures:
                return None
            trial = self._together(pair, nominee, schedule)
            together += _rate(trial.runs)
            if min(together.trials, apart.trials) == 0:
                return None
            failures.update(trial.failed)
            failure |= {test: trial.runs[test].results[-1].failure for test in trial.failed}
            if together.trials in looks and rules.is_proven(
                together, apart, number=self._put_to_proof, looks=len(looks)
            ):
                test = failures.most_common(1)[0][0]
                other = pair[1] if test == pair[0] else pair[0]
                return Proof(test=test, other=other, together=together, apart=apart, failure=failure[test])
            given_up = together.trials >= _PATIENT and rules.p_value(together, apart) > rules.PROMISING
            if given_up or self.is_late:
                return None
        return None

    def _together(self, pair: Pair, nominee: Nominee, schedule: Schedule | None) -> _Trial:
        """At the same time, in that order; without one, as it comes."""
        self._kept.put_back()
        place = self._scratch / f"place-{next(self._numbers)}"
        place.mkdir()
        requests = {test: self._request(pair, test, nominee, schedule, place=str(place)) for test in pair}
        tests = {request.number: test for test, request in requests.items()}
        runs = {tests[run.number]: run for run in self._engine.runs(requests.values(), jobs=2)}
        stuck = {path.name.partition(".")[0] for path in place.glob("*.stuck")}
        self._kept.put_back()
        return _Trial(
            runs={test: runs[test] for test in pair},
            stuck=frozenset(test for number, test in tests.items() if str(number) in stuck),
        )

    def _apart(
        self, pair: Pair, nominee: Nominee, schedule: Schedule | None, *, pause_s: float, turned: bool = False
    ) -> dict[str, Run]:
        """One after the other, each in a process of its own, as a worker's."""
        found = {}
        for test in reversed(pair) if turned else pair:
            request = self._request(pair, test, nominee, schedule, pause_s=pause_s)
            (found[test],) = self._engine.runs([request], jobs=2)
        return found

    def _request(
        self,
        pair: Pair,
        test: str,
        nominee: Nominee,
        schedule: Schedule | None,
        *,
        place: str = "",
        pause_s: float = 0.0,
    ) -> RunRequest:
        number = next(self._numbers)
        longest_s = max(self._durations_s.get(each, 0.0) for each in pair)
        in_pair = pair.index(test)
        return RunRequest(
            number=number,
            seed=_SEED,
            hash_seed=0,
            order=Order.COLLECTED,
            tests=(test,),
            shared=str(self._shared),
            footprints=True,
            meeting=Meeting(
                place=place,
                name=str(number),
                resources=tuple(each.resource.name for each in nominee.sharings),
                is_second=schedule is not None and schedule.first != in_pair,
                stops=() if schedule is None else schedule.stops(in_pair),
                patience_s=min(_PATIENCE_S + longest_s, _MOST_PATIENCE_S),
                pause_s=pause_s,
            ),
            limits_s=(max(_LEAST_LIMIT_S, _TIMES_LONGER * longest_s),),
        )


def _points(run: Run) -> tuple[Use, ...]:
    return run.footprints[-1].points if run.footprints else ()


def _holding(schedule: Schedule, places: Iterable[int]) -> set[tuple[int, int]]:
    """Who stands before which point while it is the other's turn, of those at these places in the pair."""
    return {(place, stop) for place in places for stop in schedule.stops(place)}


def _failed(run: Run) -> bool:
    return bool(run.results) and run.results[-1].outcome.is_failure


def _rate(runs: dict[str, Run]) -> Rate:
    """Of one round: whether one of the tests failed."""
    told = any(each.outcome is not Outcome.SKIPPED for run in runs.values() for each in run.results)
    return Rate(failures=int(any(map(_failed, runs.values()))), trials=int(told))


def _have_met(runs: dict[str, Run], nominee: Nominee) -> bool:
    """Whether both have used what they share: a name may hold the worker's. A test that died has told nothing."""
    footprints: list[Footprint] = [each for run in runs.values() for each in run.footprints]
    if len(footprints) < len(runs):
        return any(_failed(run) for run in runs.values())
    shared = {(each.resource.kind, each.resource.name) for each in rules.sharings(footprints)}
    return any((each.resource.kind, each.resource.name) in shared for each in nominee.sharings)
