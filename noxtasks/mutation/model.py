"""What is known of a mutant, what became of it, and what the score is made of."""

from __future__ import annotations

from datetime import date
from enum import Enum

import msgspec

from noxtasks.stats import Interval, Verdict
from noxtasks.suite.model import Touched


class Status(Enum):
    """What became of a mutant."""

    KILLED = "killed"
    SURVIVED = "survived"
    TIMEOUT = "timeout"
    NO_TESTS = "no tests"  # no test runs the function
    SUSPICIOUS = "suspicious"  # something else than a test's failure: pytest itself broke
    SEGFAULT = "segfault"
    SKIPPED = "skipped"  # the user has said so, with a pragma or a suppression
    UNCHECKED = "unchecked"  # not tried: sampled out, time was up, interrupted


ALIVE = frozenset({Status.SURVIVED, Status.NO_TESTS})
"""What a test more could change."""


class Mutant(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """One change of one function. `id` is a digest of path, function, source before and after, and occurrence."""

    path: str  # from the project's root, with slashes
    line: int  # of the change, from 1
    id: str
    name: str  # mutmut's, which changes with the functions around it: "shop.cart.x_total__mutmut_3"
    function: str  # as one would write it: "Cart.total"
    operator: str  # the kind of node that is changed: "ComparisonOperator"
    before: str  # the function's source
    after: str
    column: int = 1  # where the change begins in its line, from 1
    end_line: int = 0  # where it ends: the line, and the column behind it; 0: not known
    end_column: int = 0
    replacement: str = ""  # what stands there instead

    @property
    def key(self) -> str:
        """How mutmut calls the function when it runs: "shop.cart.x_total"."""
        return self.name.rpartition("__mutmut_")[0]


class Fate(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a mutant, and by whose word."""

    mutant: str  # its id
    status: Status
    killed_by: str = ""  # the first test that failed, with what it said
    message: str = ""
    uncollected: str = ""  # without such a test: one that cannot be collected with the mutant
    tests: tuple[str, ...] = ()  # that ran: of a survivor, all that let it live
    is_confirmed: bool = False  # by a trial that shows what happens at import too, where that can matter
    is_remembered: bool = False  # by an earlier scan, of the same content
    functions: tuple[str, ...] | None = None  # with mutants, that ran in the trial; None: not known
    touched: Touched | None = None  # of the project's files, in the trial; None: not known
    reason: str = ""  # why it was skipped
    duration_s: float = 0.0

    @property
    def is_kill(self) -> bool:
        """Whether the mutant was noticed, and at once: not by tests that took too long."""
        return self.status in {Status.KILLED, Status.SEGFAULT}


class Baseline(msgspec.Struct, frozen=True, kw_only=True):
    """What the tests do while nothing is mutated."""

    durations_s: dict[str, float]  # of the tests that pass, in the order of collection
    left_out: tuple[tuple[str, str], ...]  # tests that do not pass in the copy, and why
    covering: dict[str, tuple[str, ...]]  # by function, as mutmut names it: the tests that run it
    at_import: frozenset[str]  # functions that ran before the first test
    import_order: tuple[str, ...] = ()  # the same, by their first calls
    order_dependent: frozenset[str] = frozenset()  # functions that other tests run when the order is another
    ran: dict[str, tuple[str, ...]] = {}  # by test, the functions that it runs in the order of collection
    unusable: frozenset[str] = frozenset()  # functions that tests run, but none that passes
    shared_s: float = 0.0  # what tests take longer that come first: fixtures of the session, caches
    failed: frozenset[str] = frozenset()  # tests that are left out because they never pass


class Reach(msgspec.Struct, frozen=True, kw_only=True):
    """How much of the sources the score speaks of: a function within another counts as part of it."""

    functions: int
    mutated: int  # that have mutants
    left_out: tuple[tuple[str, int], ...]  # why the others have none, the most frequent reason first
    lines: int  # on which a statement begins
    mutated_lines: int  # those in functions that have mutants


class Score(msgspec.Struct, frozen=True, kw_only=True):
    """Killed (and crashed or timed out, where that counts) of all that could be killed, in a module or in all.

    `killed`, `total` and `covered` are counts of what is known. Where some were not tried the figures are estimates for
    all, and `interval` holds the first; None where all were tried.
    """

    killed: int
    total: int
    covered: int  # those of `total` that some test runs
    figure: float | None
    figure_of_covered: float | None
    interval: Interval | None = None


class Judgement(msgspec.Struct, frozen=True, kw_only=True):
    """Whether the score reaches its threshold."""

    verdict: Verdict
    figure: float | None
    threshold: float
    reason: str


class Scope(msgspec.Struct, frozen=True, kw_only=True):
    """A part of the sources with a name, which has to reach a threshold by itself."""

    name: str
    files: tuple[str, ...]
    score: Score
    judgement: Judgement


class Choice(Enum):
    """Which mutants a scan is about."""

    ALL = "all"
    CAP = "cap"  # a stratified sample of so many
    SINCE = "since"  # those of functions that have changed, or whose tests have


class Ending(Enum):
    """Why a scan has ended."""

    WHOLE = "whole"  # every chosen mutant has a fate
    CERTAIN = "certain"  # those that were left could not change the verdict
    BUDGET = "budget"  # the time was up
    INTERRUPTED = "interrupted"


class Extent(msgspec.Struct, frozen=True, kw_only=True):
    """How much of all that could be tried a scan rests on."""

    choice: Choice
    ending: Ending
    mutants: int  # that there are
    chosen: int
    seed: int  # of the order, and of the sample
    since: str = ""  # the revision


class Standing(Enum):
    """What a suppression does today."""

    ACTIVE = "active"
    EXPIRED = "expired"  # its last day is over: what it held for counts again
    UNMATCHED = "unmatched"  # no mutant of this scan is meant


class Suppression(msgspec.Struct, frozen=True, kw_only=True):
    """Mutants that do not count until the end of the day `expires`: the one with an id, or those of a function."""

    reason: str
    expires: date
    id: str = ""
    path: str = ""
    function: str = ""
    operator: str = ""  # of that function, those of this operator alone
    standing: Standing = Standing.UNMATCHED
    mutants: tuple[str, ...] = ()  # ids of those that it holds for, or held


class Ratchet(msgspec.Struct, frozen=True, kw_only=True):
    """What lives and did not in an earlier report: ids of mutants."""

    baseline: str  # the report's path
    regressed: tuple[str, ...] = ()  # the tests of then have killed them
    new: tuple[str, ...] = ()  # the report did not know them


class Stance(msgspec.Struct, frozen=True, kw_only=True):
    """Whether the verdict decides how the command ends, and in words until when it does not."""

    is_blocking: bool
    said: str = ""


class Lesson(msgspec.Struct, frozen=True, kw_only=True):
    """What a survivor teaches, the most instructive first."""

    mutant: str  # its id
    suspect: str = ""  # why it may do the same as the original, in which case no test can kill it
    call: str = ""  # "slug('', 1)": tells it from the original
    original: str = ""  # what the original does then: "returns ''", "raises ValueError: too short"
    mutated: str = ""
    skeleton: str = ""  # a test that would kill it, or the beginning of one


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """All that a scan has found."""

    mutants: tuple[Mutant, ...]
    fates: dict[str, Fate]  # by the mutant's id; one for each
    baseline: Baseline
    score: Score
    by_path: dict[str, Score]
    judgement: Judgement
    extent: Extent
    scopes: tuple[Scope, ...] = ()
    suppressions: tuple[Suppression, ...] = ()
    ratchet: Ratchet | None = None
    stance: Stance = Stance(is_blocking=True)
    unmutated: tuple[tuple[str, str], ...] = ()  # files that could not be mutated, and why
    lessons: tuple[Lesson, ...] = ()  # of the survivors
    texts: dict[str, str] = {}  # of the files that have mutants, by path, as they were before
    reach: Reach | None = None
