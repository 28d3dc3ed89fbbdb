"""What every report of the check says in the same words."""

from __future__ import annotations

from noxtasks.evidence.display.text import counted
from noxtasks.evidence.gating.model import Level
from noxtasks.governance.checking import rules
from noxtasks.governance.checking.model import DIMENSIONS, NAME, Judged, Pattern, Report, Standing, Violation
from noxtasks.stats import Verdict


def place(each: Violation) -> str:
    """Where a rule is broken."""
    return f"{NAME}:{each.line}" if each.line else NAME


def answer(report: Report) -> str:
    """Are the rules kept?"""
    if report.verdict is Verdict.PASS:
        return "the rules are kept"
    if report.verdict is Verdict.FAIL:
        return f"the rules are not kept: {counted(len(report.violations), 'violation')}"
    return f"not known whether the rules are kept; unmeasured: {', '.join(each.text for each in report.unmeasured)}"


def standing(report: Report, each: Judged) -> str:
    """The verdict on a pattern, and what it means where it is no pass."""
    is_advisory = rules.level(report.plan, each.pattern) is Level.ADVISORY
    return f"{each.verdict.value}, advisory" if is_advisory and each.verdict is not Verdict.PASS else each.verdict.value


def figure(each: Judged) -> str:
    """The share, as people read it."""
    return "-" if each.figure is None else f"{each.figure:.1%}".replace(".0%", "%")


def wanted(each: Judged) -> str:
    """What the share has to be."""
    if each.threshold is None:
        return ""
    return f"{'<=' if each.pattern is Pattern.GOLDEN_RATIO else '>='} {each.threshold:.0%}"


def plan(report: Report) -> str:
    """What the file has."""
    of = report.plan
    parts = (
        (len(of.milestones), "milestone"),
        (len(of.objectives), "objective"),
        (len(of.deliverables), "deliverable"),
        (len(of.risks), "risk"),
    )
    return f"{NAME}: {', '.join(counted(count, noun) for count, noun in parts)}"


def summary(report: Report) -> list[str]:
    """The figures of the whole."""
    lines = []
    if (share := report.completeness) is not None:
        kept = sum(not each.reason for each in report.deliverables)
        lines.append(f"{kept} of {len(report.deliverables)} deliverables have a digest in evidence ({share:.0%})")
    unchecked = sum(ref.standing is Standing.UNCHECKED for each in report.dimensions for ref in each.evidence)
    addressed = f"{sum(each.holds for each in report.dimensions)} of {len(DIMENSIONS)} dimensions are addressed"
    lines.append(f"{addressed}; {counted(unchecked, 'URL')} not fetched" if unchecked else addressed)
    if report.risks:
        fired = sum(each.is_fired for each in report.risks)
        unknown = sum(each.evaluation.verdict is Verdict.UNMEASURED for each in report.risks)
        lines.append(f"{fired} of {counted(len(report.risks), 'risk')} fired, {unknown} unmeasured")
    return lines
