"""What the lint says on the terminal and, on GitHub, beside the lines and in the job's summary."""

from __future__ import annotations

import textwrap
from itertools import groupby

from rich.console import Console
from rich.text import Text

from noxtasks.evidence.display import github
from noxtasks.evidence.display.console import open_console
from noxtasks.evidence.display.text import counted, shown
from noxtasks.matrix.lint.model import Finding, Kind, Reading
from noxtasks.matrix.lint.reasons import REASONS

_ROWS = 50
_LEAST_ROOM = 20
_COMMENT = "# noxtasks: portable"


def print_findings(reading: Reading) -> None:
    """Say what was found: by kind, each with why it breaks and what to do."""
    console = open_console()
    for kind, findings in groupby(sorted(reading.findings, key=_place), key=lambda finding: finding.kind):
        _say_kind(console, kind, list(findings))
    for path in reading.unread:
        console.print(
            Text(f"not read, too large or no Python that this one knows: {shown(path)}", "yellow"), soft_wrap=True
        )
    ignored = f", {reading.ignored} ignored" if reading.ignored else ""
    style = "red" if reading.findings else "green"
    told = (counted(len(reading.findings), "finding"), style)
    console.print(Text.assemble(f"{counted(reading.files, 'file')}: ", told, ignored))
    if reading.findings:
        console.print(Text(f"what is right as it is says so in its line: {_COMMENT}", "dim"))
    _tell_github(reading)


def _say_kind(console: Console, kind: Kind, findings: list[Finding]) -> None:
    reason = REASONS[kind]
    console.print(Text.assemble((reason.title, "bold red"), f" [{kind.value}]: {len(findings)}"))
    for text, mark in ((reason.why, "  "), (reason.advice, "  -> ")):
        wrapped = textwrap.wrap(text, console.width, initial_indent=mark, subsequent_indent=" " * len(mark))
        console.print(Text("\n".join(wrapped), "dim"))
    for finding in findings:
        place = f"  {shown(finding.path)}" + (f":{finding.line}" if finding.line else "")
        code = shown(finding.code.expandtabs()) or finding.what
        room = max(_LEAST_ROOM, console.width - len(place) - 2)
        if room == _LEAST_ROOM:
            console.print(Text(place, "cyan"), soft_wrap=True)
            place, room = "     ", console.width - 7
        cut = code if len(code) <= room else code[: room - 1] + "…"
        console.print(Text.assemble((place, "cyan"), f"  {cut}"), soft_wrap=True)
    console.print()


def _place(finding: Finding) -> tuple[int, str, int]:
    return list(Kind).index(finding.kind), finding.path, finding.line


def _tell_github(reading: Reading) -> None:
    for finding in reading.findings:
        reason = REASONS[finding.kind]
        message = f"{finding.what}: {reason.why} {reason.advice}"
        level = github.Level.WARNING
        github.annotate(
            finding.path, message, title=f"portable: {finding.kind.value}", line=finding.line or None, level=level
        )
    rows = [
        (each.kind.value, github.code(shown(f"{each.path}:{each.line}")), github.code(shown(each.code or each.what)))
        for each in reading.findings[:_ROWS]
    ]
    lines = [
        f"### matrix lint: {counted(len(reading.findings), 'finding')}",
        "",
        *github.table(("kind", "place", "line"), rows),
    ]
    github.summarise("\n".join(lines) + "\n\n")
