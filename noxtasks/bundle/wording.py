"""What every report of bundles says in the same words."""

from __future__ import annotations

from noxtasks.bundle.model import Judged
from noxtasks.bundle.proof import Finding, Proof, Signing
from noxtasks.evidence.display.text import counted, shown
from noxtasks.stats import Verdict

_STEP = 1024
_SIGNING = {
    Signing.NONE: "not signed",
    Signing.UNCHECKED: "signed, not checked",
    Signing.SOUND: "signed by the key",
    Signing.WRONG: "a signature is wrong",
}
_HOLDS = {Verdict.PASS: "holds", Verdict.FAIL: "does not hold", Verdict.UNMEASURED: "is not known to hold"}
ALONE = (
    "Without a signature, or a digest that was noted elsewhere, this shows damage, not forgery: whoever can alter "
    "the archive can make it anew."
)
NOTE = "Note this digest where nobody can alter it together with the archive."


def size(count: int) -> str:
    """Bytes, as people read them."""
    figure, units = float(count), ["bytes", "KiB", "MiB", "GiB"]
    while figure >= _STEP and len(units) > 1:
        figure /= _STEP
        units.pop(0)
    return f"{count} bytes" if units[0] == "bytes" else f"{figure:.1f} {units[0]}"


def milestone(judged: Judged) -> str:
    """Which milestone, whether it holds, and by how many of its gates."""
    own = judged.milestone
    share = f"{judged.holding} of {counted(len(judged.blocking), 'gate')}"
    return f"{own.name} {_HOLDS[judged.verdict]}: {shown(own.title)}, {share}"


def archive(proof: Proof) -> list[str]:
    """What an archive is, and by which digests it is known again."""
    what = f"{counted(proof.files, 'file')}, {size(proof.size)}, {counted(proof.events, 'event')}"
    return [
        f"{shown(proof.name)}: {what}; {_SIGNING[proof.signing]}",
        f"  SHA-256  {proof.sha256}",
        f"  its tar  {proof.tar_sha256}",
        f"  events   {proof.events_head}",
    ]


def finding(found: Finding) -> str:
    """One thing that is wrong."""
    place = f"{shown(found.name)}: " if found.name else ""
    return f"{found.trouble.value}: {place}{shown(found.message)}"


def answer(proof: Proof) -> str:
    """Is it what it was?"""
    if proof.findings:
        return f"not sound: {counted(len(proof.findings), 'finding')}"
    if proof.signing is Signing.SOUND:
        return "sound, and signed by the key that was given"
    return "sound in itself"


def caution(proof: Proof) -> str:
    """What the answer does not say; empty where a known key has signed."""
    if proof.findings or proof.signing is Signing.SOUND:
        return ""
    if proof.signing is Signing.UNCHECKED:
        return "Its signatures were not held against a known key, and prove nothing without one: --key PUB."
    return ALONE


def borne_out(proof: Proof) -> str:
    """What the archive says of its milestone, by its own evidence."""
    name = f"{proof.milestone} ({shown(proof.title)})"
    if not proof.gates:
        return f"{name}: this version cannot judge its gates again; the code is {proof.code_version}"
    share = f"{proof.holds} of {counted(proof.gates, 'gate')} pass"
    return f"{name} {_HOLDS[proof.verdict]}: {share}; the code is {proof.code_version}"
