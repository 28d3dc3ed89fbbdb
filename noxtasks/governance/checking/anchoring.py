"""The plan held against itself: every objective in a milestone, every milestone with an objective, and no cycle.

The plan calls this its Universal Context Law (section 8): no orphaned contexts, no cycles. Pure.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from noxtasks.governance.checking import graphs
from noxtasks.governance.checking.model import Milestone, Objective, Plan, Rule, Text, Violation
from noxtasks.governance.checking.names import listed, near, path


def violations(plan: Plan) -> list[Violation]:
    """Orphans, names that lead nowhere, milestones without an objective, and cycles."""
    return [
        *_orphans(plan),
        *_idle(plan),
        *_unknown("milestone", plan.milestones),
        *_unknown("objective", plan.objectives),
        *_cycles("milestones", plan.milestones),
        *_cycles("objectives", plan.objectives),
    ]


def _orphans(plan: Plan) -> Iterable[Violation]:
    known = dict.fromkeys(each.name for each in plan.milestones)
    for objective in plan.objectives:
        if not objective.milestones:
            yield _orphan(objective.name, "the objective is anchored to no milestone", objective.line, known)
        yield from (_lost(f"objective {objective.name}", said, known) for said in _strange(objective.milestones, known))
    for deliverable in plan.deliverables:
        if deliverable.milestone is None:
            yield _orphan(deliverable.name, "the deliverable belongs to no milestone", deliverable.line, known)
        else:
            strange = _strange([deliverable.milestone], known)
            yield from (_lost(f"deliverable {deliverable.name}", said, known) for said in strange)
    for risk in plan.risks:
        strange = _strange([risk.milestone] if risk.milestone else [], known)
        yield from (_lost(f"risk {risk.name}", said, known) for said in strange)


def _strange(said: Iterable[Text], known: Collection[str]) -> list[Text]:
    return [each for each in said if each.text not in known]


def _orphan(name: str, message: str, line: int, known: Collection[str]) -> Violation:
    remedy = f"Name one of the milestones: {listed(known)}."
    return Violation(rule=Rule.ORPHAN, name=name, message=message, line=line, remedy=remedy)


def _lost(who: str, said: Text, known: Collection[str]) -> Violation:
    remedy = near(said.text, known) or f"The milestones are {listed(known)}."
    message = f"{who} is anchored to {said.text!r}, and there is no such milestone"
    return Violation(rule=Rule.ORPHAN, name=who.partition(" ")[2], message=message, line=said.line, remedy=remedy)


def _idle(plan: Plan) -> Iterable[Violation]:
    used = {said.text for objective in plan.objectives for said in objective.milestones}
    for milestone in plan.milestones:
        if milestone.name not in used:
            message = "no objective is anchored to the milestone"
            remedy = "Anchor one to it, or take it out."
            yield Violation(rule=Rule.IDLE, name=milestone.name, message=message, line=milestone.line, remedy=remedy)


def _unknown(kind: str, parts: Sequence[Milestone] | Sequence[Objective]) -> Iterable[Violation]:
    known = dict.fromkeys(each.name for each in parts)
    for each in parts:
        for said in _strange(each.after, known):
            message = f"{each.name} comes after {said.text!r}, and there is no such {kind}"
            remedy = near(said.text, known) or f"The {kind}s are {listed(known)}."
            yield Violation(rule=Rule.UNKNOWN, name=each.name, message=message, line=said.line, remedy=remedy)


def _cycles(kind: str, parts: Sequence[Milestone] | Sequence[Objective]) -> Iterable[Violation]:
    known = {each.name: each for each in parts}
    before = {each.name: [said.text for said in each.after if said.text in known] for each in parts}
    for cycle in graphs.cycles(before):
        first = known[cycle[0]]
        lines = [said.line for said in first.after if said.text == cycle[-1]]
        yield Violation(
            rule=Rule.CYCLE,
            name=first.name,
            message=f"the {kind} wait for one another: {path((*cycle, cycle[0]))}",
            line=lines[0] if lines else first.line,
            remedy="Take one of these out of the `after` of the next.",
        )
