"""`noxtasks run`: pytest as ever, but that forked workers run the tests.

pytest collects once. Then this plugin, in the place of pytest's own loop, forks workers, each with all that was
imported and collected, hands out the tests as they are wanted, and gives every report that comes back to the hooks, as
if the test had run here: so the terminal, JUnit, `-x`, `--lf`, `--durations` and what else hears of reports do what
they always do.

A worker that dies or hangs in a test is replaced, and the test fails. Where processes cannot be forked safely the tests
run here, one after the other.
"""

from __future__ import annotations

import gc
import json
import os
import pickle
import selectors
import signal
import sys
import time
import warnings
from contextlib import suppress
from pathlib import Path
from typing import Any, Optional

import pytest

from . import processes, taming
from .channel import Channel, Frame
from .frames import Real
from .schedule import Schedule, Timed
from .worker import work

_SHORT_S = 0.2
"""Seconds of all tests together below which workers do not pay."""

_HISTORY_S = 2.0  # for the durations to come, once the tests are collected
_LOOK_S = 0.005
_GRACE_S = 5.0  # for a worker to tear down what it has set up
_TICK_S = 1.0
_MOST_DEATHS = 3  # of workers in no test, one after the other


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
        _Controller(session, schedule, workers, self._plan["hang_s"]).run()
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


class _Forked:
    """A worker, as this process sees it."""

    def __init__(self, name: str, pid: int, channel: Channel) -> None:
        self.name = name
        self.pid = pid
        self.channel = channel
        self.chunk: list[int] = []  # what it was given and has not begun
        self.at: Optional[int] = None
        self.since_s = 0.0
        self.is_over = False


