"""A limit is never longer than allowed, never shorter than a test needs, and short for a test that was always quick."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noxtasks.suite.model import Outcome, Result
from noxtasks.suite.patience import Patience


def a_result(duration_s: float, outcome: Outcome = Outcome.PASSED) -> Result:
    return Result(nodeid="a", position=0, outcome=outcome, duration_s=duration_s)


@given(st.floats(0.1, 1000), st.lists(st.floats(0, 1000)))
def test_a_limit_is_at_most_what_is_allowed_and_leaves_room_for_what_it_took(most_s: float, took: list[float]) -> None:
    patience = Patience(most_s)
    patience.learn(map(a_result, took))
    limit_s = patience.limit_s("a")
    assert limit_s <= most_s
    assert limit_s == most_s or limit_s >= max(10.0, 100 * max(took))


@pytest.mark.parametrize(("took", "limit_s"), [([], 60), ([0.001, 0.002], 10), ([0.3, 0.1], 30), ([2.0], 60)])
def test_a_quick_test_hangs_sooner(took: list[float], limit_s: float) -> None:
    patience = Patience(60)
    patience.learn(map(a_result, took))
    assert patience.limit_s("a") == pytest.approx(limit_s)
    assert patience.limit_s("another") == 60


def test_nothing_is_learnt_from_what_was_cut_short() -> None:
    patience = Patience(60)
    patience.learn([a_result(0.001, outcome) for outcome in (Outcome.CRASHED, Outcome.TIMED_OUT, Outcome.STOPPED)])
    assert patience.limit_s("a") == 60
