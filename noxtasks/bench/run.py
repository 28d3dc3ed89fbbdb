"""The story of `bench`: settle what is compared, measure it, tell."""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from noxtasks.bench import (
    baseline,
    bisect,
    emit,
    lockstep,
    machine,
    measuring,
    on_github,
    page,
    rules,
    terminal,
    trend,
    wording,
)
from noxtasks.bench.model import Report
from noxtasks.bench.task import Task
from noxtasks.config import Settings
from noxtasks.errors import ConfigurationError, ExitCode, InterruptedRunError, NotMeasuredError
from noxtasks.evidence import artifacts, provenance, vcs
from noxtasks.evidence.display.console import print_notes
from noxtasks.evidence.provenance import Provenance
from noxtasks.evidence.sums import Digest
from noxtasks.stats import Verdict
from noxtasks.suite import git
from noxtasks.suite.launch import Suite


def run(
    root: Path,
    settings: Settings,
    *,
    python: Path,
    against: str | None = None,
    revision: str | None = None,
    bisects: bool = False,
    count: bool = False,
    refresh: bool = False,
    from_tests: int = 0,
    in_turns: bool = lockstep.CAN_TAKE_TURNS,
    pytest_args: tuple[str, ...] = (),
) -> ExitCode:
    """Time the benchmarks of the project in `root`, and compare them with those of the revision `against`.

    With `count` instructions decide instead of time. Without a revision they are compared with the stored baseline of
    this machine, which `refresh` writes anew. So many of the slowest plain tests as `from_tests` says are timed, too.
    Without `in_turns` the two sides run one after the other.

    With `revision` the code of that commit is compared, instead of the working tree. The benchmarks are those of the
    working tree all the same; those of the commit where the working tree has none. With `bisects` the commit between
    the two is sought that has made it slower.

    Gives `FOUND` where any is slower than the revision, or takes more than its limit. Raises `NotMeasuredError` where
    there are no benchmarks, none could be timed, or not all could be decided; `ConfigurationError` where there is no
    such revision; and, when what there is by then is written, `InterruptedRunError` after an interruption.
    """
    root, began, started_s = root.resolve(), datetime.now(UTC), time.monotonic()
    _check(root, against=against, revision=revision, bisects=bisects)
    task = Task(
        suite=Suite(
            root=root,
            python=python.absolute(),
            pytest_args=(*settings.pytest_args, *_paths(root, settings.bench.paths), *pytest_args),
            extra_args=pytest_args,
        ),
        settings=settings,
        against=against,
        revision=revision,
        bisects=bisects,
        count=count,
        refresh=refresh,
        from_tests=from_tests,
        in_turns=in_turns,
        session_id=provenance.new_session_id(began, secrets.token_bytes(provenance.ENTROPY_BYTES)),
        began=began,
        until_s=started_s + settings.bench.budget_s,
        machine=machine.this(python.absolute()),
        code=vcs.code(root, run=git.output_in(root), reports=Path(settings.reports)),
    )
    print_notes(task.code.notes)
    kept = baseline.read(task.reports)
    circumstances = machine.circumstances()
    emit.tell_start(task.reports, task.project, at=began, provenance=task.provenance())
    is_kept = False
    if task.against is not None:
        report = measuring.against(task, task.against)
    else:
        report, measured = measuring.alone(task, kept)
        is_kept = (refresh or task.machine.id not in kept.machines) and not report.is_interrupted
        if is_kept:  # read again: it may have been refreshed from elsewhere while this session measured
            kept = baseline.refreshed(baseline.read(task.reports), task.machine, measured)
    report = msgspec.structs.replace(report, trends=trend.trends(baseline.of(kept, task.machine)))
    told = task.provenance(complete=not report.is_interrupted)
    timing = {"duration_s": time.monotonic() - started_s, "circumstances": msgspec.to_builtins(circumstances)}
    digests = [emit.write_comparison(task.reports, report, machine=task.machine, timing=timing, provenance=told)]
    digests.append(_draw(task, report, timing, told))
    digests += [emit.write_baseline(task.reports, kept, provenance=told)] if is_kept else []
    emit.tell_complete(task.reports, task.project, report, digests=digests, provenance=told)
    terminal.print_report(report, page=Path(settings.reports, page.NAME))
    on_github.tell(report)
    return _ended(task, report)


def _check(root: Path, *, against: str | None, revision: str | None, bisects: bool) -> None:
    """Raises `ConfigurationError` where there is nothing to compare with, and for a search that has no way to go."""
    if revision is not None and against is None:
        raise ConfigurationError(
            "a revision is compared with another one", where="--revision", remedy="Name the old one: --against REV"
        )
    if bisects:
        bisect.check(root, str(against), str(revision))


def _paths(root: Path, paths: tuple[str, ...]) -> tuple[str, ...]:
    """The arguments by which pytest finds what lies in `paths`, and calls it by its path from the root."""
    missing = [path for path in paths if not (root / path.partition("::")[0]).exists()]
    if missing:
        raise ConfigurationError(f"there is no {' and no '.join(missing)} in {root}", where="tool.noxtasks.bench.paths")
    return ("--rootdir=.", *paths) if paths else ()


def _draw(task: Task, report: Report, timing: Mapping[str, Any], told: Provenance) -> Digest:
    drawn = page.render(
        report,
        project=task.project,
        command=wording.again(report, task.suite.extra_args),
        machine=task.machine,
        timing=timing,
        provenance=told,
    )
    return artifacts.attach(task.reports, page.NAME, drawn)


def _ended(task: Task, report: Report) -> ExitCode:
    if report.is_interrupted:
        raise InterruptedRunError("interrupted; what was measured is written", where=str(task.reports))
    verdict = rules.kept(report.limits) if task.against is None else report.verdict
    if verdict is Verdict.UNMEASURED:
        raise NotMeasuredError(report.reason, where=str(task.suite.root), remedy=wording.remedy(report))
    return ExitCode.FOUND if verdict is Verdict.FAIL else ExitCode.NOTHING_FOUND
