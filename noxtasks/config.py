"""`[tool.noxtasks]` as frozen values: every setting, its default, and every problem with what was given, at once.

Settings come from `pyproject.toml`, from `noxtasks.register(...)` in the noxfile and from the command line; the later
one wins, but all of them have to be right. What is given is checked here and nowhere else.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from math import isfinite
from pathlib import Path
from typing import Any

import msgspec

from noxtasks.errors import ConfigurationError

FILE = "pyproject.toml"
ORDERS = ("buckets", "full", "collected")
ENGINES = ("auto", "fork", "fresh")

_UNITS_S = {"h": 3600, "m": 60, "s": 1}
_DURATION = re.compile(r"(?:(\d+(?:\.\d+)?)h)?(?:(\d+(?:\.\d+)?)m)?(?:(\d+(?:\.\d+)?)s)?")


def available_cores() -> int:
    """How many cores this process may use: those of its affinity, no more than the quota of its control group."""
    affinity = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(affinity, int(_cgroup_quota(Path("/sys/fs/cgroup")))))


class FlakeSettings(msgspec.Struct, frozen=True, kw_only=True):
    """`[tool.noxtasks.flake]`: how the suite is run again and again."""

    runs: int | None = None
    budget_s: float = 300.0
    order: str = "buckets"
    jobs: int = msgspec.field(default_factory=available_cores)
    engine: str = "auto"
    test_timeout_s: float = 60.0
    seed: int | None = None
    threshold: float = 0.05
    confidence: float = 0.95


class QuarantineSettings(msgspec.Struct, frozen=True, kw_only=True):
    """`[tool.noxtasks.quarantine]`: which tests go into quarantine, and on which terms."""

    threshold: float = 0.20
    days: int = 30
    reruns: int = 0
    owner: str | None = None


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """`[tool.noxtasks]`: what holds for every objective, and a table for each."""

    python: tuple[str, ...] = ()
    install: tuple[str, ...] = ()
    pytest_args: tuple[str, ...] = ()
    reports: str = "reports"
    history: str = "sqlite:///.noxtasks/history.db"
    flake: FlakeSettings = msgspec.field(default_factory=FlakeSettings)
    quarantine: QuarantineSettings = msgspec.field(default_factory=QuarantineSettings)

    def history_url(self, root: Path) -> str:
        """The history's URL; the relative path of an SQLite file is taken from the project's `root`."""
        scheme, _, path = self.history.partition(":///")
        if not scheme.startswith("sqlite") or not path or path.startswith((":memory:", "file:")):
            return self.history
        return f"{scheme}:///{(root.resolve() / path).as_posix()}"


class Override(msgspec.Struct, frozen=True, kw_only=True):
    """A value for the setting `key` ("flake.runs"); `where` says in its error who gave it ("--runs")."""

    key: str
    value: Any
    where: str


class Setting(msgspec.Struct, frozen=True, kw_only=True):
    """One setting as users write it. `parse` raises `ValueError` for what it does not expect."""

    key: str
    field: str  # its name in `Settings` or in the table's values, with the unit
    parse: Callable[[Any], Any]
    expects: str
    default: str
    meaning: str


def parse_duration(value: Any) -> float:
    """Seconds of "90s", "10m", "1h30m", or of a number of seconds: finite and more than 0. Raises `ValueError`."""
    if isinstance(value, str):
        match = _DURATION.fullmatch(value.strip())
        if match is None or not any(match.groups()):
            raise ValueError(value)
        value = sum(float(part) * unit for part, unit in zip(match.groups(), _UNITS_S.values(), strict=True) if part)
    if isinstance(value, bool) or not isinstance(value, int | float) or not (isfinite(value) and value > 0):
        raise ValueError(value)
    return float(value)


def _whole(low: int, high: int) -> Callable[[Any], int]:
    def parse(value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise ValueError(value)
        return value

    return parse


def _rate(value: Any) -> float:
    if not isinstance(value, float) or not 0 < value < 1:
        raise ValueError(value)
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError(value)
    return value


def _texts(value: Any) -> tuple[str, ...]:
    if isinstance(value, list | tuple):
        return tuple(_text(item) for item in value)
    raise ValueError(value)


def _url(value: Any) -> str:
    if not re.match(r"[a-z][a-z0-9+_]*://", _text(value)):
        raise ValueError(value)
    return str(value)


def _choice(*choices: str) -> Callable[[Any], str]:
    def parse(value: Any) -> str:
        if value not in choices:
            raise ValueError(value)
        return str(value)

    return parse


_DURATIONS = 'a duration such as "90s", "10m", "1h30m", or a number of seconds, more than 0'
_RATES = "a number between 0 and 1, such as 0.05"
_TEXTS = 'a list of strings, such as ["…"]'
_MOST = 2**31 - 1

SETTINGS = (
    Setting(
        key="python",
        field="python",
        parse=_texts,
        expects='a list of strings, such as ["3.12", "3.13"]',
        default="[]",
        meaning="Interpreters to run each session on; without any, the one that runs nox.",
    ),
    Setting(
        key="install",
        field="install",
        parse=_texts,
        expects='a list of strings, such as ["-e .", "-r requirements-test.txt"]',
        default="[]",
        meaning="What `pip install` gets so that the suite can run, one string per call; without any, it is found.",
    ),
    Setting(
        key="pytest_args",
        field="pytest_args",
        parse=_texts,
        expects=_TEXTS,
        default="[]",
        meaning="Arguments for every pytest that is started.",
    ),
    Setting(
        key="reports",
        field="reports",
        parse=_text,
        expects="the path of a folder",
        default='"reports"',
        meaning="The folder for the artifacts, from the project's root.",
    ),
    Setting(
        key="history",
        field="history",
        parse=_url,
        expects='the URL of a database, such as "sqlite:///.noxtasks/history.db"',
        default='"sqlite:///.noxtasks/history.db"',
        meaning="The database of all outcomes; a relative SQLite path starts at the project's root.",
    ),
    Setting(
        key="flake.runs",
        field="runs",
        parse=_whole(1, _MOST),
        expects="a whole number of runs, at least 1",
        default="unset",
        meaning="How often the suite runs; unset: as often as the budget allows, at least 5 and at most 100 times.",
    ),
    Setting(
        key="flake.budget",
        field="budget_s",
        parse=parse_duration,
        expects=_DURATIONS,
        default='"5m"',
        meaning="How long the runs may take together, where `runs` is unset.",
    ),
    Setting(
        key="flake.order",
        field="order",
        parse=_choice(*ORDERS),
        expects='"buckets", "full" or "collected"',
        default='"buckets"',
        meaning="Shuffle modules, classes and the tests within them; or all tests; or nothing.",
    ),
    Setting(
        key="flake.jobs",
        field="jobs",
        parse=_whole(1, _MOST),
        expects="a whole number of runs, at least 1",
        default="available cores",
        meaning="How many runs go on at the same time.",
    ),
    Setting(
        key="flake.engine",
        field="engine",
        parse=_choice(*ENGINES),
        expects='"auto", "fork" or "fresh"',
        default='"auto"',
        meaning="Fork each run from one process that has collected, or start one for each; auto: fork where safe.",
    ),
    Setting(
        key="flake.test_timeout",
        field="test_timeout_s",
        parse=parse_duration,
        expects=_DURATIONS,
        default='"60s"',
        meaning="How long one test may take until it counts as hanging.",
    ),
    Setting(
        key="flake.seed",
        field="seed",
        parse=_whole(0, 2**32 - 1),
        expects="a whole number from 0 to 4294967295",
        default="unset",
        meaning="The seed that those of all runs come from; unset: another one each time.",
    ),
    Setting(
        key="flake.threshold",
        field="threshold",
        parse=_rate,
        expects=_RATES,
        default="0.05",
        meaning="The flake rate that each test has to stay under.",
    ),
    Setting(
        key="flake.confidence",
        field="confidence",
        parse=_rate,
        expects=_RATES,
        default="0.95",
        meaning="The confidence of every interval.",
    ),
    Setting(
        key="quarantine.threshold",
        field="threshold",
        parse=_rate,
        expects=_RATES,
        default="0.2",
        meaning="A test goes into quarantine when the lower bound of its flake rate is above.",
    ),
    Setting(
        key="quarantine.days",
        field="days",
        parse=_whole(1, 3650),
        expects="a whole number of days, from 1 to 3650",
        default="30",
        meaning="How long a quarantine lasts; after that, failures count again and the gate fails.",
    ),
    Setting(
        key="quarantine.reruns",
        field="reruns",
        parse=_whole(0, 100),
        expects="a whole number from 0 to 100",
        default="0",
        meaning="How often pytest-rerunfailures runs a test in quarantine again when it fails.",
    ),
    Setting(
        key="quarantine.owner",
        field="owner",
        parse=_text,
        expects="a name",
        default="unset",
        meaning="Who looks after the tests in quarantine; unset: whom git names as the user.",
    ),
)
_BY_KEY = {setting.key: setting for setting in SETTINGS}
_TABLES = {key.rpartition(".")[0] for key in _BY_KEY} - {""}


def load(root: Path, overrides: Iterable[Override] = ()) -> Settings:
    """The settings of the project in `root`: those of its `pyproject.toml`, if it has one, under `overrides`.

    Raises `ConfigurationError` that tells all problems of all sources.
    """
    problems: list[ConfigurationError] = []
    values: dict[str, dict[str, Any]] = {table: {} for table in ("", *_TABLES)}
    for given in [*_from_file(root / FILE), *overrides]:
        for one in _leaves(given):
            try:
                setting, value = _checked(one)
            except ConfigurationError as problem:
                problems.append(problem)
            else:
                values[setting.key.rpartition(".")[0]][setting.field] = value
    if problems:
        raise ConfigurationError.all_of(problems)
    return Settings(
        **values[""],
        flake=FlakeSettings(**values["flake"]),
        quarantine=QuarantineSettings(**values["quarantine"]),
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
    return Override(key=key, value=_read_value(written, where=option), where=option)


def as_assignment(override: Override) -> str:
    """The override as `from_assignment` reads it. Raises `ConfigurationError` for a value that TOML does not have."""
    return f"{override.key}={_write_value(override.value, where=override.where)}"


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


def _from_file(path: Path) -> list[Override]:
    tool = read_toml(path).get("tool", {})
    if not isinstance(tool, dict) or "noxtasks" not in tool:
        return []
    return [Override(key="", value=tool["noxtasks"], where=f"{path.name}: tool.noxtasks")]


def _leaves(given: Override) -> Iterator[Override]:
    """The settings within a table, as far down as there are tables of ours; anything else as it is."""
    if isinstance(given.value, Mapping) and (given.key in _TABLES or not given.key):
        for name, value in given.value.items():
            key = f"{given.key}.{name}" if given.key else str(name)
            yield from _leaves(Override(key=key, value=value, where=f"{given.where}.{name}"))
    else:
        yield given


def _checked(given: Override) -> tuple[Setting, Any]:
    if given.key in _TABLES or not given.key:
        raise ConfigurationError(f"expected a table; got {_shown(given.value)}", where=given.where)
    setting = _BY_KEY.get(given.key)
    if setting is None:
        raise ConfigurationError("there is no such setting", where=given.where, remedy=_nearest(given.key))
    try:
        return setting, setting.parse(given.value)
    except ValueError:
        raise ConfigurationError(f"expected {setting.expects}, got {_shown(given.value)}", where=given.where) from None


def _nearest(key: str) -> str:
    from difflib import get_close_matches  # noqa: PLC0415 - only a mistake needs it

    known = sorted(_BY_KEY)
    by_name = [one for one in known if one.rpartition(".")[2] == key.rpartition(".")[2]]
    near = by_name or get_close_matches(key, known, n=1) or get_close_matches(key.rpartition(".")[2], known, n=1)
    return f"Did you mean {near[0]}?" if near else f"The settings are {', '.join(known)}."


def _shown(value: Any) -> str:
    try:
        return _write_value(value, where="")
    except ConfigurationError:
        return repr(value)


def _read_value(written: str, *, where: str) -> Any:
    try:
        document = tomllib.loads(f"value = {written}")
    except tomllib.TOMLDecodeError as error:
        if written[:1] in tuple("\"'[{"):
            raise ConfigurationError(f"{written} is not a TOML value: {error}", where=where) from error
        return written
    value = document["value"]
    return value if len(document) == 1 and isinstance(value, bool | int | float | str | list | dict) else written


def _write_value(value: Any, *, where: str) -> str:
    match value:
        case bool():
            return str(value).lower()
        case int() | float():
            return repr(value)
        case str():
            escaped = "".join(_ESCAPES.get(char, char) if char >= " " else f"\\u{ord(char):04x}" for char in value)
            return f'"{escaped}"'
        case list() | tuple():
            return f"[{', '.join(_write_value(item, where=where) for item in value)}]"
        case dict():
            items = (
                f"{_write_value(str(name), where=where)} = {_write_value(item, where=where)}"
                for name, item in value.items()
            )
            return f"{{{', '.join(items)}}}"
        case _:
            raise ConfigurationError(f"{value!r} is not a value that a setting can have", where=where)


_ESCAPES = {'"': '\\"', "\\": "\\\\", "\x7f": "\\u007f"}


def _cgroup_quota(folder: Path) -> float:
    """Cores that the control group allows (version 2, or version 1 where it is mounted); infinite without a limit."""
    try:
        quota, period = (folder / "cpu.max").read_text("ascii").split()
    except (OSError, ValueError):
        try:
            quota = (folder / "cpu" / "cpu.cfs_quota_us").read_text("ascii").strip()
            period = (folder / "cpu" / "cpu.cfs_period_us").read_text("ascii").strip()
        except OSError:
            return float(os.cpu_count() or 1)
    if not quota.isdigit():  # "max", or -1
        return float(os.cpu_count() or 1)
    return max(1.0, int(quota) / int(period))
