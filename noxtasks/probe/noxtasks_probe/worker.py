"""A forked worker: it runs the tests that it is given, and hands what pytest says of them to the process it came from.

What is of the whole session, and not of one test, is left to that process: the terminal, JUnit, the cache, the hooks of
plugins and conftests that hear of reports. They are put out of action here, and called there.
"""

from __future__ import annotations

import atexit
import json
import pickle
import signal
import sys
import traceback
from contextlib import nullcontext, suppress
from typing import Any, NamedTuple, Optional

import pytest

from . import isolation, namespaces, parting
from .aside import Aside
from .channel import Channel
from .frames import Real
from .outbox import Outbox, single
from .outlets import Outlets

_GATHERED_S = 0.05
"""Seconds for which what came of tests may gather before it is sent."""

_TELLING = (
    "pytest_runtest_logstart",
    "pytest_runtest_logreport",
    "pytest_runtest_logfinish",
    "pytest_warning_recorded",
)
_SIMPLE = (str, int, float, bool, type(None))
_OF_ONE_TEST = {"session", "logging-plugin"}
"""Plugins that hear of reports for the sake of the test that is under way."""


class Identity(NamedTuple):
    """Which of `workers` this is, of which run."""

    name: str
    workers: int
    testrun: str
    wanted: Optional[namespaces.Wanted]  # a world of its own


def work(session: pytest.Session, channel: Channel, outbox: Outbox, outlets: Outlets, identity: Identity) -> None:
    """Run what comes over `channel` until that says it is enough, then end this process.

    That happens in a world of its own where one is wanted, or the session ends.
    """
    owner = Real.getpid()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    atexit._clear()
    try:
        world = _world(session.config, identity.wanted) if identity.wanted else None
    except namespaces.RefusedError as error:
        channel.send("exit", reports=[], reason=str(error), returncode=namespaces.REFUSED)
        Real.exit(0)
    isolation.own_capture(session.config)
    outlets.place(session.config)
    _become(session.config, identity)
    worker = _Worker(session, channel, outbox, outlets, world)
    session.config.pluginmanager.register(worker, "noxtasks-worker")
    worker.hears_warnings = True
    try:
        worker.run()
    except BaseException as error:
        worker.end(error)
    finally:
        if Real.getpid() != owner:  # a test forked, and this is the copy that came back from it
            Real.exit(0)
        _leave(world)


def _world(config: pytest.Config, wanted: namespaces.Wanted) -> namespaces.World:
    factory: Any = getattr(config, "_tmp_path_factory", None)
    return namespaces.enter(wanted, [str(factory.getbasetemp())] if factory is not None else [])


def _become(config: pytest.Config, identity: Identity) -> None:
    isolation.own_identity(config, identity.name, identity.workers, identity.testrun)
    config.option.maxfail = 0  # how many may fail is counted where all are
    factory: Any = getattr(config, "_tmp_path_factory", None)
    if factory is not None:
        factory._basetemp = factory.getbasetemp() / f"popen-{identity.name}"
        factory._basetemp.mkdir(mode=0o700, exist_ok=True)
    manager = config.pluginmanager
    for hook in _TELLING:
        caller = getattr(manager.hook, hook)
        for implementation in caller.get_hookimpls():
            if implementation.plugin_name not in _OF_ONE_TEST:
                caller._remove_plugin(implementation.plugin)


def _leave(world: Optional[namespaces.World]) -> None:
    coverage = sys.modules.get("coverage")
    current = coverage.Coverage.current() if coverage is not None else None
    if current is not None:
        current.stop()
        current.save()
    atexit._run_exitfuncs()
    if world is not None:
        with suppress(OSError):
            world.carry_out()
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError, AttributeError):
            stream.flush()
    Real.exit(0)


