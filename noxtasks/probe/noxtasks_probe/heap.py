"""Gives the heap the same shape before each count, however it has come to be.

What an allocation costs depends on what lies free: glibc looks for a block that fits, cuts it, joins it with others,
and lets a block grow where it is only if what follows is free, or else copies it. So a longer path or another docstring
made the same code take up to 7 % more instructions. Here whatever lies free is taken first, for good: what is allocated
from then on comes from the end of the heap, the same in every process. Layouts other than this one are cut into it by
chance, the same chance in every process.

An allocator that is not glibc's is left as it is: the layouts then differ by those cuts alone.
"""

from __future__ import annotations

import ctypes
import random

_MMAP_THRESHOLD, _TOP_PAD, _TRIM_THRESHOLD = -3, -2, -1  # of `mallopt`, from glibc's malloc.h
_LARGEST = 1 << 25  # bytes of which `mallopt` takes no more: smaller blocks never come from the system by themselves
_RESERVE = 1 << 26  # bytes by which the heap grows at once: not within what is counted
_KEEP = (1 << 31) - 1  # nothing is given back to the system

_FENCE = 1 << 24  # bytes: more than any hole, so that it comes from the end
_HEADER = 8  # bytes before each block
_CACHED = 1040  # bytes: these and smaller ones do not go back to the end of the heap when they are freed
_CHUNKS = [*(1 << power for power in range(23, 10, -1)), *range(_CACHED, 31, -16)]
"""Bytes with the header, down to the smallest that there is; of the cached ones every size: each has its own list."""

_MOST = 100_000  # holes; an allocator that works otherwise has no end of them

_BLOCKS = 48
_SIZES = 520, 6000  # bytes; smaller ones come from Python's own pools


class Heap:
    """The heap of this process; from now on it does not shrink."""

    def __init__(self) -> None:
        library = ctypes.PyDLL(None)
        self._malloc, self._free = library.malloc, library.free
        self._malloc.restype = ctypes.c_size_t
        self._malloc.argtypes = [ctypes.c_size_t]
        self._free.restype = None
        self._free.argtypes = [ctypes.c_size_t]
        self._is_known = all(hasattr(library, name) for name in ("gnu_get_libc_version", "mallopt"))
        if self._is_known:
            for option, value in ((_MMAP_THRESHOLD, _LARGEST), (_TOP_PAD, _RESERVE), (_TRIM_THRESHOLD, _KEEP)):
                library.mallopt(option, value)

    def lay_out(self, number: int) -> None:
        """Give it the layout with this number: 0 has no holes."""
        if self._is_known:
            self._fill()
        if number:
            self._cut(random.Random(number))  # noqa: S311 - the same in every process

    def _fill(self) -> int:
        """Take whatever lies free, the largest first; how many holes there were."""
        end = self._malloc(_FENCE)
        self._free(end)
        found = 0
        for size in _CHUNKS:
            while (block := self._malloc(size - _HEADER)) not in (end, 0) and found < _MOST:
                found += 1
            if size > _CACHED:
                self._free(block)
            else:
                end = block + size
        return found

    def _cut(self, chance: random.Random) -> None:
        blocks = [self._malloc(chance.randrange(*_SIZES)) for _ in range(_BLOCKS)]
        for block in blocks:
            if chance.random() < 0.5:  # noqa: PLR2004 - every other one
                self._free(block)
