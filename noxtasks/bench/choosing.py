"""Finds what is timed: one plain run in which it is seen what passes, and why there is nothing where there is not."""

from __future__ import annotations

import json
import os
import shlex
from pathlib import Path

import msgspec

from noxtasks.bench import lockstep, repeating, wording
from noxtasks.bench.repeating import Candidate
from noxtasks.errors import ConfigurationError, NotMeasuredError, TimeIsUpError
from noxtasks.evidence.display.text import counted, shown
from noxtasks.suite import git, health
from noxtasks.suite.collection import Collection
from noxtasks.suite.engine import Engine
from noxtasks.suite.local_names import local_names
from noxtasks.suite.model import Run, Timing

PLUGIN = "pytest-benchmark"
_FIXTURES = ("benchmark", "benchmark_weave")
_HASH_SEED = 0
_NAMED = 5  # files
_MENTIONS = r"def .*[ (,*]benchmark(_weave)? *[,):=]|pytest\.mark\.benchmark"


class Chosen(msgspec.Struct, frozen=True, kw_only=True):
    """What can be timed, for it passes when it is run once."""

    benchmarks: dict[str, float]  # by test, seconds of a run of it with one call
    tests: tuple[Candidate, ...]  # plain ones, the slowest first
    left_out: dict[str, str]  # what cannot, and why
    files: dict[str, Path]  # by test, where it stands: pytest names it from a root that need not be the project's
    start_s: float  # until a process has come to its first test, and from its last to its end

    @property
    def names(self) -> tuple[str, ...]:
        """All of them: benchmarks as pytest collects them, and then tests."""
        return (*self.benchmarks, *(each.test for each in self.tests))


def choose(engine: Engine, *, timing: Timing, from_tests: int, until_s: float) -> Chosen:
    """Run the benchmarks once, each with one call; where `from_tests`, all tests, of which the slowest so many count.

    Raises `NotMeasuredError` where there is nothing to time, or all tests do not come to their end by `until_s`, by
    the monotonic clock.
    """
    root = engine.root
    once = msgspec.structs.replace(timing, loops=1, repeats_tests=bool(from_tests))
    engine.until_s = until_s if from_tests else None  # one call of each benchmark is short beside what follows
    try:
        run = lockstep.alone(engine, None, number=_HASH_SEED, timing=once)
    except TimeIsUpError as error:
        raise NotMeasuredError(
            "the budget was spent before every test had run once",
            where=str(root),
            remedy="Choose fewer tests (-k, -m, files), or give more time: --budget",
        ) from error
    except NotMeasuredError as error:
        raise _explained(error, engine, root) from error
    engine.until_s = None
    chosen = _chosen(run, from_tests)
    if run.problems or not chosen.names:
        collection = engine.collect(hash_seed=_HASH_SEED)
        left_out = _broken(_diagnosed(collection, root)) | chosen.left_out
        if not chosen.names:
            raise _nothing(collection, left_out, root, from_tests=bool(from_tests))
        chosen = msgspec.structs.replace(chosen, left_out=left_out)
    return chosen


def failures(run: Run) -> dict[str, str]:
    """By test that failed, the first line of what it said."""
    found: dict[str, str] = {}
    for result in run.results:
        if result.failure is not None:
            said = f"{result.failure.exception}: {result.failure.message}".partition("\n")[0][:300]
            found.setdefault(result.nodeid, said)
    return found


def broken(engine: Engine) -> dict[str, str]:
    """By file or test that cannot be collected, why."""
    return _broken(_diagnosed(engine.collect(hash_seed=_HASH_SEED), engine.root))


def _chosen(run: Run, from_tests: int) -> Chosen:
    failed = failures(run)
    durations_s = {each.nodeid: each.duration_s for each in run.results}
    called = [each.test for each in run.benched if not each.wall_s and each.test not in failed]
    return Chosen(
        benchmarks={test: durations_s.get(test, 0.0) for test in called},
        tests=tuple(repeating.slowest(run, from_tests)),
        left_out=failed,
        files={each.test: Path(each.path).resolve() for each in run.benched if each.path},
        start_s=max(0.0, run.duration_s - sum(durations_s.values())),
    )


