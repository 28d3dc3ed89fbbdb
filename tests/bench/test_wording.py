"""Changes, times and verdicts in words."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
import pytest

from noxtasks.bench import on_github, terminal, wording
from noxtasks.bench.model import Bisection, Commit, Comparison, Finding, Metric, Report
from noxtasks.stats import Interval, Shift, Verdict


def a_comparison(test: str, finding: Finding, estimate: float, low: float, metric: Metric = Metric.CPU) -> Comparison:
    change = Shift(estimate=estimate, interval=Interval(low=low, high=2 * estimate - low), pairs=20)
    return Comparison(test=test, metric=metric, finding=finding, change=change, threshold=0.05, p=0.001)


REPORT = Report(
    against="0123456789abcdef",
    verdict=Verdict.FAIL,
    reason="1 benchmark of 3 slower",
    summaries=(),
    comparisons=(
        a_comparison("test_a.py::test_steady", Finding.STEADY, 0.001, -0.01),
        a_comparison("test_a.py::test_slow[|`\x1b]", Finding.SLOWER, 0.12, 0.1),
        a_comparison("test_a.py::test_counted", Finding.STEADY, 0.002, float("-inf"), Metric.INSTRUCTIONS),
    ),
    left_out={"test_a.py::test_broken": "ValueError: no"},
)


def test_the_slowest_comes_first_and_what_is_no_finding_says_by_what_it_was_judged() -> None:
    assert [wording.said(each) for each in wording.slowest_first(REPORT)] == ["slower", "instructions", "CPU time"]
    assert [wording.interval(each) for each in wording.slowest_first(REPORT)] == [
        "+10.0% to +14.0%",
        "",
        "-1.0% to +1.2%",
    ]


@pytest.mark.parametrize(("figure", "said"), [(1.5, "1.5 s"), (0.0021, "2.1 ms"), (3e-10, "0.3 ns"), (None, "too few")])
def test_times_have_the_unit_that_suits_them(figure: float | None, said: str) -> None:
    assert wording.seconds(figure) == said


def test_the_summary_is_a_table_that_no_name_breaks() -> None:
    lines = on_github.markdown(REPORT).splitlines()
    assert lines[0] == "### bench: fail against `0123456789`"
    assert lines[6] == "| `` test_a.py::test_slow[\\|`\\u{1b}] `` | +12.0% | +10.0% to +14.0% | **slower** |"
    assert len(lines) == 10


def a_bisection(*subjects: str, finding: Finding) -> Bisection:
    date = datetime(2026, 5, 4, tzinfo=UTC)
    left = tuple(Commit(id=str(at) * 40, subject=each, date=date) for at, each in enumerate(subjects, 1))
    alone = (a_comparison("t", finding, 0.04, 0.03),)
    return Bisection(good="a", bad="b", test="t", threshold=0.05, tried=(), left=left, alone=alone)


def test_of_a_bisection_the_commit_is_told_and_what_it_does_by_itself() -> None:
    assert wording.bisection(a_bisection("slow \x1b down", finding=Finding.SLOWER)) == [
        f"t became slower by {'1' * 40}",
        "  1111111111 2026-05-04 slow \\u{1b} down",
        "  +4.0% (+3.0% to +5.0%) slower t",
    ]


def test_of_a_bisection_it_is_told_when_commits_are_left_and_when_it_came_in_steps() -> None:
    assert wording.bisection(a_bisection("one", "two", finding=Finding.STEADY)) == [
        "t became slower by one of 2 commits, not all of which could be tried",
        "  1111111111 2026-05-04 one",
        "  2222222222 2026-05-04 two",
        "  by itself that is not surely slower than the commit before: it came in several steps",
        "  +4.0% (+3.0% to +5.0%) steady t",
    ]


def test_github_is_told_of_a_bisection_too() -> None:
    found = a_bisection("slow `it` down", finding=Finding.SLOWER)
    lines = on_github.markdown(msgspec.structs.replace(REPORT, bisection=found)).splitlines()
    assert "- `` 1111111111 2026-05-04 slow `it` down ``" in lines


def test_nothing_is_wider_than_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    terminal.print_report(REPORT)
    out = capsys.readouterr().out
    assert "bench: fail, 1 benchmark of 3 slower" in out
    assert "\x1b" not in out
    assert all(len(line) <= 80 for line in out.splitlines())
