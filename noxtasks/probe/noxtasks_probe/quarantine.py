"""Honours the quarantine in any pytest: tests in it run as ever; their failures are told and do not fail the session.

A test is in quarantine by an entry in `quarantine.toml` (in pytest's root directory, or where pytest was started) or by
the mark `flaky_quarantine`; see `entries`. A failure in any phase of such a test becomes a report of an expected one
when it is *logged*: until then it is a failure, so that pytest-rerunfailures runs the test again, and noxtasks itself
sees what happened. Where an entry has expired, the failure counts, and says so. A test that takes its process with it
fails the session all the same.

`--no-quarantine` switches it off. Under the engine of noxtasks only the mark and the option are known.
Python 3.9+ and pytest 7+; the standard library and pytest alone.
"""

from __future__ import annotations

from collections.abc import Generator
from datetime import date, datetime, timezone
from typing import Any

import pytest

from . import entries

NAME = "noxtasks-quarantine"

_ENGINE = "noxtasks-collecting"  # there where noxtasks runs the suite and has to see every failure
_RERUNS = ("rerunfailures", "pytest_rerunfailures")  # as an installed plugin, and by -p
_SINCE = "quarantined since "
_CRASH_LIMIT = 300  # characters of a failure's first line
_ENTRY = pytest.StashKey[entries.Entry]()


def pytest_addoption(parser: pytest.Parser, pluginmanager: pytest.PytestPluginManager) -> None:
    """Join the session, unless another copy of this module has."""
    if pluginmanager.hasplugin(NAME):
        return
    pluginmanager.register(Quarantine(datetime.now(timezone.utc).date()), NAME)
    parser.getgroup("noxtasks").addoption(
        "--no-quarantine",
        action="store_true",
        dest="noxtasks_no_quarantine",
        help="failures of tests in quarantine fail the session like any other",
    )
    parser.addini("quarantine_file", f"where the quarantine is written down (default: {entries.FILE})", default="")


