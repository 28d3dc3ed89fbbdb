"""Changes, times and verdicts in words."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from noxtasks.bench import findings, on_github, terminal, wording
from noxtasks.bench.model import Comparison, Consequence, Finding, Limit, Metric, Report, Summary, Tier
from noxtasks.cli import build_parser
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


def test_the_summary_is_a_table_that_no_name_breaks() -> None:
    lines = on_github.markdown(REPORT).splitlines()
    assert lines[0] == "### bench: fail against `0123456789`"
    name = "`` test_a.py::test_slow[\\|`\\u{1b}] ``"
    assert lines[6] == (
        f"| {name} | **fail**: CPU time +12.0% (+10.0% to +14.0%), allowed 5% "
        "| `noxtasks bench --against 0123456789 -- test_a.py` |"
    )
    assert lines[10] == f"| {name} | +12.0% | +10.0% to +14.0% | **slower** |"
    assert len(lines) == 14


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
