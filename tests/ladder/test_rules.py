"""What a figure is, and what it has to be: at, under and over the target."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from noxtasks.config import LadderSettings
from noxtasks.errors import ExitCode
from noxtasks.ladder import coverage_py, profiles, rules, tiers
from noxtasks.ladder.model import Condition, Counts, Coverage, File, Level, Measured, Metric, Name, Standing, Tier
from noxtasks.stats import Interval, Verdict

GROUND = Standing(tier=None, following=None, missing=(), fallen=(), advances=())
UNIT = Tier(name=Name.UNIT, scope=(), metric=Metric.LINE, target=0.7, level=Level.BLOCKING)


def covered(lines: tuple[int, int], branches: tuple[int, int] = (0, 0), path: str = "shop.py") -> Coverage:
    counts = [Counts(covered=each[0], total=each[1]) for each in (lines, branches)]
    return coverage_py.of_files([File(path=path, lines=counts[0], branches=counts[1], missing=(), functions=())])


def measured(tier: Tier, verdict: Verdict) -> Measured:
    judgement = replace(rules.unmeasured(tier, ""), verdict=verdict)
    return Measured(tier=tier, tests=1, failed=(), coverage=None, edges=None, judgement=judgement)


@given(total=st.integers(1, 500), percent=st.integers(1, 100), data=st.data())
def test_the_figure_is_decided_on_unrounded_and_at_the_target_is_enough(
    total: int, percent: int, data: st.DataObject
) -> None:
    hit = data.draw(st.integers(0, total))
    tier = replace(UNIT, target=percent / 100)
    expected = Verdict.PASS if Fraction(hit, total) >= Fraction(percent, 100) else Verdict.FAIL
    assert rules.judge(tier, covered((hit, total)), tests=1).verdict is expected


@pytest.mark.parametrize(("metric", "figure"), [(Metric.LINE, 0.75), (Metric.BRANCH, 0.5), (Metric.COMBINED, 4 / 6)])
def test_the_figure_is_of_lines_or_branches_or_both(metric: Metric, figure: float) -> None:
    found = rules.judge(replace(UNIT, metric=metric), covered((3, 4), (1, 2)), tests=3)
    assert (found.figure, found.sample, found.threshold) == (figure, 3, 0.7)


def test_nothing_to_cover_is_no_figure_and_no_pass() -> None:
    for metric, scope in (
        (Metric.LINE, coverage_py.of_files([])),
        (Metric.LINE, covered((0, 0))),
        (Metric.BRANCH, covered((3, 3), (0, 0))),
    ):
        found = rules.judge(replace(UNIT, metric=metric), scope, tests=1)
        assert (found.verdict, found.figure) == (Verdict.UNMEASURED, None)


def test_what_an_interval_leaves_open_is_unmeasured() -> None:
    for low, high, verdict in ((0.7, 0.9, Verdict.PASS), (0.6, 0.69, Verdict.FAIL), (0.6, 0.7, Verdict.UNMEASURED)):
        assert rules.decide(UNIT, 0.65, Interval(low=low, high=high), sample=9).verdict is verdict


@given(st.floats(0, 1))
def test_a_share_is_never_shown_as_more_than_it_is(share: float) -> None:
    assert float(rules.percent(share).removesuffix("%")) / 100 <= share + 1e-9


def test_only_tiers_that_block_and_what_has_fallen_decide_the_exit_status() -> None:
    system = replace(UNIT, name=Name.SYSTEM, level=Level.ADVISORY)
    blocking = frozenset({Name.UNIT})
    ok, bad, blind = Verdict.PASS, Verdict.FAIL, Verdict.UNMEASURED
    for of_unit, of_system, code in (
        (ok, bad, ExitCode.NOTHING_FOUND),
        (ok, blind, ExitCode.NOTHING_FOUND),
        (bad, ok, ExitCode.FOUND),
        (blind, ok, ExitCode.NOT_MEASURED),
    ):
        found = [measured(UNIT, of_unit), measured(system, of_system)]
        assert rules.exit_code(found, blocking, GROUND) is code
    fallen = replace(GROUND, fallen=(Condition(name="ratchet", verdict=bad, reason=""),))
    assert rules.exit_code([measured(UNIT, blind)], blocking, fallen) is ExitCode.FOUND


def test_a_tier_covers_its_own_files_alone() -> None:
    both = coverage_py.of_files([*covered((1, 2), path="a.py").files, *covered((3, 4), path="b.py").files])
    assert both.lines == Counts(covered=4, total=6)
    assert rules.limited(both, frozenset({"b.py", "c.py"})).lines == Counts(covered=3, total=4)


def test_the_defaults_are_those_of_the_profile_and_every_setting_changes_one_tier() -> None:
    usual = tiers.tiers(LadderSettings(), profiles.targets("baseline"))
    assert [tier.target for tier in usual] == [0.7, 0.4, 0.25, 0.6]
    assert [tier.level for tier in usual] == [Level.BLOCKING] * 2 + [Level.ADVISORY] * 2
    assert usual[2].paths == ("**/system/**", "**/e2e/**", "**/functional/**", "**/acceptance/**")
    assert tiers.default_markers(usual[2]) == {"system", "e2e", "functional", "acceptance"}
    settings = LadderSettings(
        scope=("src/**",),
        scopes={"unit": ("src/core",)},
        markers={"unit": "not slow"},
        paths={"system": ("tests/browser/**",)},
        metrics={"system": "branch"},
        targets={"mutation": 1.0},
        levels={"unit": "advisory", "system": "blocking"},
    )
    unit, integration, system, mutation = tiers.tiers(settings, profiles.targets("target"))
    assert (unit.markers, unit.paths, unit.scope, unit.level) == ("not slow", (), ("src/core",), Level.ADVISORY)
    assert tiers.default_markers(unit) == frozenset()
    assert (integration.markers, integration.scope, integration.target) == ("integration", ("src/**",), 0.7)
    assert (system.markers, system.paths, system.metric) == ("", ("tests/browser/**",), Metric.BRANCH)
    assert (mutation.metric, mutation.target) == (Metric.SCORE, 1.0)


def test_a_tier_blocks_from_the_day_after_the_last_on_which_it_does_not() -> None:
    dated = replace(UNIT, blocking_after=date(2026, 12, 31))
    assert not tiers.is_blocking(dated, date(2026, 12, 31))
    assert tiers.is_blocking(dated, date(2027, 1, 1))
    assert tiers.is_blocking(UNIT, date(2026, 1, 1))
    assert not tiers.is_blocking(replace(UNIT, level=Level.ADVISORY), date(2026, 1, 1))
