"""One run: the given tests, in order, in this process, each told before and after."""

from __future__ import annotations

from typing import Any

import pytest

from . import seeding
from .frames import Real, Wire
from .processes import ChildWatch
from .recording import Case


class Runner:
    """Runs tests through pytest's own protocol, so that fixtures, plugins and reruns work as ever."""

    def __init__(self, wire: Wire, seeders: list[seeding.Seeder], *, seed: int, floods: list[str]) -> None:
        self._wire = wire
        self._seeders = seeders
        self._seed = seed
        self._floods = floods
        self._children = ChildWatch()
        self._case = Case()
        self._nodeid = ""

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """A phase of the current test ended."""
        if report.nodeid == self._nodeid:
            self._case.add(report)

    def run(self, items: list[pytest.Item]) -> bool:
        """Run `items`; false when one of them ended the session, and the rest needs another process."""
        owner, going_on = Real.getpid(), True
        for index, item in enumerate(items):
            following = items[index + 1] if index + 1 < len(items) else None
            going_on = self._run_one(index, item, following)
            if Real.getpid() != owner:  # a test forked, and this is the copy that came back from it
                Real.exit(0)
            if not going_on:
                break
        for test, command in self._children.bury_leaked():
            self._wire.send("leak", test=test, command=command)
        return going_on

    def _run_one(self, index: int, item: pytest.Item, following: pytest.Item | None) -> bool:
        self._case, self._nodeid = Case(), item.nodeid
        self._floods.clear()
        self._wire.send("start", index=index)
        self._reseed(item)
        stopped = False
        try:
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
        except BaseException as error:  # pytest.exit, Ctrl-C from a test, a plugin that broke
            self._case.stop(error, str(item.config.rootpath))
            stopped = True
        session: Any = item.session
        if session.shouldstop or session.shouldfail:
            stopped = True
        self._case.notes.extend(self._floods)
        self._children.look(item.nodeid)
        self._wire.send("finish", index=index, **self._case.fields())
        return not stopped

    def _reseed(self, item: pytest.Item) -> None:
        seed = seeding.derived(self._seed, item.nodeid)
        for seeder in self._seeders:
            seeder(seed)
