"""The story of `mutation`: find the sources, copy, instrument, run without a mutant, try each mutant, decide, tell."""

from __future__ import annotations

import secrets
import tempfile
import time
from collections.abc import Collection as Sized
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from noxtasks.config import Settings, read_toml
from noxtasks.errors import ExitCode, InterruptedRunError, NotMeasuredError
from noxtasks.evidence import provenance, vcs
from noxtasks.evidence.display.console import print_notes
from noxtasks.evidence.provenance import Provenance
from noxtasks.mutation import copying, distrust, emit, mutmut, rules, sources, terminal, trying
from noxtasks.mutation.model import Baseline, Fate, Mutant, Report
from noxtasks.mutation.mutmut import Instrumented
from noxtasks.mutation.progress import Progress
from noxtasks.mutation.sources import Sources
from noxtasks.stats import Verdict
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
    found = sources.find({path.as_posix() for path in paths}, read_toml(root / "pyproject.toml"))
    if not found.files:
        raise NotMeasuredError(
            "no source to mutate was found",
            where=str(root),
            remedy="Name the files or folders: tool.mutmut.source_paths in pyproject.toml",
        )
    emit.tell_start(task.reports, task.project, at=began, provenance=_provenance(task, code, None))
    with (
        tempfile.TemporaryDirectory(prefix="nx", ignore_cleanup_errors=True) as scratch,
        copying.disposable(root, copying.with_unknown(root, paths, _folders(found)), name=task.session_id) as copy,
    ):
        report, collection, is_whole = _measure(task, copy, found, Path(scratch))
    told = _provenance(task, code, collection, complete=is_whole)
    digest = emit.write(task.reports, report, sources=found, duration_s=time.monotonic() - started_s, provenance=told)
    emit.tell_complete(task.reports, task.project, report, digest=digest, provenance=told)
    terminal.print_report(report)
    if not is_whole:
        raise InterruptedRunError("interrupted; what was measured is kept")
    if report.judgement.verdict is Verdict.UNMEASURED:
        raise NotMeasuredError(report.judgement.reason, where=str(root), remedy="The report says what was left out.")
    return ExitCode.NOTHING_FOUND if report.judgement.verdict is Verdict.PASS else ExitCode.FOUND


def _folders(found: Sources) -> set[str]:
    """Where the packages with sources are."""
    return {entry for entry in found.entries if entry != "."} | {
        source.path.partition("/")[0] for source in found.files if "/" in source.path
    }


def _measure(task: _Task, copy: Path, found: Sources, scratch: Path) -> tuple[Report, Collection, bool]:
    """The report, what was collected, and whether every mutant was tried."""
    suite = Suite(
        root=copy,
        python=task.python,
        pytest_args=task.pytest_args,
        entries=tuple(copy / entry for entry in found.entries),
        mutated=found.packages,
    )
    made = mutmut.instrument(suite, found, scratch)
    if not made.mutants:
        raise NotMeasuredError(
            "there is nothing in the sources that mutmut changes",
            where=str(task.root),
            remedy="It changes the bodies of functions and methods; was it told to leave them out?",
        )
    settings = task.settings.mutation
    kind = None if settings.engine == "auto" else EngineKind(settings.engine)
    with Engine(suite, scratch, kind=kind, test_timeout_s=settings.test_timeout_s) as engine:
        collection = engine.collect(hash_seed=trying.HASH_SEED)
        _check(task, collection, copy)
        baseline = trying.take_baseline(engine, collection, distrust.flaky_tests(task.reports))
        if not baseline.durations_s:
            raise NotMeasuredError(
                "no test passes in a copy of the project without any mutant",
                where=str(task.root),
                remedy="\n".join(f"{test}: {why}" for test, why in baseline.left_out[:10]),
            )
        terminal.print_baseline(baseline, made, found, engine)
        fates, baseline, is_whole = _try(engine, baseline, made.mutants, jobs=settings.jobs)
    return _report(task, made, baseline, fates), collection, is_whole


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


def _try(
    engine: Engine, baseline: Baseline, mutants: Sized[Mutant], *, jobs: int
) -> tuple[dict[str, Fate], Baseline, bool]:
    """The fate of every mutant, the tests that could be relied on, and whether each mutant was tried.

    After an interruption some were not.
    """
    with Progress(len(mutants)) as progress:
        attempt = trying.Trying(engine, baseline, jobs=jobs, told=progress.tell)
        is_whole = True
        try:
            attempt.carry_out(mutants)
        except KeyboardInterrupt:
            engine.abandon()
            is_whole = False
    fates = {mutant.id: attempt.fates.get(mutant.id) or rules.unchecked(mutant) for mutant in mutants}
    return fates, attempt.baseline, is_whole


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
