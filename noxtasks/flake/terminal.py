"""What `flake` says on the terminal and, on GitHub, in the job's summary and beside the code."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.text import Text

from noxtasks.flake import github
from noxtasks.flake.detect import Detection
from noxtasks.flake.emit import replay_command
from noxtasks.flake.model import Change, Delta, Examination, Unsteady
from noxtasks.history import StoredRun
from noxtasks.stats import Interval, Verdict
from noxtasks.suite import health
from noxtasks.suite.engine import Engine
from noxtasks.suite.launch import Suite
from noxtasks.suite.model import EngineKind, Run
from noxtasks.suite.testnames import shown, shown_lines

_SHOWN = 20  # tests in the table and commands below it; the report has them all
_WIDTH = 80  # columns where there is no terminal
_STYLE = {Verdict.PASS: "green", Verdict.FAIL: "red", Verdict.UNMEASURED: "yellow"}


def print_collection(found: health.Health, suite: Suite, engine: Engine, tests: int) -> None:
    """Say what was collected, what could not be and why, and how it will be run."""
    console = _console()
    if found.causes:
        console.print(Text(shown_lines(health.render(found))))
    if tests:
        how = "forks of one process" if engine.chosen is EngineKind.FORK else "a process of its own for each run"
        reason = f" ({engine.reason})" if engine.reason else ""
        console.print(Text(f"{tests} tests on {suite.python}, {how}{reason}"))


def print_notes(notes: tuple[str, ...]) -> None:
    """Say what a reader of the figures should know beforehand."""
    for note in notes:
        _console().print(Text(note, "yellow"))


def print_examination(examination: Examination, delta: Delta, detection: Detection) -> None:
    """Say which tests are flaky or broken, how often they fail, and how that is seen again."""
    console = _console()
    found = (*examination.flaky, *examination.broken)
    if found:
        _say_tests(console, found)
    _say_changes(console, delta)
    _say_unmeasured(console, detection)
    disturbed, claim = examination.disturbed, examination.claim
    console.print(
        Text.assemble(
            f"{examination.runs} runs of {examination.tests} tests in {detection.elapsed_s:.1f} s: ",
            (f"{len(examination.flaky)} flaky, {len(examination.broken)} broken", "red" if found else "green"),
        )
    )
    if disturbed.figure is not None:
        console.print(
            f"runs with a flaky failure: {disturbed.figure:.1%} ({_bounds(disturbed.interval)})", highlight=False
        )
    console.print(
        Text.assemble(
            f"every test below {claim.threshold:.0%}: ",
            (claim.verdict.value, _STYLE[claim.verdict]),
            f", {claim.reason}",
        )
    )
    _tell_github(examination)


_ROW = "{:>8}  {:<9} {:<28} {:<11} {}"


def _say_tests(console: Console, tests: tuple[Unsteady, ...]) -> None:
    """A table in which each row has two lines more, for what has any length: the test, and its command."""
    console.print(Text(_ROW.format("failed", "interval", "failure", "first seen", "alone"), "bold"))
    for test in tests[:_SHOWN]:
        seen = f"{test.first_seen:%Y-%m-%d}" if test.first_seen else ""
        counts = f"{test.tally.failures}/{test.tally.runs}"
        row = _ROW.format(counts, _bounds(test.interval), _kind(test)[:28], seen, test.repeats.confirmation.value)
        console.print(Text(shown(test.tally.nodeid), "red"), soft_wrap=True)
        console.print(Text(row.rstrip()))
        command = replay_command(test)
        said = f"  $ {command}" if command else "  its id is another in each collection: no command repeats it"
        console.print(Text(said, "dim"), soft_wrap=True)
    if len(tests) > _SHOWN:
        console.print(f"… and {len(tests) - _SHOWN} more in flake.report.json")


def print_left_out(tests: Sequence[str]) -> None:
    """Say which tests of a recorded run its repeat goes without."""
    said = f"left out: {len(tests)} tests whose ids are not there in each collection: {_bare(tests)}"
    _console().print(Text(said, "yellow"))


def print_replay(stored: StoredRun, again: Run, before: set[str], now: set[str]) -> None:
    """Say what failed in the recorded run and what fails in its repeat."""
    console = _console()
    for result in again.results:
        if result.nodeid in now and result.failure is not None:
            failure = result.failure
            console.print(Text(shown_lines(failure.text or f"{failure.exception}: {failure.message}")), soft_wrap=True)
            console.print(Text(f"{result.outcome.value}: {shown(result.nodeid)}", "red"), soft_wrap=True)
    for name in sorted(before - now):
        console.print(Text(f"not reproduced: {shown(name)} failed then and does not now", "yellow"))
    console.print(
        f"run {stored.name} again, {len(again.results)} tests in {again.duration_s:.1f} s: "
        f"{len(before)} failed then, {len(now)} now, {len(before & now)} of them the same"
    )


def _kind(test: Unsteady) -> str:
    cause = test.tally.causes[0] if test.tally.causes else None
    return shown(cause.exception.rpartition(".")[2] if cause else "") or "failure"


def _bounds(interval: Interval) -> str:
    return f"{interval.low:.0%}-{interval.high:.0%}"


def _say_changes(console: Console, delta: Delta) -> None:
    for changes, said in ((delta.appeared, "new since the last session"), (delta.recovered, "recovered")):
        if changes and delta.overall.before[1]:
            console.print(Text(f"{said}: {_names(changes)}"))


def _names(changes: tuple[Change, ...]) -> str:
    names = ", ".join(shown(change.nodeid) for change in changes[:_SHOWN])
    return names if len(changes) <= _SHOWN else f"{names}, … {len(changes)} in all"


def _say_unmeasured(console: Console, detection: Detection) -> None:
    if detection.upset:
        names = ", ".join(shown(name) for name in sorted(detection.upset)[:_SHOWN])
        console.print(Text(f"not counted: failed only while another run went on beside it: {names}", "yellow"))
    if detection.only_in_forks:
        names = ", ".join(shown(name) for name in sorted(detection.only_in_forks)[:_SHOWN])
        console.print(
            Text(
                f"unmeasured: fails in forks and passes in a process of its own (use --engine fresh): {names}", "yellow"
            )
        )
    if detection.unstable_ids:
        console.print(
            Text(
                f"{len(detection.unstable_ids)} ids are not there in each collection, so that their outcomes do not "
                f"add up; give parameters ids that stay: {_bare(detection.unstable_ids)}",
                "red",
            )
        )


def _bare(nodeids: Iterable[str]) -> str:
    """The tests without their parameters, each once."""
    names = sorted({shown(name.partition("[")[0]) for name in nodeids})
    return ", ".join(names[:_SHOWN]) + (", …" if len(names) > _SHOWN else "")


def _tell_github(examination: Examination) -> None:
    """Annotations for the lines of a pull request, and a table for the job's summary."""
    found = (*examination.flaky, *examination.broken)
    for test in found:
        message = f"{test.standing.value}: {test.tally.nodeid} failed {test.tally.failures}/{test.tally.runs}"
        github.annotate(test.tally.nodeid.partition("::")[0], message, title="flake")
    github.summarise(_markdown(examination, found))


def _markdown(examination: Examination, found: tuple[Unsteady, ...]) -> str:
    claim = examination.claim
    rows = [
        (
            github.code(shown(test.tally.nodeid)),
            f"{test.tally.failures}/{test.tally.runs}",
            _bounds(test.interval),
            github.code(command) if (command := replay_command(test)) else "its id is another in each collection",
        )
        for test in found
    ]
    lines = [
        f"### flake: {len(examination.flaky)} flaky, {len(examination.broken)} broken in {examination.runs} runs",
        "",
        f"every test below {claim.threshold:.0%}: **{claim.verdict.value}**, {claim.reason}",
        "",
        *github.table(("test", "failures", "interval", "reproduce"), rows),
    ]
    return "\n".join(lines) + "\n\n"


def _console() -> Console:
    return Console(highlight=False) if sys.stdout.isatty() else Console(highlight=False, width=_WIDTH)
