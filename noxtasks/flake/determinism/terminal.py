"""What the audit says on the terminal and, on GitHub, beside the lines and in the job's summary."""

from __future__ import annotations

import textwrap
from itertools import groupby

from rich.console import Console
from rich.text import Text

from noxtasks.evidence.display import github
from noxtasks.evidence.display.console import open_console
from noxtasks.evidence.display.text import counted, shown
from noxtasks.flake.determinism.emit import AUDIT
from noxtasks.flake.determinism.model import Audit, Finding, Kind, Score
from noxtasks.flake.determinism.reasons import REASONS
from noxtasks.stats import Verdict

_LINES_SHOWN = 10  # of each kind; the artifact has them all
_TESTS_SHOWN = 20
_STYLE = {Verdict.PASS: "green", Verdict.FAIL: "red", Verdict.UNMEASURED: "yellow"}


def print_beginning(tests: int, python: str, *, runs: int) -> None:
    """Say what is about to be done."""
    how = f"run {runs} times with one seed and order" if runs else "read, not run"
    open_console().print(Text(f"{counted(tests, 'test')} on {python}, {how}"), soft_wrap=True)


def print_audit(audit: Audit) -> None:
    """Say what was found: by kind, each with why it matters and what to do; then the tests, then the score."""
    console = open_console()
    for kind, findings in groupby(sorted(audit.findings, key=_place), key=lambda finding: finding.kind):
        _say_kind(console, kind, list(findings))
    for path in audit.unread:
        console.print(Text(f"not read, it is no Python that this one knows: {shown(path)}", "yellow"))
    if audit.differing:
        _say_differing(console, audit)
    ignored = f", {audit.ignored} ignored" if audit.ignored else ""
    console.print(
        Text.assemble(
            f"{counted(audit.files, 'file')}, {counted(audit.tests, 'test')}: ",
            (counted(len(audit.findings), "finding"), "red" if audit.findings else "green"),
            ignored,
        )
    )
    if audit.runs:
        said = f"{counted(len(audit.differing), 'test')} ended otherwise in the second of two equal runs"
        console.print(Text(said, "red" if audit.differing else "green"))
    console.print(Text.assemble("failures that replay exactly: ", *_score(audit.score)))
    _tell_github(audit)


def _say_kind(console: Console, kind: Kind, findings: list[Finding]) -> None:
    reason = REASONS[kind]
    console.print(Text.assemble((reason.title, "bold red"), f" [{kind.value}]: {len(findings)}"))
    for text, mark in ((reason.why, "  "), (reason.advice, "  -> ")):
        wrapped = textwrap.wrap(text, console.width, initial_indent=mark, subsequent_indent=" " * len(mark))
        console.print(Text("\n".join(wrapped), "dim"))
    for finding in findings[:_LINES_SHOWN]:
        place = f"  {shown(finding.path)}:{finding.line}"
        code = shown(finding.code.expandtabs())
        room = max(20, console.width - len(place) - 2)
        if room == 20:  # noqa: PLR2004 - the least that says something; below the place there is more
            console.print(Text(place, "cyan"), soft_wrap=True)
            place, room = "     ", console.width - 7
        cut = code if len(code) <= room else code[: room - 1] + "…"
        console.print(Text.assemble((place, "cyan"), f"  {cut}"), soft_wrap=True)
    if len(findings) > _LINES_SHOWN:
        console.print(f"  … and {len(findings) - _LINES_SHOWN} more in {AUDIT}")
    console.print()


def _say_differing(console: Console, audit: Audit) -> None:
    console.print(Text("ended otherwise, though seed, hash seed and order were the same", "bold red"))
    for each in audit.differing[:_TESTS_SHOWN]:
        console.print(Text(f"  {shown(each.test)}", "red"), soft_wrap=True)
        for run, ending in (("first", each.first), ("second", each.second)):
            line = f"    {run:<7} {shown(ending)}"
            console.print(Text(line if len(line) <= console.width else line[: console.width - 1] + "…"))
    if len(audit.differing) > _TESTS_SHOWN:
        console.print(f"  … and {len(audit.differing) - _TESTS_SHOWN} more in {AUDIT}")
    console.print()


def _score(score: Score) -> tuple[tuple[str, str], str]:
    if score.figure is None:
        return ("unmeasured", _STYLE[score.verdict]), ", no failure was repeated"
    bounds = f"{score.interval.low:.0%}-{score.interval.high:.0%}"
    figure = f"{score.figure:.1%}"
    return (figure, _STYLE[score.verdict]), f" ({bounds}), {score.failed} of {score.tried} repeats"


def _place(finding: Finding) -> tuple[int, str, int]:
    return list(Kind).index(finding.kind), finding.path, finding.line


def _tell_github(audit: Audit) -> None:
    for finding in audit.findings:
        reason = REASONS[finding.kind]
        message = f"{finding.what}: {reason.why} {reason.advice}"
        github.annotate(finding.path, message, title=f"determinism: {finding.kind.value}", line=finding.line)
    for each in audit.differing:
        message = f"{each.test} ended otherwise in the second of two equal runs: {each.first}, then {each.second}"
        github.annotate(each.test.partition("::")[0], message, title="determinism")
    rows = [
        (finding.kind.value, github.code(f"{shown(finding.path)}:{finding.line}"), github.code(shown(finding.code)))
        for finding in audit.findings
    ]
    figure, more = _score(audit.score)
    lines = [
        f"### determinism: {len(audit.findings)} findings, {len(audit.differing)} tests that end otherwise",
        "",
        f"failures that replay exactly: **{figure[0]}**{more}",
        "",
        *github.table(("kind", "place", "line"), rows),
    ]
    github.summarise("\n".join(lines) + "\n\n")
