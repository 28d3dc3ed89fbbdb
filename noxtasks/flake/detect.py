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
_DOUBTS_SHARE = 1.0  # the same, where without repeats a test would be called flaky for what its company does
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
        self.clock = clock
        self._began_s = clock()
        self._next_number = 0
        self._next_repeat = _REPEATS_FROM
        self._begun = 0
        self._process = 0
        self._of_process = 0
        self._unsettled: list[Run] = []
        self._failed: Counter[str] = Counter()
        self._ran: Counter[str] = Counter()
        self._failed_beside: Counter[str] = Counter()  # of these, in runs that had another beside them
        self._ran_beside: Counter[str] = Counter()
        self.jobs = jobs
        self.whole = False
        """Whether all runs and repeats have been made."""
        self.runs: list[RunSummary] = []
        self.repeats: dict[str, Repeats] = {}
        self.upset: set[str] = set()
        """Tests that failed while another run went on beside them, and not alone."""
        self.only_in_forks: set[str] = set()
        """Tests that failed in every forked run and pass in a process of their own: not measured."""

    @property
    def elapsed_s(self) -> float:
        """Seconds since the session began."""
        return self.clock() - self._began_s

    @property
    def tests(self) -> set[str]:
        """The tests that had an outcome in a run that counts."""
        return set(self._ran)

    @property
    def unstable_ids(self) -> set[str]:
        """Tests that some collections of the suite had and others had not."""
        return self._engine.unstable_ids

    @property
    def unmeasured(self) -> set[str]:
        """The tests whose failures say nothing about them."""
        return self.upset | self.only_in_forks | self.unstable_ids

    @property
    def failing(self) -> set[str]:
        """The tests that failed whenever they ran."""
        return {name for name, count in self._failed.items() if count == self._ran[name] > 0}

    def suspects(self) -> dict[str, tuple[int, int]]:
        """(failures, runs) of the tests that have failed and passed."""
        return rules.suspects(self._failed, self._ran)

    def resume(self, earlier: Iterable[Run]) -> None:
        """Go on after runs that are in the history already."""
        for run in earlier:
            self._take(run, beside=self.jobs > 1)
            self._next_number = max(self._next_number, run.number + 1)
        self._begun = len(self.runs)
        self._process = len({run.hash_seed for run in self.runs})

    def sample(self) -> Iterator[RunSummary]:
        """Make the runs of the sample, and record each."""
        if self.jobs > 1:
            yield from self._try_company()
        while self._another():
            beside = self.jobs > 1
            for run in self._engine.runs(self._requests(), jobs=self.jobs):
                yield self._count(run, beside=beside)
            self._question_company()

    def rescue(self) -> None:
        """After an interruption: kill what is under way, and record it as far as it came."""
        for run in (*self._unsettled, *self._engine.abandon()):
            if run.number < _REPEATS_FROM:
                self._count(run, beside=self.jobs > 1)

    def confirm(self) -> None:
        """Repeat failing runs alone until each suspect has failed again, was tried often enough, or time is up."""
        counts = self.suspects()
        in_doubt = {name for name in counts if not self._by_itself(name)[0]}  # it may be the company's fault
        worth = {
            name: rules.repeats_worth(*self._beside(name), passed_alone=self._alone_runs(name))
            if name in in_doubt
            else rules.repeats_worth(*count)
            for name, count in counts.items()
        }
        whole = [run for run in self.runs if run.complete]
        until_s = self.elapsed_s * (1 + (_DOUBTS_SHARE if in_doubt else _REPEATS_SHARE))
        if self._wanted is None:
            until_s = min(until_s, self._budget_s)
        while (chosen := rules.next_to_repeat(self._stable(worth), whole, self.repeats)) is not None:
            run, tests = chosen
            if self.elapsed_s + run.duration_s > until_s:
                break
            again = self._alone(self._recall(run.number), tests)
            self.repeats = rules.after_repeat(self.repeats, tests - self.unstable_ids, again)
        self.upset = {name for name in self.upset if not self._failed[name]} | {
            name for name in counts if rules.only_in_company(self._beside(name), self._by_itself(name))
        }

    def blame_forks(self) -> None:
        """Try the tests that failed in every run in a process of their own: where they pass, the fork is to blame."""
        always = self.failing
        whole = next((run for run in self.runs if run.complete), None)
        if self._engine.chosen is not EngineKind.FORK or not always or whole is None:
            return
        request = rules.only(self._recall(whole.number), always, self.further_number())
        self.only_in_forks = rules.passed_in(self._engine.run_fresh(request), always)

    def check_ids(self) -> None:
        """Learn whether the failing tests that have parameters can be named to a later run at all; the last step."""
        self.whole = True
        if any(count and "[" in name for name, count in self._failed.items()):
            self._engine.check_ids(hash_seed=rules.hash_seed(self._process + 1, self._base_seed))

    def _try_company(self) -> Iterator[RunSummary]:
        """Make the first runs side by side, and repeat those that fail alone: is the suite fit for company at all?

        Where a failure does not come again alone, the run that was alone counts, and all further runs are alone.
        """
        self._unsettled.extend(self._engine.runs(itertools.islice(self._requests(), self.jobs), jobs=self.jobs))
        while self._unsettled:
            run, beside = self._unsettled[0], True
            failed = rules.failures_of(run)
            if failed:
                alone = self._alone(run, {result.nodeid for result in run.results})
                self.upset |= rules.upset_by_company(run, alone)
                self.repeats = rules.after_repeat(self.repeats, failed - self.unstable_ids, alone)
                run, beside = rules.counted(run, alone), not rules.upset_by_company(run, alone)
            self._unsettled.pop(0)
            yield self._count(run, beside=beside)
        if self.upset:
            self.jobs = 1

    def _stable(self, worth: dict[str, int]) -> dict[str, int]:
        return {name: most for name, most in worth.items() if name not in self.unstable_ids}

    def _question_company(self) -> None:
        """Repeat alone what failed beside another run for the first time. Where it passes, all further runs are alone.

        That the suite was fit for company in the first runs does not say much: what two runs share they may have used
        at different times. The runs that follow, alone, then tell how often the test fails by itself.
        """
        while self.jobs > 1 and (doubtful := rules.doubtful(self._failed_beside, self.repeats)):
            run = next(run for run in self.runs if not doubtful.isdisjoint(run.failed))
            tests = doubtful & run.failed
            self.repeats = rules.after_repeat(self.repeats, tests, self._alone(self._recall(run.number), tests))
            if not all(self.repeats[name].failed for name in tests):
                self.jobs = 1

    def _beside(self, name: str) -> tuple[int, int]:
        return self._failed_beside[name], self._ran_beside[name]

    def _by_itself(self, name: str) -> tuple[int, int]:
        """(failures, runs) of a test with no run beside its own, repeats of failing runs included."""
        repeats = self.repeats.get(name, Repeats())
        failures = self._failed[name] - self._failed_beside[name] + repeats.failed
        return failures, self._alone_runs(name) + repeats.tried

    def _alone_runs(self, name: str) -> int:
        return self._ran[name] - self._ran_beside[name]

    def _count(self, run: Run, *, beside: bool) -> RunSummary:
        self._record(run)
        return self._take(run, beside=beside)

    def _take(self, run: Run, *, beside: bool) -> RunSummary:
        for result in run.results:
            said, failed = result.outcome is not Outcome.SKIPPED, result.outcome.is_failure
            self._ran[result.nodeid] += said
            self._failed[result.nodeid] += failed
            self._ran_beside[result.nodeid] += said and beside
            self._failed_beside[result.nodeid] += failed and beside
        self.runs.append(rules.summary(run))
        return self.runs[-1]

    def _alone(self, run: Run, tests: set[str]) -> Run:
        request = rules.repeat(run, tests, self.further_number())
        return next(iter(self._engine.runs([request], jobs=1)))

    def further_number(self) -> int:
        """A number for a run that is not part of the sample."""
        self._next_repeat += 1
        return self._next_repeat

    def _another(self) -> bool:
        return rules.another_run(
            self._begun,
            wanted=self._wanted,
            elapsed_s=self.elapsed_s,
            budget_s=self._budget_s * _SAMPLING_SHARE,
            run_s=self._mean_s(),
        )

    def _mean_s(self) -> float:
        return sum(run.duration_s for run in self.runs) / len(self.runs) if self.runs else 0.0

    def _requests(self) -> Iterator[RunRequest]:
        """The next runs of the sample, until there are enough, or the company has to be questioned."""
        while self._another() and not (self.jobs > 1 and rules.doubtful(self._failed_beside, self.repeats)):
            self._begun += 1
            number = self._next_number
            self._next_number += 1
            yield rules.request(number, self._base_seed, self._order, hash_seed=self._hash_seed(self._mean_s()))

    def _hash_seed(self, run_s: float) -> int:
        most = rules.runs_per_process(wanted=self._wanted, start_s=self._engine.start_s, run_s=run_s)
        if self._of_process >= most:
            self._process += 1
            self._of_process = 0
        self._of_process += 1
        return rules.hash_seed(self._process, self._base_seed)
