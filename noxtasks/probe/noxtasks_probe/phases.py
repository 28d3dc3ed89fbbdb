"""Where the time of a pytest session goes: its start, collection, fixtures, tests, and which worker did what.

Each process of the session writes a file of its own, line by line, so that one that is killed has told all until then:
plain pytest one, xdist one for its controller and one for each worker, `noxtasks run` likewise. All clocks are that of
`time.perf_counter`, which processes of one machine share.

The environment has the plan, `NOXTASKS_PHASES={"folder": …, "alone": …}`; with `alone` nothing distributes the tests.
"""

from __future__ import annotations

import json
import os
from collections.abc import Generator
from contextlib import suppress
from typing import Any, Optional

import pytest

from . import taming
from .frames import Real, Wire

_PLAN = "noxtasks_phases"
_loaded_s = Real.clock()
_times = os.times


def pytest_addoption(pluginmanager: pytest.PytestPluginManager) -> None:
    """Join the session, where the environment has a plan, or where it may be told as a worker of xdist."""
    plan = os.environ.pop("NOXTASKS_PHASES", None)
    if plan is not None or "PYTEST_XDIST_WORKER" in os.environ:
        pluginmanager.register(Phases(plan), "noxtasks-phases")


class Phases:
    """Writes what this process does."""

    def __init__(self, plan: Optional[str]) -> None:
        self._plan = plan
        self._wire: Optional[Wire] = None
        self._worker: Optional[str] = None
        self._test: dict[str, float] = {}

    @pytest.hookimpl(tryfirst=True)
    def pytest_configure(self, config: pytest.Config) -> None:
        """Settle that every test is run, whatever fails, and begin."""
        self._plan = self._plan or getattr(config, "workerinput", {}).get(_PLAN)
        if self._plan is None:
            return
        taming.run_all(config)
        if json.loads(self._plan)["alone"]:
            taming.distribute_no_more(config)
        ini = getattr(config, "inipath", None)
        self._send("process", began=_loaded_s, ini=str(ini) if ini else "", root=str(config.rootpath))

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Hand the plan on to a worker of xdist."""
        node.workerinput[_PLAN] = self._plan

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_collection(self, session: pytest.Session) -> Generator[None, Any, None]:
        """Time the collection."""
        began = Real.clock()
        yield
        self._send("collection", began=began, ended=Real.clock(), tests=len(getattr(session, "items", ())))

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_runtestloop(self) -> Generator[None, Any, None]:
        """Tell how much of the processor's time the tests take, with that of processes that they wait for."""
        before = sum(_times()[:4])
        yield
        self._send("loop", cpu=sum(_times()[:4]) - before)

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, Any, None]:
        """Tell of one test, when it has begun and when it is over."""
        began = Real.clock()
        self._test = {"setup": 0.0, "call": 0.0, "teardown": 0.0, "shared": 0.0}
        yield
        self._send("test", test=item.nodeid, began=began, ended=Real.clock(), **self._test)

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_runtest_setup(self) -> Generator[None, Any, None]:
        """Time a setup."""
        yield from self._timed("setup")

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_runtest_call(self) -> Generator[None, Any, None]:
        """Time a call."""
        yield from self._timed("call")

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_runtest_teardown(self) -> Generator[None, Any, None]:
        """Time a teardown."""
        yield from self._timed("teardown")

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_fixture_setup(self, fixturedef: Any) -> Generator[None, Any, None]:
        """Time fixtures that several tests share."""
        began, nested = Real.clock(), self._test.get("shared", 0.0)
        yield
        if fixturedef.scope != "function":
            took = Real.clock() - began - (self._test.get("shared", 0.0) - nested)
            self._test["shared"] = self._test.get("shared", 0.0) + took
            self._send("fixture", name=str(fixturedef.argname), scope=str(fixturedef.scope), took=took)

    def _timed(self, phase: str) -> Generator[None, Any, None]:
        began = Real.clock()
        yield
        self._test[phase] = self._test.get(phase, 0.0) + Real.clock() - began

    def _send(self, kind: str, **fields: Any) -> None:
        """Write a line, in a file of this process's own; a process that a test has forked writes nothing."""
        if self._plan is None:
            return
        worker = os.environ.get("PYTEST_XDIST_WORKER", "")
        if self._wire is None or worker != self._worker:
            with suppress(OSError):
                if self._wire is not None:
                    self._wire.close()
            self._worker = worker
            self._wire = Wire.to_file(os.path.join(json.loads(self._plan)["folder"], f"{Real.getpid()}.jsonl"))
            self._wire.send("who", worker=worker)
        self._wire.send(kind, **fields)
