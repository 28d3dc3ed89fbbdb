"""pytest's protocol of one test, without the reports that nobody reads.

For every phase pytest makes a report and hands it to whoever counts, prints or stores it, passed or not. That costs as
much as a small test. Where pytest's own plugins alone would get it, and need it only of a phase that did not pass, a
phase that passed is not reported here. Everything else is as in `_pytest.runner`: the same hooks run the phases, in the
same order, and a phase that did not pass is reported as ever.
"""

from __future__ import annotations

from typing import Any

import pytest
from _pytest import skipping, tmpdir

from .frames import Real

_CONTENT = {
    "pytest_runtest_logstart": {"logging-plugin"},
    "pytest_runtest_makereport": {"runner", "unittest", "skipping", "tmpdir", "noxtasks-failures"},
    "pytest_runtest_logreport": {"logging-plugin", "session", "noxtasks-runner"},
    "pytest_runtest_logfinish": {"logging-plugin"},
}
"""By hook, the plugins that can do without it for a phase that passed."""

_NO_READERS = {"faulthandler", "unittest"}
"""The plugins that hear of a failure, and read nothing in its report."""

_RUNNERS = {"runner", "noxtasks-runner"}
"""The plugins that may run a test; another one (reruns, a process for each test) has a protocol of its own."""

_TMP_PATH_RESULTS: Any = getattr(tmpdir, "tmppath_result_key", None)  # since pytest 7.3


class Protocol:
    """Runs the tests that can go without reports; `duration_s` is what the phases of the last one took.

    Where `is_terse`, a report of a failure has no text: to find the lines of a traceback takes longer than many a test.
    """

    def __init__(self, config: pytest.Config, *, is_terse: bool = False) -> None:
        option = config.option
        self._is_terse = is_terse
        self._reraised = (pytest.exit.Exception, KeyboardInterrupt)
        self._shows_setup = bool(getattr(option, "setupshow", False) or getattr(option, "setuponly", False))
        self._fit: dict[int, bool] = {}  # by id of the hooks that hold for a folder; they live as long as the session
        self.duration_s = 0.0

    def takes(self, item: pytest.Item) -> bool:
        """Whether nothing would differ for `item`."""
        if type(item) is not pytest.Function or self._shows_setup:
            return False
        hooks = item.ihook
        fit = self._fit.get(id(hooks))
        if fit is None:
            fit = self._fit[id(hooks)] = _are_content(hooks)
        return fit

    def run(self, item: pytest.Item, following: pytest.Item | None) -> None:
        """What `_pytest.runner.runtestprotocol` does."""
        test: Any = item
        if not test._request:
            test._initrequest()
        began_s = Real.clock()
        try:
            if self._phase(test, "setup", test.ihook.pytest_runtest_setup):
                self._phase(test, "call", test.ihook.pytest_runtest_call)
            if test.session.shouldfail or test.session.shouldstop:
                following = None
            self._phase(test, "teardown", test.ihook.pytest_runtest_teardown, nextitem=following)
        finally:
            self.duration_s = Real.clock() - began_s
            test._request = False
            test.funcargs = None

    def _phase(self, item: Any, when: Any, hook: Any, **arguments: Any) -> bool:
        call = pytest.CallInfo.from_call(lambda: hook(item=item, **arguments), when, reraise=self._reraised)
        if call.excinfo is None and not (when == "call" and item.stash.get(skipping.xfailed_key, None)):
            if _TMP_PATH_RESULTS is not None:
                item.stash.setdefault(_TMP_PATH_RESULTS, {})[when] = True
            return True
        if self._is_terse and not _names(item.ihook.pytest_exception_interact) - _NO_READERS:
            item.repr_failure = item._repr_failure_py = lambda *_, **__: ""
        report = item.ihook.pytest_runtest_makereport(item=item, call=call)
        item.ihook.pytest_runtest_logreport(report=report)
        if call.excinfo is not None and not hasattr(report, "wasxfail") and not report.skipped:
            item.ihook.pytest_exception_interact(node=item, call=call, report=report)
        return bool(report.passed)


def _are_content(hooks: Any) -> bool:
    runners = {one.plugin_name for one in hooks.pytest_runtest_protocol.get_hookimpls() if not _wraps(one)}
    return runners <= _RUNNERS and all(_names(getattr(hooks, name)) <= content for name, content in _CONTENT.items())


def _names(hook: Any) -> set[str]:
    return {one.plugin_name for one in hook.get_hookimpls()}


def _wraps(implementation: Any) -> bool:
    return bool(implementation.hookwrapper or getattr(implementation, "wrapper", False))
