"""The one writer and the one reader of artifacts, and the check of a folder of them.

Writing, under the folder's lock, in an order such that a kill leaves the old artifact or the new one, and that whoever
looks afterwards can tell which:

1. the new artifact, and the two versions of `SHA256SUMS` that follow, are written to temporary files and fsynced, so
   that a full disk shows before anything has changed;
2. `SHA256SUMS` is replaced by one that still lists the old digest, and announces the new one in a comment;
3. the artifact is replaced;
4. `SHA256SUMS` is replaced by one that lists the new digest, without the comment.

A kill before 3 leaves the old artifact with its old digest, and a kill after 3 the new one with its announced digest:
`read` takes both, `verify` says that a write was interrupted, and the next write into the folder settles it. Without
the announcement (in either order of two renames), an interrupted write could not be told from an artifact that was
altered. Between 3 and 4, and only there, plain `sha256sum -c` reports a mismatch; the next write mends that too.
"""

from __future__ import annotations

import re
from enum import Enum
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

import msgspec

from noxtasks.errors import EvidenceError
from noxtasks.evidence import canonical, files, schemas, sums
from noxtasks.evidence.provenance import Provenance
from noxtasks.evidence.sums import Digest, Sums

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import BinaryIO

RERUN = "Run the session that writes it again."

_VERSION = re.compile(r"/[1-9][0-9]*$", re.ASCII)


class OtherSchemaError(EvidenceError):
    """The artifact fits, if anything, its schema in another version, which another version of noxtasks has."""


class Artifact(msgspec.Struct, frozen=True, kw_only=True):
    """An artifact as read: what can be reproduced (`result`), what cannot (`timing`), and where it comes from."""

    schema: str  # for example flake.report/1
    result: Any
    timing: Any
    provenance: Provenance
    digest: Digest


