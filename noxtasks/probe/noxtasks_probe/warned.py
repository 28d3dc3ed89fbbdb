"""Lays warnings at the line that they would be laid at without what mutmut puts between a function and its caller.

`stacklevel=2` means the caller. Of a function with mutants that is mutmut's own code, and tests that look at where a
warning points, or filters that go by its module, would see something else than in the project as it is.
"""

from __future__ import annotations

import functools
import sys
import warnings
from typing import Any


def settle(between: str) -> None:
    """Let `warnings.warn` pass over the code of the file `between`.

    To be called before the user's modules are imported, which may keep the function itself.
    """
    warn = warnings.warn

    @functools.wraps(warn)
    def passing_over(message: Any, category: Any = None, stacklevel: int = 1, source: Any = None, **more: Any) -> None:
        if more.get("skip_file_prefixes"):
            more["skip_file_prefixes"] = (*more["skip_file_prefixes"], between)
            warn(message, category, max(stacklevel, 2) + 1, source, **more)
        else:
            warn(message, category, _level(stacklevel, between), source, **more)

    warnings.warn = passing_over


def _level(wanted: int, between: str) -> int:
    """The level, seen from the function that calls this, that leads to where `wanted` is to lead from its caller."""
    left, level = max(wanted, 1), 1
    frame: Any = sys._getframe(2)
    while frame is not None and left:
        file = frame.f_code.co_filename
        if not ("importlib" in file and "_bootstrap" in file):  # which Python passes over itself
            level += 1
            left -= file != between
        frame = frame.f_back
    return level + left
