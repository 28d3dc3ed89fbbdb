"""The story of `mutation`: find the sources, copy, instrument, run without a mutant, try each mutant, decide, tell."""

from __future__ import annotations

import secrets
import tempfile
import time
from collections.abc import Collection as Sized
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from noxtasks.config import Settings
from noxtasks.errors import ExitCode, InterruptedRunError, NotMeasuredError
from noxtasks.evidence import provenance, vcs
from noxtasks.evidence.display.console import print_notes
from noxtasks.evidence.provenance import Provenance
from noxtasks.mutation import copying, emit, locating, mutmut, rules, terminal, trying
from noxtasks.mutation.locating import Located
from noxtasks.mutation.model import Baseline, Fate, Mutant, Report
from noxtasks.mutation.mutmut import Instrumented
from noxtasks.mutation.progress import Progress
from noxtasks.mutation.sources import Sources
from noxtasks.stats import Verdict
from noxtasks.suite import git, health
from noxtasks.suite.collection import Collection
from noxtasks.suite.engine import Engine
from noxtasks.suite.launch import Suite
from noxtasks.suite.local_names import local_names
from noxtasks.suite.model import EngineKind
from noxtasks.suite.problems import read_problems


class _Task(msgspec.Struct, frozen=True, kw_only=True):
    """What this session is about."""

    root: Path
    settings: Settings
    python: Path
    pytest_args: tuple[str, ...]
    session_id: str
    began: datetime

    @property
    def reports(self) -> Path:
        return self.root / self.settings.reports

    @property
    def project(self) -> str:
        return self.settings.project_name(self.root)


def run(root: Path, settings: Settings, *, python: Path, pytest_args: tuple[str, ...] = ()) -> ExitCode:
    """Try every mutant of the project in `root` with its tests, and write what became of them into the reports folder.

    Gives `FOUND` where the score is below its threshold. Raises `NotMeasuredError` where there is nothing to mutate,
    mutmut is missing, no test passes in the copy or no mutant could be tried, and, when what was measured is written,
    `InterruptedRunError` after an interruption.
    """
    root, began = root.resolve(), datetime.now(UTC)
    task = _Task(
        root=root,
        settings=settings,
        python=python.absolute(),
        pytest_args=(*settings.pytest_args, *pytest_args),
        session_id=provenance.new_session_id(began, secrets.token_bytes(provenance.ENTROPY_BYTES)),
        began=began,
    )
    code = vcs.code(root, run=git.output_in(root), reports=Path(settings.reports))
    print_notes(code.notes)
    started_s = time.monotonic()
    paths = set(vcs.files(root, git.output_in(root), (Path(settings.reports), vcs.OURS)))
    located = locating.locate(root, {path.as_posix() for path in paths})
    found, asked = located.sources, located.asked
    print_notes(tuple(f"{asked.where}: {name} is not used: {why}" for name, why in asked.not_used))
    task = msgspec.structs.replace(task, pytest_args=(*asked.pytest_args, *task.pytest_args))
    whole = tuple(copying.with_unknown(root, paths, {*found.folders_with_code, *asked.also_copy}))
    emit.tell_start(task.reports, task.project, at=began, provenance=_provenance(task, code, None))
    with (
        tempfile.TemporaryDirectory(prefix="nx", ignore_cleanup_errors=True) as scratch,
        copying.disposable(root, whole, name=task.session_id) as copy,
    ):
        report, collection, is_whole = _measure(task, copy, located, whole, Path(scratch))
    told = _provenance(task, code, collection, complete=is_whole)
    digest = emit.write(task.reports, report, sources=found, duration_s=time.monotonic() - started_s, provenance=told)
    emit.tell_complete(task.reports, task.project, report, digest=digest, provenance=told)
    terminal.print_report(report)
    if not is_whole:
        raise InterruptedRunError("interrupted; what was measured is kept")
    if report.judgement.verdict is Verdict.UNMEASURED:
        raise NotMeasuredError(report.judgement.reason, where=str(root), remedy="The report says what was left out.")
    return ExitCode.NOTHING_FOUND if report.judgement.verdict is Verdict.PASS else ExitCode.FOUND


