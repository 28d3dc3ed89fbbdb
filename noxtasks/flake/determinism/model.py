"""What makes a suite unreproducible: what was read in its files, and what two equal runs of it showed."""

from __future__ import annotations

from enum import Enum

import msgspec

from noxtasks.stats import Interval, Verdict


class Kind(Enum):
    """What, in the source of a test, can make its outcome differ from one run to the next."""

    RANDOM = "randomness"
    CLOCK = "clock"
    SLEEP = "sleep"
    SET_ORDER = "set-order"
    LISTING = "listing"
    NETWORK = "network"
    PORT = "port"
    SHARED_PATH = "shared-path"
    ENVIRONMENT = "environment"
    SHARED_STATE = "shared-state"
    THREAD = "thread"
    HASH = "hash"
    LOCALE = "locale"


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One place in a file of the suite. `path` is relative to the root directory, `line` counts from 1."""

    kind: Kind
    path: str
    line: int
    code: str  # the line, without its indentation
    what: str  # what was recognised there, such as `time.time()`


class Differing(msgspec.Struct, frozen=True, kw_only=True):
    """A test that ended otherwise in the second of two equal runs."""

    test: str
    first: str
    second: str


class Replays(msgspec.Struct, frozen=True, kw_only=True):
    """How often a failing run was repeated exactly, and how often the test failed in it again."""

    tried: int = 0
    failed: int = 0


class Score(msgspec.Struct, frozen=True, kw_only=True):
    """The share of failures that replay exactly; unmeasured where none was repeated.

    `figure` and `interval` are of `failed` out of `tried`. Failures that always come again pass.
    """

    verdict: Verdict
    figure: float | None
    interval: Interval
    tried: int
    failed: int
    sources: tuple[str, ...]  # where the repeats come from


class Audit(msgspec.Struct, frozen=True, kw_only=True):
    """The whole audit. `unread` are files that this Python cannot parse."""

    files: int
    findings: tuple[Finding, ...]
    ignored: int  # findings that a comment or a setting takes out
    unread: tuple[str, ...]
    tests: int
    runs: int  # of the suite, 0 where only its files were read
    differing: tuple[Differing, ...]
    score: Score
