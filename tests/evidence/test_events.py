from __future__ import annotations

import hashlib
import json
import uuid
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from noxtasks.errors import EvidenceError
from noxtasks.evidence import canonical, events, lines, schemas
from noxtasks.evidence.events import EventType
from noxtasks.evidence.provenance import Provenance
from noxtasks.evidence.sums import Digest

AT = datetime(2025, 1, 2, 3, 4, 5, tzinfo=UTC)
LENGTH = 5


def _append(folder: Path, provenance: Provenance, **changes: Any) -> events.Receipt:
    arguments: dict[str, Any] = {
        "event": EventType.FLAKE_REDUCTION_DELTA_EMITTED,
        "project": "shop",
        "subject": "flake",
        "at": AT,
        "provenance": provenance,
    }
    return events.append(folder, **{**arguments, **changes})


def _log(folder: Path) -> Path:
    return folder / events.NAME


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory, provenance: Provenance) -> tuple[bytes, str]:
    """A log of five events, and its head."""
    folder = tmp_path_factory.mktemp("log")
    for number in range(LENGTH):
        receipt = _append(folder, provenance, metrics={"flake.rate": number / 10})
    return _log(folder).read_bytes(), receipt.head


def _verified(tmp_path: Path, data: bytes, head: str | None = None) -> list[events.Finding]:
    _log(tmp_path).write_bytes(data)
    return events.verify(tmp_path, head=head)


def test_an_event_is_a_cloudevent_on_one_line(tmp_path: Path, provenance: Provenance) -> None:
    digest = Digest(name="flake.report.json", sha256="c" * 64)
    receipt = _append(
        tmp_path,
        provenance,
        project="my shop/ü:1",
        at=datetime(2025, 1, 2, 5, 4, 5, tzinfo=timezone(timedelta(hours=2))),
        attributes={"cicd.pipeline.task.name": "flake", "test.suite.name": "unit"},
        metrics={"flake.rate": 0.25},
        artifacts=[digest],
    )
    line = _log(tmp_path).read_bytes().removesuffix(b"\n")
    assert json.loads(line) == {
        "specversion": "1.0",
        "id": f"{provenance.session_id}.000000000001",
        "source": "urn:noxtasks:my%20shop%2F%C3%BC%3A1",
        "type": "io.noxtasks.flake_reduction_delta_emitted.v2",
        "time": "2025-01-02T03:04:05Z",
        "subject": "flake",
        "datacontenttype": "application/json",
        "dataschema": "urn:noxtasks:schema:integrity.events/2#/$defs/data",
        "sessionid": provenance.session_id,
        "sequence": "000000000001",
        "prevhash": "0" * 64,
        "data": {
            "attributes": {
                "cicd.pipeline.task.name": "flake",
                "noxtasks.code.version": "a" * 40,
                "os.type": "linux",
                "process.runtime.name": "cpython",
                "process.runtime.version": "3.12.4",
                "test.suite.name": "unit",
                "vcs.ref.head.revision": "a" * 40,
            },
            "metrics": {"flake.rate": 0.25},
            "artifacts": [{"name": "flake.report.json", "digest": "sha256:" + "c" * 64}],
        },
    }
    assert receipt == events.Receipt(sequence=1, head=hashlib.sha256(line).hexdigest())


def test_each_event_holds_the_hash_of_the_line_before(log: tuple[bytes, str]) -> None:
    data, head = log
    written = data.splitlines()
    expected = ["0" * 64, *(hashlib.sha256(line).hexdigest() for line in written)]
    assert [json.loads(line)["prevhash"] for line in written] + [head] == expected
    assert [json.loads(line)["sequence"] for line in written] == [f"{number:012}" for number in range(1, LENGTH + 1)]


