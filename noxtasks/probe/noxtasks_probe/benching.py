"""Times benchmarks: those of pytest-benchmark by its own rounds, and plain tests by what they do in their call phase.

Each round has a wall time and a CPU time: pytest-benchmark is given a clock that reads both. Its settings that are
meant for people at a terminal (comparing, saving, profiling) are put out of action; how long it measures is told from
outside, unless a benchmark says otherwise for itself.
"""

from __future__ import annotations

import gc
import os
import time
from collections.abc import Generator
from contextlib import suppress
from pathlib import Path
from typing import Any, Optional

import pytest

from . import counting
from .delays import Delay
from .frames import Wire

_TURN_S = 0.005
_PRECISION_S = 1e-6
_END = 1 << 30
_FIXTURES = ("benchmark", "benchmark_weave")

_cpu, _wall = time.process_time, time.perf_counter


def begin(config: pytest.Config, items: list[pytest.Item], timing: dict[str, Any], wire: Wire) -> list[pytest.Item]:
    """Have the benchmarks among `items` timed from now on; the items to run, a plain test once for each round."""
    benchmarks = [item for item in items if _fixture(item)]
    plain = [item for item in items if not _fixture(item)] if timing["repeats_tests"] else []
    clock = _Clock(_Turns(*timing["turns"]) if timing["turns"] else None)
    session: Any = getattr(config, "_benchmarksession", None)
    if session is not None:
        _settle(session, timing, clock)
    counter = counting.Counter() if timing["counts"] else None
    config.pluginmanager.register(_Benching(wire, clock, timing["loops"], counter), "noxtasks-benching")
    rounds = timing["loops"] or timing["rounds"] + timing["warmup_rounds"]
    return benchmarks + [item for item in plain for _ in range(rounds)]


def _fixture(item: pytest.Item) -> str:
    return next((name for name in _FIXTURES if name in getattr(item, "fixturenames", ())), "")


def _settle(session: Any, timing: dict[str, Any], clock: _Clock) -> None:
    for name in ("save", "autosave", "json", "compare", "compare_fail", "histogram", "cprofile_sort_by"):
        if hasattr(session, name):
            setattr(session, name, None)
    from pytest_benchmark.fixture import BenchmarkFixture

    precisions: dict[Any, float] = BenchmarkFixture._precisions
    precisions[clock] = _PRECISION_S  # or it would try the clock for a second
    session.disabled, session.skip = bool(timing["loops"]), False
    session.options.update(
        min_time=timing["least_round_s"],
        min_rounds=timing["rounds"],
        max_time=timing["seconds"],
        timer=_Timer(clock),
        warmup=True,
        warmup_iterations=timing["warmup_rounds"],
        cprofile=False,
        precision=None,
    )


class _Timer:
    """As pytest-benchmark wraps a clock; it also shows it in its tables."""

    def __init__(self, target: _Clock) -> None:
        self.target = target

    def __str__(self) -> str:
        return "time.perf_counter"


class _Clock:
    """Tells the wall time, and notes the CPU time beside it. Between two rounds the other process may have its turn.

    What it notes of waiting for a processor it reads outside of the round: before its begin, and after its end.
    """

    def __init__(self, turns: Optional[_Turns]) -> None:
        self.cpu_s: list[float] = []
        self.delay_s: list[float] = []
        self.turns = turns
        self._delay = Delay()
        self._is_round = False

    def begin(self, place: int) -> None:
        """The test at `place`, from 1, has begun."""
        self.cpu_s.clear()
        self.delay_s.clear()
        self._is_round = False
        if self.turns is not None:
            self.turns.begin(place)

    def __call__(self) -> float:
        self._is_round = not self._is_round
        if self._is_round:
            if self.turns is not None:
                self.turns.offer()
            self.delay_s.append(self._delay())
            self.cpu_s.append(_cpu())
            return _wall()
        self.cpu_s.append(_cpu())
        wall_s = _wall()
        self.delay_s.append(self._delay())
        return wall_s

    def delays_s(self, rounds: int, calls: int) -> list[float]:
        """Of each of the last `rounds`, how long it waited for a processor, by call."""
        marks = self.delay_s[len(self.delay_s) - 2 * rounds :]
        return [(end - start) / calls for start, end in zip(marks[::2], marks[1::2])]