def _measure(
    task: _Task, copy: Path, project: Located, files: Sized[Path], scratch: Path
) -> tuple[Report, Collection, bool]:
    """The report, what was collected, and whether every mutant was tried; `files` are those of a copy."""
    found = project.sources
    suite = Suite(
        python=task.python,
        pytest_args=task.pytest_args,
        mutated=found.packages,
        original=task.root,
        **_of(copy, found),
    )
    made = mutmut.instrument(suite, found, scratch, patterns=project.asked.do_not_mutate_patterns)
    if not made.mutants:
        raise NotMeasuredError(
            "there is nothing in the sources that mutmut changes",
            where=str(task.root),
            remedy="\n".join(
                [
                    "It changes the bodies of functions and methods; was it told to leave them out?",
                    *(f"{path}: {why}" for path, why in made.left_out[:10]),
                ]
            ),
        )
    settings = task.settings.mutation
    kind = None if settings.engine == "auto" else EngineKind(settings.engine)
    with Engine(suite, scratch, kind=kind, test_timeout_s=settings.test_timeout_s) as engine:
        collection = engine.collect(hash_seed=trying.HASH_SEED)
        _check(task, collection, copy)
        baseline = trying.take_baseline(engine, collection.ran)
        if not baseline.durations_s:
            raise NotMeasuredError(
                "no test passes in a copy of the project without any mutant",
                where=str(task.root),
                remedy="\n".join(f"{test}: {why}" for test, why in baseline.left_out[:10]),
            )
        if baseline.left_out:
            with copying.disposable(task.root, files, name=f"{task.session_id}-plain") as plain:
                baseline = trying.explained(baseline, msgspec.structs.replace(suite, **_of(plain, found)), scratch)
        made = msgspec.structs.replace(made, mutants=rules.renamed(made.mutants, baseline))
        baseline = rules.with_uncollected(baseline, read_problems(collection.problems))
        terminal.print_baseline(baseline, made, found, engine)
        fates, is_whole = _try(engine, baseline, made.mutants, jobs=settings.jobs)
    return _report(task, made, baseline, fates), collection, is_whole


def _of(copy: Path, found: Sources) -> dict[str, Any]:
    """The fields of a suite that say where the copy of the project is."""
    return {
        "root": copy,
        "entries": tuple(copy / entry for entry in found.entries),
        "folders": {name: str(copy / folder) for name, folder in found.folders.items()},
    }


def _check(task: _Task, collection: Collection, copy: Path) -> None:
    """Raises `NotMeasuredError` where there are no tests, or they import the project from somewhere else."""
    if not collection.tests:
        raise NotMeasuredError(
            "no test can be collected in a copy of the project",
            where=str(task.root),
            remedy=health.render(_diagnosed(collection, task.root)),
        )
    real = copy.resolve()
    for name, places in collection.modules.items():
        if not any(Path(place).resolve().is_relative_to(real) for place in places):
            raise NotMeasuredError(
                f"the tests import {name} from {places[0] if places else 'nowhere'}, and not from the mutated copy",
                where=str(task.root),
                remedy="Something imports it before pytest has begun, or by its path: a .pth file, a conftest.",
            )


def _diagnosed(collection: Collection, root: Path) -> health.Health:
    """Why there are no tests."""
    return health.diagnose(
        collection.problems,
        collection.facts,
        exit_code=collection.exit_code,
        output=collection.output,
        installed=collection.facts.get("distributions") or {},
        local=local_names(root),
    )


def _try(engine: Engine, baseline: Baseline, mutants: Sized[Mutant], *, jobs: int) -> tuple[dict[str, Fate], bool]:
    """The fate of every mutant, and whether each was tried: after an interruption some were not."""
    with Progress(len(mutants)) as progress:
        attempt = trying.Trying(engine, baseline, jobs=jobs, told=progress.tell)
        is_whole = True
        try:
            attempt.carry_out(mutants)
        except KeyboardInterrupt:
            engine.abandon()
            is_whole = False
    return {mutant.id: attempt.fates.get(mutant.id) or rules.unchecked(mutant) for mutant in mutants}, is_whole


def _report(task: _Task, made: Instrumented, baseline: Baseline, fates: dict[str, Fate]) -> Report:
    settings = task.settings.mutation
    score = rules.score(fates.values(), timeouts=settings.timeouts)
    return Report(
        mutants=made.mutants,
        fates=fates,
        baseline=baseline,
        score=score,
        by_path=rules.by_path(made.mutants, fates, timeouts=settings.timeouts),
        judgement=rules.judge(score, fates.values(), threshold=settings.threshold),
        unmutated=made.left_out,
        scope=made.scope,
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
