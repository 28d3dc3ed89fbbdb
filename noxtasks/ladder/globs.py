"""What a glob means among a project's files: paths from its root, with slashes."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from pathlib import PurePosixPath


def meant(pattern: str, paths: Iterable[str]) -> set[str]:
    """Those of `paths` that `pattern` means: a file, all below a folder, or what it matches as a glob.

    `*` and `?` stop at slashes; `**` stands for any folders, or for none.
    """
    place = str(PurePosixPath(pattern))
    matches = _expression(place).fullmatch
    return {path for path in paths if place == "." or path.startswith(f"{place}/") or matches(path)}


def is_meant(path: str, patterns: Iterable[str]) -> bool:
    """Whether any of the patterns means the file."""
    return any(meant(pattern, (path,)) for pattern in patterns)


@cache
def _expression(pattern: str) -> re.Pattern[str]:
    """The glob as a regular expression. A character class is as in a shell, with `!` for its complement."""
    parts = []
    for part in re.findall(r"\*\*/|\*\*|\*|\?|\[!?[^\]]+\]|.", pattern, re.DOTALL):
        if part == "**/":
            parts.append("(?:[^/]+/)*")
        elif part == "**":
            parts.append(".*")
        elif part in ("*", "?"):
            parts.append("[^/]*" if part == "*" else "[^/]")
        elif len(part) > 1:
            inner = part[1:-1].replace("\\", "\\\\")
            parts.append(f"[^{inner[1:]}]" if inner.startswith("!") else f"[{inner}]")
        else:
            parts.append(re.escape(part))
    return re.compile("".join(parts), re.DOTALL)
