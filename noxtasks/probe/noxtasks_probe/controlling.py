"""The process that collected, while workers run its tests: hands out what is wanted, and hears what came of it.

Every test that was collected is accounted for: it ended on a worker, or its worker died in it, or the session was
stopped before; anything else is an error of the session, with the name of the test.
"""

from __future__ import annotations

import gc
import os
import pickle
import selectors
import signal
import time
import warnings
from contextlib import suppress
from typing import Any, Optional

import pytest

from . import namespaces, outlets, parting, processes
from .aside import Aside, Taken
from .channel import Channel, Frame
from .frames import Real
from .outbox import Outbox, parted
from .outlets import Outlets, Said
from .schedule import Schedule
from .worker import Identity, work

_GRACE_S = 5.0  # for a worker to tear down what it has set up
_TICK_S = 1.0
_LOOK_S = 0.005
_MOST_DEATHS = 3  # of workers in no test, one after the other


class _Forked:
    """A worker, as this process sees it."""

    def __init__(self, name: str, pid: int, channel: Channel, outbox: Outbox, outlets: Outlets) -> None:
        self.name = name
        self.pid = pid
        self.channel = channel
        self.outbox = outbox
        self.outlets = outlets
        self.chunk: list[int] = []  # what it was given and has not ended
        self.is_over = False


