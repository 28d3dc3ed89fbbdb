"""What the check says on the terminal."""

from __future__ import annotations

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
    for violation in report.violations:
        _say(console, violation, "red")
    for violation in report.advice:
        _say(console, violation, "yellow")
    if report.patterns:
        console.print(Text(_ROW.format("pattern", "figure", "wanted", "verdict"), "bold"))
    for pattern in report.patterns:
        _pattern(console, report, pattern)
    _risks(console, report)
    for line in wording.summary(report):
        console.print(Text(line))
    for each in report.unmeasured:
        _indented(console, f"unmeasured: {each.text}", "yellow", by=0)
    console.print(Text(wording.answer(report), _STYLE[report.verdict]))


def _say(console: Console, each: Violation, style: str) -> None:
    told = f"{wording.place(each)}  {shown(each.message)}"
    console.print(Padding(Text(f"{told} [{each.rule.value}]", style), (0, 0, 0, 0), expand=False))
    if each.remedy:
        _indented(console, each.remedy)


def _pattern(console: Console, report: Report, each: Judged) -> None:
    verdict = wording.standing(report, each)
    row = _ROW.format(each.pattern.value, wording.figure(each), wording.wanted(each), verdict)
    console.print(Text(row, _STYLE[each.verdict]))
    for line in (each.reason, *each.told):
        _indented(console, line)
    if each.command and each.verdict is Verdict.UNMEASURED:
        _indented(console, f"$ {each.command}")


def _risks(console: Console, report: Report) -> None:
    for each in (each for each in report.risks if each.is_fired and each.risk.level is Level.ADVISORY):
        console.print(
            Padding(Text(shown(f"{each.risk.name} has fired: {each.risk.title}"), "red"), (0, 0), expand=False)
        )
        _indented(console, risks.figure(each))
        for said in risks.answer(each).split("; rollback: "):
            _indented(
                console, said if said.startswith("mitigation: ") else f"rollback: {said.removeprefix('rollback: ')}"
            )
    reasons: dict[str, list[Watched]] = {}
    for each in report.risks:
        if each.evaluation.verdict is Verdict.UNMEASURED:
            reasons.setdefault(each.evaluation.reason, []).append(each)
    for reason, several in reasons.items():
        names = ", ".join(each.risk.name for each in several)
        _indented(console, f"risks unmeasured: {names}: {reason}", "yellow", by=0)
        for command in dict.fromkeys(each.evaluation.gate.command for each in several if each.evaluation.gate.command):
            _indented(console, f"$ {command}")


def _indented(console: Console, line: str, style: str = "", by: int = 2) -> None:
    console.print(Padding(Text(shown(line), style), (0, 0, 0, by), expand=False), soft_wrap=line.startswith("$"))
