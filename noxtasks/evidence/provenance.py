"""What every artifact says about where it comes from: a figure can be traced to the code and tools behind it."""

from __future__ import annotations

import platform
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Protocol

import msgspec

from noxtasks import __version__
from noxtasks.evidence import canonical
from noxtasks.evidence.vcs import Code, Vcs

ENTROPY_BYTES = 10

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_PASSWORD = re.compile(r"(?<=://)([^\s/:@]*):[^\s/]*@")


class Interpreter(msgspec.Struct, frozen=True, kw_only=True):
    """The Python that ran the user's tests, for example CPython 3.12.4."""

    implementation: str
    version: str


class Platform(msgspec.Struct, frozen=True, kw_only=True):
    """The machine's operating system and architecture, as Python's `platform` names them."""

    system: str
    release: str
    machine: str


class Provenance(msgspec.Struct, frozen=True, kw_only=True):
    """Who measured what, when and how. `complete` is False for what an interrupted session could still write."""

    session_id: str
    created: datetime
    tools: dict[str, str]  # name -> version
    interpreter: Interpreter
    platform: Platform
    vcs: Vcs | None
    code_version: str
    settings: dict[str, Any]
    complete: bool = True


def new_session_id(now: datetime, entropy: bytes) -> str:
    """An identifier that sorts by time (to the millisecond): a UUID version 7, RFC 9562 section 5.7.

    `entropy` is 10 random bytes, of which 74 bits are used. Raises `ValueError` for a time without a zone, one before
    1970, or other entropy.
    """
    if now.tzinfo is None or len(entropy) != ENTROPY_BYTES:
        raise ValueError("a session id takes a time with a zone and 10 bytes")
    milliseconds = (now - _EPOCH) // timedelta(milliseconds=1)
    if milliseconds < 0:
        raise ValueError(f"{now} is before 1970")
    bits = bytearray(milliseconds.to_bytes(6, "big") + entropy)
    bits[6] = 0x70 | bits[6] & 0x0F
    bits[8] = 0x80 | bits[8] & 0x3F
    digits = bits.hex()
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


class Speaker(Protocol):
    """A process that ran the user's tests, as it introduced itself."""

    @property
    def implementation(self) -> str:
        """Such as CPython."""

    @property
    def python(self) -> str:
        """Its version."""


def gather(
    *,
    session_id: str,
    created: datetime,
    code: Code,
    settings: object,
    tools: Mapping[str, str],
    interpreter: Interpreter | None = None,
    complete: bool = True,
) -> Provenance:
    """Put together what is known; noxtasks and nox are added to `tools`, and passwords in URLs are masked.

    `settings` is any data (a Struct, a mapping); `interpreter` is the one that ran the user's tests, where it is not
    this process's own.
    """
    plain = canonical.plain(settings, where="settings")
    return Provenance(
        session_id=session_id,
        created=created.astimezone(UTC),
        tools={**_own_tools(), **tools},
        interpreter=interpreter or this_interpreter(),
        platform=this_platform(),
        vcs=code.vcs,
        code_version=code.code_version,
        settings=_masked(plain),
        complete=complete,
    )


def told_by(speaker: Speaker | None) -> Interpreter | None:
    """The interpreter that ran the user's tests, where its process has spoken."""
    return Interpreter(implementation=speaker.implementation, version=speaker.python) if speaker else None


def this_interpreter() -> Interpreter:
    """The Python that runs noxtasks itself."""
    return Interpreter(implementation=platform.python_implementation(), version=platform.python_version())


def this_platform() -> Platform:
    """The machine that this process runs on."""
    return Platform(system=platform.system(), release=platform.release(), machine=platform.machine())


def _own_tools() -> dict[str, str]:
    try:
        return {"noxtasks": __version__, "nox": version("nox")}
    except PackageNotFoundError:
        return {"noxtasks": __version__}


def _masked(value: Any) -> Any:
    """Artifacts are published: `postgresql://user:secret@host/db` becomes `postgresql://user:***@host/db`."""
    match value:
        case str():
            return _PASSWORD.sub(r"\1:***@", value)
        case dict():
            return {key: _masked(item) for key, item in value.items()}
        case list():
            return [_masked(item) for item in value]
    return value
