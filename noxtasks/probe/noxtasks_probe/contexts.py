"""Has the coverage.py that measures this process note which test runs which line: its dynamic context is the test.

Named by `-p`. A test's context begins before its fixtures are set up, and ends when they are torn down, so what a
fixture of the session does is the first test's. Lines that run between tests, as modules are imported, are nobody's;
nor are those of processes that tests start. Without coverage.py, or where it does not measure, nothing happens.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import pytest


@pytest.hookimpl(hookwrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, Any, None]:
    """Everything that happens for a test happens within this."""
    _switch(item.nodeid.encode("utf-8", "backslashreplace").decode("utf-8"))  # it goes into a database
    yield
    _switch("")


def _switch(context: str) -> None:
    try:
        import coverage
    except ImportError:
        return
    measuring = coverage.Coverage.current()
    if measuring is None:
        return
    try:
        measuring.switch_context(context)
    except coverage.CoverageException:  # a test has stopped it
        return
