"""Statements signed with a local Ed25519 key, as DSSE envelopes, by the extra `noxtasks[sign]`.

The key is what `openssl genpkey -algorithm ed25519 -out KEY` makes, and what it is verified with is what
`openssl pkey -in KEY -pubout -out PUB` does. Which key is to be trusted is for whoever verifies to say: an archive
carries none, since one that came with it would prove nothing.

https://github.com/secure-systems-lab/dsse/blob/v1.0.2/protocol.md
"""

from __future__ import annotations

import base64
import binascii
import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from noxtasks.bundle.statements import MEDIA_TYPE
from noxtasks.errors import ConfigurationError
from noxtasks.evidence import canonical

if TYPE_CHECKING:
    from securesystemslib.signer import CryptoSigner, SSlibKey

_INSTALL = 'It needs the extra: pip install "noxtasks[sign]"'
_MAKE = "Make one with: openssl genpkey -algorithm ed25519 -out KEY"
_MAKE_PUBLIC = "Make it with: openssl pkey -in KEY -pubout -out PUB"


class Key(msgspec.Struct, frozen=True, kw_only=True):
    """A private key to sign with, and what to say of its file."""

    signer: CryptoSigner
    keyid: str
    notes: tuple[str, ...] = ()


def load(path: Path) -> Key:
    """The private key of a file. Raises `ConfigurationError`."""
    where = f"--sign {path}"
    data = _read(path, where, _MAKE)
    try:
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey  # noqa: PLC0415
        from cryptography.hazmat.primitives.serialization import load_pem_private_key  # noqa: PLC0415
        from securesystemslib.signer import CryptoSigner  # noqa: PLC0415 - only who signs has it
    except ImportError:
        raise ConfigurationError("nothing is installed that could sign", where=where, remedy=_INSTALL) from None
    try:
        key = load_pem_private_key(data, None)
    except TypeError:
        remedy = "Decrypt it for this: openssl pkey -in KEY -out PLAIN"
        raise ConfigurationError("the key is encrypted", where=where, remedy=remedy) from None
    except Exception as error:  # the library has errors of its own for each way to be no key
        told = "a public key" if b"PUBLIC KEY" in data else "no private key in PEM"
        raise ConfigurationError(f"it is {told}", where=where, remedy=_MAKE) from error
    if not isinstance(key, Ed25519PrivateKey):
        raise ConfigurationError("the key is not of the kind Ed25519", where=where, remedy=_MAKE)
    signer = CryptoSigner(key)
    return Key(signer=signer, keyid=signer.public_key.keyid, notes=_exposed(path))


def _exposed(path: Path) -> tuple[str, ...]:
    if os.name == "posix" and path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        return (f"{path} can be read by others than its owner: chmod 600 {path}",)
    return ()


def load_public(path: Path) -> SSlibKey:
    """The public key of a file. Raises `ConfigurationError`."""
    where = f"--key {path}"
    data = _read(path, where, _MAKE_PUBLIC)
    try:
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey  # noqa: PLC0415
        from cryptography.hazmat.primitives.serialization import load_pem_public_key  # noqa: PLC0415
        from securesystemslib.signer import SSlibKey  # noqa: PLC0415
    except ImportError:
        raise ConfigurationError("nothing is installed that could verify", where=where, remedy=_INSTALL) from None
    try:
        key = load_pem_public_key(data)
    except Exception as error:
        told = "a private key, which is not to be given away" if b"PRIVATE KEY" in data else "no public key in PEM"
        raise ConfigurationError(f"it is {told}", where=where, remedy=_MAKE_PUBLIC) from error
    if data.count(b"-----BEGIN ") > 1:
        message = "it has several keys, and an archive is signed by one"
        raise ConfigurationError(message, where=where, remedy="Keep in the file the one that you trust.")
    if not isinstance(key, Ed25519PublicKey):
        raise ConfigurationError("the key is not of the kind Ed25519", where=where, remedy=_MAKE_PUBLIC)
    return SSlibKey.from_crypto(key)


def _read(path: Path, where: str, remedy: str) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ConfigurationError(f"it cannot be read: {error.strerror}", where=where, remedy=remedy) from None


def sign(statement: bytes, key: Key) -> bytes:
    """The envelope of a statement."""
    from securesystemslib.dsse import Envelope  # noqa: PLC0415

    envelope = Envelope(statement, MEDIA_TYPE, {})
    envelope.sign(key.signer)
    return canonical.dumps(envelope.to_dict(), where="envelope") + b"\n"


class Envelope(msgspec.Struct, frozen=True, kw_only=True):
    """What an envelope holds, and the keys that its signatures name."""

    payload: bytes
    payload_type: str
    signatures: tuple[tuple[str, bytes], ...]  # an identifier of a key, and what it has signed with


def open_envelope(data: bytes) -> Envelope:
    """Read an envelope. Raises `ValueError` for what is none."""
    found = canonical.loads(data)
    try:
        if set(found) != {"payload", "payloadType", "signatures"}:
            raise ValueError(f"its members are {', '.join(sorted(found))}")
        signatures = tuple((_text(each["keyid"]), _decoded(each["sig"])) for each in found["signatures"])
        return Envelope(
            payload=_decoded(found["payload"]), payload_type=_text(found["payloadType"]), signatures=signatures
        )
    except (TypeError, KeyError, binascii.Error) as error:
        raise ValueError(f"it is no DSSE envelope: {error}") from None


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    return value


def _decoded(value: Any) -> bytes:
    return base64.b64decode(_text(value), validate=True)


def is_signed_by(envelope: Envelope, key: SSlibKey) -> bool:
    """Whether one of the signatures is by `key`, of what the envelope holds."""
    from securesystemslib import dsse  # noqa: PLC0415
    from securesystemslib.exceptions import VerificationError  # noqa: PLC0415
    from securesystemslib.signer import Signature  # noqa: PLC0415

    signatures = {keyid: Signature(keyid, sig.hex()) for keyid, sig in envelope.signatures}
    try:
        dsse.Envelope(envelope.payload, envelope.payload_type, signatures).verify([key], 1)
    except VerificationError:
        return False
    return True
