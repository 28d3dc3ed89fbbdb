"""Risks: whether what was feared is there, by the artifacts. Pure.

A trigger says when it fires; the gate of calm, its opposite, holds until then. So of several places one is enough to
fire, an interval that reaches to both sides leaves it unmeasured, and nothing that is unmeasured has fired.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from noxtasks.evidence.gating import figures, judging
from noxtasks.evidence.gating.model import Level
from noxtasks.governance.checking.model import Documents, Plan, Rule, Text, Violation, Watched
from noxtasks.stats import Verdict


def watch(plan: Plan, documents: Documents, *, today: date) -> tuple[Watched, ...]:
    """All risks that are looked at, with their triggers judged."""
    return tuple(
        Watched(risk=each, evaluation=judging.evaluate(each.calm, documents[each.calm.artifact], today=today))
        for each in plan.risks
        if each.level is not Level.OFF
    )


def answers(watched: Watched) -> list[str]:
    """What is done against a risk: the mitigation, and the rollback."""
    said = (("mitigation", watched.risk.mitigation), ("rollback", watched.risk.rollback))
    return [f"{name}: {text}" for name, text in said if text]


def figure(watched: Watched) -> str:
    """What has fired, in figures."""
    evaluation = watched.evaluation
    told = f"{evaluation.gate.artifact}: {figures.figure(evaluation)}, not {figures.wanted(evaluation)}"
    return f"{told} ({evaluation.reason})" if evaluation.reason else told


def violations(watched: Iterable[Watched], level: Level) -> list[Violation]:
    """The risks of that level that have fired."""
    return [
        Violation(
            rule=Rule.RISK,
            name=each.risk.name,
            message=f"{each.risk.name} has fired: {each.risk.title.rstrip('.')}; {figure(each)}",
            line=each.risk.line,
            remedy="; ".join(answers(each)),
        )
        for each in watched
        if each.is_fired and each.risk.level is level
    ]


def unknown(watched: Iterable[Watched]) -> list[Text]:
    """The risks that would break a rule, and of which nothing is known."""
    return [
        Text(text=each.risk.name, line=each.risk.line)
        for each in watched
        if each.risk.level is Level.BLOCKING and each.evaluation.verdict is Verdict.UNMEASURED
    ]
