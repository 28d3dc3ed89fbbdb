"""Turns pytest's reports of a test's phases into one outcome, and sends it over the wire."""

from __future__ import annotations

import os
from collections.abc import Generator
from typing import Any

import pytest

from . import failures
from .frames import VERSION, Real, Wire
from .quarantine import is_quarantined

_SKIPPED = "Skipped: "
_REASON_LIMIT = 500  # characters kept of why a test was skipped
_RENDERED_LIMIT = 20  # long renderings per process; more distinct failures than that are told without


class Case:
    """What pytest has reported so far of one test in one run."""

    def __init__(self) -> None:
        self.outcome = "passed"
        self.duration_s = 0.0
        self.failure: dict[str, Any] | None = None
        self.reruns = 0
        self.reason = ""  # why it was skipped, or was expected to fail
        self.notes: list[str] = []

    def add(self, report: pytest.TestReport) -> None:
        """Take one phase's report into account."""
        self.duration_s += getattr(report, "duration", 0.0)
        if report.outcome == "rerun":  # type: ignore[comparison-overlap]
            self.reruns += 1
            self._fail("passed", report)
        elif report.outcome == "failed" or is_quarantined(report):
            self._fail("failed" if report.when == "call" else "error", report)
        elif self.outcome not in ("failed", "error") and report.when != "teardown":
            self.outcome = _unfailed(report)  # the last word counts: subtests report before their test does
            self.reason = _reason(report)

    def _fail(self, outcome: str, report: pytest.TestReport) -> None:
        if self.outcome not in ("failed", "error"):
            self.outcome = outcome
        if self.failure is None:
            failure = getattr(report, "_noxtasks_failure", None)
            self.failure = failure or failures.from_text(str(report.longrepr or ""), report.when or "call")

    def took(self, phases_s: float | None, *, within_s: float) -> None:
        """Take the time that was measured. What reports say is doubted where the test has moved the clock.

        `phases_s`: what its phases took; None where only the reports tell. `within_s`: how long all of it took.
        """
        if phases_s is not None:
            self.duration_s = phases_s
        elif not 0 <= self.duration_s <= within_s:
            self.duration_s = within_s

    def stop(self, error: BaseException, rootdir: str) -> None:
        """The test ended the session, or a plugin broke under it."""
        self.outcome = "stopped"
        self.failure = failures.describe(error, "call", rootdir)

    def fields(self) -> dict[str, Any]:
        """The fields of its `finish` frame; what is empty is left out."""
        outcome = "rerun" if self.reruns and self.outcome == "passed" else self.outcome
        fields = {"outcome": outcome, "duration_s": round(self.duration_s, 7)}
        reason = "" if outcome in ("failed", "error") else self.reason
        optional = {"failure": self.failure, "reruns": self.reruns, "reason": reason, "notes": self.notes}
        fields.update({name: value for name, value in optional.items() if value})
        return fields


def _unfailed(report: pytest.TestReport) -> str:
    expected = hasattr(report, "wasxfail")
    if report.outcome == "skipped":
        return "xfailed" if expected else "skipped"
    return "xpassed" if expected and report.when == "call" else "passed"


def _reason(report: pytest.TestReport) -> str:
    """Why a test was skipped, or was expected to fail, as the suite says it."""
    expected = getattr(report, "wasxfail", None)
    if expected is not None:
        return str(expected)[:_REASON_LIMIT]
    return why_skipped(report.longrepr) if report.skipped else ""


def why_skipped(longrepr: Any) -> str:
    """The reason in pytest's triple of path, line and message."""
    said = str(longrepr[2]) if isinstance(longrepr, tuple) and len(longrepr) == 3 else str(longrepr or "")  # noqa: PLR2004
    return said.removeprefix(_SKIPPED)[:_REASON_LIMIT]


class FailureNotes:
    """Puts the facts of a failure on pytest's report of it, and renders a long traceback once per fingerprint.

    With `quick`, tracebacks are not rendered otherwise: on suites with many failures that takes most of the time. At
    most `most` are rendered long in this process.
    """

    def __init__(self, known: list[str], *, quick: bool, most: int | None = None) -> None:
        self._quick = quick
        self.expect(known, most=most)

    def expect(self, known: list[str], *, most: int | None = None) -> None:
        """Begin anew, with other fingerprints and another limit."""
        self._known = set(known)
        self._most = _RENDERED_LIMIT if most is None else most
        self._rendered = 0

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[Any]) -> Generator[None, Any, None]:
        """Describe the exception of a failed phase."""
        option = item.config.option
        style = getattr(option, "tbstyle", "auto")
        if self._quick:
            option.tbstyle = "no"
        outcome = yield
        option.tbstyle = style
        report = outcome.get_result()
        if report.outcome in ("failed", "rerun") and call.excinfo is not None:
            self._note(item, call, report)

    def _note(self, item: pytest.Item, call: pytest.CallInfo[Any], report: Any) -> None:
        failure = failures.describe(call.excinfo.value, call.when, str(item.config.rootpath))  # type: ignore[union-attr]
        if failure["fingerprint"] not in self._known and self._rendered < self._most:
            self._known.add(failure["fingerprint"])
            self._rendered += 1
            text = str(item.repr_failure(call.excinfo)) if self._quick else str(report.longrepr)  # type: ignore[arg-type]
            wanted = getattr(item.config.option, "showcapture", "all")
            failure["text"] = failures.rendered(text) + failures.captured(report.sections, wanted)
        report._noxtasks_failure = failure


class Observer:
    """Records an ordinary pytest session, changing nothing. Under xdist the controller records, its workers do not."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._cases: dict[str, Case] = {}
        self._going_on: set[str] = set()  # tests whose attempt at hand is not their last
        self._silent = "PYTEST_XDIST_WORKER" in os.environ

    def pytest_configure(self, config: pytest.Config) -> None:
        """Say who speaks."""
        if self._silent:
            return
        config.pluginmanager.register(FailureNotes([], quick=False), "noxtasks-failures")
        self._wire.send("hello", version=VERSION, time=Real.now())

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        """A test begins, or another attempt at it."""
        if not self._silent and nodeid not in self._cases:
            self._cases[nodeid] = Case()
            self._wire.send("start", test=nodeid)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """A phase of it ended."""
        if report.nodeid not in self._cases:
            return
        self._cases[report.nodeid].add(report)
        if report.outcome == "rerun":  # type: ignore[comparison-overlap]
            self._going_on.add(report.nodeid)
        elif report.when == "setup":
            self._going_on.discard(report.nodeid)

    def pytest_runtest_logfinish(self, nodeid: str) -> None:
        """It ended, or an attempt at it: pytest-rerunfailures calls this, and `logstart`, for each."""
        if nodeid in self._going_on:
            self._going_on.discard(nodeid)
        else:
            self._finish(nodeid)

    def _finish(self, nodeid: str) -> None:
        if nodeid in self._cases:
            self._wire.send("finish", test=nodeid, **self._cases.pop(nodeid).fields())

    def pytest_sessionfinish(self) -> None:
        """The session ended by itself."""
        if not self._silent:
            self._wire.send("end")
