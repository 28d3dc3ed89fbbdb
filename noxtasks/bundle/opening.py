"""The reader of archives, which trusts none: it gives the content in pieces, and unpacks nothing to the disk.

It expects the very form that the writer leaves, and refuses what could harm whoever unpacks it: paths that lead
elsewhere, links, devices, two files of one name, a bomb. What is only not as the writer leaves it is told, and read.
"""

from __future__ import annotations

import hashlib
import re
import struct
import zlib
from collections.abc import Iterator
from typing import BinaryIO

import msgspec

from noxtasks.bundle.container import BLOCK, GZIP, HEADER, NAME_FIELD, PIECE, RECORD, folded, header, pax, short, unfit

_TRAILER = 8
_LONGEST_PAX = 4 * BLOCK

_KINDS = {
    b"1": "a hard link",
    b"2": "a symbolic link",
    b"3": "a character device",
    b"4": "a block device",
    b"5": "a folder of its own",
    b"6": "a pipe",
    b"7": "a contiguous file",
    b"g": "a pax header for all files that follow",
    b"K": "a long name of a link, as GNU tar writes it",
    b"L": "a long name, as GNU tar writes it",
    b"M": "the rest of a file of another volume",
    b"S": "a sparse file",
    b"V": "the label of a volume",
    b"\0": "a file of the form before POSIX",
}
_FIELDS = (  # of a header: its name, and where it stands
    ("name", 0, 100),
    ("mode", 100, 108),
    ("owner", 108, 116),
    ("group", 116, 124),
    ("size", 124, 136),
    ("time", 136, 148),
    ("link", 157, 257),
    ("format", 257, 265),
    ("owner's name", 265, 297),
    ("group's name", 297, 329),
    ("device", 329, 345),
    ("prefix", 345, 500),
    ("padding", 500, 512),
    ("checksum", 148, 156),  # the last: it is another where anything else is
)


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """What an archive may be at most, so that reading one is no danger."""

    size: int = 4 << 30  # bytes, uncompressed
    files: int = 10_000
    ratio: int = 400  # of the uncompressed size to the compressed one, beyond `small`
    small: int = 64 << 20


class RefusedError(Exception):
    """It could harm whoever unpacks it. `name` is the file that it is about, where there is one."""

    def __init__(self, message: str, name: str = "") -> None:
        super().__init__(message)
        self.name = name


class DamagedError(Exception):
    """It cannot be read on from within `name`; `is_cut` where it ends there."""

    def __init__(self, message: str, name: str = "", *, is_cut: bool = False) -> None:
        super().__init__(message)
        self.name = name
        self.is_cut = is_cut


class NoArchiveError(Exception):
    """It does not even begin as an archive does."""


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """A file as the archive has it."""

    name: str  # below the folder
    size: int
    time: int


