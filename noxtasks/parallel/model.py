"""What a scan observes and decides: frozen values."""

from __future__ import annotations

from enum import Enum

import msgspec

from noxtasks.parallel.conflicts.model import Conflict, Findings
from noxtasks.stats import Interval, Judgement, Shift
from noxtasks.suite.model import Outcome


class Mode(Enum):
    """How tests are distributed: as `noxtasks run` does it, or as xdist does with `--dist`."""

    OURS = "ours"
    LOAD = "load"
    WORKSTEAL = "worksteal"
    LOADSCOPE = "loadscope"
    LOADFILE = "loadfile"
    LOADGROUP = "loadgroup"

    @property
    def is_of_xdist(self) -> bool:
        """Whether pytest-xdist does it."""
        return self is not Mode.OURS


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """A way to run the suite in parallel."""

    mode: Mode
    workers: int


class Worker(msgspec.Struct, frozen=True, kw_only=True):
    """What one process did that ran tests. Seconds from the start of the run."""

    name: str  # "" where nothing was distributed
    tests: int
    first_s: float  # when its first test began
    last_s: float  # when its last test ended
    busy_s: float


class Shared(msgspec.Struct, frozen=True, kw_only=True):
    """A fixture that several tests share, and what its set-ups took in all processes together."""

    name: str
    scope: str
    times: int
    took_s: float


class Phases(msgspec.Struct, frozen=True, kw_only=True):
    """Where the time of one run went. The first four are of the clock, and add up to it."""

    startup_s: float  # interpreters, pytest, plugins; and of workers, until the first test
    collection_s: float  # of the process that took longest to collect
    testing_s: float  # from the start of the first test to the end of the last
    ending_s: float
    fixtures_s: float  # setups and teardowns, of all processes together
    calls_s: float  # of the test functions themselves, likewise
    cpu_s: float  # processor time of all tests, where one process ran them
    shared: tuple[Shared, ...]
    workers: tuple[Worker, ...]
    tests_s: dict[str, float]  # each test with its fixtures, without those that it shares
    inifile: str = ""


class Trouble(Enum):
    """Why a run does not count."""

    NOT_STARTED = "not started"  # no test ran
    HUNG = "hung"
    DIFFERENT = "different tests"  # ids differ between collections
    CRASHED = "crashed"  # a worker died and left tests unrun
    UNRUN = "unrun"


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """Why a run does not count, and the tests that it has not accounted for."""

    trouble: Trouble
    tests: tuple[str, ...]
    said: str  # the last that pytest wrote


class Execution(msgspec.Struct, frozen=True, kw_only=True):
    """One run of the suite. Without a candidate it is plain pytest, one test after the other."""

    candidate: Candidate | None
    wall_s: float
    outcomes: dict[str, Outcome]
    phases: Phases | None = None
    fault: Fault | None = None


class Pair(msgspec.Struct, frozen=True, kw_only=True):
    """A parallel run, and the sequential one before it."""

    number: int  # of the round
    sequential: Execution
    parallel: Execution

    @property
    def speedup(self) -> float:
        """How many times as fast."""
        return self.sequential.wall_s / self.parallel.wall_s


class Basis(msgspec.Struct, frozen=True, kw_only=True):
    """What sequential runs tell of the limit: medians, in seconds."""

    wall_s: float
    once_s: float  # what is paid once: start-up, imports, collection, ending
    total_s: float  # all tests with their fixtures
    longest_s: float
    longest: str
    cpu_s: float  # of all tests


class Ending(Enum):
    """Why no further run was made."""

    DECIDED = "decided"
    ROUNDS = "rounds"
    BUDGET = "budget"
    INTERRUPTED = "interrupted"
    NOTHING_LEFT = "nothing left"
    STOPPED = "stopped"  # plain pytest did not come to its end, where it had before


class Scan(msgspec.Struct, frozen=True, kw_only=True):
    """All that was measured."""

    sequential: tuple[Execution, ...]
    pairs: dict[Candidate, tuple[Pair, ...]]  # those that count, in order
    faults: dict[Candidate, Fault]
    dropped: dict[Candidate, str]
    ending: Ending
    stopped_by: str = ""  # what plain pytest did, where that ended it


class Suspect(msgspec.Struct, frozen=True, kw_only=True):
    """A test that ends otherwise in parallel than it ever did alone."""

    test: str
    times: int
    trials: int
    interval: Interval  # Wilson's, of the rate in parallel
    outcome: Outcome
    alone: int  # sequential runs, none of which ended so


class Dominant(Enum):
    """What keeps a run from being faster."""

    LONG_TEST = "one long test"
    TOO_SHORT = "too short to pay"
    STARTUP = "start-up"
    COLLECTION = "collection"
    FIXTURES = "fixtures per worker"
    IMBALANCE = "imbalance"
    CONTENTION = "slower side by side"


class Cause(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that dominates, with its share of the run, and what to do about it."""

    dominant: Dominant
    share: float
    said: str
    remedy: str


class State(Enum):
    """What became of a candidate."""

    KEPT = "kept"
    DROPPED = "dropped"  # plainly slower than another
    BROKEN = "broken"  # not every test was accounted for
    NOT_TRIED = "not tried"


class Assessment(msgspec.Struct, frozen=True, kw_only=True):
    """One candidate, judged."""

    candidate: Candidate
    state: State
    reason: str  # why it was dropped
    fault: Fault | None
    runs: int
    wall_s: float | None  # median
    speedup: Shift | None
    efficiency: float | None  # speed-up for each worker
    limit_s: float
    over_limit: float | None  # how many times the limit it takes
    suspects: tuple[Suspect, ...]
    otherwise: tuple[Suspect, ...]  # tests that end otherwise, and not badly
    causes: tuple[Cause, ...]


class Answer(Enum):
    """Does it pay?"""

    PAYS = "pays"
    DOES_NOT_PAY = "does not pay"
    UNDECIDED = "undecided"


class Recommendation(msgspec.Struct, frozen=True, kw_only=True):
    """What to do. The candidate is the best that there is, also where it does not pay; None where none works."""

    answer: Answer
    candidate: Candidate | None
    speedup: Shift | None
    reason: str


class Gate(msgspec.Struct, frozen=True, kw_only=True):
    """A verdict, by name."""

    name: str
    judgement: Judgement


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What a scan has found."""

    basis: Basis
    tests: int
    failing: tuple[str, ...]  # tests that failed in each sequential run
    cores: int
    assessments: tuple[Assessment, ...]  # best first
    recommendation: Recommendation
    gates: tuple[Gate, ...]
    ending: Ending
    notes: tuple[str, ...] = ()
    conflicts: Findings | None = None  # None: not looked for

    @property
    def best(self) -> Assessment | None:
        """The candidate that is recommended, or would be if it paid."""
        return next((each for each in self.assessments if each.candidate == self.recommendation.candidate), None)

    @property
    def proven(self) -> tuple[Conflict, ...]:
        """Tests that cannot run at the same time."""
        return self.conflicts.proven if self.conflicts else ()
