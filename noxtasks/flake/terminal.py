"""What `flake` says on the terminal and, on GitHub, in the job's summary and beside the code."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from rich.console import Console
from rich.text import Text

from noxtasks.evidence.display import github
from noxtasks.evidence.display.console import open_console
from noxtasks.evidence.display.text import shown, shown_lines
from noxtasks.flake.cause.advice import advice
from noxtasks.flake.cause.model import Evidence, Explanation, Rate, Trial
from noxtasks.flake.detect import Detection
from noxtasks.flake.emit import reproducing_command
from noxtasks.flake.model import Change, Delta, Examination, Unsteady
from noxtasks.history import StoredRun, Tally
from noxtasks.stats import Interval, Verdict
from noxtasks.suite import health
from noxtasks.suite.engine import Engine
from noxtasks.suite.launch import Suite
from noxtasks.suite.model import EngineKind, Failure, Outcome, Result, Run

_SHOWN = 20  # tests in the table and commands below it; the report has them all
_NAMED = 5  # tests that are named where they are not counted
_STYLE = {Verdict.PASS: "green", Verdict.FAIL: "red", Verdict.UNMEASURED: "yellow"}


def print_collection(found: health.Health, suite: Suite, engine: Engine, tests: int) -> None:
    """Say what was collected, what could not be and why, and how it will be run."""
    console = open_console()
    if found.causes:
        console.print(Text(shown_lines(health.render(found))))
    if tests:
        how = "forks of one process" if engine.chosen is EngineKind.FORK else "a process of its own for each run"
        reason = f" ({engine.reason})" if engine.reason else ""
        console.print(Text(f"{tests} tests on {suite.python}, {how}{reason}"))


def print_examination(examination: Examination, delta: Delta, detection: Detection, suite: Suite) -> None:
    """Say which tests are flaky or broken, how often they fail, and how that is seen again."""
    console = open_console()
    found = (*examination.flaky, *examination.broken)
    if found:
        _say_tests(console, found, suite)
    _say_changes(console, delta)
    _say_uncounted(console, examination)
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
    _tell_github(examination, suite)


_ROW = "{:>8}  {:<9} {:<28} {:<11} {}"


def _say_tests(console: Console, tests: tuple[Unsteady, ...], suite: Suite) -> None:
    """A table in which each row has two lines more, for what has any length: the test, and its command."""
    console.print(Text(_ROW.format("failed", "interval", "failure", "first seen", "alone"), "bold"))
    for test in tests[:_SHOWN]:
        seen = f"{test.first_seen:%Y-%m-%d}" if test.first_seen else ""
        counts = f"{test.tally.failures}/{test.tally.runs}"
        row = _ROW.format(counts, _bounds(test.interval), _kind(test)[:28], seen, test.repeats.confirmation.value)
        console.print(Text(shown(test.tally.nodeid), "red"), soft_wrap=True)
        console.print(Text(row.rstrip()))
        if test.explanation is not None:
            _say_explanation(console, test.explanation)
        command = reproducing_command(test, suite)
        said = f"  $ {command}" if command else "  its id is another in each collection: no command repeats it"
        console.print(Text(said, "dim"), soft_wrap=True)
    if len(tests) > _SHOWN:
        console.print(f"… and {len(tests) - _SHOWN} more in flake.report.json")


def print_left_open(leaks: Sequence[tuple[str, str]]) -> None:
    """Say which tests leave files, sockets or threads open behind them: what starts so may end as flakiness."""
    tests = list(dict.fromkeys(test for test, _ in leaks))
    for test in tests[:_NAMED]:
        notes = [note for name, note in leaks if name == test]
        more = f", and {len(notes) - 1} more" if len(notes) > 1 else ""
        open_console().print(Text(f"{shown(test)} {shown(notes[0])}{more}", "yellow"))
    if len(tests) > _NAMED:
        open_console().print(Text(f"{len(tests)} tests in all leave something open: see flake.report.json", "yellow"))


def print_excused(tests: Collection[str]) -> None:
    """Say which flaky tests are in quarantine: they do not fail the session."""
    if tests:
        open_console().print(Text(f"in quarantine, not counted against this session: {_bare(sorted(tests))}", "yellow"))


def _say_explanation(console: Console, found: Explanation) -> None:
    """Its class and the evidence, what the culprit has changed, and what to do."""
    console.print(Text.assemble("  ", (found.kind.value, "bold"), *(f", {_evidence(each)}" for each in found.evidence)))
    for test, left in found.changes:
        told = ", ".join(f"{each.kind} {shown(each.name)}".strip() for each in left[:_NAMED])
        more = f", … {len(left)} in all" if len(left) > _NAMED else ""
        if left:
            console.print(Text(f"  {shown(test)} leaves changed: {told}{more}"))
    if found.cleaners:
        console.print(Text(f"  it passes after {shown(found.cleaners[0])}"))
    console.print(Text(f"  {shown(advice(found))}", "italic"))


def _evidence(found: Evidence) -> str:
    present, absent = found.present, found.absent
    return (
        f"{shown(found.factor)}: {present.failures}/{present.runs} fail, "
        f"without {absent.failures}/{absent.runs} (p = {found.p_value:.2g})"
    )


def _say_failure(console: Console, failure: Failure) -> None:
    console.print(Text(shown_lines(failure.text or f"{failure.exception}: {failure.message}")), soft_wrap=True)


def print_attempt(trial: Trial, failed: Result | None, rate: Rate) -> None:
    """Say how the last test of a trial has ended, and how often so."""
    console = open_console()
    if failed is not None and failed.failure is not None:
        _say_failure(console, failed.failure)
    console.print(
        Text(f"failed {rate.failures} of {rate.runs}: {shown(trial.target)}", "red" if rate.failures else "green")
    )


def print_left_out(tests: Sequence[str]) -> None:
    """Say which tests of a recorded run its repeat goes without."""
    said = f"left out: {len(tests)} tests whose ids are not there in each collection: {_bare(tests)}"
    open_console().print(Text(said, "yellow"))


def print_replay(stored: StoredRun, again: Run, before: set[str], now: set[str]) -> None:
    """Say what failed in the recorded run and what fails in its repeat."""
    console = open_console()
    for result in again.results:
        if result.nodeid in now and result.failure is not None:
            failure = result.failure
            _say_failure(console, failure)
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
    for changes, said in ((delta.appeared, "new since the last comparable session"), (delta.recovered, "recovered")):
        if changes and delta.overall.before[1]:
            console.print(Text(f"{said}: {_names(changes)}"))


def _say_uncounted(console: Console, examination: Examination) -> None:
    """What other sessions and imported runs say of tests that this session did not find, or not alone."""
    quiet = [f"{shown(test.tally.nodeid)} {test.tally.failures}/{test.tally.runs}" for test in examination.quiet]
    apart = [
        f"{shown(each.nodeid)} {each.before[0]}/{each.before[1]} -> {each.now[0]}/{each.now[1]}"
        for each in examination.disagreements
    ]
    imported = [_told_of_import(tally) for tally in examination.imported]
    for found, said in (
        (quiet, "flaky in earlier sessions, no failure in this one, which may be chance"),
        (apart, "changed since earlier sessions of the same code, which are not counted (a service, a variable?)"),
        (imported, "flaky in imported runs, whose environment is not known, not counted"),
    ):
        if found:
            more = f", … {len(found)} in all" if len(found) > _NAMED else ""
            console.print(Text(f"{said}: {', '.join(found[:_NAMED])}{more}", "yellow"), soft_wrap=True)


def _told_of_import(tally: Tally) -> str:
    reruns = tally.outcomes.get(Outcome.RERUN, 0)
    return f"{shown(tally.nodeid)} {tally.failures}/{tally.runs}" + (f" ({reruns} passed when rerun)" if reruns else "")


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


def _tell_github(examination: Examination, suite: Suite) -> None:
    """Annotations for the lines of a pull request, and a table for the job's summary."""
    found = (*examination.flaky, *examination.broken)
    for test in found:
        message = f"{test.standing.value}: {test.tally.nodeid} failed {test.tally.failures}/{test.tally.runs}"
        github.annotate(test.tally.nodeid.partition("::")[0], message, title="flake")
    github.summarise(_markdown(examination, found, suite))


def _markdown(examination: Examination, found: tuple[Unsteady, ...], suite: Suite) -> str:
    claim = examination.claim
    rows = [
        (
            github.code(shown(test.tally.nodeid)),
            f"{test.tally.failures}/{test.tally.runs}",
            _bounds(test.interval),
            github.code(command) if command else "its id is another in each collection",
        )
        for test in found
        for command in (reproducing_command(test, suite),)
    ]
    lines = [
        f"### flake: {len(examination.flaky)} flaky, {len(examination.broken)} broken in {examination.runs} runs",
        "",
        f"every test below {claim.threshold:.0%}: **{claim.verdict.value}**, {claim.reason}",
        "",
        *github.table(("test", "failures", "interval", "reproduce"), rows),
    ]
    return "\n".join(lines) + "\n\n"
