"""What the rounds of benchmarks were, how two versions of the code compare, and what is said of it."""

from __future__ import annotations

from datetime import datetime
from enum import Enum

import msgspec

from noxtasks.stats import Interval, Quantile, Shift, Verdict


class Metric(Enum):
    """A figure of one benchmark in one process; in seconds of a call, where nothing else is said."""

    CPU = "cpu"  # of the fastest round
    WALL = "wall"  # of the fastest round, without what it waited for a processor that others had
    MEAN = "mean"  # of all rounds by the wall, likewise, as all that follow
    P50 = "p50"
    P95 = "p95"
    P99 = "p99"
    INSTRUCTIONS = "instructions"  # of one call, counted
    MEMORY = "memory"  # bytes by which the process grew at most


class Consequence(Enum):
    """What a slow-down beyond the threshold of a metric means; the graver comes later."""

    ALERT = "alert"  # it is shown, and never fails
    FAIL = "fail"
    BLOCK = "block"
    EMERGENCY = "emergency"
    ROLLBACK = "rollback"  # recommended


class Finding(Enum):
    """What a series of ratios says of one benchmark."""

    STEADY = "steady"  # no slower than is allowed
    SLOWER = "slower"
    FASTER = "faster"
    OPEN = "open"  # the ratios do not decide


class Pair(msgspec.Struct, frozen=True, kw_only=True):
    """One benchmark in two processes that took turns: the metrics of each side, those that could be had."""

    old: dict[Metric, float]
    new: dict[Metric, float]


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """One benchmark under one metric: how much longer the new code takes than the old. 0.1 is 10 % more."""

    test: str
    metric: Metric
    finding: Finding
    change: Shift  # of the ratio, minus 1
    threshold: float
    p: float  # of as much more than the threshold by chance alone, adjusted for all benchmarks
    changes: tuple[float, ...] = ()  # of each pair


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """The rounds of one benchmark on one side, of all processes together; seconds of one call."""

    test: str
    processes: int
    rounds: int
    calls: int  # in a round, at most
    mean_s: float
    stddev_s: float
    least_s: float
    least_cpu_s: float
    iqr_s: float
    quantiles_s: dict[str, Quantile]  # p50, p95, p99
    spread_s: tuple[float, ...]  # of the rounds from the fastest to the slowest, every 5 %: 21 figures
    peak_bytes: int | None
    collects_garbage: bool = True  # the collector could run during the rounds


class Tier(msgspec.Struct, frozen=True, kw_only=True):
    """What a slow-down of one metric of one benchmark means, and whether there is one."""

    test: str
    metric: Metric
    consequence: Consequence
    threshold: float
    verdict: Verdict  # unmeasured where the interval does not decide
    change: Shift | None  # None where no process had enough rounds
    p: float = 1.0  # of as much more than the threshold by chance alone, adjusted for all that is decided
    needed: int | None = None  # pairs that would decide, as far as can be told from those there were


class Limit(msgspec.Struct, frozen=True, kw_only=True):
    """What the project allows one benchmark to take, whatever it took before."""

    test: str
    metric: Metric
    limit_s: float
    figure_s: float | None  # None where no process had enough rounds
    interval: Interval | None  # over the processes; None where they are too few
    verdict: Verdict
    needed_rounds: int | None = None  # in each process, where this metric has no figure for want of them


class Point(msgspec.Struct, frozen=True, kw_only=True):
    """One stored measurement of one benchmark."""

    code_version: str
    taken: datetime
    value_s: float


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """A place in a series from which on it stays at another level."""

    at: int  # the first point of the new level
    change: float  # from the level before
    interval: Interval


class Trend(msgspec.Struct, frozen=True, kw_only=True):
    """What one benchmark took on this machine over time, the oldest first."""

    test: str
    metric: Metric
    points: tuple[Point, ...]
    steps: tuple[Step, ...]
    drift: Step | None  # the last level against the lowest before it, where it lies surely above


class Mark(Enum):
    """What a commit is told to git as, when the one is sought that made it slower."""

    GOOD = "good"
    BAD = "bad"
    SKIP = "skip"  # it cannot be said


class Commit(msgspec.Struct, frozen=True, kw_only=True):
    """A commit, as its author has it."""

    id: str
    subject: str
    date: datetime


class Tried(msgspec.Struct, frozen=True, kw_only=True):
    """A commit held against the good one."""

    commit: Commit
    mark: Mark
    comparison: Comparison | None  # None where there is none
    reason: str = ""  # why it is skipped


class Bisection(msgspec.Struct, frozen=True, kw_only=True):
    """The search for the commit that made one benchmark slower, the one of which that is surest."""

    good: str
    bad: str
    test: str
    threshold: float  # half of the whole slow-down, by the logarithm
    tried: tuple[Tried, ...]
    left: tuple[Commit, ...]  # the first one above the threshold is among them; one, where all could be tried
    parent: str = ""  # of the first of these
    alone: tuple[Comparison, ...] = ()  # the last of these against it: all benchmarks that are slower in the whole
    command: str = ""  # that shows it again


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """All that a session has found."""

    against: str  # the commit of the old code, or of the stored baseline; "" where nothing was compared
    revision: str = ""  # the commit of the new code; "" is the working tree
    is_stored: bool = False
    from_tests: int = 0  # so many plain tests are among the benchmarks, at most
    verdict: Verdict
    reason: str
    consequence: Consequence | None = None  # the gravest of all that were found
    summaries: tuple[Summary, ...]  # of the new code
    old: tuple[Summary, ...] = ()
    comparisons: tuple[Comparison, ...] = ()
    tiers: tuple[Tier, ...] = ()
    limits: tuple[Limit, ...] = ()
    trends: tuple[Trend, ...] = ()
    notes: tuple[str, ...] = ()  # what else to know of these figures
    left_out: dict[str, str] = {}  # benchmarks that could not be measured or compared, and why
    brought: tuple[str, ...] = ()  # files that the old code was given by the new, which had others or none
    bisection: Bisection | None = None
    is_whole: bool = True  # not cut short by the budget
    is_apart: bool = False  # the two sides ran one after the other, and not in turns
