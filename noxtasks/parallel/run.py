"""The story of `parallel`: settle what is tried, run it one way and another, judge, tell, and write if asked."""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from noxtasks.config import Settings, available_cores
from noxtasks.errors import ConfigurationError, ExitCode, InterruptedRunError, NotMeasuredError
from noxtasks.evidence import provenance, vcs
from noxtasks.evidence.display.console import print_notes
from noxtasks.evidence.display.live import LiveLine
from noxtasks.evidence.display.text import counted
from noxtasks.parallel import applying, conflicts, emit, judging, on_github, rules, scanning, terminal, wording, xdist
from noxtasks.parallel.conflicts import Findings
from noxtasks.parallel.model import Answer, Candidate, Ending, Mode, Report, Scan, State
from noxtasks.parallel.running import Runner
from noxtasks.parallel.task import Task
from noxtasks.parallel.xdist import Here
from noxtasks.stats import Verdict
from noxtasks.suite import git
from noxtasks.suite.launch import Suite

_CUT_SHORT = (Ending.INTERRUPTED, Ending.STOPPED)

CONFLICTS_S = 60.0
"""For trials of tests that may conflict, at least."""


def run(
    root: Path,
    settings: Settings,
    *,
    python: Path,
    workers: tuple[int, ...] = (),
    modes: tuple[str, ...] = (),
    rounds: int | None = None,
    apply: bool = False,
    pytest_args: tuple[str, ...] = (),
) -> ExitCode:
    """Try the suite of the project in `root` with so many `workers` and in these `modes`; by default few, and all.

    With `rounds` each is run so often; without, until it is decided. With `apply` what pays is written into pytest's
    configuration.

    Without `modes`, which tests conflict is looked for, too, in what is left of the budget, and for a minute at least.

    Gives `FOUND` where a gate failed, a test fails only in parallel or conflicts with another, or one is lost there.
    Raises `NotMeasuredError` where the suite does not run by itself or the runs do not decide a gate,
    `ConfigurationError` for modes that are not there, and, when what was measured is written, `InterruptedRunError`.
    """
    root, began, started_s = root.resolve(), datetime.now(UTC), time.monotonic()
    suite = Suite(
        root=root,
        python=python.absolute(),
        pytest_args=(*settings.pytest_args, *pytest_args),
        extra_args=pytest_args,
    )
    here, cores = xdist.look(suite.python, root, suite), available_cores()
    chosen, notes = _modes(here, suite, modes)
    task = Task(
        suite=suite,
        settings=settings,
        here=here,
        candidates=tuple(rules.candidates(chosen, workers or rules.default_workers(cores), cores=cores)),
        rounds=rounds,
        cores=cores,
        session_id=provenance.new_session_id(began, secrets.token_bytes(provenance.ENTROPY_BYTES)),
        began=began,
        until_s=started_s + settings.parallel.budget_s,
        code=vcs.code(root, run=git.output_in(root), reports=Path(settings.reports)),
    )
    print_notes((*task.code.notes, *notes))
    emit.tell_start(task.reports, task.project, at=began, provenance=task.provenance())
    scan = _scanned(task)
    found = None
    if not modes and here.forks and scan.ending not in _CUT_SHORT:
        scan, found, more = _with_conflicts(task, scan)
        notes = (*notes, *more)
    report = judging.report(scan, settings, cores=cores, notes=notes, conflicts=found)
    told = task.provenance(complete=scan.ending not in _CUT_SHORT)
    digests = emit.write(task.reports, report, scan, duration_s=time.monotonic() - started_s, provenance=told)
    emit.tell_complete(task.reports, task.project, report, digests=digests, provenance=told)
    terminal.print_report(report, pytest_args)
    on_github.tell(report, pytest_args)
    if apply:
        write_recommended(suite, scan, report)
    return _ended(task, scan, report)


