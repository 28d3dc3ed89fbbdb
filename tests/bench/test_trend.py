"""Histories of measurements, simulated: what has changed is found, what has not is not."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from math import exp, log, sqrt
from random import Random
from statistics import median

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from noxtasks.bench import trend
from noxtasks.bench.baseline import Measurement
from noxtasks.bench.model import Metric, Trend
from noxtasks.bench.trend import TOGETHER

BEGAN = datetime(2026, 1, 5, tzinfo=UTC)
WEEKS = 40
DRIFT = [log(1.02) * min(10, week * 11 // WEEKS) for week in range(WEEKS)]  # ten times 2 %


def measurements(series: Sequence[Sequence[float | None]], *, wall: float = 1.0) -> list[Measurement]:
    """One a week of each series of logarithms of milliseconds; None where a benchmark was not timed."""
    found = []
    for week in range(len(series[0])):
        logs = {f"test_{number:02}": values[week] for number, values in enumerate(series)}
        times: dict[str, tuple[float, ...]] = {
            test: (1e-3 * exp(each),) * 5 for test, each in logs.items() if each is not None
        }
        found.append(
            Measurement(
                taken=BEGAN + timedelta(weeks=week),
                code_version=f"{week:040x}",
                cpu_s=times,
                wall_s={test: tuple(wall * each for each in several) for test, several in times.items()},
            )
        )
    return found


def history(chance: Random, benchmarks: int, *, spread: float = 0.02, weeks: int = WEEKS) -> list[list[float]]:
    """Nothing changes; noise with heavy tails that resembles its neighbours, outliers, and a machine that varies."""
    machine = [chance.gauss(0, 0.03) for _ in range(weeks)]
    return [[state + each for state, each in zip(machine, _noise(chance, spread, weeks), strict=True)]
            for _ in range(benchmarks)]  # fmt: skip


def _noise(chance: Random, spread: float, weeks: int) -> list[float]:
    found, state = [], 0.0
    for _ in range(weeks):
        tail = sqrt(3 / sum(chance.gauss(0, 1) ** 2 for _ in range(3)))  # Student's t with 3 degrees of freedom
        state = 0.2 * state + spread * 0.7 * chance.gauss(0, 1) * tail
        found.append(state + (chance.uniform(0.05, 0.4) if chance.random() < 0.03 else 0.0))
    return found


def told(series: Sequence[Sequence[float | None]]) -> dict[str, Trend]:
    return {each.test: each for each in trend.trends(measurements(series))}


def added(values: Sequence[float], change: Sequence[float]) -> list[float]:
    return [value + each for value, each in zip(values, change, strict=True)]


def test_of_histories_without_a_change_at_most_one_in_a_hundred_shows_one() -> None:
    """Of 8 benchmarks in 40 weeks, and of one alone; 1 of 100 is more than 3 of 120 in 3 % of such trials."""
    chance = Random(1)
    alarms = [any(each.steps for each in told(history(chance, count)).values()) for count in (8, 1) for _ in range(60)]
    assert sum(alarms) <= 3


@pytest.mark.parametrize(("benchmarks", "spread", "least"), [(1, 0.01, 14), (8, 0.01, 20), (8, 0.02, 19)])
def test_ten_drifts_of_two_percent_are_found_with_the_commit_at_which_they_begin(
    benchmarks: int, spread: float, least: int
) -> None:
    """In 20 histories. One benchmark alone has to stand out from the machine's own 3 %."""
    chance, drifts = Random(2), []
    for _ in range(20):
        series = history(chance, benchmarks, spread=spread)
        found = told([added(series[0], DRIFT), *series[1:]])
        drift = found.pop("test_00").drift
        drifts += [drift] if drift else []
        assert not any(each.drift for each in found.values())
    assert len(drifts) >= least
    assert 0.1 < median(drift.change for drift in drifts) < 0.22
    assert 4 <= median(drift.at for drift in drifts) <= 20


def test_what_slows_all_benchmarks_is_a_trend_of_its_own_and_none_of_theirs() -> None:
    slower = [0.0] * 20 + [log(1.15)] * 20
    found = told([added(values, slower) for values in history(Random(3), 8, spread=0.01)])
    assert [test for test, each in found.items() if each.steps] == [TOGETHER]
    (step,) = found[TOGETHER].steps
    assert step.at == pytest.approx(20, abs=1)
    assert step.interval.low < 0.15 < step.interval.high
    assert found[TOGETHER].drift == step
    assert found[TOGETHER].points[0].value_s == pytest.approx(1e-3, rel=0.2)


