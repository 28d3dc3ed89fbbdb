"""What the ladder says on the terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from noxtasks.evidence.display.console import open_console
from noxtasks.evidence.display.live import LiveLine
from noxtasks.evidence.display.text import counted, shown
from noxtasks.ladder import who, wording
from noxtasks.ladder.model import Measured, Report
from noxtasks.ladder.who import Told, Who
from noxtasks.stats import Verdict

_ROW = "{:<12} {:<8} {:>7} {:>7} {:>6} {:>6}  {}"
_WIDTH = 80
_FILES = 10  # with new lines that no test runs
_STYLE = {Verdict.PASS: "green", Verdict.FAIL: "red", Verdict.UNMEASURED: "yellow"}


def tell_tier(line: LiveLine, name: str, tests: int) -> None:
    """What is measured now."""
    line.say(f"{name}: {counted(tests, 'test')} under coverage.py")


def print_report(report: Report) -> None:
    """The four rungs, the total, what is missing, and what has to be looked at."""
    console = open_console()
    head = ("tier", "of", "now", "target", "trend", "tests", "")
    console.print(Text(_ROW.format(*head).rstrip(), "bold"))
    for each in report.tiers:
        _say_tier(console, each, report)
    _say_total(console, report)
    for each in report.tiers:
        _say_reason(console, each, report)
        if each.failed:
            said = f"{wording.name(each.tier.name)}: {counted(len(each.failed), 'test')} failed, and what they covered"
            console.print(Text(f"{said} counts: {wording.some(each.failed)}", "yellow"), soft_wrap=True)
        if said := wording.edges(each):
            console.print(Text(shown(said)), soft_wrap=True)
    _say_new_code(console, report)
    for said in wording.gains(report):
        console.print(Text(shown(said)), soft_wrap=True)
    for said in (*wording.unassigned(report), *report.notes, wording.ending(report)):
        if said:
            console.print(Text(shown(said), "yellow"), soft_wrap=True)
    for step in report.steps:
        console.print(Text(shown(wording.step(step)), "red" if step.is_demotion else "green"), soft_wrap=True)
    console.print(Text(wording.standing(report.standing), "bold"))
    for said in wording.missing(report.standing):
        console.print(Text(said), soft_wrap=True)


def print_places(places: Sequence[Told], known: Who, *, is_of_now: bool) -> None:
    """Who tests each of the places."""
    console = open_console()
    for each in places:
        console.print(Text(shown(each.place), "bold"), soft_wrap=True)
        for tier in who.ORDER:
            if tests := each.tiers.get(tier):
                label = "no tier" if tier == who.NO_TIER else tier
                said = wording.some_of(tests.count, [known.tests[place] for place in tests.some])
                console.print(Text(f"  {label}, {counted(tests.count, 'test')}: {said}"), soft_wrap=True)
        if not each.tiers:
            console.print(Text(f"  {wording.untested(is_run=each.is_run)}", "yellow"), soft_wrap=True)
    if not is_of_now:
        console.print(Text("this is of another version of the code; `noxtasks ladder` looks again", "yellow"))


def _say_tier(console: Console, each: Measured, report: Report) -> None:
    judgement = each.judgement
    level = "" if each.tier.name in report.blocking else ", advisory"
    row = _ROW.format(
        wording.name(each.tier.name),
        each.tier.metric.value,
        wording.figure(each.figure),
        wording.figure(each.tier.target),
        wording.trend(report.trends.get(each.tier.name)),
        str(each.tests) if each.coverage or each.tests else "-",
        f"{judgement.verdict.value}{level}",
    )
    console.print(Text(row.rstrip()[:_WIDTH], _STYLE[judgement.verdict]))


def _say_total(console: Console, report: Report) -> None:
    total = report.total
    if total is None:
        console.print(Text(shown(f"total: not measured, {report.total_reason}"), "yellow"), soft_wrap=True)
        return
    branches = f", branches {wording.figure(total.branches.share)}" if total.branches.total else ""
    tests = sum(map(len, report.belonging.tiers.values())) + len(report.belonging.rest)
    row = _ROW.format("total", "line", wording.figure(total.lines.share), "", "", tests, "")
    files = f"{counted(len(total.files), 'file')}, {total.lines.covered} of {total.lines.total} lines{branches}"
    console.print(Text(row.rstrip()))
    console.print(Text(f"  {files}"))


def _say_new_code(console: Console, report: Report) -> None:
    found = report.new_code
    if found is None:
        return
    console.print(Text(shown(wording.new_code(found)), _STYLE[found.judgement.verdict]), soft_wrap=True)
    for said in wording.uncovered(found)[:_FILES]:
        console.print(Text(shown(f"  no test runs {said}")), soft_wrap=True)
    if len(found.missing) > _FILES:
        console.print(Text(f"  and in {counted(len(found.missing) - _FILES, 'file')} more"))


def _say_reason(console: Console, each: Measured, report: Report) -> None:
    if each.judgement.verdict is Verdict.PASS:
        return
    level = wording.level(each, is_blocking=each.tier.name in report.blocking)
    said = f"{wording.name(each.tier.name)} ({level}): {wording.verdict(each)}"
    console.print(Text(shown(said), _STYLE[each.judgement.verdict]), soft_wrap=True)
