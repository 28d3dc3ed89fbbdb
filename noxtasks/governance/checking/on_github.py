"""The check on GitHub: a summary of the job, and annotations beside the lines of `governance.yaml`."""

from __future__ import annotations

from noxtasks.evidence.display import github
from noxtasks.evidence.display.github import Level
from noxtasks.evidence.display.text import shown
from noxtasks.governance.checking import risks, wording
from noxtasks.governance.checking.model import NAME, Report, Violation
from noxtasks.stats import Verdict

_ANNOTATIONS = 10  # that GitHub shows of a step, of errors and of warnings
_MARKS = {Verdict.PASS: "✅", Verdict.FAIL: "❌", Verdict.UNMEASURED: "❔"}


def tell(report: Report) -> None:
    """Write what GitHub shows, where this runs as an action."""
    for level, found in ((Level.ERROR, report.violations), (Level.WARNING, report.advice)):
        for each in found[:_ANNOTATIONS]:
            lines = [each.message, *([each.remedy] if each.remedy else [])]
            title = f"governance: {each.rule.value}"
            github.annotate(NAME, "\n".join(lines), title=title, line=each.line or None, level=level)
    fired = [each for each in report.risks if each.is_fired and each.risk.level.value == "advisory"]
    for watched in fired[: max(0, _ANNOTATIONS - len(report.advice))]:
        message = "\n".join((risks.figure(watched), *risks.answers(watched)))
        title = f"risk: {watched.risk.name}"
        github.annotate(NAME, message, title=title, line=watched.risk.line, level=Level.WARNING)
    github.summarise(markdown(report))


def markdown(report: Report) -> str:
    """The answer, what is broken, the patterns, and the risks that have fired."""
    lines = [f"### {_MARKS[report.verdict]} {github.plain(wording.answer(report))}", ""]
    rows = [_row(each, "") for each in report.violations] + [_row(each, "advisory") for each in report.advice]
    lines += [*github.table(("where", "rule", "what", "", "remedy"), rows), ""]
    patterns = [
        (
            each.pattern.value,
            wording.figure(each),
            github.code(wording.wanted(each)) if wording.wanted(each) else "",
            f"{_MARKS[each.verdict]} {wording.standing(report, each)}",
            github.plain("; ".join((each.reason, *each.told))),
        )
        for each in report.patterns
    ]
    lines += [*github.table(("pattern", "figure", "wanted", "verdict", ""), patterns), ""]
    fired = [
        (github.plain(each.risk.name), github.plain(each.risk.title), github.code(shown(risks.figure(each))),
         github.plain("; ".join(risks.answers(each))))
        for each in report.risks
        if each.is_fired
    ]  # fmt: skip
    lines += [*github.table(("risk that has fired", "", "figure", "what is done"), fired), ""]
    lines += [f"- {github.plain(each)}" for each in wording.summary(report)]
    lines += [f"- unmeasured: {github.plain(each.text)}" for each in report.unmeasured]
    return "\n".join(lines) + "\n\n"


def _row(each: Violation, level: str) -> tuple[str, ...]:
    return (
        github.code(wording.place(each)),
        each.rule.value,
        github.plain(each.message),
        level,
        github.plain(each.remedy),
    )
