"""Has two processes use something at the same time: each waits for the other where it is about to, then goes slowly.

Two tests that share a file for a moment seldom use it in the same moment. Here they do: the first to come to it waits
until the other has come, too, or is over; then each goes on after a moment of its own, by chance, and for a while in
slow motion. All that happens so can happen by itself. Delays put where threads meet are an old way to make races show:
G. Li, S. Lu and others, "Efficient Scalable Thread-Safety-Violation Detection" (TSVD, 2019).
"""

from __future__ import annotations

import os
import random
import sys
from typing import Any

from .footprint import Use
from .frames import Real

_PATIENCE_S = 5.0  # for the other, unless it says that it is over
_TICK_S = 0.002
_MOMENTS_S = (0.0, 0.002, 0.008, 0.02)
_MOST_MOMENTS = 12  # in one run: a test may use a file in a loop
_CHANGING = ("write", "create", "remove")
_STEPS = 8  # slow calls after each use
_LAG = 4  # steps, at most, by which one who is slow, too, is behind
_LOOKED_AT = 400  # calls in which those may be
_SLOW = frozenset(
    {
        *(
            "__exit__",
            "write",
            "writelines",
            "flush",
            "close",
            "read",
            "readline",
            "readlines",
            "truncate",
            "dump",
            "seek",
        ),
        *("execute", "executemany", "executescript", "commit", "fetchone", "fetchall"),
        *("listen", "accept", "sendall", "send", "recv", "unlink", "remove", "rmdir", "mkdir", "rename", "replace"),
        *("stat", "scandir", "listdir", "open"),
    }
)


class Meeting:
    """One process's part in it, as `wish` says: see `noxtasks.suite.model.Meeting`."""

    def __init__(self, wish: dict[str, Any]) -> None:
        self._place: str = wish["place"]
        self._name: str = wish["name"]
        self._names = frozenset(wish["resources"])
        self._at_change: bool = wish["changes"]
        self._is_slow: bool = wish["is_slow"]
        self._lags: bool = wish["lags"]
        self._random = random.Random(wish["seed"])  # noqa: S311 - no secret
        self._step_s: float = wish["step_s"]
        self._left = _MOST_MOMENTS
        self._is_busy = False
        self._has_met = not self._place

    def __call__(self, use: Use) -> None:
        """Something is about to be used."""
        if self._is_busy or self._left <= 0 or not self._is_about(use):
            return
        self._is_busy = True
        try:
            self._left -= 1
            if not self._has_met and self._is_where_to_meet(use):
                self._has_met = True
                self._await()
                Real.sleep(self._lag_s())
            elif self._is_slow:
                Real.sleep(self._random.choice(_MOMENTS_S))
            if self._is_slow and sys.getprofile() is None:
                sys.setprofile(_SlowMotion(self._step_s))
        finally:
            self._is_busy = False

    def over(self) -> None:
        """This process has nothing to do any more; the other need not wait."""
        self._is_busy = True
        sys.setprofile(None)
        self._say()

    def _is_about(self, use: Use) -> bool:
        _, name, how = use
        if name in self._names or os.path.dirname(name) in self._names:
            return True
        return how == "remove" and any(each.startswith(name + os.sep) for each in self._names)

    def _lag_s(self) -> float:
        """A few steps of the other, so that this one comes between any two of them."""
        if not self._lags:
            return 0.0
        chance = self._random.random()
        return self._step_s * (_LAG * chance if self._is_slow else _STEPS * chance**2)

    def _is_where_to_meet(self, use: Use) -> bool:
        """A database is only seen to be connected to, and not what is done with it then."""
        return not self._at_change or use[2] in _CHANGING or use[0] == "database"

    def _await(self) -> None:
        self._say()
        until_s = Real.clock() + _PATIENCE_S
        while len(self._there()) < 2 and Real.clock() < until_s:  # noqa: PLR2004 - the other and this one
            Real.sleep(_TICK_S)

    def _there(self) -> list[str]:
        return os.listdir(self._place)

    def _say(self) -> None:
        if self._place:
            descriptor = os.open(os.path.join(self._place, self._name), os.O_WRONLY | os.O_CREAT, 0o600)
            os.close(descriptor)


class _SlowMotion:
    """A profile function that lets what may matter take its time, and takes itself out after a while."""

    def __init__(self, step_s: float) -> None:
        self._step_s, self._steps, self._calls = step_s, _STEPS, _LOOKED_AT

    def __call__(self, frame: Any, event: str, argument: Any) -> None:  # noqa: ARG002 - as Python calls it
        self._calls -= 1
        if event == "c_call" and getattr(argument, "__name__", "") in _SLOW:
            self._steps -= 1
            Real.sleep(self._step_s)
        if self._steps <= 0 or self._calls <= 0:
            sys.setprofile(None)
