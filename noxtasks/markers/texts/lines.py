"""Which line an offset in a text is on: patterns find offsets, and people look for lines."""

from __future__ import annotations

import re
from bisect import bisect_right


class Lines:
    """The lines of one text."""

    def __init__(self, text: str) -> None:
        self._starts = [0, *(match.end() for match in re.finditer("\n", text))]

    def number(self, at: int) -> int:
        """The line of the offset, counted from 1."""
        return bisect_right(self._starts, at)
