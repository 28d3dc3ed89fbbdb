"""What a session of runs gathers. The engine here is a small world: it says, run by run, which tests fail in it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noxtasks.flake import rules
from noxtasks.flake.detect import Detection
from noxtasks.flake.model import Confirmation
from noxtasks.suite.engine import Engine
from noxtasks.suite.model import EngineKind, Order, Outcome, Result, Run
from noxtasks.suite.runs import RunRequest

TESTS = ("steady", "odd")

Fails = Callable[[RunRequest, bool], bool]
"""Whether the test "odd" fails in a run, given whether another goes on beside it."""


class World:
    """An engine, the history and the clock of a session. A run takes a second."""

    unstable_ids: frozenset[str] = frozenset()

    def __init__(self, fails: Fails, *, alone: Fails | None = None) -> None:
        self.chosen = EngineKind.FORK
        self.start_s = 0.5
        self.made: list[tuple[int, int]] = []  # (number, jobs) of each run
        self.recorded: dict[int, Run] = {}
        self.interrupt_at: int | None = None
        self._fails = fails
        self._fresh = alone or fails
        self._now_s = 0.0
        self._under_way: list[RunRequest] = []

    def clock(self) -> float:
        return self._now_s

    def runs(self, requests: Iterable[RunRequest], *, jobs: int) -> Iterator[Run]:
        for request in requests:
            self.made.append((request.number, jobs))
            self._under_way = [request]
            if request.number == self.interrupt_at:
                raise KeyboardInterrupt
            self._now_s += 1
            self._under_way = []
            yield self._run(request, fails=self._fails(request, jobs > 1))

    def run_fresh(self, request: RunRequest) -> Run:
        return self._run(request, fails=self._fresh(request, False))

    def abandon(self) -> list[Run]:
        return [self._run(request, fails=False, complete=False) for request in self._under_way]

    def _run(self, request: RunRequest, *, fails: bool, complete: bool = True) -> Run:
        return Run(
            number=request.number,
            seed=request.seed,
            hash_seed=request.hash_seed,
            order=request.order,
            engine=EngineKind.FORK,
            started=datetime(2026, 1, 1, tzinfo=UTC),
            duration_s=1.0,
            results=tuple(
                Result(
                    nodeid=name,
                    position=position,
                    outcome=Outcome.FAILED if fails and name == "odd" else Outcome.PASSED,
                    duration_s=0.1,
                )
                for position, name in enumerate(request.tests or TESTS)
            ),
            complete=complete,
        )


def a_session(world: World, *, jobs: int, wanted: int | None = 30, base_seed: int = 1) -> Detection:
    return Detection(
        cast(Engine, world),
        base_seed=base_seed,
        order=Order.BUCKETS,
        jobs=jobs,
        wanted=wanted,
        budget_s=300.0,
        record=lambda run: world.recorded.update({run.number: run}),
        recall=lambda number: world.recorded[number],
        clock=world.clock,
    )


def carried_out(world: World, **settings: Any) -> Detection:
    session = a_session(world, **settings)
    for _ in session.sample():
        pass
    session.confirm()
    return session


def flaky(session: Detection) -> set[str]:
    return session.suspects().keys() - session.upset


def sample_of(world: World) -> list[int]:
    """The jobs of the runs of the sample, in their order."""
    return [jobs for number, jobs in world.made if number < 1_000_000]


@pytest.mark.parametrize("jobs", [1, 2, 8])
def test_a_steady_suite_is_run_as_often_as_wanted_and_never_repeated(jobs: int) -> None:
    world = World(lambda request, beside: False)
    session = carried_out(world, jobs=jobs)
    assert world.made == [(number, jobs) for number in range(30)]
    assert (flaky(session), session.upset, session.jobs) == (set(), set(), jobs)
    assert sorted(world.recorded) == list(range(30))


@pytest.mark.parametrize("jobs", [1, 2])
def test_what_follows_the_seed_is_flaky_and_reproduced_by_its_first_repeat_in_company_as_before(jobs: int) -> None:
    world = World(lambda request, beside: request.seed % 3 == 0)
    session = carried_out(world, jobs=jobs)
    assert flaky(session) == {"odd"}
    assert session.repeats["odd"].confirmation is Confirmation.REPRODUCED
    assert session.jobs == jobs
    assert set(sample_of(world)) == {jobs}


def test_what_fails_in_company_alone_from_the_first_runs_on_is_never_counted() -> None:
    world = World(lambda request, beside: beside)
    session = carried_out(world, jobs=2)
    assert (flaky(session), session.upset, session.jobs) == (set(), {"odd"}, 1)
    assert sample_of(world) == [2, 2, *[1] * 28]
    assert not any(rules.failures_of(run) for run in world.recorded.values())


@given(st.integers(2, 11), st.integers(0, 1000), st.sampled_from([30, None]))
def test_what_fails_in_company_alone_and_only_later_is_not_called_flaky_either(
    first: int, base_seed: int, wanted: int | None
) -> None:
    world = World(lambda request, beside: beside and request.number >= first)
    session = carried_out(world, jobs=2, wanted=wanted, base_seed=base_seed)
    assert (flaky(session), session.upset, session.jobs) == (set(), {"odd"}, 1)
    assert sample_of(world) == [2] * (first + 1) + [1] * (len(sample_of(world)) - first - 1)


def test_a_failure_at_the_very_end_of_the_sample_leaves_too_little_to_lay_it_to_the_company() -> None:
    world = World(lambda request, beside: beside and request.number == 29)
    session = carried_out(world, jobs=2)
    assert flaky(session) == {"odd"}
    assert session.repeats["odd"].confirmation is Confirmation.NOT_REPRODUCED


@given(st.integers(0, 1000))
def test_a_test_that_fails_by_itself_is_flaky_whatever_company_does(base_seed: int) -> None:
    chance = iter(range(1, 10_000))
    world = World(lambda request, beside: next(chance) % 4 == 0)  # it follows neither the seed nor the company
    session = carried_out(world, jobs=2, base_seed=base_seed)
    assert flaky(session) == {"odd"}
    assert session.upset == set()


def test_without_company_nothing_is_laid_to_it() -> None:
    chance = iter(range(1, 10_000))
    world = World(lambda request, beside: request.number < 1_000_000 and next(chance) % 2 == 0)
    session = carried_out(world, jobs=1)
    assert (flaky(session), session.upset) == ({"odd"}, set())
    assert session.repeats["odd"].confirmation is Confirmation.NOT_REPRODUCED


def test_what_always_fails_is_tried_alone_once_and_company_goes_on() -> None:
    world = World(lambda request, beside: True)
    session = carried_out(world, jobs=2)
    assert (flaky(session), session.upset, session.jobs) == (set(), set(), 2)
    assert len(world.made) == 32  # each of the first two runs was repeated
    session.blame_forks()
    assert session.only_in_forks == set()


def test_what_fails_in_forks_alone_is_not_measured() -> None:
    world = World(lambda request, beside: True, alone=lambda request, beside: False)
    session = carried_out(world, jobs=1)
    session.blame_forks()
    assert session.only_in_forks == {"odd"}


def test_without_a_number_of_runs_the_budget_decides() -> None:
    world = World(lambda request, beside: False)
    session = a_session(world, jobs=1, wanted=None)
    assert len(list(session.sample())) == rules.MOST_RUNS
    slow = World(lambda request, beside: False)
    slow.clock = lambda: len(slow.made) * 20.0  # type: ignore[method-assign]
    assert len(list(a_session(slow, jobs=1, wanted=None).sample())) == 13  # 255 s of 300 are for the sample


@pytest.mark.parametrize("at", [0, 1, 7])
def test_an_interruption_keeps_every_run_and_what_there_is_of_the_one_under_way(at: int) -> None:
    world = World(lambda request, beside: False)
    world.interrupt_at = at
    session = a_session(world, jobs=2)
    with pytest.raises(KeyboardInterrupt):
        list(session.sample())
    session.rescue()
    assert sorted(world.recorded) == list(range(at + 1))
    assert [world.recorded[number].complete for number in range(at + 1)] == [True] * at + [False]


def test_a_session_goes_on_where_it_was_interrupted() -> None:
    world = World(lambda request, beside: request.seed % 3 == 0)
    list(a_session(world, jobs=2, wanted=10).sample())
    whole = World(lambda request, beside: request.seed % 3 == 0)
    list(a_session(whole, jobs=2, wanted=30).sample())
    session = a_session(world, jobs=2, wanted=30)
    session.resume([world.recorded[number] for number in range(10)])
    assert [run.number for run in session.sample()] == list(range(10, 30))
    assert {number: run.seed for number, run in world.recorded.items()} == {
        number: run.seed for number, run in whole.recorded.items()
    }
