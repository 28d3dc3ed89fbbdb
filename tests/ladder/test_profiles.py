"""The plan's numbers are kept as it has them."""

from __future__ import annotations

import re

import pytest

from noxtasks.ladder import profiles
from noxtasks.ladder.model import Level, Metric, Name
from noxtasks.ladder.profiles import DEFAULT, PROFILES, Profile, Span, Terms, Unit, span


@pytest.mark.parametrize(
    ("profile", "targets", "branches"),
    [
        ("baseline", (0.70, 0.40, 0.25, 0.60), None),
        ("delta", (0.75, 0.50, 0.25, 0.60), 0.35),
        ("target", (0.90, 0.70, 0.50, 0.60), None),
    ],
)
def test_each_profile_has_the_targets_of_the_plan(
    profile: str, targets: tuple[float, ...], branches: float | None
) -> None:
    found = PROFILES[profile]
    assert tuple(found.tiers[name].target for name in Name) == targets == tuple(profiles.targets(profile).values())
    assert found.branches == branches


@pytest.mark.parametrize("profile", PROFILES.values(), ids=PROFILES.keys())
def test_two_tiers_block_and_two_advise_and_mutants_have_a_score(profile: Profile) -> None:
    tiers = profile.tiers
    assert [tiers[name].level for name in Name] == [Level.BLOCKING] * 2 + [Level.ADVISORY] * 2
    assert [tiers[name].metric for name in Name] == [Metric.LINE] * 3 + [Metric.SCORE]
    assert all(tiers[name].source.startswith("the plan, ") and tiers[name].tools for name in Name)


def test_there_is_a_default() -> None:
    assert DEFAULT in PROFILES


def test_the_triggers_ask_for_what_the_plan_says() -> None:
    terms = Terms()
    assert [str(terms.sustained[name]) for name in Name] == ["2 sprints", "1 sprint", "0 sprints", "2 sprints"]
    assert (terms.collection_errors, terms.flake_rate, terms.consistency, terms.slower) == (0, 0.05, 0.95, 0.10)


@pytest.mark.parametrize(
    ("text", "count", "unit"),
    [("2 sprints", 2, Unit.SPRINTS), ("1 sprint", 1, Unit.SPRINTS), (" 5 commits ", 5, Unit.COMMITS)],
)
def test_a_span_is_read_as_it_is_written(text: str, count: int, unit: Unit) -> None:
    assert span(text) == Span(count=count, unit=unit)
    assert span(str(span(text))) == span(text)


@pytest.mark.parametrize("text", [" ", "2", "sprints", "-1 sprints", "02 sprints", "2 weeks", "2sprints", "٣ sprints"])
def test_other_texts_are_no_span(text: str) -> None:
    with pytest.raises(ValueError, match=re.escape(text)):
        span(text)
