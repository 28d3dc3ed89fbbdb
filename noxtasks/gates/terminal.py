"""What the gates say on the terminal."""

from __future__ import annotations

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from noxtasks.evidence.display.console import open_console
from noxtasks.evidence.display.text import shown
from noxtasks.evidence.gating import figures
from noxtasks.evidence.gating.model import Evaluation, Level
from noxtasks.gates import wording
from noxtasks.gates.model import Report
from noxtasks.stats import Verdict

_ROW = "{:<30} {:>9}  {:<10}  {}"
_STYLE = {Verdict.PASS: "green", Verdict.FAIL: "red", Verdict.UNMEASURED: "yellow"}
_NAME = 30


def print_report(report: Report) -> None:
    """The table, why gates are not measured, what to go back to, and the answer."""
    console = open_console()
    for level in (Level.BLOCKING.value, Level.ADVISORY.value):
        rows = [each for each in report.evaluations if wording.level(each) == level]
        if rows:
            console.print(Text(_ROW.format(f"{level} gate", "figure", "wanted", "verdict"), "bold"))
        for each in rows:
            _say(console, each)
    for reason, names, command in wording.unmeasured(report.evaluations):
        console.print(Text(f"unmeasured: {', '.join(map(shown, names))}", "yellow"))
        console.print(Padding(Text(shown(reason)), (0, 0, 0, 2), expand=False))
        if command:
            console.print(Text(f"  $ {command}"), soft_wrap=True)
    if report.rollback is not None:
        first, *rest = wording.rollback(report.rollback)
        console.print(Text(first, "red"))
        for line in rest:
            console.print(Text(line), soft_wrap=True)
    if report.off:
        console.print(Text(f"off: {', '.join(map(shown, report.off))}", "dim"))
    for note in report.notes:
        console.print(Text(shown(note), "yellow"))
    console.print(Text("; ".join(wording.summary(report))))
    console.print(Text(shown(wording.answer(report)), _STYLE[report.verdict]))


def _say(console: Console, each: Evaluation) -> None:
    name = shown(each.gate.name)
    name = name if len(name) <= _NAME else f"{name[: _NAME - 1]}…"
    figure = figures.figure(each)
    row = _ROW.format(name, figure[:9], figures.wanted(each)[:10], wording.standing(each))
    style = "dim" if each.is_waived else _STYLE[each.verdict]
    console.print(Text(row, style))
    for line in wording.details(each):
        console.print(Padding(Text(shown(line)), (0, 0, 0, 2), expand=False), soft_wrap=line.startswith("$"))
