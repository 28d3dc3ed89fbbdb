"""What is kept, read, refused and put together."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from noxtasks.errors import EvidenceError
from noxtasks.evidence import artifacts, schemas
from noxtasks.evidence.provenance import Provenance
from noxtasks.ladder import history
from noxtasks.ladder.history import History
from noxtasks.ladder.model import Advance, Condition, Measurement, Name
from noxtasks.stats import Verdict

START = datetime(2026, 3, 2, 12, tzinfo=UTC)
SCHEMA = "coverage.ladder.v2"


@pytest.fixture(autouse=True)
def loose_schema(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An artifact of the ladder that may hold anything: what it holds beside its history is no matter here."""
    loose = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:noxtasks:schema:{SCHEMA}/3",
        "$ref": "urn:noxtasks:schema:envelope/1",
        "properties": {"schema": {"const": f"{SCHEMA}/3"}},
    }
    documents = {**schemas.shipped(), SCHEMA: loose}
    schemas._validator.cache_clear()
    monkeypatch.setattr(schemas, "shipped", lambda: documents)
    yield
    schemas._validator.cache_clear()


def a_measurement(day: float = 0, *, code: str = "a", share: float = 0.5) -> Measurement:
    return Measurement(
        at=START + timedelta(days=day),
        revision=code,
        code_version=code,
        figures={Name.UNIT: share, Name.SYSTEM: None},
        collection_errors=0,
        flake_rate=0.01,
        consistency=None,
        slower=0.02,
        system_tests_pass=True,
        ways={Name.UNIT: "abc"},
    )


def an_advance(day: float = 0, tier: Name | None = Name.UNIT, before: Name | None = None) -> Advance:
    return Advance(
        at=START + timedelta(days=day),
        revision="a",
        before=before,
        tier=tier,
        is_demotion=tier is None,
        conditions=(Condition(name="flake rate", verdict=Verdict.PASS, reason="1%"),),
    )


def write(reports: Path, kept: object, provenance: Provenance, *, version: int = 3) -> Path:
    """Writes an artifact as the ladder does, or as an earlier or later version of it did."""
    artifacts.write(reports, history.NAME, result={"tiers": [], **plain(kept)}, timing={}, provenance=provenance)
    file = reports / history.NAME
    if version != 3:
        envelope = yaml.safe_load(file.read_text()) | {"schema": f"{SCHEMA}/{version}"}
        artifacts.attach(reports, history.NAME, yaml.safe_dump(envelope).encode())
    return file


def plain(kept: object) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(kept))
    return found


KEPT = History(measurements=(a_measurement(), a_measurement(1, code="b")), advances=(an_advance(1),))


def test_what_was_written_is_read_and_nothing_is_an_empty_history(tmp_path: Path, provenance: Provenance) -> None:
    assert history.read(tmp_path) == History()
    write(tmp_path, KEPT, provenance)
    assert history.read(tmp_path) == KEPT


def test_the_oldest_measurements_go_and_no_advance_does() -> None:
    kept = History(advances=tuple(an_advance(day) for day in range(600)))
    for day in range(502):
        kept = history.added(kept, a_measurement(day))
    assert [kept.measurements[0], kept.measurements[-1]] == [a_measurement(2), a_measurement(501)]
    assert (len(kept.measurements), len(kept.advances)) == (500, 600)


def test_what_is_no_commit_goes_before_any_commit() -> None:
    commits = tuple(a_measurement(day) for day in range(499))
    others = tuple(msgspec.structs.replace(a_measurement(day), code_version="a+dirty.b") for day in (500, 501))
    kept = history.merged(History(measurements=commits), History(measurements=others))
    assert kept.measurements == (*commits, others[1])
    for day in (502, 503):
        kept = history.added(kept, a_measurement(day))
    assert kept.measurements == (*commits[1:], a_measurement(502), a_measurement(503))


def test_an_artifact_of_an_earlier_version_is_read_as_far_as_it_goes(tmp_path: Path, provenance: Provenance) -> None:
    earlier = plain(KEPT)
    for each in earlier["measurements"]:
        del each["ways"], each["branches"]
    write(tmp_path, earlier, provenance, version=2)
    found = history.read(tmp_path)
    assert found.advances == KEPT.advances
    assert found.measurements == tuple(msgspec.structs.replace(each, ways={}) for each in KEPT.measurements)
    write(tmp_path, {}, provenance, version=1)
    assert history.read(tmp_path) == History()


