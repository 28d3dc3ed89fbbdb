"""How gates say their figures: rounded, and never to the other side of the threshold."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noxtasks.evidence.gating import figures, judging
from noxtasks.evidence.gating.model import Evaluation, Operator, Unit

from .samples import TODAY, document, gate


def judged(figure: object, operator: Operator, threshold: float, unit: Unit) -> Evaluation:
    which = gate(operator=operator, threshold=threshold, unit=unit)
    return judging.evaluate(which, document(which.artifact, {"figure": figure}), today=TODAY)


@pytest.mark.parametrize(
    ("figure", "operator", "threshold", "unit", "said"),
    [
        (0.6778, Operator.AT_LEAST, 0.7, Unit.SHARE, "67.7% (>= 70%)"),
        (0.94999, Operator.AT_LEAST, 0.95, Unit.SHARE, "94.9% (>= 95%)"),
        (0.95, Operator.AT_LEAST, 0.95, Unit.SHARE, "95% (>= 95%)"),
        (0.29, Operator.AT_LEAST, 0.29, Unit.SHARE, "29% (>= 29%)"),
        (0.9557, Operator.AT_LEAST, 0.9555, Unit.SHARE, "95.57% (>= 95.55%)"),
        (0.04999, Operator.LESS, 0.05, Unit.SHARE, "4.999% (< 5%)"),
        (0.05, Operator.LESS, 0.05, Unit.SHARE, "5% (< 5%)"),
        (0.0, Operator.AT_MOST, 0.02, Unit.SHARE, "0% (<= 2%)"),
        (0.10004, Operator.AT_MOST, 0.1, Unit.CHANGE, "+10.004% (<= +10%)"),
        (-0.03, Operator.AT_MOST, 0.1, Unit.CHANGE, "-3% (<= +10%)"),
        (1.4999, Operator.AT_LEAST, 1.5, Unit.TIMES, "1.4999x (>= 1.50x)"),
        (1.5, Operator.AT_LEAST, 1.5, Unit.TIMES, "1.50x (>= 1.50x)"),
        (79.9999999, Operator.AT_LEAST, 80, Unit.NUMBER, "79.9999999 (>= 80)"),
        (3, Operator.EQUAL, 0, Unit.NUMBER, "3 (== 0)"),
    ],
)
def test_a_figure_is_shown_on_its_side_of_the_threshold(
    figure: float, operator: Operator, threshold: float, unit: Unit, said: str
) -> None:
    each = judged(figure, operator, threshold, unit)
    assert f"{figures.figure(each)} ({figures.wanted(each)})" == said


@given(
    st.floats(0, 1),
    st.integers(0, 1000).map(lambda mills: mills / 1000),
    st.sampled_from([Operator.LESS, Operator.AT_MOST, Operator.AT_LEAST, Operator.MORE]),
)
def test_what_is_shown_is_near_the_figure(figure: float, threshold: float, operator: Operator) -> None:
    text = figures.figure(judged(figure, operator, threshold, Unit.SHARE))
    assert abs(float(text.removesuffix("%")) / 100 - figure) <= 0.001
