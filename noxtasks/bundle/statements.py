"""What an archive states, as in-toto statements (v1): a function of what it holds, so that a reader can form them.

`test-result` v0.1 has each gate of the milestone as a test: one that blocks and does not pass has failed, one that only
advises has warned. `svr` v0.2 (Simple Verification Result) can only say what holds, and names the policy: the gates, as
data, which the archive carries. Fields of our own begin with `noxtasks_`: the specification lets a producer add some.

Whoever changes what is made of the same evidence gives `VERIFIER` another number, and keeps what forms the old:
archives are meant to be verified years after they were made.

https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md and, beside it, `predicates/test-result.md` and
`predicates/svr.md`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from noxtasks.bundle.chain import Chain
from noxtasks.bundle.model import Judged, Milestone
from noxtasks.errors import EvidenceError
from noxtasks.evidence import canonical, events
from noxtasks.evidence.gating.model import Evaluation, Level
from noxtasks.evidence.sums import Digest
from noxtasks.stats import Verdict

STATEMENT = "https://in-toto.io/Statement/v1"
TEST_RESULT = "https://in-toto.io/attestation/test-result/v0.1"
SVR = "https://in-toto.io/attestation/svr/v0.2"
VERIFIER = "urn:noxtasks:bundle:1"
MEDIA_TYPE = "application/vnd.in-toto+json"

POLICY = "milestone.json"
NAMES = {TEST_RESULT: "test-result.statement.json", SVR: "svr.statement.json"}
ENVELOPES = {name: name.replace(".statement.", ".dsse.") for name in NAMES.values()}
"""The signed form of each statement: a DSSE envelope."""

_HEAD = "noxtasks_head"
_LARGEST_POLICY = 1 << 20
_MOST_GATES = 1000
_LONGEST_TEXT = 2000


class Policy(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an archive is judged by: the milestone, and the archives before it, by their name."""

    milestone: Milestone
    archives: dict[str, str]  # the SHA-256 of each
    plan: tuple[str, ...]  # the names of all milestones

    def render(self) -> bytes:
        """As a file of the archive."""
        return canonical.dumps(self, where=POLICY) + b"\n"


def policy_of(data: bytes) -> Policy:
    """Read it back. Raises `ValueError`, also for one that nobody would write, and that would take long to follow."""
    if len(data) > _LARGEST_POLICY:
        raise ValueError(f"it has {len(data)} bytes")
    policy = msgspec.convert(canonical.loads(data), Policy)
    told = [text for gate in policy.milestone.gates for text in (gate.pointer, gate.command, gate.bounds)]
    if len(policy.milestone.gates) > _MOST_GATES or any(len(text) > _LONGEST_TEXT for text in told):
        raise ValueError("it has very many gates, or very long ones")
    return policy


def render(subjects: Sequence[Digest], judged: Judged, chain: Chain) -> dict[str, bytes]:
    """The statements, by the names of their files."""
    return {
        NAMES[kind]: canonical.dumps(found, where=NAMES[kind]) + b"\n"
        for kind, found in of(subjects, judged, chain).items()
    }


def of(subjects: Sequence[Digest], judged: Judged, chain: Chain) -> dict[str, dict[str, Any]]:
    """The statements, by the type of their predicate. `subjects` are all files but those that tell of the others."""
    listed = [_subject(each, chain) for each in sorted(subjects, key=lambda each: each.name)]
    policy = [_descriptor(each) for each in subjects if each.name == POLICY]
    predicates = {TEST_RESULT: _test_result(judged, policy), SVR: _svr(judged, policy, chain)}
    return {
        kind: {
            "_type": STATEMENT,
            "subject": listed,
            "predicateType": kind,
            "predicate": canonical.plain(each, where=kind),
        }
        for kind, each in predicates.items()
    }


def _descriptor(digest: Digest) -> dict[str, Any]:
    return {"name": digest.name, "digest": {"sha256": digest.sha256}}


def _subject(digest: Digest, chain: Chain) -> dict[str, Any]:
    if digest.name != events.NAME:
        return _descriptor(digest)
    return {**_descriptor(digest), "annotations": told_of(chain)}


def told_of(chain: Chain) -> dict[str, Any]:
    """What is said of the chain of events beside its digest: where it ends, and which code it is about."""
    return {_HEAD: chain.head, "noxtasks_events": len(chain.events), "noxtasks_code_version": chain.code_version}


def _test_result(judged: Judged, policy: list[dict[str, Any]]) -> dict[str, Any]:
    passed: list[str] = []
    warned: list[str] = []
    failed: list[str] = []
    for each in judged.evaluations:
        rank = failed if each.gate.level is Level.BLOCKING else warned
        (passed if each.verdict is Verdict.PASS else rank).append(f"{judged.milestone.name}: {each.gate.name}")
    return {
        "result": "FAILED" if failed else "WARNED" if warned else "PASSED",
        "configuration": policy,
        "passedTests": passed,
        "warnedTests": warned,
        "failedTests": failed,
        "noxtasks_verdict": judged.verdict,
        "noxtasks_gates": [_gate(each) for each in judged.evaluations],
    }


def _gate(each: Evaluation) -> dict[str, Any]:
    return {
        "name": each.gate.name,
        "verdict": each.verdict,
        "figure": each.figure,
        "threshold": each.threshold,
        "reason": each.reason,
        "artifact": each.gate.artifact,
    }


def _svr(judged: Judged, policy: list[dict[str, Any]], chain: Chain) -> dict[str, Any]:
    own = _property(judged.milestone.name)
    held = [f"{own}_{_property(each.gate.name)}" for each in judged.evaluations if each.verdict is Verdict.PASS]
    return {
        "verifier": {"id": VERIFIER, "policies": policy},
        "timeCreated": chain.time,
        "properties": [f"NOXTASKS_{each}" for each in ([own] if judged.verdict is Verdict.PASS else []) + held],
    }


def _property(name: str) -> str:
    return re.sub(r"[^A-Z0-9]+", "_", name.upper()).strip("_")


def subjects_of(statement: Any) -> dict[str, str]:
    """The digests that a statement names, by name; what is no subject is passed over."""
    listed = statement.get("subject") if isinstance(statement, Mapping) else None
    found = [each for each in listed if isinstance(each, Mapping)] if isinstance(listed, list) else []
    return {
        str(each["name"]): str(each["digest"].get("sha256"))
        for each in found
        if "name" in each and isinstance(each.get("digest"), Mapping)
    }


def differences(stated: Any, expected: Any, pointer: str = "") -> Iterator[str]:
    """Where a statement is not the one that the archive's content makes: the places, and what stands there."""
    if isinstance(stated, Mapping) and isinstance(expected, Mapping):
        for key in sorted({*stated, *expected}):
            if key not in stated:
                yield f"{pointer}/{key} is missing"
            elif key not in expected:
                yield f"{pointer}/{key} does not belong there"
            else:
                yield from differences(stated[key], expected[key], f"{pointer}/{key}")
    elif isinstance(stated, list) and isinstance(expected, list) and len(stated) == len(expected):
        for index, (one, other) in enumerate(zip(stated, expected, strict=True)):
            yield from differences(one, other, f"{pointer}/{index}")
    elif stated != expected or isinstance(stated, bool) != isinstance(expected, bool):
        yield f"{pointer or 'it'} is {_short(stated)}, and by what the archive holds {_short(expected)}"


def _short(value: Any) -> str:
    try:
        text = canonical.dumps(value, where="").decode()
    except EvidenceError:
        return "nested too deeply to be told"
    return text if len(text) <= 80 else f"{text[:77]}..."  # noqa: PLR2004 - a line
