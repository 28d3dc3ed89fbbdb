"""Trials: two tests at the same time, which meet where they use what they share; and one after the other."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec

from noxtasks.parallel.conflicts import rules
from noxtasks.parallel.conflicts.model import Nominee, Rate
from noxtasks.suite.engine import Engine
from noxtasks.suite.model import Failure, Footprint, Meeting, Order, Outcome, Run
from noxtasks.suite.runs import RunRequest

_LOOKS = 8  # rounds in which two tests have to fail once to be put to the proof
_ROUNDS = (8, 24)  # of the proof, each kind: where the first are promising, further ones
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
        for pair in rules.pairs(nominee, self.tried):
            if self.is_late:
                break
            self.tried.add((min(pair), max(pair)))
            failed, met = self._look(pair, nominee)
            have_met |= met
            if failed is not None and (proof := self._proof(pair, nominee, failed)) is not None:
                return proof, True
        return None, have_met

    def _look(self, pair: Pair, nominee: Nominee) -> tuple[str | None, bool]:
        """Which of the two fails first at the same time as the other, if one does; and whether they met."""
        have_met = False
        for _ in range(_LOOKS):
            runs = self._together(pair, nominee)
            have_met |= _have_met(runs, nominee)
            for test, run in runs.items():
                if _failed(run):
                    return test, have_met
            if not have_met or self.is_late:
                break
        return None, have_met

    def _proof(self, pair: Pair, nominee: Nominee, test: str) -> Proof | None:
        """Fresh trials of both kinds; None where they do not prove that `test` fails at the same time alone."""
        self._put_to_proof += 1
        other = pair[1] if test == pair[0] else pair[0]
        together, apart, failure = Rate(), Rate(), None
        for rounds in _ROUNDS:
            for runs in self._apart(pair, nominee, rounds):
                apart += _rate(runs[test])
            if apart.failures:
                return None
            for _ in range(rounds):
                run = self._together(pair, nominee)[test]
                together += _rate(run)
                failure = failure or (run.results[-1].failure if _failed(run) else None)
            if rules.is_proven(together, apart, number=self._put_to_proof):
                return Proof(test=test, other=other, together=together, apart=apart, failure=failure)
            if rules.p_value(together, apart) > rules.PROMISING or self.is_late:
                return None
        return None

    def _together(self, pair: Pair, nominee: Nominee) -> dict[str, Run]:
        number = next(self._numbers)
        place = self._scratch / f"place-{number}"
        place.mkdir()
        turned = pair if number % 2 else pair[::-1]
        requests = [self._request(test, nominee, str(place)) for test in turned]
        numbers = {request.number: test for request, test in zip(requests, turned, strict=True)}
        return {numbers[run.number]: run for run in self._engine.runs(requests, jobs=2)}

    def _apart(self, pair: Pair, nominee: Nominee, rounds: int) -> Iterator[dict[str, Run]]:
        """Both orders: a, b, b, a, a, b, …; each in a process of its own, as slow as at the same time."""
        for number in range(rounds):
            turned = pair if number % 2 else pair[::-1]
            found = {}
            for test in turned:
                (found[test],) = self._engine.runs([self._request(test, nominee, "")], jobs=1)
            yield found

    def _request(self, test: str, nominee: Nominee, place: str) -> RunRequest:
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
            meeting=Meeting(place=place, name=str(number), resources=resources, seed=number),
            limits_s=(limit_s,),
        )


def _failed(run: Run) -> bool:
    return bool(run.results) and run.results[-1].outcome.is_failure


def _rate(run: Run) -> Rate:
    told = bool(run.results) and run.results[-1].outcome is not Outcome.SKIPPED
    return Rate(failures=int(_failed(run)), trials=int(told))


def _have_met(runs: dict[str, Run], nominee: Nominee) -> bool:
    """Whether both have used what they share: a name may hold the worker's. A test that died has told nothing."""
    footprints: list[Footprint] = [each for run in runs.values() for each in run.footprints]
    if len(footprints) < len(runs):
        return any(_failed(run) for run in runs.values())
    shared = {(each.resource.kind, each.resource.name) for each in rules.sharings(footprints)}
    return any((each.resource.kind, each.resource.name) in shared for each in nominee.sharings)
