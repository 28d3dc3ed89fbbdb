"""The middle of a scan: in the copy make the mutants, run the tests without any, try, and learn from what lives."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from noxtasks.errors import NotMeasuredError
from noxtasks.evidence.display.console import print_notes
from noxtasks.mutation import course, rules, terminal, trying
from noxtasks.mutation.course import Outcome, Plan
from noxtasks.mutation.deciding import distrust, gate, ratchet, scopes, scoring, suppressions
from noxtasks.mutation.learning import lessons, told_apart
from noxtasks.mutation.making import copying, mutmut
from noxtasks.mutation.making.mutmut import Instrumented
from noxtasks.mutation.model import Baseline, Choice, Ending, Extent, Lesson, Mutant, Report, Status, Suppression
from noxtasks.mutation.progress import Progress
from noxtasks.mutation.remembered import since, surroundings
from noxtasks.mutation.task import Task
from noxtasks.suite import git, health
from noxtasks.suite.collection import Collection
from noxtasks.suite.engine import Engine
from noxtasks.suite.launch import Suite, deciding_variables
from noxtasks.suite.local_names import local_names
from noxtasks.suite.model import EngineKind
from noxtasks.suite.problems import read_problems
from noxtasks.suite.sources import Sources


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where a scan works: a copy of the project that holds `files`."""

    copy: Path
    scratch: Path  # a folder for all else
    files: tuple[Path, ...]
    sources: Sources
    patterns: tuple[str, ...]  # of lines that are not to be mutated


def measure(task: Task, place: Place) -> tuple[Report, Collection]:
    """The report, and what was collected in the copy.

    Raises `NotMeasuredError` where there are no mutants, no tests, or none that pass; `TimeIsUpError` where the budget
    ends before the first trial.
    """
    found, began_cpu_s = place.sources, _cpu_s()
    suite = Suite(
        python=task.python,
        pytest_args=task.pytest_args,
        mutated=found.packages,
        original=task.root,
        **_of(place.copy, found),
    )
    project = surroundings.read(place.copy)
    made = _instrumented(task, suite, place)
    settings = task.settings.mutation
    kind = None if settings.engine == "auto" else EngineKind(settings.engine)
    with Engine(suite, place.scratch, kind=kind, test_timeout_s=settings.test_timeout_s) as engine:
        engine.until_s = task.terms.until_s
        collection = engine.collect(hash_seed=trying.HASH_SEED)
        _check(task, collection, place.copy)
        baseline = _baseline(task, suite, place, engine, collection)
        made = msgspec.structs.replace(made, mutants=rules.renamed(made.mutants, baseline))
        terminal.print_baseline(baseline, made, found, engine)
        mutants = _chosen(task, made, baseline, project)
        task = _about(task, mutants)
        conditions = _conditions(task, engine)
        now = surroundings.survey(project, found, made.mutants, collection, baseline, conditions=conditions)
        settled = suppressions.settle(task.terms.suppressions, mutants, today=task.began.date())
        remembered = task.memory.recall(mutants, now, baseline)
        terminal.print_known(made, mutants, remembered, task.base)
        plan = course.plan(
            mutants,
            baseline,
            {**remembered, **suppressions.skipped(settled)},
            scopes=task.terms.scopes,
            settings=settings,
            cap=task.terms.cap,
            stops_on_pass=task.terms.earlier is None,
        )
        outcome, baseline = _try(task, engine, baseline, plan)
    report = _report(task, made, baseline, plan, outcome, settled=settled)
    if outcome.ending is not Ending.INTERRUPTED:
        taken_s = _cpu_s() - began_cpu_s
        report = msgspec.structs.replace(report, lessons=_learn(task, suite, report, place.scratch, taken_s))
    return report, collection


def _cpu_s() -> float:
    """Processor time of this process and of those that it has waited for."""
    return sum(os.times()[:4])


def _instrumented(task: Task, suite: Suite, place: Place) -> Instrumented:
    """The mutants. Raises `NotMeasuredError` where there are none."""
    made = mutmut.instrument(
        suite, place.sources, place.scratch, patterns=place.patterns, timeout_s=task.terms.left_s()
    )
    if made.mutants:
        return made
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


def _baseline(task: Task, suite: Suite, place: Place, engine: Engine, collection: Collection) -> Baseline:
    """What can be relied on, and why not on the rest. Raises `NotMeasuredError` where no test passes."""
    baseline = trying.take_baseline(engine, collection, distrust.flaky_tests(task.reports))
    if not baseline.durations_s:
        raise NotMeasuredError(
            "no test passes in a copy of the project without any mutant",
            where=str(task.root),
            remedy="\n".join(f"{test}: {why}" for test, why in baseline.left_out[:10]),
        )
    if baseline.left_out and task.terms.until_s is None:
        with copying.disposable(task.root, place.files, name=f"{task.session_id}-plain") as plain:
            moved = msgspec.structs.replace(suite, **_of(plain, place.sources))
            baseline = trying.explained(baseline, moved, place.scratch)
    return rules.with_uncollected(baseline, read_problems(collection.problems))


