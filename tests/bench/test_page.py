"""The page: what it says first, that no name can break it, that every drawing has words, and that it stays small."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from functools import cache
from html.parser import HTMLParser
from math import inf

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from noxtasks.bench import captions, findings, page, wording
from noxtasks.bench.machine import Machine
from noxtasks.bench.model import (
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
from noxtasks.evidence.provenance import Interpreter, Platform, Provenance
from noxtasks.stats import Interval, Quantile, Shift, Verdict

SLOW = "test_a.py::test_slow[</script><b>\"'&\n\udcff]"
STEADY = "test_a.py::test_steady"
PROVENANCE = Provenance(
    session_id="0193a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b",
    created=datetime(2025, 3, 4, 5, 6, tzinfo=UTC),
    tools={"noxtasks": "0.1.0"},
    interpreter=Interpreter(implementation="CPython", version="3.12.4"),
    platform=Platform(system="Linux", release="6.1", machine="x86_64"),
    vcs=None,
    code_version="tree.<b>",
    settings={},
)
MACHINE = Machine(processor="A <fast> one", cores=2, system="Linux 6.1 x86_64", python="CPython 3.12.4 \x1b")


class Reader(HTMLParser):
    """The tags of a page, its ids, what it loads, its drawings without words, and its text."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.loads: list[str] = []
        self.labels: list[str] = []
        self.unlabelled: list[str] = []
        self.texts: list[str] = []
        self.whole = ""
        self._hidden = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.tags.append(tag)
        self.ids += [given["id"] or ""] if "id" in given else []
        self.links += [given["href"] or ""] if tag == "a" else []
        self.loads += [tag] if tag in {"link", "img", "iframe", "object"} or {"src", "srcset"} & given.keys() else []
        if given.get("role") == "img":
            (self.labels if given.get("aria-label") else self.unlabelled).append(given.get("aria-label") or tag)
        self._hidden = tag if tag in {"script", "style"} else self._hidden

    def handle_endtag(self, tag: str) -> None:
        self._hidden = "" if tag == self._hidden else self._hidden

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.texts.append(data)

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", " ".join(self.texts))


def shift(estimate: float, *, reach: float = 0.02, pairs: int = 20) -> Shift:
    return Shift(estimate=estimate, interval=Interval(low=estimate - reach, high=estimate + reach), pairs=pairs)


def comparison(test: str, finding: Finding, estimate: float) -> Comparison:
    changes = tuple(estimate + 0.001 * number for number in range(-10, 10))
    return Comparison(
        test=test, metric=Metric.CPU, finding=finding, change=shift(estimate), threshold=0.05, p=0.001, changes=changes
    )


def summary(test: str, least_s: float, *, slowest: float = 1.2) -> Summary:
    few = Quantile(figure=None, interval=None, needed=368)
    return Summary(
        test=test,
        processes=5,
        rounds=50,
        calls=10,
        mean_s=least_s * 1.1,
        stddev_s=least_s * 0.01,
        least_s=least_s,
        least_cpu_s=least_s * 0.9,
        iqr_s=least_s * 0.02,
        quantiles_s={
            "p50": Quantile(figure=least_s * 1.1, interval=Interval(low=least_s * 1.05, high=least_s * 1.15), needed=6),
            "p99": few,
        },
        spread_s=tuple(least_s * slowest ** (number / 20) for number in range(21)),
        peak_bytes=3 * 2**20,
    )


def tier(metric: Metric, consequence: Consequence, verdict: Verdict, change: Shift | None, *, needed: int = 0) -> Tier:
    return Tier(
        test=SLOW,
        metric=metric,
        consequence=consequence,
        threshold=0.2,
        verdict=verdict,
        change=change,
        needed=needed or None,
    )


