"""What benchmarks may take, whatever they took before."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noxtasks.bench import limits
from noxtasks.bench.model import Limit, Metric
from noxtasks.stats import Verdict
from noxtasks.suite.model import Benched

TEST = "tests/test_api.py::test_get[1]"


def processes(figures_s: Sequence[float], *, rounds: int = 20) -> list[Benched]:
    return [Benched(test=TEST, wall_s=(each,) * rounds, cpu_s=(each / 2,) * rounds, calls=1) for each in figures_s]


def limit(figures_s: Sequence[float], limit_s: float, metric: Metric = Metric.P95, *, rounds: int = 20) -> Limit:
    (found,) = limits.limits({TEST: processes(figures_s, rounds=rounds)}, {"*": {metric: limit_s}})
    return found


@pytest.mark.parametrize(
    ("figures_s", "verdict"),
    [
        ([0.1] * 5, Verdict.PASS),
        ([0.3] * 5, Verdict.FAIL),
        ([0.3] * 4, Verdict.UNMEASURED),  # no interval
        ([0.1, 0.1, 0.3, 0.3, 0.3], Verdict.UNMEASURED),
        ([0.2] * 5, Verdict.UNMEASURED),  # on the limit
        ([0.0] * 5, Verdict.PASS),  # a clock that has not moved
    ],
)
def test_a_limit_is_decided_by_the_interval_over_processes(figures_s: list[float], verdict: Verdict) -> None:
    assert limit(figures_s, 0.2).verdict is verdict


@given(st.lists(st.floats(1e-9, 1e3), min_size=1, max_size=20), st.floats(1e-9, 1e3))
def test_what_is_decided_lies_wholly_on_one_side(figures_s: list[float], limit_s: float) -> None:
    found = limit(figures_s, limit_s)
    if found.verdict is Verdict.UNMEASURED:
        assert found.interval is None or found.interval.low <= limit_s <= found.interval.high
    else:
        assert found.interval is not None
        assert (found.interval.low > limit_s) == (found.verdict is Verdict.FAIL)
        assert (found.interval.high < limit_s) == (found.verdict is Verdict.PASS)


@given(st.floats(1e-6, 10), st.floats(1e-6, 10))
def test_of_figures_that_agree_each_is_decided(figure_s: float, limit_s: float) -> None:
    if abs(figure_s - limit_s) > 1e-9:
        found = limit([figure_s] * 5, limit_s)
        assert found.verdict is (Verdict.FAIL if figure_s > limit_s else Verdict.PASS)
        assert found.figure_s == pytest.approx(figure_s)


def test_each_metric_has_its_figure() -> None:
    assert limit([0.2] * 5, 0.15, Metric.CPU).verdict is Verdict.PASS
    assert limit([0.2] * 5, 0.15, Metric.WALL).verdict is Verdict.FAIL


def test_a_quantile_without_rounds_beyond_it_says_how_many_it_takes() -> None:
    for metric, rounds in ((Metric.P95, 20), (Metric.P99, 100), (Metric.P50, 2)):
        found = limit([0.1] * 5, 0.2, metric, rounds=rounds - 1)
        assert (found.verdict, found.figure_s, found.needed_rounds) == (Verdict.UNMEASURED, None, rounds)
        assert limit([0.1] * 5, 0.2, metric, rounds=rounds).verdict is Verdict.PASS


def test_as_many_rounds_are_timed_as_the_limits_need() -> None:
    allowed = {"tests/*": {Metric.MEAN: 1.0, Metric.P95: 1.0}, "other.py::*": {Metric.P99: 1.0}}
    assert limits.least_rounds([TEST], allowed) == 20
    assert limits.least_rounds([TEST, "other.py::test_it"], allowed) == 100
    assert limits.least_rounds([TEST], {}) == 1


def test_more_processes_help_where_there_is_an_interval_and_not_where_rounds_are_missing() -> None:
    wide, few, passes = limit([0.1, 0.3] * 3, 0.2), limit([0.1] * 5, 0.2, rounds=1), limit([0.1] * 5, 0.2)
    assert limits.unclear([wide]) == (TEST,)
    assert limits.unclear([few, passes]) == ()


@pytest.mark.parametrize(
    ("pattern", "is_meant"),
    [
        (TEST, True),  # as it is, though brackets are a set of characters in a pattern
        ("*", True),
        ("tests/test_api.py::*", True),
        ("tests/test_api.py::test_get*", True),
        ("tests/test_API.py::*", False),
        ("test_get", False),
    ],
)
def test_a_pattern_means_tests_by_their_whole_id(pattern: str, is_meant: bool) -> None:
    assert limits.is_meant(TEST, pattern) == is_meant
    assert limits.unmatched([TEST], {pattern: {}}) == (() if is_meant else (pattern,))


def test_a_benchmark_without_figures_has_its_limit_undecided() -> None:
    allowed = {"*": {Metric.MEAN: 1.0}, "tests/*": {Metric.MEAN: 2.0, Metric.CPU: 1.0}}
    found = limits.limits({}, allowed, left_out=[TEST])
    assert [(each.metric, each.limit_s, each.verdict) for each in found] == [
        (Metric.MEAN, 1.0, Verdict.UNMEASURED),
        (Metric.MEAN, 2.0, Verdict.UNMEASURED),
        (Metric.CPU, 1.0, Verdict.UNMEASURED),
    ]