def _of(copy: Path, found: Sources) -> dict[str, Any]:
    """The fields of a suite that say where the copy of the project is."""
    return {
        "root": copy,
        "entries": tuple(copy / entry for entry in found.entries),
        "folders": {name: str(copy / folder) for name, folder in found.folders.items()},
    }


def _check(task: Task, collection: Collection, copy: Path) -> None:
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
    return health.of(collection, local=local_names(root))


def _chosen(task: Task, made: Instrumented, baseline: Baseline, project: surroundings.Project) -> tuple[Mutant, ...]:
    if task.base is None:
        return made.mutants
    old = since.before(task.root, task.base, project, git.output_in(task.root))
    return since.chosen(made.mutants, baseline, project, old)


def _about(task: Task, mutants: Sequence[Mutant]) -> Task:
    """The task, where it is about changes without the scopes in which nothing has changed: there is nothing to pass."""
    if task.base is None:
        return task
    left = scopes.among(task.terms.scopes, {mutant.path for mutant in mutants})
    return msgspec.structs.replace(task, terms=msgspec.structs.replace(task.terms, scopes=left))


def _conditions(task: Task, engine: Engine) -> dict[str, object]:
    """What may change the fate of a mutant beside the project's own content, and is not told by the probe."""
    return {
        "engine": engine.chosen.value,
        "pytest_args": task.pytest_args,
        "test_timeout_s": task.settings.mutation.test_timeout_s,
        "variables": deciding_variables(os.environ),
    }


def _try(task: Task, engine: Engine, baseline: Baseline, plan: Plan) -> tuple[Outcome, Baseline]:
    """The fate of every mutant, and what could be relied on; each fate that is settled is remembered."""
    with Progress(plan.mutants) as progress:
        for fate in plan.known.values():
            progress.tell(fate)
        attempt = trying.Trying(engine, baseline, jobs=plan.settings.jobs, told=progress.tell)
        attempt.remember((m for population in plan.populations.values() for m in population), plan.known)
        outcome = None
        try:
            outcome = course.follow(plan, attempt, engine, kept=task.memory.keep)
        finally:
            task.memory.put_in_order(is_whole=outcome is not None and outcome.ending is Ending.WHOLE)
    return outcome, attempt.baseline


def _report(
    task: Task,
    made: Instrumented,
    baseline: Baseline,
    plan: Plan,
    outcome: Outcome,
    *,
    settled: tuple[Suppression, ...],
) -> Report:
    settings, fates = task.settings.mutation, outcome.fates
    mutants = tuple(mutant for mutant in made.mutants if mutant.id in fates)
    is_sample = outcome.ending is not Ending.INTERRUPTED
    parts = course.judged(plan, outcome, task.terms.scopes)
    score = course.score(plan, outcome, parts)
    ratcheted = None
    if task.terms.earlier is not None:
        ratcheted = ratchet.compare(task.terms.earlier, mutants, fates, baseline=settings.ratchet or "")
    judged = gate.conclude(
        scoring.judge(score, fates.values(), threshold=settings.threshold, certain=outcome.certain.get(course.WHOLE)),
        scopes=parts if task.terms.scopes else (),
        ratchet=ratcheted,
        ending=outcome.ending,
        unchecked=sum(fate.status is Status.UNCHECKED for fate in fates.values()),
    )
    return Report(
        mutants=mutants,
        fates=fates,
        baseline=baseline,
        score=score,
        by_path=scoring.by_path(mutants, fates, timeouts=settings.timeouts, is_sample=is_sample),
        judgement=judged,
        extent=_extent(task, made, plan, outcome),
        scopes=parts if task.terms.scopes else (),
        suppressions=settled,
        ratchet=ratcheted,
        stance=task.terms.stance,
        unmutated=made.left_out,
        reach=made.reach,
        texts=made.texts,
    )


def _extent(task: Task, made: Instrumented, plan: Plan, outcome: Outcome) -> Extent:
    extent = msgspec.structs.replace(course.extent(plan, outcome.ending), mutants=len(made.mutants))
    if task.base is None:
        return extent
    choice = Choice.SINCE if extent.choice is Choice.ALL else extent.choice
    return msgspec.structs.replace(extent, choice=choice, since=task.base.revision)


def _learn(task: Task, suite: Suite, report: Report, scratch: Path, scan_cpu_s: float) -> tuple[Lesson, ...]:
    """What the survivors teach. Whatever happens here, the scan has its verdict: there is a note, and no more."""
    survivors = [mutant for mutant in report.mutants if report.fates[mutant.id].status is Status.SURVIVED]
    try:
        left_s = task.terms.left_s()
        answer = told_apart.find(suite, survivors, report.baseline, scratch, scan_cpu_s=scan_cpu_s, left_s=left_s)
    except KeyboardInterrupt:
        answer = told_apart.Answer(notes=("interrupted: inputs that tell survivors from their originals are missing",))
    except Exception as error:  # a defect of ours, or of the machine's; the mutants have been tried
        answer = told_apart.Answer(notes=(f"no inputs were looked for: {type(error).__name__}: {error}",))
    print_notes(answer.notes)
    return lessons.lessons(survivors, answer.told, report.baseline)
