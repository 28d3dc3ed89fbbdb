"""What of a folder of reports goes into an archive, and what it says: found sound, or nothing is made of it.

The same functions serve whoever verifies: `documents` and `judged` take what an archive holds as they take a folder.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path

import msgspec

from noxtasks.bundle import bounds, chain, container, judging, statements
from noxtasks.bundle.chain import Chain
from noxtasks.bundle.container import Member
from noxtasks.bundle.model import Judged, Milestone
from noxtasks.bundle.statements import Policy
from noxtasks.errors import EvidenceError, NotMeasuredError
from noxtasks.evidence import artifacts, events, schemas, sums
from noxtasks.evidence.gating import documents as gating
from noxtasks.evidence.gating.model import Document
from noxtasks.evidence.sums import Digest

COMPLETENESS = "bundle.completeness.json"
AAR = "Phase2-AAR.yaml"
PAGE = "index.html"
ARCHIVE = "-completion.tar.gz"
_LATER = (COMPLETENESS, AAR, PAGE)
_RESERVED = {sums.NAME, events.NAME, statements.POLICY, *statements.ENVELOPES, *statements.ENVELOPES.values()}
AGAIN = "Restore what was there, or run again the session that writes it."
NOT_BUNDLED = "the evidence is not as it was written, and is not bundled"


class Contents(msgspec.Struct, frozen=True, kw_only=True):
    """A folder's evidence: the digests of its artifacts by name, and its chain of events as far as it is bundled."""

    folder: Path
    digests: dict[str, str]
    chain: Chain


def is_evidence(name: str) -> bool:
    """Whether a file of the folder is bundled: not what bundling itself writes, and not what shows all of it."""
    return name not in _LATER and not name.endswith(ARCHIVE)


def gather(folder: Path) -> Contents:
    """What is to be bundled of `folder`, whose lock is held.

    Raises `NotMeasuredError` where there is nothing, and `EvidenceError`, which names all, where something is not as
    it was written.
    """
    where = str(folder)
    if not (folder / sums.NAME).is_file():
        remedy = "Run a session that measures something first: noxtasks flake"
        raise NotMeasuredError("there is nothing to bundle: there are no artifacts", where=where, remedy=remedy)
    listed = sums.parse((folder / sums.NAME).read_bytes())
    names = sorted(filter(is_evidence, listed.digests.keys() | listed.announced.keys()))
    actual = {name: _digest(folder, name) for name in names}
    log = chain.cut(_log(folder))
    problems = [problem for name in names if (problem := _problem(name, actual[name], listed, log))]
    problems += _of_folder(folder, listed, log)
    if problems:
        message = f"{NOT_BUNDLED}\n" + "\n".join(f"  {p}" for p in problems)
        raise EvidenceError(message, where=where, remedy=AGAIN)
    digests = {name: sha256 for name, sha256 in actual.items() if sha256}
    if not digests:
        raise NotMeasuredError("there is nothing to bundle: no artifact is evidence", where=where)
    return Contents(folder=folder, digests=digests, chain=log)


def _log(folder: Path) -> Iterator[bytes]:
    if (folder / events.NAME).is_file():
        with (folder / events.NAME).open("rb") as file:
            yield from chain.lines(container.pieces_of(file))


def _problem(name: str, actual: str | None, listed: sums.Sums, log: Chain) -> str:
    expected, announced = listed.digests.get(name), listed.announced.get(name)
    if reason := container.unfit(name):
        return f"{name!r}: its name {reason}"
    if name in _RESERVED:
        return f"{name}: a bundle has a file of its own of this name"
    if actual is None:
        return f"{name}: it is listed, and not there" if expected is not None else ""
    if actual not in {expected, announced}:
        return f"{name}: its SHA-256 is {actual}, and was {expected} when it was written"
    if (told := log.told.get(name, actual)) != actual:
        return f"{name}: its SHA-256 is {actual}, and {events.NAME} last told of {told}"
    return ""


def _of_folder(folder: Path, listed: sums.Sums, log: Chain) -> Iterator[str]:
    yield from (f"{sums.NAME}: a line is no digest: {line[:80]!r}" for line in listed.malformed)
    known = listed.digests.keys() | listed.announced.keys()
    found = {path.name for path in folder.iterdir() if schemas.is_artifact(path.name) and is_evidence(path.name)}
    yield from (f"{name}: {sums.NAME} does not list it" for name in sorted(found - known))
    if not log.size:
        yield f"{events.NAME}: it has no events"
    yield from (f"{events.NAME}:{each.line}: {each.message}" for each in log.findings)


