"""Adds the settings of noxtasks to a `pyproject.toml`, and leaves all that it has as it is, byte for byte.

The tables go to the end as text: a library that edits TOML puts them between others, without their blank lines.
"""

from __future__ import annotations

import tomllib
from typing import Any

from noxtasks.errors import ConfigurationError

_LINES = ("[tool.noxtasks]", 'reports = "reports"', "", "[tool.noxtasks.flake]", 'budget = "5m"')


def configured(content: bytes, *, where: str = "pyproject.toml") -> bytes:
    """The file with a table `tool.noxtasks` that spells defaults out; as it is, where it has one.

    Raises `ConfigurationError` where the content is not TOML, or has no place for such a table.
    """
    if "noxtasks" in _parsed(content, where).get("tool", {}):
        return content
    newline = b"\r\n" if b"\r\n" in content else b"\n"
    gap = b"" if not content.strip() else newline if content.endswith(b"\n") else newline * 2
    after = content + gap + newline.join(line.encode() for line in _LINES) + newline
    try:
        _parsed(after, where)
    except ConfigurationError as error:
        raise ConfigurationError(
            "`tool` is written so that no table can be added to it", where=where, remedy="Add tool.noxtasks by hand."
        ) from error
    return after


def _parsed(content: bytes, where: str) -> dict[str, Any]:
    try:
        return tomllib.loads(content.decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"this is not TOML: {error}", where=where) from error
