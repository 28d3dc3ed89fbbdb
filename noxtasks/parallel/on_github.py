"""A scan on GitHub: errors beside the files of tests that fail only in parallel, and a summary of the job."""

from __future__ import annotations

from collections.abc import Sequence

from noxtasks.evidence.display import github
from noxtasks.evidence.display.text import shown
from noxtasks.parallel import wording
from noxtasks.parallel.model import Report

_ANNOTATIONS = 10  # that GitHub shows of a step
_ROWS = 50


def tell(report: Report, pytest_args: Sequence[str]) -> None:
    """Write what GitHub shows, where this runs as an action."""
    found = [(each, suspect) for each in report.assessments for suspect in each.suspects]
    for each, suspect in found[:_ANNOTATIONS]:
        message = f"{wording.suspect(suspect)} with {wording.named(each.candidate)}"
        command = wording.again(each.candidate, pytest_args)
        github.annotate(suspect.test.partition("::")[0], f"{message}\n$ {command}", title="parallel")
    for conflict in report.proven[: max(0, _ANNOTATIONS - len(found))]:
        message = f"{wording.conflict(conflict)}\n{conflict.remedy}\n$ {conflict.command}"
        github.annotate(conflict.tests[0].partition("::")[0], message, title="parallel")
    github.summarise(markdown(report, pytest_args))


def markdown(report: Report, pytest_args: Sequence[str] = ()) -> str:
    """The answer, the candidates, what dominates the best, and what breaks."""
    rows = [
        (
            github.code(wording.named(each.candidate)),
            f"{each.wall_s:.2f} s" if each.wall_s is not None else "-",
            wording.change(each.speedup),
            f"{each.efficiency:.0%}" if each.efficiency is not None else "-",
            wording.times(each.over_limit),
            shown(wording.state(each)),
        )
        for each in report.assessments
    ]
    causes = report.best.causes if report.best else ()
    broken = [
        f"{wording.named(each.candidate)}: {wording.fault(each.fault)}" for each in report.assessments if each.fault
    ]
    suspects = [
        f"{wording.named(each.candidate)}: {wording.suspect(suspect)}"
        for each in report.assessments
        for suspect in each.suspects
    ]
    others = [line for each in report.assessments if (line := wording.otherwise(each))]
    first, *rest = wording.recommendation(report, pytest_args)
    lines = [
        f"### {shown(first)}",
        "",
        *(f"- {github.code(shown(line))}" for line in rest),
        "",
        *github.table(("candidate", "takes", "speed-up", "each worker", "over the limit", ""), rows),
        "",
        *(f"- **{cause.dominant.value}**: {github.code(shown(cause.said))}. {cause.remedy}" for cause in causes),
        *(f"- {github.code(line)}" for line in (*broken, *suspects, *others)[:_ROWS]),
        *(f"- {github.code(wording.conflict(each))}. {each.remedy}" for each in report.proven[:_ROWS]),
        *(f"- {shown(wording.gate(gate))}" for gate in report.gates),
        *(f"- {shown(note)}" for note in (*report.notes, wording.ending(report)) if note),
    ]
    return "\n".join(lines) + "\n\n"
