"""`noxtasks run`: pytest as ever, but that forked workers run the tests.

pytest collects once. Then this plugin, in the place of pytest's own loop, forks workers, each with all that was
imported and collected, hands out the tests as they are wanted, and gives every report that comes back to the hooks, as
if the test had run here: so the terminal, JUnit, `-x`, `--lf`, `--durations` and what else hears of reports do what
they always do.

A worker that dies or hangs in a test is replaced, and the test fails. Where processes cannot be forked safely the tests
run here, one after the other.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any, Optional

import pytest

from . import processes, taming
from .controlling import Controller
from .frames import Real
from .schedule import Schedule, Timed

_SHORT_S = 0.2
"""Seconds of all tests together below which workers do not pay."""

_HISTORY_S = 2.0  # for the durations to come, once the tests are collected
_LOOK_S = 0.005


def pytest_addoption(pluginmanager: pytest.PytestPluginManager) -> None:
    """Join the session, where the environment has a plan."""
    plan = os.environ.pop("NOXTASKS_PLAN", None)
    if plan is not None:
        pluginmanager.register(Distribution(json.loads(Path(plan).read_text("utf-8"))), "noxtasks-distribution")


class Distribution:
    """Takes the place of pytest's loop over the tests.

    The plan holds `workers`, `together` ("test", "file" or "scope": what is never split), `hang_s` (seconds after which
    a test is taken to hang) and `durations` (a file with the seconds that tests took, which may come later).
    """

    def __init__(self, plan: dict[str, Any]) -> None:
        self._plan = plan

    @pytest.hookimpl(tryfirst=True)
    def pytest_configure(self, config: pytest.Config) -> None:
        """Leave distributing to this plugin."""
        taming.distribute_no_more(config)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> Optional[bool]:
        """Have workers run the tests; or leave it to pytest."""
        option = session.config.option
        if session.testsfailed or option.collectonly or not session.items:
            return None
        known_s = _durations_s(Path(self._plan["durations"]))
        schedule = Schedule(tests(session, known_s, self._plan["together"]), self._plan["workers"])
        reason = why_not(session, schedule, self._plan["workers"])
        if reason:
            _tell(session, f"noxtasks: one process, {reason}")
            return None
        workers = min(self._plan["workers"], len(session.items))
        Controller(session, schedule, workers, self._plan["hang_s"]).run()
        return True


def why_not(session: pytest.Session, schedule: Schedule, workers: int) -> str:
    """Why the tests should run in this process; empty where nothing speaks against workers."""
    option = session.config.option
    threads = processes.cut_off_by_a_fork()
    if workers == 1 or len(session.items) == 1:
        return "since there is nothing to distribute"
    if not hasattr(os, "fork"):
        return "since this system cannot fork"
    if threads:
        return f"since a fork would cut off threads that are alive after collection: {', '.join(threads)}"
    if any(getattr(option, name, False) for name in ("usepdb", "trace", "setuponly", "setupplan")):
        return "since somebody looks on"
    if schedule.known_s is not None and schedule.known_s < _SHORT_S:
        return f"since the tests take {schedule.known_s:.2f} s"
    return ""


def _durations_s(path: Path) -> dict[str, float]:
    """What is in the file, which somebody writes while the tests are collected; nothing where it takes too long."""
    until_s = Real.clock() + _HISTORY_S
    while not path.exists():
        if Real.clock() > until_s:
            return {}
        Real.sleep(_LOOK_S)
    found: dict[str, float] = json.loads(path.read_text("utf-8"))
    return found


def tests(session: pytest.Session, durations_s: dict[str, float], together: str) -> list[Timed]:
    """What a schedule has to know of the tests of `session`."""
    return [
        Timed(
            file=item.nodeid.partition("::")[0],
            group=_group(item, together),
            duration_s=durations_s.get(item.nodeid),
        )
        for item in session.items
    ]


def _group(item: pytest.Item, together: str) -> str:
    mark = item.get_closest_marker("xdist_group")
    if mark is not None:
        name = mark.args[0] if mark.args else mark.kwargs.get("name", "default")
        return f"mark {name}"
    if together == "test":
        return ""
    return item.nodeid.partition("::")[0] if together == "file" else item.nodeid.rpartition("::")[0]


def _tell(session: pytest.Session, text: str) -> None:
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter is not None and reporter.verbosity >= 0:
        reporter.write_line(text)
