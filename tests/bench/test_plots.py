"""Where the figures lie in the drawings: inside, in order, and the same for the same figure."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noxtasks.bench import plots
from noxtasks.bench.model import Comparison, Finding, Metric, Point, Step, Trend
from noxtasks.bench.plots import WIDTH
from noxtasks.stats import Interval, Shift

SHARES = st.floats(-0.99, 50.0)
TIMES_S = st.floats(1e-9, 1e4)


def comparison(
    changes: tuple[float, ...], *, low: float = -0.02, high: float = 0.04, threshold: float = 0.05
) -> Comparison:
    return Comparison(
        test="it",
        metric=Metric.CPU,
        finding=Finding.STEADY,
        change=Shift(
            estimate=changes[0] if changes else 0.01, interval=Interval(low=low, high=high), pairs=len(changes)
        ),
        threshold=threshold,
        p=1.0,
        changes=changes,
    )


def trend(values_s: list[float], *steps: int, drift: int | None = None) -> Trend:
    marks = [
        Step(at=at, change=0.1, interval=Interval(low=0.05, high=0.15)) for at in (*steps, drift) if at is not None
    ]
    return Trend(
        test="it",
        metric=Metric.CPU,
        points=tuple(
            Point(code_version=f"git.{n}", taken=datetime(2025, 1, n % 28 + 1, tzinfo=UTC), value_s=value)
            for n, value in enumerate(values_s)
        ),
        steps=tuple(marks[: len(steps)]),
        drift=None if drift is None else marks[-1],
    )


def xs(path: str) -> list[float]:
    return [float(each) for each in re.findall(r"[ML](-?[\d.]+) ", path)]


@given(st.lists(st.lists(SHARES, min_size=1, max_size=40), min_size=1, max_size=5))
def test_all_changes_are_on_one_scale_which_keeps_their_order(several: list[list[float]]) -> None:
    comparisons = [comparison(tuple(each), low=min(each), high=max(each)) for each in several]
    scale = plots.changes(comparisons)
    places = [scale.at(each) for each in sorted(one for each in several for one in each)]
    assert places == sorted(places)
    assert all(0 <= each <= WIDTH for each in places)
    ticks = plots.ticks(scale)
    assert "0" in [tick.text for tick in ticks]
    assert [tick.at for tick in ticks] == sorted(tick.at for tick in ticks)
    for each in comparisons:
        strip = plots.strip(each, scale)
        assert strip.band is not None
        assert strip.band[0] <= strip.band[1]
        assert scale.at(0) < strip.threshold < WIDTH
        assert len(xs(strip.dots)) == len(each.changes)


def test_a_small_change_is_seen_beside_a_huge_one() -> None:
    scale = plots.changes([comparison((30.0,), low=29.0, high=31.0), comparison((0.06,), low=0.055, high=0.065)])
    assert scale.at(0.06) - scale.at(0.0) > WIDTH / 30
    assert [tick.text for tick in plots.ticks(scale)][-1] == "\N{MULTIPLICATION SIGN}5"


@pytest.mark.parametrize(("low", "high"), [(-1.0, inf), (-inf, inf), (0.01, inf)])
def test_an_interval_without_ends_has_no_band(low: float, high: float) -> None:
    one = comparison((0.02,), low=low, high=high)
    strip = plots.strip(one, plots.changes([one]))
    assert strip.band is None
    assert len(xs(strip.dots)) == 1


def test_the_changes_of_pairs_stand_in_the_order_in_which_they_were_made() -> None:
    one = comparison((0.01, 0.01, 0.01))
    rows = [float(each) for each in re.findall(r" ([\d.]+)h0", plots.strip(one, plots.changes([one])).dots)]
    assert rows == sorted(set(rows))


@given(st.lists(st.lists(TIMES_S, min_size=1, max_size=60), min_size=1, max_size=2))
def test_the_rounds_of_both_sides_are_on_one_scale(sides: list[list[float]]) -> None:
    spreads = [tuple(sorted(each)) for each in sides]
    drawn = plots.rounds([("old", each) for each in spreads])
    assert drawn is not None
    assert drawn.is_log == (max(map(max, spreads)) > 10 * min(map(min, spreads)))
    assert len({tick.text for tick in drawn.ticks}) == len(drawn.ticks)
    for lane, spread in zip(drawn.lanes, spreads, strict=True):
        assert 0 <= lane.all[0] <= lane.most[0] <= lane.half[0] <= lane.middle <= lane.half[1] <= lane.most[1]
        assert lane.most[1] <= lane.all[1] <= WIDTH
        assert len(xs(lane.dots)) == len(spread)


@pytest.mark.parametrize(
    ("low_s", "high_s", "said"),
    [
        (1e-6, 1.2e-6, ["1 µs", "1.05 µs", "1.1 µs", "1.15 µs", "1.2 µs"]),
        (4.3e-5, 1.7e-3, ["50 µs", "100 µs", "200 µs", "500 µs", "1 ms"]),
        (1e-6, 1.0, ["1 µs", "10 µs", "100 µs", "1 ms", "10 ms", "100 ms", "1 s"]),
    ],
)
def test_the_labels_are_few_and_round(low_s: float, high_s: float, said: list[str]) -> None:
    drawn = plots.rounds([("new", (low_s, high_s))])
    assert drawn is not None
    assert [tick.text for tick in drawn.ticks] == said


def test_without_rounds_nothing_is_drawn() -> None:
    assert plots.rounds([]) is None
    assert plots.rounds([("new", ())]) is None


@given(st.lists(TIMES_S, min_size=1, max_size=50), st.data())
def test_a_trend_is_drawn_in_levels_from_step_to_step(values_s: list[float], data: st.DataObject) -> None:
    places = st.integers(1, len(values_s) - 1)
    steps = sorted(data.draw(st.sets(places, max_size=3))) if len(values_s) > 1 else []
    drift = data.draw(places) if len(values_s) > 1 else None
    drawn = plots.course(trend(values_s, *steps, drift=drift))
    assert len(xs(drawn.dots)) == len(values_s)
    assert len(drawn.levels) == len(steps) + 1
    ends = [end for level in drawn.levels for end in (level.start, level.end)]
    assert ends == sorted(ends)
    assert all(0 <= level.y <= plots.HEIGHT for level in drawn.levels)
    assert len(drawn.steps) == len(steps)
    assert (drawn.drift is None) == (drift is None)


def test_noise_does_not_fill_a_trend() -> None:
    drawn = plots.course(trend([1.0, 1.001, 0.999, 1.0]))
    ys = [float(y) for y in re.findall(r" ([\d.]+)h0", drawn.dots)]
    assert max(ys) - min(ys) < plots.HEIGHT / 10
