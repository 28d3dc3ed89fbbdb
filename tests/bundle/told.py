"""Events, documents and the place of a figure in one, as milestones read them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from noxtasks.evidence.events import Event, EventType
from noxtasks.evidence.gating.model import Document, Gate
from noxtasks.evidence.sums import Digest

TODAY = date(2026, 11, 20)
BEGAN = datetime(2026, 9, 1, tzinfo=UTC)


def digest(name: str, letter: str = "a") -> Digest:
    """A digest of a file of that name."""
    return Digest(name=name, sha256=letter * 64)


def document(name: str, letter: str = "a", **content: Any) -> Document:
    """An artifact that counts."""
    origin = {"platform": {"system": "Linux"}, "code_version": "c", "complete": True}
    told = {**origin, "result": {}, "timing": {}, **content}
    return Document(name=name, content=told, digest=digest(name, letter))


def event(kind: EventType, sequence: int, day: float = 0, **parts: Any) -> Event:
    """An event of so many days after the first."""
    return Event(
        **{
            "type": kind,
            "source": "urn:noxtasks:shop",
            "time": BEGAN + timedelta(days=day),
            "subject": "x",
            "session_id": f"session {sequence}",
            "sequence": sequence,
            "attributes": {},
            "metrics": {},
            "artifacts": (),
            **parts,
        }
    )


def placed(gate: Gate, figures: list[Any], **beside: Any) -> dict[str, Any]:
    """The smallest content in which the gate's pointer leads to these figures."""
    tokens = gate.pointer.split("/")[1:]
    content = _placed(tokens, figures, beside)
    assert isinstance(content, dict)
    return content


def _placed(tokens: list[str], figures: list[Any], beside: dict[str, Any]) -> Any:
    if not tokens:
        assert len(figures) == 1
        return figures[0]
    first, *rest = tokens
    key, equals, value = first.partition("=")
    chosen = {key: {"true": True}.get(value, value)} if equals else {}
    if first == "*" or equals:
        items = [_placed(rest, [figure], beside) if rest else figure for figure in figures]
        return [{**item, **chosen} if isinstance(item, dict) else {"value": item, **chosen} for item in items]
    if first.startswith("{"):
        names = first.strip("{}").split(",")
        shares = {name: figures[number :: len(names)] for number, name in enumerate(names)}
        return {name: _placed(rest, share, beside) for name, share in shares.items()}
    return {first: _placed(rest, figures, beside), **({} if rest else beside)}
