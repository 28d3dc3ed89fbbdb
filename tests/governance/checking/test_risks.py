"""A risk fires where the figure stands as its trigger says, in one place at least, and beyond doubt."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from noxtasks.evidence.gating.model import Gate, Level, Operator, Take
from noxtasks.governance.checking import reading, risks
from noxtasks.governance.checking.model import Plan, Risk, Watched

from .samples import document, missing

TODAY = date(2026, 11, 20)


def watched(figure: Any, *, operator: Operator = Operator.MORE, level: Level = Level.ADVISORY, **parts: Any) -> Watched:
    """A trigger over `/result/figure`, more than 600."""
    calm = Gate(
        **{
            "name": "slow", "title": "It is slow.", "artifact": "a.json", "pointer": "/result/figure",
            "operator": reading.opposite(operator), "threshold": 600, "level": Level.ADVISORY, "command": "", **parts,
        }
    )  # fmt: skip
    risk = Risk(name="slow", line=9, title="It is slow.", calm=calm, level=level, mitigation="wait", rollback="go back")
    found = document("a.json", {"figure": figure}) if figure is not None else missing("a.json")
    (one,) = risks.watch(Plan(risks=(risk,)), {"a.json": found}, today=TODAY)
    return one


@pytest.mark.parametrize(("figure", "is_fired"), [(599, False), (600, False), (600.001, True), (601, True)])
def test_it_fires_over_the_threshold_and_not_at_it(figure: float, is_fired: bool) -> None:
    assert watched(figure).is_fired is is_fired


def test_one_place_of_several_is_enough() -> None:
    several = [{"name": "a", "s": 1}, {"name": "b", "s": 700}, {"name": "c", "s": 2}]
    fired = watched(several, pointer="/result/figure/*/s")
    assert fired.is_fired
    assert "700" in risks.figure(fired)
    assert not watched(several[::2], pointer="/result/figure/*/s").is_fired


def test_a_number_of_things_fires_too() -> None:
    counted: dict[str, Any] = {"pointer": "/result/figure/*", "take": Take.COUNT, "threshold": 0}
    assert watched(["x"], **counted).is_fired
    assert not watched([], **counted).is_fired


def test_an_interval_on_both_sides_and_nothing_at_all_do_not_fire_and_are_no_calm() -> None:
    open_one = watched({"s": 700, "low": 500, "high": 900}, pointer="/result/figure/s")
    for each in (open_one, watched(None)):
        assert not each.is_fired
        assert each.evaluation.verdict.value == "unmeasured"


def test_what_is_done_against_it_is_told() -> None:
    fired = watched(601)
    assert risks.answers(fired) == ["mitigation: wait", "rollback: go back"]
    assert risks.figure(fired) == "a.json: 601, not <= 600"


def test_one_that_blocks_is_a_violation_and_one_that_does_not_is_told_alone() -> None:
    (violation,) = risks.violations([watched(601, level=Level.BLOCKING), watched(601), watched(5)], Level.BLOCKING)
    assert (violation.name, violation.line, violation.remedy) == ("slow", 9, "mitigation: wait; rollback: go back")
    assert risks.violations([watched(601)], Level.BLOCKING) == []


def test_one_that_blocks_and_is_not_measured_leaves_the_whole_open() -> None:
    assert [each.text for each in risks.unknown([watched(None, level=Level.BLOCKING), watched(None)])] == ["slow"]


def test_one_that_is_off_is_not_looked_at() -> None:
    with pytest.raises(ValueError, match="not enough values"):
        watched(601, level=Level.OFF)
