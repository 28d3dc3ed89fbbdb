"""The engine: collects a suite and carries out runs of it, by forks where that is safe, else by fresh processes."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from noxtasks.errors import NotMeasuredError
from noxtasks.suite import fresh
from noxtasks.suite.collection import Collection
from noxtasks.suite.launch import Suite
from noxtasks.suite.model import EngineKind, Run
from noxtasks.suite.runs import Carrier, Execution, RunRequest
from noxtasks.suite.warm import WarmProcess

_COLLECTION_TIMEOUT_S = 900.0


class Engine:
    """Runs of one suite. A context manager: leaving it ends every process that it has started.

    `kind` is the user's wish (None: fork where it is safe); after `collect`, `chosen` and `reason` say what it came to.
    """

    def __init__(self, suite: Suite, scratch: Path, *, kind: EngineKind | None, test_timeout_s: float) -> None:
        self._suite = suite
        self._scratch = scratch
        self._test_timeout_s = test_timeout_s
        self._warm: dict[int, WarmProcess] = {}
        self._fresh = fresh.FreshProcesses(suite)
        self._execution: Execution | None = None
        self._began_s = time.monotonic()
        self.start_s = 0.0
        """Seconds that the first process took until it had collected."""
        self.chosen, self.reason = _choice(kind)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with ExitStack() as stack:
            stack.callback(self._fresh.close)
            for warm in self._warm.values():
                stack.callback(warm.__exit__, kind, error, trace)
            self._warm.clear()

    def start(self, *, hash_seed: int) -> None:
        """Set a warm process off, so that it imports and collects while the caller does other things."""
        if self.chosen is EngineKind.FORK and hash_seed not in self._warm:
            self._start(hash_seed)

    def collect(self, *, hash_seed: int) -> Collection:
        """Collect the suite once, and see whether it can be forked. Runs of the same hash seed reuse the process."""
        collection = self._collected(hash_seed)
        self.start_s = time.monotonic() - self._began_s
        return collection

    def _collected(self, hash_seed: int) -> Collection:
        if self.chosen is EngineKind.FORK:
            self.start(hash_seed=hash_seed)
            collection = self._warm[hash_seed].collect(_COLLECTION_TIMEOUT_S)
            if collection.threads:
                self.chosen = EngineKind.FRESH
                self.reason = "threads are alive after collection, which a fork would cut off: " + ", ".join(
                    collection.threads
                )
                self._retire(hash_seed)
            return collection
        return fresh.collect(
            self._suite, self._scratch / "collection", hash_seed=hash_seed, timeout_s=_COLLECTION_TIMEOUT_S
        )

    def runs(self, requests: Iterable[RunRequest], *, jobs: int) -> Iterator[Run]:
        """Carry out `requests`, `jobs` at once; each is taken from the iterable only when there is room for it."""
        if self.chosen is EngineKind.FRESH:
            self._execution = self._executing(self._fresh, jobs)
            yield from self._execution.runs(requests)
            return
        waiting = _Waiting(requests)
        while (hash_seed := waiting.hash_seed()) is not None:
            self._execution = self._executing(self._ready(hash_seed), jobs)
            yield from self._execution.runs(self._batch(waiting, hash_seed))

    def run_fresh(self, request: RunRequest) -> Run:
        """Carry out one run, alone, in a process of its own."""
        return next(self._executing(self._fresh, jobs=1).runs([request]))

    def abandon(self) -> list[Run]:
        """Kill the runs that are under way, and give them as far as they came."""
        return self._execution.abandon() if self._execution is not None else []

    def _executing(self, carrier: Carrier, jobs: int) -> Execution:
        self.abandon()  # what was not carried through before has no place beside what comes now
        return Execution(carrier, self._scratch, jobs=jobs, test_timeout_s=self._test_timeout_s)

    def _batch(self, waiting: _Waiting, hash_seed: int) -> Iterator[RunRequest]:
        while waiting.hash_seed() == hash_seed:
            request = waiting.take()
            following = waiting.hash_seed()
            if following is not None:
                self.start(hash_seed=following)  # it imports and collects while the last runs of this one go on
            yield request

    def _ready(self, hash_seed: int) -> WarmProcess:
        for other in [seed for seed in self._warm if seed != hash_seed]:
            self._retire(other)
        warm = self._warm.get(hash_seed) or self._start(hash_seed)
        if not warm.tests and not (collection := warm.collect(_COLLECTION_TIMEOUT_S)).tests:
            raise NotMeasuredError(
                "the suite was collected once, and then, in another process, not again",
                where=str(self._suite.root),
                remedy=f"pytest said:\n{collection.output[-2000:]}",
            )
        return warm

    def _start(self, hash_seed: int) -> WarmProcess:
        warm = WarmProcess(self._suite, self._scratch / f"warm-{hash_seed}", hash_seed=hash_seed)
        self._warm[hash_seed] = warm.__enter__()
        return warm

    def _retire(self, hash_seed: int) -> None:
        self._warm.pop(hash_seed).__exit__(None, None, None)


class _Waiting:
    """Requests, of which the next can be looked at."""

    def __init__(self, requests: Iterable[RunRequest]) -> None:
        self._requests = iter(requests)
        self._next: RunRequest | None = None

    def hash_seed(self) -> int | None:
        if self._next is None:
            self._next = next(self._requests, None)
        return None if self._next is None else self._next.hash_seed

    def take(self) -> RunRequest:
        request, self._next = self._next, None
        assert request is not None  # noqa: S101 - looked at before
        return request


def _choice(kind: EngineKind | None) -> tuple[EngineKind, str]:
    if kind is EngineKind.FRESH:
        return kind, "the configuration says so"
    if not hasattr(os, "fork"):
        return EngineKind.FRESH, "this system cannot fork"
    return EngineKind.FORK, ""
