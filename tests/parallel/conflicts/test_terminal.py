"""What is said of marks is true of the user's pytest and pytest-xdist."""

from __future__ import annotations

import pytest

from noxtasks.parallel.conflicts import terminal
from noxtasks.parallel.conflicts.grouping import Marks
from noxtasks.parallel.conflicts.model import Conflict, Findings, Kind, Resource, Standing, Watch, Watched
from noxtasks.suite.edits import Edit

MARKS = Marks(edits=(Edit(path="test_a.py", before=b"", after=b"x = 1\n"),))


@pytest.mark.parametrize(
    ("versions", "said"),
    [
        ({"pytest": "9.2.0"}, "keeps tests of the same mark together."),
        ({"pytest": "9.1.1", "pytest-xdist": "3.8.0"}, "so does pytest-xdist with --dist loadgroup."),
        ({"pytest": "9.2.0", "pytest-xdist": "3.8.0"}, "pytest-xdist 3.8.0 beside pytest 9.2.0 does not, unless"),
    ],
)
def test_who_heeds_the_marks(versions: dict[str, str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    terminal.print_marks(MARKS, versions, is_written=True)
    assert said in capsys.readouterr().out


def test_a_few_of_each_kind_are_named(capsys: pytest.CaptureFixture[str]) -> None:
    left = tuple(Watched(watch=Watch.FILE, what=f"out-{number}.txt", tests=("test_a",)) for number in range(9))
    moved = Watched(watch=Watch.FOLDER, what="", tests=("test_a", "test_b"))
    terminal.print_findings(Findings(watched=(*left, moved)))
    said = capsys.readouterr().out
    assert "file left: out-0.txt: test_a" in said
    assert "file left: … and 5 more" in said
    assert "working directory left changed: a folder elsewhere: test_a, test_b" in said


def test_of_a_failure_the_first_line_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    conflict = Conflict(
        standing=Standing.PROVEN,
        resource=Resource(kind=Kind.FILE, name="out.txt"),
        tests=("test_a", "test_b"),
        sharing=("test_a", "test_b"),
        failure="AssertionError: not one\nassert 'two' == 'one'",
    )
    terminal.print_findings(Findings(conflicts=(conflict,)))
    said = capsys.readouterr().out
    assert "    AssertionError: not one\n" in said
    assert "assert 'two'" not in said
