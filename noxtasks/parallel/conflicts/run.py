"""The story of the search: one sequential run, who shares what, trials of those who do, and what would mend it."""

from __future__ import annotations

import os
import shlex
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import msgspec

from noxtasks.config import Settings
from noxtasks.errors import ExitCode, NotMeasuredError
from noxtasks.evidence.display.text import shown
from noxtasks.parallel.conflicts import grouping, rules, terminal, watching
from noxtasks.parallel.conflicts.model import Conflict, Findings, Nominee, Resource, Standing, Watched
from noxtasks.parallel.conflicts.proving import Proof, Proving
from noxtasks.suite import edits
from noxtasks.suite.collection import Collection
from noxtasks.suite.engine import Engine
from noxtasks.suite.launch import Suite
from noxtasks.suite.model import Failure, Outcome


def run(
    root: Path,
    settings: Settings,
    *,
    python: Path,
    pytest_args: tuple[str, ...] = (),
    tests: tuple[str, ...] = (),
    apply: bool = False,
) -> ExitCode:
    """Find the conflicts of the suite in `root`, say them, and show the marks that keep such tests together.

    With `apply` the marks are written. `pytest_args` and `tests` select as on pytest's own command line. Raises
    `NotMeasuredError` when nothing can be collected, or no test passes by itself.
    """
    root = root.resolve()
    suite = Suite(
        root=root,
        python=python.absolute(),
        pytest_args=(*settings.pytest_args, *pytest_args, *tests),
        extra_args=pytest_args,
    )
    found = find(suite, settings, tell=terminal.print_nominees)
    terminal.print_findings(found)
    if found.proven:
        marks = grouping.group(found.proven, root)
        if apply:
            edits.write(root, marks.edits)
        terminal.print_marks(marks, found.versions, is_written=apply)
    return ExitCode.FOUND if found.proven else ExitCode.NOTHING_FOUND


def find(
    suite: Suite,
    settings: Settings,
    *,
    budget_s: float | None = None,
    tell: Callable[[int, int], None] = lambda _tests, _nominees: None,
) -> Findings:
    """Which tests of `suite` cannot run at the same time; the proven first. `tell` hears of tests and nominees.

    `budget_s` is for the trials, the sequential run comes before; without, it is that of the settings. Raises
    `NotMeasuredError` when nothing can be collected, or no test passes by itself.
    """
    began_s = time.monotonic()
    with (
        tempfile.TemporaryDirectory(prefix="nx", ignore_cleanup_errors=True) as folder,
        Engine(suite, Path(folder), kind=None, test_timeout_s=settings.parallel.test_timeout_s) as engine,
    ):
        collection = engine.collect(hash_seed=0)
        if not collection.tests:
            raise NotMeasuredError(
                "no test is collected", where=str(suite.root), remedy=f"pytest said:\n{collection.output[-2000:]}"
            )
        shared = Path(folder).resolve() / "shared"
        shared.mkdir()
        proving = Proving(engine, Path(folder), root=suite.root.resolve(), shared=shared)
        sequential = proving.sequential()
        passed = {each.nodeid for each in sequential.results if each.outcome is Outcome.PASSED}
        if not passed:
            raise NotMeasuredError(
                "no test passes, so that none can be seen to fail beside others",
                where=str(suite.root),
                remedy="See that `pytest` runs by itself.",
            )
        footprints = tuple(each for each in sequential.footprints if each.test in passed)
        nominees = rules.nominees(footprints)
        tell(len(footprints), len(nominees))
        proving.until_s = time.monotonic() + (settings.parallel.budget_s if budget_s is None else budget_s)
        telling = _Telling(suite, shared)
        conflicts, untried = _conflicts(proving, nominees, telling)
        watched = telling.watched(watching.watched(footprints, root=suite.root.resolve(), temporary=shared))
    return Findings(
        conflicts=conflicts,
        tests=len(footprints),
        left_out=len(collection.tests) - len(footprints),
        starting=rules.starting(footprints),
        untried=untried,
        watched=watching.beside(watched, conflicts),
        versions=_versions(collection),
        elapsed_s=time.monotonic() - began_s,
    )


