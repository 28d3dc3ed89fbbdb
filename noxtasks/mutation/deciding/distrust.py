"""Tests that are known to be flaky, by the last `flake.report.json`: their failures are no word on a mutant."""

from __future__ import annotations

from pathlib import Path

from noxtasks.errors import NoxtasksError
from noxtasks.evidence import artifacts

_REPORT = "flake.report.json"


def flaky_tests(reports: Path) -> dict[str, str]:
    """Each test that the report in the folder `reports` calls flaky, with the reason; none where there is no report."""
    if not (reports / _REPORT).is_file():
        return {}
    try:
        found = artifacts.read(reports, _REPORT).result["flaky"]
    except NoxtasksError:  # it is for the session that writes it to complain
        return {}
    return {each["test"]: f"flaky: failed {each['failures']} of {each['runs']} runs ({_REPORT})" for each in found}