def _warnings_of(item: pytest.Item) -> Any:
    """Has warnings recorded, or made errors, as while the test runs."""
    if not item.config.pluginmanager.hasplugin("warnings"):
        return nullcontext()
    from _pytest.warnings import catch_warnings_for_item

    return catch_warnings_for_item(config=item.config, ihook=item.ihook, when="runtest", item=item)


class _Live:
    """Stands for the terminal where pytest shows logs as they come: what is written is shown with the test's report."""

    def __init__(self) -> None:
        self._calls: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = []

    def write(self, *args: Any, **kwargs: Any) -> None:
        """As the terminal's."""
        self._calls.append(("write", args, kwargs))

    def section(self, *args: Any, **kwargs: Any) -> None:
        """As the terminal's."""
        self._calls.append(("section", args, kwargs))

    def flush(self) -> None:
        """As the terminal's."""

    def taken(self) -> list[tuple[str, tuple[Any, ...], dict[str, Any]]]:
        """What was written since."""
        taken, self._calls = self._calls, []
        return taken


class _Worker:
    def __init__(
        self,
        session: pytest.Session,
        channel: Channel,
        outbox: Outbox,
        outlets: Outlets,
        world: Optional[namespaces.World],
    ) -> None:
        self._session: Any = session
        self._world = world
        self._channel = channel
        self._outbox = outbox
        self._outlets = outlets
        self._aside = Aside(session.config)
        self._owner = Real.getpid()
        self._reports: list[pytest.TestReport] = []
        self._last: Optional[pytest.Item] = None
        self._sent_s = 0.0
        self._live = _Live()
        self.hears_warnings = False  # those from before, which are told of to each plugin that comes
        handler: Any = getattr(session.config.pluginmanager.get_plugin("logging-plugin"), "log_cli_handler", None)
        if hasattr(handler, "stream"):
            handler.stream = self._live

    def run(self) -> None:
        """Take chunk after chunk."""
        self._channel.send("want")
        while True:
            frame = self._channel.receive()
            if frame.kind == "enough":
                break
            places = frame.fields["places"]
            for number, place in enumerate(places):
                if self._outbox.is_stopped():
                    break
                following = places[number + 1] if number + 1 < len(places) else None
                self._run_one(place, following)
            self._send()
            self._channel.send("want")
        self._tear_down_to(None)
        discarded = self._world.discarded() if self._world is not None else []
        self._channel.send("done", reports=self._taken(), discarded=discarded, **_gathered(self._session))

    def end(self, error: BaseException) -> None:
        """Tell why this worker cannot go on, and tear down what it has set up."""
        if isinstance(error, pytest.exit.Exception):
            told = {"reason": str(error.msg), "returncode": error.returncode}
            kind = "exit"
        else:
            told = {"reason": "".join(traceback.format_exception(type(error), error, error.__traceback__))}
            kind = "interrupt" if isinstance(error, KeyboardInterrupt) else "broken"
        with suppress(BaseException):
            self._session._setupstate.teardown_exact(None)
        with suppress(OSError):
            self._send()
            self._channel.send(kind, reports=self._taken(), **told)

    def _run_one(self, place: int, following: Optional[int]) -> None:
        items = self._session.items
        item = items[place]
        self._tear_down_to(item)
        began_s = Real.clock()
        if began_s - self._sent_s > _GATHERED_S:
            self._send()
        self._outbox.begin(place, began_s)
        self._last = item
        item.config.hook.pytest_runtest_protocol(
            item=item, nextitem=items[following] if following is not None else item.parent
        )
        if Real.getpid() != self._owner:  # the test forked, and this is the copy that came back from it
            Real.exit(0)
        session = self._session
        ended_badly = any(report.outcome == "failed" for report in self._reports)
        stops = (str(session.shouldstop or ""), str(session.shouldfail or ""))
        said = self._live.taken(), self._outlets.taken()
        told = pickle.dumps(
            (place, self._taken(), stops, said, self._aside.taken(item.nodeid)), pickle.HIGHEST_PROTOCOL
        )
        if not self._outbox.end(told):
            self._send()
            if not self._outbox.end(told):
                self._channel.send("ended", content=single(told))
                self._outbox.leave()
        if ended_badly or any(stops):
            self._send()

    def _send(self) -> None:
        content = self._outbox.content()
        if content:
            self._channel.send("ended", content=content)
            self._outbox.clear()
        self._sent_s = Real.clock()

    def _tear_down_to(self, following: Optional[pytest.Item]) -> None:
        """Tear down what `following` does not need: at the end of a chunk it was not known which test would follow."""
        item, state = self._last, self._session._setupstate
        if item is None or not state.stack:
            return
        with _warnings_of(item):
            call = pytest.CallInfo.from_call(
                lambda: state.teardown_exact(following), "teardown", reraise=(pytest.exit.Exception, KeyboardInterrupt)
            )
        if call.excinfo is not None:
            self._reports.append(pytest.TestReport.from_item_and_call(item, call))  # to plugins the test is long over

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep a report for the other process."""
        hint = namespaces.hint(str(report.longrepr)) if self._world is not None and report.failed else ""
        if hint:
            report.sections.append(("noxtasks", hint))
        self._reports.append(report)

    def pytest_warning_recorded(self, warning_message: Any, when: Any, nodeid: str, location: Any) -> None:
        """Hand a warning on, for the summary of all."""
        if not self.hears_warnings:
            return
        message, category = warning_message.message, warning_message.category
        self._channel.send(
            "warning",
            message=_readable((message, category)),
            text=str(message),
            category=category.__name__,
            place=(warning_message.filename, warning_message.lineno),
            when=when,
            nodeid=nodeid,
            location=location,
        )

    @pytest.hookimpl(tryfirst=True)
    def pytest_internalerror(self, excrepr: Any) -> bool:
        """Hand on what pytest says of a defect of a plugin."""
        self._channel.send("broken", reports=[], reason=str(excrepr))
        return True

    def _taken(self) -> Any:
        """The reports since, as one pickle; where they hold what cannot be pickled, in a list, as each can be."""
        taken, self._reports = self._reports, []
        for report in taken[1:]:
            if report.keywords == taken[0].keywords:
                report.keywords = taken[0].keywords  # so that they are written once
        if any(map(_holds_values, taken)):
            return [_portable(self._session.config, each) for each in taken]
        try:
            return pickle.dumps(taken, pickle.HIGHEST_PROTOCOL)
        except Exception:
            return [_portable(self._session.config, each) for each in taken]


def _gathered(session: pytest.Session) -> dict[str, Any]:
    """What plugins have gathered here, or why there is nothing of it."""
    try:
        return {"gathered": pickle.dumps(parting.sum_up(session)), "why_not": ""}
    except Exception as error:
        return {"gathered": b"", "why_not": repr(error)}


def _holds_values(report: Any) -> bool:
    """Whether the test may have put values of any class into the report."""
    return any(type(value) not in _SIMPLE for _, value in report.user_properties)


def _portable(config: pytest.Config, report: Any) -> Any:
    """The report as it is, or, where it holds what cannot be read elsewhere, as pytest would write it into a file."""
    report.user_properties = [
        (name, value if type(value) in _SIMPLE or _readable(value) else str(value))
        for name, value in report.user_properties
    ]
    pickled = _readable([report])
    if pickled is not None:
        return pickled
    written = config.hook.pytest_report_to_serializable(config=config, report=report)
    return json.loads(json.dumps(written, default=repr))


def _readable(value: Any) -> Optional[bytes]:
    """Pickled, where the other process will be able to read it: there are classes that can only be written."""
    try:
        pickled = pickle.dumps(value, pickle.HIGHEST_PROTOCOL)
        pickle.loads(pickled)  # noqa: S301 - as just written
    except Exception:
        return None
    return pickled