def _conflicts(proving: Proving, nominees: tuple[Nominee, ...], telling: _Telling) -> tuple[tuple[Conflict, ...], int]:
    """The proven, then the suspected; and how many nominees there was no time for."""
    proven, suspected, untried = [], [], 0
    for nominee in nominees:
        if proving.is_late:
            untried += 1
            continue
        proof, have_met = None, False
        with suppress(NotMeasuredError):  # a process that ended before its test tells nothing of the two
            proof, have_met = proving.prove(nominee)
        if proof is not None:
            proven.append(telling.proven(nominee, proof))
        elif have_met:
            suspected.append(telling.suspected(nominee))
    return (*proven, *suspected), untried


def _versions(collection: Collection) -> dict[str, str]:
    known = collection.hello.tools if collection.hello is not None else {}
    return {name: known[name] for name in ("pytest", "pytest-xdist") if name in known}


class _Telling:
    """Puts what was found into words that hold outside of the scratch folder."""

    def __init__(self, suite: Suite, shared: Path) -> None:
        self._suite = suite
        self._shared = str(shared)
        self._root = str(suite.root.resolve()) + os.sep

    def proven(self, nominee: Nominee, proof: Proof) -> Conflict:
        named = _named_in(nominee, proof.failure)
        failure = f"{proof.failure.exception}: {proof.failure.message}" if proof.failure else ""
        return msgspec.structs.replace(
            self.suspected(named),
            standing=Standing.PROVEN,
            tests=(proof.test, proof.other),
            together=proof.together,
            apart=proof.apart,
            p_value=rules.p_value(proof.together, proof.apart),
            failure=self._outside(failure),
            command=self._command((proof.test, proof.other)),
        )

    def suspected(self, nominee: Nominee) -> Conflict:
        main = nominee.main
        two = next(iter(rules.pairs(nominee)), tuple(main.uses)[:2])
        return Conflict(
            standing=Standing.SUSPECTED,
            resource=self._resource(main.resource),
            tests=two,
            sharing=tuple(main.uses),
            also=tuple(self._resource(each.resource) for each in nominee.sharings[1:]),
            fixture=rules.fixture_of(main),
            remedy=rules.remedy(main),
            command=self._command(two),
        )

    def watched(self, found: tuple[Watched, ...]) -> tuple[Watched, ...]:
        """The same, by paths that mean something to people."""
        return tuple(msgspec.structs.replace(each, what=self._outside(each.what)) for each in found)

    def _resource(self, resource: Resource) -> Resource:
        return msgspec.structs.replace(resource, name=self._outside(resource.name))

    def _outside(self, text: str) -> str:
        """Paths from the root, and in the system's temporary folder instead of the one that stood for it."""
        if text + os.sep == self._root:
            return "."
        return text.replace(self._shared, tempfile.gettempdir()).replace(self._root, "")

    def _command(self, tests: tuple[str, ...]) -> str:
        python = self._suite.python
        place = python.relative_to(self._suite.root) if python.is_relative_to(self._suite.root) else python
        words = ["noxtasks", "parallel", "conflicts", "--python", str(place), "--tests", *map(shown, tests)]
        words += ["--", *self._suite.extra_args] if self._suite.extra_args else []
        return shlex.join(words)


def _named_in(nominee: Nominee, failure: Failure | None) -> Nominee:
    """The nominee with what the failure names in front, where it names one thing of several."""
    said = f"{failure.message}\n{failure.text}" if failure else ""
    named = [each for each in nominee.sharings if Path(each.resource.name).name in said]
    if len(named) != 1 or nominee.main.resource.kind.value == "folder":
        return nominee
    return Nominee(sharings=(*named, *(each for each in nominee.sharings if each is not named[0])))
