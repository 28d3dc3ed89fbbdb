"""What a session of `bench` is about, settled before anything is measured."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import msgspec

from noxtasks.bench import limits
from noxtasks.bench.machine import Machine
from noxtasks.bench.model import Metric
from noxtasks.config import THRESHOLDS, Settings
from noxtasks.evidence import provenance, vcs
from noxtasks.evidence.provenance import Provenance
from noxtasks.suite.launch import Suite
from noxtasks.suite.model import Timing


class Task(msgspec.Struct, frozen=True, kw_only=True):
    """The project, what is compared, and how."""

    suite: Suite  # of the working tree
    settings: Settings
    against: str | None
    revision: str | None
    bisects: bool
    count: bool
    refresh: bool
    from_tests: int
    in_turns: bool
    session_id: str
    began: datetime
    until_s: float  # by the monotonic clock
    machine: Machine
    code: vcs.Code

    @property
    def reports(self) -> Path:
        """The folder of the artifacts."""
        return self.suite.root / self.settings.reports

    @property
    def python(self) -> str:
        """The interpreter, as a command in the project's folder names it."""
        root, python = self.suite.root, self.suite.python
        return str(python.relative_to(root) if python.is_relative_to(root) else python)

    @property
    def project(self) -> str:
        """What the project is called in events."""
        return self.settings.project_name(self.suite.root)

    @property
    def thresholds(self) -> dict[Metric, float]:
        """By how much each metric may become worse, as a share."""
        return {Metric(name): share for name, share in {**THRESHOLDS, **self.settings.bench.thresholds}.items()}

    @property
    def allowed(self) -> limits.Allowed:
        """What benchmarks may take, by pattern of test id and metric, in seconds."""
        limits_s = self.settings.bench.limits
        return {pattern: {Metric(name): s for name, s in each.items()} for pattern, each in limits_s.items()}

    def timing(self, tests: tuple[str, ...] = ()) -> Timing:
        """How `tests` are timed: with as many rounds as their limits need."""
        settings = self.settings.bench
        rounds = max(settings.rounds, limits.least_rounds(tests, self.allowed))
        return Timing(
            rounds=rounds,
            seconds=settings.seconds_s,
            warmup_rounds=settings.warmup,
            repeats_tests=bool(self.from_tests),
        )

    def provenance(self, *, complete: bool = True) -> Provenance:
        """Where what is written now comes from."""
        return provenance.gather(
            session_id=self.session_id,
            created=datetime.now(UTC),
            code=self.code,
            settings={
                **msgspec.to_builtins(self.settings),
                "pytest_args": list(self.suite.pytest_args),
                "against": self.against,
                "revision": self.revision,
                "bisects": self.bisects,
                "count": self.count,
                "from_tests": self.from_tests,
            },
            tools={},
            complete=complete,
        )
