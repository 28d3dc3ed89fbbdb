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
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Optional

import pytest

from . import durations, namespaces, ordering, parting, processes, replaying, taming
from .controlling import Controller
from .frames import Real
from .schedule import Schedule, Timed

_SHORT_S = 0.2
"""Seconds to be gained, at most, below which workers do not pay."""

_HISTORY_S = 2.0  # for the durations to come, once the tests are collected
_LOOK_S = 0.005
_SHOWN = 3  # files that are discarded
_LOOKED_ON = ("usepdb", "trace", "setuponly", "setupplan", "setupshow")


def pytest_addoption(pluginmanager: pytest.PytestPluginManager) -> None:
    """Join the session, where the environment has a plan."""
    plan = os.environ.pop("NOXTASKS_PLAN", None)
    if plan is not None:
        processes.die_with_parent(os.getppid())
        pluginmanager.register(Distribution(json.loads(Path(plan).read_text("utf-8"))), "noxtasks-distribution")


class _CtrlC:
    """Takes one Ctrl-C for one: it reaches this process, or its parent alone, or both, and that hands it on.

    What is handed on comes as another signal, and does nothing where this process was interrupted before.
    """

    def __init__(self, handed_on: int) -> None:
        self.heeded = False
        self._number = handed_on
        if handed_on != signal.SIGINT:
            signal.signal(handed_on, self._handed_on)

    def end(self) -> None:
        """Hear no more of what is handed on: an interpreter that ends takes off its handlers, and would be killed."""
        if self._number != signal.SIGINT:
            signal.signal(self._number, signal.SIG_IGN)

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Notice Ctrl-C at once. Not while tests run here, which know Python's handler, or have one of their own."""
        before = signal.getsignal(signal.SIGINT)
        if before is signal.default_int_handler:
            signal.signal(signal.SIGINT, self._heed)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, before)

    def _heed(self, number: int, frame: Any) -> None:
        self.heeded = True
        signal.default_int_handler(number, frame)

    def _handed_on(self, number: int, frame: Any) -> None:
        if not self.heeded:
            self._heed(number, frame)


