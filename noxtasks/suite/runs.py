"""Carries out runs of a suite, several at once, and lays what happens to a process at the right test's door.

A run takes one process, unless a test ends it (a crash, a hang, `pytest.exit`): then the outcome is that test's, and
the tests that were still to come get another process. A process that ends before any test, twice, is no measurement.
The carrier, which knows how processes start, is `warm` or `fresh`.
"""

from __future__ import annotations

import shutil
import signal
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from math import inf
from pathlib import Path
from typing import Protocol

import msgspec

from noxtasks.errors import NotMeasuredError, TimeIsUpError
from noxtasks.suite import wire
from noxtasks.suite.launch import Launch
from noxtasks.suite.model import (
    Benched,
    Circumstances,
    EngineKind,
    Failure,
    Footprint,
    Meeting,
    Order,
    Outcome,
    Result,
    Run,
    StateChange,
    Timing,
    Touched,
)
from noxtasks.suite.patience import Patience

_TICK_S = 0.2  # between looks at what the tests are doing, while no process ends
_FLOOD_LIMIT = 4 << 30  # bytes of captured output of one test after which it is stopped
_DUMP_S = 1.0
_DUMP_POLL_S = 0.05
_SILENCE_S = 900.0  # of a process that is in no test: it starts, collects, or is between two tests
_END_GRACE_S = 30.0  # for a process to leave after it has done its work
_DECIDING = frozenset({Outcome.FAILED, Outcome.ERROR, Outcome.CRASHED, Outcome.TIMED_OUT, Outcome.STOPPED})
"""How a test ends that is the last one of a run that stops at the first failure."""

_TAIL = 20_000  # characters of what a process wrote


class RunRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A run to carry out. `tests`, where given, are run in that order; else all, ordered by `order` and `seed`."""

    number: int
    seed: int
    hash_seed: int
    order: Order
    tests: tuple[str, ...] | None = None
    circumstances: Circumstances = Circumstances()
    observed: tuple[str, ...] = ()  # tests of which the run is to tell what they have changed
    leaks: bool = False  # whether it is to tell what each test leaves open
    mutant: str = ""  # by mutmut's name; active for the whole of a process of its own, in a fork from then on
    stops: bool = False  # the first test that fails, or that its process dies or hangs in, is the last; so is its death
    limit_s: float | None = None  # for all of its tests together
    limits_s: tuple[float, ...] | None = None  # for each of `tests`
    start_limit_s: float | None = None  # for its process to start and collect
    bench: Timing | None = None  # run the benchmarks alone, and time them so
    at: str = ""  # a function with mutants: its process may be forked where that runs for the first time
    shared: str = ""  # a temporary folder that it has with other runs; without: one of its own
    footprints: bool = False  # whether it is to tell what each test uses of what processes share
    meeting: Meeting | None = None
    only: bool = False  # its process need not collect more than `tests`

    @property
    def launch(self) -> Launch:
        """How its process has to be started."""
        return Launch(hash_seed=self.hash_seed, optimised=self.circumstances.optimised)


class Task(msgspec.Struct, frozen=True, kw_only=True):
    """What the probe is told of a run: see `noxtasks_probe.engine`."""

    wire: str
    folder: str
    dump: str
    output: str
    seed: int
    order: str
    tests: tuple[str, ...] | None
    worker: str | None
    workers: int
    known: tuple[str, ...]
    circumstances: Circumstances
    observed: tuple[str, ...]
    leaks: bool
    mutant: str
    stops: bool
    bench: Timing | None
    at: str
    shared: str
    footprints: bool
    meeting: Meeting | None
    only: bool


class Carrier(Protocol):
    """Starts processes for runs."""

    kind: EngineKind
    tests: tuple[str, ...]

    def start(self, task: Task, launch: Launch) -> None:
        """Start a process; the task's `wire` names it from then on."""

    def ended(self, timeout_s: float) -> list[tuple[str, int]]:
        """Wait until a process ends, at most `timeout_s`; (wire, exit code) of all that have."""

    def pid(self, name: str) -> int | None:
        """The process id of the run whose wire is `name`, once it is known."""

    def interrupt(self, name: str) -> None:
        """Have the process write the stacks of its threads to its dump file."""

    def kill(self, name: str) -> None:
        """End the process and all of its group."""


