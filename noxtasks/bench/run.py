"""The story of `bench`: find the benchmarks, set the old code beside the new, measure in turn, decide, tell."""

from __future__ import annotations

import secrets
import tempfile
import time
from collections.abc import Mapping
from contextlib import ExitStack
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from noxtasks.bench import (
    baseline,
    comparing,
    emit,
    limits,
    machine,
    on_github,
    page,
    rules,
    sides,
    summaries,
    terminal,
    tiers,
    wording,
)
from noxtasks.bench.baseline import Baseline, Measurement
from noxtasks.bench.machine import Machine
from noxtasks.bench.model import Comparison, Metric, Report
from noxtasks.config import THRESHOLDS, Settings
from noxtasks.errors import ExitCode, NotMeasuredError
from noxtasks.evidence import artifacts, provenance, vcs
from noxtasks.evidence.display.console import print_notes
from noxtasks.evidence.display.live import LiveLine
from noxtasks.evidence.provenance import Provenance
from noxtasks.evidence.sums import Digest
from noxtasks.stats import Verdict
from noxtasks.suite import git
from noxtasks.suite.engine import Engine
from noxtasks.suite.launch import Suite
from noxtasks.suite.model import EngineKind, Timing

_TEST_TIMEOUT_S = 600.0
_FIRST = "this machine has no baseline yet; this is its first"


class _Task(msgspec.Struct, frozen=True, kw_only=True):
    """What this session is about."""

    suite: Suite
    settings: Settings
    against: str | None
    count: bool
    refresh: bool
    session_id: str
    began: datetime
    until_s: float  # by the monotonic clock
    machine: Machine
    code: vcs.Code

    @property
    def reports(self) -> Path:
        return self.suite.root / self.settings.reports

    @property
    def project(self) -> str:
        return self.settings.project_name(self.suite.root)

    @property
    def thresholds(self) -> dict[Metric, float]:
        return {Metric(name): share for name, share in {**THRESHOLDS, **self.settings.bench.thresholds}.items()}

    @property
    def allowed(self) -> dict[str, dict[Metric, float]]:
        limits_s = self.settings.bench.limits
        return {pattern: {Metric(name): s for name, s in each.items()} for pattern, each in limits_s.items()}

    def timing(self, tests: tuple[str, ...] = ()) -> Timing:
        """How `tests` are timed: with as many rounds as their limits need."""
        settings = self.settings.bench
        rounds = max(settings.rounds, limits.least_rounds(tests, self.allowed))
        return Timing(rounds=rounds, seconds=settings.seconds_s, warmup_rounds=settings.warmup)