def trend(test: str, *, points: int = 30) -> Trend:
    interval = Interval(low=0.2, high=0.3)
    return Trend(
        test=test,
        metric=Metric.CPU,
        points=tuple(
            Point(
                code_version=f"git.<{number}>",
                taken=datetime(2024, 1, 1, tzinfo=UTC) + timedelta(weeks=number),
                value_s=0.001 if number < points // 2 else 0.00125,
            )
            for number in range(points)
        ),
        steps=(Step(at=points // 2, change=0.25, interval=interval),),
        drift=Step(at=points - 1, change=0.25, interval=interval),
    )


REPORT = Report(
    against="0123456789abcdef",
    verdict=Verdict.FAIL,
    reason="1 benchmark of 2 slower",
    summaries=(summary(STEADY, 1e-6), summary(SLOW, 0.0013, slowest=20.0)),
    old=(summary(STEADY, 1e-6), summary(SLOW, 0.001)),
    comparisons=(comparison(STEADY, Finding.STEADY, 0.001), comparison(SLOW, Finding.SLOWER, 0.3)),
    tiers=(
        tier(Metric.P50, Consequence.ALERT, Verdict.FAIL, shift(0.3)),
        tier(Metric.P95, Consequence.BLOCK, Verdict.FAIL, shift(0.31)),
        tier(Metric.MEAN, Consequence.FAIL, Verdict.UNMEASURED, shift(0.19), needed=37),
        tier(Metric.P99, Consequence.EMERGENCY, Verdict.UNMEASURED, None),
    ),
    limits=(
        Limit(
            test=SLOW,
            metric=Metric.P95,
            limit_s=0.001,
            figure_s=0.0013,
            interval=Interval(low=0.0012, high=0.0014),
            verdict=Verdict.FAIL,
        ),
    ),
    trends=(trend(SLOW),),
    left_out={"test_a.py::test_<broken>": "ValueError: <no>"},
    brought=("tests/<shop>.py",),
)
ALONE = msgspec.structs.replace(
    REPORT,
    against="",
    verdict=Verdict.UNMEASURED,
    reason="this machine has no baseline yet; this is its first",
    old=(),
    comparisons=(),
    tiers=(),
    limits=(),
    trends=(),
    brought=(),
)
COUNTED = msgspec.structs.replace(
    ALONE,
    against="0123456789abcdef",
    summaries=(),
    comparisons=(
        Comparison(
            test=SLOW,
            metric=Metric.INSTRUCTIONS,
            finding=Finding.SLOWER,
            change=Shift(estimate=0.03, interval=Interval(low=-1.0, high=inf), pairs=1),
            threshold=0.01,
            p=0.5,
            changes=(0.03,),
        ),
    ),
)
STORED = msgspec.structs.replace(
    REPORT,
    is_stored=True,
    old=(),
    comparisons=tuple(msgspec.structs.replace(each, changes=()) for each in REPORT.comparisons),
)
UNDECIDED = msgspec.structs.replace(
    REPORT,
    verdict=Verdict.UNMEASURED,
    reason="2 of 2 benchmarks undecided: the time was up",
    is_whole=False,
    comparisons=tuple(msgspec.structs.replace(each, finding=Finding.OPEN) for each in REPORT.comparisons),
)
EMPTY = msgspec.structs.replace(ALONE, summaries=(), left_out={})
ALL = {
    "compared": REPORT,
    "alone": ALONE,
    "counted": COUNTED,
    "stored": STORED,
    "undecided": UNDECIDED,
    "empty": EMPTY,
}


def rendered(report: Report) -> str:
    return page.render(
        report,
        project="a <b>shop</b>",
        command=wording.again(report, ("-k", "a <b>")),
        machine=MACHINE,
        timing={"duration_s": 83.4, "circumstances": {"load": 1.5, "governor": "<performance>", "unknown": None}},
        provenance=PROVENANCE,
    ).decode()


def read(report: Report) -> Reader:
    reader = Reader()
    reader.whole = rendered(report)
    reader.feed(reader.whole)
    reader.close()
    return reader


@cache
def known(name: str) -> Reader:
    """One of `ALL`, rendered once for all tests that only look at it."""
    return read(ALL[name])


def test_the_verdict_comes_first_with_its_reason() -> None:
    text = known("compared").text
    assert "Benchmarks of a <b>shop</b> fail : 1 benchmark of 2 slower Against 0123456789 2 benchmarks" in text
    assert "1 \N{BLACK UP-POINTING TRIANGLE} slower" in text


@pytest.mark.parametrize("name", ALL)
def test_no_name_can_break_it_and_it_loads_nothing(name: str) -> None:
    reader, report = known(name), ALL[name]
    assert reader.tags.count("script") == bool(report is not EMPTY)
    assert reader.loads == []
    assert not re.search(r"@import|url\(|https?:", reader.whole)
    assert len(reader.ids) == len(set(reader.ids))
    assert {link.removeprefix("#") for link in reader.links} <= set(reader.ids)
    assert "b" not in set(reader.tags) - {"b"}
    assert "CPython 3.12.4 \\u{1b}" in reader.text
    if report is not EMPTY:
        assert "test_a.py::test_slow[</script><b>\"'&\\u{a}\\u{dcff}]" in reader.text


@pytest.mark.parametrize("name", ALL)
def test_every_drawing_has_words(name: str) -> None:
    reader, report = known(name), ALL[name]
    assert reader.unlabelled == []
    drawn = 2 * bool(report.summaries) + len(report.comparisons) + len(report.trends)
    assert len(reader.labels) == drawn


def test_the_slowest_comes_first_with_its_change_interval_and_finding() -> None:
    text = known("compared").text
    table = text[text.index("The benchmarks") :]
    slow = "\\u{dcff}] +30.0% +28.0% to +32.0% \N{BLACK UP-POINTING TRIANGLE} slower"
    assert table.index(slow) < table.index(f"{STEADY} +0.1% -1.9% to +2.1% = CPU time")
    assert known("compared").labels[0] == "20 pairs: +30.0%, +28.0% to +32.0%; allowed +5.0%"


def test_a_benchmark_is_opened_for_its_figures_on_both_sides() -> None:
    text = known("compared").text
    for said in (
        "fastest 1 ms \N{RIGHTWARDS ARROW} 1.3 ms",
        "Rounds by the wall, on a logarithmic scale",
        "fastest 1 ms 1.3 ms",
        "p50 1.1 ms (1.05 ms to 1.15 ms) 1.43 ms (1.36 ms to 1.49 ms)",
        "p99 too few, 368 rounds would do too few, 368 rounds would do",
        "memory grew by 3 MiB 3 MiB",
        "rounds in processes 50 in 5 50 in 5",
    ):
        assert said in text
    assert "logarithmic" not in known("stored").text.partition("How it was measured")[0].partition(STEADY)[2]


def test_tiers_limits_and_steps_say_what_they_mean_and_what_would_decide() -> None:
    text = known("compared").text
    for said in (
        "p95 +31.0% +29.0% to +33.0% surely over 20%: blocks",
        "mean +19.0% +17.0% to +21.0% undecided at 20% after 20 pairs; about 37 pairs would decide",
        "undecided at 20%: too few rounds in a process",
        "p95 at most 1 ms: exceeded, 1.3 ms (1.2 ms to 1.4 ms)",
        "+25.0% (+20.0% to +30.0%) since 2024-04-15, git.<15>",
        "drift: +25.0% (+20.0% to +30.0%) since 2024-07-22, git.<29>",
    ):
        assert said in text


def test_what_was_found_is_named_before_the_table_with_the_command_that_shows_it_again() -> None:
    (note,) = captions.notes(REPORT, {SLOW: 1, STEADY: 2})
    assert [said.partition(" (")[0] for said, _ in note.said] == [
        "rollback: CPU time +30.0%",
        "alert: p50 +30.0%",
        "block: p95 +31.0%",
        "fail: p95 1.3 ms",
        "+25.0%",
        "drift: +25.0%",
    ]
    assert [is_bad for _, is_bad in note.said] == [True, False, True, True, False, False]
    assert note.command == findings.command(REPORT, SLOW)
    assert known("compared").links == ["#b-1"]


@pytest.mark.parametrize(
    ("version", "said"),
    [("0123456789abcdef", "0123456789"), ("0123456789abcdef+dirty.fedcba98", "0123456789+dirty"), ("", "")],
)
def test_a_step_names_its_commit_in_short(version: str, said: str) -> None:
    (one,) = REPORT.trends
    named = tuple(msgspec.structs.replace(point, code_version=version) for point in one.points)
    assert captions.stepped(msgspec.structs.replace(one, points=named), one.steps[0]).endswith(f"2024-04-15, {said}")


def test_that_something_has_become_faster_does_not_stand_out() -> None:
    (one,) = REPORT.trends
    faster = msgspec.structs.replace(
        one, steps=tuple(msgspec.structs.replace(step, change=-0.2) for step in one.steps), drift=None
    )
    plain = msgspec.structs.replace(REPORT, comparisons=(), tiers=(), limits=(), trends=(faster,))
    assert captions.notes(plain, {}) == []


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("compared", "Old and new code ran the same benchmarks in two processes at once"),
        ("alone", "Each benchmark was timed in 5 processes. Nothing was compared"),
        ("counted", "Valgrind's callgrind counted the instructions"),
        ("stored", "held against each of the stored baseline"),
    ],
)
def test_it_says_how_it_was_measured_and_how_it_is_repeated(name: str, said: str) -> None:
    text, report = known(name).text, ALL[name]
    assert said in text
    assert len(re.findall(r"[.] [A-Z]|[.]$", captions.method(report))) == 2
    assert "measured 2025-03-04 05:06 UTC, in 83 s" in text
    assert "A <fast> one, 2 cores, Linux 6.1 x86_64" in text
    assert "governor <performance> load 1.5 noxtasks 0.1.0" in text
    assert f"$ {wording.again(report, ('-k', 'a <b>'))}" in text


