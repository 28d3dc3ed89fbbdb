"""What is wrong with what an archive holds: pure, over what was read of it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from noxtasks.bundle import contents, signing, statements
from noxtasks.bundle.chain import Chain
from noxtasks.bundle.model import Judged
from noxtasks.bundle.proof import Finding, Signing, Trouble
from noxtasks.bundle.reading import PROOFS, Content
from noxtasks.bundle.statements import Policy
from noxtasks.errors import EvidenceError
from noxtasks.evidence import canonical, events, sums
from noxtasks.evidence.sums import Digest

if TYPE_CHECKING:
    from securesystemslib.signer import SSlibKey

_TOLD_DIFFERENCES = 5
_NAME = re.compile(r"(\w+)-completion\.tar\.gz", re.ASCII)
_NEEDED = (sums.NAME, statements.POLICY, events.NAME, *statements.ENVELOPES)


def of_digests(content: Content, log: Chain) -> Iterator[Finding]:
    """What is not as the list, a statement or an event says, file by file, with all that contradicts it."""
    sources = _sources(content)
    told = {name: sha256 for name, sha256 in log.told.items() if contents.is_evidence(name)}
    needed = _NEEDED if content.is_whole else ()
    for name in sorted({*content.digests, *needed, *(name for listed in sources.values() for name in listed)}):
        actual = content.digests.get(name)
        if actual is None:
            yield _removed(name, sources, is_whole=content.is_whole)
            continue
        against = [
            f"{source} says {listed[name]}" for source, listed in sources.items() if listed.get(name, actual) != actual
        ]
        against += [f"{events.NAME} last told of {told[name]}"] if told.get(name, actual) != actual else []
        missing = [source for source in _knowing(name, sources) if name not in sources[source]]
        if against:
            message = f"its SHA-256 is {actual}; {' and '.join(against)}"
            yield Finding(trouble=Trouble.ALTERED, name=name, message=message)
        elif missing:
            yield Finding(trouble=Trouble.ADDED, name=name, message=f"it is not in {' and '.join(missing)}")


def _removed(name: str, sources: Mapping[str, Mapping[str, str]], *, is_whole: bool) -> Finding:
    by = [source for source, listed in sources.items() if name in listed]
    lost = "it is not there" if is_whole else "it is not there, or could not be reached"
    why = f"and should be, by {' and '.join(by)}" if by else "as it is in every archive"
    return Finding(trouble=Trouble.REMOVED, name=name, message=f"{lost}, {why}")


def _sources(content: Content) -> dict[str, dict[str, str]]:
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


def _knowing(name: str, sources: Iterable[str]) -> list[str]:
    """Those that have to name a file: no list names itself, and a statement tells of none of the proofs."""
    is_proof = name in statements.ENVELOPES or name in statements.ENVELOPES.values()
    return [source for source in sources if name != sums.NAME and (source == sums.NAME or not is_proof)]


def _parsed(data: bytes) -> Any:
    try:
        return canonical.loads(data)
    except ValueError:
        return None


def of_chain(content: Content, log: Chain) -> Iterator[Finding]:
    """What is wrong with the chain of events itself."""
    for each in log.findings:
        place = f"{events.NAME}:{each.line}" if each.line else events.NAME
        yield Finding(trouble=Trouble.BROKEN, name=place, message=each.message)
    if content.chain is not None and not log.events and not log.findings:
        yield Finding(trouble=Trouble.BROKEN, name=events.NAME, message="it has no events")


def of_name(name: str, content: Content, policy: Policy | None) -> Iterator[Finding]:
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


def of_statements(content: Content, judged: Judged | None, log: Chain) -> Iterator[Finding]:
    """What they state, against what the archive's content makes of them.

    Where that could not be judged, what they say of the chain of events is checked alone.
    """
    expected: dict[str, Any] = {}
    if judged is not None:
        subjects = [
            Digest(name=name, sha256=sha256)
            for name, sha256 in content.digests.items()
            if name == statements.POLICY or name not in PROOFS
        ]
        expected = {statements.NAMES[kind]: each for kind, each in statements.of(subjects, judged, log).items()}
    for name in statements.ENVELOPES:
        data = content.proofs.get(name)
        if data is None:
            continue
        stated = _parsed(data)
        if not isinstance(stated, dict):
            yield Finding(trouble=Trouble.INVALID, name=name, message="it is no JSON object")
            continue
        if not _is_canonical(stated, data):
            yield Finding(trouble=Trouble.INVALID, name=name, message="it was rewritten: it is not canonical JSON")
        if content.is_whole:
            yield from _of_head(name, stated, log)
        if name in expected:
            yield from _contradictions(name, stated, expected[name])


def _is_canonical(stated: dict[str, Any], data: bytes) -> bool:
    try:
        return canonical.dumps(stated, where="") + b"\n" == data
    except EvidenceError:
        return False  # nested too deeply to be written


def _of_head(name: str, stated: dict[str, Any], log: Chain) -> Iterator[Finding]:
    if found := "; ".join(statements.differences(_annotations(stated), statements.told_of(log))):
        message = f"of {events.NAME} it says what the chain does not bear out: {found}"
        yield Finding(trouble=Trouble.CONTRADICTED, name=name, message=message)


def _contradictions(name: str, stated: dict[str, Any], expected: dict[str, Any]) -> Iterator[Finding]:
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


def of_signatures(content: Content, key: SSlibKey | None) -> tuple[Signing, list[Finding], tuple[str, ...]]:
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
    envelope: str, content: Content, name: str, key: SSlibKey | None, keys: dict[str, None]
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