def _modes(here: Here, suite: Suite, asked: Sequence[str]) -> tuple[list[Mode], tuple[str, ...]]:
    """What there is to try of what was asked for, and what to say of the rest."""
    has_xdist = xdist.is_used(here, suite.pytest_args, suite.plain())
    wanted = [Mode(mode) for mode in asked] or list(Mode)
    missing = [mode for mode in wanted if (not has_xdist if mode.is_of_xdist else not here.forks)]
    left = [mode for mode in wanted if mode not in missing]
    notes = []
    if not has_xdist and any(mode.is_of_xdist for mode in missing):
        notes.append("pytest-xdist is not there: only what noxtasks run does is tried")
    if not here.forks and Mode.OURS in missing:
        notes.append("this system cannot fork: only what xdist does is tried")
    if not left or (asked and missing):
        names = ", ".join(mode.value for mode in missing)
        raise ConfigurationError(
            f"{suite.python} cannot distribute so: {names}",
            where="--modes",
            remedy="Install pytest-xdist beside pytest.",
        )
    return left, tuple(notes)


def _scanned(task: Task) -> Scan:
    line, runner = LiveLine(), Runner(task)

    def tell(number: int, candidate: Candidate | None, left: int) -> None:
        terminal.tell_run(line, number, candidate, left)

    course = scanning.Course(
        task.candidates,
        run=runner.run,
        left_s=lambda: task.until_s - time.monotonic(),
        decided=lambda scan: judging.is_decided(scan, task.settings, cores=task.cores),
        rounds=task.rounds,
        tell=tell,
    )
    try:
        return course.scan()
    finally:
        line.clear()


def _with_conflicts(task: Task, scan: Scan) -> tuple[Scan, Findings | None, tuple[str, ...]]:
    """The scan, interrupted if it now was; which tests conflict, where that could be seen; and what to say of it."""
    line = LiveLine()

    def tell(tests: int, nominees: int) -> None:
        line.say(f"{counted(tests, 'test')} looked at; groups of them that share something: {nominees}")

    left_s = max(task.until_s - time.monotonic(), CONFLICTS_S)
    try:
        line.say("one after the other, to see what tests share")
        return scan, conflicts.find(task.suite, task.settings, budget_s=left_s, tell=tell), ()
    except NotMeasuredError as error:
        return scan, None, (f"what tests share could not be seen: {error.message}",)
    except KeyboardInterrupt:
        return msgspec.structs.replace(scan, ending=Ending.INTERRUPTED), None, ()
    finally:
        line.clear()


def write_recommended(suite: Suite, scan: Scan, report: Report) -> None:
    """Write what is recommended where pytest reads it, or say what to run."""
    found = report.recommendation
    if found.candidate is None or found.answer is not Answer.PAYS:
        terminal.print_line("nothing is written: it is not shown that running in parallel pays")
        return
    if report.proven:
        terminal.print_line("nothing is written: tests conflict that would then run at the same time")
        return
    if rules.of(report.assessments, found.candidate).suspects:
        terminal.print_line("nothing is written: tests fail there that do not alone")
        return
    if not found.candidate.mode.is_of_xdist:
        terminal.print_line(f"run it so: {wording.command(found.candidate, suite.extra_args)}")
        best = rules.best_of(report.assessments, xdist=True)
        if best is None or best.speedup is None:
            return
        terminal.print_line(f"of xdist's, the best is {wording.named(best.candidate)}: {wording.change(best.speedup)}")
        return
    words = xdist.arguments(found.candidate)
    inifile = next((each.phases.inifile for each in scan.sequential if each.phases), "")
    path = applying.write(suite.root, inifile, words)
    terminal.print_applied(f"{os.path.relpath(path, suite.root)}: addopts with {' '.join(words)}")


def _ended(task: Task, scan: Scan, report: Report) -> ExitCode:
    if report.ending is Ending.INTERRUPTED:
        raise InterruptedRunError("interrupted; what was measured is kept", remedy="Run it again.")
    if scan.ending is Ending.STOPPED:
        raise NotMeasuredError(
            scan.stopped_by,
            where=str(task.suite.root),
            remedy="What was measured before is kept. See what the test waits for: noxtasks flake",
        )
    verdicts = [gate.judgement.verdict for gate in report.gates]
    is_broken = any(each.state is State.BROKEN or each.suspects for each in report.assessments)
    if Verdict.FAIL in verdicts or is_broken or report.proven:
        return ExitCode.FOUND
    if Verdict.UNMEASURED in verdicts:
        open_gates = [gate for gate in report.gates if gate.judgement.verdict is Verdict.UNMEASURED]
        raise NotMeasuredError(
            "; ".join(wording.gate(gate) for gate in open_gates),
            where=str(task.suite.root),
            remedy="Give it more time: -S parallel.budget=20m",
        )
    return ExitCode.NOTHING_FOUND
