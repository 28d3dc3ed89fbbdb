"""Trials: two tests at the same time, which meet where they use what they share; and one after the other."""

from __future__ import annotations

import itertools
import time
from collections import Counter
from pathlib import Path

import msgspec

from noxtasks.parallel.conflicts import rules
from noxtasks.parallel.conflicts.model import CHANGING, Nominee, Rate
from noxtasks.parallel.conflicts.restoring import Kept
from noxtasks.suite.engine import Engine
from noxtasks.suite.model import Failure, Footprint, Meeting, Order, Outcome, Run
from noxtasks.suite.runs import RunRequest

_PATIENT = 10  # rounds before it is given up
_LOOKS = 12  # rounds in which two tests have to fail once to be put to the proof
_ROUNDS = (6, 4, 10, 12)  # of the proof, each kind: further ones as long as those before are promising
_STEPS_S = (0.005, 0.03)  # the longer for what waits for locks, and for a busy machine
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


class Proving:
    """Carries out trials of one suite until time is up (`until_s`, by the monotonic clock)."""

    def __init__(self, engine: Engine, scratch: Path, *, shared: Path) -> None:
        self._engine = engine
        self._scratch = scratch
        self._shared = shared
        self._durations_s: dict[str, float] = {}
        self._numbers = itertools.count(1)
        self._put_to_proof = 0
        self.tried: set[Pair] = set()
        self._kept = Kept(())
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
        self._kept = Kept(each.resource.name for each in nominee.sharings)
        for pair in rules.pairs(nominee, self.tried):
            if self.is_late:
                break
            self.tried.add((min(pair), max(pair)))
            failed_in, met = self._look(pair, nominee)
            have_met |= met
            if failed_in is not None and (proof := self._proof(pair, nominee, failed_in)) is not None:
                return proof, True
        return None, have_met

    def _look(self, pair: Pair, nominee: Nominee) -> tuple[int | None, bool]:
        """The way in which one of the two fails at the same time as the other; and whether they met."""
        have_met = False
        for way in range(_LOOKS):
            runs = self._together(pair, nominee, way)
            have_met |= _have_met(runs, nominee)
            if any(map(_failed, runs.values())):
                return way, have_met
            if not have_met or self.is_late:
                break
        return None, have_met

    def _proof(self, pair: Pair, nominee: Nominee, way: int) -> Proof | None:
        """Fresh trials of both kinds; None where they do not prove that the two fail at the same time alone."""
        self._put_to_proof += 1
        together, apart, failures = Rate(), Rate(), Counter[str]()
        failure: dict[str, Failure | None] = {}
        for rounds in _ROUNDS:
            for number in range(rounds):
                apart += _rate(self._apart(pair, nominee, number))
                if apart.failures:
                    return None
                runs = self._together(pair, nominee, way)
                together += _rate(runs)
                failures.update(test for test, run in runs.items() if _failed(run))
                failure |= {test: run.results[-1].failure for test, run in runs.items() if _failed(run)}
            if rules.is_proven(together, apart, number=self._put_to_proof, looks=len(_ROUNDS)):
                test = failures.most_common(1)[0][0]
                other = pair[1] if test == pair[0] else pair[0]
                return Proof(test=test, other=other, together=together, apart=apart, failure=failure[test])
            given_up = together.trials >= _PATIENT and rules.p_value(together, apart) > rules.PROMISING
            if given_up or self.is_late:
                return None
        return None

    def _together(self, pair: Pair, nominee: Nominee, way: int) -> dict[str, Run]:
        """At the same time: one of them slow and the other behind, the other way round, both slow, and so on."""
        self._kept.put_back()
        place = self._scratch / f"place-{next(self._numbers)}"
        place.mkdir()
        slow, last = ((pair[:1], pair[1]), (pair[1:], pair[0]), (pair, pair[1]), (pair, pair[0]))[way % 4]
        turned = pair if way % 2 else pair[::-1]
        pace = (way // 4) % len(_STEPS_S)
        requests = {
            test: self._request(test, nominee, str(place), is_slow=test in slow, lags=test == last, pace=pace)
            for test in turned
        }
        tests = {request.number: test for test, request in requests.items()}
        runs = {tests[run.number]: run for run in self._engine.runs(requests.values(), jobs=2)}
        self._kept.put_back()
        return runs

    def _apart(self, pair: Pair, nominee: Nominee, number: int) -> dict[str, Run]:
        """One after the other, in both orders by turns; each in a process of its own, and slow."""
        found = {}
        for test in pair if number % 2 else pair[::-1]:
            (found[test],) = self._engine.runs(
                [self._request(test, nominee, "", is_slow=True, lags=False, pace=number % len(_STEPS_S))], jobs=1
            )
        return found

    def _request(self, test: str, nominee: Nominee, place: str, *, is_slow: bool, lags: bool, pace: int) -> RunRequest:
        number = next(self._numbers)
        limit_s = max(_LEAST_LIMIT_S, _TIMES_LONGER * self._durations_s.get(test, 0.0))
        resources = tuple(each.resource.name for each in nominee.sharings)
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
                resources=resources,
                changes=any(not CHANGING.isdisjoint(each.uses[test]) for each in nominee.sharings),
                is_slow=is_slow,
                lags=lags,
                step_s=_STEPS_S[pace],
                seed=number,
            ),
            limits_s=(limit_s,),
        )


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
