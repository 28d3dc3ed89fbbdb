from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import threading
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from noxtasks.errors import EvidenceError
from noxtasks.evidence import artifacts, canonical, files, sums
from noxtasks.evidence.artifacts import Trouble
from noxtasks.evidence.provenance import Provenance
from noxtasks.evidence.sums import Sums

NAME = "sample.report.json"
OTHER = "sample.other.json"
YAML = "sample.report.yaml"

pytestmark = pytest.mark.usefixtures("samples")
TEXT = st.text(st.characters(codec="utf-8"))
FREE_FORM = st.dictionaries(
    TEXT, TEXT | st.integers(-(2**53) + 1, 2**53 - 1) | st.floats(allow_nan=False, allow_infinity=False) | st.none()
)


def _write(folder: Path, provenance: Provenance, runs: int = 1, **timing: Any) -> sums.Digest:
    return artifacts.write(folder, NAME, result={"runs": runs, "tests": []}, timing=timing, provenance=provenance)


def _troubles(folder: Path) -> list[tuple[Trouble, str]]:
    return [(finding.trouble, finding.name) for finding in artifacts.verify(folder)]


def _relist(folder: Path, listed: Sums) -> None:
    (folder / sums.NAME).write_bytes(sums.render(listed))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(timing=FREE_FORM)
def test_what_was_written_is_read(tmp_path: Path, provenance: Provenance, timing: dict[str, Any]) -> None:
    digest = _write(tmp_path, provenance, **{f"t {key}": value for key, value in timing.items()})
    read = artifacts.read(tmp_path, NAME)
    assert read.result == {"runs": 1, "tests": []}
    assert read.timing == {f"t {key}": value for key, value in timing.items()}
    assert read.provenance == provenance
    assert (read.digest, read.schema) == (digest, "sample.report/1")
    assert artifacts.verify(tmp_path) == []


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(result=FREE_FORM)
def test_what_was_written_as_yaml_is_read(tmp_path: Path, provenance: Provenance, result: dict[str, Any]) -> None:
    artifacts.write(tmp_path, YAML, result=result, timing={}, provenance=provenance)
    assert artifacts.read(tmp_path, YAML).result == result
    assert artifacts.verify(tmp_path) == []


def test_yaml_is_for_people_and_sorted(tmp_path: Path, provenance: Provenance) -> None:
    artifacts.write(tmp_path, YAML, result={"b": "ü", "a": 1e20}, timing={}, provenance=provenance)
    lines = (tmp_path / YAML).read_text(encoding="utf-8").splitlines()
    assert next(line.partition(":")[0] for line in lines if not line.startswith(" ")) == "code_version"
    assert lines[lines.index("result:") + 1 :][:2] == ["  a: 1.0e+20", r'  b: "\xFC"']


def test_json_is_canonical_and_ends_with_a_newline(tmp_path: Path, provenance: Provenance) -> None:
    digest = _write(tmp_path, provenance)
    data = (tmp_path / NAME).read_bytes()
    assert data == canonical.dumps(json.loads(data), where="t") + b"\n"
    assert digest.sha256 == hashlib.sha256(data).hexdigest()


def test_every_artifact_says_where_it_comes_from(tmp_path: Path, provenance: Provenance) -> None:
    _write(tmp_path, provenance)
    assert json.loads((tmp_path / NAME).read_bytes()) == {
        "schema": "sample.report/1",
        "session_id": "0193a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b",
        "created": "2025-03-04T05:06:07.089000Z",
        "complete": True,
        "tools": {"noxtasks": "0.1.0", "pytest": "8.4.0"},
        "interpreter": {"implementation": "CPython", "version": "3.12.4"},
        "platform": {"system": "Linux", "release": "6.1", "machine": "x86_64"},
        "vcs": {"revision": "a" * 40, "dirty": False},
        "code_version": "a" * 40,
        "settings": {"runs": 20, "order": "buckets"},
        "result": {"runs": 1, "tests": []},
        "timing": {},
    }


