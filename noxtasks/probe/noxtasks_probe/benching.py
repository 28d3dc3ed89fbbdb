"""Times benchmarks: those of pytest-benchmark by its own rounds, and plain tests by what they do in their call phase.

Each round has a wall time and a CPU time: pytest-benchmark is given a clock that reads both. Its settings that are
meant for people at a terminal (comparing, saving, profiling) are put out of action; how long it measures is told from
outside, unless a benchmark says otherwise for itself. A plain test is run as often as it is named, each run a round.
"""

from __future__ import annotations

import gc
import os
import time
from collections import Counter
from collections.abc import Generator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Optional

import pytest

from .delays import Delay
from .frames import Wire

if TYPE_CHECKING:
    from .counting import Counter as InstructionCounter

_TURN_S = 0.005
_PRECISION_S = 1e-6
_END = 1 << 30
_FIXTURES = ("benchmark", "benchmark_weave")
_OPEN = {
    "benchmark_skip": False,
    "benchmark_only": False,
    "benchmark_disable": False,
    "benchmark_compare": None,
}
"""Options that decide what is run before pytest-benchmark's session is ours to settle."""

_cpu, _wall = time.process_time, time.perf_counter


def before_conftests(args: list[str]) -> None:
    """Keep pytest-codspeed from running benchmarks by a protocol of its own, and nothing else."""
    args[:] = [argument for argument in args if argument != "--codspeed"]


def open_to_all(config: pytest.Config) -> None:
    """Have neither benchmarks nor other tests skipped, whatever the user has chosen for ordinary runs."""
    for name, value in _OPEN.items():
        if hasattr(config.option, name):
            setattr(config.option, name, value)


def begin(config: pytest.Config, items: dict[str, pytest.Item], run: dict[str, Any], wire: Wire) -> list[pytest.Item]:
    """Have the benchmarks among `items`, by their names, timed from now on; the items that `run` is to run.

    Where it names its tests, a plain one is run as often as it is named; or as often as counting takes.
    """
    timing = run["bench"]
    chosen = [items[name] for name in run["tests"] if name in items] if run["tests"] is not None else [*items.values()]
    if not timing["repeats_tests"]:
        chosen = [item for item in chosen if _fixture(item)]
    clock = _Clock(_Turns(*timing["turns"]) if timing["turns"] else None)
    session: Any = getattr(config, "_benchmarksession", None)
    if session is not None:
        _settle(session, timing, clock)
    counter = None
    if timing["counts"]:
        from . import counting  # not every Python has ctypes

        counter = counting.Counter()
        chosen = [item for item in chosen for _ in range(1 if _fixture(item) else counting.RUNS)]
    names = {id(item): name for name, item in items.items()}
    warming = {} if timing["loops"] else _warming(chosen, timing["warmup_rounds"])
    benching = _Benching(wire, clock, loops=timing["loops"], counter=counter, names=names, warming=warming)
    config.pluginmanager.register(benching, "noxtasks-benching")
    if clock.turns is not None:
        clock.turns.meet()
    return chosen


def _warming(items: list[pytest.Item], rounds: int) -> dict[int, int]:
    """By id of a plain test, how many of its runs go before those that count: at most half of them."""
    counts = Counter(id(item) for item in items)
    return {id(item): min(rounds, counts[id(item)] // 2) for item in items}


def _fixture(item: pytest.Item) -> str:
    """The fixture of pytest-benchmark that the test uses; one of that name that is another's is none."""
    info: Any = getattr(item, "_fixtureinfo", None)
    definitions = getattr(info, "name2fixturedefs", {})
    for name in _FIXTURES:
        modules = [getattr(one.func, "__module__", None) or "" for one in definitions.get(name, ())]
        if any(module.startswith("pytest_benchmark.") for module in modules):
            return name
    return ""


def _settle(session: Any, timing: dict[str, Any], clock: _Clock) -> None:
    for name in ("save", "autosave", "json", "compare", "compare_fail", "histogram", "cprofile_sort_by"):
        if hasattr(session, name):
            setattr(session, name, None)
    from pytest_benchmark.fixture import BenchmarkFixture

    precisions: dict[Any, float] = BenchmarkFixture._precisions
    precisions[clock] = _PRECISION_S  # or it would try the clock for a second
    session.disabled, session.skip = bool(timing["loops"]), False
    wanted = {
        "min_time": timing["least_round_s"],
        "min_rounds": timing["rounds"],
        "max_time": timing["seconds"],
        "timer": _Timer(clock),
        "warmup": True,
        "warmup_iterations": timing["warmup_rounds"],
        "cprofile": False,
        "precision": None,
    }
    session.options.update({name: wanted[name] for name in wanted.keys() & session.options.keys()})  # 3 and 4 have less


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

    def meet(self) -> None:
        """Wait for the other to have collected too: it may take longer than the first test is given."""
        os.write(self._outward, b"0\n")
        self._other = self._read()
        self._is_ours = self._is_ours or self._other == _END

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
            self._other = self._read()
            self._is_ours = True
        self._since_s = _wall()

    def _read(self) -> int:
        line = b""
        while not line.endswith(b"\n"):
            line += os.read(self._inward, 1)
        return int(line)


class _Benching:
    """Tells what the rounds of each test took."""

    def __init__(
        self,
        wire: Wire,
        clock: _Clock,
        *,
        loops: int,
        counter: Optional[InstructionCounter],
        names: dict[int, str],
        warming: dict[int, int],
    ) -> None:
        self._wire = wire
        self._clock = clock
        self._loops = loops
        self._counter = counter
        self._names = names
        self._warming = warming
        self._globals: dict[int, dict[str, Any]] = {}  # of doctests, by id
        self._place = 0

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> None:
        """Count the tests, also those that do not come to their function."""
        self._place += 1
        example: Any = getattr(item, "dtest", None)
        if example is not None:  # a doctest throws its names away when it has run
            example.globs.update(self._globals.setdefault(id(item), dict(example.globs)))

    @pytest.hookimpl(hookwrapper=True, trylast=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Generator[None, Any, None]:
        """Time what the test does, of whatever kind it is; a benchmark times its own rounds."""
        test: Any = item
        name, called = _fixture(item), self._names[id(item)]
        self._clock.begin(self._place)
        if self._counter is not None:
            with self._counter.counted(test.funcargs.get(name), called):
                yield
            return
        if name:
            test.funcargs[name]._timer = self._clock  # whichever its mark names: this one tells both times
        before = _reset_peak()
        cpu_s, wall_s = _cpu(), _wall()
        outcome = yield
        cpu_s, wall_s = _cpu() - cpu_s, _wall() - wall_s
        if outcome.excinfo is not None or getattr(item, "_excinfo", None):  # as pytest keeps it for `unittest`
            return
        peak = _peak()
        grown = peak - before if peak is not None and before is not None else None
        if not name:
            if self._warming.get(id(item), 0):
                self._warming[id(item)] -= 1
            else:
                self._tell(called, [wall_s], [cpu_s], 1, grown)
            return
        fixture = test.funcargs[name]
        stats = getattr(fixture, "stats", None)
        if stats is None:  # nothing was timed
            self._tell(called, [], [], self._loops, None)
            return
        calls, walls = stats.iterations, list(stats.stats.data)  # seconds of one call
        marks = self._clock.cpu_s[-2 * len(walls) :]
        cpus = [(end - start) / calls for start, end in zip(marks[::2], marks[1::2])]
        self._tell(called, walls, cpus, calls, grown, collects=not getattr(fixture, "_disable_gc", False))

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
