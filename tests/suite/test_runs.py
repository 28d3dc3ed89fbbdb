"""Whatever becomes of a process is laid at the right test's door, and the tests that were still to come get another.

Real processes first; what they cannot be brought to do at will is played back by a carrier at the end.
"""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from noxtasks.errors import NotMeasuredError
from noxtasks.suite import runs as under_test
from noxtasks.suite import wire
from noxtasks.suite.engine import Engine
from noxtasks.suite.launch import Launch, Suite
from noxtasks.suite.model import EngineKind, Order, Outcome, Run
from noxtasks.suite.patience import Patience
from noxtasks.suite.runs import Execution, RunRequest, Task

real = [pytest.mark.functional, pytest.mark.skipif(not hasattr(os, "fork"), reason="forks")]


def a_request(number: int = 0, tests: tuple[str, ...] | None = None) -> RunRequest:
    return RunRequest(number=number, seed=9, hash_seed=1, order=Order.BUCKETS, tests=tests)


def outcomes(run: Run) -> list[tuple[str, str]]:
    return [(result.nodeid.rpartition("::")[2], result.outcome.value) for result in run.results]


Doing = Callable[..., Run]


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("scratch")


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory, projects: Path, python: Path, scratch: Path) -> Iterator[Engine]:
    """A warm process that has collected the ill-behaved tests."""
    root = Path(shutil.copytree(projects / "ill_behaved", tmp_path_factory.mktemp("suite") / "ill_behaved"))
    with Engine(Suite(root=root, python=python), scratch, kind=EngineKind.FORK, test_timeout_s=60.0) as started:
        started.collect(hash_seed=1)
        yield started


@pytest.fixture
def carry_out(engine: Engine) -> Doing:
    """Makes one run of the ill-behaved tests that are named, in that order."""

    def make(*names: str) -> Run:
        tests = tuple(f"test_ill_behaved.py::{name}" for name in names)
        (run,) = engine.runs([a_request(4, tests)], jobs=1)
        return run

    return make


class TestRealProcesses:
    pytestmark = real

    def test_a_run_takes_one_process_and_leaves_no_file(self, carry_out: Doing, scratch: Path) -> None:
        before = set(scratch.iterdir())
        run = carry_out("test_has_its_own_folder", "test_draws", "test_goes_elsewhere")
        assert [outcome for _, outcome in outcomes(run)] == ["passed"] * 3
        assert (run.number, run.seed, run.hash_seed, run.segments, run.complete) == (4, 9, 1, 1, True)
        assert [result.position for result in run.results] == [0, 1, 2]
        assert set(scratch.iterdir()) == before

    def test_every_test_may_end_its_process_and_how_it_did_is_told(self, carry_out: Doing) -> None:
        run = carry_out("test_exits", "test_segfaults", "test_closes_every_descriptor")
        assert [outcome for _, outcome in outcomes(run)] == ["crashed"] * 3
        assert [result.failure and (result.failure.phase, result.failure.message) for result in run.results] == [
            ("crash", "ended its process: exit status 3"),
            ("crash", "ended its process: signal SIGSEGV"),
            ("crash", "closed the file descriptors of the process, or filled the disk"),
        ]
        assert (run.segments, run.complete) == (3, True)

    def test_a_test_that_ends_the_session_is_not_run_again(self, carry_out: Doing) -> None:
        run = carry_out("test_draws", "test_exits_pytest", "test_forks")
        assert [outcome for _, outcome in outcomes(run)] == ["passed", "stopped", "passed"]
        assert run.segments == 2

    def test_a_long_rendering_is_asked_for_once(self, engine: Engine) -> None:
        tests = ("test_ill_behaved.py::test_raises_what_cannot_be_shown",)
        first, again = engine.runs([a_request(0, tests), a_request(1, tests)], jobs=1)
        texts = [bool(run.results[0].failure and run.results[0].failure.text) for run in (first, again)]
        assert texts == [True, False]


TESTS = ("a", "b", "c", "d")

Life = Callable[[Task], tuple[list[wire.Frame], int | None]]
"""What a process says before it ends, and how it ends; None where it goes on until it is killed."""


