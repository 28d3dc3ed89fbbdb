"""What others can check without us: tar, sha256sum, openssl, and the packages of in-toto and of the DSSE."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from google.protobuf import json_format
from in_toto_attestation.predicates.test_result.v0 import test_result_pb2
from in_toto_attestation.v1 import statement_pb2
from in_toto_attestation.v1.statement import Statement
from securesystemslib.dsse import Envelope
from securesystemslib.exceptions import VerificationError
from securesystemslib.signer import SSlibKey

from noxtasks.bundle.signing import Key
from noxtasks.evidence import events

from .conftest import HEALTH, MILESTONE, PAGE, TOP, bundle

pytestmark = pytest.mark.functional

STATEMENTS = ("test-result.statement.json", "svr.statement.json")
ENVELOPES = ("test-result.dsse.json", "svr.dsse.json")


@pytest.fixture
def folder(reports: Path, tmp_path: Path, key: Key) -> Path:
    """A signed archive, unpacked by tar."""
    tar = shutil.which("tar")
    if tar is None:
        pytest.skip("there is no tar on this system")
    bundle(reports, key=key)
    subprocess.run([tar, "-xzf", str(reports / MILESTONE.archive), "-C", str(tmp_path)], check=True)
    return tmp_path / TOP


def loaded(folder: Path, name: str) -> Any:
    return json.loads((folder / name).read_text("utf-8"))


def test_sha256sum_checks_what_tar_has_unpacked(folder: Path) -> None:
    program = shutil.which("sha256sum")
    if program is None:
        pytest.skip("there is no sha256sum on this system")
    command = [program, "--check", "--strict", "SHA256SUMS"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    assert done.stdout.count(": OK\n") == len(list(folder.iterdir())) - 1
    (folder / HEALTH).write_bytes(b"{}")
    assert subprocess.run(command, cwd=folder, capture_output=True, check=False).returncode == 1


@pytest.mark.parametrize("name", STATEMENTS)
def test_in_toto_takes_the_statements(name: str, folder: Path, reports: Path) -> None:
    parsed = json_format.Parse((folder / name).read_text("utf-8"), statement_pb2.Statement())
    statement = Statement.copy_from_pb(parsed)
    statement.validate()
    subjects = {each.name: each for each in statement.pb.subject}
    assert subjects.keys() == {HEALTH, PAGE, "events.jsonl", "milestone.json"}
    annotations = json_format.MessageToDict(subjects["events.jsonl"].annotations)
    assert annotations["noxtasks_head"] == events.head(reports)


def test_in_toto_takes_the_result_of_tests(folder: Path) -> None:
    """Its package has no message for `svr` v0.2 yet; that predicate is held against its specification below."""
    predicate = loaded(folder, STATEMENTS[0])["predicate"]
    message = test_result_pb2.TestResult()
    json_format.ParseDict(predicate, message, ignore_unknown_fields=True)
    assert message.result == "FAILED"
    assert list(message.passed_tests) == ["M1: collected tests", "M1: error rate"]
    assert list(message.warned_tests) == ["M1: broken modules"]
    assert list(message.failed_tests) == ["M1: score"]
    assert [each.name for each in message.configuration] == ["milestone.json"]


def test_the_verification_result_is_as_its_specification_has_it(folder: Path) -> None:
    """https://github.com/in-toto/attestation/blob/main/spec/predicates/svr.md"""
    statement = loaded(folder, STATEMENTS[1])
    assert statement["predicateType"] == "https://in-toto.io/attestation/svr/v0.2"
    predicate = statement["predicate"]
    assert set(predicate) == {"verifier", "timeCreated", "properties"}
    assert predicate["verifier"]["id"] == "urn:noxtasks:bundle:1"
    (policy,) = predicate["verifier"]["policies"]
    assert policy == next(each for each in statement["subject"] if each["name"] == "milestone.json")
    assert predicate["timeCreated"] == "2025-03-04T00:01:00Z"
    assert predicate["properties"] == ["NOXTASKS_M1_COLLECTED_TESTS", "NOXTASKS_M1_ERROR_RATE"]


@pytest.mark.parametrize(("statement", "name"), list(zip(STATEMENTS, ENVELOPES, strict=True)))
def test_the_package_of_the_envelope_verifies_it(
    statement: str, name: str, folder: Path, key_files: tuple[Path, Path]
) -> None:
    public = SSlibKey.from_crypto(load_pem_public_key(key_files[1].read_bytes()))
    envelope = Envelope.from_dict(loaded(folder, name))
    assert envelope.payload == (folder / statement).read_bytes()
    assert envelope.payload_type == "application/vnd.in-toto+json"
    envelope.verify([public], 1)
    envelope.payload += b" "
    with pytest.raises(VerificationError):
        envelope.verify([public], 1)


def test_openssl_verifies_the_signature(folder: Path, tmp_path: Path, key_files: tuple[Path, Path]) -> None:
    found = loaded(folder, ENVELOPES[0])
    kind, payload = found["payloadType"].encode(), base64.b64decode(found["payload"])
    (tmp_path / "pae").write_bytes(b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload))
    (tmp_path / "sig").write_bytes(base64.b64decode(found["signatures"][0]["sig"]))
    command = ["openssl", "pkeyutl", "-verify", "-pubin", "-inkey", str(key_files[1]), "-rawin"]
    command += ["-in", str(tmp_path / "pae"), "-sigfile", str(tmp_path / "sig")]
    subprocess.run(command, check=True, capture_output=True)
