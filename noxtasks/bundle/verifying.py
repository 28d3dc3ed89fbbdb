"""Is an archive what it was when it was made? Needs the archive alone, unpacks nothing, and tells all that is wrong.

Read twice: first all files for their digests, and what tells of them; then the artifacts, each against its schema and,
where a gate looks into it, for what it says. What is stated is formed again from that and held against the statements.
So an archive that was altered with all its digests still contradicts itself, unless its statements were made anew, too:
that shows by their signatures, if these are held against a key that was known before.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from noxtasks.bundle import checking, contents, reading, statements
from noxtasks.bundle.chain import Chain
from noxtasks.bundle.model import Judged
from noxtasks.bundle.opening import Limits
from noxtasks.bundle.proof import Finding, Proof, Trouble
from noxtasks.bundle.reading import Content, Looked
from noxtasks.bundle.statements import Policy
from noxtasks.evidence import files
from noxtasks.stats import Verdict

if TYPE_CHECKING:
    from securesystemslib.signer import SSlibKey


def verify(path: Path, *, key: SSlibKey | None = None, name: str = "", limits: Limits | None = None) -> Proof:
    """All that is wrong with the archive in `path`, which is to have the name `name` (its own by default).

    With `key`, signatures have to be there, and by it. Raises `NotMeasuredError` where it is no archive, or cannot be
    read.
    """
    with files.explained(path), path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        content = reading.read(file, limits)
        found = content.findings
        policy = _policy(content)
        log = content.chain or Chain()
        found += checking.of_digests(content, log)
        found += checking.of_chain(content, log)
        found += checking.of_name(name or path.name, content, policy)
        looked = reading.look_into(file, policy, limits) if content.is_whole else Looked()
        found += looked.findings
        judged = _judged(policy, looked, content, log) if policy and content.is_whole else None
        found += checking.of_statements(content, judged, log)
        signed, of_signatures, keys = checking.of_signatures(content, key)
        found += of_signatures
    return Proof(
        name=name or path.name,
        sha256=sha256,
        tar_sha256=content.tar_sha256,
        size=content.size,
        files=len(content.digests),
        findings=tuple(dict.fromkeys(found)),
        notes=looked.notes,
        milestone=policy.milestone.name if policy else "",
        title=policy.milestone.title if policy else "",
        verdict=judged.verdict if judged else Verdict.UNMEASURED,
        holds=judged.holding if judged else 0,
        gates=len(judged.blocking) if judged else 0,
        events=len(log.events),
        events_head=log.head,
        time=log.time,
        code_version=log.code_version,
        signing=signed,
        keys=keys,
    )


def _policy(content: Content) -> Policy | None:
    data = content.proofs.get(statements.POLICY)
    if data is None:
        return None
    try:
        policy = statements.policy_of(data)
    except ValueError as error:
        message = f"it does not say what the archive is judged by: {error}"
        content.findings.append(Finding(trouble=Trouble.INVALID, name=statements.POLICY, message=message))
        return None
    if policy.render() != data:
        content.findings.append(Finding(trouble=Trouble.INVALID, name=statements.POLICY, message="it was rewritten"))
    return policy


def _judged(policy: Policy, looked: Looked, content: Content, log: Chain) -> Judged | None:
    """What the evidence says; None where a gate looks into what this version cannot read, or asks for nonsense."""
    if looked.foreign.keys() & {gate.artifact for gate in policy.milestone.gates}:
        return None
    try:
        return contents.judged(policy, looked.read, log)
    except (LookupError, TypeError, ValueError, AttributeError, RecursionError) as error:
        message = f"what it asks cannot be answered by what the archive holds: {error!r}"
        content.findings.append(Finding(trouble=Trouble.INVALID, name=statements.POLICY, message=message))
        return None
