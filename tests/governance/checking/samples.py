"""The smallest governance.yaml that keeps every rule, and parts of plans."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from noxtasks.evidence.events import Event, EventType
from noxtasks.evidence.gating.model import Document
from noxtasks.evidence.sums import Digest
from noxtasks.governance.checking.model import DIMENSIONS, Milestone, Objective, Text

WHOLE = """\
version: 1
milestones:
  M1: {title: Foundation}
  M2: {title: Expansion, after: [M1]}
objectives:
  O1:
    title: Reliability
    milestones: [M1]
    question: Which tests are not deterministic?
    session: flake
    artifact: flake.report.json
    gate: flake rate
    event: flake_reduction_delta_emitted
  O2:
    milestones: [M2]
    after: [O1]
    question: Did it get slower?
    session: bench
    artifact: perf.comparison.json
    gate: performance mean
    event: performance_benchmark_complete
dimensions:
""" + "".join(
    f"  {name}:\n    application: It matters here.\n    evidence: [README.md#the-shop]\n" for name in DIMENSIONS
)


def line_of(text: str, needle: str) -> int:
    """The number of the line in which `needle` stands first."""
    return text[: text.index(needle)].count("\n") + 1


def words(*texts: str, line: int = 1) -> tuple[Text, ...]:
    return tuple(Text(text=text, line=line) for text in texts)


def milestone(name: str, *after: str, line: int = 1, retrospective: str = "") -> Milestone:
    said = Text(text=retrospective, line=line) if retrospective else None
    return Milestone(name=name, line=line, after=words(*after, line=line), retrospective=said)


def objective(name: str, *milestones: str, after: tuple[str, ...] = (), line: int = 1, **parts: Any) -> Objective:
    said: dict[str, Any] = {part: Text(text=text, line=line) for part, text in parts.items()}
    return Objective(
        name=name, line=line, milestones=words(*milestones, line=line), after=words(*after, line=line), **said
    )


def event(type_: EventType, sequence: int, *artifacts: str) -> Event:
    return Event(
        type=type_,
        source="urn:noxtasks:shop",
        time=datetime(2026, 11, 20, tzinfo=UTC),
        subject="",
        session_id="0193a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b",
        sequence=sequence,
        attributes={},
        metrics={},
        artifacts=tuple(Digest(name=name, sha256="a" * 64) for name in artifacts),
    )


def document(name: str, result: Any, **more: Any) -> Document:
    return Document(name=name, content={"result": result, **more})


def files(**texts: str) -> Callable[[str], str | None]:
    """Files by name, with __ for a dot."""
    known = {name.replace("__", "."): text for name, text in texts.items()}
    return known.get


def missing(name: str) -> Document:
    return Document(name=name, refusal=f"there is no {name}")


def tier(name: str, **parts: Any) -> dict[str, Any]:
    return {"name": name, "figure": 0.5, "verdict": "fail", "stale": False, "reason": "", "tests": 10, **parts}
