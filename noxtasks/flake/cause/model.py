"""What was suspected, what was tried, and what explains it."""

from __future__ import annotations

from enum import Enum

import msgspec

from noxtasks.suite.model import Circumstances, StateChange


class Kind(Enum):
    """Why a test does not always end the same way."""

    VICTIM = "victim"  # another test, run before it, makes it fail
    BRITTLE = "brittle"  # it passes only after another test
    NOT_IDEMPOTENT = "not idempotent"  # it fails the second time in one process
    SEED = "randomness"  # it follows the seed of the generators that can be seeded
    ENTROPY = "system randomness"  # it follows what the operating system's generator gives
    HASH_ORDER = "hash order"  # it follows PYTHONHASHSEED
    TIME = "time"
    ENVIRONMENT = "environment"
    LOAD = "load"
    CONCURRENCY = "concurrency"  # it fails beside a copy of itself
    CHANCE = "chance"  # it fails at a rate that no factor tried has changed
    UNEXPLAINED = "unexplained"  # it was not seen to fail again, or time was up


class Trial(msgspec.Struct, frozen=True, kw_only=True):
    """One process: `tests` in this order. The last one's outcome is the trial's."""

    tests: tuple[str, ...]
    seed: int
    hash_seed: int
    circumstances: Circumstances = Circumstances()
    leaks: bool = False  # whether what each test leaves open is looked at

    @property
    def target(self) -> str:
        """The test whose outcome counts."""
        return self.tests[-1]

    @property
    def before(self) -> tuple[str, ...]:
        """The tests that run before it."""
        return self.tests[:-1]

    def after(self, before: tuple[str, ...]) -> Trial:
        """The same with other tests before the target."""
        return msgspec.structs.replace(self, tests=(*before, self.target))

    def with_seeds_of(self, other: Trial) -> Trial:
        """The same with the seeds of another."""
        return msgspec.structs.replace(self, seed=other.seed, hash_seed=other.hash_seed)

    def under(self, circumstances: Circumstances) -> Trial:
        """The same in other circumstances."""
        return msgspec.structs.replace(self, circumstances=circumstances)


class Rate(msgspec.Struct, frozen=True, kw_only=True):
    """How many of the trials failed."""

    failures: int = 0
    runs: int = 0

    def __add__(self, other: Rate) -> Rate:
        return Rate(failures=self.failures + other.failures, runs=self.runs + other.runs)

    @property
    def always(self) -> bool:
        """Whether all of them failed; false where there were none."""
        return 0 < self.runs == self.failures

    @property
    def never(self) -> bool:
        """Whether none of them failed; false where there were none."""
        return self.runs > 0 == self.failures

    @property
    def counts(self) -> tuple[int, int]:
        """(failures, trials)."""
        return (self.failures, self.runs)


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """Outcomes with a factor and without it, and how likely chance alone makes so great a difference."""

    factor: str
    present: Rate
    absent: Rate
    p_value: float


class Suspect(msgspec.Struct, frozen=True, kw_only=True):
    """A test that has changed its outcome, with a trial in which it failed and one in which it passed."""

    test: str
    failing: Trial | None
    passing: Trial | None
    exceptions: frozenset[str] = frozenset()  # what it failed with; none: it was not seen to fail


class Explanation(msgspec.Struct, frozen=True, kw_only=True):
    """What the experiments say of one test."""

    test: str
    kind: Kind
    evidence: tuple[Evidence, ...] = ()
    culprits: tuple[str, ...] = ()  # the smallest set found that makes it fail (victim) or pass (brittle), in order
    others: tuple[tuple[str, ...], ...] = ()  # further such sets
    cleaners: tuple[str, ...] = ()  # between the culprits and the victim, these make it pass
    changes: tuple[tuple[str, tuple[StateChange, ...]], ...] = ()  # what each culprit has changed
    reproduce: Trial | None = None
    reproduced: Rate = Rate()
    unavailable: tuple[str, ...] = ()  # factors that could not be tried here, and why
    tried: tuple[str, ...] = ()  # factors that made no difference
    timed_out: bool = False  # time was up before it could be settled

    @property
    def needs_a_copy(self) -> bool:
        """Whether its trial shows the failure only beside a copy of itself."""
        alone = self.reproduce is not None and self.reproduce.circumstances.xdist_worker
        return self.kind is Kind.CONCURRENCY and not alone
