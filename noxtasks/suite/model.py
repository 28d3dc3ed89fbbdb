"""The nouns of a test suite: what was collected, what was run, and how each test ended."""

from __future__ import annotations

from datetime import datetime
from enum import Enum

import msgspec


class Outcome(Enum):
    """How one test ended in one run."""

    PASSED = "passed"
    FAILED = "failed"
    ERROR = "error"  # its setup or its teardown raised
    SKIPPED = "skipped"
    XFAILED = "xfailed"
    XPASSED = "xpassed"
    RERUN = "rerun"  # it failed, was run again in the same run by a plugin, and passed then
    CRASHED = "crashed"  # the process died in it: a signal, os._exit
    TIMED_OUT = "timed out"
    STOPPED = "stopped"  # it stopped the session: pytest.exit, KeyboardInterrupt, SystemExit

    @property
    def is_failure(self) -> bool:
        """Whether it counts against the test. A rerun that passed in the end is a failure too."""
        return self._value_ in _FAILURES  # asked of every outcome: a string's hash is kept, an Enum's is not


_FAILURES = frozenset(
    outcome.value
    for outcome in (
        Outcome.FAILED,
        Outcome.ERROR,
        Outcome.RERUN,
        Outcome.CRASHED,
        Outcome.TIMED_OUT,
        Outcome.STOPPED,
    )
)


class Order(Enum):
    """In which order a run takes the tests."""

    COLLECTED = "collected"  # as pytest collects them
    BUCKETS = "buckets"  # modules shuffled, classes within their module, tests within their class
    FULL = "full"  # every test anywhere


class EngineKind(Enum):
    """How runs are carried out."""

    FORK = "fork"  # children of one process that has imported and collected
    FRESH = "fresh"  # a process of its own for each run


