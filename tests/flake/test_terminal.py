"""What people read: every test with its command, no control character from a test's name, and GitHub's own forms."""

from __future__ import annotations

import re
import shlex
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import msgspec
import pytest

from noxtasks.evidence.display.text import shown
from noxtasks.flake import emit, rules, terminal
from noxtasks.flake.detect import Detection
from noxtasks.flake.model import Delta, Examination, Weighed
from noxtasks.history import StoredRun
from noxtasks.history.model import Cause, Tally
from noxtasks.suite.launch import Suite
from noxtasks.suite.model import EngineKind, Failure, Order, Outcome, Result, Run

SUITE = Suite(root=Path("/project"), python=Path("/project/.venv/bin/python"))
MOMENT = datetime(2026, 1, 2, tzinfo=UTC)


class Gathered:
    """What of a detection is told."""

    def __init__(
        self,
        *,
        upset: set[str] | None = None,
        only_in_forks: set[str] | None = None,
        unstable_ids: set[str] | None = None,
    ) -> None:
        self.unstable_ids = unstable_ids or set()
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
        explanations={},
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
    terminal.print_examination(examination, delta or compared(), cast(Detection, gathered or Gathered()), SUITE)
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
    assert f"noxtasks flake replay 8f3a1c-17 --test={shlex.quote(name)}\n" in out
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
    assert "unmeasured, no test that could be judged\n" in out


HARMFUL = "tests/a,b:c.py::test_a[two\nlines\x1b[31m 50% `x` ``|` \\| \r::error::]"


def test_no_name_reaches_the_screen_a_log_or_the_summary_as_it_is(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary.md"))
    examination = examined(HARMFUL)
    out = printed(capsys, examination, gathered=Gathered(upset={HARMFUL}, only_in_forks={HARMFUL}))
    assert all(line.isprintable() for line in out.split("\n"))
    (annotation,) = [line for line in out.split("\n") if line.startswith("::error")]
    properties, _, message = annotation.removeprefix("::error ").partition("::")
    assert properties == "file=tests/a%2Cb%3Ac.py,title=flake"
    assert message == f"flaky: {HARMFUL} failed 2/5".replace("%", "%25").replace("\n", "%0A").replace(
        "\r", "%0D"
    ).replace("\x1b", r"\u{1b}")
    (row,) = [line for line in (tmp_path / "summary.md").read_text().split("\n") if "2/5" in line]
    assert row.isprintable()
    cells = [cell.replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", row)[1:-1]]
    assert [cell.strip().strip("`").strip() for cell in cells] == [
        shown(HARMFUL),
        "2/5",
        "12%-77%",
        emit.replay_command(examination.flaky[0]),
    ]
    for cell in (cells[0], cells[3]):
        fence = re.match("`+", cell.strip())
        assert fence is not None
        assert cell.count(fence[0]) == 2


def test_a_replay_shows_a_failure_without_its_control_characters(capsys: pytest.CaptureFixture[str]) -> None:
    failure = Failure(fingerprint="f", phase="call", exception="E", message="m", text="E\tred \x1b[31m\nE   \x07 bell")
    result = Result(nodeid=HARMFUL, position=0, outcome=Outcome.FAILED, duration_s=0.1, failure=failure)
    run = Run(
        number=0,
        seed=0,
        hash_seed=0,
        order=Order.COLLECTED,
        engine=EngineKind.FORK,
        started=MOMENT,
        duration_s=0.1,
        results=(result,),
    )
    terminal.print_replay(cast(StoredRun, SimpleNamespace(name="8f3a1c-0")), run, {HARMFUL, "\n"}, {HARMFUL})
    lines = capsys.readouterr().out.split("\n")
    assert lines[:2] == [r"E       red \u{1b}[31m", r"E   \u{7} bell"]
    assert all(line.isprintable() for line in lines)


def test_a_test_whose_id_is_another_each_time_is_told_without_a_command(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary.md"))
    names = {f"test_a.py::test_a[{number}]" for number in range(3)}
    examination = examined(*names)
    nameless = msgspec.structs.replace(
        examination, flaky=tuple(msgspec.structs.replace(test, run_name="") for test in examination.flaky)
    )
    out = printed(capsys, nameless, gathered=Gathered(unstable_ids=names)).replace("\n", " ")
    assert "3 ids are not there in each collection" in out
    assert "give parameters ids that stay: test_a.py::test_a " in out
    assert "noxtasks flake replay" not in out + (tmp_path / "summary.md").read_text()
    assert out.count("no command repeats it") == 3


def test_what_other_sessions_and_imports_say_is_told_and_not_counted(capsys: pytest.CaptureFixture[str]) -> None:
    out = printed(capsys, examined(quiet="seldom", apart="needs_service", imported="in_ci"))
    assert "no failure in this one, which may be chance: seldom 1/20\n" in out
    assert "which are not counted (a service, a variable?): needs_service 5/5 -> 0/10\n" in out
    assert "not counted: in_ci 2/9 (2 passed when rerun)\n" in out
    assert "0 flaky, 0 broken" in out


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
