"""An archive of a milestone: the evidence, the chain of events, the statements about them, and a list of digests.

It is a function of the folder's artifacts and of the key, if it is signed: made again, it is the same, byte for byte.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO

import msgspec

from noxtasks.bundle import container, contents, signing, statements, verifying
from noxtasks.bundle.container import Member
from noxtasks.bundle.contents import Contents
from noxtasks.bundle.model import Judged
from noxtasks.bundle.proof import Proof, Trouble
from noxtasks.bundle.signing import Key
from noxtasks.bundle.statements import Policy
from noxtasks.errors import ConfigurationError, EvidenceError
from noxtasks.evidence import artifacts, canonical, events, files, schemas, sums
from noxtasks.evidence.sums import Digest, Sums

EPOCH = "SOURCE_DATE_EPOCH"
_LATEST = 0o77777777777  # what eleven octal digits hold


class Written(msgspec.Struct, frozen=True, kw_only=True):
    """An archive as it was written: what its own check says of it, what it is made of, and what that says."""

    proof: Proof
    contents: Contents
    judged: Judged


def time_of(environment: Mapping[str, str]) -> int | None:
    """The time that all files of an archive are to have. Raises `ConfigurationError`.

    https://reproducible-builds.org/specs/source-date-epoch/
    """
    text = environment.get(EPOCH, "")
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and int(text) <= _LATEST):
        remedy = f"Unset {EPOCH}, or let it be whole seconds since 1970."
        raise ConfigurationError(f"{text!r} is no time", where=EPOCH, remedy=remedy)
    return int(text)


def write(folder: Path, policy: Policy, *, key: Key | None, time: int | None) -> Written:
    """Write an archive into `folder`, of what is there, judged by `policy`.

    It has replaced an earlier one when it is whole and verifies. Its files have the `time`, or that of the last event.
    Raises `NotMeasuredError` where there is nothing to bundle, and `EvidenceError` where something is not as it was
    written, or cannot be written; what was there before is unchanged then.
    """
    with files.writing(folder):
        found = contents.gather(folder)
        judged = contents.judged(policy, contents.read_from(found), found.chain)
        members = _members(found, policy, judged, key)
        name = policy.milestone.archive
        proofs: list[Proof] = []

        def bring(file: BinaryIO) -> None:
            mtime = found.chain.seconds if time is None else time
            container.write(file, name.removesuffix(".tar.gz"), members, time=mtime)
            file.flush()
            proofs.append(_proof(Path(file.name), name, key))

        artifacts.attach_stream(folder, name, bring)
    return Written(proof=proofs[0], contents=found, judged=judged)


def _members(found: Contents, policy: Policy, judged: Judged, key: Key | None) -> list[Member]:
    policy_data = policy.render()
    subjects = [
        *(Digest(name=name, sha256=sha256) for name, sha256 in found.digests.items()),
        Digest(name=events.NAME, sha256=contents.chain_digest(found)),
        Digest.of(statements.POLICY, policy_data),
    ]
    stated = statements.render(subjects, judged, found.chain)
    made = {statements.POLICY: policy_data, **stated}
    if key is not None:
        made |= {statements.ENVELOPES[name]: signing.sign(data, key) for name, data in stated.items()}
    digests = {each.name: each.sha256 for each in subjects}
    digests |= {name: Digest.of(name, data).sha256 for name, data in made.items()}
    made[sums.NAME] = sums.render(Sums(digests=digests))
    return [*contents.members(found), *(Member.of(name, data) for name, data in made.items())]


def _proof(path: Path, name: str, key: Key | None) -> Proof:
    """What was written is held against itself before it replaces anything."""
    proof = verifying.verify(path, key=key.signer.public_key if key else None, name=name)
    if unfit := [each for each in proof.findings if each.trouble is Trouble.INVALID and each.name in _ours(proof)]:
        told = "\n".join(f"  {each.name}: {each.message}" for each in unfit)
        raise EvidenceError(f"{contents.NOT_BUNDLED}\n{told}", where=str(path.parent), remedy=contents.AGAIN)
    if refused := [each.message for each in proof.findings if each.trouble is Trouble.REFUSED]:
        message = f"whoever verifies an archive of this would refuse it: {'; '.join(refused)}"
        raise EvidenceError(message, where=str(path.parent), remedy=f"Take out of {sums.NAME} what is no evidence.")
    if proof.findings:
        told = "\n".join(f"  {each.name}: {each.message}" for each in proof.findings)
        raise EvidenceError(f"the archive that was made does not verify\n{told}", where=name, remedy=canonical.DEFECT)
    return proof


def _ours(proof: Proof) -> set[str]:
    """Artifacts among what findings are about: written with a right digest, they may still fit no schema of now."""
    return {each.name for each in proof.findings if schemas.is_artifact(each.name)}
