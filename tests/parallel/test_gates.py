"""The gates: a pass only where the interval says so."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noxtasks.parallel import gates
from noxtasks.parallel.model import Assessment, Basis, Candidate, Execution, Mode, State
from noxtasks.stats import Interval, Shift, Verdict
from noxtasks.suite.model import Outcome

Make = Callable[..., Execution]
BASIS = Basis(wall_s=80.0, once_s=0.0, total_s=80.0, longest_s=1.0, longest="t", cpu_s=0.0)


def best(low: float, high: float, workers: int = 8) -> Assessment:
    return Assessment(
        candidate=Candidate(mode=Mode.LOAD, workers=workers),
        state=State.KEPT,
        reason="",
        fault=None,
        runs=6,
        wall_s=1.0,
        speedup=Shift(estimate=(low + high) / 2, interval=Interval(low=low, high=high), pairs=6),
        efficiency=1.0,
        limit_s=1.0,
        over_limit=1.0,
        suspects=(),
        otherwise=(),
        causes=(),
    )


def test_the_target_is_what_is_wanted_or_a_share_of_what_the_limit_allows() -> None:
    assert gates.target(BASIS, workers=8, cores=8, wanted=3.0) == 3.0
    assert gates.target(BASIS, workers=2, cores=8, wanted=3.0) == pytest.approx(1.6)


@pytest.mark.parametrize(
    ("low", "high", "workers", "verdict"),
    [
        (3.1, 3.5, 8, Verdict.PASS),
        (2.0, 2.9, 8, Verdict.FAIL),
        (2.0, 3.5, 8, Verdict.UNMEASURED),
        (1.7, 1.9, 2, Verdict.PASS),
        (0.5, 0.6, 1, Verdict.PASS),  # one worker is allowed 0.8: one test after the other is as fast
    ],
)
def test_the_speed_up_is_held_against_it(low: float, high: float, workers: int, verdict: Verdict) -> None:
    assert gates.fast_enough(best(low, high, workers), BASIS, cores=8, wanted=3.0).judgement.verdict is verdict


def test_without_a_candidate_nothing_is_measured() -> None:
    assert gates.fast_enough(None, BASIS, cores=8, wanted=3.0).judgement.verdict is Verdict.UNMEASURED


def some(make: Make, tests: int, failing: int) -> Execution:
    outcomes = [Outcome.FAILED] * failing + [Outcome.PASSED] * (tests - failing)
    return make(outcomes={f"t{number}": outcome for number, outcome in enumerate(outcomes)})


@pytest.mark.parametrize(
    ("tests", "alone", "parallel", "verdict"),
    [
        (300, 0, 0, Verdict.PASS),
        (300, 30, 30, Verdict.UNMEASURED),
        (300, 0, 60, Verdict.FAIL),
        (10, 0, 0, Verdict.UNMEASURED),
        (10, 0, 1, Verdict.UNMEASURED),
    ],
)
def test_no_more_than_two_points_more_may_fail(
    an_execution: Make, tests: int, alone: int, parallel: int, verdict: Verdict
) -> None:
    runs = [some(an_execution, tests, alone)], [some(an_execution, tests, parallel)]
    assert gates.safe_enough(*runs, allowed=0.02, confidence=0.95).judgement.verdict is verdict


@given(tests=st.integers(1, 500), failing=st.integers(0, 500))
def test_unmeasured_is_never_a_pass_without_results_in_parallel(tests: int, failing: int) -> None:
    outcomes = {f"t{number}": Outcome.FAILED if number < failing else Outcome.PASSED for number in range(tests)}
    alone = [Execution(candidate=None, wall_s=1.0, outcomes=outcomes)]
    assert gates.safe_enough(alone, [], allowed=0.02, confidence=0.95).judgement.verdict is Verdict.UNMEASURED
