"""What the history keeps and tells: sessions, their runs, and tallies of outcomes. Values only; no database here."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from enum import Enum
from typing import Any

import msgspec

from noxtasks.suite.model import Outcome, Run

_SILENT = frozenset({Outcome.SKIPPED})  # outcomes that tell nothing about the test


class SessionKind(Enum):
    """Where the outcomes of a session come from."""

    FLAKE = "flake"  # runs that noxtasks made to find flaky tests
    IMPORT = "import"  # a report that another tool wrote


class Environment(msgspec.Struct, frozen=True, kw_only=True):
    """What the tests ran on."""

    interpreter: str  # "CPython 3.12.4"
    platform: str
    pytest: str
    plugins: dict[str, str] = {}  # distribution -> version
    distributions: dict[str, str] = {}  # all that is installed, but for what comes from a folder: that is the code


class Origin(msgspec.Struct, frozen=True, kw_only=True):
    """The code that outcomes from elsewhere are about."""

    project: str
    code_version: str
    revision: str = ""
    dirty: bool = False


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """One use of noxtasks (or one imported report): runs of one project at one code version and settings.

    Sessions of one project and kind are comparable when their environment and their `conditions` are equal.
    """

    id: str  # letters, digits, "-" and "_"; random or a digest, so that its first characters differ from others'
    project: str
    kind: SessionKind
    started: datetime  # with a time zone, as every time here
    code_version: str  # equal if and only if the code under test is
    revision: str = ""
    dirty: bool = False
    environment: Environment | None = None  # None: the report does not tell
    conditions: dict[str, Any] = {}  # the settings that decide how tests end; whatever JSON can carry
    settings: dict[str, Any] = {}  # the others
    base_seed: int = 0


class StoredSession(msgspec.Struct, frozen=True, kw_only=True):
    """A session as the history knows it."""

    session: Session
    complete: bool  # False while it goes on, and for ever when it was cut short
    ended: datetime | None
    run_numbers: tuple[int, ...]  # recorded so far, ascending


class StoredRun(msgspec.Struct, frozen=True, kw_only=True):
    """A run with everything that it takes to repeat it."""

    name: str  # the public id, such as 8f3a1c-17
    session: Session
    run: Run  # its results in the order in which they ran

    @property
    def nodeids(self) -> tuple[str, ...]:
        """The tests in the order in which they ran."""
        return tuple(result.nodeid for result in self.run.results)


class Cause(msgspec.Struct, frozen=True, kw_only=True):
    """One way in which one test failed, `count` times."""

    fingerprint: str  # "" for failures that came without a reason
    exception: str
    message: str
    count: int
    first: datetime  # start of the earliest of those runs
    session_id: str  # of that run
    run_number: int


class Tally(msgspec.Struct, frozen=True, kw_only=True):
    """How one test ended, counted over many runs."""

    nodeid: str
    outcomes: dict[Outcome, int]  # those that happened, all of them
    causes: tuple[Cause, ...] = ()  # most frequent first

    @property
    def runs(self) -> int:
        """Outcomes that tell something about the test: all but the skipped ones."""
        return sum(count for outcome, count in self.outcomes.items() if outcome not in _SILENT)

    @property
    def failures(self) -> int:
        """Outcomes that count against the test."""
        return sum(count for outcome, count in self.outcomes.items() if outcome.is_failure)


def total(tallies: Iterable[Tally]) -> Tally:
    """The outcomes of several tallies (at least one) of one test together."""
    every = list(tallies)
    outcomes: dict[Outcome, int] = {}
    causes: dict[str, list[Cause]] = {}
    for tally in every:
        for outcome, count in tally.outcomes.items():
            outcomes[outcome] = outcomes.get(outcome, 0) + count
        for cause in tally.causes:
            causes.setdefault(cause.fingerprint, []).append(cause)
    return Tally(nodeid=every[0].nodeid, outcomes=outcomes, causes=ranked(map(_folded, causes.values())))


def ranked(causes: Iterable[Cause]) -> tuple[Cause, ...]:
    """Causes in the order in which a tally has them: most frequent first, then the earliest."""
    return tuple(sorted(causes, key=lambda cause: (-cause.count, cause.first, cause.fingerprint)))


def _folded(causes: list[Cause]) -> Cause:
    first = min(causes, key=lambda cause: (cause.first, cause.run_number))
    return msgspec.structs.replace(first, count=sum(cause.count for cause in causes))


class Pool(msgspec.Struct, frozen=True, kw_only=True):
    """The outcomes of all sessions that are comparable with one, at its code version; that one is among them."""

    steady: dict[str, Tally]  # of each test that failed in none of them, all sessions together
    unsteady: dict[str, dict[str, Tally]]  # of each other test, by the id of the session


class FirstSeen(msgspec.Struct, frozen=True, kw_only=True):
    """When a test failed for the first time, at any code version."""

    nodeid: str
    started: datetime  # of that run
    code_version: str
    session_id: str
    run_number: int


class Past(msgspec.Struct, frozen=True, kw_only=True):
    """A session of a timeline."""

    id: str
    kind: SessionKind
    started: datetime
    code_version: str
    runs: int


class Timeline(msgspec.Struct, frozen=True, kw_only=True):
    """What became of each test, session by session, the oldest first.

    `outcomes` and `durations_s` have a row for each of `tests`, which are sorted, with a place for each of `sessions`.
    """

    sessions: tuple[Past, ...]
    tests: tuple[str, ...]
    outcomes: tuple[tuple[frozenset[Outcome], ...], ...]  # all that came of the session's runs; empty where none ran it
    durations_s: tuple[tuple[float | None, ...], ...]  # in the session's last run, or the least of a few