class _Turns:
    """Two processes measure the same benchmarks in turn, some milliseconds each: what disturbs one disturbs the other.

    Each waits for a line from the other: the place of the test that it has come to, or `_END`. Who only looks on may
    write that too, for a process that has died.
    """

    def __init__(self, inward: str, outward: str, begins: bool) -> None:
        self._inward = os.open(inward, os.O_RDWR)  # for writing too: it has no end when nobody else has it open
        self._outward = os.open(outward, os.O_RDWR)
        self._place = self._other = 0
        self._is_ours = False
        self._begins = begins  # when the other has come to its first test: neither runs that alone
        self._since_s = 0.0

    def begin(self, place: int) -> None:
        """The test at `place`, from 1, has begun: go on when the other process has come as far."""
        if self._place or not self._begins:
            self._pass(place)
        self._place = place
        self._wait()

    def offer(self) -> None:
        """Let the other go on, if this one has had its time and that one is at the same test, until it has had its."""
        if self._other == self._place and _wall() - self._since_s >= _TURN_S:
            self._pass(self._place)
            self._wait()

    def end(self) -> None:
        """Leave the other to itself."""
        self._pass(_END)

    def _pass(self, place: int) -> None:
        self._is_ours = self._other == _END
        os.write(self._outward, b"%d\n" % place)

    def _wait(self) -> None:
        while not self._is_ours:
            line = b""
            while not line.endswith(b"\n"):
                line += os.read(self._inward, 1)
            self._other = int(line)
            self._is_ours = True
        self._since_s = _wall()


class _Benching:
    """Tells what the rounds of each test took."""

    def __init__(self, wire: Wire, clock: _Clock, loops: int, counter: Optional[counting.Counter]) -> None:
        self._wire = wire
        self._clock = clock
        self._loops = loops
        self._counter = counter
        self._place = 0

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self) -> None:
        """Count the tests, also those that do not come to their function."""
        self._place += 1

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_pyfunc_call(self, pyfuncitem: pytest.Function) -> Generator[None, Any, None]:
        """Time the test function; one of a benchmark times its own rounds."""
        name = _fixture(pyfuncitem)
        self._clock.begin(self._place)
        if self._counter is not None and name:
            counting.counted(pyfuncitem.funcargs[name], self._counter, pyfuncitem.nodeid, self._loops)
        before = _reset_peak()
        cpu_s, wall_s = _cpu(), _wall()
        outcome = yield
        cpu_s, wall_s = _cpu() - cpu_s, _wall() - wall_s
        if outcome.excinfo is not None:
            return
        peak = _peak()
        grown = peak - before if peak is not None and before is not None else None
        if not name:
            self._tell(pyfuncitem.nodeid, [wall_s], [cpu_s], 1, grown)
            return
        fixture = pyfuncitem.funcargs[name]
        stats = getattr(fixture, "stats", None)
        if stats is None:  # nothing was timed
            self._tell(pyfuncitem.nodeid, [], [], self._loops, None)
            return
        calls, walls = stats.iterations, list(stats.stats.data)  # seconds of one call
        marks = self._clock.cpu_s[-2 * len(walls) :]
        cpus = [(end - start) / calls for start, end in zip(marks[::2], marks[1::2])]
        self._tell(pyfuncitem.nodeid, walls, cpus, calls, grown, collects=not getattr(fixture, "_disable_gc", False))

    def pytest_sessionfinish(self) -> None:
        """Leave the other process to itself."""
        if self._clock.turns is not None:
            self._clock.turns.end()

    def _tell(
        self,
        test: str,
        wall_s: list[float],
        cpu_s: list[float],
        calls: int,
        peak: Optional[int],
        *,
        collects: bool = True,
    ) -> None:
        benched: dict[str, Any] = {"test": test, "wall_s": wall_s, "cpu_s": cpu_s, "calls": calls, "peak_bytes": peak}
        benched["delay_s"] = self._clock.delays_s(len(wall_s), calls)
        self._wire.hold("rounds", benched={**benched, "collects": collects and gc.isenabled()})


def _reset_peak() -> Optional[int]:
    """Let the kernel forget how large the process has been; how large it is, in bytes. None elsewhere than on Linux."""
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5", "ascii")
        return _status("VmRSS")
    return None


def _peak() -> Optional[int]:
    with suppress(OSError):
        return _status("VmHWM")
    return None


def _status(field: str) -> Optional[int]:
    for line in Path("/proc/self/status").read_text("ascii").splitlines():
        if line.startswith(field + ":"):
            return int(line.split()[1]) * 1024
    return None
