"""What the probe says, as values: one JSON object a line, appended to a file while tests run.

The other end is `noxtasks_probe.frames`; a frame that neither knows is a defect of ours.
"""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Any

import msgspec

from noxtasks.errors import NotMeasuredError
from noxtasks.suite.model import Benched, Failure, FixtureUse, Outcome, StateChange, Touched, Use

VERSION = 1
WIRE_LOST = 97  # exit status of a process that could not write its frames
BROKEN = 96  # exit status of a child in which the probe itself failed
MISSED = 95  # in place of one, of a child that was never forked


def stacks_signal() -> int:
    """The signal on which the probe writes the stacks of all threads to its dump file (POSIX)."""
    return int(getattr(signal, "SIGRTMAX", signal.SIGUSR2))


class _Frame(msgspec.Struct, frozen=True, kw_only=True, tag_field="frame", tag=str.lower):
    pass


class Hello(_Frame, frozen=True, kw_only=True):
    """The first frame of a process: who speaks."""

    version: int
    pid: int = 0
    python: str = ""
    implementation: str = ""
    free_threaded: bool = False  # a build without the lock of the interpreter
    platform: str = ""  # system, release and machine
    pytest: str = ""
    plugins: dict[str, str] = {}
    distributions: dict[str, str] = {}
    hash_seed: str = ""
    time: float = 0.0

    @property
    def tools(self) -> dict[str, str]:
        """The versions of pytest and of its plugins."""
        return {"pytest": self.pytest, **self.plugins}


class Problem(_Frame, frozen=True, kw_only=True):
    """Raw facts of one thing that keeps tests from being collected or run."""

    problem: dict[str, Any]


class Facts(_Frame, frozen=True, kw_only=True):
    """What was looked at while collecting."""

    facts: dict[str, Any]


class Importing(_Frame, frozen=True, kw_only=True):
    """A test file is about to be imported; its path is relative to the root directory."""

    path: str


class Collected(_Frame, frozen=True, kw_only=True):
    """The tests that can run, in the order of collection. Its indices name them in the frames that follow."""

    tests: tuple[str, ...]
    threads: tuple[str, ...]
    rootdir: str
    ran: tuple[str, ...] = ()  # of the functions that have mutants
    modules: dict[str, tuple[str, ...]] = {}  # where the mutated packages were imported from
    touched: Touched | None = None
    quarantined: dict[str, str] = {}  # tests in quarantine, and why; looked at where there are mutants


class Marked(_Frame, frozen=True, kw_only=True):
    """Tests collected since the last such frame. `file` and `marks` hold numbers: of `files` and `sets`."""

    tests: tuple[str, ...]
    file: tuple[int, ...]
    marks: tuple[int, ...]
    files: tuple[str, ...] = ()
    sets: tuple[frozenset[str], ...] = ()


class Remarked(_Frame, frozen=True, kw_only=True):
    """The numbers of the sets of all tests told so far, before and after the hooks that may change them."""

    before: tuple[int, ...]
    after: tuple[int, ...]
    sets: tuple[frozenset[str], ...] = ()


class Places(_Frame, frozen=True, kw_only=True):
    """Where the code has made markers, and added them to nodes: name, file, line."""

    made: tuple[tuple[str, str, int], ...]
    added: tuple[tuple[str, str, int], ...]


class Selected(_Frame, frozen=True, kw_only=True):
    """The numbers of the tests that pytest would select, or what it says against the expression."""

    option: str
    expression: str
    tests: tuple[int, ...] = ()
    error: str = ""


class Registered(_Frame, frozen=True, kw_only=True):
    """The lines that register markers (text, file, line), and the plugins (name, file, distribution)."""

    lines: tuple[tuple[str, str, int], ...]
    plugins: tuple[tuple[str, str, str], ...]


class Elsewhere(_Frame, frozen=True, kw_only=True):
    """Test files under the root directory that were not to be collected."""

    files: tuple[str, ...]


class Order(_Frame, frozen=True, kw_only=True):
    """The tests of one run, in the order in which they will run."""

    indices: tuple[int, ...]


