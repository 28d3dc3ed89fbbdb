"""The story of `ladder`: settle the tiers, measure each, see how far the suite has climbed, tell."""

from __future__ import annotations

import os
import secrets
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from noxtasks.config import Settings
from noxtasks.errors import ExitCode, InterruptedRunError, NotMeasuredError
from noxtasks.evidence import files, provenance, vcs
from noxtasks.evidence.display.console import print_notes
from noxtasks.evidence.display.live import LiveLine
from noxtasks.evidence.display.text import counted
from noxtasks.ladder import (
    changed,
    coverage_py,
    emit,
    gains,
    gathering,
    history,
    on_github,
    profiles,
    rules,
    scope,
    selecting,
    stages,
    terminal,
    tiers,
    timeline,
    who,
    wording,
)
from noxtasks.ladder.climbing import Climb, Climber
from noxtasks.ladder.history import History
from noxtasks.ladder.model import Ending, NewCode, Report, Standing
from noxtasks.ladder.task import Task
from noxtasks.stats import Verdict
from noxtasks.suite import git
from noxtasks.suite.launch import Suite


def run(
    root: Path,
    settings: Settings,
    *,
    python: Path,
    against: str | None = None,
    pytest_args: tuple[str, ...] = (),
) -> ExitCode:
    """Measure what each tier of the suite in `root` covers, and write it into the reports folder.

    New code is what differs from where HEAD went apart from the revision `against`; without one, from the branch that
    changes go to. What is covered of it is told, and decides nothing here.

    Gives `FOUND` where a tier that blocks is below its target, or a ratchet does not hold. Raises `NotMeasuredError`
    where the suite cannot be collected, coverage.py is missing, there is nothing to cover, or a tier that blocks is
    unmeasured; `ConfigurationError` for a wrong expression, pattern or revision; and, when what was measured is
    written, `InterruptedRunError` after an interruption.
    """
    root, began, started_s = root.resolve(), datetime.now(UTC), time.monotonic()
    suite = Suite(
        root=root,
        python=python.absolute(),
        pytest_args=(*settings.pytest_args, *settings.ladder.pytest_args, *pytest_args),
        extra_args=pytest_args,
    )
    history.read(root / settings.reports)  # what is damaged is told before anything takes its time
    with tempfile.TemporaryDirectory(prefix="nx", ignore_cleanup_errors=True) as folder:
        scratch = Path(folder).resolve()
        task = _settled(suite, settings, scratch, began, against)
        print_notes(task.code.notes)
        climb = _climbed(task, scratch)
    told = task.provenance(complete=climb.ending is Ending.DONE)
    with files.writing(task.reports):  # so that of two sessions at once neither loses what the other has added
        report = _report(task, climb, history.read(task.reports))
        digests = emit.write(task, report, duration_s=time.monotonic() - started_s, provenance=told)
        if climb.who is not None:
            digests.append(who.write(task.reports, climb.who))
    emit.tell(task.reports, task.project, report.steps, digests=digests, provenance=told)
    terminal.print_report(report)
    on_github.tell(report)
    return _ended(task, report)


def _settled(suite: Suite, settings: Settings, scratch: Path, began: datetime, against: str | None) -> Task:
    root, reports = suite.root, Path(settings.reports)
    asked = tiers.tiers(settings.ladder, profiles.targets(settings.ladder.profile))
    of_tests = [tier for tier in asked if tier.name in tiers.OF_TESTS]
    code = vcs.code(root, run=git.output_in(root), reports=reports)
    known = coverage_py.look(suite, scratch / "settings")
    project = vcs.files(root, git.output_in(root), (reports, vcs.OURS))
    scopes = scope.locate(root, {path.as_posix() for path in project}, of_tests, known)
    sources = [source.path for source in scopes.together.files]
    since = changed.asked(root, against, sources, run=git.output_in(root), environ=os.environ)
    rest = tiers.by_setting(settings.ladder.rest)
    return Task(
        suite=suite,
        settings=settings,
        tiers=asked,
        collected=selecting.collect(suite, scratch / "collection", of_tests, rest=rest),
        scopes=scopes,
        coverage=known,
        session_id=provenance.new_session_id(began, secrets.token_bytes(provenance.ENTROPY_BYTES)),
        began=began,
        code=code,
        since=since,
    )


def _climbed(task: Task, scratch: Path) -> Climb:
    line = LiveLine()

    def tell(name: str, tests: int) -> None:
        terminal.tell_tier(line, name, tests)

    try:
        return Climber(task, scratch, tell).climb()
    finally:
        line.clear()


