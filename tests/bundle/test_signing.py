"""Keys as openssl makes them; what is none is told, and what to do."""

from __future__ import annotations

import builtins
import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from noxtasks.bundle import signing
from noxtasks.bundle.signing import Key
from noxtasks.errors import ConfigurationError

Make = Callable[..., tuple[Path, Path]]


def refusal(load: Callable[[Path], object], path: Path) -> str:
    with pytest.raises(ConfigurationError) as caught:
        load(path)
    assert caught.value.where.endswith(str(path))
    return str(caught.value)


def test_what_is_signed_verifies_with_the_public_key_alone(key: Key, key_files: tuple[Path, Path]) -> None:
    envelope = signing.open_envelope(signing.sign(b"a statement", key))
    assert envelope.payload == b"a statement"
    assert signing.is_signed_by(envelope, signing.load_public(key_files[1]))
    assert signing.sign(b"a statement", key) == signing.sign(b"a statement", key)


def test_a_key_of_another_kind_is_refused(make_key: Make) -> None:
    private, public = make_key("-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256")
    assert "not of the kind Ed25519" in refusal(signing.load, private)
    assert "not of the kind Ed25519" in refusal(signing.load_public, public)


def test_keys_that_are_mixed_up_are_told(key_files: tuple[Path, Path]) -> None:
    private, public = key_files
    assert "it is a public key" in refusal(signing.load, public)
    assert "it is a private key, which is not to be given away" in refusal(signing.load_public, private)


def test_of_several_public_keys_none_is_taken(key_files: tuple[Path, Path], tmp_path: Path) -> None:
    both = tmp_path / "both.pub"
    both.write_bytes(key_files[1].read_bytes() * 2)
    with pytest.raises(ConfigurationError, match="several keys"):
        signing.load_public(both)


def test_an_encrypted_key_is_told(key_files: tuple[Path, Path], tmp_path: Path) -> None:
    encrypted = tmp_path / "key.pem"
    command = [
        "openssl",
        "pkey",
        "-in",
        str(key_files[0]),
        "-aes256",
        "-passout",
        "pass:secret",
        "-out",
        str(encrypted),
    ]
    subprocess.run(command, check=True, capture_output=True)
    assert "the key is encrypted" in refusal(signing.load, encrypted)


@pytest.mark.parametrize(
    "data", [b"", b"hello", b"-----BEGIN PRIVATE KEY-----\nAA==\n-----END PRIVATE KEY-----\n", b"\xff"]
)
def test_what_is_no_key_is_told(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "key").write_bytes(data)
    assert "no private key in PEM" in refusal(signing.load, tmp_path / "key")
    assert "it is" in refusal(signing.load_public, tmp_path / "key")


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    assert "it cannot be read: No such file" in refusal(signing.load, tmp_path / "key")
    assert "openssl genpkey -algorithm ed25519" in refusal(signing.load, tmp_path / "key")


@pytest.mark.skipif(os.name != "posix", reason="there are no such modes")
def test_a_key_that_others_can_read_is_used_and_told(key_files: tuple[Path, Path], tmp_path: Path) -> None:
    copy = tmp_path / "key.pem"
    copy.write_bytes(key_files[0].read_bytes())
    copy.chmod(0o644)
    assert signing.load(copy).notes == (f"{copy} can be read by others than its owner: chmod 600 {copy}",)
    copy.chmod(0o600)
    assert signing.load(copy).notes == ()


def test_without_the_extra_what_to_install_is_told(
    key_files: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    real = builtins.__import__

    def missing(name: str, *rest: object, **more: object) -> object:
        if name.partition(".")[0] in {"securesystemslib", "cryptography"}:
            raise ImportError(name)
        return real(name, *rest, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(builtins, "__import__", missing)
    for load, path in ((signing.load, key_files[0]), (signing.load_public, key_files[1])):
        assert 'pip install "noxtasks[sign]"' in refusal(load, path)


@pytest.mark.parametrize(
    "text",
    [
        "[]",
        "1",
        "{}",
        '{"payload":"","payloadType":"x"}',
        '{"payload":"%","payloadType":"x","signatures":[]}',
        '{"payload":"","payloadType":1,"signatures":[]}',
        '{"payload":"","payloadType":"x","signatures":{"a":1}}',
        '{"payload":"","payloadType":"x","signatures":[{"sig":"AA=="}]}',
        '{"payload":"é","payloadType":"x","signatures":[]}',
        "[" * 100_000,
        "nonsense",
    ],
)
def test_what_is_no_envelope_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        signing.open_envelope(text.encode())


def test_two_signatures_are_both_tried(key: Key, make_key: Make) -> None:
    other = signing.load(make_key()[0])
    found = json.loads(signing.sign(b"x", other))
    found["signatures"] += json.loads(signing.sign(b"x", key))["signatures"]
    envelope = signing.open_envelope(json.dumps(found).encode())
    assert signing.is_signed_by(envelope, key.signer.public_key)