def _nothing(collection: Collection, why: dict[str, str], root: Path, *, from_tests: bool) -> NotMeasuredError:
    """The error where there is nothing to time, by what is installed and what went wrong."""
    plugins = {name.lower() for name in collection.hello.plugins} if collection.hello else set()
    wanted = {(problem.get("fixture") or {}).get("name") for problem in collection.problems}
    where = str(root)
    if wanted & {*_FIXTURES} and not from_tests:
        if PLUGIN in plugins:
            remedy = "Have it loaded for this: noxtasks bench -p pytest_benchmark.plugin"
            return NotMeasuredError(f"{PLUGIN} is installed, and kept from being loaded", where=where, remedy=remedy)
        return NotMeasuredError(
            f"{PLUGIN}, whose fixture the benchmarks use, is not installed",
            where=where,
            remedy=f"Install it beside the tests (pip install {PLUGIN}), or time plain tests: --from-tests 10",
        )
    if not why and "pytest-codspeed" in plugins and not from_tests:
        return NotMeasuredError(
            "no test uses pytest-benchmark's fixture `benchmark`; that of pytest-codspeed tells no times",
            where=where,
            remedy=f"Install {PLUGIN} beside it, which takes the same calls, or time plain tests: --from-tests 10",
        )
    finds_none = not (collection.tests or collection.problems or collection.facts.get("deselected"))
    elsewhere = _uncollected(collection, root) if not from_tests and (finds_none or not why) else []
    if why and not elsewhere:
        lines = "\n".join(wording.left_out(why))
        return NotMeasuredError("no test passes" if from_tests else "no benchmark passes", where=where, remedy=lines)
    if from_tests:
        return NotMeasuredError("no test was run that passes", where=where, remedy="Which are chosen by -k, -m, files?")
    return _unfound(elsewhere, where)


def _unfound(elsewhere: list[str], where: str) -> NotMeasuredError:
    """The error where pytest finds no benchmarks, by the files that it has not collected and that have some."""
    if elsewhere:
        paths = shlex.join(elsewhere)
        return NotMeasuredError(
            f"no test that pytest finds by itself uses the fixture `benchmark`; {counted(len(elsewhere), 'file')} "
            f"{'does' if len(elsewhere) == 1 else 'do'}: {' '.join(map(shown, elsewhere[:_NAMED]))}",
            where=where,
            remedy=f"Name them: noxtasks bench -- {paths}\nor for good, under [tool.noxtasks.bench]: "
            f"paths = {json.dumps(elsewhere)}",
        )
    return NotMeasuredError(
        "no test uses the fixture `benchmark`",
        where=where,
        remedy="Time the slowest tests: --from-tests 10. Benchmarks that pytest does not find by itself: bench.paths.\n"
        "To write one: https://pytest-benchmark.readthedocs.io/",
    )


def _uncollected(collection: Collection, root: Path) -> list[str]:
    """Files that mention the fixture in a function's head, or its mark, of which no test was collected."""
    said = git.output_in(root)(("git", "grep", "-z", "-l", "--untracked", "-E", _MENTIONS, "--", "*.py")) or b""
    collected = {test.partition("::")[0] for test in collection.tests}
    found = sorted(os.fsdecode(name) for name in said.split(b"\0") if name)
    return [name for name in found if name not in collected]


def _explained(error: NotMeasuredError, engine: Engine, root: Path) -> NotMeasuredError | ConfigurationError:
    """The cause of what kept a whole run from beginning, where it can be told."""
    found = _diagnosed(engine.collect(hash_seed=_HASH_SEED), root)
    if not found.causes:
        return error
    kind = (
        ConfigurationError
        if any(cause.kind is health.Kind.CONFIGURATION for cause in found.causes)
        else NotMeasuredError
    )
    return kind("no test can be run", where=str(root), remedy=health.render(found))


def _broken(found: health.Health) -> dict[str, str]:
    """By file or test that cannot run, why."""
    blocking = [cause for cause in found.causes if cause.blocking]
    return {
        place: cause.message
        for cause in blocking
        for place in ([cause.nodeid] if cause.nodeid else cause.modules or [cause.path or "collection"])
    }


def _diagnosed(collection: Collection, root: Path) -> health.Health:
    return health.of(collection, local=local_names(root))
