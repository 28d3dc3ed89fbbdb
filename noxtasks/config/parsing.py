"""From what a user writes to the value of one kind of setting. Each raises `ValueError` for what it does not expect."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from math import inf, isfinite
from typing import Any, TypeVar

_V = TypeVar("_V")
_UNITS_S = {"h": 3600, "m": 60, "s": 1}
_UNITS_OF_LIMITS_S = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "μs": 1e-6, "ms": 1e-3, "s": 1.0}
_LIMIT = re.compile(r"([a-z0-9]+)\s*<\s*(\d+(?:\.\d+)?(?:e[+-]?\d+)?)\s*([a-zµμ]+)")
_CELL = re.compile(r"[a-z0-9_]+(-[a-z0-9_]+)*-[0-9]+\.[0-9]+t?")
LIMITED = ("mean", "p50", "p95", "p99", "cpu", "wall")
"""The metrics that a limit may be of."""
_SPAN = re.compile(r"(0|[1-9]\d{0,3}) (sprint|commit)s?", re.ASCII)
_DURATION = re.compile(r"(?:(\d+(?:\.\d+)?)h)?(?:(\d+(?:\.\d+)?)m)?(?:(\d+(?:\.\d+)?)s)?")


def duration(value: Any) -> float:
    """Seconds of "90s", "10m", "1h30m", or of a number of seconds: finite and more than 0. Raises `ValueError`."""
    if isinstance(value, str):
        match = _DURATION.fullmatch(value.strip())
        if match is None or not any(match.groups()):
            raise ValueError(value)
        value = sum(float(part) * unit for part, unit in zip(match.groups(), _UNITS_S.values(), strict=True) if part)
    if isinstance(value, bool) or not isinstance(value, int | float) or not (isfinite(value) and value > 0):
        raise ValueError(value)
    return float(value)


def whole(low: int, high: int) -> Callable[[Any], int]:
    """A parser of whole numbers from `low` to `high`."""

    def parse(value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise ValueError(value)
        return value

    return parse


def flag(value: Any) -> bool:
    """True or false. Raises `ValueError` for anything else."""
    if value is not True and value is not False:
        raise ValueError(value)
    return bool(value)


def rate(value: Any) -> float:
    """A number between 0 and 1, neither of them."""
    if not isinstance(value, float) or not 0 < value < 1:
        raise ValueError(value)
    return value


def least_share(value: Any) -> float:
    """A number above 0, and at most 1."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= 1:
        raise ValueError(value)
    return float(value)


def cells(value: Any) -> tuple[str, ...]:
    """A list of names such as "linux-3.12" and "macos-arm64-3.13"."""
    found = texts(value)
    if not all(_CELL.fullmatch(each) for each in found):
        raise ValueError(value)
    return found


