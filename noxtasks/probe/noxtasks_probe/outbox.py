"""What a worker has to tell of its tests, in memory that it shares with the process that it came from.

Most tests are short: to send a frame for each would take longer than they do. So a worker writes here which test it is
in and what came of those before, and sends what has gathered from time to time. Nothing is lost with a worker that
dies: the other process finds it here.
"""

from __future__ import annotations

import mmap
import struct
from typing import Iterator, Optional, Tuple

_STATE = struct.Struct("=?id")  # whether it shall stop; the place of the test that it is in, or none; since when
_USED = struct.Struct("=I")
_LENGTH = struct.Struct("=I")
_USED_AT = _STATE.size
_BEGIN = _USED_AT + _USED.size
_NONE = -1


class Outbox:
    """Made before the fork. The worker writes, but for the wish that it stop; the other process reads."""

    def __init__(self, size: int = 1 << 18) -> None:
        self._memory = mmap.mmap(-1, size)
        self._size = size
        self._used = 0  # as the worker knows it
        _STATE.pack_into(self._memory, 0, False, _NONE, 0.0)

    def close(self) -> None:
        """Let it go."""
        self._memory.close()

    def stop(self) -> None:
        """Have the worker begin no other test."""
        self._memory[0] = 1

    def is_stopped(self) -> bool:
        """Whether the worker is to begin no other test."""
        return bool(self._memory[0])

    def begin(self, place: int, now_s: float) -> None:
        """Note that a test begins."""
        _STATE.pack_into(self._memory, 0, bool(self._memory[0]), place, now_s)

    def end(self, told: bytes) -> bool:
        """Note what came of the test; False where there is no room, and nothing is noted."""
        end = _BEGIN + self._used + _LENGTH.size + len(told)
        if end > self._size:
            return False
        _LENGTH.pack_into(self._memory, _BEGIN + self._used, len(told))
        self._memory[end - len(told) : end] = told
        self._used = end - _BEGIN
        _USED.pack_into(self._memory, _USED_AT, self._used)
        self.leave()
        return True

    def leave(self) -> None:
        """Note that the worker is in no test."""
        _STATE.pack_into(self._memory, 0, bool(self._memory[0]), _NONE, 0.0)

    def under_way(self) -> Tuple[Optional[int], float]:
        """The test that the worker is in, and since when."""
        _, place, since_s = _STATE.unpack_from(self._memory, 0)
        return (None if place == _NONE else place), since_s

    def content(self) -> bytes:
        """What has gathered."""
        (used,) = _USED.unpack_from(self._memory, _USED_AT)
        return self._memory[_BEGIN : _BEGIN + used]

    def clear(self) -> None:
        """Forget what has gathered, once it is sent."""
        self._used = 0
        _USED.pack_into(self._memory, _USED_AT, 0)


def parted(content: bytes) -> Iterator[bytes]:
    """What was told of each test."""
    start = 0
    while start < len(content):
        (length,) = _LENGTH.unpack_from(content, start)
        start += _LENGTH.size + length
        yield content[start - length : start]


def single(told: bytes) -> bytes:
    """What has gathered where that is one that has no room."""
    return _LENGTH.pack(len(told)) + told
