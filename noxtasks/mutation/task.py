"""What one scan is about: the project, the interpreter, the user's terms, and what is remembered from before."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import msgspec

from noxtasks.config import Settings
from noxtasks.evidence.bases import Base
from noxtasks.mutation.remembered.remembering import Memory
from noxtasks.mutation.terms import Terms


class Task(msgspec.Struct, frozen=True, kw_only=True):
    """One scan."""

    root: Path
    settings: Settings
    python: Path
    pytest_args: tuple[str, ...]
    session_id: str
    began: datetime
    terms: Terms
    memory: Memory
    base: Base | None  # the mutants of what has changed since are looked at alone

    @property
    def reports(self) -> Path:
        """The folder of the artifacts."""
        return self.root / self.settings.reports

    @property
    def project(self) -> str:
        """Its name in events and reports."""
        return self.settings.project_name(self.root)
