"""An archive is a function of the evidence, and is there whole or not at all."""

from __future__ import annotations

import hashlib
import locale
import os
import shutil
import tarfile
import time
import tracemalloc
from pathlib import Path

import msgspec
import pytest

from noxtasks.bundle import archive, bounds, contents, verifying
from noxtasks.bundle.proof import Signing
from noxtasks.bundle.signing import Key
from noxtasks.errors import ConfigurationError, EvidenceError, NotMeasuredError
from noxtasks.evidence import artifacts, events, schemas, sums
from noxtasks.evidence.events import EventType
from noxtasks.evidence.provenance import Provenance
from noxtasks.stats import Verdict

from .conftest import HEALTH, MILESTONE, PAGE, bundle, gate, health, later, measured, tar_bytes, tell, unpacked

GOLDEN = Path(__file__).parent / "golden" / MILESTONE.archive
NAME = MILESTONE.archive


def test_it_holds_the_evidence_the_events_the_statements_and_a_list_of_all(reports: Path) -> None:
    written = bundle(reports)
    found = unpacked(reports / NAME)
    assert list(found) == [
        "SHA256SUMS",
        HEALTH,
        "events.jsonl",
        PAGE,
        "milestone.json",
        "svr.statement.json",
        "test-result.statement.json",
    ]
    assert found[HEALTH] == (reports / HEALTH).read_bytes()
    assert found["events.jsonl"] == (reports / "events.jsonl").read_bytes()
    assert sums.parse(found["SHA256SUMS"]).digests.keys() == found.keys() - {"SHA256SUMS"}
    assert written.proof.events_head == events.head(reports)
    assert written.proof.sha256 == hashlib.sha256((reports / NAME).read_bytes()).hexdigest()
    assert written.proof.tar_sha256 == hashlib.sha256(tar_bytes(reports / NAME)).hexdigest()
    assert written.proof.size == len(tar_bytes(reports / NAME))
    assert (written.proof.verdict, written.judged.verdict) == (Verdict.UNMEASURED, Verdict.UNMEASURED)
    assert artifacts.verify(reports) == []


def test_it_is_the_same_wherever_whenever_and_by_whomever_it_is_made(
    reports: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, key: Key
) -> None:
    bundle(reports, key=key)
    first = (reports / NAME).read_bytes()
    elsewhere = tmp_path / "ä other" / "place"
    elsewhere.mkdir(parents=True)
    for name in sorted((path.name for path in reports.iterdir()), reverse=True):
        if name != NAME:
            shutil.copyfile(reports / name, elsewhere / name)
            os.utime(elsewhere / name, (7, 7))
            (elsewhere / name).chmod(0o600)
    monkeypatch.setenv("TZ", "Pacific/Kiritimati")
    if hasattr(time, "tzset"):
        time.tzset()
    mask = os.umask(0o077)
    before = locale.setlocale(locale.LC_ALL)
    try:
        locale.setlocale(locale.LC_ALL, "C")
        bundle(elsewhere, key=key)
    finally:
        os.umask(mask)
        locale.setlocale(locale.LC_ALL, before)
        monkeypatch.undo()
        if hasattr(time, "tzset"):
            time.tzset()
    assert (elsewhere / NAME).read_bytes() == first


def test_telling_of_it_does_not_change_it_and_new_evidence_does(reports: Path, provenance: Provenance) -> None:
    first = bundle(reports).proof
    tell(reports, later(provenance, 99), event=EventType.EVIDENCE_BUNDLED)
    assert bundle(reports).proof.sha256 == first.sha256
    tell(reports, later(provenance, 100))
    second = bundle(reports).proof
    assert (second.sha256 == first.sha256, second.events) == (False, 4)


def test_its_files_have_the_time_of_the_last_event_or_that_which_was_asked_for(reports: Path) -> None:
    def times() -> set[int]:
        with tarfile.open(reports / NAME) as tar:
            return {int(each.mtime) for each in tar.getmembers()}

    bundle(reports)
    assert times() == {1741046460}  # 2025-03-04T00:01:00Z
    stated = {name: data for name, data in unpacked(reports / NAME).items() if "statement" in name}
    bundle(reports, time=archive.time_of({"SOURCE_DATE_EPOCH": "86400"}))
    assert times() == {86400}
    assert {name: data for name, data in unpacked(reports / NAME).items() if "statement" in name} == stated


