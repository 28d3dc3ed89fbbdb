"""Is an archive what it was when it was made? Needs the archive alone, unpacks nothing, and tells all that is wrong.

Read twice: first all files for their digests, and what tells of them; then the artifacts, each against its schema and,
where a gate looks into it, for what it says. What is stated is formed again from that and held against the statements.
So an archive that was altered with all its digests still contradicts itself, unless its statements were made anew, too:
that shows by their signatures, if these are held against a key that was known before.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import msgspec

from noxtasks.bundle import chain, container, contents, signing, statements
from noxtasks.bundle.chain import Chain
from noxtasks.bundle.container import DamagedError, Limits, NoArchiveError, Reader, RefusedError
from noxtasks.bundle.model import Judged
from noxtasks.bundle.proof import Finding, Proof, Signing, Trouble
from noxtasks.bundle.statements import Policy
from noxtasks.errors import EvidenceError, NotMeasuredError
from noxtasks.evidence import artifacts, canonical, events, files, schemas, sums
from noxtasks.evidence.sums import Digest
from noxtasks.stats import Verdict

if TYPE_CHECKING:
    from securesystemslib.signer import SSlibKey

_PROOFS = (sums.NAME, statements.POLICY, *statements.ENVELOPES, *statements.ENVELOPES.values())
_LARGEST_PROOF = 32 << 20
_TOLD_DIFFERENCES = 5
_NAME = re.compile(r"(\w+)-completion\.tar\.gz", re.ASCII)


class _Content(msgspec.Struct, kw_only=True):
    """What is in an archive, as far as it could be read."""

    digests: dict[str, str] = {}
    proofs: dict[str, bytes] = {}
    chain: Chain | None = None
    is_whole: bool = False
    findings: list[Finding] = []
    folder: str = ""
    size: int = 0
    tar_sha256: str = ""


def verify(path: Path, *, key: SSlibKey | None = None, name: str = "", limits: Limits | None = None) -> Proof:
    """All that is wrong with the archive in `path`, which is to have the name `name` (its own by default).

    With `key`, signatures have to be there, and by it. Raises `NotMeasuredError` where it is no archive, or cannot be
    read.
    """
    with files.explained(path), path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        content = _read(file, limits)
        found = content.findings
        policy = _policy(content)
        log = content.chain or Chain()
        found += _of_digests(content)
        found += [Finding(trouble=Trouble.BROKEN, name=_line(each.line), message=each.message) for each in log.findings]
        found += _of_chain(content, log)
        found += _of_name(name or path.name, content, policy)
        held, notes, invalid = _artifacts(file, policy, limits) if content.is_whole else ({}, [], [])
        found += invalid
        judged = _judged(policy, held, content, log) if policy and content.is_whole else None
        found += _of_statements(content, judged, log)
        signed, of_signatures, keys = _signatures(content, key)
        found += of_signatures
    return Proof(
        name=name or path.name,
        sha256=sha256,
        tar_sha256=content.tar_sha256,
        size=content.size,
        files=len(content.digests),
        findings=tuple(dict.fromkeys(found)),
        notes=tuple(notes),
        milestone=policy.milestone.name if policy else "",
        title=policy.milestone.title if policy else "",
        verdict=judged.verdict if judged else Verdict.UNMEASURED,
        holds=contents.holding(judged) if judged else 0,
        gates=len(judged.evaluations) if judged else 0,
        events=len(log.events),
        events_head=log.head,
        time=log.time,
        code_version=log.code_version,
        signing=signed,
        keys=keys,
    )


def _line(number: int) -> str:
    return f"{events.NAME}:{number}" if number else events.NAME


def _read(file: BinaryIO, limits: Limits | None) -> _Content:
    file.seek(0)
    reader = Reader(file, limits)
    content = _Content()
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
    content.findings += [
        Finding(trouble=Trouble.REPACKED, name=name, message=message) for name, message in reader.oddities
    ]
    content.folder, content.size, content.tar_sha256 = reader.folder, reader.size, reader.tar_sha256
    return content


def _take(entry: container.Entry, pieces: Iterator[bytes], content: _Content) -> None:
    digest = hashlib.sha256()
    content.digests[entry.name] = ""
    is_kept = entry.name in _PROOFS and entry.size <= _LARGEST_PROOF
    kept = []

    def passed() -> Iterator[bytes]:
        for piece in pieces:
            digest.update(piece)
            if is_kept:
                kept.append(piece)
            yield piece

    if entry.name == events.NAME:
        content.chain = chain.read(chain.lines(passed()))
    else:
        for _ in passed():
            pass
    content.digests[entry.name] = digest.hexdigest()
    if is_kept:
        content.proofs[entry.name] = b"".join(kept)


def _policy(content: _Content) -> Policy | None:
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


def _of_digests(content: _Content) -> Iterator[Finding]:
    """What is not as the list or a statement says, file by file, with all that contradicts it."""
    sources = _sources(content)
    subjects = {name: found for name, found in sources.items() if name != sums.NAME}
    names = sorted({*content.digests, *(name for listed in sources.values() for name in listed)})
    for name in names:
        actual = content.digests.get(name)
        against = [
            f"{source} says {listed[name]}" for source, listed in sources.items() if listed.get(name, actual) != actual
        ]
        if actual is None:
            by = [source for source, listed in sources.items() if name in listed]
            lost = "is not there" if content.is_whole else "is not there, or could not be reached"
            yield Finding(trouble=Trouble.REMOVED, name=name, message=f"{lost}, and {' and '.join(by)} name it")
        elif against:
            message = f"its SHA-256 is {actual}; {' and '.join(against)}"
            yield Finding(trouble=Trouble.ALTERED, name=name, message=message)
        missing = [source for source, listed in _knowing(name, sources, subjects) if name not in listed]
        if actual is not None and missing and not against:
            yield Finding(trouble=Trouble.ADDED, name=name, message=f"{' and '.join(missing)} do not name it")


def _sources(content: _Content) -> dict[str, dict[str, str]]:
    """Who says what the digests are: the list, and each statement."""
    found: dict[str, dict[str, str]] = {}
    if (data := content.proofs.get(sums.NAME)) is not None:
        listed = sums.parse(data)
        found[sums.NAME] = listed.digests
        if sums.render(sums.Sums(digests=listed.digests)) != data:
            content.findings.append(
                Finding(
                    trouble=Trouble.INVALID,
                    name=sums.NAME,
                    message="it was rewritten: it has other lines than it is written with",
                )
            )
    for name in statements.ENVELOPES:
        if (data := content.proofs.get(name)) is not None:
            found[name] = statements.subjects_of(_parsed(data))
    return found


def _knowing(
    name: str, sources: dict[str, dict[str, str]], subjects: dict[str, dict[str, str]]
) -> Iterable[tuple[str, dict[str, str]]]:
    """Those that have to name a file: no list names itself, and a statement tells of none of the proofs."""
    if name == sums.NAME:
        return ()
    is_proof = name in statements.ENVELOPES or name in statements.ENVELOPES.values()
    return [(source, listed) for source, listed in sources.items() if not (is_proof and source in subjects)]


def _parsed(data: bytes) -> Any:
    try:
        return canonical.loads(data)
    except ValueError:
        return None


def _of_chain(content: _Content, log: Chain) -> Iterator[Finding]:
    if content.chain is None:
        return
    if not log.events and not log.findings:
        yield Finding(trouble=Trouble.BROKEN, name=events.NAME, message="it has no events")
    for name, sha256 in sorted(log.told.items()):
        actual = content.digests.get(name, sha256)
        if contents.is_evidence(name) and actual not in {sha256, ""}:
            message = f"its SHA-256 is {actual}; {events.NAME} last told of {sha256}"
            yield Finding(trouble=Trouble.CONTRADICTED, name=name, message=message)


def _of_name(name: str, content: _Content, policy: Policy | None) -> Iterator[Finding]:
    """An archive that goes by the name of another milestone's is passed off as that."""
    if policy is None:
        return
    own = policy.milestone.name
    told = _NAME.fullmatch(name)
    if told and told[1] != own:
        message = f"the file is named as the archive of {told[1]}, and is that of {own}"
        yield Finding(trouble=Trouble.CONTRADICTED, name="", message=message)
    if content.folder != (wanted := policy.milestone.archive.removesuffix(".tar.gz")):
        message = f"its folder is {content.folder}, and {statements.POLICY} is about {wanted}"
        yield Finding(trouble=Trouble.CONTRADICTED, name="", message=message)