def factor(value: Any) -> float:
    """A number of at least 1, finite."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not (isfinite(value) and value >= 1):
        raise ValueError(value)
    return float(value)


def text(value: Any) -> str:
    """A string with something in it."""
    if not isinstance(value, str) or not value.strip():
        raise ValueError(value)
    return value


def texts(value: Any) -> tuple[str, ...]:
    """A list of such strings."""
    if isinstance(value, list | tuple):
        return tuple(text(item) for item in value)
    raise ValueError(value)


def url(value: Any) -> str:
    """A URL, by its beginning."""
    if not re.match(r"[a-z][a-z0-9+_]*://", text(value)):
        raise ValueError(value)
    return str(value)


def choice(*choices: str) -> Callable[[Any], str]:
    """A parser of one of `choices`."""

    def parse(value: Any) -> str:
        if value not in choices:
            raise ValueError(value)
        return str(value)

    return parse


def choices(*known: str) -> Callable[[Any], tuple[str, ...]]:
    """Reads a list of `known` strings."""
    return lambda value: tuple(choice(*known)(item) for item in texts(value))


def day_or_whole(low: int, high: int) -> Callable[[Any], date | int]:
    """A parser of dates, as TOML has them or as a string such as "2026-12-31", and of whole numbers."""

    def parse(value: Any) -> date | int:
        return day(value) if isinstance(value, str | date) else whole(low, high)(value)

    return parse


def day(value: Any) -> date:
    """A date, as TOML has it or as a string such as "2026-12-31"."""
    if isinstance(value, str):
        return date.fromisoformat(value)
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    raise ValueError(value)


def scalar(value: Any) -> float | str | bool:
    """A finite number, true or false, or a string with something in it."""
    if isinstance(value, bool) or (isinstance(value, int | float) and isfinite(value)):
        return value
    return text(value)


def inner_path(value: Any) -> str:
    """The path of a file below a folder, with slashes."""
    parts = text(value).split("/")
    if any(part in {"", ".", ".."} for part in parts) or "\\" in value or ":" in parts[0]:
        raise ValueError(value)
    return "/".join(parts)


def pointer(value: Any) -> str:
    """A JSON pointer; the whole document is none."""
    if not text(value).startswith("/"):
        raise ValueError(value)
    return str(value)


def rates(value: Any) -> dict[str, float]:
    """A table of numbers between 0 and 1."""
    return {text(key): rate(item) for key, item in _table(value)}


def named_texts(value: Any) -> dict[str, tuple[str, ...]]:
    """A table of strings, or lists with at least one, under any names."""
    return {text(key): texts([item] if isinstance(item, str) else some(item)) for key, item in _table(value)}


def some(value: Any) -> Any:
    """Whatever it is, with something in it."""
    if not value:
        raise ValueError(value)
    return value


def names(value: Any) -> dict[str, str]:
    """A table of one name for each of others."""
    return {text(key): text(item) for key, item in _table(value)}


def groups(*known: str) -> Callable[[Any], dict[str, tuple[str, ...]]]:
    """A parser of tables that hold lists of strings under some of the `known` names."""

    def parse(value: Any) -> dict[str, tuple[str, ...]]:
        return {choice(*known)(key): texts(item) for key, item in _table(value)}

    return parse


def each(parse: Callable[[Any], _V], *known: str) -> Callable[[Any], dict[str, _V]]:
    """A parser of tables that hold what `parse` reads under some of the `known` names."""
    return lambda value: {choice(*known)(key): parse(item) for key, item in _table(value)}


def one_or_more(value: Any) -> tuple[str, ...]:
    """A string, or a list with at least one."""
    return texts([value] if isinstance(value, str) else some(value))


def span(value: Any) -> str:
    """A number of sprints or commits, as one writes it: "2 sprints"."""
    if _SPAN.fullmatch(found := text(value).strip()) is None:
        raise ValueError(value)
    return found


def shares(*known: str) -> Callable[[Any], dict[str, float]]:
    """A parser of tables of numbers above 0, by some of the `known` names."""

    def parse(value: Any) -> dict[str, float]:
        found = {choice(*known)(key): item for key, item in _table(value)}
        if any(
            isinstance(item, bool) or not isinstance(item, int | float) or not 0 < item < inf for item in found.values()
        ):
            raise ValueError(value)
        return {key: float(item) for key, item in found.items()}

    return parse


def limits(value: Any) -> dict[str, dict[str, float]]:
    """A table of limits such as "p95 < 200 ms, mean < 50 ms" by pattern; the seconds of each metric."""
    return {text(pattern): _limits(text(said)) for pattern, said in _table(value)}


def _limits(said: str) -> dict[str, float]:
    found: dict[str, float] = {}
    for one in said.split(","):
        match = _LIMIT.fullmatch(one.strip())
        if match is None or match[1] not in LIMITED or match[1] in found or match[3] not in _UNITS_OF_LIMITS_S:
            raise ValueError(said)
        found[match[1]] = float(match[2]) * _UNITS_OF_LIMITS_S[match[3]]
        if not (isfinite(found[match[1]]) and found[match[1]] > 0):
            raise ValueError(said)
    return found


def _table(value: Any) -> Iterable[tuple[Any, Any]]:
    if isinstance(value, Mapping):
        return value.items()
    raise ValueError(value)
