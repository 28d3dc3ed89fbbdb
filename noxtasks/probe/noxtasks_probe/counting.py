"""Counts the instructions that a benchmark executes, in a process that runs under valgrind's callgrind.

Callgrind takes requests from inside the program that it watches: a sequence of instructions that does nothing, and that
it recognises (valgrind's manual, "The Client Request mechanism"; the numbers are those of its `callgrind.h`). It counts
only between two such requests, so that starting Python and pytest costs little. Every count goes to a file of its own,
which whoever has started callgrind reads; its label says which layout of memory it was (see `heap` and `pools`), how
many calls it was, and of what.

The garbage collector stays off meanwhile: when its turn comes depends on all that was allocated before, and how long
it takes on all that is alive.
"""

from __future__ import annotations

import ctypes
import gc
import hashlib
import mmap
import platform
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any, Optional

from .heap import Heap
from .pools import Pools

LAYOUTS = 5

_X86_64 = bytes.fromhex("4889f8 31d2 48c1c703 48c1c70d 48c1c73d 48c1c733 4887db 4889d0 c3")
"""rax: where the request stands, rdx: the answer; four rotations of rdi by 128 bits in all, and the mark."""

_AARCH64 = bytes.fromhex("e40300aa 030080d2 8c0dcc93 8c35cc93 8ccdcc93 8cf5cc93 4a010aaa e00303aa c0035fd6")
"""x4: where the request stands, x3: the answer; four rotations of x12 by 128 bits in all, and the mark."""

_SEQUENCES = {"x86_64": _X86_64, "amd64": _X86_64, "aarch64": _AARCH64, "arm64": _AARCH64}

_RUNNING_ON_VALGRIND = 0x1001
_CALLGRIND = ord("C") << 24 | ord("T") << 16
_ZERO, _DUMP_AT, _START, _STOP = (_CALLGRIND + number for number in (1, 3, 4, 5))
_WORDS = 6  # of a request: its number and five arguments

_WARM_UP_CALLS = 16  # CPython 3.11+ rewrites instructions of functions that have been called a few times
_WARM_UP_S = 1.0  # of the processor, under valgrind
_LONG_S = 0.5  # a call that takes longer is not repeated in each layout
_WARM_UP_RUNS = 2  # of a plain test
RUNS = _WARM_UP_RUNS + LAYOUTS


def digest(nodeid: str) -> str:
    """What stands for a test in a label, which must not be long."""
    return hashlib.sha256(nodeid.encode("utf-8", "replace")).hexdigest()[:16]


