"""The event log: what the sessions did, one CloudEvents 1.0 event per line, each linked to the line before.

`prevhash` is the SHA-256 of the line before (its bytes without the newline; 64 zeros for the first). Whoever alters,
drops or moves a line breaks the link after it; `verify` finds that. What a chain cannot show by itself is lines that
were cut off at its end, or a last line that was rewritten: for that, note `head` elsewhere, and give it to `verify`.

An append holds the folder's lock, reads the last line only, and is on the disk when it returns. Where a crash cut the
last line short, the torn bytes are moved to `events.jsonl.torn` and an event says so before the new one.

CloudEvents: https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md, sequence:
https://github.com/cloudevents/spec/blob/main/cloudevents/extensions/sequence.md. Attribute names:
https://opentelemetry.io/docs/specs/semconv/registry/attributes/.
"""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, datetime
from enum import Enum
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import msgspec

from noxtasks.errors import EvidenceError
from noxtasks.evidence import canonical, files, lines, schemas
from noxtasks.evidence.sums import Digest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from noxtasks.evidence.provenance import Provenance

NAME = "events.jsonl"
TORN_NAME = NAME + lines.TORN_SUFFIX
NO_HASH = "0" * 64

_OUR_TYPE = re.compile(r"io\.noxtasks\.\w+\.v(\d+)")
_KNOWN_VERSION = 2
_NEWER = "Read it with a newer version of noxtasks."
_DAMAGED = "Restore the log from a copy, or move it away: the next event begins a new one."


class EventType(Enum):
    """The closed list of what is told: the plan's section 11, and the log's own mending."""

    MARKER_CONSOLIDATION_START = "marker_consolidation_start"
    MARKER_CONSOLIDATION_COMPLETE = "marker_consolidation_complete"
    OS_MATRIX_BASELINE_RECORDED = "os_matrix_baseline_recorded"
    MUTATION_SCAN_START = "mutation_scan_start"
    MUTATION_SCAN_COMPLETE = "mutation_scan_complete"
    PERFORMANCE_BENCHMARK_START = "performance_benchmark_start"
    PERFORMANCE_BENCHMARK_COMPLETE = "performance_benchmark_complete"
    PARALLELIZATION_PROBE_START = "parallelization_probe_start"
    PARALLELIZATION_PROBE_COMPLETE = "parallelization_probe_complete"
    FLAKE_REDUCTION_DELTA_EMITTED = "flake_reduction_delta_emitted"
    COVERAGE_LADDER_STAGE_ADVANCED = "coverage_ladder_stage_advanced"
    MUTATION_SCORE_THRESHOLD_MET = "mutation_score_threshold_met"
    GATE_EVALUATED = "gate_evaluated"
    EVIDENCE_BUNDLED = "evidence_bundled"
    GOVERNANCE_CHECKED = "governance_checked"
    ARTIFACTS_WRITTEN = "artifacts_written"
    EVENT_LOG_MENDED = "event_log_mended"

    @property
    def type(self) -> str:
        """The CloudEvents type, for example `io.noxtasks.mutation_scan_start.v2`."""
        return f"io.noxtasks.{self.value}.v{_KNOWN_VERSION}"

    @property
    def meaning(self) -> str:
        """When it is told."""
        return _MEANINGS[self]


