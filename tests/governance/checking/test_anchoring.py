"""Every objective is anchored, every milestone has one, and nothing waits for itself."""

from __future__ import annotations

import random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from noxtasks.governance.checking import anchoring, reading
from noxtasks.governance.checking.model import Deliverable, Milestone, Objective, Plan, Rule, Violation

from .samples import WHOLE, line_of, milestone, objective, words


def found(milestones: list[Milestone], objectives: list[Objective], **more: Any) -> list[Violation]:
    return anchoring.violations(Plan(milestones=tuple(milestones), objectives=tuple(objectives), **more))


def test_a_plan_that_keeps_the_rules_has_no_violation() -> None:
    assert anchoring.violations(reading.read(WHOLE.encode())) == []


def test_an_objective_without_a_milestone_is_an_orphan() -> None:
    (violation,) = found([milestone("M1")], [objective("O1", "M1"), objective("O2", line=9)])
    assert (violation.rule, violation.name, violation.line) == (Rule.ORPHAN, "O2", 9)


def test_an_objective_in_a_milestone_that_is_not_there_is_one_too_and_says_what_was_meant() -> None:
    text = WHOLE.replace("milestones: [M2]", "milestones: [M22]")
    orphan, idle = anchoring.violations(reading.read(text.encode()))
    assert (orphan.rule, orphan.line, orphan.remedy) == (Rule.ORPHAN, line_of(text, "M22"), "Did you mean 'M2'?")
    assert (idle.rule, idle.name) == (Rule.IDLE, "M2")


def test_a_milestone_without_an_objective_is_idle() -> None:
    (violation,) = found([milestone("M1"), milestone("M2", "M1", line=3)], [objective("O1", "M1")])
    assert (violation.rule, violation.name, violation.line) == (Rule.IDLE, "M2", 3)


def test_a_deliverable_belongs_to_a_milestone() -> None:
    delivered = (
        Deliverable(name="report", line=5),
        Deliverable(name="page", line=6, milestone=words("M3", line=7)[0]),
    )
    violations = found([milestone("M1")], [objective("O1", "M1")], deliverables=delivered)
    assert [(each.rule, each.name, each.line) for each in violations] == [
        (Rule.ORPHAN, "report", 5),
        (Rule.ORPHAN, "page", 7),
    ]


def test_what_comes_after_something_unknown_is_told() -> None:
    (violation,) = found([milestone("M1")], [objective("O1", "M1", after=("O7",), line=4)])
    assert (violation.rule, violation.line) == (Rule.UNKNOWN, 4)
    assert "O1 comes after 'O7'" in violation.message


def test_a_cycle_is_printed_as_a_path_with_the_line_that_closes_it() -> None:
    text = WHOLE.replace("    milestones: [M1]", "    milestones: [M1]\n    after: [O2]")
    (violation,) = anchoring.violations(reading.read(text.encode()))
    assert (violation.rule, violation.line) == (Rule.CYCLE, line_of(text, "after: [O2]"))
    assert "O1 -> O2 -> O1" in violation.message


def test_a_milestone_after_itself_is_a_cycle() -> None:
    (violation,) = found([milestone("M1", "M1")], [objective("O1", "M1")])
    assert "M1 -> M1" in violation.message


NAMES = ["M1", "M2", "M3", "M9"]


@given(
    st.dictionaries(st.sampled_from(NAMES), st.sets(st.sampled_from(NAMES))),
    st.dictionaries(st.sampled_from(["O1", "O2", "O3"]), st.sets(st.sampled_from(NAMES))),
    st.randoms(),
)
def test_the_order_of_the_parts_makes_no_difference(
    milestones: dict[str, set[str]], objectives: dict[str, set[str]], chance: random.Random
) -> None:
    steps = [milestone(name, *sorted(after)) for name, after in milestones.items()]
    wishes = [objective(name, *sorted(of)) for name, of in objectives.items()]

    def told(violations: list[Violation]) -> set[tuple[Rule, str, str]]:
        return {(each.rule, each.name, each.message) for each in violations}

    shuffled = found(chance.sample(steps, len(steps)), chance.sample(wishes, len(wishes)))
    assert told(shuffled) == told(found(steps, wishes))


@given(st.lists(st.sets(st.sampled_from(NAMES[:3])), min_size=1, max_size=5))
def test_no_orphan_stays_unseen(anchors: list[set[str]]) -> None:
    wishes = [objective(f"O{number}", *sorted(of)) for number, of in enumerate(anchors)]
    violations = found([milestone("M1"), milestone("M2")], wishes)
    orphans = {each.name for each in violations if each.rule is Rule.ORPHAN}
    assert orphans == {f"O{number}" for number, of in enumerate(anchors) if not of or "M3" in of}
    idle = {each.name for each in violations if each.rule is Rule.IDLE}
    assert idle == {"M1", "M2"} - set().union(*anchors)
