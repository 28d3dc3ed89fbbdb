"""The line that tells how far the runs are: rewritten on a terminal, and a few plain lines elsewhere."""

from __future__ import annotations

import io
import sys
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noxtasks.flake import progress
from noxtasks.flake.progress import Progress


class Screen(io.StringIO):
    """A standard error that is a terminal."""

    def isatty(self) -> bool:
        return True


def gathered(runs: int, *, elapsed_s: float = 10.0, suspects: int = 2) -> Any:
    return SimpleNamespace(
        runs=[None] * runs, elapsed_s=elapsed_s, suspects=lambda: {str(number): (1, 2) for number in range(suspects)}
    )


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time, to be set."""
    now = [1000.0]
    monkeypatch.setattr("noxtasks.flake.progress.time", SimpleNamespace(monotonic=lambda: now[0]))
    return now


def test_a_terminal_has_one_line_that_is_gone_in_the_end(clock: list[float], monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Screen()
    monkeypatch.setattr(sys, "stderr", screen)
    with Progress(wanted=20, budget_s=60) as line:
        for runs in (5, 10):
            clock[0] += 60
            line.ran(gathered(runs))
        clock[0] += 60
        line.repeats(gathered(10))
    assert "\n" not in screen.getvalue()
    lines = screen.getvalue().split("\r\x1b[K")
    assert lines == [
        "",
        "run 5 of 20, about 30 s left, 2 flaky so far",
        "run 10 of 20, about 10 s left, 2 flaky so far",
        "repeating alone the runs in which 2 tests failed",
        "",
    ]


def test_a_log_has_a_plain_line_now_and_then(clock: list[float], capsys: pytest.CaptureFixture[str]) -> None:
    with Progress(wanted=None, budget_s=60) as line:
        for run in range(1, 61):
            clock[0] += 1
            line.ran(gathered(run, elapsed_s=float(run)))
    told = capsys.readouterr().err.splitlines()
    assert 3 <= len(told) <= 6
    assert told[0] == "run 10, about 50 s left, 2 flaky so far"
    assert all(text.isprintable() for text in told)


@given(st.integers(1, 200), st.floats(0.01, 1e4), st.none() | st.integers(200, 500), st.floats(1, 1e4))
def test_what_is_left_is_never_less_than_nothing(
    done: int, elapsed_s: float, wanted: int | None, budget_s: float
) -> None:
    left_s = progress._left_s(done, elapsed_s, wanted, budget_s)
    assert left_s >= 0
    if wanted is not None:
        assert left_s == pytest.approx(elapsed_s / done * (wanted - done))


def test_a_span_is_told_in_the_unit_that_reads_best() -> None:
    assert (progress._span(0.4), progress._span(99), progress._span(150)) == ("0 s", "99 s", "2 min")