class _Controller:
    def __init__(self, session: pytest.Session, schedule: Schedule, workers: int, hang_s: float) -> None:
        self._session: Any = session
        self._config = session.config
        self._schedule = schedule
        self._names = [f"gw{number}" for number in range(workers)]
        self._hang_s = hang_s
        self._selector = selectors.DefaultSelector()
        self._alive: list[_Forked] = []
        self._ended: set[int] = set()
        self._deaths = 0  # in no test, since the last that ended
        self._stopping = False

    def run(self) -> None:
        """Run all tests. Raises what pytest's own loop would: `Session.Failed`, `Session.Interrupted`, `Exit`."""
        reporter = self._config.pluginmanager.get_plugin("terminalreporter")
        if reporter is not None:
            reporter.showfspath = False  # the tests of one file are not in a row
        gc.collect()
        gc.freeze()
        factory: Any = getattr(self._config, "_tmp_path_factory", None)
        if factory is not None:
            factory.getbasetemp()
        try:
            for name in self._names:
                self._fork(name)
            while self._alive:
                self._attend()
        except BaseException:
            self._end_workers()
            raise
        finally:
            gc.unfreeze()
            self._selector.close()
            for worker in self._alive:
                worker.channel.close()
        lost = [item.nodeid for place, item in enumerate(self._session.items) if place not in self._ended]
        self._stop_where_wanted()
        if lost:
            raise RuntimeError(f"{len(lost)} tests were handed out and never ended, such as {lost[0]}")

    def _fork(self, name: str) -> None:
        ours, theirs = Channel.pair()
        parent = Real.getpid()
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # of native threads
            pid = os.fork()
        if pid == 0:
            try:
                processes.die_with_parent(parent)
                os.setsid()
                ours.close()
                for other in self._alive:
                    other.channel.close()
                gc.unfreeze()
                work(self._session, theirs, name, len(self._names))
            finally:
                Real.exit(1)
        theirs.close()
        forked = _Forked(name, pid, ours)
        self._alive.append(forked)
        self._selector.register(ours, selectors.EVENT_READ, forked)

    def _attend(self) -> None:
        for key, _ in self._selector.select(_TICK_S):
            worker: _Forked = key.data
            frames = worker.channel.heard()
            for frame in frames or ():
                self._hear(worker, frame)
            if frames is None:
                self._bury(worker)
        self._look_for_hung()

    def _hear(self, worker: _Forked, frame: Frame) -> None:
        fields = frame.fields
        if frame.kind == "want":
            self._give(worker)
        elif frame.kind == "start":
            worker.at, worker.since_s = fields["place"], Real.clock()
            worker.chunk.remove(worker.at)
        elif frame.kind == "finish":
            worker.at = None
            self._deaths = 0
            self._report(fields["place"], fields["reports"])
            if fields["stop"]:
                self._session.shouldstop = fields["stop"]
            if self._session.shouldstop or self._session.shouldfail:
                self._stop_all()
        elif frame.kind == "warning":
            self._warn(**fields)
        elif frame.kind == "done":
            worker.is_over = True
            self._log(fields["reports"])
        elif frame.kind == "exit":
            self._log(fields["reports"])
            raise pytest.exit.Exception(fields["reason"], fields["returncode"])
        elif frame.kind == "interrupt":
            raise KeyboardInterrupt
        else:
            self._log(fields["reports"])
            raise RuntimeError(f"a worker broke: {fields['reason']}")

    def _give(self, worker: _Forked) -> None:
        worker.chunk = [] if self._stopping else self._schedule.take(worker.name)
        with suppress(OSError):  # its death is met when it is heard
            if worker.chunk:
                worker.channel.send("run", places=worker.chunk)
            else:
                worker.channel.send("enough")

    def _report(self, place: int, reports: list[Any]) -> None:
        item = self._session.items[place]
        self._ended.add(place)
        if self._stopping:
            return
        item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
        self._log(reports)
        item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)

    def _log(self, reports: list[Any]) -> None:
        for each in reports:
            if isinstance(each, bytes):
                report = pickle.loads(each)  # noqa: S301 - from a copy of this process
            else:
                report = self._config.hook.pytest_report_from_serializable(config=self._config, data=each)
            self._config.hook.pytest_runtest_logreport(report=report)

    def _warn(self, message: Any, when: str, nodeid: str, location: Any) -> None:
        text, category, filename, lineno = message
        recorded = warnings.WarningMessage(text, category, filename, lineno)
        self._config.hook.pytest_warning_recorded.call_historic(
            kwargs={"warning_message": recorded, "nodeid": nodeid, "when": when, "location": location}
        )

    def _look_for_hung(self) -> None:
        now_s = Real.clock()
        for worker in self._alive:
            if worker.at is not None and now_s - worker.since_s > self._hang_s:
                os.kill(worker.pid, signal.SIGKILL)

    def _bury(self, worker: _Forked) -> None:
        self._selector.unregister(worker.channel)
        worker.channel.close()
        self._alive.remove(worker)
        _, status = os.waitpid(worker.pid, 0)
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(worker.pid, signal.SIGKILL)
        if worker.is_over:
            return
        if worker.at is not None:
            hung = Real.clock() - worker.since_s > self._hang_s
            why = f"took longer than {self._hang_s:g} s" if hung else f"ended its process: {_how(status)}"
            self._report(worker.at, [_failed(self._session.items[worker.at], f"worker {worker.name}: the test {why}")])
        else:
            self._deaths += 1
            if self._deaths >= _MOST_DEATHS:
                raise RuntimeError(f"workers die in no test: {_how(status)}")
        self._schedule.give_back(worker.chunk)
        if self._session.shouldstop or self._session.shouldfail:
            self._stop_all()
        elif not self._stopping:
            self._fork(worker.name)

    def _stop_all(self) -> None:
        if not self._stopping:
            self._stopping = True
            for worker in self._alive:
                with suppress(OSError):
                    worker.channel.send("enough")

    def _stop_where_wanted(self) -> None:
        if self._session.shouldfail:
            raise self._session.Failed(self._session.shouldfail)
        if self._session.shouldstop:
            raise self._session.Interrupted(self._session.shouldstop)

    def _end_workers(self) -> None:
        """Have the workers tear down and leave, as Ctrl-C has this process; those that do not are killed."""
        for worker in self._alive:
            with suppress(OSError):
                os.kill(worker.pid, signal.SIGINT)
        until_s = Real.clock() + _GRACE_S
        for worker in self._alive:
            while Real.clock() < until_s and not os.waitpid(worker.pid, os.WNOHANG)[0]:
                time.sleep(0.01)
            with suppress(OSError):
                os.killpg(worker.pid, signal.SIGKILL)
            with suppress(OSError):
                os.waitpid(worker.pid, 0)


def _failed(item: pytest.Item, message: str) -> bytes:
    report = pytest.TestReport(
        item.nodeid, item.location, dict.fromkeys(item.keywords, 1), "failed", message, "call", duration=0.0
    )
    return pickle.dumps(report)


def _how(status: int) -> str:
    if os.WIFSIGNALED(status):
        return f"signal {signal.Signals(os.WTERMSIG(status)).name}"
    return f"exit status {os.WEXITSTATUS(status)}"
