"""What a scan is about, settled before anything runs."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import msgspec

from noxtasks.config import Settings
from noxtasks.evidence import provenance, vcs
from noxtasks.evidence.provenance import Provenance
from noxtasks.parallel.model import Candidate
from noxtasks.parallel.xdist import Here
from noxtasks.suite.launch import Suite


class Task(msgspec.Struct, frozen=True, kw_only=True):
    """The project, and the ways to run its suite that are tried."""

    suite: Suite
    settings: Settings
    here: Here
    candidates: tuple[Candidate, ...]
    rounds: int | None  # None: as many as decide
    cores: int
    session_id: str
    began: datetime
    until_s: float  # by the monotonic clock
    code: vcs.Code

    @property
    def reports(self) -> Path:
        """The folder of the artifacts."""
        return self.suite.root / self.settings.reports

    @property
    def project(self) -> str:
        """What the project is called in events."""
        return self.settings.project_name(self.suite.root)

    def provenance(self, *, complete: bool = True) -> Provenance:
        """Where what is written now comes from."""
        return provenance.gather(
            session_id=self.session_id,
            created=datetime.now(UTC),
            code=self.code,
            settings={
                **msgspec.to_builtins(self.settings),
                "pytest_args": list(self.suite.pytest_args),
                "candidates": [msgspec.to_builtins(each) for each in self.candidates],
                "rounds": self.rounds,
            },
            tools=self.here.tools,
            interpreter=provenance.told_by(self.here),
            complete=complete,
        )
