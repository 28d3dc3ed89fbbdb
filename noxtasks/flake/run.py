"""The story of `flake`: collect, run many times, repeat what failed, decide, and tell."""

from __future__ import annotations

import secrets
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from packaging.utils import canonicalize_name

from noxtasks.config import Settings
from noxtasks.errors import ConfigurationError, EvidenceError, ExitCode, InterruptedRunError, NotMeasuredError
from noxtasks.evidence import artifacts, provenance, vcs
from noxtasks.evidence.provenance import Provenance
from noxtasks.flake import emit, rules, terminal
from noxtasks.flake.detect import Detection
from noxtasks.flake.model import Delta, Examination
from noxtasks.flake.progress import Progress
from noxtasks.history import Environment, Session, SessionKind, StoredSession, open_history
from noxtasks.suite import git, health
from noxtasks.suite.collection import Collection
from noxtasks.suite.engine import Engine
from noxtasks.suite.launch import Suite
from noxtasks.suite.local_names import local_names
from noxtasks.suite.model import EngineKind, Order

if TYPE_CHECKING:
    from noxtasks.history.store import History  # the database library is loaded when one is opened


_SESSIONS_LOOKED_AT = 50  # for one with the same selection of tests


class _Task(msgspec.Struct, frozen=True, kw_only=True):
    """What this session is about; fixed from its first moment on."""

    root: Path
    settings: Settings
    suite: Suite
    began: datetime
    session_id: str  # of the artifacts; the history knows the session by its last block, which is random
    base_seed: int
    earlier: StoredSession | None = None  # the session that is resumed

    @property
    def project(self) -> str:
        return self.root.name

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
) -> ExitCode:
    """Find the flaky tests of the suite in `root`, and write what was found into the reports folder.

    `pytest_args` and `tests` select as on pytest's own command line. With `resume`, an interrupted session at this code
    version goes on where it stopped. Raises `NotMeasuredError` when no test can be run, `ConfigurationError` when
    there is nothing to resume, and `InterruptedRunError` after an interruption, when what was measured is written.
    """
    root = root.resolve()
    suite = Suite(root=root, python=python.absolute(), pytest_args=(*settings.pytest_args, *pytest_args, *tests))
    kind = None if settings.flake.engine == "auto" else EngineKind(settings.flake.engine)
    task = _Task(
        root=root,
        settings=settings,
        suite=suite,
        began=datetime.now(UTC),
        session_id=provenance.new_session_id(datetime.now(UTC), secrets.token_bytes(provenance.ENTROPY_BYTES)),
        base_seed=secrets.randbits(32) if settings.flake.seed is None else settings.flake.seed,
    )
    with (
        tempfile.TemporaryDirectory(prefix="nx", ignore_cleanup_errors=True) as scratch,
        Engine(suite, Path(scratch), kind=kind, test_timeout_s=settings.flake.test_timeout_s) as engine,
    ):
        if not resume:
            engine.start(hash_seed=task.hash_seed)  # it imports and collects while this process does the same
        code = vcs.code(root, run=git.output_in(root), reports=Path(settings.reports))
        with open_history(settings.history_url(root)) as history:
            if resume:
                task = _resumed(task, history, code.code_version)
            return _carry_out(task, engine, history, code)


def _carry_out(task: _Task, engine: Engine, history: History, code: vcs.Code) -> ExitCode:
    collection = engine.collect(hash_seed=task.hash_seed)
    found = _diagnosed(task, collection)
    terminal.print_notes(code.notes)
    emit.write_health(task.reports, found, _provenance(task, code, collection))
    terminal.print_collection(found, task.suite, engine, len(collection.tests))
    if not collection.tests:
        wrong = any(cause.kind is health.Kind.CONFIGURATION for cause in found.causes)
        error = ConfigurationError if wrong else NotMeasuredError
        raise error("no test can be run", where=str(task.root), remedy="The causes are listed above.")

    previous = _previous(task, history)
    if task.earlier is None:
        history.begin(_session(task, code, collection, engine))
    detection, complete = _detect(task, engine, history)
    history.end(task.history_id, ended=datetime.now(UTC), complete=complete)

    examination = _examine(task, history, detection, code.code_version)
    delta = _compare(task, history, detection, examination, previous)
    emit.write_findings(
        task.reports,
        task.project,
        examination=examination,
        delta=delta,
        detection=detection,
        engine=engine,
        provenance=_provenance(task, code, collection, complete=complete),
    )
    terminal.print_examination(examination, delta, detection)
    if not complete:
        raise InterruptedRunError("interrupted; what was measured is kept", remedy="--resume goes on from there")
    unsteady = examination.flaky or examination.broken or detection.unstable_ids
    clean = not (found.broken or found.unrunnable or unsteady)
    return ExitCode.NOTHING_FOUND if clean else ExitCode.FOUND


