"""Gives Python's own allocator the same state before each count, and another one in each layout.

Objects of up to 512 bytes lie in pools, of blocks of one size each. Where a pool is nearly full, a loop that takes some
blocks and gives them back takes and gives back a whole pool each time: up to 2 % more instructions, in all of a
process. So first every block that lies free is taken, until a pool of each size begins anew; and from one layout to the
next some more are: what meets the end of a pool in one layout is far from it in most others. And all pools lie in
arenas that begin at multiples of their size, since where in another one a block lies decides what giving it back takes.

Plain objects take them, since those make no others meanwhile, as calls by ctypes would. Where Python does not use pools
(free-threaded, another interpreter, `PYTHONMALLOC`), nothing is done.
"""

from __future__ import annotations

import ctypes
import sys
from typing import Any

_POOL = 1 << 14 if sys.version_info >= (3, 10) else 1 << 12  # bytes
_HEADER = 48  # bytes of each pool
_LARGEST = 512  # bytes of a block
_PARTS = 5  # of a pool: from one layout to the next, one of them is taken

_ARENA = 1 << 20  # bytes in which the pools lie, many at a time

_BATCH = 4  # blocks that are taken before it is looked where the last one is
_NEAR = 12  # blocks: so near the begin of a pool, upwards, they are its first
_MOST = 1 << 18  # objects at a time

_EMPTY = sys.getsizeof(b"")
_OWN = 32  # bytes of our own integers, which are in the way
_UNIT = 1j  # of `_OWN` bytes, too
_SIZES = [*range(48, _LARGEST + 1, 16), _OWN]  # hardly anything takes 16


class _Allocator(ctypes.Structure):
    """CPython's `PyObjectArenaAllocator`."""

    _fields_ = (("context", ctypes.c_size_t), ("allocate", ctypes.c_void_p), ("free", ctypes.c_void_p))


class Pools:
    """The pools of this process."""

    def __init__(self) -> None:
        self._kept: list[Any] = [None] * _MOST
        self._last: list[Any] = [None] * _NEAR
        self._place = 0
        self._are_used = self._find()
        self._before: list[bytes] = []
        if self._are_used and sys.version_info >= (3, 10):  # before, all parts of an arena are alike
            self._align()
            self._use_up()

    def lay_out(self, number: int) -> None:
        """Have a pool of each size begin anew, and take `number` parts of it; give back what was taken before."""
        self._give_back()
        if self._are_used:
            for size in _SIZES:
                self._fill(size)
                self._take(size, number * ((_POOL - _HEADER) // size) // _PARTS)
            for place in range(len(self._last)):  # where integers of our own have left room; small ones need none
                self._last[place] = -_UNIT

    def _give_back(self) -> None:
        for place in reversed(range(self._place)):  # so that the next find them in the order in which these did
            self._kept[place] = None
        self._place = 0
        for place in range(len(self._last)):
            self._last[place] = None

    def _find(self) -> bool:
        """Whether blocks lie where they lie in pools; so many do not by chance."""
        blocks = [bytes(_LARGEST - _EMPTY) for _ in range(_BATCH * 2)]
        return sys.implementation.name == "cpython" and all(
            (id(block) % _POOL - _HEADER) % _LARGEST == 0 for block in blocks
        )

    def _align(self) -> None:
        """Have arenas from now on begin at multiples of their size.

        Giving back a block takes some instructions less in the one part of an arena than in the other, unless all of it
        lies between two such multiples. Of what the system gives, only that can be asked for by a function that is
        there: `aligned_alloc(context, size)`. It is given back as ever, by `munmap`, to which it is as good.
        """
        allocate = getattr(ctypes.PyDLL(None), "aligned_alloc", None)
        if allocate is not None:
            allocator = _Allocator()
            ctypes.pythonapi.PyObject_GetArenaAllocator(ctypes.byref(allocator))
            allocator.context, allocator.allocate = _ARENA, ctypes.cast(allocate, ctypes.c_void_p).value
            ctypes.pythonapi.PyObject_SetArenaAllocator(ctypes.byref(allocator))

    def _use_up(self) -> None:
        """Take all pools that lie free in arenas from before."""
        begin = last = 0
        while len(self._before) < _MOST // 8:
            self._before.append(bytes(_LARGEST - _EMPTY))
            block = id(self._before[-1])
            if block % _ARENA == _HEADER:
                begin = block
            elif not last < block < last + _POOL:
                begin = 0
            if begin and block - begin > _ARENA // 2:
                return
            last = block

    def _fill(self, size: int) -> None:
        """Take blocks until a pool begins anew, and go on to the block that is `_NEAR` its begin."""
        batch = 1 if size == _OWN else _BATCH
        last, upwards = 0, 0
        while self._place < _MOST:
            self._take(size, batch)
            block = id(self._kept[self._place - 1])
            place = (block % _POOL - _HEADER) // size
            upwards = upwards + batch if place < _NEAR and last < block <= last + _BATCH * size else 0
            if upwards >= _BATCH:
                self._take(size, _NEAR - place)
                return
            last = block

    def _take(self, size: int, count: int) -> None:
        """Have `count` objects of `size`, without anything else that is kept."""
        kept, begin = self._kept, self._place
        end = min(begin + count, _MOST)
        if size < _EMPTY:
            for place in range(begin, end):
                kept[place] = _UNIT + place
        else:
            length = size - _EMPTY
            for place in range(begin, end):
                kept[place] = bytes(length)
        self._place = end