def test_a_project_without_version_control_says_so(tmp_path: Path, provenance: Provenance) -> None:
    bare = msgspec.structs.replace(provenance, vcs=None, code_version="tree." + "f" * 64, complete=False)
    _write(tmp_path, bare)
    assert artifacts.read(tmp_path, NAME).provenance == bare


@pytest.mark.skipif(shutil.which("sha256sum") is None, reason="no GNU coreutils here")
@pytest.mark.functional
def test_plain_sha256sum_verifies_the_folder(tmp_path: Path, provenance: Provenance) -> None:
    _write(tmp_path, provenance)
    artifacts.write(tmp_path, OTHER, result={}, timing={}, provenance=provenance)
    command = [shutil.which("sha256sum") or "", "-c", "--strict", "SHA256SUMS"]
    output = subprocess.run(command, cwd=tmp_path, capture_output=True, check=True).stdout
    assert output == b"sample.other.json: OK\nsample.report.json: OK\n"


def test_a_file_without_a_schema_of_ours_is_listed_beside_the_artifacts(tmp_path: Path) -> None:
    digest = artifacts.attach(tmp_path, "page.html", b"<p>")
    assert (tmp_path / "page.html").read_bytes() == b"<p>"
    assert sums.parse((tmp_path / "SHA256SUMS").read_bytes()).digests == {"page.html": digest.sha256}
    assert artifacts.verify(tmp_path) == []
    (tmp_path / "page.html").write_bytes(b"<b>")
    assert [each.trouble for each in artifacts.verify(tmp_path)] == [Trouble.CHANGED]


def test_what_does_not_fit_its_schema_is_not_written(tmp_path: Path, provenance: Provenance) -> None:
    before = _write(tmp_path, provenance)
    tests = [{"nodeid": "a", "runs": 1, "failures": -1, "rate": 0.5, "interval": {"low": 0, "high": 1}}]
    with pytest.raises(EvidenceError) as caught:
        artifacts.write(tmp_path, NAME, result={"runs": 1, "tests": tests}, timing={}, provenance=provenance)
    assert "/result/tests/0/failures: -1 is less than the minimum of 0" in str(caught.value)
    assert "defect of noxtasks" in caught.value.remedy
    assert artifacts.read(tmp_path, NAME).digest == before


def test_a_folder_is_not_made_for_what_is_not_written(tmp_path: Path, provenance: Provenance) -> None:
    with pytest.raises(EvidenceError):
        _write(tmp_path / "reports", provenance, duration_s=float("nan"))
    assert not (tmp_path / "reports").exists()


def test_the_folder_is_made_where_it_is_missing(tmp_path: Path, provenance: Provenance) -> None:
    _write(tmp_path / "a" / "b", provenance)
    assert artifacts.verify(tmp_path / "a" / "b") == []


def test_a_folder_that_is_a_file_is_told(tmp_path: Path, provenance: Provenance) -> None:
    (tmp_path / "reports").write_text("mine")
    for attempt in (lambda: _write(tmp_path / "reports", provenance), lambda: artifacts.verify(tmp_path / "reports")):
        with pytest.raises(EvidenceError) as caught:
            attempt()
        assert str(tmp_path / "reports") in caught.value.where
        assert "choose another folder" in caught.value.remedy
    assert (tmp_path / "reports").read_text() == "mine"


def test_an_artifact_whose_place_a_folder_takes_is_told_and_settled_later(
    tmp_path: Path, provenance: Provenance
) -> None:
    (tmp_path / NAME).mkdir()
    with pytest.raises(EvidenceError):
        _write(tmp_path, provenance)
    assert files.temporary_files(tmp_path) == []
    (tmp_path / NAME).rmdir()
    _write(tmp_path, provenance)
    assert artifacts.verify(tmp_path) == []


