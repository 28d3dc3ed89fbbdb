"""What `mutation` says on the terminal."""

from __future__ import annotations

from rich.console import Console
from rich.text import Text

from noxtasks.evidence.display.console import open_console
from noxtasks.evidence.display.text import shown
from noxtasks.mutation.emit import REPORT, counts, diff
from noxtasks.mutation.model import Baseline, Fate, Mutant, Report, Scope, Score, Status
from noxtasks.mutation.mutmut import Instrumented
from noxtasks.mutation.sources import Sources
from noxtasks.stats import Verdict
from noxtasks.suite.engine import Engine
from noxtasks.suite.model import EngineKind

_SHOWN = 20  # mutants that are shown; the report has them all
_NAMED = 5
_WIDTH = 80
_STYLE = {Verdict.PASS: "green", Verdict.FAIL: "red", Verdict.UNMEASURED: "yellow"}
_ROW = "{:<38.38} {:>6} {:>6} {:>8} {:>7} {:>9}"


def print_baseline(baseline: Baseline, made: Instrumented, sources: Sources, engine: Engine) -> None:
    """Say what will be tried, by which tests, and which of them cannot be used."""
    console = open_console()
    how = "forks of one process" if engine.chosen is EngineKind.FORK else "a process of its own for each mutant"
    reason = f" ({engine.reason})" if engine.reason else ""
    console.print(
        Text(
            f"{len(made.mutants)} mutants of {len(sources.files)} files, found by {sources.found_by}; "
            f"{len(baseline.durations_s)} tests, {how}{reason}"
        )
    )
    console.print(Text(_scope(made.scope)))
    for path, why in made.left_out:
        console.print(Text(f"not mutated: {shown(path)}: {shown(why)}", "yellow"))
    for test, why in baseline.left_out[:_NAMED]:
        console.print(Text(f"left out: {shown(test)}: {shown(why)}", "yellow"))
    lost = sum(mutant.key in baseline.unusable for mutant in made.mutants)
    if lost:
        console.print(Text(f"{lost} mutants are of functions that no other test runs: none can kill them", "yellow"))
    if len(baseline.left_out) > _NAMED:
        console.print(Text(f"{len(baseline.left_out)} in all are left out: see {REPORT}", "yellow"))


def print_report(report: Report) -> None:
    """A table of the files, the mutants that live with their change, and the score."""
    console = open_console()
    _say_files(console, report)
    living = [(m, report.fates[m.id]) for m in sorted(report.mutants) if report.fates[m.id].status is Status.SURVIVED]
    for mutant, fate in living[:_SHOWN]:
        _say_mutant(console, mutant, fate)
    if len(living) > _SHOWN:
        console.print(f"… and {len(living) - _SHOWN} more survivors in {REPORT}")
    judgement = report.judgement
    said = ", ".join(
        f"{number} {status.value}"
        for status in Status
        if (number := sum(fate.status is status for fate in report.fates.values()))
    )
    console.print(Text(f"{len(report.mutants)} mutants: {said}"))
    console.print(
        Text.assemble(
            "mutation score {} (of covered code {})".format(*_both(report.score)),
            f", at least {judgement.threshold:.0%}: ",
            (judgement.verdict.value, _STYLE[judgement.verdict]),
            f", {judgement.reason}",
        )
    )


def _scope(scope: Scope) -> str:
    """How much of the code the mutants are of, and why not of all."""
    left_out = ", ".join(f"{number} {why}" for why, number in scope.left_out)
    return (
        f"{scope.mutated} of {scope.functions} functions have mutants, with {scope.mutated_lines} of {scope.lines} "
        f"lines{f'; not {left_out}' if left_out else ''}"
    )


def _say_files(console: Console, report: Report) -> None:
    console.print(Text(_ROW.format("file", "killed", "alive", "no tests", "score", "covered"), "bold"))
    for path, score in report.by_path.items():
        number = counts(report.fates[mutant.id] for mutant in report.mutants if mutant.path == path)
        figures = (score.killed, number["survived"], number["no_tests"], *_both(score))
        console.print(Text(_ROW.format(_short(path), *figures)))


def _say_mutant(console: Console, mutant: Mutant, fate: Fate) -> None:
    where = f"{shown(mutant.path)}:{mutant.line} {shown(mutant.function)}"
    console.print(Text.assemble((where, "red"), f"  {len(fate.tests)} tests let it live"), soft_wrap=True)
    for line in diff(mutant):
        style = {"-": "red", "+": "green"}.get(line[0], "dim")
        console.print(Text(f"  {shown(line)}"[:_WIDTH], style))


def _both(score: Score) -> tuple[str, str]:
    return _percent(score.figure), _percent(score.figure_of_covered)


def _percent(figure: float | None) -> str:
    return "-" if figure is None else f"{figure:.1%}"


def _short(path: str) -> str:
    text = shown(path)
    return text if len(text) <= 38 else f"…{text[-37:]}"  # noqa: PLR2004 - the width of the column