@pytest.mark.parametrize("version", [4, 11])
def test_an_artifact_of_a_later_version_is_refused(tmp_path: Path, provenance: Provenance, version: int) -> None:
    file = write(tmp_path, KEPT, provenance, version=version)
    refused(tmp_path, file, f"its schema is '{SCHEMA}/{version}'")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("schema: coverage", "<<<<<<< ours\nschema: coverage"),
        ("result:", "result: ["),
        ("collection_errors: 0", "collection_errors: 1"),
    ],
)
def test_an_artifact_that_was_changed_is_refused_and_stays_as_it_is(
    tmp_path: Path, provenance: Provenance, old: str, new: str
) -> None:
    file = write(tmp_path, KEPT, provenance)
    file.write_text(file.read_text().replace(old, new, 1))
    refused(tmp_path, file, "its content is not what SHA256SUMS says")


def test_an_artifact_without_its_digest_is_refused(tmp_path: Path, provenance: Provenance) -> None:
    file = write(tmp_path, KEPT, provenance)
    (tmp_path / "SHA256SUMS").unlink()
    refused(tmp_path, file, "SHA256SUMS does not list it")


@pytest.mark.parametrize("data", [b"[]", b"result: [", b"\xff", b"", b"schema: {}"])
def test_what_is_no_artifact_is_refused(tmp_path: Path, data: bytes) -> None:
    artifacts.attach(tmp_path, history.NAME, data)
    refused(tmp_path, tmp_path / history.NAME, "")


@pytest.mark.parametrize("version", [2, 3])
@pytest.mark.parametrize(
    "change", [{"at": "2026-03-02T12:00:00"}, {"figures": {"tier9": 0.5}}, {"figures": [0.5]}, {"revision": None}]
)
def test_a_history_that_makes_no_sense_is_refused(
    tmp_path: Path, provenance: Provenance, change: dict[str, object], version: int
) -> None:
    kept = plain(KEPT)
    kept["measurements"][0] |= change
    file = write(tmp_path, kept, provenance, version=version)
    refused(tmp_path, file, "`$.measurements[")


def refused(reports: Path, file: Path, message: str) -> None:
    before = file.read_bytes()
    with pytest.raises(EvidenceError) as caught:
        history.read(reports)
    assert message in caught.value.message
    assert (caught.value.where, "move it away" in caught.value.remedy) == (str(file), True)
    assert file.read_bytes() == before


def test_two_branches_are_put_together_by_time() -> None:
    one = History(measurements=(a_measurement(1), a_measurement(4)), advances=(an_advance(4),))
    other = History(measurements=(a_measurement(1), a_measurement(2, code="b")), advances=(an_advance(2),))
    found = history.merged(one, other)
    assert found.measurements == (a_measurement(1), a_measurement(2, code="b"), a_measurement(4))
    assert found.advances == (an_advance(2), an_advance(4))


def test_of_one_measurement_that_is_told_in_two_ways_the_first_history_counts() -> None:
    one, other = (History(measurements=(a_measurement(share=share),)) for share in (0.4, 0.6))
    assert history.merged(one, other) == one


def test_what_was_earned_and_lost_at_one_instant_keeps_its_order() -> None:
    moves = (an_advance(), an_advance(tier=None, before=Name.UNIT))
    assert history.merged(History(advances=moves), History(advances=moves[:1])).advances == moves


HISTORIES = st.builds(
    History,
    measurements=st.lists(
        st.builds(a_measurement, st.integers(0, 9), code=st.sampled_from("abc")), max_size=9
    ).map(tuple),
    advances=st.lists(st.builds(an_advance, st.integers(0, 9)), max_size=4).map(tuple),
)  # fmt: skip


@given(HISTORIES, HISTORIES)
def test_putting_together_loses_nothing_and_can_be_done_again(one: History, other: History) -> None:
    found = history.merged(one, other)
    assert set(map(str, found.measurements)) == {str(each) for each in (*one.measurements, *other.measurements)}
    assert set(map(str, found.advances)) >= {str(each) for each in (*one.advances, *other.advances)}
    assert list(found.measurements) == sorted(found.measurements, key=lambda each: (each.at, each.code_version))
    assert history.merged(found, other) == found == history.merged(found, one)
    assert history.merged(other, one).measurements == found.measurements
