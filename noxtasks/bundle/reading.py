"""An archive as it is read, twice: all files for their digests, and then the artifacts for what they say.

The second time each artifact is held against its schema, and what a gate looks into is kept.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import BinaryIO

import msgspec

from noxtasks.bundle import bounds, chain, statements
from noxtasks.bundle.chain import Chain
from noxtasks.bundle.opening import DamagedError, Entry, Limits, NoArchiveError, Reader, RefusedError
from noxtasks.bundle.proof import Finding, Trouble
from noxtasks.bundle.statements import Policy
from noxtasks.errors import EvidenceError, NotMeasuredError
from noxtasks.evidence import artifacts, events, schemas, sums

PROOFS = (sums.NAME, statements.POLICY, *statements.ENVELOPES, *statements.ENVELOPES.values())
"""The files that tell of the others, and what these are judged by."""

_LARGEST_PROOF = 16 << 20  # bytes: more than the names of as many files as there can be take
_MOST_PARTS = 200_000  # lines and commas of it


class Content(msgspec.Struct, kw_only=True):
    """What is in an archive, as far as it could be read."""

    digests: dict[str, str] = {}
    proofs: dict[str, bytes] = {}
    chain: Chain | None = None
    is_whole: bool = False
    findings: list[Finding] = []
    folder: str = ""
    size: int = 0
    tar_sha256: str = ""


def read(file: BinaryIO, limits: Limits | None) -> Content:
    """All files, and what is wrong with their form. Raises `NotMeasuredError` for what is no archive."""
    file.seek(0)
    reader = Reader(file, limits)
    content = Content()
    try:
        for entry, pieces in reader.entries():
            _take(entry, pieces, content)
        content.is_whole = True
    except NoArchiveError as error:
        remedy = "Give an archive that noxtasks bundle has made."
        raise NotMeasuredError(str(error), where=getattr(file, "name", ""), remedy=remedy) from None
    except RefusedError as error:
        content.findings.append(Finding(trouble=Trouble.REFUSED, name=error.name, message=str(error)))
    except DamagedError as error:
        content.digests.pop(error.name, None)
        trouble = Trouble.CUT if error.is_cut else Trouble.DAMAGED
        within = f"within {error.name}" if error.name else f"after {reader.files} files"
        content.findings.append(Finding(trouble=trouble, name="", message=f"{error}, {within}"))
    content.findings += _repacked(reader.oddities)
    content.folder, content.size, content.tar_sha256 = reader.folder, reader.size, reader.tar_sha256
    return content


def _repacked(oddities: list[tuple[str, str]]) -> Iterator[Finding]:
    """What is not as the writer leaves it; what is so of several files is told once."""
    named: dict[str, list[str]] = {}
    for name, message in oddities:
        named.setdefault(message, []).append(name)
    for message, names in named.items():
        name = names[0] if len(names) == 1 else ""
        more = f": {len(names)} files, such as {names[0]}" if len(names) > 1 else ""
        yield Finding(trouble=Trouble.REPACKED, name=name, message=f"{message}{more}")


def _take(entry: Entry, pieces: Iterator[bytes], content: Content) -> None:
    digest = hashlib.sha256()
    content.digests[entry.name] = ""
    is_kept = entry.name in PROOFS and entry.size <= _LARGEST_PROOF
    kept = []

    def passed() -> Iterator[bytes]:
        for piece in pieces:
            digest.update(piece)
            if is_kept:
                kept.append(piece)
            yield piece

    if entry.name == events.NAME:
        content.chain = chain.read(chain.lines(passed()))
    for _ in passed():  # a broken log is not read to its end
        pass
    content.digests[entry.name] = digest.hexdigest()
    data = b"".join(kept)
    if entry.name in PROOFS and not (is_kept and data.count(b",") + data.count(b"\n") <= _MOST_PARTS):
        message = "it is larger than any that is written, and was not looked into"
        content.findings.append(Finding(trouble=Trouble.INVALID, name=entry.name, message=message))
    elif is_kept:
        content.proofs[entry.name] = data


class Looked(msgspec.Struct, kw_only=True):
    """What the second reading has found: what gates look into, and what could not be judged as it was written."""

    held: dict[str, bytes] = {}
    large: dict[str, int] = {}  # too large to be looked into: bytes
    foreign: dict[str, str] = {}  # of a schema of another version: what to say of it
    findings: list[Finding] = []

    def read(self, name: str) -> bytes | None:
        """The content of a file that a gate looks into, as a folder gives it."""
        if name in self.large:
            raise bounds.TooManyError(name)
        return self.held.get(name)

    @property
    def notes(self) -> tuple[str, ...]:
        """What was not held against a schema."""
        large = [f"{name}: too large to be held against its schema; its digest was checked" for name in self.large]
        return (*large, *(f"{name}: {said}; its digest was checked" for name, said in self.foreign.items()))


def look_into(file: BinaryIO, policy: Policy | None, limits: Limits | None) -> Looked:
    """The second reading, of artifacts and what gates look into besides."""
    asked = {gate.artifact for gate in policy.milestone.gates} if policy else set()
    looked = Looked()
    file.seek(0)
    for entry, pieces in Reader(file, limits).entries():
        is_ours = schemas.is_artifact(entry.name)
        if entry.name in PROOFS or not (is_ours or entry.name in asked):
            continue
        if entry.size > bounds.LARGEST_READ:
            looked.large[entry.name] = entry.size
            continue
        data = b"".join(pieces)
        try:
            bounds.expect_few_values(entry.name, data)
        except bounds.TooManyError:
            looked.large[entry.name] = entry.size
            continue
        except EvidenceError as error:
            looked.findings.append(Finding(trouble=Trouble.INVALID, name=entry.name, message=error.message))
            continue
        if entry.name in asked:
            looked.held[entry.name] = data
        if is_ours:
            _check_schema(entry.name, data, looked)
    return looked


def _check_schema(name: str, data: bytes, looked: Looked) -> None:
    try:
        artifacts.parse(name, data, where=name)
    except RecursionError:
        looked.findings.append(Finding(trouble=Trouble.INVALID, name=name, message="it is nested too deeply"))
    except artifacts.OtherSchemaError as error:
        looked.foreign[name] = error.message
    except EvidenceError as error:
        message = error.message.replace("\n", ";")
        looked.findings.append(Finding(trouble=Trouble.INVALID, name=name, message=message))