def _report(task: Task, climb: Climb, earlier: History) -> Report:
    terms = tiers.terms(task.settings.ladder)
    gathered = gathering.gather(
        task.reports,
        climb.tiers,
        at=task.began,
        code=task.code,
        terms=terms,
        branches=climb.total.branches.share if climb.total else None,
        collection_errors=len(task.collected.broken),
    )
    current, counts = gathered.measurement, _counts(task, climb)
    of = {tier.name: tier for tier in task.tiers}
    standing = stages.standing(current, earlier.measurements, earlier.advances, tiers=of, terms=terms)
    if not counts:
        standing = _unchanged(earlier)
    trends = {name: timeline.trend(timeline.of(earlier.measurements, current, name), current, name) for name in of}
    return Report(
        profile=task.settings.ladder.profile,
        tiers=climb.tiers,
        total=climb.total,
        total_reason=climb.total_reason,
        belonging=task.collected.belonging,
        blocking=frozenset(tier.name for tier in task.tiers if tiers.is_blocking(tier, task.began.date())),
        trends={name: risen for name, risen in trends.items() if risen is not None and counts},
        standing=standing,
        steps=standing.advances[len(earlier.advances) :],
        measurements=(history.added(earlier, current) if counts else earlier).measurements,
        notes=(*_notes(task), *climb.notes, *gathered.notes),
        ending=climb.ending,
        new_code=_new_code(task, climb),
        gains=tuple(gain for each in climb.tiers for gain in gains.of(each)),
    )


def _new_code(task: Task, climb: Climb) -> NewCode | None:
    """What any test covers of what has changed; None where that was not looked at."""
    since, threshold = task.since, task.settings.ladder.new_code
    if since.changes is None:
        return None
    if climb.total is None:
        return changed.blind(since, f"the total is not measured, {climb.total_reason}", threshold=threshold)
    least = task.settings.ladder.min_new_lines
    found = climb.total.files
    return changed.judge(since.changes, found, against=since.revision, threshold=threshold, min_new_lines=least)


def _counts(task: Task, climb: Climb) -> bool:
    """Whether what was measured has a place in the history: the figures of some of the tests would be a fall."""
    return climb.ending is Ending.DONE and not task.suite.extra_args


def _unchanged(earlier: History) -> Standing:
    """Where the suite stood before."""
    tier = earlier.advances[-1].tier if earlier.advances else None
    return Standing(tier=tier, following=stages.following_of(tier), missing=(), fallen=(), advances=earlier.advances)


def _notes(task: Task) -> tuple[str, ...]:
    """What a reader of the figures should know of how they came about."""
    found, notes = task.collected, []
    if found.broken:
        said = f"{counted(len(found.broken), 'test file')} cannot be collected, {found.broken[0]} the first"
        notes.append(f"{said}: noxtasks flake says why")
    if found.deselected:
        are = "is" if found.deselected == 1 else "are"
        notes.append(
            f'{counted(found.deselected, "test")} {are} deselected: ladder.pytest_args = ["-m", ""] takes in all'
        )
    if task.suite.extra_args:
        notes.append("with arguments for pytest nothing is earned or lost, nor kept for later")
    if not task.coverage.sees_subprocesses:
        notes.append(f"coverage.py {task.coverage.version} does not see processes that tests start: 7.10 and later do")
    if task.settings.ladder.contexts and not task.coverage.knows_contexts:
        notes.append('which tests cover what is not known: coverage.py cannot tell with core = "sysmon"')
    if task.since.trouble:
        notes.append(task.since.trouble)
    return tuple(notes)


def _ended(task: Task, report: Report) -> ExitCode:
    if report.ending is Ending.INTERRUPTED:
        raise InterruptedRunError("interrupted; what was measured is kept", remedy="Run it again.")
    code = rules.exit_code(report.tiers, report.blocking, report.standing)
    if code is ExitCode.NOT_MEASURED:
        blind = [
            f"{wording.name(each.tier.name)}: {each.judgement.reason}"
            for each in report.tiers
            if each.tier.name in report.blocking and each.judgement.verdict is Verdict.UNMEASURED
        ]
        raise NotMeasuredError(
            "tiers that block are unmeasured, " + "; ".join(blind),
            where=str(task.suite.root),
            remedy='Set which tests are theirs, or that they do not block: -S ladder.levels={integration="advisory"}',
        )
    return code
