"""What a session is about, settled before anything runs."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import msgspec

from noxtasks.config import Settings
from noxtasks.evidence import provenance, vcs
from noxtasks.evidence.provenance import Interpreter, Provenance
from noxtasks.ladder import coverage_py
from noxtasks.ladder.changed import Since
from noxtasks.ladder.model import Tier
from noxtasks.ladder.scope import Scopes
from noxtasks.ladder.selecting import Collected
from noxtasks.suite.launch import Suite


class Task(msgspec.Struct, frozen=True, kw_only=True):
    """The project, its tiers, the tests of each, and what each is to cover."""

    suite: Suite
    settings: Settings
    tiers: tuple[Tier, ...]
    collected: Collected
    scopes: Scopes
    coverage: coverage_py.Settings
    session_id: str
    began: datetime
    code: vcs.Code
    since: Since  # what new code is held against

    @property
    def reports(self) -> Path:
        """The folder of the artifacts."""
        return self.suite.root / self.settings.reports

    @property
    def project(self) -> str:
        """What the project is called in events."""
        return self.settings.project_name(self.suite.root)

    def provenance(self, *, complete: bool) -> Provenance:
        """Where what is written now comes from."""
        implementation, python = self.collected.interpreter
        return provenance.gather(
            session_id=self.session_id,
            created=datetime.now(UTC),
            code=self.code,
            settings={**msgspec.to_builtins(self.settings), "pytest_args": list(self.suite.pytest_args)},
            tools={"coverage": self.coverage.version, "pytest": self.coverage.pytest},
            interpreter=Interpreter(implementation=implementation, version=python) if python else None,
            complete=complete,
        )