class Controller:
    """Runs the tests of `session` on `workers` processes, each a copy of this one."""

    def __init__(
        self,
        session: pytest.Session,
        schedule: Schedule,
        workers: int,
        *,
        hang_s: float,
        testrun: str,
        wanted: Optional[namespaces.Wanted] = None,
    ) -> None:
        self._session: Any = session
        self._testrun = testrun
        self._wanted = wanted
        self.discarded: set[str] = set()
        """What tests of isolated workers have written or removed in the project, which nobody else sees."""
        self._config = session.config
        self._schedule = schedule
        self._names = [f"gw{number}" for number in range(workers)]
        self._hang_s = hang_s
        self._selector = selectors.DefaultSelector()
        self._alive: list[_Forked] = []
        self._ended: set[int] = set()
        self._deaths = 0  # in no test, since the last that ended
        self._stopping = False
        self._order: dict[str, list[int]] = {}  # by worker, what it ran
        self._failed: set[int] = set()
        self._aside = Aside(self._config)

    def failing(self) -> dict[str, list[str]]:
        """By worker that had a failure, the tests that it ran up to its last one."""
        found: dict[str, list[str]] = {}
        for name, places in self._order.items():
            last = max((at for at, place in enumerate(places) if place in self._failed), default=None)
            if last is not None:
                found[name] = [self._session.items[place].nodeid for place in places[: last + 1]]
        return found

    def run(self) -> None:
        """Run all tests. Raises what pytest's own loop would: `Session.Failed`, `Session.Interrupted`, `Exit`."""
        reporter = self._config.pluginmanager.get_plugin("terminalreporter")
        if reporter is not None:
            reporter.showfspath = False  # the tests of one file are not in a row
        gc.freeze()  # what was collected stays, and looking through it again and again takes time in each process
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
                worker.outbox.close()
                worker.outlets.close()
        lost = [item.nodeid for place, item in enumerate(self._session.items) if place not in self._ended]
        self._stop_where_wanted()
        if lost:
            raise RuntimeError(f"{len(lost)} tests were collected and never ended, such as {lost[0]}")

    def _fork(self, name: str) -> None:
        ours, theirs = Channel.pair()
        outbox, outlet = Outbox(), Outlets()
        parent = Real.getpid()
        outlets.flush()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # of native threads
            pid = os.fork()
        if pid == 0:
            try:
                processes.die_with_parent(parent)
                os.setsid()
                ours.close()
                self._selector.close()
                for other in self._alive:
                    other.channel.close()
                    other.outlets.close()
                theirs.move()
                identity = Identity(name, len(self._names), self._testrun, self._wanted)
                work(self._session, theirs, outbox, outlet, identity)
            finally:
                Real.exit(1)
        theirs.close()
        forked = _Forked(name, pid, ours, outbox, outlet)
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
        elif frame.kind == "ended":
            self._hear_of_tests(worker, fields["content"])
        elif frame.kind == "warning":
            self._warn(**fields)
        elif frame.kind == "done":
            worker.is_over = True
            self.discarded.update(fields["discarded"])
            self._log(fields["reports"])
            self._hear_the_last(worker, fields["gathered"], fields["why_not"])
        elif frame.kind == "exit":
            self._log(fields["reports"])
            raise pytest.exit.Exception(fields["reason"], fields["returncode"])
        elif frame.kind == "interrupt":
            raise KeyboardInterrupt
        else:
            self._log(fields["reports"])
            raise RuntimeError(f"a worker broke: {fields['reason']}")

    def _hear_the_last(self, worker: _Forked, gathered: bytes, why_not: str) -> None:
        """Have plugins hear of what they gathered there. They did without before: that they cannot breaks nothing."""
        if not why_not:
            try:
                parting.hear(self._config, worker.name, pickle.loads(gathered))  # noqa: S301 - from a copy of this process
            except Exception as error:
                why_not = repr(error)
        if why_not:
            text = f"what plugins gathered in worker {worker.name} is not told: {why_not}"
            self._config.issue_config_time_warning(pytest.PytestWarning(text), 2)

    def _hear_of_tests(self, worker: _Forked, content: bytes) -> None:
        for told in parted(content):
            place, reports, stops, (live, said), aside = pickle.loads(told)  # noqa: S301 - from a copy of this process
            if place in self._ended:  # it was found before it was sent
                continue
            self._deaths = 0
            worker.chunk.remove(place)
            self._order.setdefault(worker.name, []).append(place)
            self._report(place, reports, live, said, aside)
            self._session.shouldstop = stops[0] or self._session.shouldstop
            self._session.shouldfail = stops[1] or self._session.shouldfail
            if self._session.shouldstop or self._session.shouldfail:
                self._stop_all()

    def _give(self, worker: _Forked) -> None:
        worker.chunk = [] if self._stopping else self._schedule.take(worker.name)
        with suppress(OSError):  # its death is met when it is heard
            if worker.chunk:
                worker.channel.send("run", places=worker.chunk)
            else:
                worker.channel.send("enough")

    def _report(
        self, place: int, reports: Any, live: Any = (), said: Optional[Said] = None, aside: Optional[Taken] = None
    ) -> None:
        item = self._session.items[place]
        self._ended.add(place)
        if self._stopping:
            return
        item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
        reporter = self._config.pluginmanager.get_plugin("terminalreporter")
        for name, args, kwargs in live if reporter is not None else ():
            getattr(reporter, name)(*args, **kwargs)
        if said:
            outlets.show(said)
        if aside is not None:
            self._aside.give(item.nodeid, aside)
        for report in self._read(item, reports):
            if report.failed:
                self._failed.add(place)
            item.ihook.pytest_runtest_logreport(report=report)
        item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)

    def _log(self, reports: Any) -> None:
        """Tell of what ended after its test was over."""
        for report in self._read(None, reports):
            self._config.hook.pytest_runtest_logreport(report=report)

    def _read(self, item: Optional[pytest.Item], reports: Any) -> list[Any]:
        found: list[Any] = []
        for each in [reports] if isinstance(reports, bytes) else reports:
            if not isinstance(each, bytes):
                found.append(self._config.hook.pytest_report_from_serializable(config=self._config, data=each))
                continue
            try:
                found += pickle.loads(each)  # noqa: S301 - from a copy of this process
            except Exception as error:
                if item is None:
                    raise
                found.append(_failed(item, f"what the test reports cannot be read here: {error!r}"))
        return found

    def _warn(
        self,
        *,
        message: Optional[bytes],
        text: str,
        category: str,
        place: tuple[str, int],
        when: str,
        nodeid: str,
        location: Any,
    ) -> None:
        found: tuple[Any, Any] = (text, type(category, (Warning,), {}))  # of that name, where it cannot come over
        if message is not None:
            with suppress(Exception):
                found = pickle.loads(message)  # noqa: S301 - from a copy of this process
        recorded = warnings.WarningMessage(*found, *place)
        self._config.hook.pytest_warning_recorded.call_historic(
            kwargs={"warning_message": recorded, "nodeid": nodeid, "when": when, "location": location}
        )

    def _look_for_hung(self) -> None:
        now_s = Real.clock()
        for worker in self._alive:
            place, since_s = worker.outbox.under_way()
            if place is None or now_s - since_s < _TICK_S:
                continue
            content = worker.outbox.content()
            if worker.outbox.under_way() != (place, since_s):  # it went on
                continue
            self._hear_of_tests(worker, content)
            if now_s - since_s > self._hang_s:
                os.kill(worker.pid, signal.SIGKILL)

    def _bury(self, worker: _Forked) -> None:
        self._selector.unregister(worker.channel)
        worker.channel.close()
        self._alive.remove(worker)
        _, status = os.waitpid(worker.pid, 0)
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(worker.pid, signal.SIGKILL)
        if not worker.is_over:
            self._hear_of_tests(worker, worker.outbox.content())
            parting.lack(self._config)
            self._blame(worker, status)
        worker.outbox.close()
        outlets.show(worker.outlets.taken())
        worker.outlets.close()

    def _blame(self, worker: _Forked, status: int) -> None:
        """Have the test fail that the worker died in, and another worker go on."""
        at, since_s = worker.outbox.under_way()
        if at is not None:
            hung = Real.clock() - since_s > self._hang_s
            why = f"took longer than {self._hang_s:g} s" if hung else f"ended its process: {_how(status)}"
            report = _failed(self._session.items[at], f"worker {worker.name}: the test {why}")
            self._report(at, pickle.dumps([report]), said=worker.outlets.taken())
            worker.chunk.remove(at)
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
                worker.outbox.stop()

    def _stop_where_wanted(self) -> None:
        if self._session.shouldfail:
            raise self._session.Failed(self._session.shouldfail)
        if self._session.shouldstop:
            raise self._session.Interrupted(self._session.shouldstop)

    def _end_workers(self) -> None:
        """Have the workers tear down and leave, as Ctrl-C has this process; what had ended by then is told.

        Those that do not leave are killed, and at another Ctrl-C all are.
        """
        try:
            for worker in self._alive:
                worker.outbox.stop()
                with suppress(OSError):
                    os.kill(worker.pid, signal.SIGINT)
            until_s = Real.clock() + _GRACE_S
            waited_for = list(self._alive)
            while waited_for and Real.clock() < until_s:
                waited_for = [worker for worker in waited_for if not os.waitpid(worker.pid, os.WNOHANG)[0]]
                time.sleep(_LOOK_S)
        finally:
            for worker in self._alive:
                with suppress(OSError):
                    os.killpg(worker.pid, signal.SIGKILL)
                with suppress(OSError):
                    os.waitpid(worker.pid, 0)
        for worker in self._alive:
            for frame in worker.channel.rest():
                if frame.kind == "ended":
                    self._hear_of_tests(worker, frame.fields["content"])
            self._hear_of_tests(worker, worker.outbox.content())
            outlets.show(worker.outlets.taken())


def _failed(item: pytest.Item, message: str) -> pytest.TestReport:
    return pytest.TestReport(
        item.nodeid, item.location, dict.fromkeys(item.keywords, 1), "failed", message, "call", duration=0.0
    )


def _how(status: int) -> str:
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        names = {int(each): each.name for each in signal.Signals}  # those of real time have no name, but for two
        return f"signal {names.get(number, number)}"
    return f"exit status {os.WEXITSTATUS(status)}"