class Trouble(Enum):
    """What can be wrong in a folder of artifacts."""

    MISSING = "missing"  # it is listed, or the list itself, and not there
    CHANGED = "changed"  # its content is not what was written
    INTERRUPTED = "interrupted"  # a writer was stopped half-way; the artifact is whole
    UNLISTED = "unlisted"  # an artifact that SHA256SUMS does not know
    INVALID = "invalid"  # its digest is right, but it does not fit its schema
    MALFORMED = "malformed"  # a line of SHA256SUMS that is no digest
    LEFTOVER = "leftover"  # a temporary file of a writer that was stopped


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is wrong with `name`, and what to do about it."""

    trouble: Trouble
    name: str
    message: str
    remedy: str


def write(folder: Path, name: str, *, result: object, timing: object, provenance: Provenance) -> Digest:
    """Validate an artifact, write it into `folder` (made where missing) and record its digest in `SHA256SUMS`.

    `result` and `timing` are any data: structs, mappings, sequences, numbers. Raises `EvidenceError` where they do not
    fit the artifact's schema, and where the folder cannot be written; what was there before is unchanged then.
    """
    return attach(folder, name, _serialised(name, _envelope(name, result, timing, provenance)))


def attach(folder: Path, name: str, data: bytes) -> Digest:
    """Write a file that has no schema of ours, a page or a format of other tools, as `write` writes an artifact.

    Its digest is in `SHA256SUMS`, too. Raises `EvidenceError` where the folder cannot be written.
    """
    return attach_stream(folder, name, lambda file: file.write(data))


def attach_stream(folder: Path, name: str, write: Callable[[BinaryIO], object]) -> Digest:
    """`attach` for what is too large to be held: `write` brings it into the file, under the folder's lock.

    What `write` raises goes up, and nothing has changed then.
    """
    with files.writing(folder), files.staged((folder / name, write)) as (artifact,):
        digest = Digest.of_file(name, artifact)
        before = _settled(folder, _sums(folder))
        announced = msgspec.structs.replace(before, announced={**before.announced, name: digest.sha256})
        after = msgspec.structs.replace(before, digests={**before.digests, name: digest.sha256})
        list_path = folder / sums.NAME
        contents = ((list_path, sums.render(announced)), (list_path, sums.render(after)))
        with files.staged(*contents) as (announcement, listing):
            files.put(announcement, list_path)
            files.put(artifact, folder / name)
            files.put(listing, list_path)
    return digest


def _envelope(name: str, result: object, timing: object, provenance: Provenance) -> dict[str, Any]:
    schema = schemas.of_artifact(name)
    envelope: dict[str, Any] = canonical.plain(
        {
            **msgspec.to_builtins(provenance),
            "schema": schemas.version_of(schema),
            "result": result,
            "timing": timing,
        },
        where=name,
    )
    if found := schemas.faults(schema, envelope):
        message = "the artifact does not fit its schema\n" + "\n".join(f"  {fault}" for fault in found)
        raise EvidenceError(message, where=name, remedy=canonical.DEFECT)
    return envelope


def _serialised(name: str, envelope: dict[str, Any]) -> bytes:
    if not name.endswith(".yaml"):
        return canonical.dumps(envelope, where=name) + b"\n"
    import yaml  # noqa: PLC0415 - 20 ms that only a YAML artifact should cost

    # ASCII with escapes: PyYAML writes U+0085 and its like as they are, and reads them back as spaces.
    text: str = yaml.safe_dump(envelope, sort_keys=True, allow_unicode=False, width=120)
    return text.encode()


def read(folder: Path, name: str, *, is_checked: bool = True) -> Artifact:
    """The artifact `name` of `folder`. Raises `EvidenceError` unless it is there, as it was written, and valid.

    Unless `is_checked`, it is not held against its schema, which was done before it was written and takes a second for
    each 2 MB.
    """
    where = str(folder / name)
    schemas.of_artifact(name)
    with files.reading(folder):
        listed = _sums(folder)
        if not (folder / name).is_file():
            raise EvidenceError("the artifact is not there", where=where, remedy=RERUN)
        data = (folder / name).read_bytes()
    if Digest.of(name, data).sha256 not in {listed.digests.get(name), listed.announced.get(name)}:
        known = name in listed.digests
        message = f"its content is not what {sums.NAME} says" if known else f"{sums.NAME} does not list it"
        raise EvidenceError(message, where=where, remedy=RERUN)
    return parse(name, data, where=where, is_checked=is_checked)


def parse(name: str, data: bytes, *, where: str, is_checked: bool = True) -> Artifact:
    """The artifact `name` that consists of `data`. Raises `EvidenceError` where it is not valid."""
    envelope = _parsed(name, data, where, is_checked=is_checked)
    try:
        told = msgspec.convert(envelope, Provenance)
    except msgspec.ValidationError as error:
        raise EvidenceError(f"it does not fit its schema: {error}", where=where, remedy=RERUN) from None
    return Artifact(
        schema=envelope["schema"],
        result=envelope.get("result"),
        timing=envelope.get("timing"),
        provenance=told,
        digest=Digest.of(name, data),
    )


def _parsed(name: str, data: bytes, where: str, *, is_checked: bool = True) -> dict[str, Any]:
    """Parse and validate. Raises `EvidenceError`."""
    schema = schemas.version_of(schemas.of_artifact(name))
    try:
        envelope = _loaded(name, data)
    except ValueError as error:
        raise EvidenceError(f"it cannot be parsed: {error}", where=where, remedy=RERUN) from None
    said = envelope.get("schema") if isinstance(envelope, dict) else None
    if said != schema:
        remedy = f"Read it with the version of noxtasks that wrote it, or: {RERUN}"
        message = f"its schema is {said!r}; this version knows {schema!r}"
        is_other = _VERSION.sub("", str(said)) == _VERSION.sub("", schema)
        raise (OtherSchemaError if is_other else EvidenceError)(message, where=where, remedy=remedy)
    if is_checked and (found := schemas.faults(schemas.of_artifact(name), envelope)):
        message = "it does not fit its schema\n" + "\n".join(f"  {fault}" for fault in found)
        raise EvidenceError(message, where=where, remedy=RERUN)
    return dict(envelope)


def _loaded(name: str, data: bytes) -> Any:
    if not name.endswith(".yaml"):
        return canonical.loads(data)
    import yaml  # noqa: PLC0415

    try:
        return yaml.load(data.decode(), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - both are safe
    except yaml.YAMLError as error:
        raise ValueError(str(error)) from None


def verify(folder: Path, *, is_checked: bool = True) -> list[Finding]:
    """Everything that is wrong with the artifacts of `folder`, by name; an empty list where nothing is.

    Unless `is_checked`, nothing is held against its schema. Raises `EvidenceError` where the folder cannot be read. The
    event log has a check of its own, in `events`.
    """
    with files.reading(folder):
        if not (folder / sums.NAME).is_file():
            message = "there is no list of digests, so nothing can be verified"
            return [Finding(trouble=Trouble.MISSING, name=sums.NAME, message=message, remedy=RERUN)]
        listed = _sums(folder)
        findings = _malformed(listed) + [
            Finding(
                trouble=Trouble.LEFTOVER,
                name=path.name,
                message="a temporary file of a writer that was stopped",
                remedy="The next write removes it; so may you.",
            )
            for path in files.temporary_files(folder)
        ]
        present = {path.name for path in folder.iterdir() if schemas.is_artifact(path.name)}
        for name in sorted(present | listed.digests.keys() | listed.announced.keys()):
            finding = _finding(folder, name, listed, is_checked=is_checked)
            findings += [finding] if finding else []
        return findings


def _malformed(listed: Sums) -> list[Finding]:
    return [
        Finding(
            trouble=Trouble.MALFORMED,
            name=sums.NAME,
            message=f"this line is no digest: {line[:100]!r}",
            remedy=f"Remove the line from {sums.NAME}.",
        )
        for line in listed.malformed
    ]


def _finding(folder: Path, name: str, listed: Sums, *, is_checked: bool) -> Finding | None:
    """What is wrong with one artifact, the gravest first."""
    actual = _digest(folder, name)
    expected, announced = listed.digests.get(name), listed.announced.get(name)
    is_first_write = expected is None and announced is not None
    if actual is None and not is_first_write:
        return Finding(trouble=Trouble.MISSING, name=name, message="it is listed, and not there", remedy=RERUN)
    if actual not in {expected, announced}:
        return _altered(name, actual, expected)
    if announced is not None:
        message = "a write was interrupted; " + _held(actual, announced)
        remedy = f"{RERUN} Any write into the folder mends {sums.NAME}."
        return Finding(trouble=Trouble.INTERRUPTED, name=name, message=message, remedy=remedy)
    if is_checked and schemas.is_artifact(name):
        try:
            _parsed(name, (folder / name).read_bytes(), name)
        except EvidenceError as error:
            return Finding(trouble=Trouble.INVALID, name=name, message=error.message, remedy=error.remedy)
    return None


def _held(actual: str | None, announced: str) -> str:
    if actual is None:
        return "there was no artifact before, and there is none"
    return f"the {'new' if actual == announced else 'old'} artifact is whole"


def _altered(name: str, actual: str | None, expected: str | None) -> Finding:
    if expected is None:
        message = f"{sums.NAME} does not list it"
        return Finding(trouble=Trouble.UNLISTED, name=name, message=message, remedy=RERUN)
    message = f"its SHA-256 is {actual}, and was {expected} when it was written"
    return Finding(trouble=Trouble.CHANGED, name=name, message=message, remedy=f"Restore it, or: {RERUN}")


def _digest(folder: Path, name: str) -> str | None:
    """The digest of what is there; None for nothing, and for what is no file below `folder`."""
    relative = PurePath(name)
    path = folder / relative
    if relative.is_absolute() or ".." in relative.parts or not path.is_file():
        return None
    return Digest.of_file(name, path).sha256


def _sums(folder: Path) -> Sums:
    try:
        return sums.parse((folder / sums.NAME).read_bytes())
    except FileNotFoundError:
        return Sums()


def _settled(folder: Path, listed: Sums) -> Sums:
    """`listed` with the announcements of interrupted writes resolved by what the folder holds.

    Where the artifact is neither the old one nor the announced one, its old digest stays, so that `verify` goes on to
    say that it was changed.
    """
    done = {name: sha256 for name, sha256 in listed.announced.items() if _digest(folder, name) == sha256}
    return msgspec.structs.replace(listed, digests={**listed.digests, **done}, announced={})
