"""The audit as one HTML page, complete in itself: facets, counts, the heat of marker by folder, and what can go."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from math import log
from pathlib import Path, PurePosixPath

import msgspec

from noxtasks.evidence import artifacts
from noxtasks.evidence.display import html
from noxtasks.evidence.sums import Digest
from noxtasks.markers.model import Audit, Class, Consolidation, Facet, Marker

NAME = "markers.html"

_COLUMNS = 24  # folders side by side


class Heat(msgspec.Struct, frozen=True, kw_only=True):
    """Tests by marker and folder: `rows` in the order of the markers, each a (count, warmth from 0 to 1) a folder."""

    folders: tuple[str, ...]
    rows: tuple[tuple[str, tuple[tuple[int, float], ...]], ...]


def write(reports: Path, audit: Audit, plan: Consolidation, *, project: str) -> Digest:
    """Write the page into `reports`; its digest. Raises `EvidenceError` where that cannot be done."""
    return artifacts.attach(reports, NAME, render(audit, plan, project=project))


def render(audit: Audit, plan: Consolidation, *, project: str) -> bytes:
    """The page's content."""
    return html.render(
        "noxtasks.markers",
        project=project,
        audit=audit,
        plan=plan,
        facets=_by_facet(audit),
        heat=heat([marker for marker in audit.markers if marker.kind.is_live]),
        registered=sum(bool(marker.registrations) for marker in audit.markers),
        live=sum(marker.kind.is_live and bool(marker.registrations) for marker in audit.markers),
        removable=audit.of(Class.REMOVABLE),
        unresolved=audit.of(Class.UNRESOLVED),
    )


def _by_facet(audit: Audit) -> list[tuple[str, list[Marker]]]:
    live = [marker for marker in audit.markers if marker.kind.is_live]
    grouped = [
        (
            facet.value if facet else "no facet",
            sorted(
                (marker for marker in live if (marker.term.facet if marker.term else None) is facet),
                key=lambda marker: (-(marker.usage.tests if marker.usage else 0), marker.name),
            ),
        )
        for facet in (*Facet, None)
    ]
    return [(facet, markers) for facet, markers in grouped if markers]


def heat(markers: Sequence[Marker]) -> Heat:
    """How many tests of each folder carry each marker; deep folders are put together until there are few enough."""
    counted = [(marker.name, marker.usage.folders) for marker in markers if marker.usage and marker.usage.tests]
    folders = sorted({folder for _, by_folder in counted for folder in by_folder})
    depth = max((len(PurePosixPath(folder).parts) for folder in folders), default=0)
    while depth > 1 and len({_cut(folder, depth) for folder in folders}) > _COLUMNS:
        depth -= 1
    columns = _fullest({_cut(folder, depth) for folder in folders}, (each for _, each in counted), depth)
    most = max((count for _, by_folder in counted for count in by_folder.values()), default=1)
    rows = []
    for name, by_folder in counted:
        summed: Counter[str] = Counter()
        for folder, count in by_folder.items():
            summed[_cut(folder, depth)] += count
        rows.append((name, tuple((summed[column], _warmth(summed[column], most)) for column in columns)))
    return Heat(folders=tuple(columns), rows=tuple(rows))


def _fullest(columns: set[str], counted: Iterable[dict[str, int]], depth: int) -> list[str]:
    """The folders with most marked tests, as many as there is room for, in the order of their names."""
    total: Counter[str] = Counter()
    for by_folder in counted:
        for folder, count in by_folder.items():
            total[_cut(folder, depth)] += count
    return sorted(sorted(columns, key=lambda column: (-total[column], column))[:_COLUMNS])


def _cut(folder: str, depth: int) -> str:
    return str(PurePosixPath(*PurePosixPath(folder).parts[:depth]))


def _warmth(count: int, most: int) -> float:
    """From 0 to 1, by the logarithm: a few tests show beside thousands."""
    return min(1.0, log(1 + count) / log(1 + most)) if count else 0.0
