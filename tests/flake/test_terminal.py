"""What people read: every test with its command, no control character from a test's name, and GitHub's own forms."""

from __future__ import annotations

import shlex
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noxtasks.flake import rules, terminal
from noxtasks.flake.detect import Detection
from noxtasks.flake.model import Delta, Examination, Weighed
from noxtasks.history.model import Cause, Tally
from noxtasks.suite.model import Outcome

MOMENT = datetime(2026, 1, 2, tzinfo=UTC)


class Gathered:
    """What of a detection is told."""

    def __init__(self, *, upset: set[str] | None = None, only_in_forks: set[str] | None = None) -> None:
        self.elapsed_s = 1.25
        self.upset = upset or set()
        self.only_in_forks = only_in_forks or set()


def examined(*names: str, quiet: str = "", apart: str = "", imported: str = "") -> Examination:
    cause = Cause(
        fingerprint="f", exception="app.BrokenError", message="m", count=2, first=MOMENT, session_id="8", run_number=1
    )
    flaky = [Tally(nodeid=name, outcomes={Outcome.FAILED: 2, Outcome.PASSED: 3}, causes=(cause,)) for name in names]
    tests = [Weighed(now=tally, pooled=tally) for tally in flaky]
    if quiet:
        pooled = Tally(nodeid=quiet, outcomes={Outcome.FAILED: 1, Outcome.PASSED: 19})
        tests.append(Weighed(now=Tally(nodeid=quiet, outcomes={Outcome.PASSED: 10}), pooled=pooled))
    if apart:
        now = Tally(nodeid=apart, outcomes={Outcome.PASSED: 10})
        tests.append(Weighed(now=now, pooled=now, left_out=Tally(nodeid=apart, outcomes={Outcome.ERROR: 5})))
    return rules.examine(
        tests,
        [],
        imported=[Tally(nodeid=imported, outcomes={Outcome.RERUN: 2, Outcome.PASSED: 7})] if imported else [],
        repeats={},
        first_seen=dict.fromkeys(names, MOMENT),
        run_names=dict.fromkeys(names, "8f3a1c-17"),
        threshold=0.05,
        confidence=0.95,
    )


def compared(old: tuple[str, ...] = (), new: tuple[str, ...] = ()) -> Delta:
    def tallies(flaky: tuple[str, ...], steady: tuple[str, ...]) -> list[Tally]:
        often = {Outcome.FAILED: 50, Outcome.PASSED: 50}
        return [Tally(nodeid=name, outcomes=often) for name in flaky] + [
            Tally(nodeid=name, outcomes={Outcome.PASSED: 100}) for name in steady
        ]

    counts = ((5, 10), (5, 10)) if old or new else ((0, 0), (5, 10))
    return rules.compare(tallies(old, new), tallies(new, old), disturbed=counts, confidence=0.95)


def printed(
    capsys: pytest.CaptureFixture[str],
    examination: Examination,
    delta: Delta | None = None,
    gathered: Gathered | None = None,
) -> str:
    terminal.print_examination(examination, delta or compared(), cast(Detection, gathered or Gathered()))
    return capsys.readouterr().out


@pytest.fixture(autouse=True)
def elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)


def test_each_test_is_told_with_its_rate_and_a_command_that_is_not_broken_over_lines(
    capsys: pytest.CaptureFixture[str],
) -> None:
    name = "tests/" + "deep/" * 40 + "test_a.py::test_a[a b]"
    out = printed(capsys, examined(name))
    assert "2/5" in out
    assert "BrokenError" in out
    assert f"noxtasks flake replay 8f3a1c-17 --test {shlex.quote(name)}\n" in out
    assert "1 flaky, 0 broken" in out


def test_of_very_many_tests_the_first_are_told_and_how_many_more(capsys: pytest.CaptureFixture[str]) -> None:
    out = printed(capsys, examined(*[f"test_a.py::test_{number:02}" for number in range(25)]))
    assert out.count("noxtasks flake replay") == 20
    assert "5 more in flake.report.json" in out
    assert "25 flaky" in out


def test_what_is_new_or_recovered_is_told_only_where_there_was_a_session_before(
    capsys: pytest.CaptureFixture[str],
) -> None:
    out = printed(capsys, examined("new"), compared(old=("old",), new=("new",)))
    assert "new since the last comparable session: new" in out
    assert "recovered: old" in out
    assert "since" not in printed(capsys, examined("new"))


def test_what_could_not_be_measured_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    out = printed(capsys, examined(), gathered=Gathered(upset={"shares"}, only_in_forks={"forks"}))
    assert "not counted: failed only while another run went on beside it: shares" in out
    assert "unmeasured: fails in forks" in out
    assert "unmeasured, 0 runs are too few to say" in out


def test_what_other_sessions_and_imports_say_is_told_and_not_counted(capsys: pytest.CaptureFixture[str]) -> None:
    out = printed(capsys, examined(quiet="seldom", apart="needs_service", imported="in_ci"))
    assert "no failure in this one, which may be chance: seldom 1/20\n" in out
    assert "which are not counted (a service, a variable?): needs_service 5/5 -> 0/10\n" in out
    assert "not counted: in_ci 2/9 (2 passed when rerun)\n" in out
    assert "0 flaky, 0 broken" in out


@given(st.text(st.characters()))
def test_a_name_is_shown_on_one_line_without_control_characters(name: str) -> None:
    shown = terminal.shown(name)
    assert shown.isprintable()
    assert shown == name or not name.isprintable()


def test_github_gets_an_annotation_for_each_and_a_summary(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    summary = tmp_path / "summary.md"
    summary.write_text("before\n")
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    out = printed(capsys, examined("tests/test_a.py::test_a[50%|x]", "tests/test_b.py::test_b"))
    annotations = [line for line in out.splitlines() if line.startswith("::error")]
    assert annotations == [
        "::error file=tests/test_a.py,title=flake::flaky: tests/test_a.py::test_a[50%25|x] failed 2/5",
        "::error file=tests/test_b.py,title=flake::flaky: tests/test_b.py::test_b failed 2/5",
    ]
    before, *lines = summary.read_text().splitlines()
    assert before == "before"
    rows = [line for line in lines if line.startswith("| `tests/")]
    assert len(rows) == 2
    assert all(row.replace("\\|", "").count("|") == 5 for row in rows)
    assert "2 flaky, 0 broken" in lines[0]
