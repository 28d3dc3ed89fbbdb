"""One line that says how far long work has come: rewritten on a terminal, a plain line now and then elsewhere."""

from __future__ import annotations

import os
import shutil
import sys
import time

from rich.cells import cell_len, set_cell_size

_LIVE_EVERY_S = 0.1
_PLAIN_EVERY_S = 10.0


class LiveLine:
    """The line, on the standard error stream."""

    def __init__(self) -> None:
        self.is_live = sys.stderr.isatty()
        self._said_s = time.monotonic()

    def is_due(self) -> bool:
        """Whether it is time to say something again."""
        return time.monotonic() - self._said_s >= (_LIVE_EVERY_S if self.is_live else _PLAIN_EVERY_S)

    def say(self, line: str) -> None:
        """Put `line` in the place of the one before, cut to the terminal; elsewhere write it below."""
        sys.stderr.write(f"\r\x1b[K{_fitting(line)}" if self.is_live else line + "\n")
        sys.stderr.flush()
        self._said_s = time.monotonic()

    def clear(self) -> None:
        """Take it away; plain lines stay."""
        if self.is_live:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()


def _fitting(line: str) -> str:
    """`line` cut so that it does not wrap: what has wrapped cannot be rewritten."""
    columns = _columns() - 1
    return line if cell_len(line) <= columns else set_cell_size(line, columns - 1) + "…"


def _columns() -> int:
    try:
        return os.get_terminal_size(sys.stderr.fileno()).columns
    except OSError:
        return shutil.get_terminal_size().columns
