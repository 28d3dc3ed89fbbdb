"""One run: the given tests, in order, in this process, each told before and after."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from . import observing, seeding
from .frames import Real, Wire
from .leaks import LeakWatch
from .mutants import CallWatch
from .processes import ChildWatch
from .protocol import Protocol
from .recording import Case
from .touching import TouchWatch

if TYPE_CHECKING:
    from .footprint import FootprintWatch


class Relay:
    """The plugin through which pytest meets a runner: registered once for all runs, since that takes its time."""

    def __init__(self) -> None:
        self.runner: Runner | None = None

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:
        """Run the test without reports where that makes no difference; else leave it to pytest or a plugin."""
        return None if self.runner is None else self.runner.take(item, nextitem)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """A phase of the current test ended."""
        if self.runner is not None:
            self.runner.hear(report)


class Runner:
    """Runs tests through pytest's own protocol, so that fixtures, plugins and reruns work as ever.

    Which functions have run is told of each test, and with `touched`, of all together at the end: what they have used.
    """

    def __init__(
        self,
        wire: Wire,
        protocol: Protocol,
        seeders: list[seeding.Seeder],
        *,
        seed: int,
        floods: list[str],
        observed: frozenset[str],
        leaks: LeakWatch | None,
        calls: CallWatch | None = None,
        touched: TouchWatch | None = None,
        footprint: FootprintWatch | None = None,
    ) -> None:
        self._wire = wire
        self._protocol = protocol
        self._seeders = seeders
        self._seed = seed
        self._floods = floods
        self._observed = observed
        self._leaks = leaks
        self._calls = calls if touched is None else None
        self._all_calls = calls
        self._touched = touched
        self._footprint = footprint
        self._children = ChildWatch()
        self._case = Case()
        self._item: pytest.Item | None = None
        self._nodeid = ""
        self._phases_s: float | None = None

    def take(self, item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:
        """Run the test that is under way, if it can go without reports."""
        if item is not self._item or not self._protocol.takes(item):
            return None
        self._protocol.run(item, nextitem)
        self._phases_s = self._protocol.duration_s
        return True

    def hear(self, report: pytest.TestReport) -> None:
        """A phase of the current test ended."""
        if report.nodeid == self._nodeid:
            self._case.add(report)

    def run(self, items: list[pytest.Item]) -> bool:
        """Run `items`; false when one of them ended the session, and the rest needs another process."""
        owner, going_on = Real.getpid(), True
        for index, item in enumerate(items):
            following: Any = items[index + 1] if index + 1 < len(items) else None
            if following is item:  # the same once more: what it has set up for itself alone is torn down between
                following = item.parent
            going_on = self._run_one(index, item, following)
            if Real.getpid() != owner:  # a test forked, and this is the copy that came back from it
                Real.exit(0)
            if not going_on:
                break
        for test, command in self._children.bury_leaked():
            self._wire.send("leak", test=test, note=f"left a process running: {command}")
        for test, note in self._leaks.left() if self._leaks is not None else ():
            self._wire.send("leak", test=test, note=note)
        if self._touched is not None and self._all_calls is not None:
            self._wire.send("ran", test="", functions=self._all_calls.seen(), touched=self._touched.told())
        return going_on

    def _run_one(self, index: int, item: pytest.Item, following: Any) -> bool:
        self._case, self._item, self._nodeid, self._phases_s = Case(), item, item.nodeid, None
        self._floods.clear()
        self._wire.send("start", index=index)
        self._reseed(self._nodeid)
        stopped = False
        if self._calls is not None:
            self._calls.begin()
        if self._footprint is not None:
            self._footprint.begin()
        before = self._snapshot(item) if self._nodeid in self._observed else None
        began_s = Real.clock()
        try:
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
        except BaseException as error:  # pytest.exit, Ctrl-C from a test, a plugin that broke
            self._case.stop(error, self._rootdir(item))
            stopped = True
        session: Any = item.session
        if session.shouldstop or session.shouldfail:
            stopped = True
        if self._footprint is not None:
            self._wire.hold("used", test=self._nodeid, **self._footprint.taken(item))
        self._case.took(self._phases_s, within_s=Real.clock() - began_s)
        self._case.notes.extend(self._floods)
        self._children.look(self._nodeid)
        if self._leaks is not None:
            self._leaks.look(self._nodeid)
        if self._calls is not None:
            self._wire.hold("ran", test=self._nodeid, functions=self._calls.seen(item))
        if before is not None:
            changes = observing.differences(before, self._snapshot(item))
            self._wire.hold("changed", test=self._nodeid, changes=changes)
        self._wire.hold("finish", index=index, **self._case.fields())
        return not stopped

    def _snapshot(self, item: pytest.Item) -> observing.Snapshot:
        return observing.snapshot(self._rootdir(item), str(item.path.parent))

    def _rootdir(self, item: pytest.Item) -> str:
        return str(item.config.rootpath)

    def _reseed(self, nodeid: str) -> None:
        seed = seeding.derived(self._seed, nodeid)
        for seeder in self._seeders:
            seeder(seed)
