"""Changes, times and verdicts in words."""

from __future__ import annotations

import shlex
from pathlib import Path

import msgspec
import pytest

from noxtasks.bench import on_github, terminal, wording
from noxtasks.bench.model import Comparison, Finding, Metric, Report
from noxtasks.cli import build_parser
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


@pytest.mark.parametrize(
    ("metric", "figure", "said"),
    [
        (Metric.P95, 0.0021, "2.1 ms"),
        (Metric.MEMORY, 1023.0 * 2**20, "1023 MiB"),
        (Metric.MEMORY, 1.5 * 2**20, "1.5 MiB"),
        (Metric.MEMORY, 0.0, "0 B"),
        (Metric.INSTRUCTIONS, 1234567.4, "1,234,567"),
        (Metric.MEMORY, None, "too few"),
    ],
)
def test_a_figure_has_the_unit_of_its_metric(metric: Metric, figure: float | None, said: str) -> None:
    assert wording.amount(metric, figure) == said


def test_the_command_measures_the_same_again() -> None:
    timed = msgspec.structs.replace(REPORT, comparisons=REPORT.comparisons[:2])
    words = shlex.split(wording.again(timed, ("-k", "not slow")))
    parsed = build_parser().parse_args(words[1:])
    assert (parsed.against, parsed.count, parsed.pytest_args) == ("0123456789abcdef", False, ("-k", "not slow"))
    counted = msgspec.structs.replace(REPORT, comparisons=REPORT.comparisons[2:])
    assert wording.again(counted, ()) == "noxtasks bench --against 0123456789abcdef --count"
    assert wording.again(msgspec.structs.replace(timed, is_stored=True), ()) == "noxtasks bench"


def test_the_summary_is_a_table_that_no_name_breaks() -> None:
    lines = on_github.markdown(REPORT).splitlines()
    assert lines[0] == "### bench: fail against `0123456789`"
    assert lines[6] == "| `` test_a.py::test_slow[\\|`\\u{1b}] `` | +12.0% | +10.0% to +14.0% | **slower** |"
    assert len(lines) == 10


def test_nothing_is_wider_than_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    terminal.print_report(REPORT, page=Path("reports/bench.html"))
    out = capsys.readouterr().out
    assert "bench: fail, 1 benchmark of 3 slower" in out
    assert out.endswith("every benchmark, drawn: reports/bench.html\n")
    assert "\x1b" not in out
    assert all(len(line) <= 80 for line in out.splitlines())
