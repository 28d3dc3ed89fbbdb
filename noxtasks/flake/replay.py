"""Repeats one recorded run exactly: the same tests in the same order with the same seeds, alone."""

from __future__ import annotations

import tempfile
from pathlib import Path

import msgspec

from noxtasks.config import Settings
from noxtasks.errors import ConfigurationError, ExitCode, NotMeasuredError
from noxtasks.evidence import vcs
from noxtasks.evidence.display.text import shown
from noxtasks.flake import rules
from noxtasks.flake.terminal import print_left_out, print_replay
from noxtasks.history import StoredRun, open_history
from noxtasks.suite import git
from noxtasks.suite.engine import Engine
from noxtasks.suite.launch import Suite
from noxtasks.suite.model import EngineKind


def replay(root: Path, settings: Settings, *, python: Path | None, run_id: str, test: str | None) -> ExitCode:
    """Repeat the run named `run_id` as the history has it, up to `test` where that is given.

    The interpreter is the recorded one unless `python` is given. What failed then and what fails now are told side by
    side. Raises `HistoryError` for an unknown run, `ConfigurationError` for a test that it did not have, and
    `NotMeasuredError` where the tests of that run are not there any more. Tests whose ids are others in each collection
    are left out of the repeat, and told.
    """
    with open_history(settings.history_url(root), waiting=settings.waiting(root)) as history:
        stored = history.find_run(run_id)
    known = set(stored.nodeids)
    if test is not None and test not in known:
        raise ConfigurationError(
            f"run {stored.name} has no test {shown(test)}",
            where="--test",
            remedy="Give a node id as the report shows it.",
        )
    wanted = {test} if test is not None else known
    request = rules.repeat(stored.run, wanted, stored.run.number)
    recorded = stored.session.settings | stored.session.conditions
    suite = Suite(root=root, python=python or Path(recorded["python"]), pytest_args=tuple(recorded["pytest_args"]))
    kind = EngineKind(recorded["engine"])
    with (
        tempfile.TemporaryDirectory(prefix="nx", ignore_cleanup_errors=True) as scratch,
        Engine(suite, Path(scratch), kind=kind, test_timeout_s=settings.flake.test_timeout_s) as engine,
    ):
        collection = engine.collect(hash_seed=stored.run.hash_seed)
        collected = set(collection.tests)
        if not collected:
            raise NotMeasuredError(
                "no test is collected now", where=str(root), remedy=f"pytest said:\n{collection.output[-2000:]}"
            )
        tests = request.tests or ()
        missing = [name for name in tests if name not in collected]
        if missing:
            _expect_only_unstable_ids(root, settings, stored, missing, {test} if test is not None else set(tests))
            print_left_out(missing)
        there = tuple(name for name in tests if name in collected)
        again = next(iter(engine.runs([msgspec.structs.replace(request, tests=there)], jobs=1)))
    before = (rules.failures_of(stored.run) & wanted).difference(missing)
    now = rules.failures_of(again) & wanted
    print_replay(stored, again, before, now)
    return ExitCode.FOUND if now else ExitCode.NOTHING_FOUND


def _expect_only_unstable_ids(
    root: Path, settings: Settings, stored: StoredRun, missing: list[str], wanted: set[str]
) -> None:
    """Raise unless what is `missing` is so at the very code of the run, and something of what is `wanted` is there.

    Where the code is the same, ids differ from one collection to the next; the others can be repeated all the same.
    """
    code = vcs.code(root, run=git.output_in(root), reports=Path(settings.reports))
    if code.code_version != stored.session.code_version:
        raise NotMeasuredError(
            f"{len(missing)} of the tests of run {stored.name} are not collected any more, "
            f"the first is {shown(missing[0])}",
            remedy=f"Check out the code that it ran on: {stored.session.code_version}.",
        )
    if wanted <= set(missing):
        raise NotMeasuredError(
            f"{shown(missing[-1])} is not collected now, though the code is the same: its id is not the same in each "
            "collection, and cannot be repeated",
            remedy="Give its parameters ids that stay.",
        )
