"""Gathers the outcomes: runs in shuffled orders, as many as wanted or as the budget allows, and repeats of failures."""

from __future__ import annotations

import itertools
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator

from noxtasks.flake import rules
from noxtasks.flake.model import Repeats, RunSummary
from noxtasks.suite.engine import Engine
from noxtasks.suite.model import EngineKind, Order, Outcome, Run
from noxtasks.suite.runs import RunRequest

_SAMPLING_SHARE = 0.85  # of the budget; the rest is for repeating failures alone
_REPEATS_SHARE = 0.5  # of the time that has passed, which repeating may take on top
_REPEATS_FROM = 1_000_000  # numbers of runs that are not part of the sample


class Detection:
    """One session of runs. What it has gathered so far can be read at any moment, also after an interruption.

    Each run is handed to `record` as soon as it is known to count, and not kept: `recall` gives it back by its number.
    """

    def __init__(
        self,
        engine: Engine,
        *,
        base_seed: int,
        order: Order,
        jobs: int,
        wanted: int | None,
        budget_s: float,
        record: Callable[[Run], object],
        recall: Callable[[int], Run],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._engine = engine
        self._base_seed = base_seed
        self._order = order
        self._wanted = wanted
        self._budget_s = budget_s
        self._record = record
        self._recall = recall
        self._clock = clock
        self._began_s = clock()
        self._next_number = 0
        self._next_repeat = _REPEATS_FROM
        self._begun = 0
        self._process = 0
        self._of_process = 0
        self._unsettled: list[Run] = []
        self._failed: Counter[str] = Counter()
        self._ran: Counter[str] = Counter()
        self.jobs = jobs
        self.runs: list[RunSummary] = []
        self.repeats: dict[str, Repeats] = {}
        self.upset: set[str] = set()
        """Tests that failed while another run went on beside them, and not alone."""
        self.only_in_forks: set[str] = set()
        """Tests that failed in every forked run and pass in a process of their own: not measured."""

    @property
    def elapsed_s(self) -> float:
        """Seconds since the session began."""
        return self._clock() - self._began_s

    @property
    def tests(self) -> set[str]:
        """The tests that had an outcome in a run that counts."""
        return set(self._ran)

    @property
    def unstable_ids(self) -> set[str]:
        """Tests that some collections of the suite had and others had not."""
        return self._engine.unstable_ids

    def suspects(self) -> dict[str, tuple[int, int]]:
        """(failures, runs) of the tests that have failed and passed."""
        return rules.suspects(self._failed, self._ran)

    def resume(self, earlier: Iterable[Run]) -> None:
        """Go on after runs that are in the history already."""
        for run in earlier:
            self._take(run)
            self._next_number = max(self._next_number, run.number + 1)
        self._begun = len(self.runs)
        self._process = len({run.hash_seed for run in self.runs})

    def sample(self) -> Iterator[RunSummary]:
        """Make the runs of the sample, and record each."""
        if self.jobs > 1:
            yield from self._try_company()
        for run in self._engine.runs(self._requests(None), jobs=self.jobs):
            yield self._count(run)

    def rescue(self) -> None:
        """After an interruption: kill what is under way, and record it as far as it came."""
        for run in (*self._unsettled, *self._engine.abandon()):
            if run.number < _REPEATS_FROM:
                self._count(run)

    def confirm(self) -> None:
        """Repeat failing runs alone until each suspect has failed again, was tried often enough, or time is up."""
        counts = self.suspects()
        worth = {name: rules.repeats_worth(*count) for name, count in counts.items()}
        whole = [run for run in self.runs if run.complete]
        until_s = self.elapsed_s * (1 + _REPEATS_SHARE)
        if self._wanted is None:
            until_s = min(until_s, self._budget_s)
        while (chosen := rules.next_to_repeat(self._stable(worth), whole, self.repeats)) is not None:
            run, tests = chosen
            if self.elapsed_s + run.duration_s > until_s:
                break
            again = self._alone(self._recall(run.number), tests)
            self.repeats = rules.after_repeat(self.repeats, tests - self.unstable_ids, again)
        self.upset = {name for name in self.upset if not self._failed[name]} | {
            name for name in counts.keys() & self.repeats if rules.sound_alone(*counts[name], self.repeats[name])
        }

    def blame_forks(self) -> None:
        """Try the tests that failed in every run in a process of their own: where they pass, the fork is to blame."""
        always = {name for name, count in self._failed.items() if count == self._ran[name] > 0}
        whole = next((run for run in self.runs if run.complete), None)
        if self._engine.chosen is not EngineKind.FORK or not always or whole is None:
            return
        request = rules.only(self._recall(whole.number), always, self._repeat_number())
        self.only_in_forks = rules.passed_in(self._engine.run_fresh(request), always)

    def _try_company(self) -> Iterator[RunSummary]:
        """Make the first runs side by side, and repeat those that fail alone: is the suite fit for company at all?

        Where a failure does not come again alone, the run that was alone counts, and all further runs are alone.
        """
        self._unsettled.extend(self._engine.runs(self._requests(self.jobs), jobs=self.jobs))
        while self._unsettled:
            run = self._unsettled[0]
            failed = rules.failures_of(run)
            if failed:
                alone = self._alone(run, {result.nodeid for result in run.results})
                self.upset |= rules.upset_by_company(run, alone)
                self.repeats = rules.after_repeat(self.repeats, failed - self.unstable_ids, alone)
                run = rules.counted(run, alone)
            self._unsettled.pop(0)
            yield self._count(run)
        if self.upset:
            self.jobs = 1

    def _stable(self, worth: dict[str, int]) -> dict[str, int]:
        return {name: most for name, most in worth.items() if name not in self.unstable_ids}

    def _count(self, run: Run) -> RunSummary:
        self._record(run)
        return self._take(run)

    def _take(self, run: Run) -> RunSummary:
        for result in run.results:
            said = result.outcome is not Outcome.SKIPPED
            self._ran[result.nodeid] += said
            self._failed[result.nodeid] += result.outcome.is_failure
        self.runs.append(rules.summary(run))
        return self.runs[-1]

    def _alone(self, run: Run, tests: set[str]) -> Run:
        request = rules.repeat(run, tests, self._repeat_number())
        return next(iter(self._engine.runs([request], jobs=1)))

    def _repeat_number(self) -> int:
        self._next_repeat += 1
        return self._next_repeat

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
            number = self._next_number
            self._next_number += 1
            yield rules.request(number, self._base_seed, self._order, hash_seed=self._hash_seed(mean_s))

    def _hash_seed(self, run_s: float) -> int:
        most = rules.runs_per_process(wanted=self._wanted, start_s=self._engine.start_s, run_s=run_s)
        if self._of_process >= most:
            self._process += 1
            self._of_process = 0
        self._of_process += 1
        return rules.hash_seed(self._process, self._base_seed)
