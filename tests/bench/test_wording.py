"""Changes, times and verdicts in words."""

from __future__ import annotations

import re
import shlex
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from noxtasks.bench import findings, on_github, terminal, wording
from noxtasks.bench.model import (
    Bisection,
    Commit,
    Comparison,
    Consequence,
    Finding,
    Limit,
    Metric,
    Point,
    Report,
    Step,
    Summary,
    Tier,
    Trend,
)
from noxtasks.bench.trend import TOGETHER
from noxtasks.cli import build_parser
from noxtasks.evidence.display import live
from noxtasks.stats import Interval, Quantile, Shift, Verdict

PAGE = Path("reports/bench.html")


def a_comparison(test: str, finding: Finding, estimate: float, low: float, metric: Metric = Metric.CPU) -> Comparison:
    change = Shift(estimate=estimate, interval=Interval(low=low, high=2 * estimate - low), pairs=20)
    return Comparison(test=test, metric=metric, finding=finding, change=change, threshold=0.05, p=0.001)


def a_tier(
    test: str,
    metric: Metric,
    consequence: Consequence,
    verdict: Verdict = Verdict.FAIL,
    *,
    needed: int | None = None,
    is_known: bool = True,
) -> Tier:
    change = Shift(estimate=0.4, interval=Interval(low=0.3, high=0.5), pairs=20) if is_known else None
    return Tier(
        test=test,
        metric=metric,
        consequence=consequence,
        threshold=0.2,
        verdict=verdict,
        change=change,
        needed=needed,
    )


def a_limit(test: str, verdict: Verdict, *, needed_rounds: int | None = None) -> Limit:
    is_known = needed_rounds is None
    return Limit(
        test=test,
        metric=Metric.P95,
        limit_s=0.2,
        figure_s=0.21 if is_known else None,
        interval=Interval(low=0.205, high=0.22) if is_known else None,
        verdict=verdict,
        needed_rounds=needed_rounds,
    )


def a_summary(test: str, peak_bytes: int | None) -> Summary:
    quantile = Quantile(figure=0.123456, interval=None, needed=1)
    return Summary(
        test=test,
        processes=5,
        rounds=50,
        calls=1,
        mean_s=1.0,
        stddev_s=0.0,
        least_s=0.123456,
        least_cpu_s=1.0,
        iqr_s=0.0,
        quantiles_s=dict.fromkeys(("p50", "p95", "p99"), quantile),
        spread_s=(1.0,) * 21,
        peak_bytes=peak_bytes,
    )


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
    assert (parsed.against, parsed.count, parsed.pytest_args) == ("0123456789", False, ("-k", "not slow"))
    counted = msgspec.structs.replace(REPORT, comparisons=REPORT.comparisons[2:])
    assert wording.again(counted, ()) == "noxtasks bench --against 0123456789 --count"
    assert wording.again(msgspec.structs.replace(timed, is_stored=True), ()) == "noxtasks bench"
    between = msgspec.structs.replace(timed, revision="abcdef0123456789")
    there = msgspec.structs.replace(timed, python="my env/bin/python", is_stored=True)
    assert wording.again(there, ()) == "noxtasks bench --python 'my env/bin/python'"
    assert wording.again(between, ()) == "noxtasks bench --against 0123456789 --revision abcdef0123"


def test_more_time_is_no_remedy_where_nothing_can_be_timed() -> None:
    assert wording.remedy(REPORT).startswith("Give it more time")
    nothing = msgspec.structs.replace(REPORT, comparisons=())
    assert wording.remedy(nothing) == "test_a.py::test_broken: ValueError: no"
    limit = msgspec.structs.replace(nothing, limits=(a_limit("a", Verdict.UNMEASURED, needed_rounds=20),))
    assert "have 20" in wording.remedy(limit)


def test_the_summary_is_a_table_that_no_name_breaks() -> None:
    lines = on_github.markdown(REPORT).splitlines()
    assert lines[0] == "### bench: fail against `0123456789`"
    name = "`` test_a.py::test_slow[\\|`\\u{1b}] ``"
    assert lines[6] == (
        f"| {name} | **fail**: CPU time +12.0% (+10.0% to +14.0%), allowed 5% "
        "| `noxtasks bench --against 0123456789 -- test_a.py` |"
    )
    assert lines[10] == f"| {name} | +12.0% | +10.0% to +14.0% | **slower** |"
    assert lines[13:] == ["", "- left out: `test_a.py::test_broken`: `ValueError: no`", ""]


def test_a_summary_that_is_too_long_says_so_outside_of_its_table() -> None:
    many = tuple(a_comparison(f"test_a.py::test_{number}", Finding.STEADY, 0.0, -0.01) for number in range(103))
    lines = on_github.markdown(msgspec.structs.replace(REPORT, comparisons=many)).splitlines()
    last = max(place for place, line in enumerate(lines) if line.startswith("|"))
    assert lines[last + 1 : last + 3] == ["", "and 3 more"]


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
    told = lines.index(f"- `` {wording.trend(TRENDS.trends[2])} ``")
    assert lines[told - 1] == ""
    assert lines[told + 1 : told + 3] == [f"- `{wording.trend(TRENDS.trends[place])}`" for place in (3, 1)]
    many = tuple(a_trend(f"test_{number}", [(5, 0.1)], (5, 0.1)) for number in range(7))
    terminal.print_report(msgspec.structs.replace(REPORT, trends=many), page=PAGE)
    out = capsys.readouterr().out
    assert "test_4: +10.0% since 2026-10-06 (0000000006), in 1 step\nand 2 more have changed over time\n" in out