class Execution:
    """Several runs under way. `runs()` yields each when it is whole; `abandon()` gives what the others have so far.

    `collected` is told the tests of each process that collects by itself.
    """

    def __init__(
        self,
        carrier: Carrier,
        scratch: Path,
        *,
        jobs: int,
        patience: Patience,
        collected: Callable[[tuple[str, ...]], object] = lambda _: None,
        until_s: float | None = None,
    ) -> None:
        self._carrier = carrier
        self._scratch = scratch
        self._jobs = jobs
        self._until_s = until_s
        self._patience = patience
        self._collected = collected
        self._lanes: dict[str, _Lane] = {}
        self._known: set[str] = set()

    def runs(self, requests: Iterable[RunRequest]) -> Iterator[Run]:
        """Carry out `requests`, each taken only when there is room for it.

        Raises `TimeIsUpError` when it is; what is under way then can be abandoned.
        """
        waiting = iter(requests)
        while True:
            if self._until_s is not None and time.monotonic() >= self._until_s:
                raise TimeIsUpError("the time was up while tests were running")
            while len(self._lanes) < self._jobs and (request := next(waiting, None)) is not None:
                self._begin(request)
            if not self._lanes:
                return
            for name, code in self._carrier.ended(_TICK_S):
                lane = self._lanes.pop(name, None)
                if lane is None:
                    continue  # it was abandoned, before these runs began
                if lane.bury(code):
                    self._known.update(lane.rendered)
                    self._patience.learn(lane.results)
                    yield lane.close(complete=True)
                else:
                    self._continue(lane)
            self._watch_over()

    def abandon(self) -> list[Run]:
        """Kill what is under way, and give the runs as far as they came."""
        lanes, self._lanes = list(self._lanes.values()), {}
        for lane in lanes:
            self._carrier.kill(lane.name)
            lane.read()
        return [lane.close(complete=False) for lane in lanes if lane.results]

    def _begin(self, request: RunRequest) -> None:
        slots = {lane.slot for lane in self._lanes.values()}
        slot = next(number for number in range(self._jobs) if number not in slots)
        self._continue(_Lane(request, self._scratch, slot, self._carrier, self._collected))

    def _continue(self, lane: _Lane) -> None:
        task = lane.next_segment(self._jobs, () if lane.request.stops else tuple(self._known))
        self._lanes[task.wire] = lane
        self._carrier.start(task, lane.request.launch)

    def _watch_over(self) -> None:
        for lane in list(self._lanes.values()):
            lane.read()
            if lane.doomed is None and (verdict := lane.overdue(self._patience)) is not None:
                lane.doomed = verdict
                self._carrier.interrupt(lane.name)
                lane.await_dump()
                self._carrier.kill(lane.name)


