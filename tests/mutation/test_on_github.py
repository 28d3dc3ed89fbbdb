"""What GitHub shows: warnings where a pull request changes the code, and a summary."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import msgspec
import pytest

from noxtasks.mutation import on_github, wording
from noxtasks.mutation.model import Choice, Mutant, Report, Status
from noxtasks.suite import git

GIT = shutil.which("git") or ""


def commit(root: Path, *first: str) -> None:
    user = ("-c", "user.name=a", "-c", "user.email=a@example.org")
    for arguments in (first, ("add", "-A"), ("commit", "-qm", "x")):
        if arguments:
            subprocess.run([GIT, *user, *arguments], cwd=root, check=True, env=git.environment())


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A branch on which lines 2 and 4 of a file have changed since `main`, in a folder of the repository."""
    (tmp_path / "part" / "src").mkdir(parents=True)
    source = tmp_path / "part" / "src" / "shöp.py"
    source.write_text("one\ntwo\nthree\nfour\n")
    commit(tmp_path, "init", "-qb", "main")
    source.write_text("one\n++ two\nthree\nfour\nfive\n")
    commit(tmp_path, "checkout", "-qb", "topic")
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.delenv("GITHUB_BASE_REF", raising=False)
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    return tmp_path / "part"


@pytest.mark.functional
@pytest.mark.skipif(not GIT, reason="needs git")
def test_the_changed_lines_are_those_since_the_branch_began(root: Path) -> None:
    run = git.output_in(root)
    assert on_github.changed_lines(root, "main", run) == {"src/shöp.py": {2, 5}}
    for unknown in ("", "no-such-branch", "--all"):
        assert on_github.changed_lines(root, unknown, run) is None


@pytest.mark.functional
@pytest.mark.skipif(not GIT, reason="needs git")
def test_only_changed_lines_have_warnings(
    root: Path, report: Report, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    survivor = report.mutants[1]
    moved = msgspec.structs.replace(survivor, path="src/shöp.py", line=1, end_line=2, column=1, end_column=2)
    both = msgspec.structs.replace(report, mutants=(report.mutants[0], moved, *report.mutants[2:]))
    monkeypatch.setenv("GITHUB_BASE_REF", "main")
    on_github.tell(both, root, git.output_in(root))
    on_github.tell(report, root, git.output_in(root))
    assert capsys.readouterr().out == (
        "::warning file=src/shöp.py,line=1,title=mutation::? -> >= 100%0Asurvived: 2 tests let it live%0A"
        "$ noxtasks mutation explain 0000000000000001\n"
    )


def test_where_the_changes_are_not_known_some_survivors_have_warnings_and_that_is_said(
    report: Report, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.delenv("GITHUB_BASE_REF", raising=False)
    fates = {each: msgspec.structs.replace(fate, status=Status.SURVIVED) for each, fate in report.fates.items()}
    more: list[Mutant] = [msgspec.structs.replace(report.mutants[0], id=f"{number:016x}") for number in range(8, 12)]
    fates |= {mutant.id: msgspec.structs.replace(fates[report.mutants[0].id], mutant=mutant.id) for mutant in more}
    many = msgspec.structs.replace(report, mutants=(*report.mutants, *more), fates=fates)
    on_github.tell(many, tmp_path, lambda _: None)
    *warnings, last = capsys.readouterr().out.splitlines()
    assert len(warnings) == 10
    assert last.startswith("warnings beside 10 of 12 survivors, whether their lines have changed or not")


def test_elsewhere_nothing_is_said(
    report: Report, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    on_github.tell(report, tmp_path, lambda _: None)
    assert capsys.readouterr().out == ""


def test_the_summary_has_the_verdict_the_files_and_the_survivors(report: Report) -> None:
    since = msgspec.structs.replace(report.extent, choice=Choice.SINCE, since="main")
    lines = on_github.markdown(msgspec.structs.replace(report, extent=since)).splitlines()
    assert lines[0] == "### mutation: 1 survivor of 8 mutants"
    assert "mutation score 51.4% (43%-57%), of covered code 60.0%, at least 60%: **fail**, " in lines[2]
    assert lines[4] == "8 of 80 mutants: what has changed since main; each has been tried"
    assert "| `src/shop.py` | 3 | 1 | 1 | 51.4% | 43%-57% |" in lines
    assert "| `src/shop.py:3` | `> 100` → `>= 100` | `noxtasks mutation explain 0000000000000001` |" in lines


def test_the_summary_has_the_terms_of_the_user_and_what_came_of_them(report: Report, terms_report: Report) -> None:
    lines = on_github.markdown(terms_report).splitlines()
    assert lines[2].endswith(" (advisory until 2025-12-31)")
    assert {line for line in lines if line} >= {
        *wording.notes(terms_report),
        f"| `<b>shop` | 51.4% | 43%-57% | 60% | **fail**, {report.judgement.reason} |",
        "<details><summary>mutants that live and did not before: 2</summary>",
        "- `src/shop.py:3` `0000000000000001`: it was killed, and lives now",
        "- `gone: means no mutant of this scan`",
        "- `tests/test_shop.py::test_place: AssertionError: <b>`",
    }
    assert not re.search("advisory|scope|before|suppressions", on_github.markdown(report))


def test_long_lists_of_the_summary_are_cut(report: Report) -> None:
    left_out = tuple((f"test_{number}", "it fails") for number in range(25))
    lines = on_github.markdown(
        msgspec.structs.replace(report, baseline=msgspec.structs.replace(report.baseline, left_out=left_out))
    ).splitlines()
    assert sum("it fails" in line for line in lines) == 20
    assert "- and 5 more" in lines
