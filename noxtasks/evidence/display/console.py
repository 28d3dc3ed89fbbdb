"""The terminal that reports are printed on."""

from __future__ import annotations

import sys

from rich.console import Console
from rich.text import Text

_WIDTH = 80  # columns where there is no terminal


def open_console() -> Console:
    """A console as wide as the terminal; nothing is highlighted but what a report colours itself."""
    return Console(highlight=False) if sys.stdout.isatty() else Console(highlight=False, width=_WIDTH)


def print_notes(notes: tuple[str, ...]) -> None:
    """Say what a reader of the figures should know beforehand."""
    for note in notes:
        open_console().print(Text(note, "yellow"))
