"""The cells on GitHub: errors beside the lines of tests that end otherwise, and a summary of the job."""

from __future__ import annotations

from noxtasks.evidence.display import github
from noxtasks.evidence.display.text import shown
from noxtasks.matrix import emit, wording
from noxtasks.matrix.causes import REMEDIES
from noxtasks.matrix.model import Report
from noxtasks.stats import Verdict

_ANNOTATIONS = 10  # that GitHub shows of a step
_ROWS = 50


def tell(report: Report) -> None:
    """Write what GitHub shows, where this runs as an action."""
    level = github.Level.ERROR if report.consistency.verdict is Verdict.FAIL else github.Level.WARNING
    for each in report.differing[:_ANNOTATIONS]:
        path, line = emit.place(each)
        message = f"{each.test} {wording.where(each)}\n{each.said}\n{REMEDIES[each.cause]}\n$ {wording.again(each)}"
        github.annotate(path, message, title=f"matrix: {each.cause.value}", line=line, level=level)
    github.summarise(markdown(report))


def markdown(report: Report) -> str:
    """The verdicts, the cells, and what ends otherwise."""
    first, *rest = wording.gates(report)
    rows = [
        (github.code(shown(each.test)), each.cause.value, wording.where(each), github.code(shown(each.said or "-")))
        for each in report.differing[:_ROWS]
    ]
    more = len(report.differing) - len(rows)
    said = [
        *rest,
        wording.gate("interpreters", report.interpreters),
        *(f"flaky, and left out: {github.code(shown(each.test))}" for each in report.flaky[:_ROWS]),
        *(github.code(f"hidden: {wording.hidden(each)}") for each in report.hidden[:_ROWS]),
        *(github.code(wording.absent(each)) for each in report.absent[:_ROWS]),
        *(github.code(shown(note)) for note in report.notes),
        *([f"missing: {', '.join(report.missing)}"] if report.missing else []),
    ]
    lines = [
        f"### {shown(first)}",
        "",
        *github.table(("cell", "passed", "failed", "skipped", "rate", "interval"), map(wording.row, report.standings)),
        "",
        *github.table(("test", "cause", "where", "failure"), rows),
        "",
        *([f"… and {more} more"] if more > 0 else []),
        *(f"- {line}" for line in said),
    ]
    return "\n".join(lines) + "\n\n"