class Counter:
    """Counts calls, where this process is watched; raises `OSError` where it is not."""

    def __init__(self) -> None:
        sequence = _SEQUENCES.get(platform.machine().lower())
        if sequence is None:
            raise OSError(f"instructions are not counted on {platform.machine()}")
        self._page = mmap.mmap(-1, mmap.PAGESIZE, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
        self._page.write(sequence)
        address = ctypes.addressof(ctypes.c_char.from_buffer(self._page))
        self._call = ctypes.PYFUNCTYPE(ctypes.c_uint64, ctypes.POINTER(ctypes.c_uint64))(address)
        if not self._ask(_RUNNING_ON_VALGRIND):
            raise OSError("this process does not run under valgrind")
        self._heap, self._pools = Heap(), Pools()
        self._zero = _request(_ZERO)
        self._runs: dict[str, int] = {}
        with self._counting():
            self._stretch(self._label(0, "", 0), lambda: None, 0)

    def count(self, name: str, function: Callable[[], Any]) -> Any:
        """Count calls of `function`, some in each layout; what the last gave."""
        began_s = time.process_time()
        result = function()
        longest_s = time.process_time() - began_s
        for _ in range(_WARM_UP_CALLS - 1):
            if time.process_time() - began_s > _WARM_UP_S:
                break
            result = function()
        labels = self._labels(name)
        with self._counting():
            for layout, label in enumerate(labels):
                result = None  # its blocks would be given back to pools that are full
                self._lay_out(layout)
                if longest_s < _LONG_S:
                    function()  # its own blocks come to lie where they will lie again
                result = self._stretch(label, function)
        return result

    def count_prepared(self, name: str, prepare: Callable[[], Callable[[], Any]], clean: Callable[[], Any]) -> Any:
        """Count one call in each layout of what `prepare` gives, but neither `prepare` nor `clean`."""
        result, began_s = None, time.process_time()
        for turn in range(_WARM_UP_CALLS):
            if turn and time.process_time() - began_s > _WARM_UP_S:
                break
            result = prepare()()
            clean()
        labels = self._labels(name)
        with self._counting():
            for layout, label in enumerate(labels):
                result = None  # as above
                function = prepare()
                self._lay_out(layout)
                result = self._stretch(label, function)
                clean()
        return result

    @contextmanager
    def counted(self, fixture: Any, name: str) -> Generator[None, None, None]:
        """Count the test that is run within: what `fixture` is given; all of it, where there is none."""
        if fixture is not None:
            _divert(fixture, self, name)
            yield
        else:
            with self._whole(name):
                yield

    @contextmanager
    def _whole(self, name: str) -> Generator[None, None, None]:
        """Count what is done within, after it was done some times, and in another layout each time."""
        layout = self._runs[name] = self._runs.get(name, -1 - _WARM_UP_RUNS) + 1
        if not 0 <= layout < LAYOUTS:
            yield
            return
        label = self._label(layout, name)
        with _no_collector():
            if layout == 0:
                self._ask(_START)  # what has run until now is translated anew: not for each run
            self._lay_out(layout)
            self._call(self._zero)
            yield
            self._call(label)
        if layout == LAYOUTS - 1:
            self._ask(_STOP)

    @contextmanager
    def _counting(self) -> Generator[None, None, None]:
        with _no_collector():
            self._ask(_START)
            try:
                yield
            finally:
                self._ask(_STOP)

    def _lay_out(self, layout: int) -> None:
        self._heap.lay_out(layout)
        self._pools.lay_out(layout)

    def _stretch(self, label: Any, function: Callable[[], Any], calls: int = 1) -> Any:
        result = None
        self._call(self._zero)
        for _ in range(calls):
            result = function()
        self._call(label)  # what counting itself takes is counted here, and in the count of nothing
        return result

    def _labels(self, name: str) -> list[Any]:
        """One for each layout, beforehand: what is made later would lie between the blocks of what is counted."""
        return [self._label(layout, name) for layout in range(LAYOUTS)]

    def _label(self, layout: int, name: str, calls: int = 1) -> Any:
        """A request that what was counted goes to a file."""
        text = ctypes.create_string_buffer(f"{layout} {calls} {name and digest(name)}".encode("ascii"))
        request = _request(_DUMP_AT, ctypes.addressof(text))
        request.text = text  # lives as long
        return request

    def _ask(self, *words: int) -> int:
        return int(self._call(_request(*words)))


@contextmanager
def _no_collector() -> Generator[None, None, None]:
    was_enabled = gc.isenabled()
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _request(*words: int) -> Any:
    return (ctypes.c_uint64 * _WORDS)(*words, *[0] * (_WORDS - len(words)))


def _divert(fixture: Any, counter: Counter, name: str) -> None:
    """Have pytest-benchmark's fixture count what it is given, instead of timing it."""

    def plain(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        return counter.count(name, lambda: function(*args, **kwargs))

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
        given: list[Any] = [args, kwargs or {}]

        def prepare() -> Callable[[], Any]:
            given[:] = (setup and setup()) or (args, kwargs or {})
            now_args, now_kwargs = given
            return lambda: target(*now_args, **now_kwargs)

        def clean() -> None:
            if teardown is not None:
                teardown(*given[0], **given[1])

        return counter.count_prepared(name, prepare, clean)

    fixture._raw, fixture._raw_pedantic = plain, pedantic
