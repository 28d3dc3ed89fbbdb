"""Runs the benchmarks of two versions of the code in two processes at once, which take turns of some milliseconds."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from pathlib import Path

import msgspec

from noxtasks.suite.engine import Engine
from noxtasks.suite.model import Order, Run, Timing
from noxtasks.suite.runs import RunRequest

_SEED = 0
_PADDING = 4096  # bytes: a page; what lies where within it decides what shares a line of the cache
_END = b"1073741824\n"


def together(
    old: Engine, new: Engine, tests: tuple[str, ...], *, number: int, timing: Timing, scratch: Path
) -> tuple[Run, Run]:
    """One process of each side with the same hash seed, which is `number`; every other time the new side begins.

    POSIX alone: the two speak through FIFOs in `scratch`.
    """
    inward, outward = str(scratch / f"{number}.old"), str(scratch / f"{number}.new")
    os.mkfifo(inward)
    os.mkfifo(outward)
    old_begins = number % 2 == 0
    turns = (inward, outward, old_begins), (outward, inward, not old_begins)
    chance = random.Random(number)  # noqa: S311 - where things lie in memory, no secret
    with _held(inward, outward), ThreadPoolExecutor(2) as pool:
        futures = [
            pool.submit(engine.run_fresh, _request(tests, number, _placed(timing, turn, chance)))
            for engine, turn in zip((old, new), turns, strict=True)
        ]
        try:
            wait(futures, return_when=FIRST_COMPLETED)
        except KeyboardInterrupt:
            old.abandon()
            new.abandon()
            raise
        finally:
            _release(futures, (inward, outward))
        return futures[0].result(), futures[1].result()


@contextmanager
def _held(*paths: str) -> Iterator[None]:
    """Keep what is written to FIFOs, also what was written before the process was up that is to read it."""
    opened = [os.open(path, os.O_RDWR) for path in paths]
    try:
        yield
    finally:
        for each in opened:
            os.close(each)


def _placed(timing: Timing, turn: tuple[str, str, bool], chance: random.Random) -> Timing:
    return msgspec.structs.replace(timing, turns=turn, padding=chance.randrange(_PADDING))


def _release(futures: list[Future[Run]], waiting_at: tuple[str, str]) -> None:
    """Where one process has come to its end without a word, let the other go on by itself."""
    for future, path in zip(futures, reversed(waiting_at), strict=True):
        if future.done():
            pipe = os.open(path, os.O_RDWR | os.O_NONBLOCK)
            os.write(pipe, _END)
            os.close(pipe)


def alone(engine: Engine, tests: tuple[str, ...] | None, *, number: int, timing: Timing) -> Run:
    """One process of one side by itself."""
    return engine.run_fresh(_request(tests, number, timing))


def _request(tests: tuple[str, ...] | None, number: int, timing: Timing) -> RunRequest:
    return RunRequest(number=number, seed=_SEED, hash_seed=number, order=Order.COLLECTED, tests=tests, bench=timing)
