"""Milestones, what is said of them, and archives: frozen values."""

from __future__ import annotations

import msgspec

from noxtasks.evidence.gating.model import Evaluation, Gate, Level
from noxtasks.evidence.sums import Digest
from noxtasks.stats import Verdict


class Milestone(msgspec.Struct, frozen=True, kw_only=True):
    """A step of the plan: it is reached when its gates hold."""

    name: str  # M1
    title: str
    objectives: tuple[str, ...]  # O1, O5
    gates: tuple[Gate, ...]  # its acceptance gates and its criteria AC-8 to AC-15

    @property
    def archive(self) -> str:
        """The name of its archive in the folder of reports."""
        return f"{self.name}-completion.tar.gz"


class Judged(msgspec.Struct, frozen=True, kw_only=True):
    """A milestone as the artifacts have it. `verdict` is the gravest of those of its gates that block."""

    milestone: Milestone
    evaluations: tuple[Evaluation, ...]
    verdict: Verdict

    @property
    def blocking(self) -> tuple[Evaluation, ...]:
        """What the gates say that decide."""
        return tuple(each for each in self.evaluations if each.gate.level is Level.BLOCKING)

    @property
    def holding(self) -> int:
        """How many of these pass."""
        return sum(each.verdict is Verdict.PASS for each in self.blocking)


class Missing(msgspec.Struct, frozen=True, kw_only=True):
    """An artifact that a milestone's gates need, and that is not there or does not count."""

    name: str
    milestone: str  # M1
    message: str  # why


class Archive(msgspec.Struct, frozen=True, kw_only=True):
    """An archive as it was written."""

    digest: Digest  # of the compressed file
    tar_sha256: str  # of what is in it, uncompressed: another compressor changes the file and not this
    files: int
    size: int  # bytes, uncompressed
    events_head: str  # the hash of the last line of the chain of events
    is_signed: bool