def test_a_folder_that_does_not_exist_is_no_verified_folder(tmp_path: Path) -> None:
    with pytest.raises(EvidenceError, match="no such folder"):
        artifacts.verify(tmp_path / "reports")


def test_a_folder_without_a_list_is_not_verified(tmp_path: Path) -> None:
    assert _troubles(tmp_path) == [(Trouble.MISSING, sums.NAME)]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.integers(0, 10_000), flip=st.integers(1, 255))
def test_any_changed_byte_is_found(tmp_path: Path, provenance: Provenance, place: int, flip: int) -> None:
    _write(tmp_path, provenance)
    data = bytearray((tmp_path / NAME).read_bytes())
    data[place % len(data)] ^= flip
    (tmp_path / NAME).write_bytes(data)
    assert _troubles(tmp_path) == [(Trouble.CHANGED, NAME)]
    with pytest.raises(EvidenceError, match="not what SHA256SUMS says"):
        artifacts.read(tmp_path, NAME)


def test_an_artifact_that_is_gone_is_missed(tmp_path: Path, provenance: Provenance) -> None:
    _write(tmp_path, provenance)
    (tmp_path / NAME).unlink()
    assert _troubles(tmp_path) == [(Trouble.MISSING, NAME)]
    with pytest.raises(EvidenceError, match="not there"):
        artifacts.read(tmp_path, NAME)


def test_an_artifact_that_is_not_listed_is_told(tmp_path: Path, provenance: Provenance) -> None:
    _write(tmp_path, provenance)
    _relist(tmp_path, Sums())
    assert _troubles(tmp_path) == [(Trouble.UNLISTED, NAME)]
    with pytest.raises(EvidenceError, match="does not list it"):
        artifacts.read(tmp_path, NAME)


def test_a_listed_artifact_that_is_not_valid_is_told(tmp_path: Path) -> None:
    (tmp_path / NAME).write_bytes(b'{"schema":"sample.report/1"}\n')
    _relist(tmp_path, Sums(digests={NAME: hashlib.sha256(b'{"schema":"sample.report/1"}\n').hexdigest()}))
    assert _troubles(tmp_path) == [(Trouble.INVALID, NAME)]
    with pytest.raises(EvidenceError, match="'session_id' is a required property"):
        artifacts.read(tmp_path, NAME)


@pytest.mark.parametrize("data", [b'{"schema":"sample.report/2"}', b"[]", b"{", b""])
def test_an_artifact_of_another_kind_or_version_is_refused_in_words(tmp_path: Path, data: bytes) -> None:
    (tmp_path / NAME).write_bytes(data)
    _relist(tmp_path, Sums(digests={NAME: hashlib.sha256(data).hexdigest()}))
    with pytest.raises(EvidenceError, match=r"schema is|cannot be parsed") as caught:
        artifacts.read(tmp_path, NAME)
    assert caught.value.remedy


