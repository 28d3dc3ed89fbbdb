"""What can keep a suite from being collected: the kinds of cause, one cause, and the health of a whole collection."""

from __future__ import annotations

from enum import Enum

import msgspec


class Kind(Enum):
    """Why tests cannot be collected, or cannot run once collected. The order is that of reports."""

    CRASH = "process died"
    HANG = "collection did not end"
    CONFIGURATION = "configuration error"
    PLUGIN = "plugin failure"
    CONFTEST = "conftest failure"
    MISSING_IMPORT = "missing import"
    OWN_PACKAGE = "own package not importable"
    HELPER_MODULE = "test helper not importable"
    MISSING_SUBMODULE = "missing submodule"
    IMPORT_NAME = "name not importable"
    NATIVE_LIBRARY = "native library"
    SYNTAX = "syntax error"
    BASENAME_CLASH = "same basename"
    UNKNOWN_MARKER = "unknown marker"
    WARNING = "warning as error"
    EXIT = "ended pytest at import"
    RAISED = "raised while collected"
    FIXTURE = "fixture not found"
    USEFIXTURES_UNKNOWN = "usefixtures of unknown"
    USEFIXTURES_OF_NOTHING = "usefixtures of nothing"
    NO_TESTS = "no tests found"
    DEFECT = "defect of noxtasks"


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """What an error means: its kind, what to tell, and what to do."""

    kind: Kind
    message: str
    remedy: str
    distribution: str = ""  # what would have to be installed, perhaps with a version
    guessed: bool = False  # whether that distribution is no more than a guess by the name
    path: str = ""  # where the fault lies; empty where that is not known
    line: int = 0  # from 1; 0 where the whole file is meant


class Cause(msgspec.Struct, frozen=True, kw_only=True):
    """One reason for which tests cannot run, and which files it breaks. Paths are relative to the root directory."""

    kind: Kind
    message: str
    remedy: str
    path: str = ""  # where the fault lies
    line: int = 0  # from 1; 0 where the whole file is meant
    nodeid: str = ""
    reason: Kind | None = None  # why a conftest or a plugin fails
    distribution: str = ""  # what would have to be installed, perhaps with a version
    guessed: bool = False  # whether that distribution is no more than a guess by the name
    modules: tuple[str, ...] = ()  # the test files that are broken by it
    tests: int = 0  # collected tests that cannot run; 0 where nothing could be collected
    blocking: bool = True  # whether tests are kept from running


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """How far the suite can be collected."""

    modules: int  # test files that there are
    broken: tuple[str, ...]  # those of them with a blocking cause
    skipped: int = 0  # modules that skip themselves as a whole
    items: int  # collected tests
    unrunnable: int = 0  # collected tests that cannot run
    deselected: int = 0
    complete: bool  # whether pytest got to the end of collecting
    causes: tuple[Cause, ...]

    @property
    def error_rate(self) -> float | None:
        """Broken modules over modules; None where the modules could not be counted."""
        return len(self.broken) / self.modules if self.modules else None

    @property
    def runnable(self) -> int:
        """Tests that can run."""
        return self.items - self.unrunnable
