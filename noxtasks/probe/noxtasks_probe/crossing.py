"""Which calls cross a border between packages of the project while tests run, and from which function to which.

A call is of the function that runs and the nearest one below it on the stack that is the project's, too: between them
may be a decorator's, a framework's, or that of a mapping. What is called while a module is imported is no call of a
test, nor what a child process does.

From Python 3.12 on by `sys.monitoring` (PEP 669), with a tool of its own beside that of coverage.py: code of others has
its event taken away the first time that it runs, and a function of the project's own once it was called very often
without news. Before, by a profile function (`sys.setprofile`), which coverage.py does not use; each thread that starts
later has it as well. Where the user's own tool holds what is needed, nothing is recorded, and that is told.

The environment names the plan, `NOXTASKS_CROSSING=FILE`: JSON, `{"folder": …, "units": {module: unit}}`.
Each process that runs tests writes a file of its own there, with a frame for each distinct call as soon as it is seen.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Generator
from types import CodeType, FrameType
from typing import Any, Optional

import pytest

from .frames import Real, Wire

_VARIABLE = "NOXTASKS_CROSSING"
_TOOL = "noxtasks-crossing"
_TOOLS = (4, 3, 0)
"""Identifiers of `sys.monitoring` that no kind of tool has a claim on, but 0 (debuggers), which few tests are under."""

_DEPTH = 40
"""Frames of others that may lie between two of the project's."""

_PATIENCE = 10_000
"""Calls of one function without news, after which it is left alone."""


def pytest_addoption(pluginmanager: pytest.PytestPluginManager) -> None:
    """Join the session, where the environment has a plan."""
    path = os.environ.pop(_VARIABLE, None)
    if path is not None:
        with open(path, encoding="utf-8") as file:
            pluginmanager.register(Crossing(json.load(file)), _TOOL)


class Crossing:
    """Records while the tests run."""

    def __init__(self, plan: dict[str, Any]) -> None:
        self._folder = plan["folder"]
        self._units = plan["units"]

    @pytest.hookimpl(hookwrapper=True, trylast=True)
    def pytest_runtestloop(self) -> Generator[None, Any, None]:
        """Watch from the first test to the last."""
        wire = Wire.to_file(os.path.join(self._folder, f"{Real.getpid()}.jsonl"))
        watch = Watch(self._units, wire)
        means: Any = Monitoring(watch) if hasattr(sys, "monitoring") else Profiling(watch)
        trouble = means.start()
        wire.send("watching", trouble=trouble)
        yield
        if not trouble:
            means.stop()
        wire.send("end")
        wire.close()


class Watch:
    """Tells calls that cross a border, each once."""

    def __init__(self, units: dict[str, str], wire: Wire) -> None:
        self._units = units
        self._wire = wire
        # By identity: codes of two files are equal where they look alike. Held, so that no other has their identity.
        self._told: dict[tuple[int, int], tuple[CodeType, CodeType]] = {}

    def unit(self, frame: FrameType) -> Optional[str]:
        """The side of the borders that a frame runs on; None for what is not the project's."""
        name = frame.f_globals.get("__name__")
        return self._units.get(name) if type(name) is str else None

    def see(self, frame: FrameType, unit: str) -> bool:
        """Whether the call that `frame`, of `unit`, has begun with is news."""
        caller = frame.f_back
        for _ in range(_DEPTH):
            if caller is None:
                return False
            source = self.unit(caller)
            if source is not None:
                return source != unit and self._tell(caller, source, frame, unit)
            caller = caller.f_back
        return False

    def _tell(self, caller: FrameType, source: str, frame: FrameType, target: str) -> bool:
        pair = (caller.f_code, frame.f_code)
        key = (id(pair[0]), id(pair[1]))
        if key in self._told or any(code.co_name == "<module>" for code in pair):
            return False
        self._told[key] = pair
        self._wire.send("crossing", source=source, target=target, caller=_named(caller), called=_named(frame))
        return True


def _named(frame: FrameType) -> str:
    """MODULE:QUALIFIED.NAME; before Python 3.11 the name alone, and its line, since several may have it."""
    code = frame.f_code
    name = getattr(code, "co_qualname", None) or f"{code.co_name}:{code.co_firstlineno}"
    return f"{frame.f_globals['__name__']}:{name}"


class Monitoring:
    """By `sys.monitoring`."""

    def __init__(self, watch: Watch) -> None:
        self._watch = watch
        self._monitoring: Any = sys.monitoring  # type: ignore[attr-defined, unused-ignore] # from Python 3.12 on
        self._tool: Optional[int] = None
        self._quiet: dict[int, tuple[int, CodeType]] = {}  # calls without news; held, as above

    def start(self) -> str:
        """Begin; why not, where that cannot be."""
        free = [tool for tool in _TOOLS if self._monitoring.get_tool(tool) is None]
        if not free:
            return "other tools hold all of sys.monitoring"
        self._tool = free[0]
        event = self._monitoring.events.PY_START
        self._monitoring.use_tool_id(self._tool, _TOOL)
        self._monitoring.register_callback(self._tool, event, self._started)
        self._monitoring.set_events(self._tool, event)
        return ""

    def stop(self) -> None:
        """End, and let the identifier go."""
        self._monitoring.set_events(self._tool, 0)
        self._monitoring.register_callback(self._tool, self._monitoring.events.PY_START, None)
        self._monitoring.free_tool_id(self._tool)

    def _started(self, code: CodeType, _offset: int) -> Any:
        frame = sys._getframe(1)
        unit = self._watch.unit(frame)
        if unit is None:
            return self._monitoring.DISABLE
        key = id(code)
        calls = 0 if self._watch.see(frame, unit) else self._quiet.get(key, (0, code))[0] + 1
        self._quiet[key] = (calls, code)
        return self._monitoring.DISABLE if calls > _PATIENCE else None


class Profiling:
    """By a profile function."""

    def __init__(self, watch: Watch) -> None:
        self._watch = watch

    def start(self) -> str:
        """Begin; why not, where that cannot be."""
        if sys.getprofile() is not None:
            return "another profile function is at work"
        threading.setprofile(self._called)
        sys.setprofile(self._called)
        return ""

    def stop(self) -> None:
        """End, unless a test has put another in its place."""
        if sys.getprofile() == self._called:
            sys.setprofile(None)
        threading.setprofile(None)

    def _called(self, frame: FrameType, event: str, _argument: Any) -> None:
        if event == "call":
            unit = self._watch.unit(frame)
            if unit is not None:
                self._watch.see(frame, unit)
