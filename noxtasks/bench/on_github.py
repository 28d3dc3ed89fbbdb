"""The comparison on GitHub: a summary of the job."""

from __future__ import annotations

from noxtasks.bench import wording
from noxtasks.bench.model import Finding, Report
from noxtasks.evidence.display import github
from noxtasks.evidence.display.text import shown

_ROWS = 100


def tell(report: Report) -> None:
    """Write the summary, where this runs as an action."""
    github.summarise(markdown(report))


def markdown(report: Report) -> str:
    """The verdict, and every change, the slowest first."""
    rows = [
        (
            github.code(shown(each.test)),
            wording.percent(each.change.estimate),
            wording.interval(each) or "-",
            wording.said(each) if each.finding is Finding.STEADY else f"**{wording.said(each)}**",
        )
        for each in wording.slowest_first(report)
    ]
    against = f" against {github.code(wording.commit(report))}" if report.against else ""
    lines = [
        f"### bench: {report.verdict.value}{against}",
        "",
        shown(report.reason),
        "",
        *github.table(("benchmark", "change", "interval", "by"), rows[:_ROWS]),
        *(
            [f"- {github.code(line.strip())}" for line in wording.bisection(report.bisection)]
            if report.bisection
            else []
        ),
        *([f"and {len(rows) - _ROWS} more"] if len(rows) > _ROWS else []),
    ]
    return "\n".join(lines) + "\n\n"