def a_bisection(*subjects: str, finding: Finding) -> Bisection:
    date = datetime(2026, 5, 4, tzinfo=UTC)
    left = tuple(Commit(id=str(at) * 40, subject=each, date=date) for at, each in enumerate(subjects, 1))
    alone = (a_comparison("t", finding, 0.04, 0.03),)
    return Bisection(good="a", bad="b", test="t", threshold=0.05, tried=(), left=left, alone=alone)


def test_of_a_bisection_the_commit_is_told_and_what_it_does_by_itself() -> None:
    assert wording.bisection(a_bisection("slow \x1b down", finding=Finding.SLOWER)) == [
        f"t became slower with {'1' * 40}",
        "  1111111111 2026-05-04 slow \\u{1b} down",
        "  +4.0% (+3.0% to +5.0%) slower t",
    ]


def test_of_a_bisection_it_is_told_when_commits_are_left_and_when_it_came_in_steps() -> None:
    assert wording.bisection(a_bisection("one", "two", finding=Finding.STEADY)) == [
        "t became slower with one of 2 commits, not all of which could be tried",
        "  1111111111 2026-05-04 one",
        "  2222222222 2026-05-04 two",
        "  by itself that is not surely slower than the commit before: it came in several steps",
        "  +4.0% (+3.0% to +5.0%) steady t",
    ]


def test_github_is_told_of_a_bisection_too() -> None:
    found = a_bisection("slow `it` down", finding=Finding.SLOWER)
    lines = on_github.markdown(msgspec.structs.replace(REPORT, bisection=found)).splitlines()
    assert "- `` 1111111111 2026-05-04 slow `it` down ``" in lines