class Distribution:
    """Takes the place of pytest's loop over the tests.

    The plan holds `workers`, `together` ("test", "file" or "scope": what is never split), `hang_s` (seconds after which
    a test is taken to hang), `always` (whether workers run the tests even if that does not pay), `testrun` (the name
    of the run), `words` (of the command that is under way, for one that runs tests again), `isolated` (None, or the
    `root` of the project that each worker has to itself, and the run's `scratch` folder), `interrupt` (the signal by
    which Ctrl-C is handed on), `kept` (the file of `durations`) and, where that is not there yet, `durations` (as that,
    to be waited for).
    """

    def __init__(self, plan: dict[str, Any]) -> None:
        self._plan = plan
        self._kept = Path(plan["kept"])
        self._watch = durations.Watch()
        self._failing: dict[str, list[str]] = {}
        self._discarded: set[str] = set()
        self._ctrl_c = _CtrlC(plan["interrupt"])

    @pytest.hookimpl(tryfirst=True)
    def pytest_configure(self, config: pytest.Config) -> None:
        """Leave distributing to this plugin."""
        taming.distribute_no_more(config)
        config.pluginmanager.register(self._watch, "noxtasks-durations")

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> Optional[bool]:
        """Have workers run the tests; or leave it to pytest."""
        option = session.config.option
        if (
            option.collectonly
            or not session.items
            or (session.testsfailed and not option.continue_on_collection_errors)
        ):
            return None
        plan = self._plan
        known_s = durations.read(self._kept) if self._kept.exists() else _from_history(Path(plan["durations"]))
        in_order = bool(getattr(option, "failedfirst", False) or getattr(option, "newfirst", False))
        schedule = Schedule(tests(session.items, known_s, plan["together"]), plan["workers"], in_order=in_order)
        reason = why_not(session, schedule, plan["workers"], always=plan["always"])
        if reason:
            _tell(session, f"noxtasks: one process, {reason}")
            return None
        parting.prepare(session.config)
        workers = min(plan["workers"], len(session.items))
        wanted = namespaces.Wanted(**plan["isolated"]) if plan["isolated"] else None
        controller = Controller(
            session, schedule, workers, hang_s=plan["hang_s"], testrun=plan["testrun"], wanted=wanted
        )
        try:
            with self._ctrl_c.watched():
                controller.run()
        finally:
            self._failing = controller.failing()
            self._discarded = controller.discarded
        return True

    def pytest_keyboard_interrupt(self) -> None:
        """Whatever was interrupted, once is enough."""
        self._ctrl_c.heeded = True

    def pytest_terminal_summary(self, terminalreporter: Any, config: pytest.Config) -> None:
        """Say how the tests of a worker that had failures are run again, in its order, and what its tests wrote."""
        if self._discarded:
            terminalreporter.write_line(f"noxtasks: {_gone(self._discarded)}")
        folder = self._kept.with_name("replay")
        for command in replaying.commands(config, self._failing, folder, self._plan["words"]):
            terminalreporter.write_line(f"noxtasks: what this worker ran, again in its order: {command}")

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Keep what the tests took, for the next time."""
        parting.tidy(session.config)
        durations.keep(self._kept, self._watch.took_s)

    @pytest.hookimpl(trylast=True)
    def pytest_unconfigure(self) -> None:
        """The exit code is settled."""
        self._ctrl_c.end()


def _gone(discarded: set[str]) -> str:
    some = ", ".join(sorted(discarded)[:_SHOWN]) + (", …" if len(discarded) > _SHOWN else "")
    return f"isolated tests wrote or removed {len(discarded)} file(s) in the project, which is undone: {some}"


def why_not(session: pytest.Session, schedule: Schedule, workers: int, *, always: bool = False) -> str:
    """Why the tests should run in this process; empty where nothing speaks against workers.

    With `always` it is none that workers do not pay.
    """
    return next(_reasons(session, schedule, workers, always=always), "")


def _reasons(session: pytest.Session, schedule: Schedule, workers: int, *, always: bool) -> Iterator[str]:
    option = session.config.option
    if workers == 1 or len(session.items) == 1:
        yield "since there is nothing to distribute"
    if not hasattr(os, "fork"):
        yield "since this system cannot fork"
    if sys.platform == "darwin":
        yield "since on macOS its own libraries do not survive a fork"
    threads = processes.cut_off_by_a_fork()
    if threads:
        yield f"since a fork would cut off threads that are alive after collection: {', '.join(threads)}"
    if any(getattr(option, name, False) for name in _LOOKED_ON):
        yield "since somebody looks on"
    if getattr(option, "stepwise", False):
        yield "since --stepwise goes by the order of the tests"
    if _measures_time(session):
        yield "since benchmarks want the machine for themselves"
    if not always and schedule.known_s is not None and schedule.known_s * (1 - 1 / workers) < _SHORT_S:
        yield f"since the tests take {schedule.known_s:.2f} s"


def _measures_time(session: pytest.Session) -> bool:
    option = session.config.option
    if not hasattr(option, "benchmark_disable") or option.benchmark_disable or option.benchmark_skip:
        return False
    return any("benchmark" in getattr(item, "fixturenames", ()) for item in session.items)


def _from_history(path: Path) -> dict[str, float]:
    """What is in the file, which somebody writes while the tests are collected; nothing where it takes too long."""
    until_s = Real.clock() + _HISTORY_S
    while not path.exists():
        if Real.clock() > until_s:
            return {}
        Real.sleep(_LOOK_S)
    return durations.read(path)


def tests(items: list[pytest.Item], durations_s: dict[str, float], together: str) -> list[Timed]:
    """What a schedule has to know of `items`."""
    sequential = ordering.sequential_modules(items)
    return [
        Timed(
            file=ordering.module_of(item),
            group=_group(item, "file" if ordering.module_of(item) in sequential else together),
            duration_s=durations_s.get(item.nodeid),
        )
        for item in items
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
