"""Whatever becomes of a process is laid at the right test's door, and the tests that were still to come get another.

The carrier here plays back what processes would have said, so that each way of ending comes exactly as it is wanted.
"""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from noxtasks.errors import NotMeasuredError
from noxtasks.suite import wire
from noxtasks.suite.launch import Launch
from noxtasks.suite.model import EngineKind, Failure, Order, Outcome, Run
from noxtasks.suite.runs import Execution, RunRequest, Task

TESTS = ("a", "b", "c", "d")

Life = Callable[[Task], tuple[list[wire.Frame], int | None]]
"""What a process says before it ends, and how it ends; None where it goes on until it is killed."""


class Carrier:
    """Plays back lives, the next for each process that is started."""

    kind = EngineKind.FORK

    def __init__(self, *lives: Life, tests: tuple[str, ...] = TESTS) -> None:
        self.tests = tests
        self.tasks: list[Task] = []
        self.killed: list[str] = []
        self.under_way: dict[str, int | None] = {}
        self._lives = iter(lives)

    def start(self, task: Task, launch: Launch) -> None:
        assert launch.hash_seed == 1
        self.tasks.append(task)
        frames, code = next(self._lives)(task)
        with Path(task.wire).open("wb") as file:
            file.writelines(msgspec.json.encode(frame) + b"\n" for frame in frames)
        (Path(task.folder) / "left by a test").touch()
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
        self.killed.append(name)
        self.under_way[name] = -signal.SIGKILL


def lives(*outcomes: Outcome | Failure, then: int | None = 0, started: bool = False, whole: bool | None = None) -> Life:
    """A process that finishes a test for each of `outcomes`, perhaps starts the next, and ends with exit code `then`.

    `whole` is what it says at its end; None: it says nothing of that kind.
    """

    def life(task: Task) -> tuple[list[wire.Frame], int | None]:
        order = [TESTS.index(test) for test in (task.tests or TESTS)]
        frames: list[wire.Frame] = [wire.Order(indices=tuple(order))]
        for index, outcome in enumerate(outcomes):
            failure = outcome if isinstance(outcome, Failure) else None
            frames += [
                wire.Start(index=index),
                wire.Finish(
                    index=index,
                    outcome=Outcome.FAILED if isinstance(outcome, Failure) else outcome,
                    duration_s=0.1,
                    failure=failure,
                ),
            ]
        if started:
            frames.append(wire.Start(index=len(outcomes)))
        if whole is not None:
            frames.append(wire.End(whole=whole))
        return frames, then

    return life


P = Outcome.PASSED
passes = lives(P, P, P, P, whole=True)


def a_request(number: int = 0, tests: tuple[str, ...] | None = None) -> RunRequest:
    return RunRequest(number=number, seed=9, hash_seed=1, order=Order.BUCKETS, tests=tests)


def carried_out(
    carrier: Carrier, scratch: Path, *requests: RunRequest, jobs: int = 1, timeout_s: float = 60.0
) -> list[Run]:
    return list(Execution(carrier, scratch, jobs=jobs, test_timeout_s=timeout_s).runs(requests or (a_request(),)))


def outcomes(run: Run) -> list[tuple[str, str]]:
    return [(result.nodeid, result.outcome.value) for result in run.results]


def test_a_run_takes_one_process_and_leaves_no_file(tmp_path: Path) -> None:
    (run,) = carried_out(Carrier(passes), tmp_path, a_request(4))
    assert outcomes(run) == [(test, "passed") for test in TESTS]
    assert (run.number, run.seed, run.hash_seed, run.segments, run.complete) == (4, 9, 1, 1, True)
    assert [result.position for result in run.results] == [0, 1, 2, 3]
    assert list(tmp_path.iterdir()) == []


@given(st.integers(0, 3), st.sampled_from([-11, -9, -6, 0, 1, 3, 255, wire.WIRE_LOST]))
def test_a_process_that_dies_is_its_tests_outcome_and_the_rest_gets_another(
    tmp_path_factory: pytest.TempPathFactory, place: int, code: int
) -> None:
    carrier = Carrier(lives(*[P] * place, started=True, then=code), lives(*[P] * (3 - place), whole=True))
    (run,) = carried_out(carrier, tmp_path_factory.mktemp("scratch"))
    expected = [(test, "crashed" if index == place else "passed") for index, test in enumerate(TESTS)]
    assert outcomes(run) == expected
    assert [task.tests for task in carrier.tasks] == [None, *([TESTS[place + 1 :]] if place < 3 else [])]
    assert (run.segments, run.complete) == (len(carrier.tasks), True)
    failure = run.results[place].failure
    assert failure is not None
    assert failure.phase == "crash"


@pytest.mark.parametrize(
    ("code", "message"),
    [
        (-11, "ended its process: signal SIGSEGV"),
        (-200, "ended its process: signal 200"),
        (3, "ended its process: exit status 3"),
        (wire.WIRE_LOST, "closed the file descriptors of the process, or filled the disk"),
    ],
)
def test_how_a_process_died_is_told(tmp_path: Path, code: int, message: str) -> None:
    (run,) = carried_out(Carrier(lives(started=True, then=code)), tmp_path, a_request(tests=("b",)))
    assert run.results[0].failure is not None
    assert run.results[0].failure.message == message


