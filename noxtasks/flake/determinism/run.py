"""The story of the audit: collect, read the files, run the suite twice alike, decide, and tell."""

from __future__ import annotations

import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

import msgspec

from noxtasks.config import Settings
from noxtasks.errors import (
    ConfigurationError,
    EvidenceError,
    ExitCode,
    InterruptedRunError,
    NotMeasuredError,
    NoxtasksError,
)
from noxtasks.evidence import artifacts, provenance, vcs
from noxtasks.evidence.provenance import Provenance
from noxtasks.flake import rules as flake_rules
from noxtasks.flake.determinism import emit, rules, static, terminal
from noxtasks.flake.determinism.model import Audit, Replays
from noxtasks.flake.determinism.static import Reading, Surroundings
from noxtasks.flake.emit import REPORT
from noxtasks.stats import Verdict
from noxtasks.suite import git, health
from noxtasks.suite.collection import Collection
from noxtasks.suite.engine import Engine
from noxtasks.suite.launch import Suite
from noxtasks.suite.model import EngineKind, Order, Run
from noxtasks.suite.runs import RunRequest

_RUNS = 2


class _Task(msgspec.Struct, frozen=True, kw_only=True):
    """What this session is about."""

    settings: Settings
    suite: Suite
    session_id: str
    base_seed: int

    @property
    def reports(self) -> Path:
        return self.suite.root / self.settings.reports


def run(
    root: Path,
    settings: Settings,
    *,
    python: Path,
    pytest_args: tuple[str, ...] = (),
    tests: tuple[str, ...] = (),
    static_only: bool = False,
) -> ExitCode:
    """Audit the suite in `root`, and write what was found into the reports folder.

    `pytest_args` and `tests` select as on pytest's own command line; with `static_only` no test is run. Raises
    `NotMeasuredError` when nothing can be collected, and `InterruptedRunError` after an interruption, when what is
    known is written.
    """
    root = root.resolve()
    task = _Task(
        settings=settings,
        suite=Suite(root=root, python=python.absolute(), pytest_args=(*settings.pytest_args, *pytest_args, *tests)),
        session_id=provenance.new_session_id(datetime.now(UTC), secrets.token_bytes(provenance.ENTROPY_BYTES)),
        base_seed=secrets.randbits(32) if settings.flake.seed is None else settings.flake.seed,
    )
    hash_seed = flake_rules.hash_seed(0, task.base_seed)
    with _engine(task) as engine:
        collection = engine.collect(hash_seed=hash_seed)
        code = vcs.code(root, run=git.output_in(root), reports=Path(settings.reports))
        if not collection.tests:
            raise _not_collected(root, collection)
        terminal.print_beginning(len(collection.tests), str(python), runs=0 if static_only else _RUNS)
        reading = static.audit(_files(collection), _surroundings(collection))
        request = flake_rules.request(0, task.base_seed, Order.COLLECTED, hash_seed=hash_seed)
        runs, complete = ([], True) if static_only else _carried_out(engine, request)
    audit = _audit(task, reading, runs, collection, code_version=code.code_version)
    emit.write(
        task.reports,
        settings.project_name(root),
        audit,
        durations_s=[each.duration_s for each in runs],
        provenance=_provenance(task, collection, code, complete=complete),
    )
    terminal.print_audit(audit)
    if not complete:
        raise InterruptedRunError("interrupted; what was read and measured is kept", remedy="Run it again.")
    found = audit.findings or audit.differing or audit.score.verdict is Verdict.FAIL
    return ExitCode.FOUND if found else ExitCode.NOTHING_FOUND


@contextmanager
def _engine(task: _Task) -> Iterator[Engine]:
    """A process of its own for each run, unless the user wants forks: what is drawn at import shall differ too."""
    flake = task.settings.flake
    kind = EngineKind.FORK if flake.engine == EngineKind.FORK.value else EngineKind.FRESH
    with (
        tempfile.TemporaryDirectory(prefix="nx", ignore_cleanup_errors=True) as scratch,
        Engine(task.suite, Path(scratch), kind=kind, test_timeout_s=flake.test_timeout_s) as engine,
    ):
        yield engine


def _carried_out(engine: Engine, request: RunRequest) -> tuple[list[Run], bool]:
    """The run, and the same again; false where Ctrl-C came before they were whole."""
    requests = [msgspec.structs.replace(request, number=number) for number in range(_RUNS)]
    runs: list[Run] = []
    try:
        runs.extend(engine.runs(requests, jobs=1))
    except KeyboardInterrupt:
        engine.abandon()
        return runs, False
    return runs, True


def _audit(task: _Task, reading: Reading, runs: list[Run], collection: Collection, *, code_version: str) -> Audit:
    findings = static.without(reading.findings, task.settings.determinism.ignore)
    replays = [("the two runs of this session", rules.replays_of_runs(*runs))] if len(runs) == _RUNS else []
    replays.append((REPORT, _reported(task.reports, code_version)))
    return Audit(
        files=len(_files(collection)),
        findings=findings,
        ignored=reading.ignored + len(reading.findings) - len(findings),
        unread=reading.unread,
        tests=len(collection.tests),
        runs=len(runs),
        differing=rules.differing(*runs) if len(runs) == _RUNS else (),
        score=rules.score(replays, confidence=task.settings.flake.confidence),
    )


def _reported(reports: Path, code_version: str) -> Replays:
    """The repeats of `flake`, where its report is there and is of the same code."""
    try:
        report = artifacts.read(reports, REPORT)
    except EvidenceError:
        return Replays()
    return rules.replays_of_report(report.result) if report.provenance.code_version == code_version else Replays()


def _files(collection: Collection) -> dict[str, bytes]:
    """The test files that were collected, and the conftests above them, by their path from the root directory."""
    root = Path(collection.rootdir)
    modules = {path for path in collection.facts.get("modules", ()) if path.endswith(".py")}
    modules |= {path for name in collection.tests if (path := name.partition("::")[0]).endswith(".py")}
    paths = modules | set(_conftests(modules))
    return {path: (root / path).read_bytes() for path in sorted(paths) if (root / path).is_file()}


def _conftests(modules: set[str]) -> Iterator[str]:
    for module in modules:
        yield from (str(folder / "conftest.py") for folder in PurePosixPath(module).parents)


def _surroundings(collection: Collection) -> Surroundings:
    return Surroundings(seeded=bool(collection.facts.get("seeded")), frozen=bool(collection.facts.get("frozen_time")))


def _not_collected(root: Path, collection: Collection) -> NoxtasksError:
    found = health.of(collection, local={})
    wrong = any(cause.kind is health.Kind.CONFIGURATION for cause in found.causes)
    error = ConfigurationError if wrong else NotMeasuredError
    return error("no test can be run", where=str(root), remedy=health.render(found).rstrip())


def _provenance(task: _Task, collection: Collection, code: vcs.Code, *, complete: bool) -> Provenance:
    hello = collection.hello
    assert hello is not None  # noqa: S101 - tests were collected, so the probe has spoken
    return provenance.gather(
        session_id=task.session_id,
        created=datetime.now(UTC),
        code=code,
        settings={
            **msgspec.to_builtins(task.settings),
            "pytest_args": list(task.suite.pytest_args),
            "base_seed": task.base_seed,
        },
        tools=hello.tools,
        interpreter=provenance.told_by(hello),
        complete=complete,
    )
