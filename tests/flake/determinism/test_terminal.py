"""What people read: every kind with its reason and its lines in 80 columns, and GitHub's own forms."""

from __future__ import annotations

from pathlib import Path

import pytest

from noxtasks import config
from noxtasks.flake.determinism import rules, terminal
from noxtasks.flake.determinism.model import Audit, Differing, Finding, Kind, Replays
from noxtasks.flake.determinism.reasons import REASONS


def an_audit(*findings: Finding, differing: tuple[Differing, ...] = (), unread: tuple[str, ...] = ()) -> Audit:
    return Audit(
        files=1,
        findings=findings,
        ignored=2,
        unread=unread,
        tests=5,
        runs=2,
        differing=differing,
        score=rules.score([("runs", Replays(tried=2, failed=1))], confidence=0.95),
    )


def a_finding(kind: Kind, line: int = 3, path: str = "tests/test_a.py", code: str = "time.sleep(1)") -> Finding:
    return Finding(kind=kind, path=path, line=line, code=code, what="time.sleep()")


@pytest.fixture(autouse=True)
def elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)


def test_every_kind_is_told_with_its_reason_its_advice_and_the_name_to_ignore_it_by(
    capsys: pytest.CaptureFixture[str],
) -> None:
    long = "x" * 200
    terminal.print_audit(an_audit(*(a_finding(kind, code=long) for kind in Kind)))
    said = capsys.readouterr().out
    assert all(len(line) <= 80 for line in said.splitlines())
    words = " ".join(said.split())
    for kind in Kind:
        reason = REASONS[kind]
        assert f"{reason.title} [{kind.value}]: 1" in words
        assert reason.why in words
        assert reason.advice in words
    assert "1 file, 5 tests: 13 findings, 2 ignored" in said
    assert "failures that replay exactly: 50.0% (9%-91%), 1 of 2 repeats" in said


def test_the_kinds_of_the_settings_are_those_that_there_are() -> None:
    assert set(config.KINDS) == {kind.value for kind in Kind} == {kind.value for kind in REASONS}


def test_of_very_many_lines_the_first_are_told_and_how_many_more(capsys: pytest.CaptureFixture[str]) -> None:
    terminal.print_audit(an_audit(*(a_finding(Kind.SLEEP, line) for line in range(1, 26))))
    said = capsys.readouterr().out
    assert said.count("tests/test_a.py:") == 10
    assert "15 more in determinism.audit.json" in said


def test_names_cannot_harm_the_terminal_and_long_places_get_a_line_of_their_own(
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = "tests/" + "deep/" * 20 + "test_a.py"
    ends = Differing(test="test_a.py::test[\x1b[31m]", first="passed", second="failed: \x1b" + "y" * 100)
    terminal.print_audit(an_audit(a_finding(Kind.SLEEP, 3, path), differing=(ends,), unread=("test_\x1b.py",)))
    said = capsys.readouterr().out
    assert "\x1b" not in said
    assert f"{path}:3\n" in said
    assert "1 test ended otherwise" in said


def test_github_gets_an_annotation_for_each_line_and_a_summary(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary.md"))
    ends = Differing(test="tests/test_a.py::test_b[50%]", first="passed", second="failed")
    terminal.print_audit(an_audit(a_finding(Kind.SLEEP, code="sleep(1 | 2)"), differing=(ends,)))
    first, second = [line for line in capsys.readouterr().out.splitlines() if line.startswith("::error")]
    assert first.startswith("::error file=tests/test_a.py,line=3,title=determinism%3A sleep::time.sleep(): ")
    assert second.startswith("::error file=tests/test_a.py,title=determinism::tests/test_a.py::test_b[50%25] ended")
    assert "| sleep | `tests/test_a.py:3` | `sleep(1 \\| 2)` |" in (tmp_path / "summary.md").read_text()
