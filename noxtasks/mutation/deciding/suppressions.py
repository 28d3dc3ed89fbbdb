"""`mutation.suppressions.toml`: mutants that do not count, each with a reason and a last day. Pure.

A mutant is named by its id, which lasts as long as its function stays as it is, or with others by their function.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

import msgspec

from noxtasks.errors import ConfigurationError
from noxtasks.mutation.model import Fate, Mutant, Standing, Status, Suppression

NAME = "mutation.suppressions.toml"

_KEYS = ("id", "path", "function", "operator", "reason", "expires")
_REMEDY = 'Write [[mutant]] with id = "…", or path = "…" and function = "…"; and reason = "…", expires = 2026-12-31.'


def read(content: str) -> tuple[Suppression, ...]:
    """What the file says. Raises `ConfigurationError` that tells all that is wrong with it."""
    try:
        document = tomllib.loads(content)
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"this is not TOML: {error}", where=NAME) from None
    entries = document.pop("mutant", [])
    problems = [ConfigurationError(f"there is no {name} in it", where=NAME, remedy=_REMEDY) for name in document]
    if not isinstance(entries, list):
        entries, problems = (
            [],
            [*problems, ConfigurationError("mutant is no list of tables", where=NAME, remedy=_REMEDY)],
        )
    found = []
    for number, entry in enumerate(entries, 1):
        if wrong := _wrong(entry):
            where = f"{NAME}: [[mutant]] {number}"
            problems.append(ConfigurationError("; ".join(wrong), where=where, remedy=_REMEDY))
        else:
            found.append(Suppression(**entry))
    if problems:
        raise ConfigurationError.all_of(problems)
    return tuple(found)


def _wrong(entry: object) -> list[str]:
    if not isinstance(entry, dict):
        return ["it is no table"]
    wrong = [f"{name} is none of {', '.join(_KEYS)}" for name in entry if name not in _KEYS]
    texts = [name for name in _KEYS if name in entry and name != "expires"]
    wrong += [f"{name} is no text" for name in texts if not (isinstance(entry[name], str) and entry[name].strip())]
    if "reason" not in entry:
        wrong.append("it has no reason")
    if not _is_day(entry.get("expires")):
        wrong.append("expires is no date" if "expires" in entry else "it never expires")
    if ("id" in entry) == ("path" in entry or "function" in entry or "operator" in entry):
        wrong.append("it is for an id, or for a function")
    elif "id" not in entry and not {"path", "function"} <= entry.keys():
        wrong.append("a function is named with its path")
    return wrong


def _is_day(value: Any) -> bool:
    return isinstance(value, date) and not isinstance(value, datetime)


def settle(entries: Iterable[Suppression], mutants: Iterable[Mutant], *, today: date) -> tuple[Suppression, ...]:
    """Each entry with what it holds for, or held until it expired: the end of its last day."""
    mutants = list(mutants)
    settled = []
    for entry in entries:
        ids = tuple(mutant.id for mutant in mutants if _means(entry, mutant))
        standing = Standing.UNMATCHED if not ids else Standing.EXPIRED if today > entry.expires else Standing.ACTIVE
        settled.append(msgspec.structs.replace(entry, standing=standing, mutants=ids))
    return tuple(settled)


def _means(entry: Suppression, mutant: Mutant) -> bool:
    if entry.id:
        return mutant.id == entry.id
    return (entry.path, entry.function) == (mutant.path, mutant.function) and entry.operator in ("", mutant.operator)


def skipped(settled: Iterable[Suppression]) -> Mapping[str, Fate]:
    """The fate of every mutant that does not count, by its id."""
    return {
        mutant: Fate(mutant=mutant, status=Status.SKIPPED, reason=entry.reason)
        for entry in settled
        if entry.standing is Standing.ACTIVE
        for mutant in entry.mutants
    }
