"""Tiers, what was measured of them, and how far the suite has climbed: frozen values. Shares are between 0 and 1."""

from __future__ import annotations

import hashlib
import json
from datetime import date, datetime
from enum import Enum
from typing import Annotated

import msgspec

from noxtasks.stats import Judgement, Verdict

Instant = Annotated[datetime, msgspec.Meta(tz=True)]
"""A time with a zone."""


class Name(Enum):
    """The four tiers, the lowest first."""

    UNIT = "tier1_unit"
    INTEGRATION = "tier2_integration"
    SYSTEM = "tier3_system"
    MUTATION = "tier4_mutation"


class Metric(Enum):
    """What a tier's figure is of."""

    LINE = "line"
    BRANCH = "branch"
    COMBINED = "combined"  # lines and branches together, as coverage.py's total with branches
    SCORE = "score"  # of mutants


class Level(Enum):
    """Whether a tier below its target keeps a change from being merged."""

    BLOCKING = "blocking"
    ADVISORY = "advisory"


class Tier(msgspec.Struct, frozen=True, kw_only=True):
    """A tier as it is set."""

    name: Name
    markers: str = ""  # an expression as for pytest's -m; a test belongs to the tier by it, or by its place
    paths: tuple[str, ...] = ()  # globs of test files
    scope: tuple[str, ...]  # globs of sources that it is to cover
    metric: Metric
    target: float
    level: Level
    blocking_after: date | None = None  # advisory until then
    tools: tuple[str, ...] = ()

    @property
    def way(self) -> str:
        """A name for how its figure is made. Figures that were made in other ways are not compared."""
        said = [self.markers, sorted(self.paths), sorted(self.scope), self.metric.value]
        return hashlib.sha256(json.dumps(said).encode()).hexdigest()[:12]


class Counts(msgspec.Struct, frozen=True, kw_only=True):
    """So many of so many lines, branches or mutants."""

    covered: int = 0
    total: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(covered=self.covered + other.covered, total=self.total + other.total)

    @property
    def share(self) -> float | None:
        """None of nothing."""
        return self.covered / self.total if self.total else None


class Function(msgspec.Struct, frozen=True, kw_only=True):
    """A function or method, by its qualified name; what is in none is named ""."""

    name: str
    first_line: int
    lines: Counts
    branches: Counts


class File(msgspec.Struct, frozen=True, kw_only=True):
    """A source file, by its path from the root, with what some tests have covered of it."""

    path: str
    lines: Counts
    branches: Counts
    missing: tuple[int, ...]  # lines
    functions: tuple[Function, ...]
    executed: tuple[int, ...] = ()  # lines; with those that are missing, all that can be executed


class Coverage(msgspec.Struct, frozen=True, kw_only=True):
    """What was covered of the sources in a scope."""

    lines: Counts
    branches: Counts
    files: tuple[File, ...]


class Edge(msgspec.Struct, frozen=True, kw_only=True):
    """One package of the scope imports from another, and whether a test has called across that border."""

    source: str
    target: str
    calls: int  # distinct pairs of caller and called function that were seen


class NewCode(msgspec.Struct, frozen=True, kw_only=True):
    """What any test covers of the lines that have changed."""

    against: str  # the revision as it was given
    lines: Counts  # that can be executed
    missing: dict[str, tuple[int, ...]]  # by path from the root
    judgement: Judgement  # without an interval of its own: nothing is sampled


class Gain(msgspec.Struct, frozen=True, kw_only=True):
    """What a tier would gain if a function were covered as a whole."""

    tier: Name
    path: str
    function: str  # its qualified name; "" is what is in none
    line: int
    missing: int  # lines, branches, or both, as the tier's metric counts
    rise: float  # of the tier's figure


class Measured(msgspec.Struct, frozen=True, kw_only=True):
    """A tier as it was measured now."""

    tier: Tier
    tests: int  # that belong to it
    failed: tuple[str, ...]  # tests of it that failed: what they covered counts
    coverage: Coverage | None  # None: unmeasured, or the tier of mutants
    edges: tuple[Edge, ...] | None  # None: not asked for
    judgement: Judgement  # without an interval of its own: nothing is sampled
    is_stale: bool = False  # the artifact that it is read from is about other code

    @property
    def figure(self) -> float | None:
        """The tier's metric; None where it is unmeasured."""
        return self.judgement.figure


class Measurement(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of the ladder's history: all that triggers are evaluated over. None is unmeasured."""

    at: Instant
    revision: str  # of the commit; "" without one
    code_version: str
    figures: dict[Name, float | None]  # that decide
    collection_errors: int | None
    flake_rate: float | None
    consistency: float | None  # across operating systems
    slower: float | None  # by how much, of the benchmark that lost most: 0.1 is 10 %
    system_tests_pass: bool | None  # end-to-end workflows are operational
    branches: float | None = None  # of all branches in all scopes, the share that any test covers
    has_mutation_score: bool = False  # there is one, were it of too few mutants to be held against the target
    ways: dict[Name, str] = {}  # how each figure was made: `Tier.way`

    @property
    def commit(self) -> str | None:
        """The commit, where exactly that was measured; None for a tree that differs from it, and without one."""
        return self.revision if self.revision and self.revision == self.code_version else None


class Belonging(msgspec.Struct, frozen=True, kw_only=True):
    """Which tests are which tier's. All by name, in the order of collection."""

    tiers: dict[Name, tuple[str, ...]]
    none: tuple[str, ...]  # fit no tier
    several: dict[str, tuple[Name, ...]]  # fit these, and so belong to none

    @property
    def rest(self) -> tuple[str, ...]:
        """The tests that count in the total alone."""
        return (*self.none, *self.several)


class Condition(msgspec.Struct, frozen=True, kw_only=True):
    """A named part of a trigger, evaluated."""

    name: str
    verdict: Verdict
    reason: str


class Advance(msgspec.Struct, frozen=True, kw_only=True):
    """The suite has climbed to `tier`, or, where `is_demotion`, has fallen back to it; None is the ground."""

    at: Instant
    revision: str
    before: Name | None
    tier: Name | None
    is_demotion: bool
    conditions: tuple[Condition, ...]


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """How far the suite has climbed, and what is missing for the next tier."""

    tier: Name | None  # the highest that is earned
    following: Name | None  # None at the top
    missing: tuple[Condition, ...]  # all conditions of the next trigger
    fallen: tuple[Condition, ...]  # ratchets that do not hold
    advances: tuple[Advance, ...]  # all, the oldest first; those of now last


class Ending(Enum):
    """Why nothing further was measured."""

    DONE = "done"
    INTERRUPTED = "interrupted"


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """All that a session has found."""

    profile: str
    tiers: tuple[Measured, ...]  # all four, the lowest first
    total: Coverage | None  # of all tests together, over all that any tier is to cover; None: not measured
    total_reason: str  # why there is none
    belonging: Belonging
    blocking: frozenset[Name]  # tiers that decide the exit status today
    trends: dict[Name, float]  # by how much a figure has risen since the measurement before
    standing: Standing
    steps: tuple[Advance, ...]  # those of now
    measurements: tuple[Measurement, ...]  # all, the oldest first
    notes: tuple[str, ...]
    ending: Ending
    new_code: NewCode | None = None  # None: not looked at
    gains: tuple[Gain, ...] = ()  # of one tier after the other, the best first

    def of(self, name: Name) -> Measured:
        """The tier of that name."""
        return next(each for each in self.tiers if each.tier.name is name)
