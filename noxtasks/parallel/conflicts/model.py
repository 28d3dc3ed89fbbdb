"""What tests share, which of them were suspected for it, and what trials have shown."""

from __future__ import annotations

from enum import Enum

import msgspec


class Kind(Enum):
    """What can be shared by processes, the most telling first: of several between the same tests, one is named."""

    PORT = "port"
    SOCKET = "socket"
    DATABASE = "database"
    SHARED_MEMORY = "shared memory"
    FILE = "file"
    FOLDER = "folder"  # what is in it: listed, or removed as a whole


class Resource(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """One thing that is shared, by an absolute path, a port with its transport, or a name."""

    kind: Kind
    name: str


class Sharing(msgspec.Struct, frozen=True, kw_only=True):
    """How the tests of a suite use one resource."""

    resource: Resource
    uses: dict[str, tuple[str, ...]]  # by test, how: read, write, create, remove, list, lock, change, below; sorted
    fixtures: dict[str, str] = {}  # by test, the fixture through which alone it does so


CHANGING = frozenset({"write", "create", "remove"})


class Nominee(msgspec.Struct, frozen=True, kw_only=True):
    """Resources that the same tests share; the first is the most telling."""

    sharings: tuple[Sharing, ...]

    @property
    def main(self) -> Sharing:
        """The sharing that is named."""
        return self.sharings[0]


class Rate(msgspec.Struct, frozen=True, kw_only=True):
    """Failures among trials."""

    failures: int = 0
    trials: int = 0

    def __add__(self, other: Rate) -> Rate:
        return Rate(failures=self.failures + other.failures, trials=self.trials + other.trials)


class Standing(Enum):
    """What is known of a conflict."""

    PROVEN = "proven"
    SUSPECTED = "suspected"  # the tests share it, and no trial failed, or too few


class Conflict(msgspec.Struct, frozen=True, kw_only=True):
    """Tests that share something which at least one of them changes."""

    standing: Standing
    resource: Resource
    tests: tuple[str, ...]  # the two that were tried, first the one that failed more often; else two of `sharing`
    sharing: tuple[str, ...]  # all that use it
    also: tuple[Resource, ...] = ()  # what the same tests share besides
    fixture: str = ""  # the one through which they all use it
    together: Rate = Rate()  # rounds in which one of `tests` failed: at the same time
    apart: Rate = Rate()  # one after the other
    p_value: float = 1.0  # Fisher's exact test, one-sided
    failure: str = ""  # of the first of `tests`
    remedy: str = ""
    command: str = ""  # that shows it again


class Watch(Enum):
    """What a test does to what others meet, too, though none has failed for it."""

    FILE = "file left"  # outside the folder of temporary files, made or changed
    PORT = "fixed port"
    DATABASE = "database of several tests"
    ENVIRONMENT = "environment variable left changed"
    FOLDER = "working directory left changed"
    FIXTURE = "set up by each worker"  # by a fixture of the session


class Watched(msgspec.Struct, frozen=True, kw_only=True):
    """One such thing, and the tests that do it."""

    watch: Watch
    what: str  # a path, port or name; "" for a folder that is elsewhere
    tests: tuple[str, ...]  # of a fixture, the one that it was set up for
    fixture: str = ""


class Findings(msgspec.Struct, frozen=True, kw_only=True):
    """What `find` has come to."""

    conflicts: tuple[Conflict, ...] = ()  # the proven first
    tests: int = 0  # that were looked at
    left_out: int = 0  # that did not pass in the run that was to look at them
    starting: int = 0  # that start other programs, whose doings are not seen
    untried: int = 0  # nominees that there was no time to try
    watched: tuple[Watched, ...] = ()
    versions: dict[str, str] = {}  # of pytest and pytest-xdist, as far as they are there
    elapsed_s: float = 0.0

    @property
    def proven(self) -> tuple[Conflict, ...]:
        """The conflicts that trials have shown."""
        return tuple(each for each in self.conflicts if each.standing is Standing.PROVEN)
