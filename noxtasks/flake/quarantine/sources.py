"""Which files of the project have marks in them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from noxtasks.evidence import vcs
from noxtasks.probe.noxtasks_probe import entries as probe
from noxtasks.suite.edits import content_of


def marked_files(root: Path, reports: str) -> Iterator[str]:
    """The Python files of the project that have the mark in their text, but for those of virtual environments."""
    skipped = {root / reports}
    for folder, folders, names in os.walk(root):
        here = Path(folder)
        folders[:] = sorted(
            name
            for name in folders
            if name not in vcs.SKIPPED_FOLDERS
            and here / name not in skipped
            and not (here / name / "pyvenv.cfg").exists()
        )
        for name in sorted(names):
            if name.endswith(".py") and probe.MARK.encode() in content_of(here / name):
                yield (here / name).relative_to(root).as_posix()
