"""Ways to tamper with an archive: each is found, and what is told names what was done.

Where `is_consistent`, the list of digests was made right again, as whoever tampers on purpose would: the statements and
the chain of events show it then. Where `is_signed`, the statements were made anew, too: only the signatures show it.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml

from noxtasks.bundle import chain, contents, signing, statements, verifying
from noxtasks.bundle.proof import Proof, Signing, Trouble
from noxtasks.bundle.signing import Key
from noxtasks.evidence import canonical, events, sums
from noxtasks.evidence.provenance import Provenance
from noxtasks.evidence.sums import Digest

from .conftest import (
    HEALTH,
    MILESTONE,
    PAGE,
    STATEMENTS,
    TOP,
    Files,
    bundle,
    gzipped,
    later,
    measured,
    packed,
    summed,
    tar_bytes,
    unpacked,
)

TEST_RESULT, SVR = statements.ENVELOPES
RESULT_DSSE, SVR_DSSE = statements.ENVELOPES.values()
POLICY = statements.POLICY
EVENTS = events.NAME

Change = Callable[[Files], None]


class Way(msgspec.Struct, frozen=True, kw_only=True):
    """What is done to the files of an archive, and what is told: the trouble, the file, and words of the message."""

    change: Change
    trouble: Trouble
    name: str
    told: str = ""
    is_consistent: bool = True
    is_signed: bool = False


def replaced(name: str, old: bytes, new: bytes) -> Change:
    def change(files: Files) -> None:
        assert old in files[name]
        files[name] = files[name].replace(old, new, 1)

    return change


def without(*names: str) -> Change:
    def change(files: Files) -> None:
        for name in names:
            del files[name]

    return change


def with_file(name: str, data: bytes) -> Change:
    return lambda files: files.update({name: data})


def edited(name: str, edit: Callable[[Any], None]) -> Change:
    """A JSON file, edited and written as it should be."""

    def change(files: Files) -> None:
        found = canonical.loads(files[name])
        edit(found)
        files[name] = canonical.dumps(found, where=name) + b"\n"

    return change


def at(*path: str | int, to: Any) -> Callable[[Any], None]:
    def edit(found: Any) -> None:
        for part in path[:-1]:
            found = found[part]
        found[path[-1]] = to

    return edit


def lines(edit: Callable[[list[bytes]], list[bytes]]) -> Change:
    def change(files: Files) -> None:
        files[EVENTS] = b"".join(edit(files[EVENTS].splitlines(keepends=True)))

    return change


def restated(change: Change) -> Change:
    """The statements made anew of what was changed, as whoever has the program, and no key, can."""

    def changed(files: Files) -> None:
        change(files)
        log = chain.read(files[EVENTS].splitlines(keepends=True))
        policy = statements.policy_of(files[POLICY])
        judged = contents.judged(policy, files.get, log)
        proofs = {sums.NAME, *statements.ENVELOPES, *statements.ENVELOPES.values()}
        files |= statements.render([Digest.of(n, d) for n, d in files.items() if n not in proofs], judged, log)

    return changed


def rechained(files: Files) -> None:
    """The figure made better, and the chain of events made anew to tell of it."""
    before = Digest.of(HEALTH, files[HEALTH]).sha256
    files[HEALTH] = files[HEALTH].replace(b'"collected":2', b'"collected":9')
    now = Digest.of(HEALTH, files[HEALTH]).sha256
    last, made = events.NO_HASH, []
    for line in files[EVENTS].splitlines():
        event = json.loads(line.replace(before.encode(), now.encode()))
        data = canonical.dumps({**event, "prevhash": last}, where="")
        last = Digest.of("", data).sha256
        made.append(data + b"\n")
    files[EVENTS] = b"".join(made)


def enveloped(name: str, edit: Callable[[dict[str, Any]], None]) -> Change:
    return edited(name, edit)


def payload(files: Files) -> None:
    found = json.loads(files[SVR_DSSE])
    inner = base64.b64decode(found["payload"]).replace(b"NOXTASKS_M1_ERROR_RATE", b"NOXTASKS_M1")
    found["payload"] = base64.b64encode(inner).decode()
    files[SVR_DSSE] = canonical.dumps(found, where="") + b"\n"


def swapped_envelopes(files: Files) -> None:
    files[RESULT_DSSE], files[SVR_DSSE] = files[SVR_DSSE], files[RESULT_DSSE]


def swapped_files(files: Files) -> None:
    files[HEALTH], files[PAGE] = files[PAGE], files[HEALTH]


def bit_of_signature(found: dict[str, Any]) -> None:
    raw = bytearray(base64.b64decode(found["signatures"][0]["sig"]))
    raw[3] ^= 1
    found["signatures"][0]["sig"] = base64.b64encode(raw).decode()


def verdict_of_gate(found: Any) -> None:
    gate = next(each for each in found["predicate"]["noxtasks_gates"] if each["verdict"] != "pass")
    gate["verdict"] = "pass"


BETTER = replaced(HEALTH, b'"collected":2', b'"collected":9')
ALIASES = b"a: &a [1, 1]\nb: [*a, *a]\n"

WAYS: dict[str, Way] = {
    # by hand, and no more
    "a figure is made better": Way(
        change=BETTER, trouble=Trouble.ALTERED, name=HEALTH, told=sums.NAME, is_consistent=False
    ),
    "a space is added": Way(
        change=replaced(HEALTH, b"}\n", b"} \n"), trouble=Trouble.ALTERED, name=HEALTH, is_consistent=False
    ),
    "a newline is changed as Windows has it": Way(
        change=replaced(PAGE, b"\n", b"\r\n"), trouble=Trouble.ALTERED, name=PAGE, is_consistent=False
    ),
    "a file is emptied": Way(change=with_file(PAGE, b""), trouble=Trouble.ALTERED, name=PAGE, is_consistent=False),
    "a file is cut": Way(
        change=lambda files: files.update({HEALTH: files[HEALTH][:-20]}),
        trouble=Trouble.ALTERED,
        name=HEALTH,
        is_consistent=False,
    ),
    "an artifact is taken out": Way(
        change=without(HEALTH), trouble=Trouble.REMOVED, name=HEALTH, told=sums.NAME, is_consistent=False
    ),
    "a file is added": Way(
        change=with_file("extra.json", b"{}"), trouble=Trouble.ADDED, name="extra.json", is_consistent=False
    ),
    "a file is renamed": Way(
        change=lambda files: files.update({"page.html": files.pop(PAGE)}),
        trouble=Trouble.REMOVED,
        name=PAGE,
        is_consistent=False,
    ),
    "two files are swapped": Way(change=swapped_files, trouble=Trouble.ALTERED, name=PAGE, is_consistent=False),
    "the list is taken out": Way(
        change=without(sums.NAME), trouble=Trouble.REMOVED, name=sums.NAME, is_consistent=False
    ),
    "a line is taken out of the list": Way(
        change=lambda files: files.update(
            {sums.NAME: b"".join(line for line in files[sums.NAME].splitlines(True) if PAGE.encode() not in line)}
        ),
        trouble=Trouble.ADDED,
        name=PAGE,
        told=sums.NAME,
        is_consistent=False,
    ),
    "a comment is put into the list": Way(
        change=lambda files: files.update({sums.NAME: b"# checked by me\n" + files[sums.NAME]}),
        trouble=Trouble.INVALID,
        name=sums.NAME,
        is_consistent=False,
    ),
    "the digests of the list are written in capitals": Way(
        change=lambda files: files.update({sums.NAME: files[sums.NAME].upper()}),
        trouble=Trouble.INVALID,
        name=sums.NAME,
        is_consistent=False,
    ),
    # with the list of digests made right again
    "a figure is made better, and the list": Way(
        change=BETTER, trouble=Trouble.ALTERED, name=HEALTH, told=f"{TEST_RESULT} says"
    ),
    "a figure is made better, and what events tell contradicts it": Way(
        change=BETTER, trouble=Trouble.ALTERED, name=HEALTH, told=f"{EVENTS} last told of"
    ),
    "an artifact is taken out, and off the list": Way(
        change=without(HEALTH), trouble=Trouble.REMOVED, name=HEALTH, told=TEST_RESULT
    ),
    "a page is taken out, and off the list": Way(change=without(PAGE), trouble=Trouble.REMOVED, name=PAGE, told=SVR),
    "a file is added, and to the list": Way(
        change=with_file("extra.json", b"{}"), trouble=Trouble.ADDED, name="extra.json", told=SVR
    ),
    "an artifact of no schema": Way(
        change=edited(HEALTH, at("result", "modules", to="many")), trouble=Trouble.INVALID, name=HEALTH, told="modules"
    ),
    "an artifact that is no JSON": Way(
        change=with_file(HEALTH, b"{"), trouble=Trouble.INVALID, name=HEALTH, told="cannot be parsed"
    ),
    "an artifact with a key twice": Way(
        change=replaced(HEALTH, b"{", b'{"schema":"x",'), trouble=Trouble.INVALID, name=HEALTH, told="twice"
    ),
    "YAML that refers to itself": Way(
        change=with_file("coverage.ladder.v2.yaml", ALIASES),
        trouble=Trouble.INVALID,
        name="coverage.ladder.v2.yaml",
        told="aliases",
    ),
    "the last event is cut off": Way(
        change=lines(lambda log: log[:-1]), trouble=Trouble.CONTRADICTED, name=TEST_RESULT, told="noxtasks_head"
    ),
    "all events but the first are cut off": Way(
        change=lines(lambda log: log[:1]), trouble=Trouble.ALTERED, name=EVENTS, told=SVR
    ),
    "the last event is cut short": Way(
        change=lambda files: files.update({EVENTS: files[EVENTS][:-30]}),
        trouble=Trouble.BROKEN,
        name=f"{EVENTS}:2",
        told="cut short",
    ),
    "the log is emptied": Way(change=with_file(EVENTS, b""), trouble=Trouble.BROKEN, name=EVENTS, told="no events"),
    "the log is taken out": Way(change=without(EVENTS), trouble=Trouble.REMOVED, name=EVENTS, told=TEST_RESULT),
    "the first event is taken out": Way(
        change=lines(lambda log: log[1:]), trouble=Trouble.BROKEN, name=f"{EVENTS}:1", told="prevhash"
    ),
    "events are swapped": Way(
        change=lines(lambda log: log[::-1]), trouble=Trouble.BROKEN, name=f"{EVENTS}:1", told="prevhash"
    ),
    "an event is told twice": Way(
        change=lines(lambda log: [*log, log[-1]]), trouble=Trouble.BROKEN, name=f"{EVENTS}:3", told="prevhash"
    ),
    "an event is altered": Way(
        change=replaced(EVENTS, b"2025-03-04", b"2025-03-03"), trouble=Trouble.BROKEN, name=f"{EVENTS}:2"
    ),
    "an event is written otherwise": Way(
        change=replaced(EVENTS, b'{"data"', b'{ "data"'), trouble=Trouble.BROKEN, name=f"{EVENTS}:1", told="canonical"
    ),
    "a line that is no event": Way(
        change=lines(lambda log: [*log, b"hello\n"]), trouble=Trouble.BROKEN, name=f"{EVENTS}:3"
    ),
    "a figure is made better, and the chain": Way(
        change=rechained, trouble=Trouble.CONTRADICTED, name=TEST_RESULT, told="noxtasks_head"
    ),
    "a statement is taken out": Way(change=without(SVR, SVR_DSSE), trouble=Trouble.REMOVED, name=SVR, told="not there"),
    "the policy is taken out": Way(change=without(POLICY), trouble=Trouble.REMOVED, name=POLICY, told=SVR),
    "a threshold is lowered": Way(
        change=edited(POLICY, at("milestone", "gates", 2, "threshold", to=1)),
        trouble=Trouble.ALTERED,
        name=POLICY,
        told=TEST_RESULT,
    ),
    "a gate is taken out": Way(
        change=edited(POLICY, lambda found: found["milestone"]["gates"].pop()),
        trouble=Trouble.CONTRADICTED,
        name=TEST_RESULT,
        told="noxtasks_gates",
    ),
    "the policy is no policy": Way(
        change=with_file(POLICY, b"{}\n"), trouble=Trouble.INVALID, name=POLICY, told="does not say"
    ),
    "the policy asks what cannot be asked": Way(
        change=edited(POLICY, at("milestone", "gates", 0, "operator", to="~")), trouble=Trouble.INVALID, name=POLICY
    ),
    "a result is made to pass": Way(
        change=edited(TEST_RESULT, at("predicate", "result", to="PASSED")),
        trouble=Trouble.CONTRADICTED,
        name=TEST_RESULT,
        told='/predicate/result is "PASSED", and by what the archive holds "FAILED"',
    ),
    "a verdict is made to pass": Way(
        change=edited(TEST_RESULT, verdict_of_gate), trouble=Trouble.CONTRADICTED, name=TEST_RESULT, told="/verdict is"
    ),
    "a failed test is forgotten": Way(
        change=edited(TEST_RESULT, at("predicate", "failedTests", to=[])),
        trouble=Trouble.CONTRADICTED,
        name=TEST_RESULT,
        told="/predicate/failedTests",
    ),
    "a property is claimed": Way(
        change=edited(SVR, lambda found: found["predicate"]["properties"].insert(0, "NOXTASKS_M1")),
        trouble=Trouble.CONTRADICTED,
        name=SVR,
        told="/predicate/properties",
    ),
    "a time is moved": Way(
        change=edited(SVR, at("predicate", "timeCreated", to="2030-01-01T00:00:00Z")),
        trouble=Trouble.CONTRADICTED,
        name=SVR,
        told="/predicate/timeCreated",
    ),
    "another verifier is named": Way(
        change=edited(SVR, at("predicate", "verifier", "id", to="https://auditors.example")),
        trouble=Trouble.CONTRADICTED,
        name=SVR,
        told="/predicate/verifier/id",
    ),
    "the kind of a statement is changed": Way(
        change=edited(SVR, at("predicateType", to="https://slsa.dev/verification_summary/v1")),
        trouble=Trouble.CONTRADICTED,
        name=SVR,
        told="/predicateType",
    ),
    "another head is stated": Way(
        change=edited(SVR, lambda found: _of_log(found)["annotations"].update(noxtasks_head="0" * 64)),
        trouble=Trouble.CONTRADICTED,
        name=SVR,
        told="noxtasks_head",
    ),
    "a subject is taken out": Way(
        change=edited(SVR, lambda found: found["subject"].pop(0)), trouble=Trouble.ADDED, name=HEALTH, told=SVR
    ),
    "a subject is added": Way(
        change=edited(SVR, lambda found: found["subject"].append({"name": "more", "digest": {"sha256": "0" * 64}})),
        trouble=Trouble.REMOVED,
        name="more",
        told=SVR,
    ),
    "a subject has another digest": Way(
        change=edited(SVR, at("subject", 0, "digest", "sha256", to="0" * 64)),
        trouble=Trouble.ALTERED,
        name=HEALTH,
        told=f"{SVR} says {'0' * 64}",
    ),
    "a field is added": Way(
        change=edited(SVR, at("approved", to="by me")), trouble=Trouble.CONTRADICTED, name=SVR, told="/approved"
    ),
    "a statement is no JSON": Way(change=with_file(SVR, b"hello"), trouble=Trouble.INVALID, name=SVR),
    "a statement is written otherwise": Way(
        change=replaced(SVR, b'{"_type"', b'{ "_type"'), trouble=Trouble.INVALID, name=SVR, told="canonical"
    ),
    # signatures
    "the signatures are taken out": Way(
        change=without(RESULT_DSSE, SVR_DSSE), trouble=Trouble.UNSIGNED, name=RESULT_DSSE, is_signed=True
    ),
    "one signature is taken out": Way(
        change=without(SVR_DSSE), trouble=Trouble.UNSIGNED, name=SVR_DSSE, is_signed=True
    ),
    "a bit of a signature": Way(
        change=edited(SVR_DSSE, bit_of_signature),
        trouble=Trouble.FORGED,
        name=SVR_DSSE,
        told="by the key",
        is_signed=True,
    ),
    "an envelope without a signature": Way(
        change=edited(SVR_DSSE, at("signatures", to=[])), trouble=Trouble.FORGED, name=SVR_DSSE, is_signed=True
    ),
    "another key is named": Way(
        change=edited(SVR_DSSE, at("signatures", 0, "keyid", to="0" * 64)),
        trouble=Trouble.FORGED,
        name=SVR_DSSE,
        is_signed=True,
    ),
    "another type of payload": Way(
        change=edited(SVR_DSSE, at("payloadType", to="application/json")),
        trouble=Trouble.FORGED,
        name=SVR_DSSE,
        told="'application/json'",
        is_signed=True,
    ),
    "another payload": Way(
        change=payload, trouble=Trouble.FORGED, name=SVR_DSSE, told=f"not what {SVR} says", is_signed=True
    ),
    "envelopes are swapped": Way(
        change=swapped_envelopes, trouble=Trouble.FORGED, name=SVR_DSSE, told=f"not what {SVR} says", is_signed=True
    ),
    "an envelope is no envelope": Way(
        change=with_file(SVR_DSSE, b'{"payload":1}\n'), trouble=Trouble.FORGED, name=SVR_DSSE, is_signed=True
    ),
    "an envelope has more than it should": Way(
        change=edited(SVR_DSSE, at("note", to="trust me")), trouble=Trouble.FORGED, name=SVR_DSSE, is_signed=True
    ),
    "all is made anew, but for the signatures": Way(
        change=restated(rechained), trouble=Trouble.FORGED, name=RESULT_DSSE, told="not what", is_signed=True
    ),
    "a threshold is lowered, and all made anew": Way(
        change=restated(edited(POLICY, at("milestone", "gates", 2, "threshold", to=1))),
        trouble=Trouble.FORGED,
        name=SVR_DSSE,
        told="not what",
        is_signed=True,
    ),
}


def _of_log(statement: Any) -> Any:
    return next(each for each in statement["subject"] if each["name"] == EVENTS)


@pytest.fixture
def signed(reports: Path, key: Key) -> Files:
    bundle(reports, key=key)
    return unpacked(reports / MILESTONE.archive)


def verify(path: Path, key: Key | None = None) -> Proof:
    return verifying.verify(path, key=key.signer.public_key if key else None, name=MILESTONE.archive)


def shows(proof: Proof, trouble: Trouble, name: str, told: str) -> bool:
    return any(each.trouble is trouble and each.name == name and told in each.message for each in proof.findings)


@pytest.mark.parametrize("name", WAYS)
def test_every_way_of_tampering_is_found_and_named(name: str, signed: Files, tmp_path: Path, key: Key) -> None:
    way = WAYS[name]
    way.change(signed)
    path = packed(tmp_path / "a.tar.gz", summed(signed) if way.is_consistent else signed)
    proof = verify(path, key if way.is_signed else None)
    assert shows(proof, way.trouble, way.name, way.told), proof.findings


def test_there_are_at_least_forty() -> None:
    assert len(WAYS) >= 40


@pytest.mark.parametrize("is_signed", [True, False])
def test_what_nobody_has_touched_is_sound(
    is_signed: bool, reports: Path, signed: Files, tmp_path: Path, key: Key
) -> None:
    proof = verify(packed(tmp_path / "a.tar.gz", signed), key if is_signed else None)
    assert proof.findings == ()
    assert proof.signing is (Signing.SOUND if is_signed else Signing.UNCHECKED)
    assert proof.keys == (key.keyid,)
    assert (proof.milestone, proof.holds, proof.gates, proof.events) == ("M1", 2, 3, 2)


@pytest.mark.parametrize("change", [BETTER, without(PAGE), rechained])
def test_who_makes_all_anew_is_not_found_without_a_signature(change: Change, signed: Files, tmp_path: Path) -> None:
    """The limit of what a bundle can prove, which is said with every answer."""
    if change is BETTER:
        change = rechained
    restated(change)(signed)
    without(RESULT_DSSE, SVR_DSSE)(signed)
    proof = verify(packed(tmp_path / "a.tar.gz", summed(signed)))
    assert proof.findings == ()
    assert proof.signing is Signing.NONE


def test_a_signature_of_another_key_is_found(
    reports: Path, tmp_path: Path, key: Key, make_key: Callable[..., tuple[Path, Path]]
) -> None:
    bundle(reports, key=signing.load(make_key()[0]))
    proof = verify(reports / MILESTONE.archive, key)
    assert {(each.trouble, each.name) for each in proof.findings} == {
        (Trouble.FORGED, RESULT_DSSE),
        (Trouble.FORGED, SVR_DSSE),
    }
    assert proof.signing is Signing.WRONG


def test_artifacts_and_statements_of_another_bundle_are_found(
    signed: Files, tmp_path: Path, provenance: Provenance, key: Key
) -> None:
    """The old statements are signed, and by the right key: they are about other files."""
    other = tmp_path / "other"
    measured(other, later(provenance, 7), modules=3)
    bundle(other, key=key)
    old = unpacked(other / MILESTONE.archive)
    swapped = {**signed, HEALTH: old[HEALTH]}
    proof = verify(packed(tmp_path / "a.tar.gz", summed(swapped)), key)
    assert shows(proof, Trouble.ALTERED, HEALTH, SVR)
    replayed = {**signed, **{name: old[name] for name in (TEST_RESULT, SVR, RESULT_DSSE, SVR_DSSE)}}
    proof = verify(packed(tmp_path / "b.tar.gz", summed(replayed)), key)
    assert shows(proof, Trouble.ALTERED, HEALTH, TEST_RESULT)
    assert shows(proof, Trouble.ALTERED, EVENTS, TEST_RESULT)
    assert shows(proof, Trouble.CONTRADICTED, TEST_RESULT, "noxtasks_head")


def test_an_archive_that_is_passed_off_as_that_of_another_milestone_is_found(signed: Files, tmp_path: Path) -> None:
    proof = verifying.verify(packed(tmp_path / "M2-completion.tar.gz", signed))
    assert [each.message for each in proof.findings] == ["the file is named as the archive of M2, and is that of M1"]
    proof = verify(packed(tmp_path / "a.tar.gz", signed, top="M2-completion"))
    assert [each.message for each in proof.findings] == [
        "its folder is M2-completion, and milestone.json is about M1-completion"
    ]


def test_all_that_is_wrong_is_told_at_once(signed: Files, tmp_path: Path, key: Key) -> None:
    replaced(HEALTH, b'"modules":1', b'"modules":"x"')(signed)
    without(PAGE, SVR_DSSE)(signed)
    with_file("extra", b"")(signed)
    proof = verify(packed(tmp_path / "a.tar.gz", signed), key)
    assert {(each.trouble, each.name) for each in proof.findings} >= {
        (Trouble.ALTERED, HEALTH),
        (Trouble.INVALID, HEALTH),
        (Trouble.REMOVED, PAGE),
        (Trouble.ADDED, "extra"),
        (Trouble.UNSIGNED, SVR_DSSE),
    }


def test_an_archive_that_was_cut_tells_where_and_what_is_lost(reports: Path, tmp_path: Path) -> None:
    bundle(reports)
    whole = (reports / MILESTONE.archive).read_bytes()
    (tmp_path / "a.tar.gz").write_bytes(whole[: len(whole) // 2])
    proof = verify(tmp_path / "a.tar.gz")
    assert shows(proof, Trouble.CUT, "", "the archive ends, within")
    assert {each.name for each in proof.findings if each.trouble is Trouble.REMOVED} >= {SVR, POLICY}
    assert not any(each.trouble is Trouble.CONTRADICTED for each in proof.findings)


def test_damage_to_the_compressed_data_names_what_it_has_hit(reports: Path, tmp_path: Path) -> None:
    bundle(reports)
    whole = bytearray((reports / MILESTONE.archive).read_bytes())
    whole[len(whole) // 2] ^= 0xFF
    (tmp_path / "a.tar.gz").write_bytes(whole)
    proof = verify(tmp_path / "a.tar.gz")
    assert any(each.trouble in {Trouble.DAMAGED, Trouble.ALTERED, Trouble.REPACKED} for each in proof.findings)


def test_a_hostile_file_in_a_sound_archive_is_refused_and_nothing_is_unpacked(reports: Path, tmp_path: Path) -> None:
    bundle(reports)
    tar = tar_bytes(reports / MILESTONE.archive).replace(f"{TOP}/{PAGE}".encode(), b"/etc/passwd".ljust(26, b"\0"))
    (tmp_path / "a.tar.gz").write_bytes(gzipped(tar))
    before = sorted(tmp_path.rglob("*"))
    proof = verify(tmp_path / "a.tar.gz")
    assert any(each.trouble in {Trouble.REFUSED, Trouble.DAMAGED} for each in proof.findings)
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("depth", [300, 900, 20_000])
@pytest.mark.parametrize("name", [sums.NAME, HEALTH, EVENTS, POLICY, SVR, SVR_DSSE])
def test_what_is_nested_deeply_is_a_finding_and_no_defect(name: str, depth: int, signed: Files, tmp_path: Path) -> None:
    signed[name] = b'{"a":' + b"[" * depth + b"]" * depth + b"}\n"
    path = packed(tmp_path / "a.tar.gz", summed(signed) if name != sums.NAME else signed)
    assert not verify(path).is_sound


@pytest.mark.parametrize("name", [sums.NAME, *STATEMENTS, POLICY, RESULT_DSSE])
@pytest.mark.parametrize("more", [b"x" * (33 << 20), b"\n" * 300_000], ids=["long", "many lines"])
def test_what_tells_of_the_others_is_not_passed_over_for_its_size(
    name: str, more: bytes, signed: Files, tmp_path: Path
) -> None:
    signed[name] += more
    path = packed(tmp_path / "a.tar.gz", summed(signed) if name != sums.NAME else signed)
    assert (Trouble.INVALID, name) in {(each.trouble, each.name) for each in verify(path).findings}


SLOW: dict[str, tuple[str, Callable[[], bytes]]] = {
    "many values": (HEALTH, lambda: b"[" + b"0," * 5_000_000 + b"0]"),
    "many values of YAML": ("coverage.ladder.v2.yaml", lambda: b"a: [" + b"0," * 500_000 + b"0]"),
    "a number of sixties": ("coverage.ladder.v2.yaml", lambda: b"a: " + b"1:" * 100_000 + b"1"),
    "a log of many lines": (EVENTS, lambda: b"\n" * 5_000_000),
}


@pytest.mark.parametrize("name", SLOW)
def test_what_would_take_long_is_not_read_on(
    name: str, signed: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parsed: list[int] = []
    modules: tuple[tuple[Any, str], ...] = ((json, "loads"), (yaml, "load"))
    for module, function in modules:
        whole: Callable[..., Any] = getattr(module, function)

        def load(data: Any, whole: Callable[..., Any] = whole, **more: Any) -> Any:
            parsed.append(len(data))
            return whole(data, **more)

        monkeypatch.setattr(module, function, load)
    told, content = SLOW[name]
    proof = verify(packed(tmp_path / "a.tar.gz", summed({**signed, told: content()})))
    assert told in {each.name.partition(":")[0] for each in proof.findings}
    assert max(parsed) < 100_000
    assert len(parsed) < 1000
    assert len(proof.findings) < 200


ENDLESS = {
    "a command that takes long to fill in": at("milestone", "gates", 0, "command", to="{/" * 100_000),
    "a pointer of many steps": at("milestone", "gates", 0, "pointer", to="/*" * 100_000),
    "very many gates": lambda found: found["milestone"]["gates"].extend(found["milestone"]["gates"][:1] * 1500),
    "a very long title": at("milestone", "title", to="x" * (1 << 20)),
}


@pytest.mark.parametrize("name", ENDLESS)
def test_a_policy_that_would_take_long_is_not_followed(name: str, signed: Files, tmp_path: Path) -> None:
    edited(POLICY, ENDLESS[name])(signed)
    proof = verify(packed(tmp_path / "a.tar.gz", summed(signed)))
    assert shows(proof, Trouble.INVALID, POLICY, "it has")
    assert proof.gates == 0
