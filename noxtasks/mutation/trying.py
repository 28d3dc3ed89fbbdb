"""Tries mutants: in forks of the warm session, and where that is not the last word, in processes of their own.

A function that has not run before the fork has left no trace there that its mutant could have changed, so a fork from
then on is as good as a process from its start: what survives in it, survives. One that has run while modules were
imported is tried by all tests in a process that begins where it was about to run for the first time: what it leaves in
the modules may matter to any of them. Since to import and to collect takes longer there than most tests, those that
have killed its mutants before go first, alone.

A test fails for other reasons too. One that has killed is run alone, without a mutant; where it fails then, it is left
out, and what it has killed is tried again.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import count
from pathlib import Path

import msgspec

from noxtasks.mutation import rules
from noxtasks.mutation.model import Baseline, Fate, Mutant, Status
from noxtasks.suite.collection import Collection
from noxtasks.suite.engine import Engine
from noxtasks.suite.launch import Suite
from noxtasks.suite.model import EngineKind, Order, Run
from noxtasks.suite.runs import RunRequest

HASH_SEED = 0
_SEED = 0
_START_TIMES = 10  # as long as the first process took to collect
_START_LEAST_S = 30.0
_MORE_TIME = 2  # for what timed out while others ran beside it
_PLAIN_S = 60.0
_BRITTLE = "fails alone, without a mutant"


def take_baseline(engine: Engine, collection: Collection, distrusted: Mapping[str, str]) -> Baseline:
    """Run all tests without a mutant: as collected, in a fork, and then in reverse in a process of its own.

    Tests that pass in the one and not in the other would kill mutants that are not to blame; so would `distrusted` ones
    (with the reason). A function that other tests run in the other order depends on who comes first.
    """
    if engine.chosen is EngineKind.FORK:
        (first,) = engine.runs([_unmutated(0)], jobs=1)
    else:
        first = engine.run_fresh(_unmutated(0))
    backwards = tuple(result.nodeid for result in reversed(first.results))
    again = engine.run_fresh(_unmutated(1, tests=backwards))
    return rules.baseline([first, again], collection.ran, {**collection.quarantined, **distrusted})


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


class _Trial(msgspec.Struct, frozen=True, kw_only=True):
    """A mutant's run: `place` is None for a fork of the warm session, "" for the start of a process."""

    mutant: Mutant | None  # None: to see what the tests do without any
    tests: tuple[str, ...]
    place: str | None
    is_scout: bool = False
    jobs: int


