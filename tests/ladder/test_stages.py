"""What is earned, lost and lacked: every trigger at, under and over what it asks for."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from noxtasks.ladder import stages
from noxtasks.ladder.model import Advance, Measurement, Name, Standing, Tier
from noxtasks.ladder.profiles import PROFILES, Span, Terms, Unit
from noxtasks.stats import Verdict

START = datetime(2026, 3, 2, 12, tzinfo=UTC)
UNIT, INTEGRATION, SYSTEM, MUTATION = Name
TERMS = Terms()
ONE_COMMIT = {name: Span(count=1, unit=Unit.COMMITS) for name in Name}
AT_ONCE = Terms(sustained=ONE_COMMIT)
TIERS = {
    name: Tier(name=name, scope=("shop/**",), metric=goal.metric, target=goal.target, level=goal.level)
    for name, goal in PROFILES["baseline"].tiers.items()
}
AT_TARGET: dict[Name, float | None] = {UNIT: 0.70, INTEGRATION: 0.40, SYSTEM: 0.25, MUTATION: 0.60}


def measured(day: float = 0, *, figures: Mapping[Name, float | None] | None = None, **other: object) -> Measurement:
    """One that holds all conditions exactly, but for the `other`; each day has a commit of its own."""
    commit = f"{round(day * 100):x}"
    best = Measurement(
        at=START + timedelta(days=day),
        revision=commit,
        code_version=commit,
        figures={**AT_TARGET, **(figures or {})},
        collection_errors=0,
        flake_rate=0.0499,
        consistency=0.95,
        slower=0.0999,
        system_tests_pass=True,
    )
    return msgspec.structs.replace(best, **other)


def advanced(*tiers: Name | None, day: float = 0) -> tuple[Advance, ...]:
    before = (None, *tiers)
    return tuple(
        Advance(
            at=START + timedelta(days=day),
            revision="a",
            before=one,
            tier=other,
            is_demotion=False,
            conditions=(),
        )
        for one, other in zip(before, tiers, strict=False)
    )


def standing(
    current: Measurement,
    history: Sequence[Measurement] = (),
    advances: Sequence[Advance] = (),
    *,
    tiers: Mapping[Name, Tier] = TIERS,
    terms: Terms = AT_ONCE,
) -> Standing:
    return stages.standing(current, history, advances, tiers=tiers, terms=terms)


def lacking(found: Standing) -> dict[str, Verdict]:
    return {each.name: each.verdict for each in found.missing if each.verdict is not Verdict.PASS}


def test_all_tiers_are_climbed_in_one_go_where_all_conditions_hold() -> None:
    found = standing(measured())
    assert (found.tier, found.following, found.missing, found.fallen) == (MUTATION, None, (), ())
    assert [(each.before, each.tier, each.is_demotion) for each in found.advances] == [
        (None, UNIT, False),
        (UNIT, INTEGRATION, False),
        (INTEGRATION, SYSTEM, False),
        (SYSTEM, MUTATION, False),
    ]
    assert {each.verdict for advance in found.advances for each in advance.conditions} == {Verdict.PASS}


@pytest.mark.parametrize(
    ("tier", "holds", "fails", "said"),
    [
        (UNIT, {"figures": {UNIT: 0.70}}, {"figures": {UNIT: 0.699}}, "tier1_unit at target"),
        (UNIT, {"figures": {UNIT: 0.701}}, {"figures": {UNIT: None}}, "tier1_unit at target"),
        (UNIT, {"collection_errors": 0}, {"collection_errors": 1}, "collection errors"),
        (UNIT, {}, {"collection_errors": None}, "collection errors"),
        (UNIT, {"flake_rate": 0.04999}, {"flake_rate": 0.05}, "flake rate"),
        (UNIT, {"flake_rate": 0.0}, {"flake_rate": 0.051}, "flake rate"),
        (UNIT, {}, {"flake_rate": None}, "flake rate"),
        (INTEGRATION, {"figures": {INTEGRATION: 0.4}}, {"figures": {INTEGRATION: 0.39}}, "tier2_integration at target"),
        (INTEGRATION, {"figures": {INTEGRATION: 1}}, {"figures": {INTEGRATION: None}}, "tier2_integration at target"),
        (INTEGRATION, {"consistency": 0.95}, {"consistency": 0.949}, "cross-OS pass rate"),
        (INTEGRATION, {"consistency": 1.0}, {"consistency": None}, "cross-OS pass rate"),
        (INTEGRATION, {"slower": 0.0999}, {"slower": 0.10}, "performance regression"),
        (INTEGRATION, {"slower": 0.0}, {"slower": 0.11}, "performance regression"),
        (INTEGRATION, {}, {"slower": None}, "performance regression"),
        (SYSTEM, {"figures": {SYSTEM: 0.25}}, {"figures": {SYSTEM: 0.249}}, "tier3_system at target"),
        (SYSTEM, {"figures": {SYSTEM: 0.26}}, {"figures": {SYSTEM: None}}, "tier3_system at target"),
        (SYSTEM, {"system_tests_pass": True}, {"system_tests_pass": False}, "end-to-end workflows"),
        (SYSTEM, {}, {"system_tests_pass": None}, "end-to-end workflows"),
        (SYSTEM, {"figures": {MUTATION: 0.0}}, {"figures": {MUTATION: None}}, "mutation baseline"),
        (MUTATION, {"figures": {MUTATION: 0.60}}, {"figures": {MUTATION: 0.599}}, "tier4_mutation at target"),
        (MUTATION, {"figures": {MUTATION: 0.61}}, {"figures": {MUTATION: None}}, "tier4_mutation at target"),
        (MUTATION, {"figures": {SYSTEM: 0.25}}, {"figures": {SYSTEM: None}}, "all tiers at target"),
    ],
)  # fmt: skip
def test_a_tier_is_earned_with_every_condition_and_not_without_one(
    tier: Name, holds: dict[str, object], fails: dict[str, object], said: str
) -> None:
    below = advanced(*list(Name)[: list(Name).index(tier)])
    assert tier in {each.tier for each in standing(measured(**holds), (), below).advances}  # type: ignore[arg-type]
    found = standing(measured(**fails), (), below)  # type: ignore[arg-type]
    assert (found.following, found.advances) == (tier, below)
    assert said in lacking(found)


def test_what_is_below_a_threshold_fails_and_what_was_not_measured_says_so() -> None:
    fails = measured(figures={UNIT: 0.6999}, collection_errors=1, flake_rate=0.05)
    assert lacking(standing(fails)) == {
        "tier1_unit at target": Verdict.FAIL,
        "tier1_unit sustained for 1 commit": Verdict.FAIL,
        "collection errors": Verdict.FAIL,
        "flake rate": Verdict.FAIL,
    }
    nothing = measured(figures={UNIT: None}, collection_errors=None, flake_rate=None)
    assert set(lacking(standing(nothing)).values()) == {Verdict.UNMEASURED}
    assert "69.9%, to be at least 70%" in {each.reason for each in standing(fails).missing}


def test_branches_are_asked_for_where_the_profile_does() -> None:
    terms = msgspec.structs.replace(AT_ONCE, branches=0.35)
    assert standing(measured(branches=0.35), terms=terms).tier is MUTATION
    assert lacking(standing(measured(branches=0.349), terms=terms)) == {"branch coverage": Verdict.FAIL}
    assert lacking(standing(measured(), terms=terms)) == {"branch coverage": Verdict.UNMEASURED}


def test_a_mutation_baseline_of_before_is_one() -> None:
    found = standing(measured(1, figures={MUTATION: None}), [measured(0)], advanced(UNIT, INTEGRATION))
    assert (found.tier, found.following) == (SYSTEM, MUTATION)
    later = standing(measured(1, figures={MUTATION: None}), [measured(2)], advanced(UNIT, INTEGRATION))
    assert lacking(later) == {"mutation baseline": Verdict.UNMEASURED}
    sampled = measured(1, figures={MUTATION: None}, has_mutation_score=True)
    assert standing(sampled, (), advanced(UNIT, INTEGRATION)).tier is SYSTEM


@pytest.mark.parametrize(
    ("tier", "days", "is_earned"),
    [
        (UNIT, (0, 28), True),
        (UNIT, (0, 27.99), False),
        (UNIT, (0, 28.01), True),
        (UNIT, (28,), False),
        (UNIT, (0, 3, 9, 28), True),
        (INTEGRATION, (0, 14), True),
        (INTEGRATION, (0, 13.99), False),
        (INTEGRATION, (0, 15), True),
        (SYSTEM, (0,), True),
        (MUTATION, (0, 28), True),
        (MUTATION, (0, 27.99), False),
    ],
)
def test_a_tier_is_earned_once_it_was_at_its_target_for_the_sprints_of_the_plan(
    tier: Name, days: tuple[float, ...], is_earned: bool
) -> None:
    *history, current = [measured(day) for day in days]
    below = advanced(*list(Name)[: list(Name).index(tier)])
    found = standing(current, history, below, terms=TERMS)
    assert (found.tier is not below[-1].tier if below else found.tier is not None) is is_earned


@pytest.mark.parametrize(("count", "tier"), [(2, MUTATION), (3, MUTATION), (4, None)])
def test_or_on_as_many_commits_as_are_asked_for(count: int, tier: Name | None) -> None:
    terms = Terms(sustained={name: Span(count=count, unit=Unit.COMMITS) for name in Name})
    assert standing(measured(2), [measured(0), measured(1)], terms=terms).tier is tier


def test_measurements_of_one_commit_count_once() -> None:
    terms = Terms(sustained={UNIT: Span(count=2, unit=Unit.COMMITS)})
    one = measured(1)
    again = [msgspec.structs.replace(one, at=one.at - timedelta(days=day)) for day in range(40)]
    assert standing(one, again, terms=terms).tier is None
    assert standing(one, again, terms=TERMS).tier is None
    reasons = [each.reason for each in standing(one, again, terms=TERMS).missing]
    assert reasons[1] == "at target on one commit; another is to be, too, on 2026-02-20 or later"


def test_what_is_missing_is_explained() -> None:
    history = [measured(0), measured(2, figures={UNIT: 0.6}), measured(4), measured(5, revision="")]
    found = standing(measured(6), history, terms=TERMS)
    assert found.missing[1].name == "tier1_unit sustained for 2 sprints"
    assert found.missing[1].verdict is Verdict.UNMEASURED
    assert found.missing[1].reason == (
        "at target on 2 commits since 2026-03-06, and is to be on 2026-04-03 still; c8 (2026-03-04) had 60%; "
        "1 measurement of what was no commit did not count"
    )
    terms = Terms(sustained={UNIT: Span(count=5, unit=Unit.COMMITS)})
    assert standing(measured(6), history, terms=terms).missing[1].reason.startswith("at target on 2 commits, 3 more")


def test_a_gap_neither_breaks_nor_counts() -> None:
    gap = measured(10, figures={UNIT: None})
    assert standing(measured(28), [measured(0), gap], terms=TERMS).tier is not None
    terms = Terms(sustained={UNIT: Span(count=3, unit=Unit.COMMITS)})
    assert standing(measured(28), [measured(0), gap], terms=terms).tier is None


def test_a_clock_that_was_wrong_earns_nothing() -> None:
    found = standing(measured(1), [measured(-20000), measured(500)], terms=TERMS)
    assert found.tier is None
    assert "2 measurements by a clock that was wrong did not count" in found.missing[1].reason


@pytest.mark.parametrize(
    ("current", "why"),
    [
        (measured(28, code_version="af0+dirty.1"), "the tree differs from its commit"),
        (measured(28, revision="", code_version="tree.1"), "there is no commit"),
    ],
)
def test_what_is_no_commit_earns_and_loses_nothing(current: Measurement, why: str) -> None:
    found = standing(current, [measured(0)], terms=TERMS)
    assert (found.tier, found.advances) == (None, ())
    assert (found.missing[0].name, found.missing[0].reason) == ("commit", f"{why}: nothing is earned on it")
    fallen = msgspec.structs.replace(current, figures={UNIT: 0.1})
    assert standing(fallen, [measured(0)], advanced(UNIT)).tier is UNIT
    assert [each.name for each in standing(fallen, [measured(0)], advanced(UNIT)).fallen] == ["tier1_unit"]


def test_a_tier_below_its_target_is_lost_with_all_above_it_and_that_is_shown() -> None:
    earned = advanced(UNIT, INTEGRATION, SYSTEM)
    found = standing(measured(1, figures={INTEGRATION: 0.399, SYSTEM: 0.2}), (), earned)
    *_, lost = found.advances
    assert (lost.before, lost.tier, lost.is_demotion) == (SYSTEM, UNIT, True)
    assert [(each.name, each.verdict) for each in lost.conditions] == [
        ("tier2_integration at target", Verdict.FAIL),
        ("tier3_system at target", Verdict.FAIL),
    ]
    assert (found.tier, found.following) == (UNIT, INTEGRATION)
    assert standing(measured(1, figures={UNIT: 0.0}), (), earned).tier is None


def test_only_the_figure_of_an_earned_tier_loses_it() -> None:
    worse = measured(
        1,
        figures={INTEGRATION: 0.1, UNIT: None},
        collection_errors=9,
        flake_rate=0.9,
        consistency=0.1,
        slower=3.0,
        system_tests_pass=False,
    )
    assert standing(worse, (), advanced(UNIT)).advances == advanced(UNIT)


def test_what_was_lost_is_earned_by_the_same_trigger_again() -> None:
    lost = measured(40, figures={UNIT: 0.6})
    first = standing(measured(28), [measured(0)], terms=TERMS)
    second = standing(lost, [measured(0), measured(28)], first.advances, terms=TERMS)
    third = standing(measured(41), [measured(0), measured(28), lost], second.advances, terms=TERMS)
    fourth = standing(measured(69), [measured(0), measured(28), lost, measured(41)], third.advances, terms=TERMS)
    assert [each.tier for each in (first, second, third, fourth)] == [MUTATION, None, None, MUTATION]
    again = msgspec.structs.replace(lost, at=lost.at + timedelta(hours=1), figures=AT_TARGET)
    mended = standing(again, [measured(0), measured(28), lost], second.advances, terms=TERMS)
    assert mended.tier is not None  # the same commit, measured on a machine that was in order


def test_a_second_look_at_the_same_measurement_changes_nothing() -> None:
    found = standing(measured(), [measured()])
    assert standing(measured(), [measured()], found.advances) == found


def test_advances_stay_in_the_order_of_their_times() -> None:
    earlier = advanced(UNIT, day=9)
    found = standing(measured(1, figures={UNIT: 0.1}), (), earlier)
    assert [each.at for each in found.advances] == [earlier[0].at] * 2


@pytest.mark.parametrize(
    ("share", "tolerance", "has_fallen"),
    [(0.79, 0.01, False), (0.7899, 0.01, True), (0.80, 0.0, False), (0.7999, 0.0, True), (0.85, 0.0, False)],
)
def test_a_tier_may_fall_by_the_tolerance_and_not_by_more(share: float, tolerance: float, has_fallen: bool) -> None:
    history = [measured(day, figures={UNIT: 0.80}) for day in (0, 1)]
    terms = Terms(sustained=ONE_COMMIT, tolerance=tolerance)
    found = standing(measured(2, figures={UNIT: share}), history, advanced(UNIT), terms=terms)
    assert [each.name for each in found.fallen] == ["tier1_unit"] * has_fallen
    assert found.tier is not None  # it is at its target still


def test_a_fall_by_just_the_tolerance_is_none_whatever_the_floats_make_of_it() -> None:
    history = [measured(day, figures={UNIT: 0.76}) for day in (0, 1)]
    terms = Terms(sustained=ONE_COMMIT, tolerance=0.059)
    assert 0.701 < 0.76 - 0.059
    assert standing(measured(2, figures={UNIT: 0.701}), history, terms=terms).fallen == ()


def test_a_fall_says_from_where_and_a_day_in_the_settings_forgives_it() -> None:
    history = [measured(day, figures={UNIT: 0.80}) for day in (0, 1)]
    fallen = measured(2, figures={UNIT: 0.75})
    (found,) = standing(fallen, history).fallen
    assert found.reason == "75% is 5% below the 80% that it had at 64 (2026-03-03); 1% are allowed"
    forgiven = msgspec.structs.replace(AT_ONCE, ratchet_since=date(2026, 3, 4))
    assert standing(fallen, history, terms=forgiven).fallen == ()


def test_a_tier_that_is_measured_in_another_way_has_not_fallen() -> None:
    history = [measured(0, figures={UNIT: 0.9}, ways={UNIT: TIERS[UNIT].way})]
    other = msgspec.structs.replace(TIERS[UNIT], scope=("shop/**", "till/**"))
    assert other.way != TIERS[UNIT].way == msgspec.structs.replace(TIERS[UNIT], target=0.9).way
    assert standing(measured(1, ways={UNIT: other.way}), history).fallen == ()


def test_a_tier_that_is_not_set_is_unmeasured() -> None:
    found = standing(measured(), tiers={UNIT: TIERS[UNIT]})
    assert (found.tier, found.following) == (UNIT, INTEGRATION)
    assert lacking(found) == {"tier2_integration at target": Verdict.UNMEASURED}


SHARES = st.one_of(st.none(), st.sampled_from([0.0, 0.2, 0.25, 0.4, 0.6, 0.7, 1.0]))
MEASUREMENTS = st.builds(
    measured,
    st.integers(0, 60),
    figures=st.fixed_dictionaries(dict.fromkeys(Name, SHARES)),
    collection_errors=st.sampled_from([None, 0, 0, 0, 1]),
    flake_rate=st.sampled_from([None, 0.0, 0.0, 0.05]),
    consistency=st.sampled_from([None, 1.0, 1.0, 0.9]),
    slower=st.sampled_from([None, 0.0, 0.0, 0.2]),
    system_tests_pass=st.sampled_from([None, True, True, False]),
)
ANY_TERMS = st.sampled_from([TERMS, AT_ONCE, Terms(sustained=dict.fromkeys(Name, Span(count=2, unit=Unit.COMMITS)))])


def climbed(history: Sequence[Measurement], terms: Terms) -> tuple[Standing, list[Measurement]]:
    seen: list[Measurement] = []
    found = standing(history[0], terms=terms)
    for each in history:
        found = standing(each, seen, found.advances, terms=terms)
        seen.append(each)
    return found, seen


@given(st.lists(MEASUREMENTS, min_size=1, max_size=12), ANY_TERMS)
def test_nothing_is_earned_with_a_condition_that_does_not_hold_and_nothing_lost_without_one(
    history: list[Measurement], terms: Terms
) -> None:
    found, _ = climbed(history, terms)
    before = None
    for each in found.advances:
        assert each.before is before
        verdicts = {condition.verdict for condition in each.conditions}
        assert verdicts == ({Verdict.FAIL} if each.is_demotion else {Verdict.PASS})
        rank = [None, *Name].index(each.tier) - [None, *Name].index(each.before)
        assert rank < 0 if each.is_demotion else rank == 1
        before = each.tier
    assert found.tier is before


@given(st.lists(MEASUREMENTS, min_size=1, max_size=8), ANY_TERMS, MEASUREMENTS)
def test_a_measurement_that_is_no_worse_loses_nothing(
    history: list[Measurement], terms: Terms, better: Measurement
) -> None:
    found, seen = climbed(history, terms)
    at = {name: max(better.figures[name] or 0, TIERS[name].target) for name in Name}
    after = standing(msgspec.structs.replace(better, figures=at), seen, found.advances, terms=terms)
    assert not any(each.is_demotion for each in after.advances[len(found.advances) :])
    order = [None, *Name]
    assert order.index(after.tier) >= order.index(found.tier)


@given(st.lists(MEASUREMENTS, max_size=8), ANY_TERMS, MEASUREMENTS, st.randoms(use_true_random=False))
def test_neither_order_nor_repetition_of_the_history_matters(
    history: list[Measurement], terms: Terms, current: Measurement, chance: random.Random
) -> None:
    shuffled = [*history, *history[:2], current]
    chance.shuffle(shuffled)
    assert standing(current, shuffled, terms=terms) == standing(current, history, terms=terms)


@given(st.lists(MEASUREMENTS, min_size=1, max_size=8), ANY_TERMS)
def test_an_unmeasured_suite_keeps_what_it_has_and_earns_nothing(history: list[Measurement], terms: Terms) -> None:
    found, seen = climbed(history, terms)
    nothing = measured(61, figures=dict.fromkeys(Name))
    assert standing(nothing, seen, found.advances, terms=terms).advances == found.advances