class Start(_Frame, frozen=True, kw_only=True):
    """A test begins: by its place in the order, or, where nothing was ordered, by name."""

    index: int = -1
    test: str = ""


class Finish(_Frame, frozen=True, kw_only=True):
    """It has ended."""

    outcome: Outcome
    duration_s: float
    index: int = -1
    test: str = ""
    failure: Failure | None = None
    reruns: int = 0
    reason: str = ""
    notes: tuple[str, ...] = ()


class Leak(_Frame, frozen=True, kw_only=True):
    """What outlived the run, a child process or something open, and the test during which it appeared."""

    test: str
    note: str


class Changed(_Frame, frozen=True, kw_only=True):
    """What an observed test has changed of what all tests share."""

    test: str
    changes: tuple[StateChange, ...]


class Used(_Frame, frozen=True, kw_only=True):
    """What a test has used of what processes share."""

    test: str
    uses: tuple[Use, ...] = ()
    fixtures: tuple[str, ...] = ()
    of_fixtures: tuple[FixtureUse, ...] = ()
    points: tuple[Use, ...] = ()
    files_left: tuple[str, ...] = ()


class Ran(_Frame, frozen=True, kw_only=True):
    """Which functions that have mutants a test has run, by mutmut's names; without a name: all tests of the run."""

    test: str
    functions: tuple[str, ...]
    touched: Touched | None = None


class Rounds(_Frame, frozen=True, kw_only=True):
    """What the rounds of a benchmark took."""

    benched: Benched


class Compiled(_Frame, frozen=True, kw_only=True):
    """The extension modules that a process has imported, by name, with their files."""

    modules: dict[str, str]


class Unavailable(_Frame, frozen=True, kw_only=True):
    """The run cannot be carried out: this system lacks what its circumstances need."""

    reason: str


class End(_Frame, frozen=True, kw_only=True):
    """The process has done what it was told. Not `whole` when a test ended the session."""

    whole: bool = True
    reason: str = ""  # why a module with its tests cannot be imported, where that was the end


class Ready(_Frame, frozen=True, kw_only=True):
    """The warm process takes commands."""


class Forked(_Frame, frozen=True, kw_only=True):
    """A child was started for the run whose frames go to `wire`."""

    pid: int
    wire: str


class Exited(_Frame, frozen=True, kw_only=True):
    """A child has ended; `code` is negative for a signal."""

    pid: int
    code: int


class Missed(_Frame, frozen=True, kw_only=True):
    """The run whose frames were to go to `wire` cannot begin where it should."""

    wire: str


Frame = (
    Hello
    | Importing
    | Problem
    | Facts
    | Collected
    | Marked
    | Remarked
    | Places
    | Selected
    | Registered
    | Elsewhere
    | Order
    | Start
    | Finish
    | Leak
    | Changed
    | Used
    | Ran
    | Rounds
    | Compiled
    | Unavailable
    | End
    | Ready
    | Forked
    | Exited
    | Missed
)

_decoder: msgspec.json.Decoder[Frame] = msgspec.json.Decoder(Frame)


def decode(line: bytes) -> Frame:
    """The frame that a line holds. Raises `NotMeasuredError` for anything else."""
    try:
        return _decoder.decode(line)
    except msgspec.MsgspecError as error:
        raise NotMeasuredError(
            f"a frame of the probe cannot be read: {error}: {line[:200]!r}",
            remedy="This is a defect of noxtasks, or the file was not written by its probe.",
        ) from error


class Reader:
    """Follows a file of frames while it grows. A line that is not complete yet is left for the next call."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._offset = 0

    def read(self) -> list[Frame]:
        """The frames that have been completed since the last call; none while the file does not exist."""
        try:
            with self._path.open("rb") as file:
                file.seek(self._offset)
                data = file.read()
        except FileNotFoundError:
            return []
        complete = data.rfind(b"\n") + 1
        self._offset += complete
        return [decode(line) for line in data[:complete].splitlines() if line]
