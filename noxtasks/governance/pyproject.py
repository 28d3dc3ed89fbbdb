"""Adds the settings of noxtasks to a `pyproject.toml`, and leaves all that it has as it is.

The tables go to the end, as text: a library that edits TOML puts them between others, without their blank lines.
"""

from __future__ import annotations

import tomllib
from typing import Any

from noxtasks.errors import ConfigurationError

NAME = "pyproject.toml"

_LINES = ("[tool.noxtasks]", '# python = ["3.12", "3.13"]', "", "[tool.noxtasks.flake]", 'budget = "5m"')


def configured(present: str | None) -> str:
    """The file with a table `tool.noxtasks`; as it is, where it has one.

    Raises `ConfigurationError` where it is not TOML, or has no place for such a table.
    """
    text = present or ""
    if "noxtasks" in _parsed(text).get("tool", {}):
        return text
    newline = "\r\n" if "\r\n" in text else "\n"
    gap = "" if not text.strip() else newline if text.endswith("\n") else newline * 2
    after = text + gap + "".join(f"{line}{newline}" for line in _LINES)
    try:
        _parsed(after)
    except ConfigurationError as error:
        raise ConfigurationError(
            "`tool` is written so that no table can be added to it", where=NAME, remedy="Add tool.noxtasks by hand."
        ) from error
    return after


def _parsed(text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"it is not TOML: {error}", where=NAME, remedy="Mend it first.") from error
