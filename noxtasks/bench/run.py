"""The story of `bench`: find the benchmarks, set the old code beside the new, measure in turn, decide, tell."""

from __future__ import annotations

import secrets
import tempfile
import time
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from noxtasks.bench import comparing, lockstep, rules, sides, summaries
from noxtasks.bench.comparing import Measured
from noxtasks.bench.model import Finding, Metric, Report
from noxtasks.config import Settings
from noxtasks.errors import ExitCode, NotMeasuredError
from noxtasks.evidence import provenance, vcs
from noxtasks.evidence.display.console import print_notes
from noxtasks.suite import git
from noxtasks.suite.engine import Engine
from noxtasks.suite.launch import Suite
from noxtasks.suite.model import Benched, EngineKind, Timing

_TEST_TIMEOUT_S = 600.0
_PROCESSES = 5  # of one side alone, where nothing is compared


class _Task(msgspec.Struct, frozen=True, kw_only=True):
    """What this session is about."""

    suite: Suite
    settings: Settings
    against: str | None
    session_id: str
    began: datetime
    until_s: float  # by the monotonic clock

    @property
    def thresholds(self) -> dict[Metric, float]:
        return {Metric(name): share for name, share in self.settings.bench.thresholds.items()}

    @property
    def timing(self) -> Timing:
        settings = self.settings.bench
        return Timing(rounds=settings.rounds, seconds=settings.seconds_s, warmup_rounds=settings.warmup)


def run(
    root: Path, settings: Settings, *, python: Path, against: str | None = None, pytest_args: tuple[str, ...] = ()
) -> ExitCode:
    """Time the benchmarks of the project in `root`, and compare them with those of the revision `against`.

    Gives `FOUND` where any is slower. Raises `NotMeasuredError` where there are no benchmarks, or none could be timed;
    `ConfigurationError` where there is no such revision.
    """
    root, began, started_s = root.resolve(), datetime.now(UTC), time.monotonic()
    task = _Task(
        suite=Suite(
            root=root,
            python=python.absolute(),
            pytest_args=(*settings.pytest_args, *pytest_args),
            extra_args=pytest_args,
        ),
        settings=settings,
        against=against,
        session_id=provenance.new_session_id(began, secrets.token_bytes(provenance.ENTROPY_BYTES)),
        began=began,
        until_s=started_s + settings.bench.budget_s,
    )
    code = vcs.code(root, run=git.output_in(root), reports=Path(settings.reports))
    print_notes(code.notes)
    report = _measure(task)
    return (
        ExitCode.FOUND if any(each.finding is Finding.SLOWER for each in report.comparisons) else ExitCode.NOTHING_FOUND
    )


def _measure(task: _Task) -> Report:
    with ExitStack() as stack:
        folders = [Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="nx"))) for _ in range(3)]
        new = stack.enter_context(_engine(task.suite, folders[0]))
        tests, failed = comparing.benchmarks(new, task.timing)
        if not tests:
            raise NotMeasuredError(
                "no test uses the fixture `benchmark`" if not failed else "no benchmark passes",
                where=str(task.suite.root),
                remedy="\n".join(f"{test}: {why}" for test, why in failed.items())
                or "Write one: https://pytest-benchmark.readthedocs.io/",
            )
        if task.against is None:
            return _alone(task, new, tests, failed)
        old = sides.make_ready(task.suite, task.against, install_setting=task.settings.install)
        brought = sides.bring(tests, task.suite.root, old.suite.root)
        measured = comparing.compare(
            stack.enter_context(_engine(old.suite, folders[1])),
            new,
            tests,
            timing=task.timing,
            thresholds=task.thresholds,
            scratch=folders[2],
            until_s=task.until_s,
            told=lambda number, left: None,
        )
    return _compared(task, measured, failed, against=old.revision, brought=tuple(brought))


def _engine(suite: Suite, scratch: Path) -> Engine:
    return Engine(suite, scratch, kind=EngineKind.FRESH, test_timeout_s=_TEST_TIMEOUT_S)


def _alone(task: _Task, engine: Engine, tests: tuple[str, ...], failed: dict[str, str]) -> Report:
    found: dict[str, list[Benched]] = {}
    for number in range(_PROCESSES):
        for test, benched in summaries.merged(lockstep.alone(engine, tests, number=number, timing=task.timing)).items():
            found.setdefault(test, []).append(benched)
    return Report(
        against="",
        summaries=tuple(summaries.summary(test, each) for test, each in found.items()),
        old=(),
        comparisons=(),
        left_out=failed,
    )


def _compared(
    task: _Task, measured: Measured, failed: dict[str, str], *, against: str, brought: tuple[str, ...]
) -> Report:
    return Report(
        against=against,
        summaries=tuple(summaries.summary(test, each) for test, each in measured.new.items()),
        old=tuple(summaries.summary(test, each) for test, each in measured.old.items()),
        comparisons=tuple(rules.compared(measured.pairs, task.thresholds)),
        left_out=failed | measured.left_out,
        brought=brought,
        is_whole=measured.is_whole,
    )
