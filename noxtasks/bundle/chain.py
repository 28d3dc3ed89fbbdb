"""The chain of events as an archive holds it: where it ends, and what it says of the artifacts.

Bundling is told in the log, too. What was told of it last is not part of an archive: a second one, made of the same
artifacts, would not be the same else.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from datetime import date

import msgspec

from noxtasks.evidence import canonical, events
from noxtasks.evidence.events import Event, EventType, Finding

_LONGEST_LINE = 16 << 20
_MOST_FINDINGS = 100  # of a log that is not what it was, more say nothing
_CODE = "noxtasks.code.version"


class Chain(msgspec.Struct, frozen=True, kw_only=True):
    """A log of events that was read to its end, or to where it is cut."""

    head: str = events.NO_HASH  # the hash of its last line
    size: int = 0  # bytes
    events: tuple[Event, ...] = ()
    findings: tuple[Finding, ...] = ()

    @property
    def last(self) -> Event | None:
        """The last event that tells which code it is about: what is bundled is about that code."""
        return next((each for each in reversed(self.events) if _CODE in each.attributes), None)

    @property
    def code_version(self) -> str:
        """The code that the evidence is about; empty where no event tells."""
        return str(self.last.attributes[_CODE]) if self.last else ""

    @property
    def time(self) -> str:
        """When that event was, RFC 3339; the begin of 1970 where there is none."""
        return str(msgspec.to_builtins(self.last.time)) if self.last else "1970-01-01T00:00:00Z"

    @property
    def seconds(self) -> int:
        """The same in whole seconds since 1970."""
        return int(self.last.time.timestamp()) if self.last else 0

    @property
    def day(self) -> date:
        """The day of it."""
        return self.last.time.date() if self.last else date(1970, 1, 1)

    @property
    def told(self) -> dict[str, str]:
        """What the digest of each artifact was when a session told last that it had written it.

        The event of a gate tells what the gate rests on, which others have written, and may be writing anew.
        """
        return {
            artifact.name: artifact.sha256
            for each in self.events
            for artifact in each.artifacts
            if each.type is not EventType.GATE_EVALUATED
        }


def read(log: Iterable[bytes]) -> Chain:
    """All of a log, its lines with their newlines, and what is wrong with it."""
    reading = _Reading()
    found = events.check(reading.passed(log), most=_MOST_FINDINGS)
    return reading.chain(reading.now, found)


def cut(log: Iterable[bytes]) -> Chain:
    """A log as far as an archive has it: without the last events if they tell of bundling, or a line cut short."""
    reading = _Reading()
    whole = (line for line in reading.passed(log) if line.endswith(b"\n"))
    found = events.check(whole, most=_MOST_FINDINGS)
    return reading.chain(reading.end, found)


class _At(msgspec.Struct, frozen=True, kw_only=True):
    """A place in the log: behind so many events, lines' bytes and with this hash."""

    head: str = events.NO_HASH
    size: int = 0
    events: int = 0


class _Reading:
    """The chain so far. What is no event changes nothing but its head: the check of the log tells of it."""

    def __init__(self) -> None:
        self.now = self.end = _At()  # `end`: where an archive cuts
        self._events: list[Event] = []

    def passed(self, log: Iterable[bytes]) -> Iterator[bytes]:
        for line in log:
            self._take(line)
            yield line

    def _take(self, line: bytes) -> None:
        try:
            self._events.append(events.of(canonical.loads(line)))
            is_of_bundling = self._events[-1].type is EventType.EVIDENCE_BUNDLED
        except (ValueError, TypeError, KeyError, IndexError, AttributeError):
            is_of_bundling = False
        head = hashlib.sha256(line.removesuffix(b"\n")).hexdigest()
        self.now = _At(head=head, size=self.now.size + len(line), events=len(self._events))
        if line.endswith(b"\n") and not is_of_bundling:
            self.end = self.now

    def chain(self, at: _At, findings: Sequence[Finding]) -> Chain:
        return Chain(head=at.head, size=at.size, events=tuple(self._events[: at.events]), findings=tuple(findings))


def lines(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The lines of a log that comes in pieces, with their newlines. One that is far too long is given in parts."""
    held = b""
    for piece in pieces:
        *whole, held = (held + piece).split(b"\n")
        for line in whole:
            yield line + b"\n"
        if len(held) > _LONGEST_LINE:
            yield held + b"\n"
            held = b""
    if held:
        yield held
