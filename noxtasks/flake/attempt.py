"""Runs given tests in one process, in order, with given seeds and in given circumstances: how does the last one end?"""

from __future__ import annotations

import itertools
import tempfile
import time
from collections.abc import Sequence
from math import inf
from pathlib import Path

import msgspec

from noxtasks.config import Settings
from noxtasks.errors import ConfigurationError, ExitCode, NotMeasuredError
from noxtasks.evidence.display.text import shown
from noxtasks.flake import terminal
from noxtasks.flake.cause.laboratory import Laboratory, UnavailableError
from noxtasks.flake.cause.model import Rate, Trial
from noxtasks.suite.engine import Engine
from noxtasks.suite.launch import Suite
from noxtasks.suite.model import Circumstances, EngineKind, Outcome, Run


def attempt(
    root: Path,
    settings: Settings,
    *,
    python: Path,
    trial: Trial,
    times: int,
    at_once: int,
    pytest_args: tuple[str, ...] = (),
) -> ExitCode:
    """Carry out `trial` that many `times`, `at_once` side by side, and say how often its last test failed.

    Raises `ConfigurationError` for a test that is not collected, and `NotMeasuredError` where the circumstances cannot
    be had or the test was skipped each time.
    """
    suite = Suite(root=root, python=python, pytest_args=(*settings.pytest_args, *pytest_args))
    kind = None if settings.flake.engine == "auto" else EngineKind(settings.flake.engine)
    with (
        tempfile.TemporaryDirectory(prefix="nx", ignore_cleanup_errors=True) as scratch,
        Engine(suite, Path(scratch), kind=kind, test_timeout_s=settings.flake.test_timeout_s) as engine,
    ):
        _expect_tests(trial, engine.collect(hash_seed=trial.hash_seed).tests)
        numbers = itertools.count()
        lab = Laboratory(engine, jobs=at_once, until_s=inf, clock=time.monotonic, numbers=lambda: next(numbers))
        try:
            runs = lab.runs([trial] * times)
        except UnavailableError as error:
            raise NotMeasuredError(f"this cannot be had here: {error}", where="--with") from error
    return _told(trial, runs)


def circumstances(assignments: Sequence[str]) -> Circumstances:
    """What `--with clock=2028-02-29` and its like say together. Raises `ConfigurationError`."""
    given = {name: value or "true" for name, _, value in (text.partition("=") for text in assignments)}
    try:
        if "umask" in given:  # written as everywhere, in octal digits
            given["umask"] = str(int(given["umask"], 8))
        return msgspec.convert(given, Circumstances, strict=False)
    except (ValueError, msgspec.ValidationError) as error:
        known = ", ".join(Circumstances.__struct_fields__)
        raise ConfigurationError(
            str(error), where="--with", remedy=f"Give NAME=VALUE; the names are {known}."
        ) from error


def _expect_tests(trial: Trial, collected: tuple[str, ...]) -> None:
    missing = sorted(set(trial.tests) - set(collected))
    if missing:
        raise ConfigurationError(
            f"pytest collects no test {shown(missing[0])}",
            where="--test",
            remedy="Give node ids as the report shows them.",
        )


def _told(trial: Trial, runs: Sequence[Run]) -> ExitCode:
    last = [run.results[-1] for run in runs if run.results]
    failed = [result for result in last if result.outcome.is_failure]
    told = [result for result in last if result.outcome is not Outcome.SKIPPED]
    if not told:
        raise NotMeasuredError(f"{shown(trial.target)} was skipped", where="--test")
    terminal.print_attempt(trial, failed[0] if failed else None, Rate(failures=len(failed), runs=len(told)))
    return ExitCode.FOUND if failed else ExitCode.NOTHING_FOUND
