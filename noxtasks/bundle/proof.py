"""What the check of an archive says: frozen values."""

from __future__ import annotations

from enum import Enum

import msgspec

from noxtasks.stats import Verdict


class Trouble(Enum):
    """What can be wrong with an archive."""

    REFUSED = "refused"  # it could harm whoever unpacks it
    CUT = "cut off"  # it ends too early
    DAMAGED = "damaged"  # it cannot be read on
    REPACKED = "packed anew"  # its form is not the one that the writer leaves
    ALTERED = "altered"  # a file is not what the list or a statement says
    ADDED = "added"  # a file that they do not know
    REMOVED = "removed"  # a file that they name, and that is not there
    INVALID = "invalid"  # it does not fit its schema, or is not what it should be
    BROKEN = "broken chain"  # the chain of events does not hold
    CONTRADICTED = "contradicted"  # what is stated is not what the evidence says
    UNSIGNED = "unsigned"  # a signature was asked for, and there is none
    FORGED = "forged"  # a signature is not of the key, or not of what it stands beside


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is wrong; `name` is a file in the archive, empty for the archive as a whole."""

    trouble: Trouble
    name: str
    message: str


class Signing(Enum):
    """What is known of the signatures."""

    NONE = "none"
    UNCHECKED = "unchecked"  # no key was given to hold them against
    SOUND = "sound"  # of the key that was given, and of what the archive holds
    WRONG = "wrong"


class Proof(msgspec.Struct, frozen=True, kw_only=True):
    """An archive, as it was found: sound where there are no findings."""

    name: str  # of the file
    sha256: str
    tar_sha256: str
    size: int  # bytes, uncompressed
    files: int
    findings: tuple[Finding, ...]
    notes: tuple[str, ...] = ()
    milestone: str = ""
    title: str = ""
    verdict: Verdict = Verdict.UNMEASURED  # that the archive itself bears out
    holds: int = 0  # so many of its gates that block
    gates: int = 0  # of these
    events: int = 0
    events_head: str = ""
    time: str = ""
    code_version: str = ""
    signing: Signing = Signing.NONE
    keys: tuple[str, ...] = ()  # the identifiers that signatures name

    @property
    def is_sound(self) -> bool:
        """Whether nothing is wrong."""
        return not self.findings
