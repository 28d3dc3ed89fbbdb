"""What the chain of events tells of the artifacts beside it."""

from __future__ import annotations

from pathlib import Path

from noxtasks.bundle import chain
from noxtasks.evidence import events, sums


def untold(reports: Path) -> set[str]:
    """The artifacts of the list whose last event is not about them as they are, or that no event tells of."""
    listed = sums.parse((reports / sums.NAME).read_bytes()).digests
    told = chain.read((reports / events.NAME).read_bytes().splitlines(keepends=True)).told
    return {name for name, sha256 in listed.items() if told.get(name) != sha256}