@pytest.mark.parametrize("text", ["soon", "-1", "1.5", "٣", "99999999999999"])
def test_a_time_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ConfigurationError, match="SOURCE_DATE_EPOCH"):
        archive.time_of({"SOURCE_DATE_EPOCH": text})
    assert archive.time_of({"SOURCE_DATE_EPOCH": ""}) is None


def test_evidence_that_is_not_as_it_was_written_is_not_bundled_and_all_of_it_is_named(reports: Path) -> None:
    bundle(reports)
    before = (reports / NAME).read_bytes()
    (reports / HEALTH).write_bytes((reports / HEALTH).read_bytes() + b" ")
    (reports / PAGE).unlink()
    (reports / "flake.report.json").write_text("{}")
    with (reports / "SHA256SUMS").open("a") as file:
        file.write("some text\n")
    lines = (reports / "events.jsonl").read_bytes().splitlines(keepends=True)
    (reports / "events.jsonl").write_bytes(lines[1])
    with pytest.raises(EvidenceError) as caught:
        bundle(reports)
    for told in (
        f"{HEALTH}: its SHA-256 is",
        f"{PAGE}: it is listed, and not there",
        "flake.report.json: SHA256SUMS does not list it",
        "SHA256SUMS: a line is no digest",
        "events.jsonl:1: its prevhash",
    ):
        assert told in caught.value.message
    assert (reports / NAME).read_bytes() == before


def test_an_artifact_that_was_altered_with_its_digest_is_told_by_the_events(
    reports: Path, provenance: Provenance
) -> None:
    artifacts.write(reports, HEALTH, result=health(modules=9), timing={}, provenance=provenance)
    with pytest.raises(EvidenceError, match="and is not bundled") as caught:
        bundle(reports)
    assert f"{HEALTH}: its SHA-256 is" in caught.value.message
    assert "events.jsonl last told of" in caught.value.message


def test_what_a_gate_rested_on_may_have_been_written_anew_since(reports: Path, provenance: Provenance) -> None:
    """Not every session tells of all that it writes."""
    told = artifacts.attach(reports, "notes.txt", b"old")
    tell(reports, later(provenance), told, event=EventType.GATE_EVALUATED)
    artifacts.attach(reports, "notes.txt", b"new")
    assert bundle(reports).proof.is_sound


def test_without_evidence_there_is_nothing_to_bundle(tmp_path: Path, reports: Path) -> None:
    with pytest.raises(NotMeasuredError, match="there is nothing to bundle"):
        bundle(tmp_path / "none")
    (reports / "events.jsonl").unlink()
    with pytest.raises(EvidenceError, match=r"events\.jsonl: it has no events"):
        bundle(reports)


@pytest.mark.parametrize("name", ["a:b.json", "../a", "milestone.json", "svr.dsse.json"])
def test_a_name_that_cannot_be_in_an_archive_is_told(name: str, reports: Path) -> None:
    (reports / name).write_bytes(b"x")
    with (reports / "SHA256SUMS").open("a") as file:
        file.write(f"{hashlib.sha256(b'x').hexdigest()}  {name}\n")
    with pytest.raises(EvidenceError, match=name.replace(".", r"\.")):
        bundle(reports)


def test_a_line_that_a_crash_has_cut_short_is_left_out(reports: Path) -> None:
    whole = bundle(reports).proof
    with (reports / "events.jsonl").open("ab") as file:
        file.write(b'{"data":')
    assert bundle(reports).proof.sha256 == whole.sha256


def test_an_artifact_that_is_about_other_code_than_the_last_event_does_not_count(
    reports: Path, provenance: Provenance
) -> None:
    tell(reports, msgspec.structs.replace(later(provenance), code_version="b" * 40))
    written = bundle(reports)
    assert {each.verdict for each in written.judged.evaluations} == {Verdict.UNMEASURED}
    assert written.proof.code_version == "b" * 40


def test_a_full_disk_leaves_the_archive_that_was_there(small_disk: Path, provenance: Provenance) -> None:
    measured(small_disk, provenance)
    bundle(small_disk)
    before = {path.name: path.read_bytes() for path in small_disk.iterdir()}
    noise = b"".join(hashlib.sha256(bytes([number, part])).digest() for number in range(4) for part in range(220))
    artifacts.attach(small_disk, "noise.bin", noise)
    with pytest.raises(EvidenceError) as caught:
        bundle(small_disk)
    assert "space" in str(caught.value).lower()
    assert (small_disk / NAME).read_bytes() == before[NAME]
    assert verifying.verify(small_disk / NAME).is_sound