def run(
    root: Path,
    settings: Settings,
    *,
    python: Path,
    against: str | None = None,
    count: bool = False,
    refresh: bool = False,
    pytest_args: tuple[str, ...] = (),
) -> ExitCode:
    """Time the benchmarks of the project in `root`, and compare them with those of the revision `against`.

    With `count` instructions decide instead of time. Without a revision they are compared with the stored baseline of
    this machine, which `refresh` writes anew.

    Gives `FOUND` where any is slower than the revision, or takes more than its limit. Raises `NotMeasuredError` where
    there are no benchmarks, none could be timed, or not all could be decided; `ConfigurationError` where there is no
    such revision.
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
        count=count,
        refresh=refresh,
        session_id=provenance.new_session_id(began, secrets.token_bytes(provenance.ENTROPY_BYTES)),
        began=began,
        until_s=started_s + settings.bench.budget_s,
        machine=machine.this(python.absolute()),
        code=vcs.code(root, run=git.output_in(root), reports=Path(settings.reports)),
    )
    print_notes(task.code.notes)
    kept = baseline.read(task.reports)
    circumstances = machine.circumstances()
    emit.tell_start(task.reports, task.project, at=began, provenance=_provenance(task))
    report, measured = _measure(task, kept)
    told = _provenance(task)
    timing = {"duration_s": time.monotonic() - started_s, "circumstances": msgspec.to_builtins(circumstances)}
    digests = [emit.write_comparison(task.reports, report, machine=task.machine, timing=timing, provenance=told)]
    digests.append(_draw(task, report, timing, told))
    if measured is not None and (refresh or task.machine.id not in kept.machines):
        fresh = baseline.refreshed(kept, task.machine, measured)
        digests.append(emit.write_baseline(task.reports, fresh, provenance=told))
    emit.tell_complete(task.reports, task.project, report, digests=digests, provenance=told)
    terminal.print_report(report, page=Path(task.settings.reports, page.NAME))
    on_github.tell(report)
    return _ended(task, report)


def _draw(task: _Task, report: Report, timing: Mapping[str, Any], told: Provenance) -> Digest:
    drawn = page.render(
        report,
        project=task.project,
        command=wording.again(report, task.suite.extra_args),
        machine=task.machine,
        timing=timing,
        provenance=told,
    )
    return artifacts.attach(task.reports, page.NAME, drawn)


def _ended(task: _Task, report: Report) -> ExitCode:
    verdict = rules.kept(report.limits) if task.against is None else report.verdict
    if verdict is Verdict.UNMEASURED:
        rounds = max((each.needed_rounds or 0 for each in report.limits), default=0)
        remedy = (
            f"Let benchmarks that say how many rounds they take have {rounds}, or limit their mean"
            if rounds
            else "Give it more time: -S bench.budget=20m; or count instructions: --count"
        )
        raise NotMeasuredError(report.reason, where=str(task.suite.root), remedy=remedy)
    return ExitCode.FOUND if verdict is Verdict.FAIL else ExitCode.NOTHING_FOUND


def _measure(task: _Task, kept: Baseline) -> tuple[Report, Measurement | None]:
    """The report, and what can become the baseline."""
    with ExitStack() as stack:
        folders = [Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="nx"))) for _ in range(3)]
        new = stack.enter_context(_engine(task.suite, folders[0]))
        tests, failed = comparing.benchmarks(new, task.timing())
        if not tests:
            raise NotMeasuredError(
                "no benchmark passes" if failed else "no test uses the fixture `benchmark`",
                where=str(task.suite.root),
                remedy="\n".join(f"{test}: {why}" for test, why in failed.items())
                or "Write one: https://pytest-benchmark.readthedocs.io/",
            )
        if task.against is None:
            return _alone(task, new, tests, failed, kept)
        old = sides.make_ready(task.suite, task.against, install_setting=task.settings.install)
        brought = tuple(sides.bring(tests, task.suite.root, old.suite.root))
        line = LiveLine()
        if task.count:
            measured = comparing.count(old.suite, task.suite, tests, timing=task.timing(tests), scratch=folders[2])
        else:
            measured = comparing.compare(
                stack.enter_context(_engine(old.suite, folders[1])),
                new,
                tests,
                timing=task.timing(tests),
                thresholds=task.thresholds,
                scratch=folders[2],
                until_s=task.until_s,
                told=partial(terminal.tell_pair, line),
                allowed=task.allowed,
            )
        line.clear()
    left_out = failed | measured.left_out
    comparisons = tuple(rules.compared(measured.pairs, task.thresholds))
    found_tiers = tuple(tiers.tiers(measured.pairs, task.thresholds))
    found_limits = () if task.count else limits.limits(measured.new, task.allowed, left_out=left_out)
    verdict, reason = rules.judge(comparisons, found_tiers, found_limits, is_whole=measured.is_whole)
    report = Report(
        against=old.revision,
        verdict=verdict,
        reason=reason,
        summaries=tuple(summaries.summary(test, each) for test, each in measured.new.items()),
        old=tuple(summaries.summary(test, each) for test, each in measured.old.items()),
        consequence=rules.gravest(comparisons, found_tiers, found_limits),
        comparisons=comparisons,
        tiers=found_tiers,
        limits=found_limits,
        notes=_notes(task, (*tests, *failed)),
        left_out=left_out,
        brought=brought,
        is_whole=measured.is_whole,
    )
    return report, None


def _notes(task: _Task, tests: tuple[str, ...]) -> tuple[str, ...]:
    if task.count and task.allowed:
        return ("the limits of `bench.limits` are of time, which --count does not take: none was looked at",)
    return tuple(
        f"no benchmark of this session is meant by `{pattern}` of `bench.limits`"
        for pattern in limits.unmatched(tests, task.allowed)
    )


def _engine(suite: Suite, scratch: Path) -> Engine:
    return Engine(suite, scratch, kind=EngineKind.FRESH, test_timeout_s=_TEST_TIMEOUT_S)


def _alone(
    task: _Task, engine: Engine, tests: tuple[str, ...], failed: dict[str, str], kept: Baseline
) -> tuple[Report, Measurement]:
    found = comparing.alone(engine, tests, timing=task.timing(tests), allowed=task.allowed, until_s=task.until_s)
    measured = baseline.measurement(found, taken=task.began, code_version=task.code.code_version)
    mine = kept.machines.get(task.machine.id)
    comparisons: tuple[Comparison, ...] = ()
    if mine is not None:
        comparisons = tuple(baseline.compared(mine.measurements[-1], measured, task.thresholds))
    found_limits = limits.limits(found, task.allowed, left_out=failed)
    verdict, reason = rules.judge(comparisons, limits=found_limits, is_stored=True)
    report = Report(
        against=mine.measurements[-1].code_version if mine else "",
        is_stored=mine is not None,
        verdict=verdict,
        reason=reason if mine else f"{reason}; {_FIRST}" if found_limits else _FIRST,
        consequence=rules.gravest((), limits=found_limits),
        summaries=tuple(summaries.summary(test, each) for test, each in found.items()),
        comparisons=comparisons,
        limits=found_limits,
        notes=_notes(task, (*tests, *failed)),
        left_out=failed,
    )
    return report, measured


def _provenance(task: _Task) -> Provenance:
    return provenance.gather(
        session_id=task.session_id,
        created=datetime.now(UTC),
        code=task.code,
        settings={
            **msgspec.to_builtins(task.settings),
            "pytest_args": list(task.suite.pytest_args),
            "against": task.against,
            "count": task.count,
        },
        tools={},
    )
