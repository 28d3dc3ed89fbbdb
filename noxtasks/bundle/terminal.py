"""What bundling, and the check of a bundle, say on the terminal."""

from __future__ import annotations

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from noxtasks.bundle import wording
from noxtasks.bundle.emit import Report
from noxtasks.bundle.model import Judged
from noxtasks.bundle.proof import Proof, Signing
from noxtasks.evidence.display.console import open_console
from noxtasks.evidence.display.text import shown
from noxtasks.evidence.gating import figures
from noxtasks.evidence.gating.model import Evaluation, Level
from noxtasks.stats import Verdict

_ROW = "{:<34} {:>9}  {:<10}  {}"
_NAME = 34
_FIGURE = 9
_WANTED = 10
_STYLE = {Verdict.PASS: "green", Verdict.FAIL: "red", Verdict.UNMEASURED: "yellow"}


def print_report(report: Report, *, folder: str) -> None:
    """The gates of the milestones that were bundled, the archives, and how they are verified."""
    console = open_console()
    names = {each.milestone for each in report.made}
    for judged in report.judged:
        if judged.milestone.name in names:
            _print_gates(console, judged)
    for missing in report.missing:
        console.print(Text(f"{missing.milestone} lacks: {shown(missing.message)}", "yellow"))
    for judged in report.judged:
        console.print(Text(wording.milestone(judged), _STYLE[judged.verdict]))
    for note in report.notes:
        console.print(Text(shown(note), "yellow"))
    for proof in report.made:
        for line in wording.archive(proof):
            console.print(Text(line), soft_wrap=True)
    console.print(Text(wording.NOTE))
    if any(proof.signing is Signing.NONE for proof in report.made):
        console.print(Text(wording.ALONE))
    for proof in report.made:
        console.print(Text(f"$ noxtasks bundle verify {folder}/{proof.name}"), soft_wrap=True)


def _print_gates(console: Console, judged: Judged) -> None:
    console.print(Text(_ROW.format(f"gate of {judged.milestone.name}", "figure", "wanted", "verdict"), "bold"))
    for each in judged.evaluations:
        name = shown(each.gate.name)
        name = name if len(name) <= _NAME else f"{name[: _NAME - 1]}…"
        row = _ROW.format(name, figures.figure(each)[:_FIGURE], figures.wanted(each)[:_WANTED], _standing(each))
        console.print(Text(row, _STYLE[each.verdict]))
        if each.verdict is Verdict.FAIL and each.reason:
            _indented(console, shown(each.reason))


def _standing(each: Evaluation) -> str:
    if each.verdict is Verdict.PASS or each.gate.level is Level.BLOCKING:
        return each.verdict.value
    return f"{each.verdict.value}, advisory"


def _indented(console: Console, text: str, style: str = "") -> None:
    console.print(Padding(Text(text, style), (0, 0, 0, 2), expand=False))


def print_proof(proof: Proof) -> None:
    """What the check of an archive has found."""
    console = open_console()
    for line in wording.archive(proof):
        console.print(Text(line), soft_wrap=True)
    for found in proof.findings:
        console.print(Text(wording.finding(found), "red"), soft_wrap=True)
    for note in proof.notes:
        console.print(Text(shown(note), "yellow"), soft_wrap=True)
    if proof.milestone and proof.is_sound:
        console.print(Text(wording.borne_out(proof)), soft_wrap=True)
    if caution := wording.caution(proof):
        console.print(Text(caution, "yellow"))
    console.print(Text(wording.answer(proof), "red" if proof.findings else "green"))
