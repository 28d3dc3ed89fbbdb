"""The story of `flake`: collect, run many times, repeat what failed, decide, and tell."""

from __future__ import annotations

import os
import secrets
import tempfile
from collections.abc import Mapping
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from packaging.utils import canonicalize_name

from noxtasks.config import Settings
from noxtasks.errors import ConfigurationError, ExitCode, InterruptedRunError, NotMeasuredError, NoxtasksError
from noxtasks.evidence import provenance, vcs
from noxtasks.evidence.display.console import print_notes
from noxtasks.evidence.provenance import Provenance
from noxtasks.flake import emit, quarantine, rules, terminal, timeline
from noxtasks.flake.cause import Explanation
from noxtasks.flake.detect import Detection
from noxtasks.flake.explaining import Explaining
from noxtasks.flake.model import Delta, Examination
from noxtasks.flake.progress import Progress
from noxtasks.flake.quarantine.model import Entry
from noxtasks.history import Environment, Session, SessionKind, StoredSession, open_history
from noxtasks.suite import git, health
from noxtasks.suite.collection import Collection
from noxtasks.suite.engine import Engine
from noxtasks.suite.launch import Suite, deciding_variables
from noxtasks.suite.local_names import local_names
from noxtasks.suite.model import EngineKind, Order, Run

if TYPE_CHECKING:
    from noxtasks.history.store import History  # the database library is loaded when one is opened


class _Task(msgspec.Struct, frozen=True, kw_only=True):
    """What this session is about; fixed from its first moment on."""

    root: Path
    settings: Settings
    suite: Suite
    began: datetime
    session_id: str  # of the artifacts; the history knows the session by its last block, which is random
    base_seed: int
    quarantine: tuple[Entry, ...] = ()
    time_travel: bool = False
    named: bool = False  # whether the user has named the tests to be explained
    earlier: StoredSession | None = None  # the session that is resumed

    @property
    def project(self) -> str:
        return self.settings.project_name(self.root)

    @property
    def reports(self) -> Path:
        return self.root / self.settings.reports

    @property
    def history_id(self) -> str:
        return self.earlier.session.id if self.earlier else self.session_id.rpartition("-")[2]

    @property
    def hash_seed(self) -> int:
        return rules.hash_seed(0, self.base_seed)


def run(
    root: Path,
    settings: Settings,
    *,
    python: Path,
    pytest_args: tuple[str, ...] = (),
    tests: tuple[str, ...] = (),
    resume: bool = False,
    time_travel: bool = False,
) -> ExitCode:
    """Find the flaky tests of the suite in `root`, and write what was found into the reports folder.

    `pytest_args` and `tests` select as on pytest's own command line; what `tests` selects is suspected whether it fails
    or not. With `time_travel`, the suite is run at other times too. With `resume`, an interrupted session at this code
    version goes on where it stopped. Raises `NotMeasuredError` when no test can be run, `ConfigurationError` when
    there is nothing to resume, and, when what was measured is written, `InterruptedRunError` after an interruption and
    `NotMeasuredError` where the clock of the suite cannot be moved.
    """
    root = root.resolve()
    suite = Suite(
        root=root,
        python=python.absolute(),
        pytest_args=(*settings.pytest_args, *pytest_args, *tests),
        extra_args=(*pytest_args, *tests),
    )
    kind = None if settings.flake.engine == "auto" else EngineKind(settings.flake.engine)
    task = _Task(
        root=root,
        settings=settings,
        suite=suite,
        began=datetime.now(UTC),
        session_id=provenance.new_session_id(datetime.now(UTC), secrets.token_bytes(provenance.ENTROPY_BYTES)),
        quarantine=tuple(quarantine.entries_of(root, settings.reports)),
        time_travel=time_travel,
        named=bool(tests),
        base_seed=secrets.randbits(32) if settings.flake.seed is None else settings.flake.seed,
    )
    with (
        tempfile.TemporaryDirectory(prefix="nx", ignore_cleanup_errors=True) as scratch,
        Engine(suite, Path(scratch), kind=kind, test_timeout_s=settings.flake.test_timeout_s) as engine,
    ):
        if not resume:
            engine.start(hash_seed=task.hash_seed)  # it imports and collects while this process does the same
        code = vcs.code(root, run=git.output_in(root), reports=Path(settings.reports))
        with open_history(settings.history_url(root), waiting=settings.waiting(root)) as history:
            if resume:
                task = _resumed(task, history, code.code_version)
            return _carry_out(task, engine, history, code)


