"""The ladder on GitHub: the summary of a job."""

from __future__ import annotations

from noxtasks.evidence.display import github
from noxtasks.evidence.display.text import shown
from noxtasks.ladder import wording
from noxtasks.ladder.model import NewCode, Report

_WARNINGS = 10  # that GitHub shows of a step
_FILES = 50


def tell(report: Report) -> None:
    """Write what GitHub shows, where this runs as an action."""
    if report.new_code is not None:
        _annotate(report.new_code)
    github.summarise(markdown(report))


def _annotate(new_code: NewCode) -> None:
    """Warnings beside the new lines that no test runs; where there are several together, beside the first."""
    found = [(path, span) for path, lines in sorted(new_code.missing.items()) for span in wording.spans(lines)]
    for path, span in sorted(found, key=lambda each: (each[1][0] - each[1][1], each))[:_WARNINGS]:
        one = span[0] == span[1]
        said = f"no test runs {'this new line' if one else f'the new lines {wording.span(span)}'}"
        github.annotate(path, said, title="coverage", line=span[0], level=github.Level.WARNING)


def _further(report: Report) -> list[str]:
    found = report.new_code
    new = (
        [wording.new_code(found), *(f"no test runs {each}" for each in wording.uncovered(found)[:_FILES])]
        if found
        else []
    )
    crossed = [said for each in report.tiers if (said := wording.edges(each))]
    return [*new, *crossed, *(each.strip() for each in wording.gains(report))]


def markdown(report: Report) -> str:
    """The rungs, the total, and what is missing for the next one."""
    rows = [
        (
            wording.name(each.tier.name),
            each.tier.metric.value,
            wording.figure(each.figure),
            wording.figure(each.tier.target),
            wording.trend(report.trends.get(each.tier.name)),
            str(each.tests) if each.tests else "-",
            github.code(shown(wording.verdict(each))),
            wording.level(each, is_blocking=each.tier.name in report.blocking),
        )
        for each in report.tiers
    ]
    total = report.total
    said = (
        f"total: {wording.figure(total.lines.share)} of lines, {wording.figure(total.branches.share)} of branches"
        if total
        else f"total: not measured, {report.total_reason}"
    )
    failed = [
        f"{wording.name(each.tier.name)}, failed: {wording.some(each.failed)}" for each in report.tiers if each.failed
    ]
    lines = [
        f"### coverage ladder: {wording.standing(report.standing)}",
        "",
        *github.table(("tier", "of", "now", "target", "trend", "tests", "verdict", "level"), rows),
        "",
        f"- {github.code(shown(said))}",
        *(f"- {github.code(shown(each))}" for each in _further(report)),
        *(f"- {github.code(shown(wording.step(each)))}" for each in report.steps),
        *(f"- {github.code(shown(each.strip()))}" for each in wording.missing(report.standing)),
        *(f"- {github.code(shown(each))}" for each in (*failed, *wording.unassigned(report))),
        *(f"- {github.code(shown(each))}" for each in (*report.notes, wording.ending(report)) if each),
    ]
    return "\n".join(lines) + "\n\n"
