"""The story of `mutation`: find the sources, copy, instrument, run without a mutant, try each mutant, decide, tell."""

from __future__ import annotations

import secrets
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from noxtasks.config import Settings, read_toml
from noxtasks.errors import ExitCode, InterruptedRunError, NotMeasuredError, TimeIsUpError
from noxtasks.evidence import provenance, vcs
from noxtasks.evidence.display.console import print_notes
from noxtasks.evidence.provenance import Provenance
from noxtasks.mutation import (
    copying,
    course,
    emit,
    gate,
    lessons,
    mutmut,
    on_github,
    page,
    ratchet,
    scoring,
    sources,
    suppressions,
    telling,
    terminal,
    terms,
    trying,
)
from noxtasks.mutation.course import Outcome, Plan
from noxtasks.mutation.model import Baseline, Choice, Ending, Lesson, Report, Status, Suppression
from noxtasks.mutation.mutmut import Instrumented
from noxtasks.mutation.progress import Progress
from noxtasks.mutation.sources import Sources
from noxtasks.mutation.terms import Terms
from noxtasks.suite import git
from noxtasks.suite.collection import Collection
from noxtasks.suite.engine import Engine
from noxtasks.suite.launch import Suite
from noxtasks.suite.model import EngineKind


class _Task(msgspec.Struct, frozen=True, kw_only=True):
    """What this session is about."""

    root: Path
    settings: Settings
    python: Path
    pytest_args: tuple[str, ...]
    session_id: str
    began: datetime
    terms: Terms

    @property
    def reports(self) -> Path:
        return self.root / self.settings.reports

    @property
    def project(self) -> str:
        return self.settings.project_name(self.root)


def run(
    root: Path,
    settings: Settings,
    *,
    python: Path,
    pytest_args: tuple[str, ...] = (),
    began_s: float | None = None,
) -> ExitCode:
    """Try the mutants of the project in `root` with its tests, and write what became of them into the reports folder.

    Gives `FOUND` where the score is below its threshold and that is to block. Raises `ConfigurationError` where what
    the settings name is not there, `NotMeasuredError` where there is nothing to mutate, mutmut is missing, no test
    passes in the copy, no mutant could be tried or too few to tell, and, when what was measured is written,
    `InterruptedRunError` after an interruption.

    `began_s`, by the monotonic clock, is what the budget counts from; without it, now.
    """
    started_s = time.monotonic() if began_s is None else began_s
    root, began = root.resolve(), datetime.now(UTC)
    code = vcs.code(root, run=git.output_in(root), reports=Path(settings.reports))
    print_notes(code.notes)
    paths = set(vcs.files(root, git.output_in(root), (Path(settings.reports), vcs.OURS)))
    pyproject = read_toml(root / "pyproject.toml")
    found = sources.find({path.as_posix() for path in paths}, pyproject, settings.mutation.paths)
    if not found.files:
        raise NotMeasuredError(
            "no source to mutate was found",
            where=str(root),
            remedy="Name the files or folders: tool.mutmut.source_paths in pyproject.toml",
        )
    task = _Task(
        root=root,
        settings=settings,
        python=python.absolute(),
        pytest_args=(*settings.pytest_args, *pytest_args),
        session_id=provenance.new_session_id(began, secrets.token_bytes(provenance.ENTROPY_BYTES)),
        began=began,
        terms=terms.read(root, settings, found, pyproject, began_s=started_s, today=began.date()),
    )
    if task.terms.scopes:
        found = sources.only(found, {file for files in task.terms.scopes.values() for file in files})
    emit.tell_start(task.reports, task.project, at=began, provenance=_provenance(task, code, None))
    with (
        tempfile.TemporaryDirectory(prefix="nx", ignore_cleanup_errors=True) as scratch,
        copying.disposable(root, copying.with_unknown(root, paths, _folders(found)), name=task.session_id) as copy,
    ):
        try:
            report, collection = _measure(task, copy, found, Path(scratch))
        except TimeIsUpError as error:
            raise _no_time(settings, error) from None
    is_whole = report.extent.ending is not Ending.INTERRUPTED
    told = _provenance(task, code, collection, complete=is_whole)
    digests = emit.write(
        task.reports,
        report,
        project=task.project,
        sources=found,
        duration_s=time.monotonic() - started_s,
        provenance=told,
    )
    emit.tell_complete(task.reports, task.project, report, digests=digests, provenance=told)
    terminal.print_report(report, page=Path(task.settings.reports, page.NAME))
    on_github.tell(report, root, git.output_in(root))
    return _ended(task, report)


def _ended(task: _Task, report: Report) -> ExitCode:
    if report.extent.ending is Ending.INTERRUPTED:
        raise InterruptedRunError("interrupted; what was measured is kept")
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


def _folders(found: Sources) -> set[str]:
    """Where the packages with sources are."""
    return {entry for entry in found.entries if entry != "."} | {
        source.path.partition("/")[0] for source in found.files if "/" in source.path
    }