class Carrier:
    """Plays back lives, the next for each process that is started."""

    kind = EngineKind.FORK
    tests: tuple[str, ...] = TESTS

    def __init__(self, *lives: Life) -> None:
        self.tasks: list[Task] = []
        self.under_way: dict[str, int | None] = {}
        self._lives = iter(lives)

    def start(self, task: Task, launch: Launch) -> None:
        assert launch.hash_seed == 1
        self.tasks.append(task)
        frames, code = next(self._lives)(task)
        with Path(task.wire).open("wb") as file:
            file.writelines(msgspec.json.encode(frame) + b"\n" for frame in frames)
        self.under_way[task.wire] = code

    def ended(self, timeout_s: float) -> list[tuple[str, int]]:
        del timeout_s  # nothing is ever under way for long
        gone = [(name, code) for name, code in self.under_way.items() if code is not None]
        for name, _ in gone:
            del self.under_way[name]
        return gone

    def pid(self, name: str) -> int | None:
        del name  # there is no process
        return None

    def interrupt(self, name: str) -> None:
        (Path(name).parent / "dump").write_text("the stacks")

    def kill(self, name: str) -> None:
        self.under_way[name] = -signal.SIGKILL


def lives(*outcomes: Outcome, then: int | None = 0, started: bool = False, whole: bool | None = None) -> Life:
    """A process that finishes a test for each of `outcomes`, perhaps starts the next, and ends with exit code `then`.

    `whole` is what it says at its end; None: it says nothing of that kind.
    """

    def life(task: Task) -> tuple[list[wire.Frame], int | None]:
        order = [TESTS.index(test) for test in (task.tests or TESTS)]
        frames: list[wire.Frame] = [wire.Order(indices=tuple(order))]
        for index, outcome in enumerate(outcomes):
            frames += [wire.Start(index=index), wire.Finish(index=index, outcome=outcome, duration_s=0.1)]
        if started:
            frames.append(wire.Start(index=len(outcomes)))
        if whole is not None:
            frames.append(wire.End(whole=whole))
        return frames, then

    return life


def says_nothing(code: int | None) -> Life:
    """A process that ends so before it has told the order of its tests, and has written why."""

    def life(task: Task) -> tuple[list[wire.Frame], int | None]:
        Path(task.dump).write_text("why it died\n")
        (Path(task.wire).parent / "output").write_text("what pytest said\n")
        return [], code

    return life


P = Outcome.PASSED
passes = lives(P, P, P, P, whole=True)


def carried_out(
    carrier: Carrier, scratch: Path, *requests: RunRequest, jobs: int = 1, timeout_s: float = 60.0
) -> list[Run]:
    return list(Execution(carrier, scratch, jobs=jobs, patience=Patience(timeout_s)).runs(requests or (a_request(),)))


@given(st.integers(0, 3), st.sampled_from([-200, -11, -9, -6, 0, 1, 3, 255, wire.WIRE_LOST]))
def test_a_process_that_dies_is_its_tests_outcome_and_the_rest_gets_another(
    tmp_path_factory: pytest.TempPathFactory, place: int, code: int
) -> None:
    carrier = Carrier(lives(*[P] * place, started=True, then=code), lives(*[P] * (3 - place), whole=True))
    (run,) = carried_out(carrier, tmp_path_factory.mktemp("scratch"))
    expected = [(test, "crashed" if index == place else "passed") for index, test in enumerate(TESTS)]
    assert outcomes(run) == expected
    assert [task.tests for task in carrier.tasks] == [None, *([TESTS[place + 1 :]] if place < 3 else [])]
    assert (run.segments, run.complete) == (len(carrier.tasks), True)


BEFORE_ANY_TEST = {
    "before the order": says_nothing(1),
    "before the order, without an error": says_nothing(0),
    "after the order": lives(then=7),
}


@pytest.mark.parametrize("life", BEFORE_ANY_TEST)
def test_a_process_that_ends_before_any_test_gets_one_more_chance(tmp_path: Path, life: str) -> None:
    carrier = Carrier(BEFORE_ANY_TEST[life], passes)
    (run,) = carried_out(carrier, tmp_path)
    assert (outcomes(run), run.segments) == ([(test, "passed") for test in TESTS], 2)

    carrier = Carrier(lives(P, then=7), BEFORE_ANY_TEST[life], lives(P, then=7), BEFORE_ANY_TEST[life], lives(P, P))
    (run,) = carried_out(carrier, tmp_path)
    assert (outcomes(run), run.segments) == ([(test, "passed") for test in TESTS], 5)

    with pytest.raises(NotMeasuredError, match="before its first test: exit status"):
        carried_out(Carrier(*[BEFORE_ANY_TEST[life]] * 2), tmp_path)


