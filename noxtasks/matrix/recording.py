"""One cell's record: the suite run once by the engine, or JUnit XML that another run has left."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from noxtasks.errors import NotMeasuredError
from noxtasks.history.junit import read_junit
from noxtasks.history.nodeids import NodeIds
from noxtasks.matrix.model import Entry, Uncollected
from noxtasks.matrix.skipping import Conditions
from noxtasks.suite import health
from noxtasks.suite.collection import Collection
from noxtasks.suite.engine import Engine
from noxtasks.suite.launch import Suite
from noxtasks.suite.model import EngineKind, Failure, Order, Outcome, Result
from noxtasks.suite.problems import Problem, read_problems
from noxtasks.suite.runs import RunRequest

_MESSAGE_LIMIT = 1000  # characters kept of a failure's message
_FRAME = re.compile(r"(.+):(\d+)(?: in .*)?")


class Cast(msgspec.Struct, frozen=True, kw_only=True):
    """What was seen of the suite in one cell."""

    tests: dict[str, Entry]
    durations_s: dict[str, float]
    uncollected: tuple[Uncollected, ...]
    deselected: tuple[str, ...]
    complete: bool
    collection: Collection | None  # None where it comes from JUnit XML


def run(suite: Suite, *, test_timeout_s: float) -> Cast:
    """Run the suite once, in a process of its own as plain pytest has it; what ends the process loses no other test.

    Raises `NotMeasuredError` where there is nothing to collect: modules that cannot be are seen, too. Ctrl-C leaves
    what was seen until then, not complete.
    """
    with (
        tempfile.TemporaryDirectory(prefix="nx", ignore_cleanup_errors=True) as scratch,
        Engine(suite, Path(scratch), kind=EngineKind.FRESH, test_timeout_s=test_timeout_s) as engine,
    ):
        collection = engine.collect(hash_seed=0)
        if not collection.tests:
            cast = _of_run(suite.root, collection, [], complete=True)
            if not (collection.hello and (cast.tests or cast.uncollected)):
                raise not_collected(suite.root, collection)
            return cast
        request = RunRequest(number=0, seed=0, hash_seed=0, order=Order.COLLECTED)
        complete = True
        try:
            done = [engine.run_fresh(request)]
        except KeyboardInterrupt:
            done, complete = engine.abandon(), False
    results = [result for each in done for result in each.results]
    return _of_run(suite.root, collection, results, complete=complete)


def of_junit(path: Path, root: Path) -> Cast:
    """What a JUnit file says. `root` has the files of the tests. Raises `HistoryError` for what is no JUnit XML."""
    report = read_junit(path, NodeIds((), is_file=lambda name: (root / name).is_file()))
    if not report.run.results and not report.uncollected:
        raise NotMeasuredError("there is no test case in it", where=str(path))
    conditions = Conditions(root)
    return Cast(
        tests=entries(report.run.results, conditions),
        durations_s=_durations(report.run.results),
        uncollected=tuple(
            Uncollected(
                path=each.path,
                is_error=each.is_error,
                exception=each.reason.partition(":")[0] if each.is_error and ": " in each.reason else "",
                reason=each.reason.partition(": ")[2] if each.is_error and ": " in each.reason else each.reason,
                by_platform=not each.is_error and conditions.are_of_platform(each.path, each.reason),
            )
            for each in report.uncollected
        ),
        deselected=(),
        complete=True,
        collection=None,
    )


def entries(results: Iterable[Result], conditions: Conditions) -> dict[str, Entry]:
    """What is kept of each test; of several of one name, the first that failed, or the last."""
    found: dict[str, Entry] = {}
    for result in results:
        earlier = found.get(result.nodeid)
        if earlier is None or not has_failed(earlier):
            found[result.nodeid] = _entry(result, conditions)
    return found


def has_failed(entry: Entry) -> bool:
    """Whether a test has failed for good: what passes when it is run again says nothing of the cell."""
    return entry.outcome.is_failure and entry.outcome is not Outcome.RERUN


def _entry(result: Result, conditions: Conditions) -> Entry:
    is_skip = result.outcome is Outcome.SKIPPED
    path = result.nodeid.partition("::")[0]
    failure = result.failure
    return Entry(
        outcome=result.outcome,
        reason=result.reason,
        by_platform=is_skip and conditions.are_of_platform(path, result.reason),
        fingerprint=failure.fingerprint if failure else "",
        exception=failure.exception if failure else "",
        message=failure.message[:_MESSAGE_LIMIT] if failure else "",
        place=_place(failure, path) if failure else "",
    )


def _place(failure: Failure, path: str) -> str:
    """The innermost frame in the test's own file, or else of all."""
    frames = [(match[1].replace("\\", "/"), match[2]) for each in failure.frames if (match := _FRAME.fullmatch(each))]
    own = [frame for frame in frames if frame[0] == path] or frames
    return ":".join(own[-1]) if own else ""


def _of_run(root: Path, collection: Collection, results: list[Result], *, complete: bool) -> Cast:
    conditions = Conditions(root)
    tests = entries(results, conditions)
    for test, problem in _unrunnable(collection.problems):
        wanted = problem.fixture.name if problem.fixture else ""
        message = f"fixture '{wanted}' not found"
        tests.setdefault(test, Entry(outcome=Outcome.ERROR, exception="FixtureLookupError", message=message))
    skipped: Mapping[str, str] = collection.facts.get("skip_reasons") or {}
    broken = _broken(read_problems(collection.problems))
    return Cast(
        tests=tests,
        durations_s=_durations(results),
        uncollected=tuple(
            sorted(
                [
                    *broken.values(),
                    *(
                        Uncollected(
                            path=path,
                            is_error=False,
                            reason=reason,
                            by_platform=conditions.are_of_platform(path, reason),
                        )
                        for path, reason in skipped.items()
                        if path not in broken
                    ),
                ],
                key=lambda each: each.path,
            )
        ),
        deselected=tuple(collection.facts.get("deselected_tests") or ()),
        complete=complete,
        collection=collection,
    )


def _durations(results: Iterable[Result]) -> dict[str, float]:
    return {result.nodeid: result.duration_s for result in results}


def _unrunnable(problems: Iterable[Mapping[str, Any]]) -> Iterator[tuple[str, Problem]]:
    """Tests that were collected and ask for a fixture that nobody defines."""
    raw = list(problems)
    for told, problem in zip(raw, read_problems(raw), strict=True):
        if problem.fixture is not None:
            yield from ((test, problem) for test in told.get("tests", ()))


def _broken(problems: Iterable[Problem]) -> dict[str, Uncollected]:
    """The modules that could not be collected, by path, with the last exception of the first problem."""
    found: dict[str, Uncollected] = {}
    for problem in problems:
        if problem.fixture is not None or not problem.chain:
            continue
        last = problem.chain[-1]
        for module in problem.modules:
            reason = last.message[:_MESSAGE_LIMIT]
            found.setdefault(module, Uncollected(path=module, is_error=True, exception=last.type, reason=reason))
    return found


def not_collected(root: Path, collection: Collection) -> NotMeasuredError:
    """That no test could be run, and what to do about it."""
    found = health.of(collection, local={})
    return NotMeasuredError("no test can be run", where=str(root), remedy=health.render(found).rstrip())
