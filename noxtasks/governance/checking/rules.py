"""What all that was looked at comes to. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from noxtasks.errors import ExitCode
from noxtasks.evidence.gating.model import Level
from noxtasks.governance.checking import anchoring, deliverables, dimensions, patterns, risks
from noxtasks.governance.checking.model import (
    LEVELS,
    Addressed,
    Held,
    Judged,
    Pattern,
    Plan,
    Report,
    Rule,
    Text,
    Violation,
    Watched,
)
from noxtasks.stats import Verdict


def level(plan: Plan, pattern: Pattern) -> Level:
    """What it means that a pattern does not hold."""
    return plan.patterns.get(pattern, LEVELS[pattern])


def report(
    plan: Plan,
    *,
    sha256: str,
    addressed: Sequence[Addressed],
    held: Sequence[Held],
    judged: Iterable[Judged],
    watched: Sequence[Watched],
) -> Report:
    """All together: what is broken, what is only told, and what is not known. A pattern that is off is left out."""
    looked_at = tuple(each for each in judged if level(plan, each.pattern) is not Level.OFF)
    found = [
        *anchoring.violations(plan),
        *deliverables.violations(held),
        *dimensions.violations(addressed),
        *_broken(plan, looked_at, Level.BLOCKING),
        *risks.violations(watched, Level.BLOCKING),
    ]
    unmeasured = [*_unknown(plan, looked_at), *risks.unknown(watched)]
    verdict = Verdict.FAIL if found else Verdict.UNMEASURED if unmeasured else Verdict.PASS
    return Report(
        plan=plan,
        sha256=sha256,
        verdict=verdict,
        violations=_sorted(found),
        advice=_sorted(_broken(plan, looked_at, Level.ADVISORY)),
        unmeasured=tuple(unmeasured),
        dimensions=tuple(addressed),
        deliverables=tuple(held),
        patterns=looked_at,
        risks=tuple(watched),
    )


def exit_code(verdict: Verdict) -> ExitCode:
    """How the command ends."""
    codes = {Verdict.PASS: ExitCode.NOTHING_FOUND, Verdict.FAIL: ExitCode.FOUND}
    return codes.get(verdict, ExitCode.NOT_MEASURED)


def _sorted(found: Iterable[Violation]) -> tuple[Violation, ...]:
    order = list(Rule)
    return tuple(sorted(found, key=lambda each: (each.line, order.index(each.rule), each.name, each.message)))


def _broken(plan: Plan, judged: Iterable[Judged], of: Level) -> list[Violation]:
    return [
        Violation(
            rule=Rule.PATTERN,
            name=each.pattern.value,
            message=f"{each.pattern.value}: {detail.text}",
            line=detail.line or plan.pattern_lines.get(each.pattern, 0),
            remedy=f"$ {each.command}" if each.command else "",
        )
        for each in judged
        if each.verdict is Verdict.FAIL and level(plan, each.pattern) is of
        for detail in patterns.details(each)
    ]


def _unknown(plan: Plan, judged: Iterable[Judged]) -> list[Text]:
    return [
        Text(text=each.pattern.value, line=plan.pattern_lines.get(each.pattern, 0))
        for each in judged
        if each.verdict is Verdict.UNMEASURED and level(plan, each.pattern) is Level.BLOCKING
    ]