def test_a_test_that_ends_the_session_is_not_run_again(tmp_path: Path) -> None:
    carrier = Carrier(lives(P, Outcome.STOPPED, whole=False), lives(P, P, whole=True))
    (run,) = carried_out(carrier, tmp_path)
    assert outcomes(run) == [("a", "passed"), ("b", "stopped"), ("c", "passed"), ("d", "passed")]
    assert carrier.tasks[1].tests == ("c", "d")


def test_every_test_may_end_its_process(tmp_path: Path) -> None:
    carrier = Carrier(*[lives(started=True, then=-6) for _ in TESTS])
    (run,) = carried_out(carrier, tmp_path)
    assert outcomes(run) == [(test, "crashed") for test in TESTS]
    assert run.segments == 4


def test_a_test_that_hangs_has_timed_out_with_the_stacks_of_its_process(tmp_path: Path) -> None:
    carrier = Carrier(lives(P, started=True, then=None), lives(P, P, whole=True))
    (run,) = carried_out(carrier, tmp_path, timeout_s=0.0)
    assert outcomes(run) == [("a", "passed"), ("b", "timed out"), ("c", "passed"), ("d", "passed")]
    assert run.results[1].failure is not None
    assert (run.results[1].failure.phase, run.results[1].failure.text) == ("timeout", "the stacks")
    assert len(carrier.killed) == 1


@pytest.mark.parametrize("life", [lambda _: ([], 1), lambda _: ([], 0), lives(P, then=wire.BROKEN)])
def test_a_process_that_ran_nothing_is_no_measurement(tmp_path: Path, life: Life) -> None:
    def dies(task: Task) -> tuple[list[wire.Frame], int | None]:
        Path(task.dump).write_text("why it died")
        return life(task)

    with pytest.raises(NotMeasuredError, match="before its first test") as caught:
        carried_out(Carrier(dies), tmp_path)
    assert caught.value.remedy == "why it died"


def test_a_process_left_behind_is_noted_at_the_test_that_started_it(tmp_path: Path) -> None:
    def leaks(task: Task) -> tuple[list[wire.Frame], int | None]:
        frames, code = lives(P, P)(task)
        return [*frames, wire.Leak(test="b", command="sleep 60"), wire.End()], code

    (run,) = carried_out(Carrier(leaks), tmp_path, a_request(tests=("a", "b")))
    assert [result.notes for result in run.results] == [(), ("left a process running: sleep 60",)]


def test_a_long_rendering_is_asked_for_once(tmp_path: Path) -> None:
    failure = Failure(fingerprint="f", phase="call", exception="E", message="m", text="long")
    short = Failure(fingerprint="s", phase="call", exception="E", message="m")
    carrier = Carrier(lives(failure, short, whole=True), lives(P, P, whole=True))
    carried_out(carrier, tmp_path, a_request(0, ("a", "b")), a_request(1, ("a", "b")))
    assert [task.known for task in carrier.tasks] == [(), ("f",)]


def test_a_request_is_taken_only_when_there_is_room_for_it(tmp_path: Path) -> None:
    carrier = Carrier(*[passes] * 5)
    taken: list[int] = []

    def requests() -> Iterator[RunRequest]:
        for number in range(5):
            assert len(carrier.under_way) < 2
            taken.append(number)
            yield a_request(number)

    runs = list(Execution(carrier, tmp_path, jobs=2, test_timeout_s=60.0).runs(requests()))
    assert sorted(run.number for run in runs) == [0, 1, 2, 3, 4]
    assert taken == [0, 1, 2, 3, 4]
    assert {task.worker for task in carrier.tasks} == {"gw0", "gw1"}
    assert {task.workers for task in carrier.tasks} == {2}


def test_a_run_alone_has_no_worker_of_a_name(tmp_path: Path) -> None:
    carrier = Carrier(passes)
    carried_out(carrier, tmp_path)
    assert (carrier.tasks[0].worker, carrier.tasks[0].workers) == (None, 1)


def test_what_is_abandoned_is_killed_and_kept_as_far_as_it_came(tmp_path: Path) -> None:
    carrier = Carrier(lives(P, P, started=True, then=None), lives(started=True, then=None))
    execution = Execution(carrier, tmp_path, jobs=2, test_timeout_s=60.0)

    def requests() -> Iterator[RunRequest]:
        yield a_request(0)
        yield a_request(1)

    under_way = execution.runs(requests())
    carrier.ended = interrupted  # type: ignore[method-assign] # Ctrl-C comes while it waits
    with pytest.raises(KeyboardInterrupt):
        next(under_way)
    (partial,) = execution.abandon()
    assert outcomes(partial) == [("a", "passed"), ("b", "passed")]
    assert not partial.complete
    assert len(carrier.killed) == 2
    assert execution.abandon() == []


def interrupted(timeout_s: float) -> list[tuple[str, int]]:
    raise KeyboardInterrupt
