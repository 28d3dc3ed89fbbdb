"""How two processes measure in turn: each waits while the other has its milliseconds."""

from __future__ import annotations

import os
import time

TURN_S = 0.005
END = 1 << 30
"""In place of a test's place: the process is at its end, or has died."""

_wall = time.perf_counter


class Turns:
    """Two processes measure the same benchmarks in turn, some milliseconds each: what disturbs one disturbs the other.

    Each waits for a line from the other: the place of the test that it has come to, or `END`. Who only looks on may
    write that too, for a process that has died.
    """

    def __init__(self, inward: str, outward: str, begins: bool) -> None:
        self._inward = os.open(inward, os.O_RDWR)  # for writing too: it has no end when nobody else has it open
        self._outward = os.open(outward, os.O_RDWR)
        self._place = self._other = 0
        self._is_ours = False
        self._begins = begins  # when the other has come to its first test: neither runs that alone
        self._since_s = 0.0

    def meet(self) -> None:
        """Wait for the other to have collected too: it may take longer than the first test is given."""
        os.write(self._outward, b"0\n")
        self._other = self._read()
        self._is_ours = self._is_ours or self._other == END

    def begin(self, place: int) -> None:
        """The test at `place`, from 1, has begun: go on when the other process has come as far."""
        if self._place or not self._begins:
            self._pass(place)
        self._place = place
        self._wait()

    def offer(self) -> None:
        """Let the other go on, if this one has had its time and that one is at the same test, until it has had its."""
        if self._other == self._place and _wall() - self._since_s >= TURN_S:
            self._pass(self._place)
            self._wait()

    def end(self) -> None:
        """Leave the other to itself."""
        self._pass(END)

    def _pass(self, place: int) -> None:
        self._is_ours = self._other == END
        os.write(self._outward, b"%d\n" % place)

    def _wait(self) -> None:
        while not self._is_ours:
            self._other = self._read()
            self._is_ours = True
        self._since_s = _wall()

    def _read(self) -> int:
        line = b""
        while not line.endswith(b"\n"):
            line += os.read(self._inward, 1)
        return int(line)
