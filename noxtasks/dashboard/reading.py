"""The artifacts of a folder as the page takes them: what counts, and why the rest does not.

They are held against their digests and not against their schemas, which was done when they were written and would take
seconds after every command. So nothing here relies on their shape: who reads a part of one expects not to find it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from noxtasks.dashboard.model import Trouble
from noxtasks.errors import EvidenceError
from noxtasks.evidence import artifacts, canonical, events, files, lines, sums
from noxtasks.evidence.artifacts import Artifact
from noxtasks.evidence.gating.documents import short
from noxtasks.evidence.sums import NAME as SUMS
from noxtasks.evidence.sums import Digest

_SURROGATE = re.compile(rb"\\[uU](0000)?[dD][89a-fA-F]")
_HARMLESS = {artifacts.Trouble.LEFTOVER, artifacts.Trouble.INTERRUPTED}


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """An artifact, or why it does not count; what it says of itself is known where it could be read at all."""

    name: str
    refusal: str = ""
    result: Any = None
    timing: Any = None
    created: datetime | None = None
    code_version: str = ""
    digest: str = ""

    @property
    def revision(self) -> str:
        """The code that it is about, in short."""
        return short(self.code_version) if self.code_version else ""


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the chain of events, as far as trends need it."""

    time: datetime
    type: str = ""
    data: _Data


class _Data(msgspec.Struct, frozen=True, kw_only=True):
    metrics: dict[str, float] = {}
    attributes: dict[str, Any] = {}


class _Linked(msgspec.Struct, frozen=True, kw_only=True):
    prevhash: str


def load(reports: Path, names: Iterable[str], *, of_any_code: Iterable[str] = ()) -> dict[str, Source]:
    """The artifacts of these names. One that is about other code than the newest of all is refused.

    Those `of_any_code` tell of several states of the code, and count.
    """
    read = {name: _read(reports, name) for name in dict.fromkeys(names)}
    last, free = newest(read.values()), set(of_any_code)
    return {name: each if last is None or name in free else _of_newest(each, last) for name, each in read.items()}


def newest(sources: Iterable[Source]) -> Source | None:
    """The artifact that was written last, whether it counts or not: the others have to be about its code."""
    dated = [(each.created, each.name, each) for each in sources if each.created is not None]
    return max(dated)[2] if dated else None


def _of_newest(each: Source, last: Source) -> Source:
    if each.refusal or each.code_version == last.code_version:
        return each
    refusal = f"{each.name} is about other code ({each.revision}) than {last.name} ({last.revision})"
    return msgspec.structs.replace(each, refusal=refusal, result=None, timing=None)


def _read(reports: Path, name: str) -> Source:
    try:
        found = artifacts.read(reports, name, is_checked=False)
    except EvidenceError as error:
        missing = not (reports / name).is_file()
        return Source(name=name, refusal=f"there is no {name}" if missing else f"{name}: {error.message}")
    except (OSError, ValueError, RecursionError) as error:
        return Source(name=name, refusal=f"{name} cannot be read: {error}")
    told = found.provenance
    known = Source(name=name, created=told.created, code_version=told.code_version, digest=found.digest.sha256)
    if told.created.tzinfo is None:
        return Source(name=name, refusal=f"{name}: it was written at a time without a zone")
    if not told.complete and name not in _COUNT_IN_PART:
        return msgspec.structs.replace(known, refusal=f"{name} is of a session that was interrupted")
    try:
        result, timing = _cleaned(reports / name, found)
    except EvidenceError as error:
        return msgspec.structs.replace(known, refusal=f"{name}: {error.message}")
    return msgspec.structs.replace(known, result=result, timing=timing)


_COUNT_IN_PART = frozenset({"tests.timeline.json"})
"""What tells of each session by itself, and of one that was interrupted as far as it came."""


def _cleaned(path: Path, found: Artifact) -> tuple[Any, Any]:
    """The content; a text with half a character in it, which no page can carry, has that written out."""
    if not _SURROGATE.search(path.read_bytes()):
        return found.result, found.timing
    return canonical.plain(found.result, where=path.name), canonical.plain(found.timing, where=path.name)


def attached(reports: Path, name: str) -> tuple[bytes, str]:
    """A file without a schema of ours, and why it does not count: it is not listed, or not as it was written."""
    path = reports / name
    try:
        with files.reading(reports):
            data = path.read_bytes()
            listed = sums.parse((reports / SUMS).read_bytes())
    except (OSError, EvidenceError):
        return b"", f"there is no {name}"
    if Digest.of(name, data).sha256 not in {listed.digests.get(name), listed.announced.get(name)}:
        return b"", f"{name}: its content is not what {SUMS} says"
    return data, ""


def chain(reports: Path) -> tuple[tuple[Told, ...], tuple[Trouble, ...]]:
    """The events, the oldest first, and what is wrong with their chain. A chain that is broken tells no trend."""
    told: list[Told] = []
    before = events.NO_HASH
    try:
        for number, line in enumerate(lines.present(reports / events.NAME), start=1):
            if not line.endswith(b"\n"):
                break  # cut short by a crash; the next event mends it
            linked = msgspec.json.decode(line, type=_Linked)
            if linked.prevhash != before:
                message = f"line {number} does not follow the line before: one was altered, dropped or moved"
                return (), (_broken(message),)
            before = events.hash_of(line[:-1])
            told.append(msgspec.json.decode(line, type=Told))
    except (msgspec.MsgspecError, UnicodeError, EvidenceError, OSError, RecursionError) as error:
        return (), (_broken(str(error)),)
    return tuple(each for each in told if each.time.tzinfo is not None), ()


def _broken(message: str) -> Trouble:
    return Trouble(
        name=events.NAME,
        message=f"{message}; no trend is shown from it",
        remedy="Restore the log from a copy, or move it away: the next event begins a new one.",
    )


def troubles(reports: Path) -> tuple[Trouble, ...]:
    """What is wrong with the artifacts of the folder."""
    try:
        found = artifacts.verify(reports, is_checked=False)
    except (EvidenceError, OSError) as error:
        return (Trouble(name=SUMS, message=str(error), remedy=artifacts.RERUN),)
    return tuple(
        Trouble(name=each.name, message=each.message, remedy=each.remedy)
        for each in found
        if each.trouble not in _HARMLESS
    )


def counting(sources: Mapping[str, Source], name: str) -> Source | None:
    """The artifact of that name where it counts."""
    found = sources.get(name)
    return found if found is not None and not found.refusal else None
