r"""`SHA256SUMS`: the digests of a folder's artifacts, in the format that GNU coreutils writes and checks.

A line is 64 hexadecimal digits, two spaces (or a space and `*`) and the name. Where the name holds a backslash, a
newline or a carriage return, the line starts with a backslash and these are written `\\`, `\n` and `\r`.

A comment line, which `sha256sum -c` skips, announces an artifact that is about to be replaced; see `artifacts`. Lines
that are neither are kept as they are: the file may have been extended by hand.
"""

from __future__ import annotations

import hashlib
import os
import re
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from pathlib import Path

NAME = "SHA256SUMS"

_LINE = re.compile(rb"(\\?)([0-9a-fA-F]{64}) [ *](.+)", re.DOTALL)
_ANNOUNCED = b"# noxtasks is writing: "
_ESCAPES = {b"\\": b"\\\\", b"\n": b"\\n", b"\r": b"\\r"}
_UNESCAPES = {escape: byte for byte, escape in _ESCAPES.items()}


class Digest(msgspec.Struct, frozen=True, kw_only=True):
    """An artifact's name in its folder, and the SHA-256 of its bytes (64 lower-case hexadecimal digits)."""

    name: str
    sha256: str

    @classmethod
    def of(cls, name: str, data: bytes) -> Digest:
        """The digest of an artifact that consists of `data`."""
        return cls(name=name, sha256=hashlib.sha256(data).hexdigest())

    @classmethod
    def of_file(cls, name: str, path: Path) -> Digest:
        """The digest of an artifact that stands in the file `path`, which may be large."""
        with path.open("rb") as file:
            return cls(name=name, sha256=hashlib.file_digest(file, "sha256").hexdigest())


class Sums(msgspec.Struct, frozen=True, kw_only=True):
    """What the file says: digests by name, digests that were announced by name, and lines that are not ours."""

    digests: dict[str, str] = {}
    announced: dict[str, str] = {}
    other: tuple[bytes, ...] = ()

    @property
    def malformed(self) -> tuple[bytes, ...]:
        """Lines that `sha256sum -c` would complain about."""
        return tuple(line for line in self.other if not line.startswith(b"#"))


def parse(data: bytes) -> Sums:
    """Read the file; every byte string is accepted, as something."""
    digests: dict[str, str] = {}
    announced: dict[str, str] = {}
    other = []
    for raw in data.split(b"\n"):
        line = raw.removesuffix(b"\r")
        entry = _parse_line(line.removeprefix(_ANNOUNCED))
        if entry is None:
            other += [raw] if line else []
        else:
            (announced if line.startswith(_ANNOUNCED) else digests)[entry.name] = entry.sha256
    return Sums(digests=digests, announced=announced, other=tuple(other))


def render(sums: Sums) -> bytes:
    """The file's bytes, sorted by name; foreign lines first."""
    lines = list(sums.other)
    lines += [_ANNOUNCED + _line(name, sha256) for name, sha256 in sorted(sums.announced.items())]
    lines += [_line(name, sha256) for name, sha256 in sorted(sums.digests.items())]
    return b"".join(line + b"\n" for line in lines)


def _line(name: str, sha256: str) -> bytes:
    raw = os.fsencode(name)
    escaped = re.sub(rb"[\\\n\r]", lambda found: _ESCAPES[found[0]], raw)
    return (b"\\" if escaped != raw else b"") + sha256.encode() + b"  " + escaped


def _parse_line(line: bytes) -> Digest | None:
    found = _LINE.fullmatch(line)
    if found is None:
        return None
    escaped, sha256, name = found.groups()
    if escaped:
        if not re.fullmatch(rb"(?:[^\\]|\\[\\nr])+", name):
            return None
        name = re.sub(rb"\\[\\nr]", lambda found: _UNESCAPES[found[0]], name)
    return Digest(name=os.fsdecode(name), sha256=sha256.decode().lower())