def test_the_archives_before_it_are_pinned(reports: Path) -> None:
    asks = gate("evidence bundle of M0", "/result/archives/name=M0-completion.tar.gz/sha256", "!=", 0)
    milestone = msgspec.structs.replace(
        MILESTONE, gates=(msgspec.structs.replace(asks, artifact="bundle.completeness.json"),)
    )
    policy = contents.policy(milestone, {"M0-completion.tar.gz": "a" * 64}, ["M0", "M1"])
    written = archive.write(reports, policy, key=None, time=None)
    assert written.proof.verdict is Verdict.PASS
    assert b"a" * 64 in unpacked(reports / NAME)["milestone.json"]


def test_it_is_not_judged_by_what_is_written_after_it() -> None:
    later_on = gate("after-action report", "/result/objectives/*", "==", 7, artifact="Phase2-AAR.yaml")
    milestone = msgspec.structs.replace(MILESTONE, gates=(*MILESTONE.gates, later_on))
    assert contents.policy(milestone, {}, ["M1"]).milestone.gates == MILESTONE.gates


def test_much_evidence_passes_through_little_memory(reports: Path, provenance: Provenance) -> None:
    piece = os.urandom(1 << 16)

    def fill(file: object) -> None:
        for _ in range(600):
            file.write(piece)  # type: ignore[attr-defined]

    artifacts.attach_stream(reports, "trace.bin", fill)
    tracemalloc.start()
    try:
        bundle(reports)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 16 << 20
    assert verifying.verify(reports / NAME).size > 600 << 16


def test_an_archive_of_an_earlier_version_still_verifies() -> None:
    """It was made by version 0.1.0 of the form: whoever changes what is stated of the same evidence breaks this."""
    proof = verifying.verify(GOLDEN)
    assert proof.findings == ()
    assert proof.tar_sha256 == "d48b2f1a8c9ff954881e71d189aac8cada583f886824491c28b27586f5ad1800"
    assert (proof.milestone, proof.signing) == ("M1", Signing.UNCHECKED)
    assert (proof.holds, proof.gates) == (2, 3)  # one more advises


def test_an_artifact_of_another_version_is_no_finding_but_is_told(
    reports: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bundle(reports)
    version_of = schemas.version_of
    monkeypatch.setattr(schemas, "version_of", lambda name: version_of(name).replace("health/1", "health/2"))
    proof = verifying.verify(reports / NAME)
    assert proof.findings == ()
    assert [note for note in proof.notes if "'collection.health/1'; this version knows 'collection.health/2'" in note]
    assert (proof.verdict, proof.gates) == (Verdict.UNMEASURED, 0)


def test_an_artifact_that_is_too_large_to_be_looked_into_is_bundled_and_not_measured(
    reports: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounds, "LARGEST_READ", 100)
    written = bundle(reports)
    assert written.proof.is_sound
    assert {each.verdict for each in written.judged.evaluations} == {Verdict.UNMEASURED}
    assert written.proof.notes == (f"{HEALTH}: too large to be held against its schema; its digest was checked",)


def test_an_artifact_that_fits_its_schema_no_more_is_not_bundled(reports: Path, provenance: Provenance) -> None:
    data = (reports / HEALTH).read_bytes().replace(b'"modules":1', b'"modules":"many"')
    tell(reports, later(provenance), artifacts.attach(reports, HEALTH, data))
    with pytest.raises(EvidenceError, match="is not bundled") as caught:
        bundle(reports)
    assert f"{HEALTH}: it does not fit its schema" in caught.value.message
    assert "run again the session" in caught.value.remedy
    assert not (reports / NAME).exists()


def test_what_whoever_verifies_would_refuse_is_not_bundled_and_is_no_defect(
    reports: Path, provenance: Provenance
) -> None:
    tell(reports, later(provenance), artifacts.attach(reports, "zeros.bin", bytes(70 << 20)))
    with pytest.raises(EvidenceError, match="would refuse it: it is more than 400 times") as caught:
        bundle(reports)
    assert "Take out of SHA256SUMS" in caught.value.remedy
    assert not (reports / NAME).exists()