def test_the_error_tells_what_such_a_process_wrote(tmp_path: Path) -> None:
    with pytest.raises(NotMeasuredError, match="signal SIGABRT") as caught:
        carried_out(Carrier(*[says_nothing(-signal.SIGABRT)] * 2), tmp_path)
    assert caught.value.remedy == "It wrote:\nwhy it died\nwhat pytest said"


def test_what_broke_in_the_probe_is_not_tried_again(tmp_path: Path) -> None:
    with pytest.raises(NotMeasuredError, match="between two tests: exit status 96"):
        carried_out(Carrier(lives(P, then=wire.BROKEN)), tmp_path)


def test_a_process_that_hangs_in_no_test_is_ended_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(under_test, "_SILENCE_S", -1.0)
    with pytest.raises(NotMeasuredError, match="took longer") as caught:
        carried_out(Carrier(*[says_nothing(None)] * 2), tmp_path)
    assert "the stacks" in (caught.value.remedy or "")


def test_a_request_is_taken_only_when_there_is_room_for_it(tmp_path: Path) -> None:
    carrier = Carrier(*[passes] * 5)
    taken: list[int] = []

    def requests() -> Iterator[RunRequest]:
        for number in range(5):
            assert len(carrier.under_way) < 2
            taken.append(number)
            yield a_request(number)

    made = list(Execution(carrier, tmp_path, jobs=2, patience=Patience(60.0)).runs(requests()))
    assert sorted(run.number for run in made) == [0, 1, 2, 3, 4]
    assert taken == [0, 1, 2, 3, 4]
    assert {task.worker for task in carrier.tasks} == {"gw0", "gw1"}


def test_a_run_alone_has_no_worker_of_a_name(tmp_path: Path) -> None:
    carrier = Carrier(passes)
    carried_out(carrier, tmp_path)
    assert (carrier.tasks[0].worker, carrier.tasks[0].workers) == (None, 1)


def a_stopping_request(limit_s: float | None = None, start_limit_s: float | None = None) -> RunRequest:
    return RunRequest(
        number=0,
        seed=9,
        hash_seed=1,
        order=Order.COLLECTED,
        stops=True,
        limit_s=limit_s,
        start_limit_s=start_limit_s,
        mutant="shop.x_total__mutmut_1",
    )


F = Outcome.FAILED
FIRST_FAILURES = {
    "a test fails": (lives(P, F, whole=False), ["passed", "failed"]),
    "its process dies": (lives(P, started=True, then=-11), ["passed", "crashed"]),
    "a test ends the session": (lives(P, Outcome.STOPPED, whole=False), ["passed", "stopped"]),
    "it hangs": (lives(P, started=True, then=None), ["passed", "timed out"]),
}


@pytest.mark.parametrize("life", FIRST_FAILURES)
def test_a_run_that_stops_ends_with_its_first_failure(tmp_path: Path, life: str) -> None:
    played, expected = FIRST_FAILURES[life]
    carrier = Carrier(played)
    (run,) = carried_out(carrier, tmp_path, a_stopping_request(limit_s=-1.0))
    assert ([outcome for _, outcome in outcomes(run)], run.segments, run.died) == (expected, 1, None)
    assert (carrier.tasks[0].mutant, carrier.tasks[0].stops) == ("shop.x_total__mutmut_1", True)


@pytest.mark.parametrize("life", [*BEFORE_ANY_TEST, "between two tests", "in the probe"])
def test_a_run_that_stops_has_no_second_chance_and_tells_how_its_process_died(tmp_path: Path, life: str) -> None:
    others = {"between two tests": lives(P, then=7), "in the probe": lives(P, then=wire.BROKEN)}
    (run,) = carried_out(Carrier((BEFORE_ANY_TEST | others)[life]), tmp_path, a_stopping_request())
    assert run.died is not None
    assert run.died.phase == "crash"
    assert run.died.message.startswith("ended its process: exit status")


def test_a_run_that_stops_may_take_its_own_time_to_start(tmp_path: Path) -> None:
    (run,) = carried_out(Carrier(says_nothing(None)), tmp_path, a_stopping_request(start_limit_s=-1.0))
    assert run.died is not None
    assert (run.died.phase, run.results) == ("timeout", ())


def test_what_tests_have_run_is_told_by_test(tmp_path: Path) -> None:
    def life(task: Task) -> tuple[list[wire.Frame], int | None]:
        frames, code = passes(task)
        return [*frames, wire.Ran(test="a", functions=("shop.x_total",))], code

    (run,) = carried_out(Carrier(life), tmp_path)
    assert run.ran == (("a", ("shop.x_total",)),)
