"""How long the main thread of this process was ready to run while others had the processors (Linux)."""

from __future__ import annotations

import os
from contextlib import suppress

_SCHEDULED = "/proc/self/schedstat"  # nanoseconds on a processor, nanoseconds of waiting for one, turns
_BYTES = 96


class Delay:
    """A clock of waiting for a processor; where the system does not tell, it stands."""

    def __init__(self) -> None:
        self._file = -1
        with suppress(OSError):
            self._file = os.open(_SCHEDULED, os.O_RDONLY)

    def __call__(self) -> float:
        """Seconds."""
        return int(os.pread(self._file, _BYTES, 0).split()[1]) / 1e9 if self._file >= 0 else 0.0
