"""Gathers the outcomes: runs in shuffled orders, as many as wanted or as the budget allows, and repeats of failures."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator, Sequence

from noxtasks.flake import rules
from noxtasks.flake.model import Repeats
from noxtasks.suite.engine import Engine
from noxtasks.suite.model import EngineKind, Order, Run
from noxtasks.suite.runs import RunRequest

_SAMPLING_SHARE = 0.85  # of the budget; the rest is for repeating failures alone
_REPEATS_SHARE = 0.5  # of the time that has passed, which repeating may take on top
_REPEATS_FROM = 1_000_000  # numbers of runs that are not part of the sample


class Detection:
    """One session of runs. What it has gathered so far can be read at any moment, also after an interruption."""

    def __init__(
        self,
        engine: Engine,
        *,
        base_seed: int,
        order: Order,
        jobs: int,
        wanted: int | None,
        budget_s: float,
        done: Sequence[Run] = (),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._engine = engine
        self._base_seed = base_seed
        self._order = order
        self._wanted = wanted
        self._budget_s = budget_s
        self._clock = clock
        self._began_s = clock()
        self._numbers = itertools.count()
        self._repeat_numbers = itertools.count(_REPEATS_FROM)
        self._earlier = {run.number for run in done}
        self._begun = len(done)
        self.jobs = jobs
        self.runs: list[Run] = list(done)
        self.repeats: dict[str, Repeats] = {}
        self._process = len({run.hash_seed for run in done})
        self._of_process = 0
        self.upset: set[str] = set()
        """Tests that failed while another run went on beside them, and not alone."""
        self.only_in_forks: set[str] = set()
        """Tests that failed in every forked run and pass in a process of their own: not measured."""

    @property
    def elapsed_s(self) -> float:
        """Seconds since the session began."""
        return self._clock() - self._began_s

    def sample(self) -> Iterator[Run]:
        """Make the runs of the sample; each is to be recorded before the next is asked for."""
        if self.jobs > 1:
            yield from self._try_company()
        for run in self._engine.runs(self._requests(None), jobs=self.jobs):
            self.runs.append(run)
            yield run

    def rescue(self) -> list[Run]:
        """After an interruption: kill what is under way, and give it as far as it came."""
        cut_short = [run for run in self._engine.abandon() if run.number < _REPEATS_FROM]
        self.runs.extend(cut_short)
        return cut_short

    def confirm(self) -> None:
        """Repeat failing runs alone until each suspect has failed again, was tried three times, or time is up."""
        counts = rules.suspects(self.runs)
        suspects = {name: rules.repeats_worth(*count) for name, count in counts.items()}
        whole = [run for run in self.runs if run.complete]
        until_s = self.elapsed_s * (1 + _REPEATS_SHARE)
        if self._wanted is None:
            until_s = min(until_s, self._budget_s)
        while (chosen := rules.next_to_repeat(suspects, whole, self.repeats)) is not None:
            run, tests = chosen
            if self.elapsed_s + run.duration_s > until_s:
                break
            self.repeats = rules.after_repeat(self.repeats, tests, self._alone(run, tests))
        self.upset = self._only_in_company() | {
            name for name in counts.keys() & self.repeats if rules.sound_alone(*counts[name], self.repeats[name])
        }

    def blame_forks(self) -> None:
        """Try the tests that failed in every run in a process of their own: where they pass, the fork is to blame."""
        whole = [run for run in self.runs if run.complete]
        if self._engine.chosen is not EngineKind.FORK or not whole:
            return
        always = set.intersection(*(rules.failures_of(run) for run in whole))
        if not always:
            return
        request = rules.only(whole[0], always, next(self._repeat_numbers))
        self.only_in_forks = rules.passed_in(self._engine.run_fresh(request), always)

    def _try_company(self) -> Iterator[Run]:
        """Make the first runs side by side, and repeat those that fail alone: is the suite fit for company at all?

        Where a failure does not come again alone, the run that was alone counts, and all further runs are alone.
        """
        for beside in list(self._engine.runs(self._requests(self.jobs), jobs=self.jobs)):
            run = beside
            failed = rules.failures_of(beside)
            if failed:
                alone = self._alone(beside, {result.nodeid for result in beside.results})
                self.upset |= rules.upset_by_company(beside, alone)
                self.repeats = rules.after_repeat(self.repeats, failed, alone)
                run = rules.counted(beside, alone)
            self.runs.append(run)
            yield run
        if self.upset:
            self.jobs = 1

    def _only_in_company(self) -> set[str]:
        """Those that failed beside another run, and in no run that counts: since the first failure all were alone."""
        return self.upset - {name for run in self.runs for name in rules.failures_of(run)}

    def _alone(self, run: Run, tests: set[str]) -> Run:
        request = rules.repeat(run, tests, next(self._repeat_numbers))
        return next(iter(self._engine.runs([request], jobs=1)))

    def _requests(self, most: int | None) -> Iterator[RunRequest]:
        for _ in itertools.count() if most is None else range(most):
            mean_s = sum(run.duration_s for run in self.runs) / len(self.runs) if self.runs else 0.0
            if not rules.another_run(
                self._begun,
                wanted=self._wanted,
                elapsed_s=self.elapsed_s,
                budget_s=self._budget_s * _SAMPLING_SHARE,
                run_s=mean_s,
            ):
                return
            self._begun += 1
            number = next(number for number in self._numbers if number not in self._earlier)
            yield rules.request(number, self._base_seed, self._order, hash_seed=self._hash_seed(mean_s))

    def _hash_seed(self, run_s: float) -> int:
        most = rules.runs_per_process(wanted=self._wanted, start_s=self._engine.start_s, run_s=run_s)
        if self._of_process >= most:
            self._process += 1
            self._of_process = 0
        self._of_process += 1
        return rules.hash_seed(self._process, self._base_seed)
