"""Whatever pytest and its plugins report of a test's phases becomes the one outcome that a person would name."""

from __future__ import annotations

from itertools import product
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from noxtasks.probe.noxtasks_probe.recording import Case
from noxtasks.suite import wire
from noxtasks.suite.model import Outcome

SETUPS = ("passed", "failed", "skipped", "xfailed")
CALLS = ("passed", "failed", "skipped", "xfailed", "xpassed")
TEARDOWNS = ("passed", "failed")


def a_report(when: str, how: str, *, duration: float = 0.5) -> Any:
    """A report as pytest makes it: expected failures are skips, unexpected passes are passes, both with a reason."""
    outcome = {"xfailed": "skipped", "xpassed": "passed"}.get(how, how)
    report = pytest.TestReport(
        nodeid="test_a.py::test_a",
        location=("test_a.py", 0, "test_a"),
        keywords={},
        outcome=outcome,  # type: ignore[arg-type] # "rerun" is a plugin's
        longrepr=f"{when} {how}" if how in {"failed", "rerun"} else None,
        when=when,  # type: ignore[arg-type]
        duration=duration,
    )
    if how.startswith("x"):
        report.wasxfail = "reason"
    return report


def told(*reports: tuple[str, str]) -> dict[str, Any]:
    case = Case()
    for when, how in reports:
        case.add(a_report(when, how))
    return case.fields()


def skipped(said: object) -> Any:
    report = a_report("call", "skipped")
    report.longrepr = said
    return report


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (("test_a.py", 3, "Skipped: Windows only"), "Windows only"),
        (("test_a.py", 3, "no"), "no"),
        ("a plugin's own", "a plugin's own"),
        (None, ""),
        (("test_a.py", 3, "Skipped: " + "x" * 1000), "x" * 500),
    ],
)
def test_the_reason_of_a_skip_is_told(said: object, reason: str) -> None:
    case = Case()
    case.add(skipped(said))
    assert case.fields().get("reason", "") == reason


def test_so_is_that_of_an_expected_failure_and_none_where_it_fails_after_all() -> None:
    assert told(("setup", "passed"), ("call", "xfailed"))["reason"] == "reason"
    assert "reason" not in told(("setup", "passed"), ("call", "xfailed"), ("teardown", "failed"))
    assert "reason" not in told(("setup", "passed"), ("call", "passed"))


def expected(setup: str, call: str, teardown: str) -> str:
    if setup == "failed":
        return "error"
    if setup != "passed":
        return "error" if teardown == "failed" else setup
    if call == "failed":
        return "failed"
    return "error" if teardown == "failed" else call


@pytest.mark.parametrize(("setup", "call", "teardown"), list(product(SETUPS, CALLS, TEARDOWNS)))
def test_the_phases_come_to_one_outcome(setup: str, call: str, teardown: str) -> None:
    phases = [("setup", setup), *([("call", call)] if setup == "passed" else []), ("teardown", teardown)]
    fields = told(*phases)
    assert fields["outcome"] == expected(setup, call, teardown)
    assert fields["duration_s"] == pytest.approx(0.5 * len(phases))
    assert ("failure" in fields) == ("failed" in {how for _, how in phases})


def test_the_first_failure_is_the_one_that_is_told() -> None:
    fields = told(("setup", "passed"), ("call", "failed"), ("teardown", "failed"))
    assert (fields["outcome"], fields["failure"]["message"]) == ("failed", "call failed")


@given(
    st.lists(st.sampled_from(["setup", "call"]), max_size=3),
    st.sampled_from(["passed", "failed"]),
    st.sampled_from(["passed", "failed"]),
)
def test_a_test_that_passed_only_when_it_was_run_again_is_a_rerun(again: list[str], call: str, teardown: str) -> None:
    reports: list[tuple[str, str]] = []
    for phase in again:
        reports += [("setup", "passed")] if phase == "call" else []
        reports += [(phase, "rerun"), ("teardown", "passed")]
    fields = told(*reports, ("setup", "passed"), ("call", call), ("teardown", teardown))
    if call == "passed" == teardown:
        assert fields["outcome"] == ("rerun" if again else "passed")
    else:
        assert fields["outcome"] == ("failed" if call == "failed" else "error")
    assert fields.get("reruns", 0) == len(again)
    if again:
        assert fields["failure"]["message"] == f"{again[0]} rerun"


def test_a_subtest_that_fails_makes_its_test_fail() -> None:
    fields = told(("setup", "passed"), ("call", "failed"), ("call", "passed"), ("teardown", "passed"))
    assert fields["outcome"] == "failed"


@pytest.mark.parametrize("end", CALLS)
def test_a_subtest_that_is_skipped_is_not_its_test(end: str) -> None:
    fields = told(("setup", "passed"), ("call", "skipped"), ("call", end), ("teardown", "passed"))
    assert fields["outcome"] == end


def test_a_subtest_that_is_skipped_hides_no_failure_of_another() -> None:
    fields = told(("setup", "passed"), ("call", "failed"), ("call", "skipped"), ("call", "passed"))
    assert fields["outcome"] == "failed"


def test_a_failure_that_the_quarantine_has_excused_is_a_failure_all_the_same() -> None:
    report = a_report("call", "xfailed")
    report.noxtasks_quarantine = {"since": "2026-01-02"}
    report.wasxfail = "quarantined since 2026-01-02: AssertionError"
    case = Case()
    case.add(report)
    assert case.fields()["outcome"] == "failed"


def test_the_facts_on_a_report_are_told_rather_than_its_text() -> None:
    report = a_report("call", "failed")
    report._noxtasks_failure = {"fingerprint": "f"}
    case = Case()
    case.add(report)
    assert case.fields()["failure"] == {"fingerprint": "f"}


def test_a_test_that_stops_the_session_is_stopped_whatever_was_reported_before() -> None:
    case = Case()
    case.add(a_report("setup", "passed"))
    case.stop(KeyboardInterrupt("enough"), "/nowhere")
    assert (case.fields()["outcome"], case.fields()["failure"]["exception"]) == ("stopped", "KeyboardInterrupt")


reports = st.tuples(st.sampled_from(["setup", "call", "teardown"]), st.sampled_from([*CALLS, "rerun"]))


@given(st.lists(reports, max_size=12))
def test_any_reports_in_any_order_come_to_an_outcome_that_the_other_end_knows(
    seen: list[tuple[str, str]],
) -> None:
    fields = told(*seen)
    frame = wire.decode(msgspec.json.encode({"frame": "finish", "index": 0, **fields}))
    assert isinstance(frame, wire.Finish)
    if any(how in {"failed", "rerun"} for _, how in seen):
        assert frame.failure is not None
    if any(how == "failed" for _, how in seen):
        assert frame.outcome in {Outcome.FAILED, Outcome.ERROR}