def _artifacts(
    file: BinaryIO, policy: Policy | None, limits: Limits | None
) -> tuple[dict[str, bytes], list[str], list[Finding]]:
    """The second reading: what gates look into, what could not be held against a schema, and what does not fit."""
    asked = {gate.artifact for gate in policy.milestone.gates} if policy else set()
    held: dict[str, bytes] = {}
    notes: list[str] = []
    findings: list[Finding] = []
    file.seek(0)
    for entry, pieces in Reader(file, limits).entries():
        is_ours = schemas.is_artifact(entry.name)
        if entry.name in _PROOFS or not (is_ours or entry.name in asked):
            continue
        if entry.size > contents.LARGEST_READ:
            notes.append(f"{entry.name}: too large to be held against its schema; its digest was checked")
            continue
        data = b"".join(pieces)
        if entry.name.endswith((".yaml", ".yml")) and _has_aliases(data):
            message = "it has anchors or aliases, which are never written: it was not looked into"
            findings.append(Finding(trouble=Trouble.INVALID, name=entry.name, message=message))
            continue
        if entry.name in asked:
            held[entry.name] = data
        if is_ours:
            _check_schema(entry.name, data, notes, findings)
    return held, notes, findings


def _check_schema(name: str, data: bytes, notes: list[str], findings: list[Finding]) -> None:
    try:
        artifacts.parse(name, data, where=name)
    except EvidenceError as error:
        if "this version knows" in error.message:
            notes.append(f"{name}: {error.message}; its digest was checked")
        else:
            findings.append(Finding(trouble=Trouble.INVALID, name=name, message=error.message.replace("\n", ";")))


