"""The gates on GitHub: a summary of the job, and annotations for what keeps a change from being merged."""

from __future__ import annotations

from noxtasks.evidence.display import github
from noxtasks.evidence.display.github import Level
from noxtasks.evidence.display.text import shown
from noxtasks.evidence.gating import figures
from noxtasks.evidence.gating.model import Evaluation
from noxtasks.gates import wording
from noxtasks.gates.model import Grade, Report
from noxtasks.stats import Verdict

SUMMARY = "quality.gates.md"

_ANNOTATIONS = 10  # that GitHub shows of a step, of errors and of warnings
_MARKS = {Verdict.PASS: "✅", Verdict.FAIL: "❌", Verdict.UNMEASURED: "❔"}


def tell(report: Report) -> None:
    """Write what GitHub shows, where this runs as an action."""
    left = {Level.ERROR: _ANNOTATIONS, Level.WARNING: _ANNOTATIONS}
    for each in report.evaluations:
        level = Level.ERROR if each.is_blocking else Level.WARNING
        is_worth = each.verdict is Verdict.FAIL or (each.is_blocking and each.verdict is Verdict.UNMEASURED)
        if is_worth and left[level]:
            left[level] -= 1
            lines = [figures.said(each), *([f"$ {each.gate.command}"] if each.gate.command else [])]
            github.annotate("", "\n".join(lines), title=f"gate: {each.gate.name}", level=level)
    for finding in report.findings:
        if finding.grade is not Grade.NOTE and left[Level.WARNING]:
            left[Level.WARNING] -= 1
            lines = [finding.message, *([f"$ {finding.command}"] if finding.command else [])]
            place = finding.line or None
            github.annotate(finding.path, "\n".join(lines), title=finding.rule, line=place, level=Level.WARNING)
    github.summarise(markdown(report))


def markdown(report: Report) -> str:
    """The answer, the table, what to do for what is not measured, and the way back."""
    rows = [_row(each) for each in report.evaluations]
    lines = [f"### {_MARKS[report.verdict]} {github.plain(wording.answer(report))}", ""]
    lines += [*github.table(("gate", "", "figure", "wanted", "verdict", "", "owner"), rows), ""]
    if report.rollback is not None:
        first, *rest = wording.rollback(report.rollback)
        lines += [f"**{github.plain(first)}**", "", *_console(rest)]
    for reason, names, command in wording.unmeasured(report.evaluations):
        lines += [f"- unmeasured: {', '.join(map(github.plain, names))}: {github.code(shown(reason))}"]
        lines += [f"  - {github.code(f'$ {command}')}"] if command else []
    lines += [f"- off: {', '.join(map(github.plain, report.off))}"] if report.off else []
    lines += [f"- {github.plain(note)}" for note in report.notes]
    lines += ["", "; ".join(wording.summary(report))]
    return "\n".join(lines) + "\n\n"


def _row(each: Evaluation) -> tuple[str, ...]:
    gate = each.gate
    why = each.reason if each.verdict is Verdict.FAIL else ""
    about = "; ".join(part for part in (why, each.remark) if part)
    return (
        github.plain(gate.name),
        wording.level(each),
        github.plain(figures.figure(each)),
        github.code(figures.wanted(each)) if figures.wanted(each) else "",
        f"{_MARKS[each.verdict]} {wording.standing(each)}",
        github.code(shown(about)) if about else "",
        github.plain(gate.owner),
    )


def _console(lines: list[str]) -> list[str]:
    return ["```console", *lines, "```", ""]
