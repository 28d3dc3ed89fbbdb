"""The terminal that reports are printed on."""

from __future__ import annotations

import sys

from rich.console import Console

_WIDTH = 80  # columns where there is no terminal


def open_console() -> Console:
    """A console as wide as the terminal; nothing is highlighted but what a report colours itself."""
    return Console(highlight=False) if sys.stdout.isatty() else Console(highlight=False, width=_WIDTH)
