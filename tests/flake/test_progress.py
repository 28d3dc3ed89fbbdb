"""The line that tells how far the runs are: rewritten on a terminal, and a few plain lines elsewhere."""

from __future__ import annotations

import io
import sys
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from noxtasks.flake import progress
from noxtasks.flake.progress import Progress


class Screen(io.StringIO):
    """A standard error that is a terminal."""

    def isatty(self) -> bool:
        return True


def gathered(runs: int, *, elapsed_s: float, run_s: float = 1.0, jobs: int = 1, names: tuple[str, ...] = ()) -> Any:
    return SimpleNamespace(
        runs=[SimpleNamespace(duration_s=run_s)] * runs,
        jobs=jobs,
        elapsed_s=elapsed_s,
        suspects=lambda: {name: (place + 1, 9) for place, name in enumerate(names)},
    )


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time, to be set."""
    now = [1000.0]
    monkeypatch.setattr("noxtasks.evidence.display.live.time", SimpleNamespace(monotonic=lambda: now[0]))
    return now


def said(screen: Screen) -> list[str]:
    return screen.getvalue().split("\r\x1b[K")


def test_a_terminal_has_one_line_that_is_gone_in_the_end(clock: list[float], monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Screen()
    monkeypatch.setattr(sys, "stderr", screen)
    with Progress(wanted=20, budget_s=60) as line:
        clock[0] += 60
        line.ran(gathered(1, elapsed_s=9))
        clock[0] += 60
        line.ran(gathered(10, elapsed_s=27, names=("a", "b")))
        line.repeats(gathered(20, elapsed_s=47, names=("t/a.py::a", "t/b.py::b[/]", "c", "d")))
    assert "\n" not in screen.getvalue()
    assert said(screen) == [
        "",
        "the first run is under way",
        "run 1 of 20, about 19 s left, 0 flaky so far",
        "run 10 of 20, about 19 s left, 2 flaky so far: b, a",
        "repeating failed runs alone, 4 flaky so far: d, c, b.py::b[/], …",
        "",
    ]


@given(st.lists(st.text(st.characters()) | st.text("\u9759\u304b", min_size=50), max_size=5), st.integers(20, 120))
def test_a_line_never_wraps_and_holds_no_control_character(names: list[str], columns: int) -> None:
    screen = Screen()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "stderr", screen)
        patch.setenv("COLUMNS", str(columns))
        patch.setattr("noxtasks.evidence.display.live._LIVE_EVERY_S", 0.0)
        with Progress(wanted=None, budget_s=60) as line:
            line.ran(gathered(3, elapsed_s=3.0, names=tuple(dict.fromkeys(names))))
    for text in said(screen):
        assert cell_len(text) < columns
        assert text.isprintable()


def test_a_log_has_a_plain_line_now_and_then(clock: list[float], capsys: pytest.CaptureFixture[str]) -> None:
    with Progress(wanted=None, budget_s=60) as line:
        for run in range(1, 61):
            clock[0] += 1
            line.ran(gathered(run, elapsed_s=float(run), names=("one\n", "two")))
    told = capsys.readouterr().err.splitlines()
    assert 3 <= len(told) <= 6
    assert told[0] == "run 10, about 50 s left, 2 flaky so far: two, one\\u{a}"
    assert all(text.isprintable() for text in told)


@given(
    start_up_s=st.floats(0, 1e3),
    run_s=st.floats(0.01, 1e3),
    jobs=st.integers(1, 16),
    rounds=st.integers(1, 20),
    ended=st.integers(1, 16),
)
def test_what_is_left_is_estimated_from_the_first_run_on_whatever_it_took_to_start(
    start_up_s: float, run_s: float, jobs: int, rounds: int, ended: int
) -> None:
    """Runs that take the same time, `jobs` side by side: the estimate after each round is exact, and never far off."""
    done = (rounds - 1) * jobs + min(ended, jobs)
    first_s = start_up_s + run_s
    elapsed_s = start_up_s + rounds * run_s
    each_s = progress._each_s([run_s] * done, since_first_s=elapsed_s - first_s, jobs=jobs)
    true_s = run_s / jobs
    if done == rounds * jobs:
        assert each_s == pytest.approx(true_s)
    assert true_s * 0.999 <= each_s <= true_s * 2.001


def test_runs_that_follow_one_another_because_they_upset_each_other_are_not_taken_for_faster() -> None:
    assert progress._each_s([2.0, 2.0], since_first_s=0.0, jobs=1) == 2.0


@given(st.integers(1, 200), st.floats(0.01, 1e4), st.none() | st.integers(200, 500), st.floats(-100, 1e4))
def test_what_is_left_is_never_less_than_nothing(
    done: int, each_s: float, wanted: int | None, budget_left_s: float
) -> None:
    left_s = progress._left_s(done, each_s, wanted, budget_left_s)
    assert left_s >= 0
    if wanted is not None:
        assert left_s == pytest.approx(each_s * (wanted - done))


def test_a_span_is_told_in_the_unit_that_reads_best() -> None:
    assert (progress._span(0.4), progress._span(99), progress._span(150)) == ("0 s", "99 s", "2 min")
