"""The engine: collects a suite and carries out runs of it, by forks where that is safe, else by fresh processes."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from noxtasks.errors import NotMeasuredError, TimeIsUpError
from noxtasks.suite import fresh
from noxtasks.suite.collection import Collection
from noxtasks.suite.launch import Launch, Suite
from noxtasks.suite.model import EngineKind, Run
from noxtasks.suite.patience import Patience
from noxtasks.suite.runs import Carrier, Execution, RunRequest
from noxtasks.suite.warm import ColdProcess, WarmProcess

_COLLECTION_TIMEOUT_S = 900.0


class Engine:
    """Runs of one suite. A context manager: leaving it ends every process that it has started.

    `kind` is the user's wish (None: fork where it is safe); after `collect`, `chosen` and `reason` say what it came to.
    """

    def __init__(self, suite: Suite, scratch: Path, *, kind: EngineKind | None, test_timeout_s: float) -> None:
        self._suite = suite
        self._scratch = scratch
        self._patience = Patience(test_timeout_s)
        self._warm: dict[Launch, WarmProcess] = {}  # the one used last stands last
        self._starts = 0
        self._cold: ColdProcess | None = None
        self._is_cold_safe = False
        self._passed: list[str] = []  # the places where the cold process has stood, the last one last
        self.kept = 1
        """How many warm processes may wait for further runs at the same time: each has all of the suite in memory."""
        self.until_s: float | None = None
        """When what goes on, a collection or runs, ends with `TimeIsUpError`; by the monotonic clock."""
        self._fresh = fresh.FreshProcesses(suite)
        self._execution: Execution | None = None
        self._began_s = time.monotonic()
        self._first: frozenset[str] | None = None
        self._collections = 0
        self.unstable_ids: set[str] = set()
        """Tests that one collection of the suite had and another had not: as when a parameter's id holds the time."""
        self.start_s = 0.0
        """Seconds that the first process took until it had collected."""
        self.chosen, self.reason = _choice(kind)
        self._may_fork = self.chosen is EngineKind.FORK

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None and self._is_late():
            kind = TimeIsUpError  # so that no process is waited for
        with ExitStack() as stack:
            stack.callback(self._fresh.close)
            stack.callback(self.abandon)  # a thread that waits for what is closed would wait for ever
            for warm in self._warm.values():
                stack.callback(warm.__exit__, kind, error, trace)
            self._warm.clear()
            if self._cold is not None:
                stack.callback(self._cold.__exit__, kind, error, trace)

    @property
    def root(self) -> Path:
        """The folder of the project."""
        return self._suite.root

    def start(self, *, hash_seed: int) -> None:
        """Set a warm process off, so that it imports and collects while the caller does other things."""
        if self.chosen is EngineKind.FORK and Launch(hash_seed=hash_seed) not in self._warm:
            self._start(Launch(hash_seed=hash_seed))

    def collect(self, *, hash_seed: int) -> Collection:
        """Collect the suite once, and see whether it can be forked. Runs of the same hash seed reuse the process."""
        collection = self._collected(hash_seed)
        self._expect_time()
        self._compare(collection.tests)
        self.start_s = time.monotonic() - self._began_s
        return collection

    def _is_late(self) -> bool:
        return self.until_s is not None and time.monotonic() >= self.until_s

    def _expect_time(self) -> None:
        """Raises `TimeIsUpError` when it is: what was cut off says nothing."""
        if self._is_late():
            raise TimeIsUpError("the time was up while the suite was collected")

    def _collection_timeout_s(self) -> float:
        left_s = _COLLECTION_TIMEOUT_S if self.until_s is None else self.until_s - time.monotonic()
        return max(0.0, min(_COLLECTION_TIMEOUT_S, left_s))

    def _collected(self, hash_seed: int) -> Collection:
        launch = Launch(hash_seed=hash_seed)
        if self.chosen is EngineKind.FORK:
            self.start(hash_seed=hash_seed)
            collection = self._warm[launch].collect(self._collection_timeout_s())
            if collection.threads:
                self.chosen = EngineKind.FRESH
                self.reason = "threads are alive after collection, which a fork would cut off: " + ", ".join(
                    collection.threads
                )
                self._retire(launch)
            return collection
        timeout_s = self._collection_timeout_s()
        return fresh.collect(self._suite, self._scratch / "collection", launch, timeout_s=timeout_s)

    def check_ids(self, *, hash_seed: int) -> None:
        """Collect once more where there was but one collection, for `unstable_ids`."""
        if self._collections == 1:
            launch = Launch(hash_seed=hash_seed)
            again = fresh.collect(self._suite, self._scratch / "again", launch, timeout_s=_COLLECTION_TIMEOUT_S)
            if again.tests:
                self._compare(again.tests)

    def runs(self, requests: Iterable[RunRequest], *, jobs: int) -> Iterator[Run]:
        """Carry out `requests`, `jobs` at once; each is taken from the iterable only when there is room for it."""
        if self.chosen is EngineKind.FRESH:
            self._execution = self._executing(self._fresh, jobs)
            yield from self._execution.runs(requests)
            return
        waiting = _Waiting(requests)
        while (launch := waiting.launch()) is not None:
            self._execution = self._executing(self._ready(launch), jobs)
            yield from self._execution.runs(self._batch(waiting, launch))

    def run_fresh(self, request: RunRequest) -> Run:
        """Carry out one run, alone, in a process of its own.

        Raises `NotMeasuredError` where another thread abandons it, or leaves the engine.
        """
        self._execution = self._executing(self._fresh, jobs=1)
        run = next(self._execution.runs([request]), None)
        if run is None:
            raise NotMeasuredError("the run was abandoned")
        return run

    def runs_fresh(self, requests: Iterable[RunRequest], *, jobs: int) -> Iterator[Run]:
        """Carry out `requests` of one hash seed, `jobs` at once, each in a process that imports and collects by itself.

        It is forked from one that has imported nothing of the user's, where that is safe; or where their function runs
        for the first time (`at`, the same in all of them), which spares what comes before. A run that cannot begin
        there is unavailable.
        """
        waiting = _Waiting(requests)
        launch = waiting.launch()
        if launch is not None:
            self._execution = self._executing(self._cold_or_fresh(launch, waiting.at()), jobs)
            yield from self._execution.runs(waiting.of(launch))

    def _cold_or_fresh(self, launch: Launch, at: str) -> Carrier:
        if not self._may_fork:
            return self._fresh
        if self._cold is not None and at != self._passed[-1] and at in self._passed:
            self._cold.__exit__(None, None, None)
            self._cold = None
        if self._cold is None:
            self._starts += 1
            self._cold = ColdProcess(self._suite, self._scratch / f"cold-{self._starts}", launch)
            self._cold.__enter__()
            state = self._cold.collect(self._collection_timeout_s())
            self._expect_time()
            self._is_cold_safe = state.hello is not None and not (state.threads or state.ran or state.exit_code)
            self._passed = [""]
        if at != self._passed[-1]:
            self._passed.append(at)
        return self._cold if self._is_cold_safe else self._fresh

    def abandon(self) -> list[Run]:
        """Kill the runs that are under way, and give them as far as they came."""
        return self._execution.abandon() if self._execution is not None else []

    def _executing(self, carrier: Carrier, jobs: int) -> Execution:
        self.abandon()  # what was not carried through before has no place beside what comes now
        return Execution(
            carrier,
            self._scratch,
            jobs=jobs,
            patience=self._patience,
            collected=self._compare,
            until_s=self.until_s,
        )

    def _compare(self, tests: tuple[str, ...]) -> None:
        """Hold what a further process has collected against what the first had."""
        self._collections += 1
        if self._first is None:
            self._first = frozenset(tests)
        self.unstable_ids |= self._first.symmetric_difference(tests)

    def _batch(self, waiting: _Waiting, launch: Launch) -> Iterator[RunRequest]:
        while waiting.launch() == launch:
            request = waiting.take()
            following = waiting.launch()
            if following is not None and following not in self._warm:
                self._start(following)  # it imports and collects while the last runs of this one go on
            yield request

    def _ready(self, launch: Launch) -> WarmProcess:
        warm = self._warm.pop(launch, None)
        for oldest in list(self._warm)[: max(0, len(self._warm) - self.kept + 1)]:
            self._retire(oldest)
        if warm is None:
            warm = self._start(launch)
        self._warm[launch] = warm
        if not warm.tests:
            collection = warm.collect(self._collection_timeout_s())
            self._expect_time()
            if not collection.tests:
                raise NotMeasuredError(
                    "the suite was collected once, and then, in another process, not again",
                    where=str(self._suite.root),
                    remedy=f"pytest said:\n{collection.output[-2000:]}",
                )
            self._compare(collection.tests)
        return warm

    def _start(self, launch: Launch) -> WarmProcess:
        self._starts += 1
        warm = WarmProcess(self._suite, self._scratch / f"warm-{self._starts}", launch)
        self._warm[launch] = warm.__enter__()
        return warm

    def _retire(self, launch: Launch) -> None:
        self._warm.pop(launch).__exit__(None, None, None)


class _Waiting:
    """Requests, of which the next can be looked at."""

    def __init__(self, requests: Iterable[RunRequest]) -> None:
        self._requests = iter(requests)
        self._next: RunRequest | None = None

    def launch(self) -> Launch | None:
        if self._next is None:
            self._next = next(self._requests, None)
        return None if self._next is None else self._next.launch

    def at(self) -> str:
        return "" if self._next is None else self._next.at

    def of(self, launch: Launch) -> Iterator[RunRequest]:
        while self.launch() == launch:
            yield self.take()

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
