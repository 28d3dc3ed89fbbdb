"""Deliverables: each has a digest in evidence, and is still what the digest was taken of. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from noxtasks.evidence.sums import Digest
from noxtasks.governance.checking.model import Deliverable, Held, Listed, Plan, Rule, Violation

WRITE = "Run the session that writes it."
RECORD = "Where the file is as it should be: $ noxtasks governance --record"


def look_for(
    plan: Plan,
    listed: Listed,
    content: Callable[[str], bytes | None],
    refusal: Callable[[str], str],
) -> tuple[Held, ...]:
    """Each deliverable with its digest, or why that is not in evidence.

    `content` gives the bytes of a file of the repository, None where there is none, and `refusal` says why.
    """
    return tuple(_held(each, listed, content, refusal) for each in plan.deliverables)


def _held(
    each: Deliverable,
    listed: Listed,
    content: Callable[[str], bytes | None],
    refusal: Callable[[str], str],
) -> Held:
    if each.artifact is not None:
        return _of_artifact(each, each.artifact.text, listed)
    if each.file is not None:
        return _of_file(each, each.file.text, content, refusal)
    return _lacking(each, "it is neither an artifact nor a file", "Say which `artifact` or which `file` it is.")


def _of_artifact(each: Deliverable, name: str, listed: Listed) -> Held:
    if name in listed.wrong:
        return _lacking(each, f"{name}: {listed.wrong[name]}", WRITE)
    if name not in listed.digests:
        return _lacking(each, f"{name} is not among the reports", WRITE)
    return Held(deliverable=each, sha256=listed.digests[name])


def _of_file(
    each: Deliverable, path: str, content: Callable[[str], bytes | None], refusal: Callable[[str], str]
) -> Held:
    data = content(path)
    if data is None:
        remedy = "Name a file of the repository, from its root on."
        return _lacking(each, refusal(path) or f"there is no file {path}", remedy)
    sha256 = Digest.of(path, data).sha256
    if each.sha256 is None:
        return _lacking(each, "no digest of it is recorded", RECORD)
    if each.sha256.text != sha256:
        return _lacking(each, f"{path} is not what was recorded", RECORD)
    return Held(deliverable=each, sha256=sha256)


def _lacking(each: Deliverable, reason: str, remedy: str) -> Held:
    return Held(deliverable=each, sha256=None, reason=reason, remedy=remedy)


def violations(held: Iterable[Held]) -> list[Violation]:
    """The deliverables without a digest."""
    return [
        Violation(
            rule=Rule.DIGEST,
            name=each.deliverable.name,
            message=f"{each.deliverable.name}: {each.reason}",
            line=_line(each.deliverable),
            remedy=each.remedy,
        )
        for each in held
        if each.reason
    ]


def _line(each: Deliverable) -> int:
    said = each.sha256 or each.file or each.artifact
    return said.line if said else each.line