def test_events_are_read_as_they_were_told(tmp_path: Path, provenance: Provenance) -> None:
    digest = Digest(name="x.json", sha256="d" * 64)
    _append(tmp_path, provenance, metrics={"a": 1}, artifacts=[digest])
    _append(tmp_path, provenance, event=EventType.MUTATION_SCAN_START, attributes={"test.flags": ["a", "b"]})
    first, second = events.read(tmp_path)
    assert (first.type, first.metrics, first.artifacts) == (
        EventType.FLAKE_REDUCTION_DELTA_EMITTED,
        {"a": 1},
        (digest,),
    )
    assert (second.sequence, second.time, second.subject) == (2, AT, "flake")
    assert (second.source, second.session_id) == ("urn:noxtasks:shop", provenance.session_id)
    assert second.attributes["test.flags"] == ["a", "b"]


def test_the_schema_and_the_code_know_the_same_events() -> None:
    assert schemas.shipped()[schemas.EVENTS]["properties"]["type"]["enum"] == [event.type for event in EventType]


def test_a_project_without_a_commit_has_no_revision_to_tell(tmp_path: Path, provenance: Provenance) -> None:
    _append(tmp_path, msgspec.structs.replace(provenance, vcs=None, code_version="tree." + "e" * 64))
    (event,) = events.read(tmp_path)
    assert "vcs.ref.head.revision" not in event.attributes


@pytest.mark.parametrize(
    "changes",
    [
        {"metrics": {"rate": None}},
        {"metrics": {"Rate": 1}},
        {"attributes": {"flake": "x"}},
        {"attributes": {"vcs.x": None}},
        {"attributes": {"vcs.x\n": "x"}},
        {"subject": ""},
        {"subject": "a\n"},
        {"project": ""},
        {"artifacts": [Digest(name="x", sha256="C" * 64)]},
    ],
)
def test_an_event_that_does_not_fit_the_schema_is_not_told(
    tmp_path: Path, provenance: Provenance, changes: dict[str, Any]
) -> None:
    _append(tmp_path, provenance)
    before = _log(tmp_path).read_bytes()
    with pytest.raises(EvidenceError, match="does not fit its schema") as caught:
        _append(tmp_path, provenance, **changes)
    assert "defect of noxtasks" in caught.value.remedy
    assert _log(tmp_path).read_bytes() == before


def test_a_sound_log_has_no_findings(tmp_path: Path, log: tuple[bytes, str]) -> None:
    data, head = log
    assert _verified(tmp_path, data, head) == []
    assert events.head(tmp_path) == head


def test_no_log_is_an_empty_one(tmp_path: Path) -> None:
    assert events.verify(tmp_path) == []
    assert list(events.read(tmp_path)) == []
    assert events.head(tmp_path) == "0" * 64


def test_a_folder_that_does_not_exist_has_no_log_to_verify(tmp_path: Path) -> None:
    for attempt in (lambda: events.verify(tmp_path / "x"), lambda: events.head(tmp_path / "x")):
        with pytest.raises(EvidenceError, match="no such folder"):
            attempt()


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.integers(min_value=0), value=st.integers(1, 255))
def test_any_byte_that_is_changed_before_the_last_line_is_found_at_its_line_or_the_next(
    tmp_path: Path, log: tuple[bytes, str], place: int, value: int
) -> None:
    data, _ = log
    place %= data.rstrip(b"\n").rindex(b"\n") + 1
    changed = bytearray(data)
    changed[place] ^= value
    number = data.count(b"\n", 0, place) + 1
    assert _verified(tmp_path, bytes(changed))[0].line in {number, number + 1}


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.integers(min_value=0), value=st.integers(1, 255))
def test_any_byte_that_is_changed_anywhere_is_found_with_the_head(
    tmp_path: Path, log: tuple[bytes, str], place: int, value: int
) -> None:
    data, head = log
    changed = bytearray(data)
    changed[place % len(data)] ^= value
    assert _verified(tmp_path, bytes(changed), head)


