"""Instructions instead of time: valgrind's callgrind runs the benchmarks and counts what the processor would execute.

The same program counts the same on any machine of its kind, busy or not, so that one process of each side is enough.
What does not show in a count: how long memory takes, sleeping, waiting for a disk or a network.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import msgspec

from noxtasks.bench import lockstep
from noxtasks.errors import NotMeasuredError
from noxtasks.suite.engine import Engine
from noxtasks.suite.launch import Suite
from noxtasks.suite.model import EngineKind, Timing

CALLS = 20
_HASH_SEED = 1
_TIMEOUT_S = 600.0
_TRIGGER = re.compile(r"^desc: Trigger: Client Request: (.*)$", re.MULTILINE)
_SUMMARY = re.compile(r"^summary: (\d+)$", re.MULTILINE)


def instructions(suite: Suite, tests: tuple[str, ...], *, timing: Timing, scratch: Path) -> dict[str, float]:
    """By benchmark, how many instructions one call takes. Raises `NotMeasuredError` where valgrind is not there."""
    if shutil.which("valgrind") is None:
        raise NotMeasuredError(
            "valgrind, which counts instructions, is not installed",
            where="--count",
            remedy="Install it (apt-get install valgrind), or compare by time: without --count.",
        )
    counts, runs = scratch / "counts", scratch / "runs"
    counts.mkdir()
    runs.mkdir()
    wrapper = (
        *("valgrind", "--quiet", "--tool=callgrind", "--instr-atstart=no", "--trace-children=no"),
        f"--callgrind-out-file={str(counts).replace('%', '%%')}/%p",
    )
    watched = msgspec.structs.replace(suite, wrapper=wrapper)
    with Engine(watched, runs, kind=EngineKind.FRESH, test_timeout_s=_TIMEOUT_S) as engine:
        counted = msgspec.structs.replace(timing, loops=CALLS, counts=True)
        lockstep.alone(engine, tests, number=_HASH_SEED, timing=counted)
    return read([path.read_text("utf-8", "replace") for path in sorted(counts.iterdir())])


def read(dumps: list[str]) -> dict[str, float]:
    """By benchmark, the instructions of a call, from callgrind's files. What counting itself takes is left out."""
    found = {
        trigger[1]: int(summary[1])
        for dump in dumps
        if (trigger := _TRIGGER.search(dump)) and (summary := _SUMMARY.search(dump))
    }
    nothing = found.pop("", 0)
    return {test: (count - nothing) / CALLS for test, count in found.items()}
