"""The story of `mutation`: find the sources, copy, try the mutants in the copy, and tell what became of them."""

from __future__ import annotations

import secrets
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from noxtasks.config import Settings
from noxtasks.errors import ConfigurationError, ExitCode, InterruptedRunError, NotMeasuredError, TimeIsUpError
from noxtasks.evidence import provenance, vcs
from noxtasks.evidence.display.console import print_notes
from noxtasks.evidence.provenance import Provenance
from noxtasks.mutation import emit, measuring, on_github, page, terminal, terms
from noxtasks.mutation.deciding import gate
from noxtasks.mutation.making import copying, locating, mutmut
from noxtasks.mutation.model import Choice, Ending, Report
from noxtasks.mutation.remembered import since
from noxtasks.mutation.remembered.remembering import Memory
from noxtasks.mutation.task import Task
from noxtasks.suite import git
from noxtasks.suite.collection import Collection
from noxtasks.suite.sources import Sources, only


def run(
    root: Path,
    settings: Settings,
    *,
    python: Path,
    pytest_args: tuple[str, ...] = (),
    revision: str = "",
    resume: bool = False,
    forget: bool = False,
    began_s: float | None = None,
) -> ExitCode:
    """Try the mutants of the project in `root` with its tests, and write what became of them into the reports folder.

    Those whose fate an earlier scan has found, and nothing that it rests on has changed, are not tried; with `forget`
    all are. With `resume` there has to be an earlier scan. With `revision`, only mutants of functions that have changed
    since, or whose tests have, are looked at. `began_s`, by the monotonic clock, is what the budget counts from;
    without it, now.

    Gives `FOUND` where the score is below its threshold and that is to block. Raises `ConfigurationError` where what
    the settings name is not there, `NotMeasuredError` where there is nothing to mutate, mutmut is missing, no test
    passes in the copy, no mutant could be tried or too few to tell, and, when what was measured is written,
    `InterruptedRunError` after an interruption.
    """
    started_s = time.monotonic() if began_s is None else began_s
    root, began = root.resolve(), datetime.now(UTC)
    memory = Memory(root / settings.mutation.memory, today=began.date(), forgets=forget)
    if resume and memory.is_empty:
        raise _nothing_to_resume()
    base = since.find(root, revision, git.output_in(root)) if revision else None
    code = vcs.code(root, run=git.output_in(root), reports=Path(settings.reports))
    known = (*memory.notes, *code.notes)
    print_notes(known)
    ours = (Path(settings.reports), Path(settings.mutation.memory), vcs.OURS)
    paths = set(vcs.files(root, git.output_in(root), ours))
    located = locating.locate(root, {path.as_posix() for path in paths}, settings.mutation.paths)
    found, asked = located.sources, located.asked
    print_notes(tuple(f"{asked.where}: {name} is not used: {why}" for name, why in asked.not_used))
    print_notes(tuple(f"{path} is not mutated: its name is no UTF-8" for path in located.nameless))
    task = Task(
        root=root,
        settings=settings,
        python=python.absolute(),
        pytest_args=(*asked.pytest_args, *settings.pytest_args, *pytest_args),
        session_id=provenance.new_session_id(began, secrets.token_bytes(provenance.ENTROPY_BYTES)),
        began=began,
        terms=terms.read(root, settings, located, began_s=started_s, today=began.date()),
        memory=memory,
        base=base,
    )
    if task.terms.scopes:
        found = only(found, {file for files in task.terms.scopes.values() for file in files})
    files = tuple(copying.with_unknown(root, paths, {*found.folders_with_code, *asked.also_copy}))
    emit.tell_start(task.reports, task.project, at=began, provenance=_provenance(task, code, None))
    report, collection = _measured(task, found, files, asked.do_not_mutate_patterns)
    print_notes(tuple(note for note in memory.notes if note not in known))
    is_whole = report.extent.ending is not Ending.INTERRUPTED
    _report(
        task,
        report,
        sources=found,
        duration_s=time.monotonic() - started_s,
        provenance=_provenance(task, code, collection, complete=is_whole),
    )
    return _ended(task, report)


def _measured(
    task: Task, found: Sources, files: tuple[Path, ...], patterns: tuple[str, ...]
) -> tuple[Report, Collection]:
    with (
        tempfile.TemporaryDirectory(prefix="nx", ignore_cleanup_errors=True) as scratch,
        copying.disposable(task.root, files, name=task.session_id) as copy,
    ):
        place = measuring.Place(copy=copy, scratch=Path(scratch), files=files, sources=found, patterns=patterns)
        try:
            return measuring.measure(task, place)
        except TimeIsUpError as error:
            raise _no_time(task.settings, error) from None


def _report(task: Task, report: Report, *, sources: Sources, duration_s: float, provenance: Provenance) -> None:
    digests = emit.write(
        task.reports,
        report,
        project=task.project,
        sources=sources,
        duration_s=duration_s,
        provenance=provenance,
    )
    emit.tell_complete(task.reports, task.project, report, digests=digests, provenance=provenance)
    terminal.print_report(report, page=Path(task.settings.reports, page.NAME))
    on_github.tell(report, task.root, git.output_in(task.root))


def _nothing_to_resume() -> ConfigurationError:
    return ConfigurationError(
        "there is no interrupted scan to go on with", where="--resume", remedy="Start a new one without --resume."
    )


def _ended(task: Task, report: Report) -> ExitCode:
    if report.extent.ending is Ending.INTERRUPTED:
        remedy = "" if task.memory.is_empty else "--resume goes on from there"
        raise InterruptedRunError("interrupted; what was measured is kept", remedy=remedy)
    if task.base is not None and not report.mutants:
        return ExitCode.NOTHING_FOUND
    code = gate.exit_code(report.judgement, report.stance)
    if code is ExitCode.NOT_MEASURED:
        is_part = report.extent.choice is Choice.CAP or report.extent.ending is Ending.BUDGET
        raise NotMeasuredError(
            report.judgement.reason,
            where=str(task.root),
            remedy="Give it more mutants or more time; or let it be advisory: -S mutation.mode=advisory"
            if is_part
            else "The report says what was left out.",
        )
    return code


def _no_time(settings: Settings, error: TimeIsUpError) -> NotMeasuredError:
    budget_s = settings.mutation.budget_s
    return NotMeasuredError(
        f"{budget_s:g} s are over before a mutant could be tried: {error.message}",
        where="mutation.budget",
        remedy="Give it more time: first the tests are collected, and run twice without a mutant.",
    )


def _provenance(task: Task, code: vcs.Code, collection: Collection | None, *, complete: bool = True) -> Provenance:
    hello = collection.hello if collection else None
    return provenance.gather(
        session_id=task.session_id,
        created=datetime.now(UTC),
        code=code,
        settings={**msgspec.to_builtins(task.settings), "pytest_args": list(task.pytest_args)},
        tools={"mutmut": mutmut.VERSION, **(hello.tools if hello else {})},
        interpreter=provenance.told_by(hello),
        complete=complete,
    )
