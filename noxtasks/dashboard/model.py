"""The page as values: what the artifacts hold, put together by objective, test and module. Rendering only reads it."""

from __future__ import annotations

from datetime import datetime

import msgspec

from noxtasks.stats import Verdict


class Point(msgspec.Struct, frozen=True, kw_only=True):
    """A figure as it once was, from the chain of events or the artifact's own history."""

    at: datetime
    value: float


class Series(msgspec.Struct, frozen=True, kw_only=True):
    """A figure over time, the oldest first. `unit` is one of `share`, `change`, `times`, `seconds`, `number`."""

    name: str
    unit: str
    points: tuple[Point, ...]
    threshold: float | None = None


class Bar(msgspec.Struct, frozen=True, kw_only=True):
    """One bar of a plot: a value with its interval and what it is held against."""

    name: str
    value: float | None  # None where it is not measured
    low: float | None = None
    high: float | None = None
    threshold: float | None = None


class Bars(msgspec.Struct, frozen=True, kw_only=True):
    """Bars side by side under one title, in one unit."""

    title: str
    unit: str
    bars: tuple[Bar, ...]


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """Something that was found. `test` or `path` is where it is, and leads to its row further down."""

    kind: str  # in the words of the objective: flaky, survived, slower, unregistered
    what: str
    detail: str = ""
    test: str = ""
    path: str = ""
    line: int = 0
    diff: tuple[str, ...] = ()
    command: str = ""  # that shows it again


class Panel(msgspec.Struct, frozen=True, kw_only=True):
    """An objective. `refusal` says why its artifact does not count; then there is no figure, and it is unmeasured."""

    objective: str  # flake
    question: str
    artifact: str
    verdict: Verdict
    figure: str  # as people read it, with its interval and sample size; "" where there is none
    reason: str = ""
    refusal: str = ""
    measured: datetime | None = None
    revision: str = ""
    digest: str = ""  # SHA-256 of the artifact
    series: tuple[Series, ...] = ()
    bars: tuple[Bars, ...] = ()
    findings: tuple[Finding, ...] = ()
    command: str = ""  # that measures it
    page: str = ""  # a page of its own in the same folder


class Test(msgspec.Struct, frozen=True, kw_only=True):
    """A test, and all that is known of it.

    `outcomes` has a letter for each session of `Page.sessions`: `.` passed, `F` failed, `e` error, `s` skipped, `x`
    failed as expected, a space where it did not run, `~` both passed and failed.
    """

    id: str
    outcomes: str = ""
    durations_s: tuple[float | None, ...] = ()  # in the last run of each session
    state: str = ""  # flaky, broken, quarantined; "" where nothing is known against it
    failed: int = 0
    runs: int = 0
    low: float | None = None  # of the interval of its failure rate
    high: float | None = None
    cause: str = ""
    advice: str = ""
    command: str = ""
    covers: tuple[tuple[str, int], ...] = ()  # (path, lines that it runs, at least)
    kills: int | None = None  # mutants that it was the first to notice; None where that was not recorded
    tier: str = ""


class Survivor(msgspec.Struct, frozen=True, kw_only=True):
    """A mutant that no test noticed."""

    id: str
    line: int
    function: str
    diff: tuple[str, ...]
    command: str


class Module(msgspec.Struct, frozen=True, kw_only=True):
    """A source file: what covers it, and what lives in it. None is not measured."""

    path: str
    tiers: tuple[tuple[str, float | None], ...] = ()  # (unit, 0.83)
    killed: int | None = None
    mutants: int | None = None  # whose fate is known
    untried: int = 0
    survivors: tuple[Survivor, ...] = ()


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """A session whose outcomes are kept, the oldest first."""

    id: str
    at: datetime
    revision: str


class Trouble(msgspec.Struct, frozen=True, kw_only=True):
    """Something wrong with the evidence itself."""

    name: str
    message: str
    remedy: str


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that the page shows."""

    project: str
    verdict: Verdict
    answer: str  # may it be merged? a sentence
    panels: tuple[Panel, ...]
    troubles: tuple[Trouble, ...]
    sessions: tuple[Session, ...]
    tests: tuple[Test, ...]
    modules: tuple[Module, ...]
    made: datetime | None  # when the newest of the artifacts was written
    version: str
    left_out: int = 0  # tests that ran longest ago, of which `tests.timeline.json` keeps no outcomes