def _measure(task: _Task, copy: Path, found: Sources, scratch: Path) -> tuple[Report, Collection]:
    """The report, and what was collected."""
    suite = Suite(
        root=copy,
        python=task.python,
        pytest_args=task.pytest_args,
        entries=tuple(copy / entry for entry in found.entries),
        mutated=found.packages,
    )
    made = mutmut.instrument(suite, found, scratch, timeout_s=task.terms.left_s())
    if not made.mutants:
        raise NotMeasuredError(
            "there is nothing in the sources that mutmut changes",
            where=str(task.root),
            remedy="It changes the bodies of functions and methods; was it told to leave them out?",
        )
    settings = task.settings.mutation
    kind = None if settings.engine == "auto" else EngineKind(settings.engine)
    with Engine(suite, scratch, kind=kind, test_timeout_s=settings.test_timeout_s) as engine:
        engine.until_s = task.terms.until_s
        collection = engine.collect(hash_seed=trying.HASH_SEED)
        _check(task, collection, copy)
        baseline = trying.take_baseline(engine, collection.ran)
        if not baseline.durations_s:
            raise NotMeasuredError(
                "no test passes in a copy of the project without any mutant",
                where=str(task.root),
                remedy="\n".join(f"{test}: {why}" for test, why in baseline.left_out[:10]),
            )
        terminal.print_baseline(baseline, made, found, engine)
        settled = suppressions.settle(task.terms.suppressions, made.mutants, today=task.began.date())
        plan = course.plan(
            made.mutants,
            baseline,
            suppressions.skipped(settled),
            scopes=task.terms.scopes,
            settings=settings,
            cap=task.terms.cap,
            stops_on_pass=task.terms.earlier is None,
        )
        outcome = _try(engine, baseline, plan)
    report = _report(task, made, baseline, plan, outcome, settled=settled)
    if outcome.ending is not Ending.INTERRUPTED:
        report = msgspec.structs.replace(report, lessons=_learn(task, suite, report, scratch))
    return report, collection


def _learn(task: _Task, suite: Suite, report: Report, scratch: Path) -> tuple[Lesson, ...]:
    """What the survivors teach. Whatever happens here, the scan has its verdict: there is a note, and no more."""
    survivors = [mutant for mutant in report.mutants if report.fates[mutant.id].status is Status.SURVIVED]
    try:
        answer = telling.tell(suite, survivors, report.baseline, scratch, left_s=task.terms.left_s())
    except KeyboardInterrupt:
        answer = telling.Answer(notes=("interrupted: inputs that tell survivors from their originals are missing",))
    except Exception as error:  # a defect of ours, or of the machine's; the mutants have been tried
        answer = telling.Answer(notes=(f"no inputs were looked for: {type(error).__name__}: {error}",))
    print_notes(answer.notes)
    return lessons.lessons(survivors, answer.told, report.baseline)


def _check(task: _Task, collection: Collection, copy: Path) -> None:
    """Raises `NotMeasuredError` where there are no tests, or they import the project from somewhere else."""
    if not collection.tests:
        raise NotMeasuredError(
            "no test can be collected in a copy of the project",
            where=str(task.root),
            remedy=f"pytest said:\n{collection.output[-2000:]}",
        )
    real = copy.resolve()
    for name, places in collection.modules.items():
        if not any(Path(place).resolve().is_relative_to(real) for place in places):
            raise NotMeasuredError(
                f"the tests import {name} from {places[0] if places else 'nowhere'}, and not from the mutated copy",
                where=str(task.root),
                remedy="Install the project in another way (not editable by an import hook), or not at all.",
            )


def _try(engine: Engine, baseline: Baseline, plan: Plan) -> Outcome:
    """The fate of every mutant."""
    with Progress(plan.mutants) as progress:
        for fate in plan.known.values():
            progress.tell(fate)
        attempt = trying.Trying(engine, baseline, jobs=plan.settings.jobs, told=progress.tell)
        return course.follow(plan, attempt, engine)


def _report(
    task: _Task,
    made: Instrumented,
    baseline: Baseline,
    plan: Plan,
    outcome: Outcome,
    *,
    settled: tuple[Suppression, ...],
) -> Report:
    settings, fates = task.settings.mutation, outcome.fates
    is_sample = outcome.ending is not Ending.INTERRUPTED
    parts = course.judged(plan, outcome, task.terms.scopes)
    score = course.score(plan, outcome, parts)
    ratcheted = None
    if task.terms.earlier is not None:
        ratcheted = ratchet.compare(task.terms.earlier, made.mutants, fates, baseline=settings.ratchet or "")
    judged = gate.conclude(
        scoring.judge(score, fates.values(), threshold=settings.threshold, certain=outcome.certain.get(course.WHOLE)),
        scopes=parts if task.terms.scopes else (),
        ratchet=ratcheted,
        ending=outcome.ending,
        unchecked=sum(fate.status is Status.UNCHECKED for fate in fates.values()),
    )
    return Report(
        mutants=made.mutants,
        fates=fates,
        baseline=baseline,
        score=score,
        by_path=scoring.by_path(made.mutants, fates, timeouts=settings.timeouts, is_sample=is_sample),
        judgement=judged,
        extent=course.extent(plan, outcome.ending),
        scopes=parts if task.terms.scopes else (),
        suppressions=settled,
        ratchet=ratcheted,
        stance=task.terms.stance,
        unmutated=made.left_out,
        texts=made.texts,
    )


def _provenance(task: _Task, code: vcs.Code, collection: Collection | None, *, complete: bool = True) -> Provenance:
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