class Trying:
    """Finds the fate of mutants; `fates` has those that are known so far, by the mutant's id."""

    def __init__(self, engine: Engine, baseline: Baseline, *, jobs: int, told: Callable[[Fate], object]) -> None:
        self._engine = engine
        self._jobs = jobs
        self._told = told
        self._numbers = count(2)  # after the runs of the baseline
        self._kills: dict[str, Counter[str]] = defaultdict(Counter)  # by function
        self._is_sound: dict[tuple[str, bool], bool] = {}  # by test, and whether nothing else was collected
        self._no_scouts: set[str] = set()  # tests that fail where nothing else is collected
        self._undecided: list[Mutant] = []
        self._astray: list[Mutant] = []  # their place was not come to
        self.baseline = baseline
        """Without the tests that have turned out to fail alone."""
        self.fates: dict[str, Fate] = {}

    def remember(self, mutants: Iterable[Mutant], fates: Mapping[str, Fate]) -> None:
        """Take fates that are known: these mutants are not tried, and what killed them goes first."""
        for mutant in mutants:
            if mutant.id in fates:
                self._count_kill(mutant, fates[mutant.id])
                self._know(fates[mutant.id])

    def carry_out(self, mutants: Iterable[Mutant]) -> None:
        """Find the fate of each that has none yet."""
        at_once: list[Mutant] = []
        at_import: dict[str, list[Mutant]] = {function: [] for function in self.baseline.import_order}
        for mutant in mutants:
            if mutant.id in self.fates:
                continue
            if mutant.key in at_import:
                at_import[mutant.key].append(mutant)
            elif mutant.key in self.baseline.covering:
                at_once.append(mutant)
            else:
                self._know(rules.untested(mutant))
        is_forking = self._engine.chosen is EngineKind.FORK
        self._settle(at_once, None if is_forking else "")
        for function, chosen in at_import.items():
            self._settle(chosen, function)
        astray, self._astray = self._astray, []
        suspicious = [each for each in at_once if is_forking and self._status(each) is Status.SUSPICIOUS]
        self._settle([*astray, *suspicious], "")

    def is_last_word(self, mutant: Mutant) -> bool:
        """Whether no trial that was still to come could change the fate of `mutant`, in the midst of `carry_out`.

        A kill in a fork is one when the test that killed was seen to pass without a mutant.
        """
        fate = self.fates.get(mutant.id)
        if fate is None:
            return False
        if fate.status is Status.SURVIVED:
            return fate.is_confirmed and mutant.key not in self.baseline.order_dependent
        is_in_fork = self._engine.chosen is EngineKind.FORK and mutant.key not in self.baseline.at_import
        return fate.status is Status.KILLED and is_in_fork and self._is_sound.get((fate.killed_by, False), False)

    def _settle(self, mutants: list[Mutant], place: str | None) -> None:
        """Find the fate of each in runs that begin at `place`."""
        self._try(self._trials(mutants, place))
        self._try(self._whole_of_undecided(place))
        mine = [each for each in mutants if self._is_here(each)]
        self._finish(mine, place)
        while unsound := self._unsound(mine, place):
            doubtful = unsound if place is None else {*unsound, ""}  # "": scouts among them have not been collected
            again = [each for each in mine if (fate := self.fates[each.id]).is_kill and fate.killed_by in doubtful]
            left = [each for each in again if self._whole(each, place).tests]
            self._try(self._whole(each, place) for each in left)
            self._finish(left, place)
            for each in again:
                if each not in left:
                    self._know(rules.untested(each))

    def _trials(self, mutants: Iterable[Mutant], place: str | None) -> Iterator[_Trial]:
        """A first trial of each. What scouts left undecided goes before, so that what kills it is known to the next."""
        for mutant in mutants:
            yield from self._whole_of_undecided(place)
            yield self._first_trial(mutant, place)

    def _whole_of_undecided(self, place: str | None) -> Iterator[_Trial]:
        while self._undecided:
            yield self._whole(self._undecided.pop(), place)

    def _finish(self, mutants: list[Mutant], place: str | None) -> None:
        """Try those again that timed out, with nothing beside them and more time; and the rest of the tests on some.

        Where tests were missing, that is seen twice before it counts: an id may hold something random.
        """
        gone = [each for each in mutants if self.fates[each.id].message.endswith(rules.GONE)]
        self._try(self._whole(each, place) for each in gone)
        late = [each for each in mutants if self._status(each) is Status.TIMEOUT]
        self._try(self._whole(each, place, jobs=1) for each in late)
        alive = [each for each in mutants if self._status(each) is Status.SURVIVED]
        others = ((each, self._others(each)) for each in alive)
        self._try(_Trial(mutant=each, tests=tests, place=place, jobs=self._jobs) for each, tests in others if tests)

    def _is_here(self, mutant: Mutant) -> bool:
        return mutant not in self._astray

    def _status(self, mutant: Mutant) -> Status:
        return self.fates[mutant.id].status

    def _unsound(self, mutants: Iterable[Mutant], place: str | None) -> set[str]:
        """The killers of `mutants` that fail without a mutant as well, alone; they are left out from now on.

        One that fails only where nothing else is collected is no scout any more.
        """
        found = {fate.killed_by for each in mutants if (fate := self.fates[each.id]).is_kill}
        found &= self.baseline.durations_s.keys()
        self._see(found, None if self._engine.chosen is EngineKind.FORK else "", is_only=False)
        brittle = {test for test in found if not self._is_sound[test, False]}
        if brittle:
            self.baseline = rules.without(self.baseline, dict.fromkeys(sorted(brittle), _BRITTLE))
        if place is None:
            return brittle
        killers = found - brittle - self._no_scouts
        self._see(killers, place, is_only=True)
        poor = {test for test in killers if not self._is_sound[test, True]}
        self._no_scouts |= poor
        return brittle | poor

    def _see(self, tests: Iterable[str], place: str | None, *, is_only: bool) -> None:
        unseen = [test for test in sorted(tests) if (test, is_only) not in self._is_sound]
        trials = (_Trial(mutant=None, tests=(test,), place=place, is_scout=is_only, jobs=self._jobs) for test in unseen)
        for trial, run in self._runs(trials):
            self._is_sound[trial.tests[0], is_only] = bool(run.unavailable) or rules.has_passed(run, trial.tests)

    def _try(self, trials: Iterable[_Trial]) -> None:
        for trial, run in self._runs(trials):
            if trial.mutant is not None:
                self._learn(trial.mutant, trial, run)

    def _runs(self, trials: Iterable[_Trial]) -> Iterator[tuple[_Trial, Run]]:
        """Carry out `trials`, which all begin at the same place."""
        waiting = iter(trials)
        first = next(waiting, None)
        if first is None:
            return
        under_way: dict[int, _Trial] = {}

        def requests() -> Iterator[RunRequest]:
            trial: _Trial | None = first
            while trial is not None:
                number = next(self._numbers)
                under_way[number] = trial
                yield self._request(number, trial)
                trial = next(waiting, None)

        run_all = self._engine.runs if first.place is None else self._engine.runs_fresh
        for run in run_all(requests(), jobs=first.jobs):
            yield under_way.pop(run.number), run

    def _learn(self, mutant: Mutant, trial: _Trial, run: Run) -> None:
        if run.unavailable:
            self._astray.append(mutant)
            return
        fate = rules.fate(mutant, run, trial.tests, is_alone=trial.place is not None)
        self._count_kill(mutant, fate)
        if (
            not (fate.killed_by and fate.is_kill)
            and trial.is_scout
            and (fate.status is not Status.KILLED or run.results)
        ):
            self._undecided.append(mutant)
            return  # it is for all tests to say; but where their module cannot be imported, that is the mutant's doing
        earlier = self.fates.get(mutant.id)
        self._know(rules.confirmed(earlier, fate) if earlier else fate)

    def _count_kill(self, mutant: Mutant, fate: Fate) -> None:
        if fate.killed_by and fate.is_kill:
            self._kills[mutant.key][fate.killed_by] += 1

    def _know(self, fate: Fate) -> None:
        self.fates[fate.mutant] = fate
        self._told(fate)

    def _first_trial(self, mutant: Mutant, place: str | None) -> _Trial:
        kills, durations_s = self._kills[mutant.key], self.baseline.durations_s
        killers = (kills.keys() & durations_s.keys()) - self._no_scouts
        if place is None or not killers:
            return self._whole(mutant, place)
        scouts = rules.scouts(killers, durations_s, kills)
        return _Trial(mutant=mutant, tests=scouts, place=place, is_scout=True, jobs=self._jobs)

    def _whole(self, mutant: Mutant, place: str | None, *, jobs: int | None = None) -> _Trial:
        durations_s, kills = self.baseline.durations_s, self._kills[mutant.key]
        covering = self.baseline.covering.get(mutant.key, ())
        tests = rules.ordered(covering, durations_s, kills)
        if mutant.key in self.baseline.at_import:
            tests += rules.ordered(durations_s.keys() - set(covering), durations_s, kills)
        return _Trial(mutant=mutant, tests=tests, place=place, jobs=jobs or self._jobs)

    def _others(self, mutant: Mutant) -> tuple[str, ...]:
        """The tests that may run the function, though none has seen them do so; none where order does not matter."""
        if mutant.key not in self.baseline.order_dependent - self.baseline.at_import:
            return ()
        durations_s = self.baseline.durations_s
        others = durations_s.keys() - set(self.fates[mutant.id].tests)
        return rules.ordered(others, durations_s, self._kills[mutant.key])

    def _request(self, number: int, trial: _Trial) -> RunRequest:
        times = _MORE_TIME if trial.mutant is not None and trial.mutant.id in self.fates else 1
        durations_s, shared_s = [self.baseline.durations_s[test] for test in trial.tests], self.baseline.shared_s
        return RunRequest(
            number=number,
            seed=_SEED,
            hash_seed=HASH_SEED,
            order=Order.COLLECTED,
            tests=trial.tests,
            mutant=trial.mutant.name if trial.mutant is not None else "",
            stops=True,
            limit_s=times * rules.limit_s(sum(durations_s) + shared_s),
            limits_s=tuple(times * rules.limit_s(each + shared_s) for each in durations_s),
            start_limit_s=max(_START_LEAST_S, _START_TIMES * self._engine.start_s),
            at=trial.place or "",
            only=trial.is_scout,
        )
