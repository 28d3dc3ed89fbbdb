"""The course of a scan: who runs when, who is dropped, and what ends it. The suite's runs are simulated."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noxtasks.errors import NotMeasuredError
from noxtasks.parallel import rules
from noxtasks.parallel.model import Candidate, Ending, Execution, Fault, Mode, Scan, Trouble
from noxtasks.parallel.scanning import Course
from noxtasks.suite.model import Outcome

OURS, LOAD, FILE, SCOPE = (
    Candidate(mode=mode, workers=2) for mode in (Mode.OURS, Mode.LOAD, Mode.LOADFILE, Mode.LOADSCOPE)
)
ALL = (OURS, LOAD, FILE, SCOPE)


class Machine:
    """A clock, and a suite that takes so long in each way."""

    def __init__(self, budget_s: float, speedups: dict[Candidate, float], noise: float = 0.0, seed: int = 0) -> None:
        self.left_s = budget_s
        self.log: list[Candidate | None] = []
        self._speedups = speedups
        self._noise = noise
        self._random = random.Random(seed)
        self.broken: dict[Candidate, Trouble] = {}
        self.interrupts_at: int | None = None
        self.hangs_at: int | None = None

    def run(self, candidate: Candidate | None) -> Execution:
        if len(self.log) == self.interrupts_at:
            raise KeyboardInterrupt
        if candidate is None and self.log.count(None) == self.hangs_at:
            raise NotMeasuredError("it hung in t")
        self.log.append(candidate)
        wall_s = 10.0 / (self._speedups[candidate] if candidate else 1.0)
        wall_s *= 1 + self._noise * self._random.uniform(-1, 1)
        self.left_s -= wall_s
        trouble = self.broken.get(candidate) if candidate else None
        fault = Fault(trouble=trouble, tests=("t",), said="") if trouble else None
        return Execution(candidate=candidate, wall_s=wall_s, outcomes={"t": Outcome.PASSED}, fault=fault)

    def scan(self, candidates: tuple[Candidate, ...] = ALL, rounds: int | None = None) -> Scan:
        course = Course(candidates, run=self.run, left_s=lambda: self.left_s, decided=lambda _: True, rounds=rounds)
        return course.scan()


def test_sequential_and_parallel_runs_alternate_after_one_that_warms_up() -> None:
    machine = Machine(1e6, dict.fromkeys(ALL, 2.0))
    machine.scan(rounds=2)
    assert machine.log == [None, None, OURS, LOAD, FILE, None, SCOPE, None, SCOPE, FILE, LOAD, None, OURS]


@given(
    speedups=st.permutations([0.5, 1.0, 1.6, 2.4]),
    seed=st.integers(0, 1000),
)
def test_the_fastest_is_found_whatever_the_noise(speedups: list[float], seed: int) -> None:
    by = dict(zip(ALL, speedups, strict=True))
    scan = Machine(1e6, by, noise=0.1, seed=seed).scan()
    kept = {each: pairs for each, pairs in scan.pairs.items() if each not in scan.dropped}
    assert rules.best_first(kept)[0] == max(by, key=lambda each: by[each])
    assert scan.ending is Ending.DECIDED


def test_what_is_plainly_slower_runs_once() -> None:
    machine = Machine(1e6, {OURS: 2.0, LOAD: 1.9, FILE: 0.5, SCOPE: 0.6})
    scan = machine.scan()
    assert {each: len(pairs) for each, pairs in scan.pairs.items()} == {OURS: 6, LOAD: 6, FILE: 1, SCOPE: 1}
    assert set(scan.dropped) == {FILE, SCOPE, LOAD}


def test_what_loses_tests_runs_no_more_and_is_never_among_the_pairs() -> None:
    machine = Machine(1e6, dict.fromkeys(ALL, 2.0))
    machine.broken = {LOAD: Trouble.CRASHED}
    scan = machine.scan()
    assert machine.log.count(LOAD) == 1
    assert scan.pairs[LOAD] == ()
    assert scan.faults[LOAD].trouble is Trouble.CRASHED
    machine = Machine(1e6, dict.fromkeys(ALL, 2.0))
    machine.broken = dict.fromkeys(ALL, Trouble.HUNG)
    assert machine.scan().ending is Ending.NOTHING_LEFT


@given(budget_s=st.floats(1, 400), speedup=st.floats(0.3, 4), rounds=st.none() | st.integers(1, 10))
def test_the_budget_is_kept_but_for_the_run_that_comes_first(
    budget_s: float, speedup: float, rounds: int | None
) -> None:
    machine = Machine(budget_s, dict.fromkeys(ALL, speedup))
    scan = machine.scan(rounds=rounds)
    slowest_s = 10.0 * max(1.0, 1 / speedup)
    assert machine.left_s >= -slowest_s
    if scan.ending is not Ending.BUDGET:
        assert scan.ending in {Ending.DECIDED, Ending.ROUNDS}


def test_where_time_is_short_some_are_measured_well_and_not_all_once() -> None:
    machine = Machine(120.0, dict.fromkeys(ALL, 1.0))
    scan = machine.scan()
    assert len(scan.pairs[OURS]) >= 3
    assert len(scan.pairs[LOAD]) >= 2
    assert scan.pairs[SCOPE] == ()


@pytest.mark.parametrize("at", [1, 3, 7])
def test_an_interruption_keeps_what_was_measured(at: int) -> None:
    machine = Machine(1e6, dict.fromkeys(ALL, 2.0))
    machine.interrupts_at = at
    scan = machine.scan()
    assert scan.ending is Ending.INTERRUPTED
    assert len(scan.sequential) + sum(map(len, scan.pairs.values())) == at


def test_an_interruption_of_the_first_run_leaves_nothing_to_tell() -> None:
    machine = Machine(1e6, dict.fromkeys(ALL, 2.0))
    machine.interrupts_at = 0
    with pytest.raises(KeyboardInterrupt):
        machine.scan()


def test_where_plain_pytest_once_does_not_come_to_its_end_what_was_measured_is_kept() -> None:
    machine = Machine(1e6, dict.fromkeys(ALL, 2.0))
    machine.hangs_at = 3
    scan = machine.scan()
    assert scan.ending is Ending.STOPPED
    assert scan.stopped_by == "it hung in t"
    assert (len(scan.sequential), len(scan.pairs[OURS])) == (3, 1)
    machine = Machine(1e6, dict.fromkeys(ALL, 2.0))
    machine.hangs_at = 0
    with pytest.raises(NotMeasuredError):
        machine.scan()
