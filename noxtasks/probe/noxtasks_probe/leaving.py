"""The end of a process that threads of the user's would keep: the interpreter waits for them, for ever if need be."""

from __future__ import annotations

import _thread
import threading
from typing import Any

import pytest

from .frames import Real
from .processes import lift_limits

_GRACE_S = 0.5  # for threads that are about to end, and for what runs at the interpreter's exit

_start_thread = _thread.start_new_thread  # as it was before any test or library replaced it


class Departure:
    """Sees to it that the process leaves when pytest has done all that it has to do, whoever is still at work in it."""

    def __init__(self) -> None:
        self._session: Any = None

    @pytest.hookimpl(tryfirst=True)
    def pytest_configure(self, config: pytest.Config) -> None:
        """Take the last place among what pytest does at its end: the first to come leaves last."""
        config.add_cleanup(self._leave)

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionstart(self, session: pytest.Session) -> None:
        """Remember who knows the exit status."""
        self._session = session

    def _leave(self) -> None:
        if any(not thread.daemon for thread in threading.enumerate() if thread is not threading.main_thread()):
            lift_limits()  # a thread needs memory
            try:
                _start_thread(self._end, ())  # no test is to come that would notice it
            except RuntimeError:
                self._end(0.0)

    def _end(self, grace_s: float = _GRACE_S) -> None:
        Real.sleep(grace_s)
        Real.exit(int(getattr(self._session, "exitstatus", 0)))
