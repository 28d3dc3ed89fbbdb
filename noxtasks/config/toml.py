"""TOML: files, and single values as they stand on a command line."""

from __future__ import annotations

import tomllib
from datetime import date
from pathlib import Path
from typing import Any

from noxtasks.errors import ConfigurationError


def read_toml(path: Path) -> dict[str, Any]:
    """What a TOML file says; nothing where there is no such file. Raises `ConfigurationError` where it is broken."""
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"this is not TOML: {error}", where=path.name) from error
    except UnicodeDecodeError as error:
        line = path.read_bytes().count(b"\n", 0, error.start) + 1
        raise ConfigurationError(f"this is not UTF-8 (at line {line})", where=path.name) from error
    except OSError as error:
        raise ConfigurationError(f"it cannot be read: {error.strerror}", where=path.name) from error


def table_at(document: dict[str, Any], *path: str) -> dict[str, Any]:
    """The table of a TOML document at `path`; empty where there is none, or something else."""
    for name in path:
        inner = document.get(name)
        document = inner if isinstance(inner, dict) else {}
    return document


def read_value(written: str, *, where: str) -> Any:
    """The value of a TOML expression, or the text itself where it needs no quotes to be told from one."""
    try:
        document = tomllib.loads(f"value = {written}")
    except tomllib.TOMLDecodeError as error:
        if written[:1] in tuple("\"'[{"):
            raise ConfigurationError(f"{written} is not a TOML value: {error}", where=where) from error
        return written
    value = document["value"]
    return value if len(document) == 1 and isinstance(value, bool | int | float | str | list | dict) else written


def write_value(value: Any, *, where: str) -> str:
    """The value as a TOML expression. Raises `ConfigurationError` for one that TOML does not have."""
    match value:
        case bool():
            return str(value).lower()
        case int() | float():
            return repr(value)
        case str():
            escaped = "".join(_ESCAPES.get(char, char) if char >= " " else f"\\u{ord(char):04x}" for char in value)
            return f'"{escaped}"'
        case date():
            return f'"{value.isoformat()}"'  # a setting that takes a date takes it so, too
        case list() | tuple():
            return f"[{', '.join(write_value(item, where=where) for item in value)}]"
        case dict():
            items = (
                f"{write_value(str(name), where=where)} = {write_value(item, where=where)}"
                for name, item in value.items()
            )
            return f"{{{', '.join(items)}}}"
        case _:
            raise ConfigurationError(f"{value!r} is not a value that a setting can have", where=where)


def shown(value: Any) -> str:
    """The value as a TOML expression, or else as Python writes it."""
    try:
        return write_value(value, where="")
    except ConfigurationError:
        return repr(value)


_ESCAPES = {'"': '\\"', "\\": "\\\\", "\x7f": "\\u007f"}
