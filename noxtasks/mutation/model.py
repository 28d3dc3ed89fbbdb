"""What is known of a mutant, what became of it, and what the score is made of."""

from __future__ import annotations

from enum import Enum

import msgspec

from noxtasks.stats import Verdict


class Status(Enum):
    """What became of a mutant."""

    KILLED = "killed"
    SURVIVED = "survived"
    TIMEOUT = "timeout"
    NO_TESTS = "no tests"  # no test runs the function
    SUSPICIOUS = "suspicious"  # something else than a test's failure: pytest itself broke
    SEGFAULT = "segfault"
    SKIPPED = "skipped"  # the user has said so, with a pragma
    UNCHECKED = "unchecked"  # not tried: sampled out, time was up, interrupted


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
    tests: tuple[str, ...] = ()  # that ran: of a survivor, all that let it live
    is_confirmed: bool = False  # by a trial that shows what happens at import too, where that can matter
    is_remembered: bool = False  # by an earlier scan, of the same content
    functions: tuple[str, ...] | None = None  # with mutants, that ran in the trial; None: not known
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


class Score(msgspec.Struct, frozen=True, kw_only=True):
    """Killed (and crashed or timed out, where that counts) of all that could be killed, in a module or in all."""

    killed: int
    total: int
    covered: int  # those of `total` that some test runs
    figure: float | None
    figure_of_covered: float | None


class Judgement(msgspec.Struct, frozen=True, kw_only=True):
    """Whether the score reaches its threshold."""

    verdict: Verdict
    figure: float | None
    threshold: float
    reason: str


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
    unmutated: tuple[tuple[str, str], ...] = ()  # files that could not be mutated, and why
