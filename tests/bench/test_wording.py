"""Changes, times and verdicts in words."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
import pytest

from noxtasks.bench import on_github, terminal, wording
from noxtasks.bench.model import Comparison, Finding, Metric, Point, Report, Step, Trend
from noxtasks.bench.trend import TOGETHER
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


def a_trend(test: str, steps: list[tuple[int, float]], drift: tuple[int, float] | None) -> Trend:
    def step(at: int, change: float) -> Step:
        return Step(at=at, change=change, interval=Interval(low=change - 0.01, high=change + 0.01))

    points = tuple(
        Point(code_version=f"{day:010}abc", taken=datetime(2026, 10, day, 23, tzinfo=UTC), value_s=1.0)
        for day in range(1, 21)
    )
    return Trend(
        test=test,
        metric=Metric.CPU,
        points=points,
        steps=tuple(step(*each) for each in steps),
        drift=step(*drift) if drift else None,
    )


TRENDS = msgspec.structs.replace(
    REPORT,
    trends=(
        a_trend("test_a.py::test_steady", [], None),
        a_trend("test_a.py::test_mended", [(5, 0.2), (10, -0.15)], None),
        a_trend("test_a.py::test_crept`\x1b", [(2, -0.1), (5, 0.08), (10, 0.05), (15, 0.07)], (5, 0.21)),
        a_trend(TOGETHER, [(10, 0.05)], (10, 0.05)),
    ),
)


def test_a_drift_is_said_with_its_begin_and_its_steps_and_the_greatest_comes_first() -> None:
    assert [wording.trend(each) for each in wording.changed(TRENDS)] == [
        "test_a.py::test_crept`\\u{1b}: +21.0% since 2026-10-06 (0000000006), in 3 steps",
        "all benchmarks together: +5.0% since 2026-10-11 (0000000011), in 1 step, by what they share or the machine",
        "test_a.py::test_mended: -15.0% since 2026-10-11 (0000000011), in 1 step",
    ]


def test_what_has_changed_over_time_is_told_everywhere(capsys: pytest.CaptureFixture[str]) -> None:
    lines = on_github.markdown(TRENDS).splitlines()
    assert lines[9:11] == ["", f"- `` {wording.trend(TRENDS.trends[2])} ``"]
    assert lines[11:13] == [f"- `{wording.trend(TRENDS.trends[place])}`" for place in (3, 1)]
    many = tuple(a_trend(f"test_{number}", [(5, 0.1)], (5, 0.1)) for number in range(7))
    terminal.print_report(msgspec.structs.replace(REPORT, trends=many))
    out = capsys.readouterr().out
    assert "test_4: +10.0% since 2026-10-06 (0000000006), in 1 step\nand 2 more have changed over time\n" in out


def test_nothing_is_wider_than_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    terminal.print_report(REPORT)
    out = capsys.readouterr().out
    assert "bench: fail, 1 benchmark of 3 slower" in out
    assert "\x1b" not in out
    assert all(len(line) <= 80 for line in out.splitlines())
