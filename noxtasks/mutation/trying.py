"""Tries mutants: in forks of the warm session, and where that is not the last word, in processes of their own.

A function that has not run before the fork leaves no trace of its mutant there, so a fork from then on is as good as a
process from its start. One that has run is tried from the start at once, by all tests: what it has left in the modules
may matter to any of them.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import count
from pathlib import Path

from noxtasks.mutation import rules
from noxtasks.mutation.model import Baseline, Fate, Mutant, Status
from noxtasks.suite.engine import Engine
from noxtasks.suite.launch import Suite
from noxtasks.suite.model import EngineKind, Order, Run
from noxtasks.suite.runs import RunRequest

HASH_SEED = 0
_SEED = 0
_START_TIMES = 10  # as long as the first process took to collect
_START_LEAST_S = 30.0
_PLAIN_S = 60.0
_MORE_TIME = 2  # for what timed out while others ran beside it


def take_baseline(engine: Engine, at_import: Iterable[str]) -> Baseline:
    """Run all tests without a mutant: in a fork, and the fastest first in a process of its own, as mutants are tried.

    Tests that pass in the one and not in the other would kill mutants that are not to blame.
    """
    (first,) = engine.runs([_unmutated(0)], jobs=1)
    fastest = sorted(first.results, key=lambda result: result.duration_s)
    again = engine.run_fresh(_unmutated(1, tests=tuple(result.nodeid for result in fastest)))
    return rules.baseline([first, again], at_import)


def explained(baseline: Baseline, plain: Suite, scratch: Path) -> Baseline:
    """The baseline, with what becomes of those left out in `plain`, a copy without anything of mutmut's.

    They run among all tests, as in the baseline, where that does not take long.
    """
    is_short = sum(baseline.durations_s.values()) < _PLAIN_S
    tests = None if is_short else tuple(test for test, _ in baseline.left_out)
    folder = scratch / "plain"
    folder.mkdir()
    with Engine(plain, folder, kind=EngineKind.FRESH, test_timeout_s=_PLAIN_S) as engine:
        return rules.explained(baseline, engine.run_fresh(_unmutated(0, tests)))


def _unmutated(number: int, tests: tuple[str, ...] | None = None) -> RunRequest:
    return RunRequest(number=number, seed=_SEED, hash_seed=HASH_SEED, order=Order.COLLECTED, tests=tests)


class Trying:
    """Finds the fate of mutants; `fates` has those that are known so far, by the mutant's id."""

    def __init__(self, engine: Engine, baseline: Baseline, *, jobs: int, told: Callable[[Fate], object]) -> None:
        self._engine = engine
        self._baseline = baseline
        self._jobs = jobs
        self._told = told
        self._numbers = count(2)  # after the runs of the baseline
        self._kills: dict[str, Counter[str]] = defaultdict(Counter)  # by function
        self.fates: dict[str, Fate] = {}

    def remember(self, mutants: Iterable[Mutant], fates: Mapping[str, Fate]) -> None:
        """Take fates that an earlier scan has found: these mutants are not tried, and what killed them goes first."""
        for mutant in mutants:
            if mutant.id in fates:
                self._know_of(mutant, fates[mutant.id])

    def carry_out(self, mutants: Iterable[Mutant]) -> None:
        """Find the fate of each that has none yet."""
        at_once: list[Mutant] = []
        from_start: list[Mutant] = []
        for mutant in mutants:
            if mutant.id in self.fates:
                continue
            if mutant.key in self._baseline.at_import:
                from_start.append(mutant)
            elif mutant.key in self._baseline.covering:
                at_once.append(mutant)
            else:
                self._know(rules.untested(mutant))
        for fresh, chosen in ((False, at_once), (True, from_start)):
            self._try(chosen, fresh=fresh, jobs=self._jobs)
            self._repeat(chosen, fresh=fresh)
        survivors = [
            mutant
            for mutant in at_once
            if (fate := self.fates[mutant.id]).status in {Status.SURVIVED, Status.SUSPICIOUS} and not fate.is_confirmed
        ]
        self._try(survivors, fresh=True, jobs=self._jobs)
        self._repeat(survivors, fresh=True)

    def _repeat(self, mutants: Iterable[Mutant], *, fresh: bool) -> None:
        """Try those again that timed out, with nothing beside them and more time."""
        late = [mutant for mutant in mutants if self.fates[mutant.id].status is Status.TIMEOUT]
        self._try(late, fresh=fresh, jobs=1)

    def _try(self, mutants: list[Mutant], *, fresh: bool, jobs: int) -> None:
        under_way: dict[int, tuple[Mutant, tuple[str, ...]]] = {}

        def requests() -> Iterator[RunRequest]:
            for mutant in mutants:
                number, tests = next(self._numbers), self._tests(mutant)
                under_way[number] = mutant, tests
                yield self._request(number, mutant, tests)

        is_alone = fresh or self._engine.chosen is EngineKind.FRESH
        run_all = self._engine.runs_fresh if fresh else self._engine.runs
        for run in run_all(requests(), jobs=jobs):
            mutant, tests = under_way.pop(run.number)
            self._learn(mutant, run, tests, is_alone=is_alone)

    def _learn(self, mutant: Mutant, run: Run, tests: tuple[str, ...], *, is_alone: bool) -> None:
        fate = rules.fate(mutant, run, tests, is_alone=is_alone)
        earlier = self.fates.get(mutant.id)
        self._know_of(mutant, rules.confirmed(earlier, fate) if earlier else fate)

    def _know_of(self, mutant: Mutant, fate: Fate) -> None:
        if fate.killed_by:
            self._kills[mutant.key][fate.killed_by] += 1
        self._know(fate)

    def _know(self, fate: Fate) -> None:
        self.fates[fate.mutant] = fate
        self._told(fate)

    def _tests(self, mutant: Mutant) -> tuple[str, ...]:
        durations_s, kills = self._baseline.durations_s, self._kills[mutant.key]
        covering = self._baseline.covering.get(mutant.key, ())
        tests = rules.ordered(covering, durations_s, kills)
        if mutant.key in self._baseline.at_import:
            tests += rules.ordered(durations_s.keys() - set(covering), durations_s, kills)
        return tests

    def _request(self, number: int, mutant: Mutant, tests: tuple[str, ...]) -> RunRequest:
        is_repeated = mutant.id in self.fates
        limit_s = rules.limit_s(tests, self._baseline.durations_s)
        return RunRequest(
            number=number,
            seed=_SEED,
            hash_seed=HASH_SEED,
            order=Order.COLLECTED,
            tests=tests,
            mutant=mutant.name,
            stops=True,
            limit_s=limit_s * (_MORE_TIME if is_repeated else 1),
            start_limit_s=max(_START_LEAST_S, _START_TIMES * self._engine.start_s),
        )