def _diagnosed(task: _Task, collection: Collection) -> health.Health:
    sound = collection.tests and not collection.problems
    return health.diagnose(
        collection.problems,
        collection.facts,
        exit_code=collection.exit_code,
        output=collection.output,
        installed=collection.facts.get("distributions") or _plugins(collection),
        local={} if sound else local_names(task.root),
    )


def _plugins(collection: Collection) -> dict[str, str]:
    """What is known to be installed where pytest gave up before it could say more."""
    plugins = collection.hello.plugins if collection.hello else {}
    return {canonicalize_name(name): version for name, version in plugins.items()}


def _detect(task: _Task, engine: Engine, history: History) -> tuple[Detection, bool]:
    """Make the runs, each recorded as it ends; False when Ctrl-C came before the sample was whole."""
    flake = task.settings.flake
    detection = Detection(
        engine,
        base_seed=task.base_seed,
        order=Order(flake.order),
        jobs=flake.jobs,
        wanted=flake.runs,
        budget_s=flake.budget_s,
        record=lambda run: history.record(task.history_id, run),
        recall=lambda number: history.run(task.history_id, number).run,
    )
    if task.earlier is not None:
        detection.resume(history.run(task.history_id, number).run for number in task.earlier.run_numbers)
    with Progress(wanted=flake.runs, budget_s=flake.budget_s) as progress:
        try:
            for _ in detection.sample():
                progress.ran(detection)
            progress.repeats(detection)
            detection.confirm()
            detection.blame_forks()
        except KeyboardInterrupt:
            detection.rescue()
            return detection, False
    return detection, True


def _examine(task: _Task, history: History, detection: Detection, code_version: str) -> Examination:
    present = detection.tests - detection.only_in_forks - detection.upset
    tallies = [tally for tally in history.rates(task.project, code_version) if tally.nodeid in present]
    suspects = [tally for tally in tallies if tally.failures]
    seen = history.first_seen(task.project, [tally.nodeid for tally in suspects])
    return rules.examine(
        tallies,
        detection.runs,
        repeats=detection.repeats,
        first_seen={each.nodeid: each.started for each in seen},
        run_names={
            tally.nodeid: history.run_name(cause.session_id, cause.run_number)
            for tally in suspects
            if tally.nodeid not in detection.unstable_ids
            for cause in tally.causes[:1]
        },
        threshold=task.settings.flake.threshold,
        confidence=task.settings.flake.confidence,
    )


def _compare(
    task: _Task, history: History, detection: Detection, examination: Examination, before: Session | None
) -> Delta:
    """This session beside the one before it, whatever the code was then."""
    flaky = {test.tally.nodeid for test in examination.flaky}
    return rules.compare(
        history.session_rates(before.id) if before else [],
        history.session_rates(task.history_id),
        disturbed=(_disturbed_before(task), (rules.disturbed_runs(detection.runs, flaky), len(detection.runs))),
        confidence=task.settings.flake.confidence,
    )


def _previous(task: _Task, history: History) -> Session | None:
    """The newest session before this one that ran the same selection of tests."""
    return next(
        (
            stored.session
            for stored in history.sessions(task.project, kind=SessionKind.FLAKE, limit=_SESSIONS_LOOKED_AT)
            if stored.session.id != task.history_id
            and tuple(stored.session.settings["pytest_args"]) == task.suite.pytest_args
        ),
        None,
    )


def _disturbed_before(task: _Task) -> tuple[int, int]:
    """(runs with a flaky failure, runs) of the report that this session's will replace; zeros where there is none."""
    try:
        disturbed = artifacts.read(task.reports, emit.REPORT).result["disturbed"]
    except EvidenceError:
        return (0, 0)
    return (disturbed["failures"], disturbed["sample"])


def _resumed(task: _Task, history: History, code_version: str) -> _Task:
    stored = history.unfinished(task.project, SessionKind.FLAKE, code_version)
    if stored is None:
        raise ConfigurationError(
            "there is no interrupted session to resume at this version of the code",
            where="--resume",
            remedy="Start a new one without --resume.",
        )
    if tuple(stored.session.settings["pytest_args"]) != task.suite.pytest_args:
        raise ConfigurationError(
            f"the interrupted session ran with other pytest arguments: {stored.session.settings['pytest_args']}",
            where="--resume",
            remedy="Give the same ones, or start a new session without --resume.",
        )
    return msgspec.structs.replace(task, earlier=stored, base_seed=stored.session.base_seed)


def _session(task: _Task, code: vcs.Code, collection: Collection, engine: Engine) -> Session:
    if task.earlier is not None:
        return task.earlier.session
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
        ),
        settings={
            "session_id": task.session_id,
            "python": str(task.suite.python),
            "pytest_args": list(task.suite.pytest_args),
            "engine": engine.chosen.value,
        },
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
        tools={"pytest": hello.pytest, **hello.plugins} if hello else {},
        interpreter=provenance.Interpreter(implementation=hello.implementation, version=hello.python)
        if hello
        else None,
        complete=complete,
    )