def test_a_last_line_that_was_written_in_another_form_is_found_without_the_head(
    tmp_path: Path, log: tuple[bytes, str]
) -> None:
    *before, last = log[0].splitlines(keepends=True)
    (finding,) = _verified(tmp_path, b"".join(before) + json.dumps(json.loads(last)).encode() + b"\n")
    assert (finding.line, "canonical" in finding.message) == (LENGTH, True)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(dropped=st.sets(st.integers(0, LENGTH - 2), min_size=1))
def test_lines_that_are_dropped_before_the_last_are_found(
    tmp_path: Path, log: tuple[bytes, str], dropped: set[int]
) -> None:
    kept = [line for number, line in enumerate(log[0].splitlines(keepends=True)) if number not in dropped]
    assert _verified(tmp_path, b"".join(kept))[0].line == min(dropped) + 1


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(order=st.permutations(range(LENGTH)).filter(lambda order: order != sorted(order)))
def test_lines_in_another_order_are_found(tmp_path: Path, log: tuple[bytes, str], order: list[int]) -> None:
    written = log[0].splitlines(keepends=True)
    first = next(place for place, number in enumerate(order) if place != number)
    assert _verified(tmp_path, b"".join(written[number] for number in order))[0].line == first + 1


@pytest.mark.parametrize("kept", range(LENGTH))
def test_lines_cut_off_at_the_end_show_through_the_head(tmp_path: Path, log: tuple[bytes, str], kept: int) -> None:
    data, head = log
    cut = b"".join(data.splitlines(keepends=True)[:kept])
    assert _verified(tmp_path, cut) == []
    (finding,) = _verified(tmp_path, cut, head)
    assert (finding.line, "cut off" in finding.message) == (0, True)
    assert events.head(tmp_path) != head


def test_a_head_that_was_noted_earlier_holds_while_the_log_grows(tmp_path: Path, provenance: Provenance) -> None:
    noted = [events.NO_HASH] + [_append(tmp_path, provenance).head for _ in range(3)]
    assert [events.verify(tmp_path, head=head) for head in noted] == [[]] * 4


def test_a_log_that_was_rewritten_with_sound_links_shows_through_the_head(
    tmp_path: Path, log: tuple[bytes, str], provenance: Provenance
) -> None:
    for number in range(LENGTH):
        _append(tmp_path, provenance, metrics={"flake.rate": number / 100})
    assert events.verify(tmp_path) == []
    assert [finding.line for finding in events.verify(tmp_path, head=log[1])] == [0]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cut=st.integers(min_value=1))
def test_a_line_that_a_crash_cut_short_is_set_aside_and_told(
    tmp_path: Path, log: tuple[bytes, str], provenance: Provenance, cut: int
) -> None:
    data, _ = log
    last = data.splitlines()[-1]
    torn = last[: 1 + cut % len(last)]
    whole = data[: -len(last) - 1]
    assert [finding.line for finding in _verified(tmp_path, whole + torn)] == [LENGTH]
    assert len(list(events.read(tmp_path))) == LENGTH - 1
    (tmp_path / events.TORN_NAME).unlink(missing_ok=True)
    receipt = _append(tmp_path, provenance)
    assert f"{len(torn)} bytes" in receipt.notice
    assert (tmp_path / events.TORN_NAME).read_bytes() == torn + b"\n"
    assert events.verify(tmp_path, head=receipt.head) == []
    *_, mended, added = events.read(tmp_path)
    assert (mended.type, added.type) == (EventType.EVENT_LOG_MENDED, EventType.FLAKE_REDUCTION_DELTA_EMITTED)
    assert mended.metrics == {"torn.bytes": len(torn)}
    assert mended.attributes["noxtasks.torn.sha256"] == hashlib.sha256(torn).hexdigest()


def test_a_first_line_that_was_cut_short_is_set_aside_too(tmp_path: Path, provenance: Provenance) -> None:
    _log(tmp_path).write_bytes(b'{"data":')
    assert _append(tmp_path, provenance).sequence == 2
    assert events.verify(tmp_path) == []