class Reader:
    """Reads an archive once, from its begin to its end."""

    def __init__(self, file: BinaryIO, limits: Limits | None = None) -> None:
        self.oddities: list[tuple[str, str]] = []  # a file's name or nothing, and what is not as it is written
        self.folder = ""
        self.files = 0
        self.size = 0  # of the tar file, as far as it was read
        self._limits = limits or Limits()
        self._source = _Unsqueezed(file, self._limits, self.oddities)
        self._digest = hashlib.sha256()
        self._inside = ""

    @property
    def tar_sha256(self) -> str:
        """The SHA-256 of what was read of the tar file."""
        return self._digest.hexdigest()

    def entries(self) -> Iterator[tuple[Entry, Iterator[bytes]]]:
        """Each file with its content, which has to be taken, or is skipped, before the next.

        Raises `NoArchiveError`, `RefusedError` and `DamagedError`.
        """
        seen: dict[str, str] = {}
        folders: set[str] = set()
        before, time = b"", None
        while (block := self._take(BLOCK)) != bytes(BLOCK):
            if self._is_top(block):
                continue
            path, blocks = self._path(block)
            entry = self._entry(path, blocks)
            self._expect_new(entry.name, seen, folders)
            if before > (raw := path.encode()):
                self.oddities.append((entry.name, "it is not in its place: files are sorted by name"))
            before, time = raw, entry.time if time is None else time
            if entry.time != time:
                self.oddities.append((entry.name, "it has another time than the first file: all have one"))
            self.files += 1
            self._inside = entry.name
            pieces = self._pieces(entry.size)
            yield entry, pieces
            for _ in pieces:
                pass
            if self._take(-entry.size % BLOCK).strip(b"\0"):
                raise RefusedError("bytes are hidden behind its content", entry.name)
            self._inside = ""
        self._end()

    def _is_top(self, block: bytes) -> bool:
        """Whether it is the folder of all, which programs write that pack a folder."""
        name = block[:NAME_FIELD].rstrip(b"\0").removesuffix(b"/")
        if block[156:157] != b"5" or b"/" in name or unfit(name.decode("utf-8", "replace")) or self.folder:
            return False
        self._expect_sound(block)
        if self._number(block, 124, 136):
            raise RefusedError("a folder that has content", name.decode())
        self.folder = name.decode()
        self.oddities.append(("", "it has an entry for its folder, which is never written: it was packed again"))
        return True

    def _path(self, block: bytes) -> tuple[str, bytes]:
        """The path of a file, and all blocks before its content; the last of them is its own header."""
        self._expect_sound(block)
        if (kind := block[156:157]) != b"x":
            return self._plain_path(block, kind), block
        size = self._number(block, 124, 136)
        if not 0 < size <= _LONGEST_PAX:
            raise RefusedError(f"a pax header of {size} bytes")
        record = self._take(size)
        padding = self._take(-size % BLOCK)
        raw = record.partition(b" path=")[2].removesuffix(b"\n")
        if record != pax(raw) or padding.strip(b"\0"):
            raise RefusedError("a pax header that says something else than one path")
        path = self._decoded(raw)
        own = self._take(BLOCK)
        self._expect_sound(own)
        if own[156:157] != b"0":
            raise RefusedError(f"{_KINDS.get(own[156:157], 'an entry of an unknown kind')}", path)
        if own[:NAME_FIELD].rstrip(b"\0") != short(path):
            told = own[:NAME_FIELD].rstrip(b"\0").decode("ascii", "replace")
            raise RefusedError(f"a pax header renames {told!r}", path)
        return path, block + record + padding + own

    def _plain_path(self, block: bytes, kind: bytes) -> str:
        name = self._decoded(block[:NAME_FIELD].split(b"\0")[0])
        if kind != b"0":
            raise RefusedError(_KINDS.get(kind, f"an entry of the unknown kind {kind!r}"), name)
        if block[345:500].strip(b"\0"):
            raise RefusedError("its name is in two parts, as the writer never leaves it", name)
        return name

    def _entry(self, path: str, blocks: bytes) -> Entry:
        if reason := unfit(path):
            raise RefusedError(f"its name {reason}", path)
        folder, slash, name = path.partition("/")
        if not slash:
            raise RefusedError("it is in no folder", path)
        if self.folder and folder != self.folder:
            raise RefusedError(f"it is in another folder than {self.folder}", path)
        self.folder = folder
        block = blocks[-BLOCK:]
        size, time = self._number(block, 124, 136), self._number(block, 136, 148)
        expected = header(path, size, time)
        if blocks[:-BLOCK] != expected[:-BLOCK]:
            self.oddities.append((name, "its pax header is not as it is written"))
        self.oddities += ((name, odd) for odd in _odd_fields(block, expected[-BLOCK:]))
        return Entry(name=name, size=size, time=time)

    def _expect_new(self, name: str, seen: dict[str, str], folders: set[str]) -> None:
        if self.files == self._limits.files:
            raise RefusedError(f"there are more than {self._limits.files} files")
        key = folded(name)
        if (other := seen.setdefault(key, name)) != name:
            raise RefusedError(f"it is {other} on file systems that do not tell them apart", name)
        if len(seen) == self.files:
            raise RefusedError("there are two files of this name", name)
        parts = key.split("/")
        above = {"/".join(parts[:count]) for count in range(1, len(parts))}
        folders |= above
        if key in folders or above & seen.keys():
            raise RefusedError("it is a file and a folder", name)

    def _decoded(self, raw: bytes) -> str:
        try:
            return raw.decode()
        except UnicodeDecodeError:
            raise RefusedError("its name is not UTF-8", raw.decode("utf-8", "backslashreplace")) from None

    def _expect_sound(self, block: bytes) -> None:
        if block == bytes(BLOCK):
            raise DamagedError("a header is empty")
        told = block[148:156].strip(b"\0 ")
        if not re.fullmatch(rb"[0-7]+", told) or int(told, 8) != sum(block[:148]) + 8 * ord(" ") + sum(block[156:]):
            raise DamagedError("the header of a file is damaged")

    def _number(self, block: bytes, begin: int, end: int) -> int:
        """An octal number. Others, which carry what eleven digits cannot, are of no use below the limits."""
        digits = block[begin:end].strip(b"\0 ")
        if not re.fullmatch(rb"[0-7]+", digits):
            raise RefusedError(f"a number is {digits!r}", self._decoded(block[:NAME_FIELD].split(b"\0")[0]))
        return int(digits, 8)

    def _pieces(self, size: int) -> Iterator[bytes]:
        while size:
            piece = self._take(min(size, PIECE))
            size -= len(piece)
            yield piece

    def _take(self, size: int) -> bytes:
        data = self._read(size)
        if len(data) < size:
            raise DamagedError("the archive ends", self._inside, is_cut=True)
        return data

    def _read(self, size: int) -> bytes:
        try:
            data = self._source.read(size)
        except EOFError:
            raise DamagedError("the archive ends", self._inside, is_cut=True) from None
        except zlib.error:
            raise DamagedError("the compressed data cannot be read on", self._inside) from None
        self._digest.update(data)
        self.size += len(data)
        return data

    def _end(self) -> None:
        """After the first empty block: another, as many as fill a record up, and nothing else."""
        expected = self.size + BLOCK + -(self.size + BLOCK) % RECORD
        while data := self._read(PIECE):
            if data.strip(b"\0"):
                raise RefusedError("something follows the end of the archive")
        if self.size != expected:
            self.oddities.append(("", f"it ends {self.size - expected:+} bytes from where it should"))