class Quarantine:
    """The plugin; `today` decides which entries have expired."""

    def __init__(self, today: date) -> None:
        self._today = today
        self._active = False
        self._rerun = False
        self._entries: dict[str, entries.Entry] = {}

    def pytest_configure(self, config: pytest.Config) -> None:
        """Make the mark known, and read the file. A file that is wrong ends pytest with all that is wrong with it."""
        config.addinivalue_line(
            "markers",
            f"{entries.MARK}(reason, *, since, expires, owner, issue, reruns): the test is known to be flaky: "
            "until its quarantine expires, its failures are told and do not fail the session",
        )
        manager, option = config.pluginmanager, config.option
        self._active = not (option.noxtasks_no_quarantine or manager.hasplugin(_ENGINE))
        if not self._active:
            return
        self._rerun = any(manager.hasplugin(name) for name in _RERUNS) and not getattr(option, "usepdb", False)
        found, problems = entries.read(_content(config))
        if problems:
            raise pytest.UsageError("\n".join(problems))
        self._entries = {entry.test: entry for entry in found}

    def pytest_report_header(self) -> str | None:
        """Say that there is a quarantine."""
        if not self._entries:
            return None
        expired = sum(entry.is_expired(self._today) for entry in self._entries.values())
        return f"quarantine: {len(self._entries)} in {entries.FILE}" + (f", {expired} expired" if expired else "")

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Find the tests in quarantine. Those whose entry says so are run again when they fail, and no others."""
        if not self._active:
            return
        problems: dict[str, None] = {}
        for item in items:
            entry = self._entry(item, problems)
            if entry is None:
                continue
            item.stash[_ENTRY] = entry
            again = entry.reruns and self._rerun and not entry.is_expired(self._today)
            if again and item.get_closest_marker("flaky") is None:
                item.add_marker(pytest.mark.flaky(reruns=entry.reruns))
        if problems:
            raise pytest.UsageError("\n".join(problems))

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[Any]) -> Generator[None, Any, None]:
        """Put the entry on each report of the test, from where it reaches the controller of xdist too."""
        outcome = yield
        entry = item.stash.get(_ENTRY, None)
        if entry is None:
            return
        report = outcome.get_result()
        report.noxtasks_quarantine = {
            "told": _told(entry),
            "since": str(entry.since),
            "expired": str(entry.expires) if entry.is_expired(self._today) else "",
            "crash": _first_line(call.excinfo.exconly(tryshort=True)) if call.excinfo is not None else "",
        }
        if report.failed and entry.is_expired(self._today):
            report.sections.append(("quarantine", _expired(report)))

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> Generator[None, Any, None]:
        """Turn a failure into an expected one before anybody counts it."""
        _excuse(report)
        yield

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_report_teststatus(self, report: Any) -> Generator[None, Any, None]:
        """Name it; pytest makes a test with failed subtests a failure only in here."""
        outcome = yield
        _excuse(report)
        if is_quarantined(report):
            outcome.force_result(("quarantined", "q", ("QUARANTINED", {"yellow": True})))

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """List what failed in quarantine, with the reason, and whose time is over."""
        excused = terminalreporter.stats.get("quarantined", [])
        failed = [*terminalreporter.stats.get("failed", []), *terminalreporter.stats.get("error", [])]
        expired = [report for report in failed if getattr(report, "noxtasks_quarantine", {}).get("expired")]
        if excused:
            terminalreporter.write_sep("=", "failures in quarantine", yellow=True)
        for report in excused:
            terminalreporter.write_line(f"{_shown(report.nodeid)}{_phase(report)} - {_crash(report)}")
            terminalreporter.write_line(f"  {report.noxtasks_quarantine['told']}")
            if terminalreporter.verbosity > 0 and hasattr(report, "longrepr"):
                report.toterminal(terminalreporter._tw)
        if expired:
            terminalreporter.write_sep("=", "expired quarantine", red=True)
        for report in expired:
            terminalreporter.write_line(f"{_shown(report.nodeid)}{_phase(report)}")
            terminalreporter.write_line(f"  {_expired(report)}")

    def _entry(self, item: pytest.Item, problems: dict[str, None]) -> entries.Entry | None:
        """Find the entry that holds for `item`; of several, the one that lasts longest."""
        found = []
        for mark in item.iter_markers(entries.MARK):
            where = f"{item.nodeid}: {entries.MARK}"
            if len(mark.args) > 1 or (mark.args and "reason" in mark.kwargs):
                problems[f"{where}: expected one reason and keywords, got {mark.args!r}"] = None
                continue
            fields = {**dict(zip(("reason",), mark.args)), **mark.kwargs}
            entry, wrong = entries.entry_of("", fields, where)
            problems.update(dict.fromkeys(wrong))
            found += [entry] if entry is not None else []
        if self._entries:
            nodeid = item.nodeid.encode("utf-8", "backslashreplace").decode("utf-8")
            found += [self._entries[each] for each in entries.ids_covering(nodeid) if each in self._entries]
        return max(found, key=lambda entry: entry.expires, default=None)


def reasons(config: pytest.Config, items: dict[str, pytest.Item]) -> dict[str, str]:
    """What is told of each of `items` that is in quarantine, expired or not; a wrong file or mark says nothing."""
    watch = Quarantine(date.min)
    watch._entries = {entry.test: entry for entry in entries.read(_content(config))[0]}
    found = {name: watch._entry(item, {}) for name, item in items.items()}
    return {name: f"in quarantine: {_told(entry)}" for name, entry in found.items() if entry is not None}


def is_quarantined(report: Any) -> bool:
    """Whether this is the report of a failure that the quarantine excused."""
    return hasattr(report, "noxtasks_quarantine") and str(getattr(report, "wasxfail", "")).startswith(_SINCE)


def _excuse(report: Any) -> None:
    quarantine = getattr(report, "noxtasks_quarantine", None)
    if quarantine is None or quarantine["expired"] or report.outcome != "failed":
        return
    phase = "" if report.when == "call" else f", in {report.when}"
    report.outcome = "skipped"
    report.wasxfail = f"{_SINCE}{quarantine['since']}{phase}: {_crash(report)}"


def _content(config: pytest.Config) -> bytes:
    given = config.getini("quarantine_file")
    folders = [config.rootpath] if given else [config.rootpath, config.invocation_params.dir]
    for folder in folders:
        try:
            return (folder / (given or entries.FILE)).read_bytes()
        except FileNotFoundError:
            continue
        except OSError as error:
            raise pytest.UsageError(f"{error.filename}: it cannot be read: {error.strerror}") from None
    if given:
        raise pytest.UsageError(f"quarantine_file: there is no file {config.rootpath / given}")
    return b""


def _told(entry: entries.Entry) -> str:
    days = f"since {entry.since}, until {entry.expires}"
    return _shown("; ".join(part for part in (days, entry.reason, entry.owner, entry.issue) if part))


def _expired(report: Any) -> str:
    quarantine = report.noxtasks_quarantine
    return f"the failure counts: the quarantine ended on {quarantine['expired']} ({quarantine['told']})"


def _crash(report: Any) -> str:
    return report.noxtasks_quarantine["crash"] or _first_line(str(report.longrepr or "")) or "failed"


def _phase(report: Any) -> str:
    return "" if report.when == "call" else f" ({report.when})"


def _first_line(text: str) -> str:
    return _shown(text.strip().partition("\n")[0][:_CRASH_LIMIT])


def _shown(text: str) -> str:
    """One line that harms no terminal."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)
