"""The form of an archive: a tar file in gzip, of which there is one for the same files.

The writer leaves nothing to the machine: files sorted by name, owner 0 without a name, mode 0644, one time for all, a
pax header (POSIX.1-2001) only for a name that ustar cannot carry, a gzip header (RFC 1952) without name and time. What
zlib makes of it may change with its version: for that there is the digest of the tar file itself.
"""

from __future__ import annotations

import hashlib
import io
import struct
import unicodedata
import zlib
from collections.abc import Callable, Iterable, Iterator
from typing import BinaryIO

import msgspec

BLOCK = 512
RECORD = 20 * BLOCK  # what tar programs fill up to
PIECE = 1 << 20  # bytes that are held at once
GZIP = b"\x1f\x8b"

_LEVEL = 6
HEADER = GZIP + b"\x08\x00" + b"\x00\x00\x00\x00" + b"\x00\xff"  # deflate, no flags, no time, no hint, no system
_MODE = 0o644
_PAX_NAME = b"././@PaxHeader"
NAME_FIELD = 100
_LONGEST_NAME = 1024  # bytes, of a path


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """A file of an archive: its name below the folder, its bytes' number, and what gives them in pieces."""

    name: str
    size: int
    pieces: Callable[[], Iterator[bytes]]

    @classmethod
    def of(cls, name: str, data: bytes) -> Member:
        """A file that consists of `data`."""
        return cls(name=name, size=len(data), pieces=lambda: iter((data,)))


def unfit(name: str) -> str:
    """Why `name` cannot be that of a file in an archive, on any system; empty where it can."""
    parts = name.split("/")
    reasons = (
        ("is empty", not name),
        ("is too long", len(name.encode("utf-8", "surrogateescape")) > _LONGEST_NAME),
        ("is not UTF-8", any("\ud800" <= character <= "\udfff" for character in name)),
        ("leads to the root", name.startswith("/")),
        ("leads out of the folder", ".." in parts),
        ("has a backslash", "\\" in name),
        ("has a colon, which is a drive or a stream", ":" in name),
        ("has a control character", any(unicodedata.category(character) in {"Cc", "Cf"} for character in name)),
        ("has an empty part, or one that is a full stop", any(part in {"", "."} for part in parts)),
        ("ends a part with a full stop or a space", any(part[-1:] in {".", " "} for part in parts)),
    )
    return next((reason for reason, applies in reasons if applies), "")


def folded(name: str) -> str:
    """What file systems that do not tell letters' case or form apart make of `name`."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def write(file: BinaryIO, folder: str, members: Iterable[Member], *, time: int) -> str:
    """Write an archive of `members`, all within `folder`; the SHA-256 of the tar file.

    Raises `ValueError` where a member's name is not fit, or it has not as many bytes as it said.
    """
    squeezer = zlib.compressobj(_LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
    digest, checksum, size = hashlib.sha256(), 0, 0
    file.write(HEADER)
    for piece in _tar(folder, members, time):
        digest.update(piece)
        checksum = zlib.crc32(piece, checksum)
        size += len(piece)
        file.write(squeezer.compress(piece))
    file.write(squeezer.flush() + struct.pack("<II", checksum, size & 0xFFFFFFFF))
    return digest.hexdigest()


def _tar(folder: str, members: Iterable[Member], time: int) -> Iterator[bytes]:
    size = 0
    for member in sorted(members, key=lambda member: member.name.encode("utf-8", "surrogateescape")):
        if reason := unfit(member.name):
            raise ValueError(f"the name {member.name!r} {reason}")
        blocks = header(f"{folder}/{member.name}", member.size, time)
        yield blocks
        left = member.size
        for piece in member.pieces():
            left -= len(piece)
            yield piece
        if left:
            raise ValueError(f"{member.name} has changed while it was read")
        padding = bytes(-member.size % BLOCK)
        yield padding
        size += len(blocks) + member.size + len(padding)
    yield bytes(2 * BLOCK + -(size + 2 * BLOCK) % RECORD)


def header(path: str, size: int, time: int) -> bytes:
    """All blocks before a file's content."""
    raw = path.encode()
    if path.isascii() and len(raw) <= NAME_FIELD:
        return _block(raw, size=size, time=time, kind=b"0")
    record = pax(raw)
    before = _block(_PAX_NAME, size=len(record), time=time, kind=b"x") + record + bytes(-len(record) % BLOCK)
    return before + _block(short(path), size=size, time=time, kind=b"0")


def short(path: str) -> bytes:
    """What stands in for a name that its field cannot hold."""
    return path.encode("ascii", "replace")[:NAME_FIELD]


def pax(path: bytes) -> bytes:
    """The record of a path: its own length in decimal, which counts itself, and the keyword."""
    rest = b" path=" + path + b"\n"
    length = len(rest)
    while (whole := len(rest) + len(str(length))) != length:
        length = whole
    return str(length).encode() + rest


def _block(name: bytes, *, size: int, time: int, kind: bytes) -> bytes:
    parts = (
        name.ljust(NAME_FIELD, b"\0"),
        b"%07o\0%07o\0%07o\0" % (_MODE, 0, 0),
        b"%011o\0%011o\0" % (size, time),
        b" " * 8,
        kind.ljust(101, b"\0"),
        b"ustar\x0000".ljust(72, b"\0"),
        b"%07o\0%07o\0" % (0, 0),
    )
    block = b"".join(parts).ljust(BLOCK, b"\0")
    return block[:148] + b"%06o\0 " % sum(block) + block[156:]


def pieces_of(file: io.BufferedIOBase | BinaryIO) -> Iterator[bytes]:
    """A file in pieces."""
    while piece := file.read(PIECE):
        yield piece