def _odd_fields(block: bytes, expected: bytes) -> list[str]:
    """What a header has that the writer does not leave, field by field."""
    odd = [(field, block[begin:end]) for field, begin, end in _FIELDS if block[begin:end] != expected[begin:end]]
    told = ((field, raw.strip(b"\0 ").decode("ascii", "replace")) for field, raw in odd[:-1] or odd)
    return [f"its {field} is {said!r}, as it is never written" for field, said in told]


class _Unsqueezed:
    """What one gzip member holds: no more than the limits allow, and nothing after it."""

    def __init__(self, file: BinaryIO, limits: Limits, oddities: list[tuple[str, str]]) -> None:
        self._file, self._limits, self._oddities = file, limits, oddities
        self._inflater = zlib.decompressobj(-zlib.MAX_WBITS)
        self._held = bytearray()
        self._checksum, self._size, self._taken = 0, 0, 0
        self._is_open = False

    def read(self, size: int) -> bytes:
        """So many bytes, fewer only at the end."""
        if not self._is_open:
            self._open()
        while len(self._held) < size and not self._inflater.eof:
            self._more()
        data = bytes(self._held[:size])
        del self._held[:size]
        return data

    def _open(self) -> None:
        head = self._file.read(len(HEADER))
        if head[:2] != GZIP:
            raise NoArchiveError("it is no gzip file" if head else "it is empty")
        if len(head) < len(HEADER):
            raise EOFError
        if head[2:4] != HEADER[2:4]:
            raise RefusedError("its gzip header carries more than it is written with: a name, or other data")
        if head != HEADER:
            self._oddities.append(("", "its gzip header is not as it is written: it was packed again"))
        self._taken = len(head)
        self._is_open = True

    def _more(self) -> None:
        raw = self._inflater.unconsumed_tail or self._file.read(PIECE)
        if not raw:
            raise EOFError
        data = self._inflater.decompress(raw, PIECE)
        self._taken += len(raw) - len(self._inflater.unconsumed_tail) - len(self._inflater.unused_data)
        self._checksum = zlib.crc32(data, self._checksum)
        self._size += len(data)
        self._held += data
        if self._size > self._limits.size:
            raise RefusedError(f"it is larger than {self._limits.size >> 20} MiB, uncompressed")
        if self._size > self._limits.small and self._size > self._limits.ratio * self._taken:
            raise RefusedError(f"it is more than {self._limits.ratio} times as large as the file, uncompressed: a bomb")
        if self._inflater.eof:
            self._close()

    def _close(self) -> None:
        rest = self._inflater.unused_data
        rest += self._file.read(_TRAILER + PIECE - len(rest)) if len(rest) < _TRAILER + 2 else b""
        trailer, after = rest[:_TRAILER], rest[_TRAILER:]
        if len(trailer) < _TRAILER:
            raise EOFError
        if after[:2] == GZIP:
            raise RefusedError("a second gzip member follows the first")
        if after:
            raise RefusedError("something follows the compressed data")
        if trailer != struct.pack("<II", self._checksum, self._size & 0xFFFFFFFF):
            self._oddities.append(("", "the checksum of the compressed data is not that of its content"))
