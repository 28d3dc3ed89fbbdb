"""Counts the instructions that a benchmark executes, in a process that runs under valgrind's callgrind.

Callgrind takes requests from inside the program that it watches: a sequence of instructions that does nothing, and that
it recognises (valgrind's manual, "The Client Request mechanism"; the numbers are those of its `callgrind.h`). It counts
only between two such requests, so that starting Python and pytest costs little. Every count goes to a file of its own,
which whoever has started callgrind reads.
"""

from __future__ import annotations

import ctypes
import gc
import mmap
import platform
from collections.abc import Callable
from typing import Any, Optional

_X86_64 = bytes.fromhex("4889f8 31d2 48c1c703 48c1c70d 48c1c73d 48c1c733 4887db 4889d0 c3")
"""rax: where the request stands, rdx: the answer; four rotations of rdi by 128 bits in all, and the mark."""

_RUNNING_ON_VALGRIND = 0x1001
_CALLGRIND = ord("C") << 24 | ord("T") << 16
_ZERO, _DUMP_AT, _START, _STOP = (_CALLGRIND + number for number in (1, 3, 4, 5))
_WORDS = 6  # of a request: its number and five arguments
_WARM_UP_CALLS = 16  # CPython 3.11+ rewrites instructions of functions that have been called a few times


class Counter:
    """Counts calls, where this process is watched; raises `OSError` where it is not."""

    def __init__(self) -> None:
        if platform.machine().lower() not in ("x86_64", "amd64"):
            raise OSError(f"instructions are not counted on {platform.machine()}")
        self._page = mmap.mmap(-1, mmap.PAGESIZE, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
        self._page.write(_X86_64)
        address = ctypes.addressof(ctypes.c_char.from_buffer(self._page))
        self._call = ctypes.CFUNCTYPE(ctypes.c_uint64, ctypes.POINTER(ctypes.c_uint64))(address)
        if not self._ask(_request(_RUNNING_ON_VALGRIND)):
            raise OSError("this process does not run under valgrind")
        self.count("", 0, lambda: None)

    def count(self, name: str, calls: int, function: Callable[[], Any]) -> Any:
        """Count `calls` of `function` and have the sum written under `name`; what the last call gave."""
        text = ctypes.create_string_buffer(name.encode("utf-8", "replace"))
        zero, start, stop = _request(_ZERO), _request(_START), _request(_STOP)
        dump = _request(_DUMP_AT, ctypes.addressof(text))
        result = None
        for _ in range(_WARM_UP_CALLS if calls else 0):
            result = function()
        gc.collect()  # so that its turns come at the same calls in each process
        gc.freeze()
        self._ask(zero)
        self._ask(start)
        for _ in range(calls):
            result = function()
        self._ask(dump)  # what counting itself takes is counted here, and in the count of nothing
        self._ask(stop)
        gc.unfreeze()
        return result

    def _ask(self, request: Any) -> int:
        return int(self._call(request))


def _request(*words: int) -> Any:
    return (ctypes.c_uint64 * _WORDS)(*words, *[0] * (_WORDS - len(words)))


def counted(fixture: Any, counter: Counter, name: str, calls: int) -> None:
    """Have pytest-benchmark's fixture count what it is given, instead of timing it."""

    def plain(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        return counter.count(name, calls, lambda: function(*args, **kwargs))

    def pedantic(
        target: Callable[..., Any],
        args: Any = (),
        kwargs: Any = None,
        setup: Optional[Callable[[], Any]] = None,
        teardown: Optional[Callable[..., Any]] = None,
        **_: Any,
    ) -> Any:
        if setup is None and teardown is None:
            return plain(target, *args, **(kwargs or {}))
        raise OSError("a benchmark with a setup of its own is not counted")

    fixture._raw, fixture._raw_pedantic = plain, pedantic
