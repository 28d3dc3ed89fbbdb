"""What each test took last time: a file in the project that is read before tests are scheduled, and kept after them.

`.noxtasks/durations.json` maps node ids to seconds. Both `noxtasks run` and the scheduler for xdist read and write it,
so that neither has to wait for a database.
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from pathlib import Path
from typing import Any, Dict

FOLDER = ".noxtasks"
FILE = "durations.json"

_DIGITS = 4


def path_in(root: Path) -> Path:
    """Where they are kept."""
    return root / FOLDER / FILE


def read(path: Path) -> Dict[str, float]:
    """Seconds by test; none where there is no such file, or it is not one that was written here."""
    try:
        found: Any = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    if not isinstance(found, dict):
        return {}
    return {test: float(took) for test, took in found.items() if isinstance(took, (int, float)) and took >= 0}


def keep(path: Path, took_s: Dict[str, float]) -> None:
    """Put what tests took into the file, beside what it says of others; what cannot be written stays as it is."""
    if not took_s:
        return
    kept = {**read(path), **{test: round(took, _DIGITS) for test, took in took_s.items()}}
    whole = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(exist_ok=True)
        ignoring = path.with_name(".gitignore")
        if not ignoring.exists():  # or git would call the project changed
            ignoring.write_text("*\n", "utf-8")
        whole.write_text(json.dumps(kept), "utf-8")
        whole.replace(path)
    except OSError:
        with suppress(OSError):
            whole.unlink()


class Watch:
    """Adds up what the phases of each test took, from the reports that this process hears of."""

    def __init__(self) -> None:
        self.took_s: Dict[str, float] = {}

    def pytest_runtest_logreport(self, report: Any) -> None:
        """A phase ended. What is run again counts as often as it ran."""
        self.took_s[report.nodeid] = self.took_s.get(report.nodeid, 0.0) + max(0.0, getattr(report, "duration", 0.0))