@pytest.mark.parametrize(
    "last", [b"nonsense\n", b"\n", b"[1]\n", b'{"specversion":"1.0"}\n', b"\0\0\0\n", b"[" * 99_999 + b"\n"]
)
def test_a_last_line_that_is_no_event_is_not_built_upon(
    tmp_path: Path, log: tuple[bytes, str], provenance: Provenance, last: bytes
) -> None:
    _log(tmp_path).write_bytes(log[0] + last)
    with pytest.raises(EvidenceError, match="cannot be followed") as caught:
        _append(tmp_path, provenance)
    assert "move it away" in caught.value.remedy
    assert _log(tmp_path).read_bytes() == log[0] + last
    assert [finding.line for finding in events.verify(tmp_path)] == [LENGTH + 1]
    with pytest.raises(EvidenceError, match=r"events\.jsonl:6"):
        list(events.read(tmp_path))


@pytest.mark.parametrize(
    "changes",
    [
        {"type": "io.noxtasks.flake_reduction_delta_emitted.v3"},
        {"specversion": "2.0"},
        {"type": "io.noxtasks.new_thing.v2"},
    ],
)
def test_an_event_of_a_later_version_is_told_as_such(
    tmp_path: Path, log: tuple[bytes, str], changes: dict[str, str]
) -> None:
    data, head = log
    last = {**json.loads(data.splitlines()[-1]), **changes, "sequence": "000000000006", "prevhash": head}
    _log(tmp_path).write_bytes(data + canonical.dumps(last, where="t") + b"\n")
    with pytest.raises(EvidenceError, match="does not know such events") as caught:
        list(events.read(tmp_path))
    assert "newer version" in caught.value.remedy
    (finding,) = events.verify(tmp_path)
    assert (finding.line, "does not know" in finding.message) == (6, True)


def test_a_line_longer_than_a_block_is_followed(tmp_path: Path, provenance: Provenance) -> None:
    for size in (lines.BLOCK_BYTES * 2, 10, lines.BLOCK_BYTES - 900, lines.BLOCK_BYTES):
        receipt = _append(tmp_path, provenance, attributes={"test.x": "x" * size})
    assert receipt.sequence == 4
    assert events.verify(tmp_path, head=receipt.head) == []


def test_an_append_reads_the_end_of_the_log_only(
    tmp_path: Path, log: tuple[bytes, str], provenance: Provenance
) -> None:
    hole = 1 << 40  # a sparse file of a tebibyte: to read it would not end
    with _log(tmp_path).open("wb") as file:
        file.seek(hole)
        file.write(b"\n" + log[0])
    assert _append(tmp_path, provenance).sequence == LENGTH + 1
    assert _log(tmp_path).stat().st_size > hole


@given(
    data=st.binary(max_size=60).map(lambda data: data.replace(b"\1", b"\n")),
    block=st.integers(1, 9),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_end_is_found_whatever_the_size_of_blocks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, data: bytes, block: int
) -> None:
    monkeypatch.setattr(lines, "BLOCK_BYTES", block)
    (tmp_path / "f").write_bytes(data)
    *whole, torn = data.split(b"\n")
    last = whole[-1] if whole else None
    assert lines.tail(tmp_path / "f") == lines.Tail(size=len(data) - len(torn), last=last, torn=torn)


def test_identifiers_are_unique_and_hold_the_session(tmp_path: Path, provenance: Provenance) -> None:
    for _ in range(3):
        _append(tmp_path, provenance)
    identifiers = [json.loads(line)["id"] for line in _log(tmp_path).read_bytes().splitlines()]
    assert len(set(identifiers)) == 3
    assert {uuid.UUID(identifier.partition(".")[0]) for identifier in identifiers} == {uuid.UUID(provenance.session_id)}