_MEANINGS = {
    EventType.MARKER_CONSOLIDATION_START: "`markers` begins.",
    EventType.MARKER_CONSOLIDATION_COMPLETE: "`markers` has ended, with or without changes of files.",
    EventType.OS_MATRIX_BASELINE_RECORDED: "`matrix merge` has held the cells against one another.",
    EventType.MUTATION_SCAN_START: "`mutation` begins.",
    EventType.MUTATION_SCAN_COMPLETE: "`mutation` has ended, or was interrupted.",
    EventType.PERFORMANCE_BENCHMARK_START: "`bench` begins to time.",
    EventType.PERFORMANCE_BENCHMARK_COMPLETE: "`bench` has timed.",
    EventType.PARALLELIZATION_PROBE_START: "`parallel` begins its scan.",
    EventType.PARALLELIZATION_PROBE_COMPLETE: "The scan of `parallel` is over.",
    EventType.FLAKE_REDUCTION_DELTA_EMITTED: "`flake` has told what changed since the last comparable session; or the "
    "quarantine was changed.",
    EventType.COVERAGE_LADDER_STAGE_ADVANCED: "`ladder` found a tier earned, or lost again.",
    EventType.MUTATION_SCORE_THRESHOLD_MET: "The score of `mutation` reaches its threshold.",
    EventType.GATE_EVALUATED: "`gates` has judged a gate; one event for each.",
    EventType.EVIDENCE_BUNDLED: "`bundle` has written an archive.",
    EventType.GOVERNANCE_CHECKED: "`governance` has held the project against its rules.",
    EventType.ARTIFACTS_WRITTEN: "`flake` has looked at the collection; or `determinism`, `ladder` or `gates` has "
    "ended: what they have written.",
    EventType.EVENT_LOG_MENDED: "A crash had cut the last line short; what was left of it stands in another file.",
}


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """An event as read from the log."""

    type: EventType
    source: str
    time: datetime
    subject: str
    session_id: str
    sequence: int  # the number of its line, from 1
    attributes: dict[str, Any]
    metrics: dict[str, float]
    artifacts: tuple[Digest, ...]


class Receipt(msgspec.Struct, frozen=True, kw_only=True):
    """What an append did: the number of the event's line, the log's new head, and what had to be mended first."""

    sequence: int
    head: str
    notice: str = ""


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is wrong with the log; `line` counts from 1, and is 0 for the log as a whole."""

    line: int
    message: str


def append(
    folder: Path,
    *,
    event: EventType,
    project: str,
    subject: str,
    at: datetime,
    provenance: Provenance,
    attributes: Mapping[str, Any] | None = None,
    metrics: Mapping[str, float] | None = None,
    artifacts: Sequence[Digest] = (),
) -> Receipt:
    """Add one event to the log in `folder`, which is made where missing.

    `attributes` go by OpenTelemetry names; revision, interpreter and operating system are added from `provenance`. A
    rate that was not measured is left out of `metrics`. Raises `EvidenceError` where the event does not fit its schema,
    the log cannot be written (it is as before then), or its last line is no event that this version can follow.
    """
    draft = _draft(event, project, subject, at, provenance)
    data = {
        "attributes": {**_origin(provenance), **(attributes or {})},
        "metrics": dict(metrics or {}),
        "artifacts": [{"name": digest.name, "digest": f"sha256:{digest.sha256}"} for digest in artifacts],
    }
    with files.writing(folder):
        path = folder / NAME
        tail = lines.tail(path)
        link = _Link.after(tail.last, where=str(path))
        added = b""
        notice = ""
        if tail.torn:
            mended = {**_draft(EventType.EVENT_LOG_MENDED, project, NAME, at, provenance), "data": _torn(tail)}
            added, link = link.extended(mended, where=str(path))
            lines.set_aside(path, tail.torn)
            notice = f"{NAME}: a crash had cut its last line short; {len(tail.torn)} bytes are now in {TORN_NAME}"
        line, link = link.extended({**draft, "data": data}, where=str(path))
        lines.extend(path, tail.size, added + line)
    return Receipt(sequence=link.sequence, head=link.hash, notice=notice)


def tell_written(
    folder: Path, project: str, artifacts: Sequence[Digest], *, subject: str, provenance: Provenance
) -> None:
    """Append the event that a session has written `artifacts`, of which no event of its own tells."""
    append(
        folder,
        event=EventType.ARTIFACTS_WRITTEN,
        project=project,
        subject=subject,
        at=provenance.created,
        provenance=provenance,
        artifacts=artifacts,
    )


class _Link(msgspec.Struct, frozen=True, kw_only=True):
    """The end of the chain, to which the next event is linked."""

    sequence: int
    hash: str

    @classmethod
    def after(cls, line: bytes | None, *, where: str) -> _Link:
        """The link that `line` makes; the chain's begin for no line. Raises `EvidenceError` for what is no event."""
        if line is None:
            return cls(sequence=0, hash=NO_HASH)
        try:
            return cls(sequence=int(_parsed(line)["sequence"]), hash=hash_of(line))
        except (ValueError, TypeError, KeyError) as error:
            remedy = _NEWER if isinstance(error, _NewerVersionError) else _DAMAGED
            raise EvidenceError(f"the last line cannot be followed: {error}", where=where, remedy=remedy) from None

    def extended(self, event: Mapping[str, Any], *, where: str) -> tuple[bytes, _Link]:
        """`event` as the line (with its newline) after this link, and the link that it makes.

        Raises `EvidenceError` where it does not fit the schema.
        """
        sequence = f"{self.sequence + 1:012}"
        linked = canonical.plain(
            {**event, "id": f"{event['sessionid']}.{sequence}", "sequence": sequence, "prevhash": self.hash},
            where=where,
        )
        if found := schemas.faults(schemas.EVENTS, linked):
            message = "the event does not fit its schema\n" + "\n".join(f"  {fault}" for fault in found)
            raise EvidenceError(message, where=where, remedy=canonical.DEFECT)
        line = canonical.dumps(linked, where=where)
        return line + b"\n", _Link(sequence=self.sequence + 1, hash=hash_of(line))


