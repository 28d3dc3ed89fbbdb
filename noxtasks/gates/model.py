"""What gates found in the artifacts, and what follows: frozen values. The gates themselves: `evidence.gating`."""

from __future__ import annotations

from enum import Enum

import msgspec

from noxtasks.evidence.gating.model import Evaluation
from noxtasks.stats import Verdict


class Grade(Enum):
    """How grave a finding is, as SARIF has it."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """Something in a file of the project. `line` is 0 where it is not known.

    `key` tells it from all others of its rule in the file, wherever it moves; "" where the text of its line does.
    """

    rule: str
    path: str
    message: str
    key: str
    line: int = 0
    end_line: int = 0
    column: int = 0
    end_column: int = 0
    grade: Grade = Grade.WARNING
    test: str = ""  # where it is one; its line is looked up
    related: tuple[str, ...] = ()  # other tests
    command: str = ""  # that shows it again


class Commit(msgspec.Struct, frozen=True, kw_only=True):
    """A commit that may have to go."""

    id: str
    subject: str
    is_merge: bool


class Rollback(msgspec.Struct, frozen=True, kw_only=True):
    """It is recommended to go back: which commits, why, and how."""

    good: str
    bad: str  # the last of the commits
    tests: tuple[str, ...]
    worst: float  # by how much slower: 0.3 is 30 %
    commits: tuple[Commit, ...]  # the newest first, along first parents; empty where git does not tell
    is_found: bool  # bisecting has left one commit
    commands: tuple[str, ...]
    reason: str


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What all gates come to."""

    evaluations: tuple[Evaluation, ...]
    verdict: Verdict  # of those that block
    findings: tuple[Finding, ...]
    rollback: Rollback | None
    off: tuple[str, ...] = ()  # gates that are not looked at
    notes: tuple[str, ...] = ()
