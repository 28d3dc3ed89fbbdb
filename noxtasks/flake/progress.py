"""The live line while runs go on: how far, how long still, what was found so far."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import Self

from noxtasks.flake import rules
from noxtasks.flake.detect import Detection

_LIVE_EVERY_S = 0.1
_PLAIN_EVERY_S = 10.0


class Progress:
    """A context manager. On a terminal one line that is rewritten; elsewhere a plain line every ten seconds."""

    def __init__(self, *, wanted: int | None, budget_s: float) -> None:
        self._wanted = wanted
        self._budget_s = budget_s
        self._live = sys.stderr.isatty()
        self._said_s = time.monotonic()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live:
            sys.stderr.write("\r\x1b[K")

    def ran(self, detection: Detection) -> None:
        """One more run has ended."""
        if not self._is_due():
            return
        done = len(detection.runs)
        left_s = _left_s(done, detection.elapsed_s, self._wanted, self._budget_s)
        flaky = len(detection.suspects())
        wanted = f" of {self._wanted}" if self._wanted else ""
        self._say(f"run {done}{wanted}, about {_span(left_s)} left, {flaky} flaky so far")

    def repeats(self, detection: Detection) -> None:
        """The sample is whole; what failed is repeated alone."""
        count = len(detection.suspects())
        if count and self._is_due():
            self._say(f"repeating alone the runs in which {count} tests failed")

    def _is_due(self) -> bool:
        return time.monotonic() - self._said_s >= (_LIVE_EVERY_S if self._live else _PLAIN_EVERY_S)

    def _say(self, line: str) -> None:
        sys.stderr.write(f"\r\x1b[K{line}" if self._live else line + "\n")
        sys.stderr.flush()
        self._said_s = time.monotonic()


def _left_s(done: int, elapsed_s: float, wanted: int | None, budget_s: float) -> float:
    each_s = elapsed_s / done
    if wanted is not None:
        return each_s * (wanted - done)
    return max(each_s * (rules.LEAST_RUNS - done), min(budget_s - elapsed_s, each_s * (rules.MOST_RUNS - done)), 0.0)


def _span(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.0f} min"  # noqa: PLR2004 - where minutes read better
