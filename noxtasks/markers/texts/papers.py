"""Decisions and evidence: records of architecture decisions and audit reports that speak of a marker.

They use no marker, but one that a decision was written about should not go without a look at it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from pathlib import PurePosixPath

from noxtasks.markers.model import Reference, Use

_DECISIONS = frozenset(
    {"adr", "adrs", "decisions", "architecture-decisions", "architecture_decisions", "decision-records"}
)
_DECISION_NAME = re.compile(r"(?:adr[-_ ]?\d*[-_ ].*|\d{3,5}[-_].+)\.(?:md|markdown|rst|adoc|txt)", re.IGNORECASE)
_EVIDENCE = frozenset({"evidence", "artifacts", "reports", "audit", "audits"})
_WORD = re.compile(r"(?<![\w.-])[A-Za-z_]\w*(?![\w-])|(?<=mark\.)\w+")
_MAX_PER_FILE = 3  # of one marker: where it is spoken of is found from there


def read(texts: Mapping[str, str], names: Collection[str]) -> tuple[Reference, ...]:
    """The places in decision records and evidence that contain a marker's name as a word."""
    known = frozenset(names)
    return tuple(
        reference
        for path, text in texts.items()
        if (how := _kind(path)) is not None
        for reference in _mentions(path, text, how, known)
    )


def _kind(path: str) -> str | None:
    pure = PurePosixPath(path)
    folders = {folder.lower() for folder in pure.parts[:-1]}
    if folders & _DECISIONS or _DECISION_NAME.fullmatch(pure.name):
        return "ADR"
    return "evidence" if folders & _EVIDENCE else None


def _mentions(path: str, text: str, how: str, known: frozenset[str]) -> Iterator[Reference]:
    seen: Counter[str] = Counter()
    for number, line in enumerate(text.split("\n"), start=1):
        for name in sorted(known.intersection(_WORD.findall(line))):
            seen[name] += 1
            if seen[name] <= _MAX_PER_FILE:
                yield Reference(marker=name, path=path, line=number, use=Use.MENTIONED, how=how)