def _carry_out(task: _Task, engine: Engine, history: History, code: vcs.Code) -> ExitCode:
    collection = engine.collect(hash_seed=task.hash_seed)
    found = _diagnosed(task, collection)
    print_notes(code.notes)
    emit.write_health(task.reports, task.project, found, _provenance(task, code, collection))
    terminal.print_collection(found, task.suite, engine, len(collection.tests))
    if not collection.tests:
        wrong = any(cause.kind is health.Kind.CONFIGURATION for cause in found.causes)
        error = ConfigurationError if wrong else NotMeasuredError
        raise error("no test can be run", where=str(task.root), remedy="The causes are listed above.")

    session = _session(task, code, collection, engine)
    if task.earlier is None:
        history.begin(session)
    elif differing := rules.differences(task.earlier.session, session):
        raise ConfigurationError(
            f"the interrupted session ran under other conditions: {', '.join(differing)}",
            where="--resume",
            remedy="Make them as they were, or start a new session without --resume.",
        )
    detection, explaining, ended = _detect(task, engine, history, collection.tests)
    complete = ended is None or (detection.whole and not isinstance(ended, InterruptedRunError))
    history.end(task.history_id, ended=datetime.now(UTC), complete=complete)

    examination = _examine(task, history, detection, explaining.found, code.code_version)
    delta = _compare(task, history, detection, examination)
    told = _provenance(task, code, collection, complete=complete)
    course = timeline.write(task.reports, history.timeline(task.project, sessions=timeline.SESSIONS), told)
    emit.write_findings(
        task.reports,
        task.project,
        examination=examination,
        delta=delta,
        detection=detection,
        left_open=explaining.left_open,
        quarantine=quarantine.told(quarantine.unchanged(task.quarantine, today=datetime.now(UTC).date())),
        engine=engine,
        suite=task.suite,
        others=[course],
        provenance=told,
    )
    flaky = {test.tally.nodeid for test in examination.flaky}
    excused = quarantine.excused(flaky, task.quarantine, today=datetime.now(UTC).date())
    terminal.print_examination(examination, delta, detection, task.suite)
    terminal.print_left_open(explaining.left_open)
    terminal.print_excused(excused)
    if ended is not None:
        raise ended
    unsteady = flaky - excused or examination.broken or detection.unstable_ids
    clean = not (found.broken or found.unrunnable or unsteady)
    return ExitCode.NOTHING_FOUND if clean else ExitCode.FOUND


def _diagnosed(task: _Task, collection: Collection) -> health.Health:
    sound = collection.tests and not collection.problems
    return health.of(collection, local={} if sound else local_names(task.root), installed=_plugins(collection))


def _plugins(collection: Collection) -> dict[str, str]:
    """What is known to be installed where pytest gave up before it could say more."""
    plugins = collection.hello.plugins if collection.hello else {}
    return {canonicalize_name(name): version for name, version in plugins.items()}


def _detect(
    task: _Task, engine: Engine, history: History, suite: tuple[str, ...]
) -> tuple[Detection, Explaining, NoxtasksError | None]:
    """Make the runs, each recorded as it ends, and find causes; with the error that came before all was done."""
    flake = task.settings.flake

    def recall(number: int) -> Run:
        return history.run(task.history_id, number).run

    detection = Detection(
        engine,
        base_seed=task.base_seed,
        order=Order(flake.order),
        jobs=flake.jobs,
        wanted=flake.runs,
        budget_s=flake.budget_s,
        record=lambda run: history.record(task.history_id, run),
        recall=recall,
    )
    explaining = Explaining(
        engine,
        detection,
        suite=suite,
        base_seed=task.base_seed,
        budget_s=flake.explain_budget_s,
        recall=recall,
        named=task.named,
        now=datetime.now(UTC).replace(tzinfo=None),
    )
    if task.earlier is not None:
        detection.resume(history.run(task.history_id, number).run for number in task.earlier.run_numbers)
    with Progress(wanted=flake.runs, budget_s=flake.budget_s) as progress:
        try:
            _gather(task, detection, explaining, progress)
        except NotMeasuredError as error:
            if not detection.runs:
                raise
            detection.rescue()
            return detection, explaining, error
        except KeyboardInterrupt:
            detection.rescue()
            ended = InterruptedRunError("interrupted; what was measured is kept", remedy="--resume goes on from there")
            return detection, explaining, ended
    return detection, explaining, None