@pytest.mark.parametrize("name", ["../outside", "/etc/hostname", "a/../../outside"])
def test_a_listed_name_outside_the_folder_is_not_followed(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "reports"
    folder.mkdir()
    (tmp_path / "outside").write_bytes(b"x")
    _relist(folder, Sums(digests={name: hashlib.sha256(b"x").hexdigest()}))
    assert _troubles(folder) == [(Trouble.MISSING, name)]


def test_a_line_that_is_no_digest_is_told_and_survives_a_write(tmp_path: Path, provenance: Provenance) -> None:
    (tmp_path / sums.NAME).write_bytes(b"# mine\nnonsense\n")
    _write(tmp_path, provenance)
    assert _troubles(tmp_path) == [(Trouble.MALFORMED, sums.NAME)]
    assert (tmp_path / sums.NAME).read_bytes().startswith(b"# mine\nnonsense\n")


def test_an_interrupted_write_is_not_taken_for_tampering(tmp_path: Path, provenance: Provenance) -> None:
    old = _write(tmp_path, provenance, runs=1)
    new = _write(tmp_path, provenance, runs=2)
    _relist(
        tmp_path, Sums(digests={NAME: old.sha256}, announced={NAME: new.sha256})
    )  # killed after the artifact's rename
    (finding,) = artifacts.verify(tmp_path)
    assert finding.trouble is Trouble.INTERRUPTED
    assert "the new artifact is whole" in finding.message
    assert artifacts.read(tmp_path, NAME).result["runs"] == 2


def test_the_next_write_of_anything_mends_an_interrupted_one(tmp_path: Path, provenance: Provenance) -> None:
    old = _write(tmp_path, provenance, runs=1)
    new = _write(tmp_path, provenance, runs=2)
    _relist(tmp_path, Sums(digests={NAME: old.sha256}, announced={NAME: new.sha256}))
    (tmp_path / f".1.x{files.TEMPORARY}").write_bytes(b"half")
    assert {trouble for trouble, _ in _troubles(tmp_path)} == {Trouble.INTERRUPTED, Trouble.LEFTOVER}
    artifacts.write(tmp_path, OTHER, result={}, timing={}, provenance=provenance)
    assert artifacts.verify(tmp_path) == []
    assert artifacts.read(tmp_path, NAME).digest == new


def test_a_write_that_was_interrupted_before_it_replaced_anything_leaves_the_old_artifact(
    tmp_path: Path, provenance: Provenance
) -> None:
    old = _write(tmp_path, provenance)
    _relist(tmp_path, Sums(digests={NAME: old.sha256}, announced={NAME: "0" * 64, OTHER: "0" * 64}))
    other, this = artifacts.verify(tmp_path)
    assert (other.trouble, other.name, "there is none" in other.message) == (Trouble.INTERRUPTED, OTHER, True)
    assert (this.trouble, this.name, "the old artifact" in this.message) == (Trouble.INTERRUPTED, NAME, True)
    assert artifacts.read(tmp_path, NAME).digest == old
    artifacts.write(tmp_path, YAML, result={}, timing={}, provenance=provenance)
    assert artifacts.verify(tmp_path) == []


def test_an_announcement_does_not_cover_up_a_change(tmp_path: Path, provenance: Provenance) -> None:
    old = _write(tmp_path, provenance)
    _relist(tmp_path, Sums(digests={NAME: old.sha256}, announced={NAME: "0" * 64}))
    (tmp_path / NAME).write_bytes(b"{}")
    assert _troubles(tmp_path) == [(Trouble.CHANGED, NAME)]
    artifacts.write(tmp_path, OTHER, result={}, timing={}, provenance=provenance)
    assert _troubles(tmp_path) == [(Trouble.CHANGED, NAME)]


def test_reading_leaves_nothing_behind(tmp_path: Path, provenance: Provenance) -> None:
    _write(tmp_path / "reports", provenance)
    (tmp_path / "unpacked").mkdir()
    for name in (NAME, sums.NAME):
        shutil.copy(tmp_path / "reports" / name, tmp_path / "unpacked" / name)
    assert artifacts.verify(tmp_path / "unpacked") == []
    artifacts.read(tmp_path / "unpacked", NAME)
    assert sorted(path.name for path in (tmp_path / "unpacked").iterdir()) == sorted([NAME, sums.NAME])


def test_who_holds_the_lock_may_read_and_write_and_others_wait(tmp_path: Path, provenance: Provenance) -> None:
    with files.writing(tmp_path):
        artifacts.attach(tmp_path, "page.html", b"1")
        with files.reading(tmp_path):
            pass
        blocked = threading.Thread(target=artifacts.attach, args=(tmp_path, "page.html", b"2"))
        blocked.start()
        artifacts.attach(tmp_path, "page.html", b"3")
        assert (tmp_path / "page.html").read_bytes() == b"3"
        assert blocked.is_alive()
    blocked.join()
    assert (tmp_path / "page.html").read_bytes() == b"2"
