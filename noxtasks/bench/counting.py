"""Instructions instead of time: valgrind's callgrind runs the benchmarks and counts what the processor would execute.

The same program counts the same on any machine of its kind, busy or not. What is not the same between two places of the
same code is where things lie in memory: it decides which block an allocation finds, whether it takes a new pool of
Python's, and which names share a slot of a cache that goes by addresses. So each process gives its memory several known
layouts, the same on both sides, and counts in each; and what seems slower is counted again in further processes, with
another hash seed and a larger environment.

What does not show in a count: how long memory takes, sleeping, waiting for a disk or a network, and what child
processes do.
"""

from __future__ import annotations

import hashlib
import platform
import random
import re
import shutil
from collections.abc import Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from contextlib import ExitStack
from pathlib import Path

import msgspec

from noxtasks.bench import lockstep
from noxtasks.errors import NotMeasuredError
from noxtasks.suite.engine import Engine
from noxtasks.suite.launch import Suite
from noxtasks.suite.model import EngineKind, Run, Timing

_TIMEOUT_S = 1800.0  # of one benchmark, which takes some fifty times as long as without valgrind
_MACHINES = ("x86_64", "amd64", "aarch64", "arm64")
_PADDING = 4096  # bytes
_TRIGGER = re.compile(r"^desc: Trigger: Client Request: (\d+) (\d+) (\w*)$", re.MULTILINE)
_SUMMARY = re.compile(r"^summary: (\d+)$", re.MULTILINE)
_REMEDY = "compare by time: without --count."


class Counts(msgspec.Struct, frozen=True, kw_only=True):
    """What one process has counted."""

    instructions: dict[str, dict[int, float]]  # of one call, by benchmark and layout of memory
    failed: dict[str, str]  # benchmarks that did not come through, and why
    compiled: dict[str, str]  # extension modules that were imported, by name, with their files


def check(suite: Suite) -> None:
    """Raises `NotMeasuredError` where instructions cannot be counted."""
    what, remedy = "", f"Install it (apt-get install valgrind), or {_REMEDY}"
    if platform.machine().lower() not in _MACHINES:
        what, remedy = f"instructions are not counted on {platform.machine()}", _REMEDY.capitalize()
    elif shutil.which("valgrind") is None:
        what = "valgrind, which counts instructions, is not installed"
    elif suite.python.read_bytes()[:2] == b"#!":
        what = f"valgrind does not see through a script that starts the interpreter: {suite.python}"
        remedy = "Give the interpreter itself: python -c 'import sys; print(sys.executable)' tells it."
    if what:
        raise NotMeasuredError(what, where="--count", remedy=remedy)


def count(
    suites: Sequence[Suite],
    tests: tuple[str, ...],
    *,
    number: int,
    timing: Timing,
    scratch: Path,
    until_s: float | None = None,
) -> list[Counts]:
    """Count `tests` in one process of each of `suites`, all at the same time; `number` is the hash seed.

    `scratch` is to be empty. Raises `TimeIsUpError` after `until_s` by the monotonic clock, `NotMeasuredError` where
    a process does not begin.
    """
    padding = random.Random(number).randrange(_PADDING)  # noqa: S311 - where things lie in memory, no secret
    counted = msgspec.structs.replace(timing, loops=1, counts=True, padding=padding)
    folders = [scratch / str(place) for place in range(len(suites))]
    with ExitStack() as stack:
        engines = [
            stack.enter_context(_engine(suite, folder, until_s)) for suite, folder in zip(suites, folders, strict=True)
        ]
        pool = stack.enter_context(ThreadPoolExecutor(len(engines)))
        futures = [pool.submit(lockstep.alone, engine, tests, number=number, timing=counted) for engine in engines]
        try:
            done, _ = wait(futures, return_when=FIRST_EXCEPTION)
            for future in done:
                future.result()
        except BaseException:
            for engine in engines:
                engine.abandon()
            raise
        runs = [future.result() for future in futures]
    return [_counts(run, folder / "counts", tests) for run, folder in zip(runs, folders, strict=True)]


def _engine(suite: Suite, folder: Path, until_s: float | None) -> Engine:
    counts, runs = folder / "counts", folder / "runs"
    counts.mkdir(parents=True)
    runs.mkdir()
    wrapper = (
        *("valgrind", "--quiet", "--tool=callgrind", "--instr-atstart=no", "--trace-children=no", "--dump-line=no"),
        f"--callgrind-out-file={str(counts).replace('%', '%%')}/%p",
    )
    watched = msgspec.structs.replace(suite, wrapper=wrapper)
    engine = Engine(watched, runs, kind=EngineKind.FRESH, test_timeout_s=_TIMEOUT_S)
    engine.until_s = until_s
    return engine


def _counts(run: Run, folder: Path, tests: tuple[str, ...]) -> Counts:
    failed = {each.nodeid: each.failure.message for each in run.results if each.failure is not None}
    found = read([path.read_text("utf-8", "replace") for path in sorted(folder.iterdir())], tests)
    return Counts(
        instructions={test: each for test, each in found.items() if test not in failed},
        failed=failed,
        compiled=run.compiled,
    )


def read(dumps: Sequence[str], tests: Sequence[str]) -> dict[str, dict[int, float]]:
    """By benchmark and layout, the instructions of a call, from callgrind's files.

    What counting itself takes is left out. Where a process has died, those of the next count as well.
    """
    sums: dict[str, dict[int, tuple[int, int]]] = {}
    for dump in dumps:
        trigger, summary = _TRIGGER.search(dump), _SUMMARY.search(dump)
        if trigger and summary:
            sums.setdefault(trigger[3], {})[int(trigger[1])] = int(summary[1]), int(trigger[2])
    nothing, _ = sums.get("", {}).get(0, (0, 0))
    return {
        test: {layout: (count - nothing) / calls for layout, (count, calls) in sorted(sums[name].items())}
        for test in tests
        if (name := _digest(test)) in sums
    }


def _digest(nodeid: str) -> str:
    """As the probe names a test in a label, which must not be long."""
    return hashlib.sha256(nodeid.encode("utf-8", "replace")).hexdigest()[:16]
