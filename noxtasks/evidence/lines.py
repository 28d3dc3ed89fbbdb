"""A file of lines that only grows, durably, and the care for a last line that a crash has cut short.

Nothing here knows what a line means. Writers hold the lock of the file's folder.
"""

from __future__ import annotations

import os
from io import BytesIO
from typing import TYPE_CHECKING

import msgspec

from noxtasks.evidence import files

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TORN_SUFFIX = ".torn"
BLOCK_BYTES = 1 << 16
NEWLINES_AROUND_A_LINE = 2


class Tail(msgspec.Struct, frozen=True, kw_only=True):
    """Where the file ends: the whole lines' length in bytes, the last of them, and what follows without a newline."""

    size: int
    last: bytes | None  # without its newline; None where there is no whole line
    torn: bytes


def set_aside(path: Path, torn: bytes) -> None:
    """Keep the torn bytes, durably, before they are cut off; a kill in between leaves them in both places."""
    with path.with_name(path.name + TORN_SUFFIX).open("ab") as file:
        file.write(torn + b"\n")
        file.flush()
        os.fsync(file.fileno())


def extend(path: Path, size: int, data: bytes) -> None:
    """Let the file be its first `size` bytes and `data`; where that fails, the former alone."""
    is_new = not path.exists()
    with path.open("ab", buffering=0) as file:
        file.truncate(size)
        try:
            written = 0
            while written < len(data):
                written += file.write(data[written:])
            os.fsync(file.fileno())
        except BaseException:
            file.truncate(size)
            raise
    if is_new:
        files.sync_folder(path.parent)


def tail(path: Path) -> Tail:
    """Read the file's end, backwards, as far as its last whole line goes."""
    if not path.exists():
        return Tail(size=0, last=None, torn=b"")
    with path.open("rb") as file:
        start = file.seek(0, os.SEEK_END)
        end = b""
        while start > 0 and end.count(b"\n") < NEWLINES_AROUND_A_LINE:
            block = min(BLOCK_BYTES, start)
            start = file.seek(start - block)
            end = file.read(block) + end
    whole, newline, torn = end.rpartition(b"\n")
    last = whole.rpartition(b"\n")[2] if newline else None
    return Tail(size=start + len(whole) + len(newline), last=last, torn=torn)


def present(path: Path) -> Iterator[bytes]:
    """The lines that the file holds now, with their newlines; those that are added meanwhile are not waited for."""
    with files.reading(path.parent):
        left = path.stat().st_size if path.exists() else 0
    with files.explained(path), path.open("rb") if left else BytesIO() as file:
        while line := file.readline(left):
            left -= len(line)
            yield line
