"""What two equal runs say of each test, and when the score is measured at all."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noxtasks import stats
from noxtasks.flake.determinism import rules
from noxtasks.flake.determinism.model import Differing, Replays
from noxtasks.stats import Verdict
from noxtasks.suite.model import EngineKind, Failure, Order, Outcome, Result, Run


def a_run(**endings: str) -> Run:
    """`test="passed"`, or `test="failed KeyError"`: the second word is the failure."""
    results = []
    for position, (name, ending) in enumerate(endings.items()):
        outcome, _, error = ending.partition(" ")
        failure = (
            Failure(fingerprint=error, phase="call", exception=f"app.{error}", message="no\nmore") if error else None
        )
        results.append(
            Result(nodeid=name, position=position, outcome=Outcome(outcome), duration_s=0.0, failure=failure)
        )
    return Run(
        number=0,
        seed=1,
        hash_seed=1,
        order=Order.COLLECTED,
        engine=EngineKind.FRESH,
        started=datetime(2026, 1, 2, tzinfo=UTC),
        duration_s=1.0,
        results=tuple(results),
    )


def test_another_outcome_another_failure_and_a_test_that_is_gone_are_other_endings() -> None:
    first = a_run(same="passed", fails="passed", other="failed KeyError", again="failed KeyError", gone="skipped")
    second = a_run(same="passed", fails="failed KeyError", other="failed TypeError", again="failed KeyError")
    assert rules.differing(first, second) == (
        Differing(test="fails", first="passed", second="failed: KeyError: no"),
        Differing(test="gone", first="skipped", second="not run"),
        Differing(test="other", first="failed: KeyError: no", second="failed: TypeError: no"),
    )
    assert rules.replays_of_runs(first, second) == Replays(tried=2, failed=1)


def test_the_repeats_of_flake_are_added_up() -> None:
    report = {
        "flaky": [{"repeats": {"tried": 3, "failed": 1}}, {"repeats": {"tried": 0, "failed": 0}}],
        "broken": [{"repeats": {"tried": 2, "failed": 2}}],
    }
    assert rules.replays_of_report(report) == Replays(tried=5, failed=3)


@pytest.mark.parametrize(
    ("replays", "verdict", "figure"),
    [
        ((), Verdict.UNMEASURED, None),
        ((Replays(),), Verdict.UNMEASURED, None),
        ((Replays(tried=3, failed=3), Replays()), Verdict.PASS, 1.0),
        ((Replays(tried=3, failed=3), Replays(tried=1, failed=0)), Verdict.FAIL, 0.75),
    ],
)
def test_the_score_is_measured_only_where_a_failure_was_repeated(
    replays: tuple[Replays, ...], verdict: Verdict, figure: float | None
) -> None:
    score = rules.score([(f"source {n}", each) for n, each in enumerate(replays)], confidence=0.95)
    assert (score.verdict, score.figure) == (verdict, figure)
    assert len(score.sources) == sum(each.tried > 0 for each in replays)


@given(st.integers(1, 500), st.data())
def test_the_score_is_the_share_with_wilsons_interval(tried: int, data: st.DataObject) -> None:
    failed = data.draw(st.integers(0, tried))
    score = rules.score([("runs", Replays(tried=tried, failed=failed))], confidence=0.9)
    assert score.interval == stats.wilson(failed, tried, confidence=0.9)
    assert score.figure == failed / tried
    assert (score.verdict is Verdict.PASS) == (failed == tried)