class _Lane:
    """One run under way, over all of its processes."""

    def __init__(
        self,
        request: RunRequest,
        scratch: Path,
        slot: int,
        carrier: Carrier,
        collected: Callable[[tuple[str, ...]], object],
    ) -> None:
        self.request = request
        self.slot = slot
        self.name = ""
        self.results: list[Result] = []
        self.rendered: set[str] = set()
        self.doomed: Failure | None = None
        self._scratch = scratch
        self._carrier = carrier
        self._collected = collected
        self._names = carrier.tests
        self._segments = 0
        self._remaining = request.tests
        self._limits_s = dict(zip(request.tests or (), request.limits_s or (), strict=False))
        self._fruitless = False
        self._started = datetime.now(UTC)
        self._clock_s = time.monotonic()
        self._leaks: list[wire.Leak] = []
        self._unavailable = ""
        self._changes: list[tuple[str, tuple[StateChange, ...]]] = []
        self._ran: list[tuple[str, tuple[str, ...]]] = []
        self._benched: list[Benched] = []
        self._compiled: dict[str, str] = {}
        self._footprints: list[Footprint] = []
        self._problems = 0
        self._touched: Touched | None = None
        self._died: Failure | None = None

    def next_segment(self, workers: int, known: tuple[str, ...]) -> Task:
        """Forget the process before, and say what the next has to do."""
        self._segments += 1
        base = self._scratch / f"{self.request.number}.{self._segments}"
        base.mkdir()
        self._base = base
        self.name = str(base / "wire")
        self.doomed = None
        self._reader = wire.Reader(base / "wire")
        self._order: list[str] | None = None
        self._done = 0
        self._current: str | None = None
        self._since_s = time.monotonic()
        self._ended: wire.End | None = None
        folder = base / "t"
        folder.mkdir()
        bench = self.request.bench
        if bench is not None and self._segments > 1:  # what it took turns with has gone on, or waits for its end
            bench = msgspec.structs.replace(bench, turns=None)
        return Task(
            wire=self.name,
            folder=str(folder),
            dump=str(base / "dump"),
            output=str(base / "output"),
            seed=self.request.seed,
            order=self.request.order.value,
            tests=self._remaining,
            worker=f"gw{self.slot}" if workers > 1 else None,
            workers=workers,
            known=known,
            circumstances=self.request.circumstances,
            observed=self.request.observed,
            leaks=self.request.leaks,
            mutant=self.request.mutant,
            stops=self.request.stops,
            bench=bench,
            at=self.request.at,
            shared=self.request.shared,
            footprints=self.request.footprints,
            meeting=self.request.meeting,
            only=self.request.only,
        )

    def read(self) -> None:
        """Take in what the process has said since the last look."""
        for frame in self._reader.read():
            self._since_s = time.monotonic()
            match frame:
                case wire.Collected():
                    self._names = frame.tests
                    if not (self.request.mutant or self.request.only):  # a mutant may change what there is to collect
                        self._collected(frame.tests)
                case wire.Order():
                    self._order = [self._names[index] for index in frame.indices]
                    self._ordered_s = time.monotonic()
                case wire.Start():
                    self._current = self._test(frame.index)
                case wire.Finish():
                    self._finish(frame)
                case wire.End():
                    self._ended = frame
                case _:
                    self._note(frame)

    def _note(self, frame: wire.Frame) -> None:
        match frame:
            case wire.Leak():
                self._leaks.append(frame)
            case wire.Changed():
                self._changes.append((frame.test, frame.changes))
            case wire.Ran():
                self._ran.append((frame.test, frame.functions))
                self._touched = frame.touched
            case wire.Used():
                self._footprints.append(
                    Footprint(
                        test=frame.test,
                        uses=frame.uses,
                        fixtures=frame.fixtures,
                        of_fixtures=frame.of_fixtures,
                        points=frame.points,
                        files_left=frame.files_left,
                    )
                )
            case wire.Rounds():
                self._benched.append(frame.benched)
            case wire.Compiled():
                self._compiled = frame.modules
            case wire.Problem():
                self._problems += 1
            case wire.Unavailable():
                self._unavailable = frame.reason
            case _:
                pass

    def overdue(self, patience: Patience) -> Failure | None:
        """Why the process has to be ended now, if it has."""
        waited = time.monotonic() - self._since_s
        if self._current is None:
            patience_s = self._silence_s() if self._ended is None else _END_GRACE_S
            return _timeout("start, or the end, of the session", waited) if waited > patience_s else None
        limit_s = min(patience.limit_s(self._current), self._limits_s.get(self._current, inf))
        if waited > limit_s:
            return _timeout("test", limit_s)
        whole_s = self.request.limit_s
        if whole_s is not None and time.monotonic() - self._ordered_s > whole_s:
            return _timeout("run", whole_s)
        if self._captured_bytes() > _FLOOD_LIMIT:
            return _buried("flood", "OutputFlood", f"wrote more than {_FLOOD_LIMIT >> 30} GiB to stdout or stderr")
        return None

    def await_dump(self) -> None:
        """Give the process a moment to write its stacks: until they have grown and then stopped growing."""
        until = time.monotonic() + _DUMP_S
        seen = -1
        while time.monotonic() < until and not 0 < len(self._dump()) == seen:
            seen = len(self._dump())
            time.sleep(_DUMP_POLL_S)

    def bury(self, code: int) -> bool:
        """The process has ended. Whether the run is whole; else the next segment goes on with what is still to run.

        Raises `NotMeasuredError` where the probe itself failed, and for the second process in a row without a test; a
        run that stops at the first failure is whole then.
        """
        self.read()
        if code == wire.MISSED:
            self._unavailable = "the process does not come to where this run should begin, or cannot be forked there"
            return True
        told = self._ended is not None and self._order is not None
        fruitless = not told and self._current is None and not self._done
        if self.request.stops and (code == wire.BROKEN or (self._current is None and not told)):
            self._died = msgspec.structs.replace(self.doomed or self._crash(code), text=self._last_words())
            return True
        if code == wire.BROKEN or (fruitless and self._fruitless):
            when = "before its first test" if fruitless else "between two tests"
            raise NotMeasuredError(f"a run ended {when}: {self._how(code)}", remedy=self._last_words())
        self._fruitless = fruitless
        if self._current is not None:
            failure = self.doomed or self._crash(code)
            timed_out = self.doomed is not None
            self._add(
                Result(
                    nodeid=self._current,
                    position=len(self.results),
                    outcome=Outcome.TIMED_OUT if timed_out else Outcome.CRASHED,
                    duration_s=time.monotonic() - self._since_s,
                    failure=msgspec.structs.replace(failure, text=self._dump()),
                )
            )
        if self._order is not None:
            self._remaining = tuple(self._order[self._done :])
        _remove(self._base)
        if self.request.stops and self._is_decided():
            return True
        return not fruitless and not self._remaining

    def _is_decided(self) -> bool:
        return bool(self.results) and self.results[-1].outcome in _DECIDING

    def _silence_s(self) -> float:
        limit_s = self.request.start_limit_s
        return _SILENCE_S if limit_s is None else limit_s

    def close(self, *, complete: bool) -> Run:
        """The run as it stands."""
        _remove(self._base)
        leaks: dict[str, list[str]] = {}
        for leak in self._leaks:
            leaks.setdefault(leak.test, []).append(leak.note)
        return Run(
            number=self.request.number,
            seed=self.request.seed,
            hash_seed=self.request.hash_seed,
            order=self.request.order,
            engine=self._carrier.kind,
            started=self._started,
            duration_s=time.monotonic() - self._clock_s,
            results=tuple(
                msgspec.structs.replace(result, notes=(*result.notes, *leaks[result.nodeid]))
                if result.nodeid in leaks
                else result
                for result in self.results
            ),
            changes=tuple(self._changes),
            unavailable=self._unavailable,
            ran=tuple(self._ran),
            benched=tuple(self._benched),
            compiled=self._compiled,
            footprints=tuple(self._footprints),
            problems=self._problems,
            touched=self._touched,
            unimportable=self._ended.reason if self._ended is not None else "",
            died=self._died,
            segments=self._segments,
            complete=complete,
        )

    def _test(self, index: int) -> str:
        assert self._order is not None  # noqa: S101 - the probe tells the order first
        return self._order[index]

    def _finish(self, frame: wire.Finish) -> None:
        self._add(
            Result(
                nodeid=self._test(frame.index),
                position=len(self.results),
                outcome=frame.outcome,
                duration_s=frame.duration_s,
                failure=frame.failure,
                reruns=frame.reruns,
                reason=frame.reason,
                notes=frame.notes,
            )
        )

    def _add(self, result: Result) -> None:
        self.results.append(result)
        self._done += 1
        self._current = None
        if result.failure is not None and result.failure.text:
            self.rendered.add(result.failure.fingerprint)

    def _crash(self, code: int) -> Failure:
        if code == wire.WIRE_LOST:
            return _buried(
                "crash", "DescriptorsClosed", "closed the file descriptors of the process, or filled the disk"
            )
        return _buried("crash", "ProcessDied", f"ended its process: {_how(code)}")

    def _how(self, code: int) -> str:
        return self.doomed.message if self.doomed is not None else _how(code)

    def _dump(self) -> str:
        return _tail(self._base / "dump")

    def _last_words(self) -> str:
        """What the process wrote: its stacks, or the probe's own error; and its output, where that goes to a file."""
        written = [text for name in ("dump", "output") if (text := _tail(self._base / name).strip())]
        return "It wrote:\n" + "\n".join(written) if written else "It wrote nothing."

    def _captured_bytes(self) -> int:
        """Bytes in the capture files of the process; 0 where the system does not tell."""
        pid = self._carrier.pid(self.name)
        total = 0
        for descriptor in (1, 2):
            try:
                status = Path(f"/proc/{pid}/fd/{descriptor}").stat()
            except OSError:
                continue
            total += status.st_size
        return total


def _timeout(what: str, seconds: float) -> Failure:
    message = f"the {what} took longer than {seconds:.3g} s"
    return Failure(fingerprint=f"timeout:{what}", phase="timeout", exception="Timeout", message=message)


def _buried(phase: str, exception: str, message: str) -> Failure:
    return Failure(fingerprint=f"{phase}:{message}", phase=phase, exception=exception, message=message)


def _how(code: int) -> str:
    if code == wire.WIRE_LOST:
        return f"exit status {code}: it could not write to {tempfile.gettempdir()}, or its descriptors were closed"
    if code < 0:
        try:
            return f"signal {signal.Signals(-code).name}"
        except ValueError:
            return f"signal {-code}"
    return f"exit status {code}"


def _tail(path: Path) -> str:
    try:
        return path.read_text("utf-8", "replace")[-_TAIL:]
    except OSError:
        return ""


def _remove(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
