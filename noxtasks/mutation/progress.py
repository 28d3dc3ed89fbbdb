"""The live line while mutants are tried: how many, and what has become of them."""

from __future__ import annotations

import sys
import time
from collections import Counter
from types import TracebackType
from typing import Self

from noxtasks.mutation.model import Fate

_LIVE_EVERY_S = 0.1
_PLAIN_EVERY_S = 10.0


class Progress:
    """A context manager. On a terminal one line that is rewritten; elsewhere a plain line every ten seconds."""

    def __init__(self, mutants: int) -> None:
        self._mutants = mutants
        self._live = sys.stderr.isatty()
        self._said_s = time.monotonic()
        self._statuses: dict[str, str] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()

    def tell(self, fate: Fate) -> None:
        """One more fate is known, or known better."""
        self._statuses[fate.mutant] = fate.status.value
        if time.monotonic() - self._said_s < (_LIVE_EVERY_S if self._live else _PLAIN_EVERY_S):
            return
        self._said_s = time.monotonic()
        counts = ", ".join(f"{number} {status}" for status, number in Counter(self._statuses.values()).most_common())
        line = f"{len(self._statuses)} of {self._mutants} mutants: {counts}"
        sys.stderr.write(f"\r\x1b[K{line[:79]}" if self._live else line + "\n")
        sys.stderr.flush()