def test_of_few_benchmarks_it_is_not_told_what_they_have_in_common() -> None:
    assert TOGETHER not in told(history(Random(4), 4))
    assert TOGETHER in told(history(Random(4), 5))


def test_what_was_mended_is_a_step_and_no_drift() -> None:
    (found,) = trend.trends(measurements([[0.2] * 10 + [0.0] * 10]))
    assert [step.at for step in found.steps] == [10]
    assert found.steps[0].change == pytest.approx(exp(-0.2) - 1)
    assert found.drift is None


def test_the_drift_is_against_the_lowest_level_and_begins_where_that_ends() -> None:
    chance, levels = Random(5), [0.2] * 8 + [0.0] * 8 + [0.1] * 8 + [0.3] * 8
    values = [level + chance.gauss(0, 0.005) for level in levels]
    (found,) = trend.trends(measurements([values]))
    assert [step.at for step in found.steps] == [8, 16, 24]
    assert found.drift is not None
    assert found.drift.at == 16
    assert found.drift.change == pytest.approx(exp(0.3) - 1, rel=0.05)


def test_places_are_those_of_the_points_that_there_are() -> None:
    """A benchmark that is younger than the history, and was left out now and then."""
    young: list[float | None] = [None] * 6 + [0.0] * 3 + [None] + [0.0] * 6 + [0.3] * 8
    found = told([young, *([0.0] * 24 for _ in range(5))])["test_00"]
    assert len(found.points) == 17
    assert [step.at for step in found.steps] == [9]
    assert found.points[9].code_version == f"{16:040x}"


def test_weeks_with_too_few_benchmarks_are_points_and_no_more() -> None:
    late: list[float | None] = [None] * 3 + [0.0] * 10 + [0.3] * 10
    found = told([[0.5] * 3 + [0.0] * 20, late, *([[None] * 3 + [0.0] * 20] * 4)])
    assert (len(found["test_00"].points), found["test_00"].steps) == (23, ())
    assert [step.at for step in found["test_01"].steps] == [10]
    assert len(found[TOGETHER].points) == 20


def test_what_waits_is_told_by_the_wall() -> None:
    (found,) = trend.trends(measurements([[0.0] * 3], wall=2.0))
    assert found.metric is Metric.WALL
    assert found.points[0].value_s == pytest.approx(2e-3)


def test_order_is_that_of_time_and_what_is_no_longer_timed_has_no_trend() -> None:
    series: list[list[float | None]] = [[0.0, 1.0, 2.0], [0.0, 0.0, None]]
    (found,) = trend.trends(list(reversed(measurements(series))))
    assert [point.code_version for point in found.points] == [f"{week:040x}" for week in range(3)]


def test_nothing_stored_has_no_trend_and_a_time_of_zero_is_none() -> None:
    assert trend.trends([]) == ()
    nothing = Measurement(taken=BEGAN, code_version="a", cpu_s={"a": (0.0,), "b": ()}, wall_s={"a": (0.0,), "b": ()})
    assert trend.trends([nothing]) == ()
    zeros = [
        Measurement(taken=BEGAN + timedelta(weeks=week), code_version="", cpu_s={"a": (cpu,)}, wall_s={"a": (1.0,)})
        for week, cpu in enumerate((0.0, 0.95, 0.99))
    ]
    (found,) = trend.trends(zeros)
    assert [point.value_s for point in found.points] == pytest.approx([0.95, 0.99])


@settings(max_examples=40)
@given(
    st.integers(1, 7).flatmap(
        lambda weeks: st.lists(
            st.lists(st.none() | st.floats(-9, 9), min_size=4 * weeks, max_size=4 * weeks), min_size=1, max_size=7
        )
    )
)
def test_whatever_was_stored_every_place_is_a_point_and_the_changes_make_sense(
    series: list[list[float | None]],
) -> None:
    for each in trend.trends(measurements(series)):
        places = [step.at for step in each.steps]
        assert places == sorted(set(places))
        assert all(0 < place < len(each.points) for place in places)
        assert all(step.interval.low <= step.change <= step.interval.high for step in each.steps)
        if each.drift is not None:
            assert each.drift.change > 0
            assert each.drift.at in places
