"""`[tool.noxtasks.gates."NAME"]`: the parts of a gate, each checked, and together.

A gate is known by its name, or it is the project's own and says which file of the reports it looks into, where, and
what has to hold there. Sources are put together part by part: `-S 'gates.mutation score.level=off'` leaves the rest of
that gate as the file has it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from noxtasks.config import parsing
from noxtasks.config.model import GateSettings, Override
from noxtasks.config.table import Setting
from noxtasks.config.toml import shown
from noxtasks.errors import ConfigurationError

TABLE = "gates"
LEVELS = ("blocking", "advisory", "off")
OPERATORS = ("<", "<=", "==", "!=", ">=", ">")
TAKES = ("each", "count")
UNITS = ("number", "share", "change", "times")
GATES = (
    "collection errors", "performance mean", "performance p95", "cross-OS consistency", "ladder tier 1",
    "ladder tier 2", "evidence integrity", "flake rate", "quarantine expiry", "marker audit", "marker count",
    "mutation score", "mutation ratchet", "parallel speed-up", "parallel flake increase", "ladder tier 3",
    "new-code coverage", "determinism", "event chain", "bundle completeness", "governance",
)  # fmt: skip
"""The gates that are there without being configured."""
_NEEDED = ("artifact", "pointer", "operator", "threshold")


def _part(field: str, parse: Any, expects: str, meaning: str) -> Setting:
    return Setting(key=field, field=field, parse=parse, expects=expects, default="unset", meaning=meaning)


_DATES = 'a date such as "2026-12-31"'
PARTS = (
    _part(
        "level",
        parsing.choice(*LEVELS),
        '"blocking", "advisory" or "off"',
        "Whether it decides the exit status, is only told, or is not looked at; a gate of your own: advisory.",
    ),
    _part(
        "threshold",
        parsing.scalar,
        "a number, true, false or a string",
        "What the figure is held against; unset: the setting of the objective, or the threshold in the artifact.",
    ),
    _part("blocking_after", parsing.day, _DATES, "The last day on which it is advisory; it blocks from then on."),
    _part("owner", parsing.text, "a name", "Who is to be asked."),
    _part(
        "waived_until",
        parsing.day,
        _DATES,
        "The last day on which it does not block, whatever it says; with `waiver`.",
    ),
    _part("waiver", parsing.text, "a reason", "Why it is waived; with `waived_until`."),
    _part(
        "artifact",
        parsing.inner_path,
        'the path of a JSON or YAML file below the reports, such as "coverage.json"',
        "The file that it looks into, below the folder of reports.",
    ),
    _part(
        "pointer",
        parsing.pointer,
        'a JSON pointer, such as "/totals/percent_covered"',
        "Where the figure stands; `name=VALUE` selects from an array of objects, `*` is each item.",
    ),
    _part(
        "operator",
        parsing.choice(*OPERATORS),
        f"one of {', '.join(OPERATORS)}",
        "How the figure has to stand to the threshold.",
    ),
    _part(
        "take",
        parsing.choice(*TAKES),
        '"each" or "count"',
        "Judge each place that the pointer leads to, or how many there are.",
    ),
    _part(
        "verdict",
        parsing.text,
        "the name of a member",
        "The member beside the figure that holds the artifact's own verdict: pass, fail or unmeasured.",
    ),
    _part(
        "judged_at",
        parsing.text,
        "the name of a member",
        "The member beside the figure that holds the threshold of that verdict; unset: `threshold`.",
    ),
    _part(
        "bounds",
        parsing.pointer,
        'a JSON pointer, such as "/result/score/interval"',
        "The object with the ends of the figure's interval, `low` and `high`, where they are not beside it.",
    ),
    _part("unit", parsing.choice(*UNITS), f"one of {', '.join(UNITS)}", "How the figure is told: a share as percent."),
    _part("title", parsing.text, "a sentence", "What it asks for."),
    _part("command", parsing.text, "a command", "What produces the file."),
)
BY_PART = {part.key: part for part in PARTS}


def is_table(key: str) -> bool:
    """Whether `key` is the table of all gates, or one gate."""
    return key == TABLE or key.startswith(f"{TABLE}.")


def settle(given: Iterable[Override]) -> tuple[dict[str, GateSettings], list[ConfigurationError]]:
    """The gates by name, of all parts that were given, the later over the earlier; and all that is wrong."""
    problems: list[ConfigurationError] = []
    values: dict[str, dict[str, Any]] = {}
    wheres: dict[str, str] = {}
    for one in given:
        table, _, field = one.key.rpartition(".")
        name = table.partition(".")[2]
        if not name:
            problems.append(ConfigurationError(f"expected a table; got {shown(one.value)}", where=one.where))
            continue
        wheres.setdefault(name, one.where.removesuffix(f".{field}"))
        found = values.setdefault(name, {})
        try:
            found[field] = _checked(field, one)
        except ConfigurationError as problem:
            problems.append(problem)
            found[field] = None  # it was said, if wrongly
    for name, parts in values.items():
        problems += _lacking(name, parts, wheres[name])
    return {name: GateSettings(**parts) for name, parts in values.items()} if not problems else {}, problems


def _checked(field: str, one: Override) -> Any:
    part = BY_PART.get(field)
    if part is None:
        remedy = _nearest(field, BY_PART) or f"The parts of a gate are {', '.join(BY_PART)}."
        raise ConfigurationError("there is no such part of a gate", where=one.where, remedy=remedy)
    try:
        return part.parse(one.value)
    except ValueError:
        raise ConfigurationError(f"expected {part.expects}, got {shown(one.value)}", where=one.where) from None


def _lacking(name: str, parts: dict[str, Any], where: str) -> list[ConfigurationError]:
    """What a gate lacks as a whole."""
    found = []
    missing = [part for part in _NEEDED if part not in parts]
    if name not in GATES and missing:
        remedy = _nearest(name, GATES) or f"The gates are {', '.join(GATES)}."
        message = f"there is no such gate, and one of your own needs {', '.join(missing)}"
        found.append(ConfigurationError(message, where=where, remedy=remedy))
    for one, other in (("waiver", "waived_until"), ("waived_until", "waiver")):
        if one in parts and other not in parts:
            message = f"a waiver needs {'its last day' if other == 'waived_until' else 'a reason'}"
            found.append(ConfigurationError(message, where=where, remedy=f"Write {other} = …"))
    order = parts.get("operator", "an order" if name in GATES else None)
    if order not in {None, "==", "!="} and isinstance(parts.get("threshold"), str | bool):
        message = f"{order} takes a number; got {shown(parts['threshold'])}"
        found.append(ConfigurationError(message, where=where, remedy="Use == or !=, or another threshold."))
    return found


def _nearest(name: str, known: Iterable[str]) -> str:
    from difflib import get_close_matches  # noqa: PLC0415 - only a mistake needs it

    near = get_close_matches(name, list(known), n=1)
    return f"Did you mean {near[0]}?" if near else ""
