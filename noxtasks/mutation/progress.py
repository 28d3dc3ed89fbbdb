"""The live line while mutants are tried: how many, and what has become of them."""

from __future__ import annotations

from collections import Counter
from types import TracebackType
from typing import Self

from noxtasks.evidence.display.live import LiveLine
from noxtasks.mutation.model import Fate


class Progress:
    """A context manager. On a terminal one line that is rewritten; elsewhere a plain line every ten seconds."""

    def __init__(self, mutants: int) -> None:
        self._mutants = mutants
        self._line = LiveLine()
        self._statuses: dict[str, str] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._line.clear()

    def tell(self, fate: Fate) -> None:
        """One more fate is known, or known better."""
        self._statuses[fate.mutant] = fate.status.value
        if self._line.is_due():
            found = Counter(self._statuses.values()).most_common()
            counts = ", ".join(f"{number} {status}" for status, number in found)
            self._line.say(f"{len(self._statuses)} of {self._mutants} mutants: {counts}")
