"""The three ways to run a suite N times, and what a whole process tree of each costs.

CPU time comes from the kernel's account of the children that this process has waited for, which contains those that
they have waited for in turn. So that no descendant escapes, this process adopts the orphans among them (Linux) and
waits for them too.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Container, Iterable, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from projects import Suite

_PLUGIN = Path(__file__).parent / "plugin"
_ENDED_WELL = (0, 1)  # all tests passed, or some failed: the same for pytest and for noxtasks
_ORPHANS_S = 10.0  # for processes that were left behind to end
_POLL_S = 0.01
_SUBREAPER = 36  # PR_SET_CHILD_SUBREAPER of prctl(2)
_NOT_PASSED_ON = ("PYTEST_", "COVERAGE_", "COV_", "PYTHONDONTWRITEBYTECODE", "PYTHONHASHSEED")
"""Variables (by how they begin) that an outer session sets, or with which every process would compile its modules."""
_REPEATS_FROM = 1_000_000  # numbers of the runs with which noxtasks repeats failures; not part of the N


class Contender(Enum):
    """A way to run a suite N times."""

    LOOP = "loop"
    FINDER = "flakefinder"
    NOXTASKS = "noxtasks"


class NotMeasuredError(Exception):
    """A contender could not be timed; the message says why."""


@dataclass(frozen=True, kw_only=True)
class Cost:
    """Seconds that a process tree took: on the clock, and of all its processes' user and system time."""

    wall_s: float
    cpu_s: float


@dataclass(frozen=True, kw_only=True)
class Sample:
    """What noxtasks recorded of its runs: `tests_s` is the sum of setup, call and teardown of all tests in all."""

    runs: int
    tests: int
    tests_s: float


@dataclass(frozen=True, kw_only=True)
class Split:
    """Where the CPU seconds of noxtasks went."""

    start_up_s: float  # warm processes until they have collected
    serving_s: float  # warm processes afterwards: forking, waiting, leaving
    children_s: float  # the runs
    own_s: float  # noxtasks itself, git included
    warm_processes: int


def adopt_orphans() -> bool:
    """Make this process the parent of descendants whose own parent dies; False where the system has no such thing."""
    if sys.platform != "linux":
        return False
    return bool(ctypes.CDLL(None).prctl(_SUBREAPER, 1, 0, 0, 0) == 0)


def cost(contender: Contender, suite: Suite, runs: int) -> tuple[Cost, Sample | None]:
    """Time one contender; for noxtasks, with what its history says of the runs. Raises `NotMeasuredError`."""
    with tempfile.TemporaryDirectory(prefix="speed") as name:
        folder = Path(name)
        took = timed(_commands(contender, suite, runs, folder), suite, folder)
        return took, _sample(folder, runs) if contender is Contender.NOXTASKS else None


def split(suite: Suite, runs: int) -> Split:
    """Run noxtasks once more, with a plugin in the suite that tells its CPU. Raises `NotMeasuredError`."""
    with tempfile.TemporaryDirectory(prefix="speed") as name:
        folder = Path(name)
        account = folder / "account"
        path = os.pathsep.join(filter(None, (os.environ.get("PYTHONPATH"), str(_PLUGIN))))
        extra = {"PYTHONPATH": path, "NOXTASKS_SPEED_ACCOUNT": str(account)}
        (command,) = _commands(Contender.NOXTASKS, suite, runs, folder)
        took = timed([[*command, "--", "-p", "noxtasks_speed_account"]], suite, folder, extra)
        told = [json.loads(line) for line in account.read_text("utf-8").splitlines()] if account.exists() else []
        if not told:
            raise NotMeasuredError("no process told of its CPU")
        start_up_s, serving_s, children_s = (
            sum(each[part] for each in told) for part in ("start_up", "serving", "children")
        )
        return Split(
            start_up_s=start_up_s,
            serving_s=serving_s,
            children_s=children_s,
            own_s=took.cpu_s - start_up_s - serving_s - children_s,
            warm_processes=len(told),
        )


def warm_up(suite: Suite) -> None:
    """Run the suite once in each way, so that bytecode and disk caches are there for all. Raises `NotMeasuredError`."""
    for contender in Contender:
        cost(contender, suite, 1)


def _commands(contender: Contender, suite: Suite, runs: int, folder: Path) -> list[list[str]]:
    pytest = [str(suite.python), "-m", "pytest"]
    match contender:
        case Contender.LOOP:
            return [[*pytest, "-q", "-p", "randomly"]] * runs
        case Contender.FINDER:
            return [[*pytest, "--flake-finder", f"--flake-runs={runs}"]]
        case Contender.NOXTASKS:
            noxtasks = [sys.executable, "-m", "noxtasks", "flake", "--runs", str(runs), "--python", str(suite.python)]
            places = ["-S", f"reports={folder / 'reports'}", "-S", f"history=sqlite:///{folder / 'history.db'}"]
            return [[*noxtasks, "-S", "flake.explain=false", *places]]  # the others do not look for causes either


def timed(
    commands: Iterable[Sequence[str]],
    suite: Suite,
    folder: Path,
    extra: dict[str, str] | None = None,
    *,
    ended_well: Container[int] = _ENDED_WELL,
) -> Cost:
    """What `commands` cost, one after another in the suite's root; what they say is in the file `output` of `folder`.

    Raises `NotMeasuredError`.
    """
    env = {name: value for name, value in os.environ.items() if not name.startswith(_NOT_PASSED_ON)}
    env["TMPDIR"] = str(folder)
    before_s, began_s = _cpu_of_children_s(), time.perf_counter()
    with (folder / "output").open("w+", encoding="utf-8", errors="replace") as output:
        for command in commands:
            process = subprocess.run(
                command,
                cwd=suite.root,
                env=env | (extra or {}),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                check=False,
            )
            if process.returncode not in ended_well:
                output.seek(0)
                said = (output.read().strip().splitlines() or ["nothing"])[-1]
                raise NotMeasuredError(f"exit status {process.returncode}: {said}")
        wall_s = time.perf_counter() - began_s
    _wait_for_orphans()
    return Cost(wall_s=wall_s, cpu_s=_cpu_of_children_s() - before_s)


def _cpu_of_children_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _wait_for_orphans() -> None:
    """Collect what was left behind. Raises `NotMeasuredError` where it lives on, for its CPU is not known then."""
    until_s = time.monotonic() + _ORPHANS_S
    with suppress(ChildProcessError):
        while time.monotonic() < until_s:
            if os.waitpid(-1, os.WNOHANG) == (0, 0):
                time.sleep(_POLL_S)
        raise NotMeasuredError(f"a process that was left behind still ran after {_ORPHANS_S:g} s")


def _sample(folder: Path, runs: int) -> Sample:
    """The runs in the history of this session. Raises `NotMeasuredError` where it has not as many as were wanted."""
    with closing(sqlite3.connect(folder / "history.db")) as history:
        counted, tests, tests_s = history.execute(
            "SELECT count(DISTINCT run_id), count(DISTINCT test_id), sum(outcome.duration_s)"
            " FROM outcome JOIN run ON run.id = run_id WHERE run.number < ?",
            (_REPEATS_FROM,),
        ).fetchone()
    if counted != runs:
        raise NotMeasuredError(f"the history has {counted} runs, not {runs}")
    return Sample(runs=counted, tests=tests, tests_s=tests_s)