class Circumstances(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """What differs in a run from how the suite runs by itself. Equal values can share a process."""

    clock: str | None = None  # the date and time at which it begins, by freezegun
    timezone: str | None = None  # TZ
    locale: str | None = None  # LC_ALL
    columns: int | None = None  # width of the terminal
    umask: int | None = None
    entropy: int | None = None  # a seed for what the system's own generator of randomness gives
    empty_home: bool = False
    elsewhere: bool = False  # an empty working directory
    offline: bool = False  # connections to anything but this machine are refused
    unwritable_tmp: bool = False
    one_cpu: bool = False
    strict_warnings: bool = False  # every warning is an error
    slow_files: bool = False  # opening a file takes its time
    starved: bool = False  # other processes want the same core
    xdist_worker: bool = False  # it takes itself for a worker of pytest-xdist
    optimised: bool = False  # python -O, from the start of the process


class StateChange(msgspec.Struct, frozen=True, kw_only=True):
    """Something that all tests of a process share, and that one of them has left otherwise than it found it."""

    kind: str  # module, environment, working directory, sys.path, ...
    name: str
    before: str  # in short; "" where there was nothing
    after: str


class Touched(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a process has used of the project's files, by paths from the root, with slashes; "." is the root."""

    read: tuple[str, ...] = ()  # they need not be there
    imported: tuple[str, ...] = ()
    listed: tuple[str, ...] = ()  # folders
    children: bool = False  # others were started, and may have used anything


class Use(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """Something that processes share, and how a test used it."""

    kind: str  # file, folder, database, port, socket, shared memory; or environment, working directory, process
    name: str  # a path, "8080/tcp"
    how: str  # read, write, create, remove, list, lock


class FixtureUse(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """What a fixture of a scope wider than a test used while that test was under way."""

    fixture: str
    kind: str
    name: str
    how: str


class Footprint(msgspec.Struct, frozen=True, kw_only=True):
    """What a test used of what processes share, but for what is in its own temporary folder."""

    test: str
    uses: tuple[Use, ...] = ()
    fixtures: tuple[str, ...] = ()  # those of wider scopes that it has
    of_fixtures: tuple[FixtureUse, ...] = ()
    files_left: tuple[str, ...] = ()  # outside the folder of temporary files, written or changed and still there
    points: tuple[Use, ...] = ()  # in a meeting, where the test could be stopped, in order


class Meeting(msgspec.Struct, frozen=True, kw_only=True):
    """How a run takes turns with another run in using the same things: see `noxtasks_probe.meeting`."""

    place: str  # a folder that both know; "" to wait for nobody, and pause instead
    name: str  # of this one of the two
    resources: tuple[str, ...]
    is_second: bool = False  # whether it waits for its turn at its first point
    stops: tuple[int, ...] = ()  # points, from 0, before which it is the other's turn
    patience_s: float = 0.0  # for the other, while that does nothing
    pause_s: float = 0.0  # without a place


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """Why a test failed. Equal fingerprints mean the same failure: exception, normalised message, user frames."""

    fingerprint: str
    phase: str  # setup, call or teardown; crash and timeout for a process that had to be buried
    exception: str
    message: str
    frames: tuple[str, ...] = ()  # "path:line in function", innermost last, user's code only
    text: str = ""  # the long rendering; only with the first of its fingerprint


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """One test in one run."""

    nodeid: str
    position: int  # from 0, in the order of the run
    outcome: Outcome
    duration_s: float  # setup + call + teardown, as pytest reports them
    failure: Failure | None = None
    reruns: int = 0
    reason: str = ""  # why it was skipped, or was expected to fail
    notes: tuple[str, ...] = ()  # what it left behind: child processes, a flood of output


class Timing(msgspec.Struct, frozen=True, kw_only=True):
    """How a benchmark is timed in one process."""

    rounds: int  # at least, and
    seconds: float  # at least, whichever takes longer
    warmup_rounds: int = 2
    least_round_s: float = 0.0002  # a faster function is called several times a round
    repeats_tests: bool = False  # tests that are no benchmarks are timed too, in their call phase, as often as named
    padding: int = 0  # bytes by which the environment and the heap of the process are larger: its layout is chance
    turns: tuple[str, str, bool] | None = None  # two FIFOs, in and out, and whether it begins: with another process
    loops: int = 0  # where set: no clock, but this many calls of each benchmark
    counts: bool = False  # the process runs under callgrind, which is to count those calls


class Benched(msgspec.Struct, frozen=True, kw_only=True):
    """The rounds of one benchmark in one process; seconds of one call each."""

    test: str
    wall_s: tuple[float, ...]
    cpu_s: tuple[float, ...]  # of the process, all threads
    calls: int  # in a round
    peak_bytes: int | None = None  # by which the process grew at most; None where the system does not tell
    delay_s: tuple[float, ...] = ()  # of `wall_s`, ready to run while others had the processors; where it is told
    collects: bool = True  # garbage: the collector could run during the rounds
    path: str = ""  # the file that it stands in, absolute
    marked: bool = False  # no benchmark by its fixture, but by its mark


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """One pass over the suite."""

    number: int  # from 0 within its session
    seed: int
    hash_seed: int
    order: Order
    engine: EngineKind
    started: datetime
    duration_s: float
    results: tuple[Result, ...]
    changes: tuple[tuple[str, tuple[StateChange, ...]], ...] = ()  # by observed test
    unavailable: str = ""  # why there are no results: what this system lacks
    ran: tuple[tuple[str, tuple[str, ...]], ...] = ()  # by test, the functions with mutants that it has run
    benched: tuple[Benched, ...] = ()
    compiled: dict[str, str] = {}  # extension modules that were imported, by name, with their files; told with these
    problems: int = 0  # things that kept tests from being collected, where its process did that by itself
    touched: Touched | None = None  # told with a mutant alone; then `ran` has one entry, of all tests, named ""
    unimportable: str = ""  # what a module with its tests raised, where that was the end of a run with a mutant
    died: Failure | None = None  # how its process ended while no test was under way, where that was the end of it
    footprints: tuple[Footprint, ...] = ()
    segments: int = 1  # processes that it took: one more for each test that ended its process
    complete: bool = True