def test_where_there_is_no_terminal_it_is_said_now_and_then_how_far_it_has_come(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    line = live.LiveLine()
    terminal.tell_pair(line, 1, 3)
    monkeypatch.setattr(live, "_PLAIN_EVERY_S", 0.0)
    terminal.tell_pair(line, 2, 1)
    assert capsys.readouterr().err == "2 pairs of processes, 1 benchmark undecided\n"


def test_nothing_is_wider_than_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    terminal.print_report(REPORT, page=PAGE)
    out = capsys.readouterr().out
    assert "bench: fail, 1 benchmark of 3 slower" in out
    assert out.endswith("every benchmark, drawn: reports/bench.html\n")
    assert "\x1b" not in out
    assert all(len(line) <= 80 for line in out.splitlines())


TIERS = (
    a_tier("test_b.py::test_tail", Metric.P95, Consequence.BLOCK),
    a_tier("test_b.py::test_tail", Metric.P50, Consequence.ALERT),
    a_tier("test_b.py::test_heap", Metric.MEMORY, Consequence.ALERT),
    a_tier("test_b.py::test_tail", Metric.P99, Consequence.EMERGENCY, Verdict.UNMEASURED, needed=120),
    a_tier("test_b.py::test_heap", Metric.P99, Consequence.EMERGENCY, Verdict.UNMEASURED, needed=60),
    a_tier("test_a.py::test_few", Metric.P99, Consequence.EMERGENCY, Verdict.UNMEASURED, is_known=False),
    a_tier("test_a.py::test_few", Metric.MEAN, Consequence.FAIL, Verdict.UNMEASURED),
    a_tier("test_a.py::test_few", Metric.P95, Consequence.BLOCK, Verdict.UNMEASURED, is_known=False),
)
LIMITS = (
    a_limit("test_c.py::test_over", Verdict.FAIL),
    a_limit("test_c.py::test_under", Verdict.PASS),
    a_limit("test_c.py::test_few", Verdict.UNMEASURED, needed_rounds=20),
)
GRAVE = msgspec.structs.replace(REPORT, tiers=TIERS, limits=LIMITS, notes=("a note\x1b",))


def test_the_gravest_comes_first_with_every_figure_and_the_command() -> None:
    told = findings.findings(GRAVE)
    assert [(each.test.partition("::")[2], each.is_failure) for each in told] == [
        ("test_tail", True),
        ("test_slow[|`\x1b]", True),
        ("test_over", True),
        ("test_heap", False),
        ("test_few", False),
    ]
    assert [f"{line.name}: {line.said}" for line in told[0].lines] == [
        "block: p95 +40.0% (+30.0% to +50.0%), allowed 20%",
        "alert: p50 +40.0% (+30.0% to +50.0%), allowed 20%",
    ]
    assert [line.said for line in told[2].lines] == ["p95 210 ms (205 ms to 220 ms), limit 200 ms"]
    assert [(line.name, line.said) for line in told[4].lines] == [
        ("undecided", "p95 needs 20 rounds in each process, limit 200 ms")
    ]
    assert told[4].command == "noxtasks bench --against 0123456789 -- test_c.py::test_few"


def test_undecided_tiers_are_one_line() -> None:
    assert findings.undecided(REPORT) == ""
    assert findings.undecided(GRAVE) == (
        "undecided tiers of 3 benchmarks: mean of 1, p95 of 1 (needs 20 rounds in each process), "
        "p99 of 3 (about 60 to 120 pairs)"
    )


def test_what_is_slower_than_what_was_stored_is_an_alert() -> None:
    (told,) = findings.findings(msgspec.structs.replace(REPORT, is_stored=True))
    assert ([line.name for line in told.lines], told.is_failure) == (["alert"], False)
    assert told.command == "noxtasks bench -- test_a.py"


@given(st.text(min_size=1), st.booleans())
@example("tests/test_a.py::test_a[two words 'quoted' $HOME `x` \\]", True)
@example("-k/test_a.py::test_a[--]", False)
@example("test_a.py::test_a[\x1b]", False)
def test_the_command_is_one_that_our_parser_takes(test: str, is_counted: bool) -> None:
    """DESIGN: every finding ends with the command that reproduces it, and a test parses every command."""
    metric = Metric.INSTRUCTIONS if is_counted else Metric.CPU
    report = msgspec.structs.replace(REPORT, comparisons=(a_comparison(test, Finding.SLOWER, 0.2, 0.1, metric),))
    command = findings.command(report, test)
    assert command.isprintable()
    words = shlex.split(command)
    assert words[0] == "noxtasks"
    arguments = build_parser().parse_args(words[1:])
    assert (arguments.command.name, arguments.against, arguments.count) == ("bench", "0123456789", is_counted)
    if test.isprintable():
        assert arguments.pytest_args in {(test,), (f"./{test}",)}
    assert not any(name.startswith("-") for name in arguments.pytest_args)


def test_every_command_that_is_printed_is_one_that_our_parser_knows(capsys: pytest.CaptureFixture[str]) -> None:
    terminal.print_report(GRAVE, page=PAGE)
    commands = re.findall(r"\$ noxtasks (.*)", capsys.readouterr().out)
    assert len(commands) == len(findings.findings(GRAVE))
    assert {build_parser().parse_args(shlex.split(each)).command.name for each in commands} == {"bench"}


def test_github_has_an_error_beside_what_fails_and_a_warning_beside_what_alerts(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    on_github.tell(GRAVE)
    lines = capsys.readouterr().out.splitlines()
    assert [line.partition(",")[0] for line in lines] == [
        "::error file=test_b.py",
        "::error file=test_a.py",
        "::error file=test_c.py",
        "::warning file=test_b.py",
        "::warning file=test_c.py",
    ]
    assert lines[3] == (
        "::warning file=test_b.py,title=bench::test_b.py::test_heap%0A"
        "alert: peak memory +40.0%25 (+30.0%25 to +50.0%25), allowed 20%25%0A"
        "$ noxtasks bench --against 0123456789 -- test_b.py::test_heap"
    )


def test_memory_has_a_column_where_it_grew(capsys: pytest.CaptureFixture[str]) -> None:
    grown = (a_summary("test_a.py::test_" + 40 * "x", 12 << 20), a_summary("test_a.py::test_small", 1000))
    terminal.print_report(msgspec.structs.replace(GRAVE, summaries=grown), page=PAGE)
    head, first, second, *_ = capsys.readouterr().out.splitlines()
    assert head.split() == ["benchmark", "fastest", "median", "p95", "p99", "memory"]
    assert first.endswith(" 12 MiB")
    assert second.endswith("123 ms")
    assert max(map(len, (head, first, second))) <= 80
    terminal.print_report(msgspec.structs.replace(GRAVE, summaries=grown[1:]), page=PAGE)
    assert "memory" not in capsys.readouterr().out.splitlines()[0]


def test_what_is_left_out_is_said_once_for_each_reason_and_no_longer_than_people_read() -> None:
    same = {f"test_a.py::test_{number}": "it fails: no" for number in range(30)}
    assert wording.left_out({**same, "test_b.py::test_b": "it lacks\n"}) == [
        "test_a.py::test_0 and 29 more: it fails: no",
        "test_b.py::test_b: it lacks\\u{a}",
    ]
    lines = wording.left_out({f"test_{number}": f"reason {number}" for number in range(30)})
    assert (len(lines), lines[-1]) == (11, "and 20 more")


@pytest.mark.parametrize(
    ("rounds", "said"),
    [
        ({}, []),
        ({"a": 1}, ["1 benchmark has but 1 round in each process"]),
        ({"a": 3, "b": 3}, ["2 benchmarks have but 3 rounds in each process"]),
        ({"a": 1, "b": 3}, ["2 benchmarks have but 1 to 3 rounds in each process"]),
    ],
)
def test_of_benchmarks_with_few_rounds_it_is_said_why(rounds: dict[str, int], said: list[str]) -> None:
    assert [line.partition(",")[0] for line in wording.few_rounds(rounds)] == said