def _has_aliases(data: bytes) -> bool:
    """Whether YAML refers to parts of itself: a few lines can become billions of values so."""
    import yaml  # noqa: PLC0415 - 20 ms that only a YAML artifact should cost

    try:
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        return any(getattr(event, "anchor", None) is not None for event in yaml.parse(data.decode(), Loader=loader))
    except (yaml.YAMLError, ValueError):
        return False  # the check against its schema tells of that


def _judged(policy: Policy, held: dict[str, bytes], content: _Content, log: Chain) -> Judged | None:
    try:
        return contents.judged(policy, held.get, log)
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        message = f"what it asks cannot be answered by what the archive holds: {error!r}"
        content.findings.append(Finding(trouble=Trouble.INVALID, name=statements.POLICY, message=message))
        return None


def _of_statements(content: _Content, judged: Judged | None, log: Chain) -> Iterator[Finding]:
    """What they state, against what the archive's content makes of them."""
    expected: dict[str, Any] = {}
    if judged is not None:
        subjects = [
            Digest(name=name, sha256=sha256)
            for name, sha256 in content.digests.items()
            if name == statements.POLICY or name not in _PROOFS
        ]
        expected = {statements.NAMES[kind]: each for kind, each in statements.of(subjects, judged, log).items()}
    for name in statements.ENVELOPES:
        data = content.proofs.get(name)
        if data is None:
            continue
        stated = _parsed(data)
        if not isinstance(stated, dict):
            yield Finding(trouble=Trouble.INVALID, name=name, message="it is no JSON object")
        elif not _is_canonical(stated, data):
            yield Finding(trouble=Trouble.INVALID, name=name, message="it was rewritten: it is not canonical JSON")
        if isinstance(stated, dict) and name in expected:
            yield from _contradictions(name, stated, expected[name])


