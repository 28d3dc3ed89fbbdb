"""What the check says on the terminal."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from noxtasks.evidence.display.console import open_console
from noxtasks.evidence.display.text import shown
from noxtasks.evidence.gating.model import Level
from noxtasks.governance.checking import risks, wording
from noxtasks.governance.checking.model import Judged, Report, Violation, Watched
from noxtasks.stats import Verdict

_ROW = "{:<14} {:>7}  {:<8}  {}"
_STYLE = {Verdict.PASS: "green", Verdict.FAIL: "red", Verdict.UNMEASURED: "yellow"}


def print_report(report: Report) -> None:
    """What is broken, the patterns, the risks, the figures, and the answer."""
    console = open_console()
    console.print(Text(wording.plan(report)))
    _violations(console, report.violations, "red")
    _violations(console, report.advice, "yellow")
    if report.patterns:
        console.print(Text(_ROW.format("pattern", "figure", "wanted", "verdict"), "bold"))
    for pattern in report.patterns:
        _pattern(console, report, pattern)
    _risks(console, report)
    for line in wording.summary(report):
        console.print(Text(line))
    console.print(Text(shown(wording.answer(report)), _STYLE[report.verdict]))


def _violations(console: Console, found: Iterable[Violation], style: str) -> None:
    """Each with its place; a remedy that holds for several stands below the first."""
    remedies: set[str] = set()
    for each in found:
        console.print(Text(f"{wording.place(each)}  {shown(each.message)}", style))
        if each.remedy and each.remedy not in remedies:
            _indented(console, each.remedy)
        remedies.add(each.remedy)


def _pattern(console: Console, report: Report, each: Judged) -> None:
    verdict = wording.standing(report, each)
    row = _ROW.format(each.pattern.value, wording.figure(each), wording.wanted(each), verdict)
    console.print(Text(row, _STYLE[each.verdict]))
    for line in (each.reason, *each.told):
        _indented(console, line)
    if each.command and each.verdict is Verdict.UNMEASURED:
        _indented(console, f"$ {each.command}")


def _risks(console: Console, report: Report) -> None:
    """Those that have fired, but what stands among the violations, and why others are not measured."""
    for each in (each for each in report.risks if each.is_fired and each.risk.level is Level.ADVISORY):
        console.print(Text(shown(f"{each.risk.name} has fired: {each.risk.title}"), "red"))
        for said in (risks.figure(each), *risks.answers(each)):
            _indented(console, said)
    reasons: dict[str, list[Watched]] = {}
    for each in report.risks:
        if each.evaluation.verdict is Verdict.UNMEASURED:
            reasons.setdefault(each.evaluation.reason, []).append(each)
    for reason, several in reasons.items():
        names = ", ".join(each.risk.name for each in several)
        console.print(Text(shown(f"risks unmeasured: {names}: {reason}"), "yellow"))
        for command in dict.fromkeys(each.evaluation.gate.command for each in several if each.evaluation.gate.command):
            _indented(console, f"$ {command}")


def _indented(console: Console, line: str) -> None:
    console.print(Padding(Text(shown(line)), (0, 0, 0, 2), expand=False), soft_wrap=line.startswith("$"))
