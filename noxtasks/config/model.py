"""The settings as frozen values, as the rest of noxtasks reads them."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import msgspec

from noxtasks.config.cores import available_cores


class FlakeSettings(msgspec.Struct, frozen=True, kw_only=True):
    """`[tool.noxtasks.flake]`: how the suite is run again and again."""

    runs: int | None = None
    budget_s: float = 300.0
    order: str = "buckets"
    jobs: int = msgspec.field(default_factory=available_cores)
    engine: str = "auto"
    test_timeout_s: float = 60.0
    seed: int | None = None
    threshold: float = 0.05
    confidence: float = 0.95
    explain: bool = True
    explain_budget_s: float = 120.0


class DeterminismSettings(msgspec.Struct, frozen=True, kw_only=True):
    """`[tool.noxtasks.determinism]`: what the audit tells of."""

    ignore: tuple[str, ...] = ()


class QuarantineSettings(msgspec.Struct, frozen=True, kw_only=True):
    """`[tool.noxtasks.quarantine]`: which tests go into quarantine, and on which terms."""

    threshold: float = 0.20
    days: int = 30
    reruns: int = 0
    owner: str | None = None


class MarkersSettings(msgspec.Struct, frozen=True, kw_only=True):
    """`[tool.noxtasks.markers]`: what the audit of markers looks at, and what the consolidation aims for."""

    limit: int = 50
    idle_days: int = 60
    collect: bool = True
    collect_timeout_s: float = 120.0
    exclude: tuple[str, ...] = ()
    facets: dict[str, tuple[str, ...]] = {}
    rename: dict[str, str] = {}


class MutationSettings(msgspec.Struct, frozen=True, kw_only=True):
    """`[tool.noxtasks.mutation]`: how mutants are tried, and what the score has to be."""

    threshold: float = 0.6
    paths: tuple[str, ...] = ()
    scopes: dict[str, tuple[str, ...]] = {}
    scope_thresholds: dict[str, float] = {}
    cap: int | None = None
    gate: bool = False
    budget_s: float | None = None
    seed: int = 0
    mode: str = "blocking"
    blocking_after: date | int | None = None
    ratchet: str | None = None
    timeouts: str = "killed"
    jobs: int = msgspec.field(default_factory=available_cores)
    engine: str = "auto"
    test_timeout_s: float = 60.0
    memory: str = ".noxtasks/mutation.memory.jsonl"


THRESHOLDS = {
    "cpu": 0.05,
    "wall": 0.10,
    "instructions": 0.01,
    "mean": 0.10,
    "p50": 0.15,
    "p95": 0.20,
    "p99": 0.25,
    "memory": 0.25,
}
"""By how much slower, or larger, a benchmark may become, by metric."""


class BenchSettings(msgspec.Struct, frozen=True, kw_only=True):
    """`[tool.noxtasks.bench]`: how benchmarks are timed, and how much slower they may become."""

    rounds: int = 10
    warmup: int = 2
    seconds_s: float = 0.05
    budget_s: float = 600.0
    thresholds: dict[str, float] = {}  # where not said: THRESHOLDS
    limits: dict[str, dict[str, float]] = {}  # seconds, by pattern of test id and metric
    paths: tuple[str, ...] = ()


class ParallelSettings(msgspec.Struct, frozen=True, kw_only=True):
    """`[tool.noxtasks.parallel]`: how tests are distributed over workers."""

    workers: int = msgspec.field(default_factory=available_cores)
    together: str = "test"
    test_timeout_s: float = 600.0
    isolate: bool = False
    budget_s: float = 300.0
    speedup: float = 3.0
    flake_increase: float = 0.02


class MatrixSettings(msgspec.Struct, frozen=True, kw_only=True):
    """`[tool.noxtasks.matrix]`: which cells there should be, and how alike they have to be."""

    cells: tuple[str, ...] = ()
    workflow: str | None = None
    consistency: float = 0.95
    pass_rate: float = 0.95
    ignore: tuple[str, ...] = ()


class LadderSettings(msgspec.Struct, frozen=True, kw_only=True):
    """`[tool.noxtasks.ladder]`: what the tiers of coverage are, and what each has to reach."""

    profile: str = "baseline"
    scope: tuple[str, ...] = ()
    scopes: dict[str, tuple[str, ...]] = {}
    markers: dict[str, str] = {}
    paths: dict[str, tuple[str, ...]] = {}
    rest: str | None = None
    metrics: dict[str, str] = {}
    targets: dict[str, float] = {}
    levels: dict[str, str] = {}
    blocking_after: dict[str, date] = {}
    timeout_s: float = 3600.0
    sprint_days: int = 14
    sustained: dict[str, str] = {}  # such as "2 sprints"
    tolerance: float = 0.01
    ratchet_since: date | None = None
    new_code: float = 0.8
    min_new_lines: int = 10
    contexts: bool = True
    pytest_args: tuple[str, ...] = ()


class GateSettings(msgspec.Struct, frozen=True, kw_only=True):
    """`[tool.noxtasks.gates."NAME"]`: what a project makes of a gate, or a gate of its own. None: not said."""

    level: str | None = None
    threshold: float | str | bool | None = None
    blocking_after: date | None = None
    owner: str | None = None
    waived_until: date | None = None
    waiver: str | None = None
    artifact: str | None = None
    pointer: str | None = None
    operator: str | None = None
    take: str | None = None
    verdict: str | None = None
    judged_at: str | None = None
    bounds: str | None = None
    unit: str | None = None
    title: str | None = None
    command: str | None = None


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """`[tool.noxtasks]`: what holds for every objective, and a table for each."""

    python: tuple[str, ...] = ()
    install: tuple[str, ...] = ()
    pytest_args: tuple[str, ...] = ()
    project: str | None = None
    reports: str = "reports"
    history: str = "sqlite:///.noxtasks/history.db"
    flake: FlakeSettings = msgspec.field(default_factory=FlakeSettings)
    quarantine: QuarantineSettings = msgspec.field(default_factory=QuarantineSettings)
    determinism: DeterminismSettings = msgspec.field(default_factory=DeterminismSettings)
    markers: MarkersSettings = msgspec.field(default_factory=MarkersSettings)
    mutation: MutationSettings = msgspec.field(default_factory=MutationSettings)
    bench: BenchSettings = msgspec.field(default_factory=BenchSettings)
    parallel: ParallelSettings = msgspec.field(default_factory=ParallelSettings)
    matrix: MatrixSettings = msgspec.field(default_factory=MatrixSettings)
    ladder: LadderSettings = msgspec.field(default_factory=LadderSettings)
    gates: dict[str, GateSettings] = {}

    def project_name(self, root: Path) -> str:
        """What the project in `root` is called in the history and in events."""
        return self.project or root.resolve().name

    def history_url(self, root: Path) -> str:
        """The history's URL; the relative path of an SQLite file is taken from the project's `root`."""
        scheme, _, path = self.history.partition(":///")
        if not scheme.startswith("sqlite") or not path or path.startswith((":memory:", "file:")):
            return self.history
        return f"{scheme}:///{(root.resolve() / path).as_posix()}"

    def waiting(self, root: Path) -> Path:
        """The folder where runs wait to be taken into the history."""
        return root.resolve() / ".noxtasks" / "waiting"


class Override(msgspec.Struct, frozen=True, kw_only=True):
    """A value for the setting `key` ("flake.runs"); `where` says in its error who gave it ("--runs")."""

    key: str
    value: Any
    where: str