def _draft(event: EventType, project: str, subject: str, at: datetime, provenance: Provenance) -> dict[str, Any]:
    """The event without its place in the chain and without its data."""
    return {
        "specversion": "1.0",
        "source": f"urn:noxtasks:{quote(project, safe='')}",
        "type": event.type,
        "time": at.astimezone(UTC),
        "subject": subject,
        "datacontenttype": "application/json",
        "dataschema": schemas.shipped()[schemas.EVENTS]["$id"] + "#/$defs/data",
        "sessionid": provenance.session_id,
    }


def _origin(provenance: Provenance) -> dict[str, Any]:
    attributes: dict[str, Any] = {
        "noxtasks.code.version": provenance.code_version,
        "os.type": provenance.platform.system.lower(),
        "process.runtime.name": provenance.interpreter.implementation.lower(),
        "process.runtime.version": provenance.interpreter.version,
    }
    if provenance.vcs and provenance.vcs.revision:
        attributes["vcs.ref.head.revision"] = provenance.vcs.revision
    return attributes


def _torn(tail: lines.Tail) -> dict[str, Any]:
    attributes = {"noxtasks.torn.name": TORN_NAME, "noxtasks.torn.sha256": hash_of(tail.torn)}
    return {"attributes": attributes, "metrics": {"torn.bytes": len(tail.torn)}, "artifacts": []}


def head(folder: Path) -> str:
    """The hash of the log's last whole line, 64 zeros for an empty log. Raises `EvidenceError` for a missing folder."""
    with files.reading(folder):
        last = lines.tail(folder / NAME).last
    return NO_HASH if last is None else hash_of(last)


def verify(folder: Path, *, head: str | None = None) -> list[Finding]:
    """Everything that is wrong with the log of `folder`, by line: the first finding is the first broken link.

    With the `head` that was noted earlier, the log must hold the line that it was the hash of: events may have been
    added since, but none before it removed or altered. Raises `EvidenceError` where the folder cannot be read.
    """
    return check(lines.present(folder / NAME), head=head)


