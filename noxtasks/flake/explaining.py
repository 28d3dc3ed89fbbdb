"""Which tests are to be explained, and how long that may take: those that were seen to be flaky, then the provoked."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import datetime
from math import inf

import msgspec

from noxtasks.errors import NotMeasuredError
from noxtasks.flake import rules
from noxtasks.flake.cause import Explanation, Kind, Suspect, Trial, elaborated, explain, factors, suspects
from noxtasks.flake.cause.laboratory import Laboratory, TimeIsUpError, UnavailableError
from noxtasks.flake.detect import Detection
from noxtasks.suite.engine import Engine
from noxtasks.suite.model import Circumstances, Run

_KEPT = 3  # warm processes, each with a hash seed of its own, that experiments go back to
_RUNS_LOOKED_AT = 40
_NAMED_LOOKED_AT = 50
_FURTHER_HASH_SEEDS = 4
_CONTROLS = 10  # trials at present, and at another time
_FIRST_PROBES = 4  # times as long as a run: each test twice, and all in reverse, with time to spare
_LEAST_PROBES_S = 1.0
_PROBES_SHARE = 0.25  # of the time of the runs, where the user has said how many there are to be


class Explaining:
    """Explanations so far, by test; `of` adds to them until all is explained or time is up."""

    def __init__(
        self,
        engine: Engine,
        detection: Detection,
        *,
        suite: tuple[str, ...],
        base_seed: int,
        budget_s: float,
        recall: Callable[[int], Run],
        named: bool,
        now: datetime,
    ) -> None:
        self._engine = engine
        self._detection = detection
        self._suite = suite
        self._base_seed = base_seed
        self._budget_s = budget_s
        self._recall = recall
        self._named = named
        self._now = now
        self.found: dict[str, Explanation] = {}
        self.left_open: list[tuple[str, str]] = []
        self._elaborated: set[str] = set()

    def observed(self) -> Iterable[Explanation]:
        """Explain what failed and passed in the runs, and whatever the user has named."""
        self._engine.kept = _KEPT
        lab = self._laboratory(self._budget_s)
        names = set(self._detection.suspects())
        if self._named:
            names |= set(self._suite[:_NAMED_LOOKED_AT]) - self._detection.failing
        names -= self._detection.unmeasured - (self._detection.upset if self._named else set())
        by_hash_seed = sorted(self._suspects(names), key=lambda each: each.failing.hash_seed if each.failing else 0)
        for suspect in by_hash_seed:
            found = self._explained(suspect, lab)
            if suspect.failing is None and not found.reproduced.failures:
                del self.found[found.test]  # it was only named, and no experiment made it fail
            yield found
        self._elaborate(lab)

    def provoked(self, *, patient: bool) -> Iterable[Explanation]:
        """Probe the suite, and explain what that provokes; `patient` where there is no hurry."""
        runs_s = sum(run.duration_s for run in self._detection.runs) / max(1, self._detection.jobs)
        first_s = max(
            _LEAST_PROBES_S, _FIRST_PROBES * runs_s / max(1, len(self._detection.runs)) * self._detection.jobs
        )
        share_s = min(self._budget_s, max(first_s, runs_s if patient else _PROBES_SHARE * runs_s))
        hash_seed = self._detection.runs[-1].hash_seed  # its process is there
        seeds = Trial(tests=(), seed=self._base_seed, hash_seed=hash_seed)
        known = {run.hash_seed for run in self._detection.runs}
        several = range(1, (_FURTHER_HASH_SEEDS if patient else 0) + 1)  # each is a process that imports and collects
        further = [rules.hash_seed(-number, self._base_seed) for number in several]
        hash_seeds = [seed for seed in further if seed not in known]
        unmeasured = self._detection.unmeasured - self._detection.upset  # which are measured alone
        left_out = unmeasured | self._detection.failing
        suite = tuple(name for name in self._suite if name not in left_out)
        seen: dict[str, Suspect] = {}
        probing = self._laboratory(share_s)
        with suppress(NotMeasuredError):
            for suspect in suspects.provoked(probing, suite, seeds, hash_seeds):
                if suspect.test not in self.found:
                    seen.setdefault(suspect.test, suspect)
        self.left_open = probing.left_open
        lab = self._laboratory(self._budget_s)
        for known_runs in self._suspects(seen.keys()):
            probe = seen[known_runs.test]
            passing = known_runs.passing or probe.passing
            found = self._explained(msgspec.structs.replace(probe, passing=passing), lab)
            if found.kind is Kind.UNEXPLAINED or not found.reproduced.failures:
                del self.found[found.test]
            yield found
        self._elaborate(lab)

    def travelled(self) -> Iterable[Explanation]:
        """Run the whole suite at other times, and prove what fails at one of them and not at present.

        Raises `NotMeasuredError` where the clock of the suite cannot be moved.
        """
        lab = self._laboratory(inf)
        seeds = Trial(tests=(), seed=self._base_seed, hash_seed=rules.hash_seed(0, self._base_seed))
        usual = self._failures(lab, seeds, factors.present(self._now)) | self._detection.failing
        for factor in factors.moments(self._now):
            for test in sorted(self._failures(lab, seeds, factor.circumstances) - usual - self.found.keys()):
                held = msgspec.structs.replace(seeds, tests=(test,), circumstances=factors.present(self._now))
                found = factors.tried(lab, held, lab.rate(held, _CONTROLS), (factor,)).explanation
                if found is not None and found.reproduce is not None:
                    reproduced = lab.rate(found.reproduce, _CONTROLS)
                    self.found[test] = msgspec.structs.replace(found, reproduced=reproduced)
                    yield self.found[test]

    def _failures(self, lab: Laboratory, seeds: Trial, circumstances: Circumstances) -> set[str]:
        trial = msgspec.structs.replace(seeds, tests=self._suite, circumstances=circumstances)
        try:
            (run,) = lab.runs([trial])
        except UnavailableError as error:
            raise NotMeasuredError(
                f"the clock of the suite cannot be moved: {error}",
                where="--time-travel",
                remedy="pip install freezegun into the suite's environment.",
            ) from error
        return {result.nodeid for result in run.results if result.outcome.is_failure}

    def _explained(self, suspect: Suspect, lab: Laboratory) -> Explanation:
        try:
            found = explain(suspect, lab, suite=self._suite, now=self._now)
        except NotMeasuredError as error:  # what the runs have shown stands all the same
            found = Explanation(test=suspect.test, kind=Kind.UNEXPLAINED, unavailable=(str(error),))
        self.found[found.test] = found
        return found

    def _elaborate(self, lab: Laboratory) -> None:
        """Add to the explanations, when all causes are known, until time is up."""
        for test in self.found.keys() - self._elaborated:
            try:
                for fuller in elaborated(self.found[test], lab, suite=self._suite):
                    self.found[test] = fuller
            except TimeIsUpError:
                return
            except NotMeasuredError:  # of this test there is no more to be had
                pass
            self._elaborated.add(test)

    def _suspects(self, names: Iterable[str]) -> list[Suspect]:
        wanted = sorted(names)
        whole = [run.number for run in self._detection.runs if run.complete][:_RUNS_LOOKED_AT]
        return suspects.from_runs(wanted, (self._recall(number) for number in whole)) if wanted else []

    def _laboratory(self, budget_s: float) -> Laboratory:
        clock = self._detection.clock
        return Laboratory(
            self._engine,
            jobs=self._detection.jobs,
            until_s=clock() + budget_s,
            clock=clock,
            numbers=self._detection.further_number,
        )
