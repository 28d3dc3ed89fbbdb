"""What `quarantine.toml` and the mark `flaky_quarantine` say, read and checked in one place for pytest and noxtasks.

    [[test]]
    id = "tests/test_shop.py::test_total"  # a node id; without parameters all of them, a class all of its tests
    since = 2026-01-02
    expires = 2026-02-01  # the last day; without it, 30 days after `since`
    reason = "failed 12 of 40 runs"
    owner = "ada"
    issue = "https://example.org/issues/7"
    reruns = 2  # how often pytest-rerunfailures runs it again

The mark has the same fields as keywords, but for the id. All problems are told, not only the first.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

MARK = "flaky_quarantine"
FILE = "quarantine.toml"
DAYS = 30

_TEXTS = ("reason", "owner", "issue")
_FIELDS = ("since", "expires", *_TEXTS, "reruns")
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_NUMBERED = re.compile(r" #\d+\Z")
_MOST_RERUNS = 1000


@dataclass(frozen=True)
class Entry:
    """One test (or all tests below a node id) in quarantine, from `since` to `expires`, both days included."""

    test: str
    since: date
    expires: date
    reason: str = ""
    owner: str = ""
    issue: str = ""
    reruns: int = 0

    def is_expired(self, today: date) -> bool:
        """Whether its time is over."""
        return today > self.expires


def read(content: bytes) -> tuple[list[Entry], list[str]]:
    """Return the entries of a `quarantine.toml`, and everything that is wrong with it, a line each."""
    try:
        document = _loads(content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        return [], [f"{FILE}: this is not UTF-8 (at line {content.count(bytes([10]), 0, error.start) + 1})"]
    except ValueError as error:
        return [], [f"{FILE}: this is not TOML: {error}"]
    problems = [
        f"{FILE}: {name}: there is no such key{_nearest(name, ['test'])}" for name in document if name != "test"
    ]
    tables = document.get("test", [])
    if not (isinstance(tables, list) and all(isinstance(table, dict) for table in tables)):
        return [], [*problems, f"{FILE}: test: expected tables, each under [[test]]"]
    entries: dict[str, Entry] = {}
    for number, table in enumerate(tables, start=1):
        test = table.get("id")
        if not isinstance(test, str) or not test.strip():
            problems.append(f"{FILE}: test {number}: id: expected a node id, got {test!r}")
            test = ""
        where = f"{FILE}: test {number}" + (f" ({test!r})" if test else "")
        entry, found = entry_of(test, {name: value for name, value in table.items() if name != "id"}, where)
        problems += found
        if test in entries:
            problems.append(f"{where}: there is another entry for it")
        elif entry is not None and test:
            entries[test] = entry
    return list(entries.values()), problems


def entry_of(test: str, fields: Mapping[str, Any], where: str) -> tuple[Entry | None, list[str]]:
    """Return the entry that `fields` make, or None with what is wrong with them, laid at `where`."""
    problems = [
        f"{where}: {name}: there is no such key{_nearest(name, _FIELDS)}" for name in fields if name not in _FIELDS
    ]
    values: dict[str, Any] = {}
    for name in _FIELDS:
        if name in fields:
            try:
                values[name] = _checked(name, fields[name])
            except ValueError as error:
                problems.append(f"{where}: {name}: expected {error}, got {_shown(fields[name])}")
    if "since" not in fields:
        problems.append(f"{where}: since: it is missing; expected a date such as 2026-01-31")
    if problems:
        return None, problems
    values.setdefault("expires", expiry(values["since"], DAYS))
    if values["expires"] < values["since"]:
        return None, [f"{where}: expires: {values['expires']} is before since, {values['since']}"]
    return Entry(test=test, **values), []


def expiry(since: date, days: int) -> date:
    """Return the last day of a quarantine of `days` days; the last of all days where there are not so many."""
    return since + timedelta(days=min(days, (date.max - since).days))


def ids_covering(nodeid: str) -> Iterator[str]:
    """Yield the ids whose entry would hold for a test: its own first, then without parameters, its class, its file.

    A test that shares its id with another has a number behind it in our reports, which pytest does not know.
    """
    yield nodeid
    nodeid = _NUMBERED.sub("", nodeid)
    yield nodeid
    for place in range(len(nodeid) - 1, 0, -1):
        if nodeid[place] == "[" or nodeid.startswith("::", place):
            yield nodeid[:place]


def _loads(text: str) -> dict[str, Any]:
    if sys.version_info >= (3, 11):
        from tomllib import loads
    else:  # pytest brings one along
        from tomli import loads
    return loads(text)


def _checked(name: str, value: Any) -> Any:
    """Return the value of a field. Raises `ValueError` that says what was expected."""
    if name in _TEXTS:
        if isinstance(value, str):
            return value
        raise ValueError("a string")
    if name == "reruns":
        if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _MOST_RERUNS:
            return value
        raise ValueError(f"a whole number from 0 to {_MOST_RERUNS}")
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    if isinstance(value, str) and _DATE.fullmatch(value):
        try:
            return date(*map(int, value.split("-")))
        except ValueError:  # the 30th of February
            pass
    raise ValueError("a date such as 2026-01-31")


def _shown(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime) else repr(value)


def _nearest(name: str, known: Any) -> str:
    from difflib import get_close_matches

    near = get_close_matches(name, known, n=1)
    return f"; did you mean {near[0]}?" if near else f"; there are {', '.join(known)}" if len(known) > 1 else ""