def test_what_was_left_out_or_brought_is_told() -> None:
    text = known("compared").text
    assert "Left out (1) test_a.py::test_<broken> ValueError: <no>" in text
    assert "tests/<shop>.py" in text


def test_without_a_comparison_the_table_is_of_times() -> None:
    text = known("alone").text
    assert "benchmark fastest median p95 p99" in text
    assert f"{STEADY} 1 µs 1.1 µs" in text
    assert "change" not in text[text.index("The benchmarks") : text.index("Left out")]


def test_a_benchmark_that_was_not_compared_stands_below_the_others() -> None:
    text = read(msgspec.structs.replace(REPORT, comparisons=REPORT.comparisons[1:])).text
    table = text[text.index("The benchmarks") :]
    assert table.index("+30.0%") < table.index("not compared", table.index(STEADY))


def test_of_a_benchmark_with_two_comparisons_the_figures_are_told_once() -> None:
    memory = msgspec.structs.replace(REPORT.comparisons[1], metric=Metric.MEMORY, finding=Finding.STEADY)
    text = read(msgspec.structs.replace(REPORT, comparisons=(*REPORT.comparisons, memory))).text
    assert "Against 0123456789 2 benchmarks" in text
    assert "= peak memory" in text
    assert text.count("fastest by CPU time") == 2


