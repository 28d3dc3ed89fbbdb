"""What a worker has to tell of its tests, in memory that it shares with the process that it came from.

Most tests are short: to send a frame for each would take longer than they do. So a worker writes here which test it is
in and what came of those before, and sends what has gathered from time to time. Nothing is lost with a worker that
dies: the other process finds it here.
"""

from __future__ import annotations

import mmap
import struct
from typing import Iterator, Optional, Tuple

_LENGTH = struct.Struct("=I")
_STOP, _PLACE, _SINCE, _USED = range(4)  # words of 64 bits, each written at once; a place counts from 1
_BEGIN = 4 * 8
_NS = 1e-9


class Outbox:
    """Made before the fork. The worker writes, but for the wish that it stop; the other process reads."""

    def __init__(self, size: int = 1 << 18) -> None:
        self._memory = mmap.mmap(-1, size)
        self._view = memoryview(self._memory)
        self._words = self._view[:_BEGIN].cast("q")
        self._size = size

    def close(self) -> None:
        """Let it go."""
        self._words.release()
        self._view.release()
        self._memory.close()

    def stop(self) -> None:
        """Have the worker begin no other test."""
        self._words[_STOP] = 1

    def is_stopped(self) -> bool:
        """Whether the worker is to begin no other test."""
        return bool(self._words[_STOP])

    def begin(self, place: int, now_s: float) -> None:
        """Note that a test begins."""
        self._words[_SINCE] = int(now_s / _NS)
        self._words[_PLACE] = place + 1

    def end(self, told: bytes) -> bool:
        """Note what came of the test; False where there is no room, and nothing is noted."""
        start = _BEGIN + self._words[_USED]
        end = start + _LENGTH.size + len(told)
        if end > self._size:
            return False
        self._memory[start:end] = single(told)
        self._words[_USED] = end - _BEGIN
        self.leave()
        return True

    def leave(self) -> None:
        """Note that the worker is in no test."""
        self._words[_PLACE] = 0

    def under_way(self) -> Tuple[Optional[int], float]:
        """The test that the worker is in, and since when."""
        place, since_s = self._words[_PLACE], self._words[_SINCE] * _NS
        return (place - 1, since_s) if place and place == self._words[_PLACE] else (None, 0.0)

    def content(self) -> bytes:
        """What has gathered."""
        return self._memory[_BEGIN : _BEGIN + self._words[_USED]]

    def clear(self) -> None:
        """Forget what has gathered, once it is sent."""
        self._words[_USED] = 0


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
