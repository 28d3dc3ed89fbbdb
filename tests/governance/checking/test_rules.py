"""What all comes to: violations before what is not known before what is kept; advice decides nothing."""

from __future__ import annotations

from typing import Any

import pytest

from noxtasks.errors import ExitCode
from noxtasks.evidence.gating.model import Level
from noxtasks.governance.checking import rules
from noxtasks.governance.checking.model import Judged, Pattern, Plan, Report
from noxtasks.stats import Verdict

from .samples import milestone, objective, words

PARTS: dict[str, Any] = {"milestones": (milestone("M1"),), "objectives": (objective("O1", "M1"),)}


def report(*judged: Judged, **parts: Any) -> Report:
    plan = Plan(**{**PARTS, **parts})
    return rules.report(plan, sha256="a" * 64, addressed=(), held=(), judged=judged, watched=())


def circle(verdict: Verdict, *details: str) -> Judged:
    return Judged(pattern=Pattern.CIRCLE, verdict=verdict, reason="3 of 4", details=words(*details, line=0))


@pytest.mark.parametrize(
    ("verdict", "level", "comes_to", "ends"),
    [
        (Verdict.PASS, Level.BLOCKING, Verdict.PASS, ExitCode.NOTHING_FOUND),
        (Verdict.FAIL, Level.BLOCKING, Verdict.FAIL, ExitCode.FOUND),
        (Verdict.UNMEASURED, Level.BLOCKING, Verdict.UNMEASURED, ExitCode.NOT_MEASURED),
        (Verdict.FAIL, Level.ADVISORY, Verdict.PASS, ExitCode.NOTHING_FOUND),
        (Verdict.UNMEASURED, Level.ADVISORY, Verdict.PASS, ExitCode.NOTHING_FOUND),
        (Verdict.FAIL, Level.OFF, Verdict.PASS, ExitCode.NOTHING_FOUND),
        (Verdict.UNMEASURED, Level.OFF, Verdict.PASS, ExitCode.NOTHING_FOUND),
    ],
)
def test_a_pattern_decides_where_it_blocks(verdict: Verdict, level: Level, comes_to: Verdict, ends: ExitCode) -> None:
    found = report(circle(verdict), patterns={Pattern.CIRCLE: level})
    assert (found.verdict, rules.exit_code(found.verdict)) == (comes_to, ends)
    is_told = verdict is Verdict.FAIL and level is Level.ADVISORY
    assert [each.message for each in found.advice] == (["circle: 3 of 4"] if is_told else [])
    assert len(found.patterns) == (level is not Level.OFF)


def test_a_violation_goes_before_what_is_not_known() -> None:
    found = report(circle(Verdict.UNMEASURED), objectives=())
    assert (found.verdict, [each.text for each in found.unmeasured]) == (Verdict.FAIL, ["circle"])


def test_each_place_that_breaks_a_pattern_is_a_violation_of_its_own_at_the_line_of_the_pattern() -> None:
    found = report(circle(Verdict.FAIL, "tier 3", "tier 4"), pattern_lines={Pattern.CIRCLE: 7})
    assert [(each.message, each.line) for each in found.violations] == [("circle: tier 3", 7), ("circle: tier 4", 7)]


def test_the_golden_ratio_advises_and_the_others_block_unless_the_plan_says_otherwise() -> None:
    levels = {pattern: rules.level(Plan(), pattern) for pattern in Pattern}
    assert [pattern for pattern, level in levels.items() if level is not Level.BLOCKING] == [Pattern.GOLDEN_RATIO]
    assert rules.level(Plan(patterns={Pattern.GOLDEN_RATIO: Level.BLOCKING}), Pattern.GOLDEN_RATIO) is Level.BLOCKING


def test_without_a_deliverable_there_is_no_share_of_them() -> None:
    assert report().completeness is None
