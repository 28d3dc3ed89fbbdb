"""`[tool.noxtasks]` as frozen values: every setting, its default, and every problem with what was given, at once.

Settings come from `pyproject.toml`, from `noxtasks.register(...)` in the noxfile and from the command line; the later
one wins, but all of them have to be right. What is given is checked here and nowhere else.
"""

from __future__ import annotations

from noxtasks.config.cores import available_cores
from noxtasks.config.gates import GATES, PARTS
from noxtasks.config.model import (
    THRESHOLDS,
    BenchSettings,
    DeterminismSettings,
    FlakeSettings,
    GateSettings,
    LadderSettings,
    MarkersSettings,
    MatrixSettings,
    MutationSettings,
    Override,
    ParallelSettings,
    QuarantineSettings,
    Settings,
)
from noxtasks.config.parsing import duration as parse_duration
from noxtasks.config.sources import FILE, as_assignment, from_assignment, from_keywords, from_option, load
from noxtasks.config.table import DISTRIBUTIONS, ENGINES, KINDS, ORDERS, PROFILES, SETTINGS, TIMEOUTS, Setting
from noxtasks.config.toml import read_toml, table_at

__all__ = [
    "DISTRIBUTIONS",
    "ENGINES",
    "FILE",
    "GATES",
    "KINDS",
    "ORDERS",
    "PARTS",
    "PROFILES",
    "SETTINGS",
    "THRESHOLDS",
    "TIMEOUTS",
    "BenchSettings",
    "DeterminismSettings",
    "FlakeSettings",
    "GateSettings",
    "LadderSettings",
    "MarkersSettings",
    "MatrixSettings",
    "MutationSettings",
    "Override",
    "ParallelSettings",
    "QuarantineSettings",
    "Setting",
    "Settings",
    "as_assignment",
    "available_cores",
    "from_assignment",
    "from_keywords",
    "from_option",
    "load",
    "parse_duration",
    "read_toml",
    "table_at",
]
