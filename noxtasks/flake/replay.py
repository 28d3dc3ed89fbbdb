"""Repeats one recorded run exactly: the same tests in the same order with the same seeds, alone."""

from __future__ import annotations

import tempfile
from pathlib import Path

from noxtasks.config import Settings
from noxtasks.errors import ConfigurationError, ExitCode, NotMeasuredError
from noxtasks.flake import rules
from noxtasks.flake.terminal import print_replay
from noxtasks.history import StoredRun, open_history
from noxtasks.suite.engine import Engine
from noxtasks.suite.launch import Suite
from noxtasks.suite.model import EngineKind, Run
from noxtasks.suite.runs import RunRequest


def replay(root: Path, settings: Settings, *, python: Path | None, run_id: str, test: str | None) -> ExitCode:
    """Repeat the run named `run_id` as the history has it, up to `test` where that is given.

    The interpreter is the recorded one unless `python` is given. What failed then and what fails now are told side by
    side. Raises `HistoryError` for an unknown run, `ConfigurationError` for a test that it did not have, and
    `NotMeasuredError` where the tests of that run are not there any more.
    """
    with open_history(settings.history_url(root)) as history:
        stored = history.find_run(run_id)
    known = set(stored.nodeids)
    if test is not None and test not in known:
        raise ConfigurationError(
            f"run {stored.name} has no test {test}", where="--test", remedy="Give a node id as the report shows it."
        )
    wanted = {test} if test is not None else known
    request = rules.repeat(stored.run, wanted, stored.run.number)
    again = _carried_out(root, settings, python, stored, request)
    before, now = rules.failures_of(stored.run) & wanted, rules.failures_of(again) & wanted
    print_replay(stored, again, before, now)
    return ExitCode.FOUND if now else ExitCode.NOTHING_FOUND


def _carried_out(root: Path, settings: Settings, python: Path | None, stored: StoredRun, request: RunRequest) -> Run:
    recorded = stored.session.settings | stored.session.conditions
    suite = Suite(
        root=root,
        python=python or Path(recorded["python"]),
        pytest_args=tuple(recorded["pytest_args"]),
    )
    tests = request.tests or ()
    with (
        tempfile.TemporaryDirectory(prefix="nx", ignore_cleanup_errors=True) as scratch,
        Engine(
            suite, Path(scratch), kind=EngineKind(recorded["engine"]), test_timeout_s=settings.flake.test_timeout_s
        ) as engine,
    ):
        collection = engine.collect(hash_seed=stored.run.hash_seed)
        collected = set(collection.tests)
        missing = [name for name in tests if name not in collected]
        if missing:
            raise NotMeasuredError(
                f"{len(missing)} of the {len(tests)} tests of run {stored.name} are not collected any more, "
                f"the first is {missing[0]}",
                remedy=f"Check out the code that it ran on: {stored.session.code_version}.",
            )
        return next(iter(engine.runs([request], jobs=1)))
