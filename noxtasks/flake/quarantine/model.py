"""What is known of a test and its quarantine, and what is to become of it."""

from __future__ import annotations

from datetime import date
from enum import Enum

import msgspec

from noxtasks.stats import Interval


class Store(Enum):
    """Where an entry is written down."""

    FILE = "quarantine.toml"
    SOURCE = "source"  # as a mark on the test


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One test in quarantine, or all tests below a node id, until the end of the day `expires`."""

    test: str
    since: date
    expires: date
    reason: str = ""
    owner: str = ""
    issue: str = ""
    reruns: int = 0
    store: Store = Store.FILE


class Measured(msgspec.Struct, frozen=True, kw_only=True):
    """What the outcomes at one version of the code say of a test."""

    test: str
    runs: int
    failures: int
    interval: Interval
    exception: str = ""  # that it mostly failed with
    is_flaky: bool = False  # found flaky by the report: neither sound nor broken


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """Who goes in, who returns, and on which terms."""

    enter_above: float  # by the lower bound
    release_below: float  # by the upper bound
    days: int
    reruns: int = 0
    owner: str = ""
    issue: str = ""


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """An entry with what was measured of the tests that it holds for; nothing, where nothing was."""

    entry: Entry
    measured: tuple[Measured, ...] = ()


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What is to become of each entry, old or new; each is in one of the four."""

    added: tuple[Standing, ...] = ()
    kept: tuple[Standing, ...] = ()
    released: tuple[Standing, ...] = ()
    expired: tuple[Standing, ...] = ()
