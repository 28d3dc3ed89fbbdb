"""What every report of the ladder says in the same words."""

from __future__ import annotations

import pytest

from noxtasks.ladder import wording


@pytest.mark.parametrize(
    ("risen", "said"), [(None, "-"), (0.0, "+0.0"), (-0.0001, "+0.0"), (-0.0006, "-0.1"), (0.004, "+0.4")]
)
def test_how_a_figure_has_changed(risen: float | None, said: str) -> None:
    assert wording.trend(risen) == said
