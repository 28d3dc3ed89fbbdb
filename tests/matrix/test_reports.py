"""What is said of the cells: lines that fit, commands that work, text that does no harm."""

from __future__ import annotations

import shlex

import pytest

from noxtasks.config import Settings
from noxtasks.matrix import emit, on_github, terminal, wording
from noxtasks.matrix.model import Entry, Report, Uncollected
from noxtasks.matrix.run import judged
from noxtasks.suite.model import Outcome
from tests.matrix.conftest import ELSEWHERE, LINUX, MACOS, PASSED, SKIPPED, WINDOWS, cell, record

PATHS = Entry(
    outcome=Outcome.FAILED, exception="AssertionError", message=r"assert 'a\\b' == 'a/b'", place="tests/t.py:7"
)
HOSTILE = "tests/t.py::test[\x1b[31m::error::|`%s\n]"


@pytest.fixture
def report() -> Report:
    linux = {f"tests/t.py::t{number}": PASSED for number in range(20)}
    linux |= {HOSTILE: PASSED, "tests/u.py::a": PASSED, "tests/u.py::b": PASSED, "tests/t.py::nowhere": SKIPPED}
    windows = {**linux, **{f"tests/t.py::t{number}": PATHS for number in range(7)}, HOSTILE: PATHS}
    del windows["tests/u.py::a"], windows["tests/u.py::b"], windows["tests/t.py::t19"]
    module = Uncollected(path="tests/u.py", is_error=False, reason="POSIX only", by_platform=True)
    pypy = cell("linux", "3.10", machine="riscv64_long", implementation="pypy")
    return judged(
        [
            record(LINUX, linux),
            record(WINDOWS, windows, uncollected=(module,)),
            record(MACOS, {**linux, "tests/t.py::t1": ELSEWHERE}),
            record(pypy, linux),
        ],
        Settings(),
        wanted=("macos-3.14",),
        flaky=("tests/t.py::t6",),
        notes=("left out: a/b.json: altered",),
    )


def test_the_terminal_says_it_in_eighty_columns(report: Report, capsys: pytest.CaptureFixture[str]) -> None:
    terminal.print_report(report)
    said = capsys.readouterr().out
    assert "\x1b" not in said
    table = [line for line in said.splitlines() if "%" in line and "-3.1" in line][:4]
    assert len(table) == 4
    assert all(len(line) <= 80 for line in table)
    assert "path separator: 7 tests" in said
    assert "failed only on windows" in said
    assert "flaky, and left out: tests/t.py::t6" in said
    assert "hidden: on windows: no test of tests/u.py runs: POSIX only" in said
    assert "hidden: 1 test in no cell at all: no database" in said
    assert "not collected in windows-3.12: tests/t.py::t19" in said
    assert "missing: macos-3.14" in said
    assert "left out: a/b.json: altered" in said
    assert "consistency fail" in said


def test_where_it_ends_otherwise_is_told_by_how_it_ends_there_and_not_by_where_it_is_not() -> None:
    older = record(cell("windows", "3.11"), {"tests/t.py::u": PASSED})
    windows = record(WINDOWS, {"tests/t.py::t": PATHS})
    found = judged([record(LINUX, {"tests/t.py::t": PASSED}), older, windows], Settings(), wanted=()).differing
    assert [wording.where(each) for each in found] == ["failed only on windows"]


def test_a_command_has_the_id_of_the_cell_in_which_it_ends_otherwise() -> None:
    windows = record(WINDOWS, {r"tests/t.py::t[C:\\x]": PATHS})
    found = judged([record(LINUX, {"tests/t.py::t[/x]": PASSED}), windows], Settings(), wanted=()).differing
    assert [shlex.split(wording.again(each))[-1] for each in found] == [r"tests/t.py::t[C:\\x]"]


def test_a_command_that_is_printed_runs_that_test(report: Report) -> None:
    for each in report.differing:
        words = shlex.split(wording.again(each))
        assert words[:3] == ["python", "-m", "pytest"]
        assert len(words) == 4


def test_a_hostile_id_makes_no_annotation_and_no_table_of_its_own(
    report: Report, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    on_github.tell(report)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 7
    assert all(line.startswith("::error file=tests/t.py,line=7,title=matrix%3A path separator::") for line in lines)
    text = on_github.markdown(report)
    rows = [line for line in text.splitlines() if "path separator" in line]
    assert len(rows) == 7
    assert text.startswith("### consistency fail")


@pytest.mark.parametrize(
    ("rate", "said"),
    [(1.0, "100.0%"), (0.99999, "99.9%"), (0.95, "95.0%"), (0.0, "0.0%"), (None, "-"), (0.29, "29.0%")],
)
def test_a_rate_is_rounded_down_so_that_a_hundred_means_all(rate: float | None, said: str) -> None:
    assert wording.percent(rate) == said


def test_ids_and_reasons_are_no_markdown_of_the_summary() -> None:
    odd = "<b>@someone [x](https://example.org)"
    linux = {f"t.py::{odd}": PASSED, "t.py::skips": Entry(outcome=Outcome.SKIPPED, reason=odd)}
    said = on_github.markdown(judged([record(LINUX, linux), record(WINDOWS, {})], Settings(), wanted=(), notes=(odd,)))
    lines = [line for line in said.splitlines() if odd in line]
    assert len(lines) > 2
    assert all(line.startswith("- `") and line.endswith("`") for line in lines)


def test_the_place_of_a_difference_is_a_line_where_that_is_known(report: Report) -> None:
    assert {emit.place(each) for each in report.differing} == {("tests/t.py", 7)}
