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
    is_confirmed: bool = False  # in a process of its own, where what ran at import shows
    duration_s: float = 0.0


class Baseline(msgspec.Struct, frozen=True, kw_only=True):
    """What the tests do while nothing is mutated."""

    durations_s: dict[str, float]  # of the tests that pass, in the order of collection
    left_out: tuple[tuple[str, str], ...]  # tests that do not pass in the copy, and why
    covering: dict[str, tuple[str, ...]]  # by function, as mutmut names it: the tests that run it
    at_import: frozenset[str]  # functions that ran before the first test


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


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """All that a scan has found."""

    mutants: tuple[Mutant, ...]
    fates: dict[str, Fate]  # by the mutant's id; one for each
    baseline: Baseline
    score: Score
    by_path: dict[str, Score]
    judgement: Judgement
    unmutated: tuple[tuple[str, str], ...] = ()  # files that could not be mutated, and why