def check(log: Iterable[bytes], *, head: str | None = None, most: int | None = None) -> list[Finding]:
    """`verify` for a log wherever it is: its lines, with their newlines. It is not read on after `most` findings."""
    findings: list[Finding] = []
    before, seen = NO_HASH, {NO_HASH}
    for number, line in enumerate(log, start=1):
        if not line.endswith(b"\n"):
            findings.append(Finding(line=number, message="cut short by a crash; the next append mends it"))
            break
        if message := _wrong(line[:-1], number, before):
            findings.append(Finding(line=number, message=message))
            if len(findings) == most:
                return [*findings, Finding(line=number, message="it was not read on from here")]
        before = hash_of(line[:-1])
        seen.add(before)
    if head is not None and head not in seen:
        message = f"no line has the hash {head}: the log was cut off at its end, or rewritten"
        findings.append(Finding(line=0, message=message))
    return findings


def _wrong(line: bytes, number: int, before: str) -> str:
    """What is wrong with a whole line; empty where nothing is."""
    try:
        event = _parsed(line)
        if canonical.dumps(event, where=NAME) != line:
            return "not canonical JSON: it was rewritten"
        _expect_known(event)
    except ValueError as error:
        return str(error)
    except EvidenceError as error:
        return error.message
    if event.get("prevhash") != before:
        return "its prevhash is not the hash of the line before: that line, or this one, was altered, dropped or moved"
    if event.get("sequence") != f"{number:012}":
        return f"its sequence is {event.get('sequence')!r}, and its place is {number}"
    return "; ".join(str(fault) for fault in schemas.faults(schemas.EVENTS, event))


def read(folder: Path) -> Iterator[Event]:
    """The events of the log, oldest first; nothing where there is none, and a line that was cut short is left out.

    Raises `EvidenceError`, with the line's number, for what is no event or was written by a later version.
    """
    for number, line in enumerate(lines.present(folder / NAME), start=1):
        if not line.endswith(b"\n"):
            return
        where = f"{folder / NAME}:{number}"
        try:
            event = _parsed(line[:-1])
            _expect_known(event)
        except ValueError as error:
            newer = isinstance(error, _NewerVersionError)
            raise EvidenceError(str(error), where=where, remedy=_NEWER if newer else _DAMAGED) from None
        if found := schemas.faults(schemas.EVENTS, event):
            raise EvidenceError(f"not an event: {found[0]}", where=where, remedy=_DAMAGED)
        yield of(event)


def of(event: Mapping[str, Any]) -> Event:
    """The event that a line's JSON is, which fits the schema."""
    data = event["data"]
    return Event(
        type=EventType(event["type"].split(".")[2]),
        source=event["source"],
        time=datetime.fromisoformat(event["time"]),
        subject=event["subject"],
        session_id=event["sessionid"],
        sequence=int(event["sequence"]),
        attributes=data["attributes"],
        metrics=data["metrics"],
        artifacts=tuple(
            Digest(name=item["name"], sha256=item["digest"].removeprefix("sha256:")) for item in data["artifacts"]
        ),
    )


class _NewerVersionError(ValueError):
    """The line may be sound, but this version does not know its kind."""


def _parsed(line: bytes) -> dict[str, Any]:
    """Parse a line. Raises `ValueError` for what is no JSON object, and for an event of a later version."""
    event = canonical.loads(line)
    if not isinstance(event, dict):
        raise ValueError("not a JSON object")  # noqa: TRY004 - the text is wrong, not a type in our code
    version = _OUR_TYPE.fullmatch(str(event.get("type")))
    if event.get("specversion") != "1.0" or (version and int(version[1]) > _KNOWN_VERSION):
        told = f"specversion {event.get('specversion')!r}, type {event.get('type')!r}"
        raise _NewerVersionError(f"this version of noxtasks does not know such events: {told}")
    return event


def _expect_known(event: Mapping[str, Any]) -> None:
    """Raise `ValueError` for a type of ours that a later release has added to this version."""
    told = str(event.get("type"))
    if _OUR_TYPE.fullmatch(told) and told not in {known.type for known in EventType}:
        raise _NewerVersionError(f"this version of noxtasks does not know such events: type {told!r}")


def hash_of(line: bytes) -> str:
    """What the line after `line` (which is without its newline) is linked by."""
    return hashlib.sha256(line).hexdigest()