def _digest(folder: Path, name: str) -> str | None:
    path = folder / name
    if container.unfit(name) or not path.is_file():
        return None
    return Digest.of_file(name, path).sha256


def members(contents: Contents) -> Iterator[Member]:
    """The evidence as files of an archive. Reading one raises `EvidenceError` where it is not what was gathered."""
    for name, sha256 in contents.digests.items():
        path = contents.folder / name
        yield Member(name=name, size=path.stat().st_size, pieces=partial(_pieces, path, sha256))
    size = contents.chain.size
    path = contents.folder / events.NAME
    yield Member(name=events.NAME, size=size, pieces=partial(_beginning, path, size))


def _pieces(path: Path, sha256: str) -> Iterator[bytes]:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        for piece in container.pieces_of(file):
            digest.update(piece)
            yield piece
    if digest.hexdigest() != sha256:
        raise EvidenceError("it has changed while it was read", where=str(path), remedy="Run this again.")


def _beginning(path: Path, size: int) -> Iterator[bytes]:
    with path.open("rb") as file:
        while size:
            piece = file.read(min(size, container.PIECE))
            if not piece:
                raise EvidenceError("it has changed while it was read", where=str(path), remedy="Run this again.")
            size -= len(piece)
            yield piece


def chain_digest(contents: Contents) -> str:
    """The SHA-256 of the chain as far as it is bundled."""
    digest = hashlib.sha256()
    for piece in _beginning(contents.folder / events.NAME, contents.chain.size):
        digest.update(piece)
    return digest.hexdigest()


def policy(milestone: Milestone, archives: Mapping[str, str], plan: Iterable[str]) -> Policy:
    """What an archive of `milestone` is judged by, which is one of `plan`.

    A gate that asks for what is written after it is left out.
    """
    gates = tuple(gate for gate in milestone.gates if gate.artifact != AAR)
    asked = {name: sha256 for name, sha256 in archives.items() if name != milestone.archive}
    return Policy(milestone=msgspec.structs.replace(milestone, gates=gates), archives=asked, plan=tuple(plan))


Read = Callable[[str], bytes | None]
"""What gives the content of a file by name, None where it is not there. Raises `EvidenceError` where it cannot."""


def read_from(contents: Contents) -> Read:
    """Of the folder."""

    def read(name: str) -> bytes | None:
        if name not in contents.digests:
            return None
        path = contents.folder / name
        if path.stat().st_size > bounds.LARGEST_READ:
            raise bounds.TooManyError(name)
        data = path.read_bytes()
        bounds.expect_few_values(name, data)
        return data

    return read


def judged(policy: Policy, read: Read, log: Chain) -> Judged:
    """What the evidence says of the policy's milestone. It is about the code that the chain's last event is about."""
    own = policy.milestone
    found = documents((gate.artifact for gate in own.gates), read, log)
    others = [Milestone(name=each, title="", objectives=(), gates=()) for each in policy.plan if each != own.name]
    prepared = judging.prepare(found, events=log.events, archives=policy.archives, milestones=(own, *others))
    return judging.judge((own,), prepared, today=log.day)[0]


def documents(names: Iterable[str], read: Read, log: Chain) -> dict[str, Document]:
    """The documents that gates look into. The list and the log count as sound: their check comes before."""
    made: dict[str, dict[str, list[str]]] = {sums.NAME: {"artifacts": [], "events": []}, events.NAME: {"findings": []}}
    found = {}
    for name in dict.fromkeys(filter(None, names)):
        is_told = name in made
        found[name] = Document(name=name, content=made[name]) if is_told else _document(name, read, log)
    return found


def _document(name: str, read: Read, log: Chain) -> Document:
    try:
        data = read(name)
        if data is None:
            return Document(name=name, refusal=f"there is no {name}")
        if schemas.is_artifact(name):
            return gating.of_artifact(name, artifacts.parse(name, data, where=name), code_version=log.code_version)
        return Document(name=name, content=gating.parsed(name, data), digest=Digest.of(name, data), is_ours=False)
    except (EvidenceError, ValueError) as error:
        told = error.message if isinstance(error, EvidenceError) else f"it cannot be parsed: {error}"
        return Document(name=name, refusal=f"{name}: {told}")