@given(st.text())
@settings(max_examples=10, deadline=None)
def test_whatever_a_test_is_called_it_stands_there_in_words(name: str) -> None:
    reader = read(msgspec.structs.replace(COUNTED, comparisons=(comparison(name, Finding.STEADY, 0.01),)))
    assert reader.tags.count("tbody") == 1
    assert reader.tags.count("svg") == 2


def test_a_benchmark_more_costs_little() -> None:
    """At 500 benchmarks with 100 stored measurements each the page has less than 5 MB."""
    alone = len(rendered(msgspec.structs.replace(REPORT, trends=(trend(SLOW, points=100),))))
    tests = [f"test_{number}" for number in range(21)]

    def named(report: tuple[msgspec.Struct, ...]) -> tuple[msgspec.Struct, ...]:
        (one,) = [each for each in report if each.test == SLOW][:1]  # type: ignore[attr-defined] # all have a test
        return tuple(msgspec.structs.replace(one, test=test) for test in tests)

    many = msgspec.structs.replace(
        REPORT,
        summaries=named(REPORT.summaries),
        old=named(REPORT.old),
        comparisons=named(REPORT.comparisons),
        tiers=tuple(msgspec.structs.replace(each, test=test) for each in REPORT.tiers for test in tests),
        limits=named(REPORT.limits),
        trends=named((trend(SLOW, points=100),)),
    )
    assert (len(rendered(many)) - alone) / 20 < 10_000