def _is_canonical(stated: dict[str, Any], data: bytes) -> bool:
    try:
        return canonical.dumps(stated, where="") + b"\n" == data
    except EvidenceError:
        return False  # nested too deeply to be written


def _contradictions(name: str, stated: dict[str, Any], expected: dict[str, Any]) -> Iterator[Finding]:
    told = _annotations(stated)
    if told != (known := _annotations(expected)):
        found = "; ".join(statements.differences(told, known))
        message = f"of {events.NAME} it says what the chain does not bear out: {found}"
        yield Finding(trouble=Trouble.CONTRADICTED, name=name, message=message)
    one = {**stated, "subject": _order(stated)}
    other = {**expected, "subject": _order(expected)}
    if statements.subjects_of(stated) != statements.subjects_of(expected):
        one, other = ({**each, "subject": None} for each in (one, other))  # told file by file
    found_all = list(statements.differences(one, other))
    for each in found_all[:_TOLD_DIFFERENCES]:
        yield Finding(trouble=Trouble.CONTRADICTED, name=name, message=each)
    if (more := len(found_all) - _TOLD_DIFFERENCES) > 0:
        yield Finding(trouble=Trouble.CONTRADICTED, name=name, message=f"and {more} places more")


def _annotations(statement: dict[str, Any]) -> Any:
    listed = statement.get("subject")
    found = [each for each in listed if isinstance(each, dict)] if isinstance(listed, list) else []
    return next((each.get("annotations") for each in found if each.get("name") == events.NAME), None)


def _order(statement: dict[str, Any]) -> Any:
    """The subjects without what is told apart."""
    listed = statement.get("subject")
    if not isinstance(listed, list):
        return listed
    return [
        {key: value for key, value in each.items() if key != "annotations" or each.get("name") != events.NAME}
        if isinstance(each, dict)
        else each
        for each in listed
    ]


def _signatures(content: _Content, key: SSlibKey | None) -> tuple[Signing, list[Finding], tuple[str, ...]]:
    """What is known of the signatures, what is wrong with them, and the keys that they name."""
    findings: list[Finding] = []
    keys: dict[str, None] = {}
    present = [name for name, envelope in statements.ENVELOPES.items() if envelope in content.proofs]
    for name, envelope in statements.ENVELOPES.items():
        if name in present:
            found = _of_envelope(envelope, content, name, key, keys)
            findings += [Finding(trouble=Trouble.FORGED, name=envelope, message=message) for message in found]
        elif key is not None:
            message = f"{name} is not signed: there is no {envelope}"
            findings.append(Finding(trouble=Trouble.UNSIGNED, name=envelope, message=message))
        elif present:
            message = f"{name} is not signed, and others are: {envelope} was taken out"
            findings.append(Finding(trouble=Trouble.REMOVED, name=envelope, message=message))
    if findings:
        return Signing.WRONG, findings, tuple(keys)
    if not present:
        return Signing.NONE, findings, ()
    return (Signing.SOUND if key is not None else Signing.UNCHECKED), findings, tuple(keys)


def _of_envelope(
    envelope: str, content: _Content, name: str, key: SSlibKey | None, keys: dict[str, None]
) -> Iterator[str]:
    try:
        found = signing.open_envelope(content.proofs[envelope])
    except ValueError as error:
        yield f"it is no envelope: {error}"
        return
    keys |= dict.fromkeys(keyid for keyid, _ in found.signatures)
    if found.payload_type != statements.MEDIA_TYPE:
        yield f"its payload's type is {found.payload_type!r}, and not {statements.MEDIA_TYPE!r}"
    if found.payload != content.proofs.get(name):
        yield f"what is signed is not what {name} says"
    if not found.signatures:
        yield "it has no signature"
    elif key is not None and not signing.is_signed_by(found, key):
        yield f"no signature is by the key {key.keyid}"