def _gather(task: _Task, detection: Detection, explaining: Explaining, progress: Progress) -> None:
    flake = task.settings.flake
    for _ in detection.sample():
        progress.ran(detection)
    progress.repeats(detection)
    detection.confirm()
    detection.blame_forks()
    detection.check_ids()
    if flake.explain:
        for found in chain(explaining.observed(), explaining.provoked(patient=flake.runs is None)):
            progress.explained(found)
    if task.time_travel:
        for found in explaining.travelled():
            progress.explained(found)


def _examine(
    task: _Task,
    history: History,
    detection: Detection,
    explanations: Mapping[str, Explanation],
    code_version: str,
) -> Examination:
    present = (detection.tests - detection.only_in_forks - detection.upset) | explanations.keys()
    weighed = rules.weigh(history.pool(task.history_id), task.history_id, confidence=task.settings.flake.confidence)
    tests = [test for test in weighed if test.now.nodeid in present]
    suspects = [test for test in tests if test.pooled.failures]
    seen = history.first_seen(task.history_id, [test.now.nodeid for test in suspects])
    return rules.examine(
        tests,
        detection.runs,
        imported=history.rates(task.project, code_version, kind=SessionKind.IMPORT),
        repeats=detection.repeats,
        first_seen={each.nodeid: each.started for each in seen},
        run_names={
            test.now.nodeid: history.run_name(cause.session_id, cause.run_number)
            for test in suspects
            if test.now.nodeid not in detection.unstable_ids
            for cause in (test.now.causes or test.pooled.causes)[:1]
        },
        explanations=explanations,
        threshold=task.settings.flake.threshold,
        confidence=task.settings.flake.confidence,
    )


def _compare(task: _Task, history: History, detection: Detection, examination: Examination) -> Delta:
    """This session beside the comparable one before it, whatever the code was then."""
    before = history.previous(task.history_id)
    rates = history.session_rates(before) if before else []
    failed = history.failed_by_run(before) if before else {}
    flaky = {test.tally.nodeid for test in examination.flaky}
    return rules.compare(
        rates,
        history.session_rates(task.history_id),
        disturbed=(
            (rules.disturbed_runs(failed.values(), {tally.nodeid for tally in rules.flaky_in(rates)}), len(failed)),
            (rules.disturbed_runs((run.failed for run in detection.runs), flaky), len(detection.runs)),
        ),
        confidence=task.settings.flake.confidence,
    )


def _resumed(task: _Task, history: History, code_version: str) -> _Task:
    stored = history.unfinished(task.project, SessionKind.FLAKE, code_version)
    if stored is None:
        raise ConfigurationError(
            "there is no interrupted session to resume at this version of the code",
            where="--resume",
            remedy="Start a new one without --resume.",
        )
    if tuple(stored.session.conditions["pytest_args"]) != task.suite.pytest_args:
        raise ConfigurationError(
            f"the interrupted session ran with other pytest arguments: {stored.session.conditions['pytest_args']}",
            where="--resume",
            remedy="Give the same ones, or start a new session without --resume.",
        )
    return msgspec.structs.replace(task, earlier=stored, base_seed=stored.session.base_seed)


def _session(task: _Task, code: vcs.Code, collection: Collection, engine: Engine) -> Session:
    hello = collection.hello
    assert hello is not None  # noqa: S101 - tests were collected, so the probe has spoken
    return Session(
        id=task.history_id,
        project=task.project,
        kind=SessionKind.FLAKE,
        started=task.began,
        code_version=code.code_version,
        revision=(code.vcs and code.vcs.revision) or "",
        dirty=code.vcs.dirty if code.vcs else False,
        environment=Environment(
            interpreter=f"{hello.implementation} {hello.python}",
            platform=hello.platform,
            pytest=hello.pytest,
            plugins=hello.plugins,
            distributions=hello.distributions,
        ),
        conditions={
            "pytest_args": list(task.suite.pytest_args),
            "engine": engine.chosen.value,
            "order": task.settings.flake.order,
            "test_timeout_s": task.settings.flake.test_timeout_s,
            "variables": deciding_variables(os.environ),
        },
        settings={"session_id": task.session_id, "python": str(task.suite.python)},
        base_seed=task.base_seed,
    )


def _provenance(task: _Task, code: vcs.Code, collection: Collection, *, complete: bool = True) -> Provenance:
    hello = collection.hello
    return provenance.gather(
        session_id=task.session_id,
        created=datetime.now(UTC),
        code=code,
        settings={
            **msgspec.to_builtins(task.settings),
            "pytest_args": list(task.suite.pytest_args),
            "base_seed": task.base_seed,
        },
        tools=hello.tools if hello else {},
        interpreter=provenance.told_by(hello),
        complete=complete,
    )
