"""The comparison on GitHub: errors and warnings beside the files of the benchmarks, and a summary of the job."""

from __future__ import annotations

from collections.abc import Iterable

from noxtasks.bench import findings, wording
from noxtasks.bench.model import Finding, Report
from noxtasks.evidence.display import github
from noxtasks.evidence.display.text import shown

_ROWS = 100
_ANNOTATIONS = 10  # that GitHub shows of a step and level


def tell(report: Report) -> None:
    """Write what GitHub shows, where this runs as an action."""
    found = findings.findings(report)
    for is_failure, level in ((True, github.Level.ERROR), (False, github.Level.WARNING)):
        for told in [each for each in found if each.is_failure is is_failure][:_ANNOTATIONS]:
            lines = [f"{line.name}: {line.said}" for line in told.lines]
            message = "\n".join((told.test, *lines, f"$ {told.command}"))
            github.annotate(findings.path(told.test), message, title="bench", level=level)
    github.summarise(markdown(report))


def markdown(report: Report) -> str:
    """The verdict, what was found, and every change, the slowest first."""
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
        *_findings(report),
        *(line for said in (findings.undecided(report), *report.notes) if said for line in (shown(said), "")),
        *github.table(("benchmark", "change", "interval", "by"), rows[:_ROWS]),
        *(["", f"and {len(rows) - _ROWS} more"] if len(rows) > _ROWS else []),
        *_listed(
            [github.code(line.strip()) for line in wording.bisection(report.bisection)] if report.bisection else []
        ),
        *_listed(
            f"left out: {github.code(shown(test))}: {github.code(shown(why))}" for test, why in report.left_out.items()
        ),
        *_listed(github.code(wording.trend(each)) for each in wording.changed(report)),
    ]
    return "\n".join(lines) + "\n\n"


def _listed(several: Iterable[str]) -> list[str]:
    """A list, which a line that is empty parts from what stands above."""
    lines = [f"- {each}" for each in several]
    more = [f"- and {len(lines) - _ROWS} more"] if len(lines) > _ROWS else []
    return ["", *lines[:_ROWS], *more] if lines else []


def _findings(report: Report) -> list[str]:
    found = findings.findings(report)
    rows = [
        (
            github.code(shown(told.test)),
            "<br>".join(f"**{line.name}**: {line.said}" for line in told.lines),
            github.code(told.command),
        )
        for told in found[:_ROWS]
    ]
    more = ["", f"and {len(found) - _ROWS} more"] if len(found) > _ROWS else []
    return [*github.table(("found", "what", "again"), rows), *more, ""] if rows else []
