"""Adds the settings of noxtasks to a `pyproject.toml`, and leaves all that it has as it is.

The tables go to the end, as text: a library that edits TOML puts them between others, without their blank lines.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from typing import Any

from packaging.specifiers import InvalidSpecifier, SpecifierSet

from noxtasks.errors import ConfigurationError

NAME = "pyproject.toml"

PYTHONS = ("3.11", "3.12", "3.13", "3.14")
"""On which noxtasks runs."""

_LINES = ("[tool.noxtasks]", '# python = ["3.12", "3.13"]', "", "[tool.noxtasks.flake]", 'budget = "5m"')
_CLASSIFIER = re.compile(r"Programming Language :: Python :: 3\.(?P<minor>\d+)")
_OLDEST = 11


def configured(present: str | None, cells: Sequence[str] = ()) -> str:
    """The file with a table `tool.noxtasks`, and lines that say which `cells` there are; as it is, where it has one.

    Raises `ConfigurationError` where it is not TOML, or has no place for such a table.
    """
    text = present or ""
    if "noxtasks" in _parsed(text).get("tool", {}):
        return text
    newline = "\r\n" if "\r\n" in text else "\n"
    matrix = ("", "[tool.noxtasks.matrix]", *cells) if cells else ()
    gap = "" if not text.strip() else newline if text.endswith("\n") else newline * 2
    after = text + gap + "".join(f"{line}{newline}" for line in (*_LINES, *matrix))
    try:
        _parsed(after)
    except ConfigurationError as error:
        raise ConfigurationError(
            "`tool` is written so that no table can be added to it", where=NAME, remedy="Add tool.noxtasks by hand."
        ) from error
    return after


def pythons(present: str | None) -> tuple[str, ...]:
    """The interpreters that the project says it supports, as far as noxtasks runs on them; without any, all of those.

    Raises `ConfigurationError` where it is not TOML.
    """
    project = _parsed(present or "").get("project", {})
    classifiers = project.get("classifiers", []) if isinstance(project, dict) else []
    minors = {int(found["minor"]) for each in classifiers if (found := _CLASSIFIER.fullmatch(str(each)))}
    named = tuple(f"3.{minor}" for minor in sorted(minors) if minor >= _OLDEST)
    return named or _allowed(str(project.get("requires-python", ""))) or PYTHONS


def _allowed(specifiers: str) -> tuple[str, ...]:
    try:
        allowed = SpecifierSet(specifiers)
    except InvalidSpecifier:
        return ()
    return tuple(python for python in PYTHONS if f"{python}.99" in allowed)  # its last version, whatever that is


def _parsed(text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"it is not TOML: {error}", where=NAME, remedy="Mend it first.") from error
