"""Cells, what each has recorded, and what they say together: frozen values. Shares are between 0 and 1."""

from __future__ import annotations

from datetime import datetime
from enum import Enum

import msgspec

from noxtasks.evidence.vcs import Vcs
from noxtasks.matrix.causes import Cause
from noxtasks.stats import Interval, Judgement
from noxtasks.suite.model import Outcome

_USUAL_MACHINES = frozenset({"x86_64", "amd64", ""})


class Cell(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """An operating system and an interpreter."""

    system: str  # linux, windows, macos, …
    machine: str  # x86_64, arm64, …; "" where that is not known
    implementation: str  # cpython, pypy, …
    python: str  # "3.12", "3.13t"

    @property
    def name(self) -> str:
        """As in "linux-3.12": the usual machine and CPython go without saying."""
        machine = "" if self.machine in _USUAL_MACHINES else self.machine
        implementation = "" if self.implementation == "cpython" else self.implementation
        return "-".join(part for part in (self.system, machine, implementation, self.python) if part)

    @property
    def interpreter(self) -> str:
        """As in "3.12", or "pypy-3.10"."""
        return self.python if self.implementation == "cpython" else f"{self.implementation}-{self.python}"


class Source(Enum):
    """Where a record comes from."""

    RUN = "run"  # noxtasks ran the suite
    JUNIT = "junit"  # it was read from JUnit XML


class Entry(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How one test ended in a cell."""

    outcome: Outcome
    reason: str = ""  # why it was skipped, or was expected to fail
    by_platform: bool = False  # whether it was skipped because of the system or the interpreter
    fingerprint: str = ""
    exception: str = ""
    message: str = ""  # of the failure, its beginning
    place: str = ""  # of the failure, "path:line": in the test's own file, if it went through that


class Uncollected(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A module of which a cell has no test."""

    path: str
    is_error: bool  # or else it was skipped whole
    reason: str  # of the skip, or what was raised
    exception: str = ""
    by_platform: bool = False


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """What one cell has recorded."""

    cell: Cell
    source: Source
    created: datetime
    code_version: str
    vcs: Vcs | None
    tests: dict[str, Entry]  # by node id, as that cell names it
    uncollected: tuple[Uncollected, ...] = ()
    deselected: tuple[str, ...] = ()
    path: str = ""  # of its file
    digest: str = ""  # SHA-256 of that


class End(Enum):
    """What counts of an outcome when cells are compared."""

    PASSES = "passes"  # also where it was run again, or was expected to fail
    FAILS = "fails"  # in whatever way
    FAILS_AS_EXPECTED = "fails as expected"
    SKIPS = "skips"  # for no reason of the platform's


class Absence(Enum):
    """Why a cell has no outcome of a test that others have."""

    COLLECTION_ERROR = "collection error"
    MODULE_SKIPPED = "module skipped"
    DESELECTED = "deselected"
    PARAMETRISED = "parametrised otherwise"
    ABSENT = "not collected"


class Showing(msgspec.Struct, frozen=True, kw_only=True):
    """What one cell says of one test. Without an end the test is not meant to run there."""

    said: str  # the outcome, or the absence
    end: End | None
    entry: Entry
    test: str = ""  # as that cell names it, where it has it


class Only(Enum):
    """What the cells in which a test ends otherwise have in common."""

    SYSTEM = "system"
    INTERPRETER = "interpreter"
    CELL = "cell"
    NOTHING = "nothing"


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """A test that does not end alike wherever it is meant to run."""

    test: str
    there: str  # the test, as a cell names it in which it ends otherwise
    outcomes: dict[str, str]  # by cell, of those too where it is not meant to run
    outcome: str  # in a cell in which it ends otherwise
    only: Only
    where: tuple[str, ...]  # the system, the interpreter or the cells in which it ends otherwise
    cause: Cause
    said: str  # the first line of the failure, or the reason of the skip
    place: str  # "path:line"; may be empty


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """One cell, counted. A missing one has no figures."""

    name: str
    cell: Cell | None
    source: Source | None
    passed: int
    failed: int
    skipped: int
    expected: int  # failures that were expected
    uncollected: int  # modules that could not be imported
    judgement: Judgement  # of passed and failed
    digest: str = ""
    path: str = ""

    @property
    def is_missing(self) -> bool:
        """Whether there is no record of it."""
        return self.source is None


class Hidden(msgspec.Struct, frozen=True, kw_only=True):
    """Tests that a system never runs, so that what would fail there does not show."""

    system: str | None  # None: they run nowhere
    tests: tuple[str, ...]
    reason: str


class Absent(msgspec.Struct, frozen=True, kw_only=True):
    """Tests that some cells do not have. They are not compared with those cells."""

    absence: Absence
    cells: tuple[str, ...]
    tests: tuple[str, ...]


class Flaky(msgspec.Struct, frozen=True, kw_only=True):
    """A test that `flake` has seen to be flaky in the same code: it says nothing of platforms."""

    test: str
    outcomes: dict[str, str]


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What all cells say together."""

    code_version: str
    vcs: Vcs | None
    standings: tuple[Standing, ...]
    tests: int  # that any cell knows
    consistency: Judgement  # across systems; its interval is the figure: nothing is sampled
    interpreters: Judgement  # across the interpreters of each system
    pass_rate: Judgement  # of the cell in which it is lowest
    lowest: str  # that cell
    differing: tuple[Difference, ...]
    hidden: tuple[Hidden, ...]
    absent: tuple[Absent, ...]
    flaky: tuple[Flaky, ...]
    missing: tuple[str, ...]  # cells that are expected, and have no record
    notes: tuple[str, ...] = ()


def exactly(figure: float) -> Interval:
    """The interval of what was counted and not sampled."""
    return Interval(low=figure, high=figure)
