"""What was observed of each test over many runs, and what was decided from it."""

from __future__ import annotations

from datetime import datetime
from enum import Enum

import msgspec

from noxtasks.flake.cause.model import Explanation
from noxtasks.history.model import Tally
from noxtasks.stats import Interval, Judgement


class Standing(Enum):
    """What outcomes of a test that are comparable say about it."""

    STEADY = "steady"  # it passed whenever it ran
    FLAKY = "flaky"  # it passed and it failed
    BROKEN = "broken"  # it failed whenever it ran
    UNSEEN = "unseen"  # it was skipped whenever its turn came


class Confirmation(Enum):
    """What became of a failure when its run was repeated alone: same order, same seed, nothing beside it."""

    REPRODUCED = "reproduced"
    NOT_REPRODUCED = "not reproduced"
    NOT_TRIED = "not tried"


class Repeats(msgspec.Struct, frozen=True, kw_only=True):
    """How often a failing run was repeated alone, and how often the test failed again."""

    tried: int = 0
    failed: int = 0

    @property
    def confirmation(self) -> Confirmation:
        """The repeats in a word."""
        if self.failed:
            return Confirmation.REPRODUCED
        return Confirmation.NOT_REPRODUCED if self.tried else Confirmation.NOT_TRIED


class Weighed(msgspec.Struct, frozen=True, kw_only=True):
    """One test in this session and, as far as they agree with it, in the comparable ones at its code version."""

    now: Tally
    pooled: Tally  # with `now` in it
    left_out: Tally | None = None  # of the sessions that disagree


class Unsteady(msgspec.Struct, frozen=True, kw_only=True):
    """A test that is flaky or broken, and what is known of it."""

    tally: Tally
    standing: Standing
    rate: float
    interval: Interval
    repeats: Repeats
    first_seen: datetime | None
    explanation: Explanation | None  # None: not looked for
    run_name: str  # a run in which it failed; empty where none can be repeated, for its id is another each time


class RunSummary(msgspec.Struct, frozen=True, kw_only=True):
    """What is kept at hand of a run; its outcomes are in the history."""

    number: int
    started: datetime
    duration_s: float
    hash_seed: int
    failed: frozenset[str]
    left_behind: tuple[tuple[str, str], ...] = ()  # (test, what it left)
    complete: bool = True


class Disagreement(msgspec.Struct, frozen=True, kw_only=True):
    """A test that ended otherwise than in earlier sessions, which should have been alike: (failures, runs)."""

    nodeid: str
    before: tuple[int, int]
    now: tuple[int, int]


class Examination(msgspec.Struct, frozen=True, kw_only=True):
    """What all comparable outcomes at one code version say about the suite."""

    tests: int
    runs: int
    flaky: tuple[Unsteady, ...]  # highest rate first; each failed in this session
    broken: tuple[Unsteady, ...]
    quiet: tuple[Unsteady, ...]  # flaky in comparable sessions; no failure in this one, which may be chance
    disagreements: tuple[Disagreement, ...]
    imported: tuple[Tally, ...]  # of tests that are flaky in imported outcomes at this code version
    unseen: tuple[str, ...]
    disturbed: Judgement  # the share of runs that a flaky test would have turned red
    claim: Judgement  # of the worst test that ran: is every test's rate below the threshold?
    bounds: Interval  # the highest low and the highest high end of all tests: they judge any other threshold
    fewest_runs: int  # that the rate of a test rests on


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One test in two windows: (failures, runs) before and after, and the interval of the difference of the rates."""

    nodeid: str
    before: tuple[int, int]
    after: tuple[int, int]
    difference: Interval


class Delta(msgspec.Struct, frozen=True, kw_only=True):
    """What has changed between two windows."""

    appeared: tuple[Change, ...]  # flaky now, not seen to fail before
    recovered: tuple[Change, ...]  # flaky before; the difference to now is beyond chance
    quiet: tuple[Change, ...]  # flaky before and no failure now, which may be chance
    persisting: tuple[Change, ...]
    overall: Change  # runs with a flaky failure
