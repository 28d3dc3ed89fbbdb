"""Where settings come from: the file, `noxtasks.register(...)` and the command line, checked and put together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from noxtasks.config import gates
from noxtasks.config.model import (
    BenchSettings,
    DeterminismSettings,
    FlakeSettings,
    LadderSettings,
    MarkersSettings,
    MatrixSettings,
    MutationSettings,
    Override,
    ParallelSettings,
    QuarantineSettings,
    Settings,
)
from noxtasks.config.table import BY_KEY, TABLES, Setting
from noxtasks.config.toml import read_toml, read_value, shown, write_value
from noxtasks.errors import ConfigurationError

FILE = "pyproject.toml"


def load(root: Path, overrides: Iterable[Override] = ()) -> Settings:
    """The settings of the project in `root`: those of its `pyproject.toml`, if it has one, under `overrides`.

    Raises `ConfigurationError` that tells all problems of all sources.
    """
    problems: list[ConfigurationError] = []
    values: dict[str, dict[str, Any]] = {table: {} for table in ("", *TABLES)}
    parts: list[Override] = []
    for given in [*_from_file(root / FILE), *overrides]:
        for one in _leaves(given):
            if gates.is_table(one.key):
                parts.append(one)
                continue
            try:
                setting, value = _checked(one)
            except ConfigurationError as problem:
                problems.append(problem)
            else:
                values[setting.key.rpartition(".")[0]][setting.field] = value
    settled, wrong = gates.settle(parts)
    problems += wrong
    if problems:
        raise ConfigurationError.all_of(problems)
    return Settings(
        **values[""],
        flake=FlakeSettings(**values["flake"]),
        quarantine=QuarantineSettings(**values["quarantine"]),
        determinism=DeterminismSettings(**values["determinism"]),
        markers=MarkersSettings(**values["markers"]),
        mutation=MutationSettings(**values["mutation"]),
        bench=BenchSettings(**values["bench"]),
        parallel=ParallelSettings(**values["parallel"]),
        matrix=MatrixSettings(**values["matrix"]),
        gates=settled,
        ladder=LadderSettings(**values["ladder"]),
    )


def from_keywords(settings: Mapping[str, Any], *, where: str = "noxtasks.register()") -> tuple[Override, ...]:
    """The keyword arguments of `noxtasks.register`, tables as mappings, as overrides."""
    return tuple(Override(key=key, value=value, where=f"{where}: {key}") for key, value in settings.items())


def from_assignment(text: str, *, where: str = "-S") -> Override:
    """`flake.runs=200` of the command line: a TOML value, or a word that needs no quotes.

    Raises `ConfigurationError` where there is no `=`, or a quoted string, list or table is not TOML.
    """
    key, equals, written = (part.strip() for part in text.partition("="))
    if not (key and equals):
        remedy = f"Write KEY=VALUE: {where} flake.runs=200"
        raise ConfigurationError(f"{text!r} sets nothing", where=where, remedy=remedy)
    return from_option(f"{where} {key}", key, written)


def from_option(option: str, key: str, written: str) -> Override:
    """The value of an option of its own: `--runs 200` for "flake.runs". Raises as `from_assignment` does."""
    return Override(key=key, value=read_value(written, where=option), where=option)


def as_assignment(override: Override) -> str:
    """The override as `from_assignment` reads it. Raises `ConfigurationError` for a value that TOML does not have."""
    return f"{override.key}={write_value(override.value, where=override.where)}"


def _from_file(path: Path) -> list[Override]:
    tool = read_toml(path).get("tool", {})
    if not isinstance(tool, dict) or "noxtasks" not in tool:
        return []
    return [Override(key="", value=tool["noxtasks"], where=f"{path.name}: tool.noxtasks")]


def _leaves(given: Override) -> Iterator[Override]:
    """The settings within a table, as far down as there are tables of ours; anything else as it is."""
    if isinstance(given.value, Mapping) and (given.key in TABLES or not given.key or gates.is_table(given.key)):
        for name, value in given.value.items():
            key = f"{given.key}.{name}" if given.key else str(name)
            yield from _leaves(Override(key=key, value=value, where=f"{given.where}.{name}"))
    else:
        yield given


def _checked(given: Override) -> tuple[Setting, Any]:
    if given.key in TABLES or not given.key:
        raise ConfigurationError(f"expected a table; got {shown(given.value)}", where=given.where)
    setting = BY_KEY.get(given.key)
    if setting is None:
        raise ConfigurationError("there is no such setting", where=given.where, remedy=_nearest(given.key))
    try:
        return setting, setting.parse(given.value)
    except ValueError:
        raise ConfigurationError(f"expected {setting.expects}, got {shown(given.value)}", where=given.where) from None


def _nearest(key: str) -> str:
    from difflib import get_close_matches  # noqa: PLC0415 - only a mistake needs it

    known = sorted(BY_KEY)
    by_name = [one for one in known if one.rpartition(".")[2] == key.rpartition(".")[2]]
    near = (
        get_close_matches(key, by_name, n=1, cutoff=0.0)
        or get_close_matches(key, known, n=1)
        or get_close_matches(key.rpartition(".")[2], known, n=1)
    )
    return f"Did you mean {near[0]}?" if near else f"The settings are {', '.join(known)}."
