"""Measures one tier after the other, each by itself, and then what all tests cover together."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import msgspec

from noxtasks.errors import NoxtasksError
from noxtasks.evidence.display.text import counted
from noxtasks.ladder import coverage_py, crossings, edges, measuring, mutants, rules, tiers, who
from noxtasks.ladder.coverage_py import Reported
from noxtasks.ladder.measuring import Ran
from noxtasks.ladder.model import Coverage, Edge, Ending, Measured, Name, Tier
from noxtasks.ladder.task import Task
from noxtasks.ladder.who import Who

Tell = Callable[[str, int], object]
"""Is told what runs next, and of how many tests."""

_CONTEXTS = "noxtasks_probe.contexts"
_REST = "the rest"
_INTERRUPTED = "it was interrupted"


class Climb(msgspec.Struct, frozen=True, kw_only=True):
    """What was measured."""

    tiers: tuple[Measured, ...]
    total: Coverage | None
    total_reason: str  # why there is none
    ending: Ending
    notes: tuple[str, ...]
    who: Who | None = None  # tests what; None where that is not known


class Border(msgspec.Struct, frozen=True, kw_only=True):
    """Which packages import from which, and how a run tells the calls between them."""

    folder: Path
    pairs: tuple[tuple[str, str], ...]
    environment: dict[str, str]


class Climber:
    """Measures the tiers of `task` in the folder `scratch`; what is measured stays when the user interrupts."""

    def __init__(self, task: Task, scratch: Path, tell: Tell) -> None:
        self._task = task
        self._scratch = scratch
        self._tell = tell
        self._measured: dict[Tier, Measured] = {}
        self._folders: list[Path] = []
        self._troubles: list[str] = []
        self._notes: list[str] = []
        self._covers_anything = False
        self._who: Who | None = None
        self._tells_tests_apart = task.settings.ladder.contexts and task.coverage.knows_contexts

    def climb(self) -> Climb:
        """Measure all that there is."""
        ending, total, reason = Ending.DONE, None, ""
        try:
            for tier in self._task.tiers:
                self._measured[tier] = self._measure(tier)
            total, reason = self._together()
        except KeyboardInterrupt:
            ending, reason = Ending.INTERRUPTED, _INTERRUPTED
        found = tuple(self._measured.get(tier) or self._unmeasured(tier, _INTERRUPTED) for tier in self._task.tiers)
        return Climb(
            tiers=found if self._covers_anything else tuple(map(self._doubted, found)),
            total=total,
            total_reason=reason,
            ending=ending,
            notes=tuple(self._notes),
            who=self._who,
        )

    def _measure(self, tier: Tier) -> Measured:
        if tier.name not in tiers.OF_TESTS:
            code_version = self._task.code.code_version
            return mutants.measured(tier, self._task.reports, code_version=code_version)
        tests = self._tests(tier)
        if not tests:
            return self._unmeasured(tier, "no test belongs to it")
        border = self._border(tier)
        ran = self._run(tier.name.value, tests, border)
        if ran.trouble:
            self._troubles.append(f"{tier.name.value}: {ran.trouble}")
            return msgspec.structs.replace(self._unmeasured(tier, ran.trouble), failed=ran.failed)
        try:
            covered = self._report(tier.name.value, [ran.data], self._task.scopes.of_tiers[tier.name]).coverage
        except NoxtasksError as error:
            return self._unmeasured(tier, f"coverage.py has no report of it, {error.message}: {error.remedy}")
        return Measured(
            tier=tier,
            tests=len(tests),
            failed=ran.failed,
            coverage=covered,
            edges=self._edges(border) if border else None,
            judgement=rules.judge(tier, covered, tests=len(tests)),
        )

    def _together(self) -> tuple[Coverage | None, str]:
        """What all tests cover of all sources, or why that is not known."""
        rest = self._task.collected.belonging.rest
        if rest:
            ran = self._run(_REST, rest)
            if ran.trouble:
                self._troubles.append(f"{_REST}: {ran.trouble}")
            elif ran.failed:
                self._notes.append(f"{counted(len(ran.failed), 'test')} in no tier failed, {ran.failed[0]} the first")
        if self._troubles:
            return None, "; ".join(self._troubles)
        task = self._task
        files = frozenset(source.path for source in task.scopes.together.files)
        prefix, of = task.collected.prefix, task.collected.belonging
        tests = who.asked(of, prefix) if self._tells_tests_apart else {}
        reported = self._report("total", self._folders, files, tests)
        if reported.who is not None:
            self._who = who.read(reported.who, prefix=prefix, code_version=task.code.code_version, paths=reported.paths)
        return reported.coverage, ""

    def _border(self, tier: Tier) -> Border | None:
        """What calls between packages are told by, where the tier is about them."""
        if tier.name is not Name.INTEGRATION:
            return None
        task, folder = self._task, self._scratch / "crossings"
        folder.mkdir()
        scope = task.scopes.of_tiers[tier.name]
        paths = {source.module: source.path for source in task.scopes.together.files if source.path in scope}
        modules = edges.read(task.suite.root, paths)
        return Border(
            folder=folder,
            pairs=edges.imports(modules),
            environment=crossings.environment(folder, edges.units(modules)),
        )

    def _edges(self, border: Border) -> tuple[Edge, ...] | None:
        """Which imports are called across; None, and a note, where there may be calls that nobody saw."""
        seen = crossings.read(border.folder)
        if not seen.trouble:
            return edges.crossed(border.pairs, seen.calls)
        self._notes.append(f"calls between packages are not known: {seen.trouble}")
        return None

    def _run(self, name: str, tests: Sequence[str], border: Border | None = None) -> Ran:
        task, folder = self._task, self._scratch / name.replace(" ", "-")
        self._tell(name, len(tests))
        config = coverage_py.configuration(
            task.coverage,
            task.scopes.together,
            root=task.suite.root,
            data_file=measuring.data_file(folder),
            contexts=self._tells_tests_apart,
        )
        ran = measuring.measure(
            task.suite,
            folder,
            tests,
            config=config,
            prefix=task.collected.prefix,
            timeout_s=task.settings.ladder.timeout_s,
            plugins=(*([_CONTEXTS] if self._tells_tests_apart else []), *([crossings.PLUGIN] if border else [])),
            environment=border.environment if border else {},
        )
        self._folders.append(ran.data)
        if ran.missing:
            self._notes.append(
                f"{name}: {counted(len(ran.missing), 'test')} collected once and not again, {ran.missing[0]} the first"
            )
        return ran

    def _report(
        self, name: str, folders: Sequence[Path], files: frozenset[str], tests: Mapping[str, str] = {}
    ) -> Reported:
        task, folder = self._task, self._scratch / f"report-{name}"
        folder.mkdir()
        config = folder / "coveragerc"
        config.write_text(
            coverage_py.configuration(
                task.coverage, task.scopes.together, root=task.suite.root, data_file=folder / coverage_py.DATA
            ),
            "utf-8",
        )
        reported = coverage_py.report(task.suite, folder, config=config, folders=folders, files=files, tiers=tests)
        self._covers_anything = self._covers_anything or reported.coverage.lines.covered > 0
        return msgspec.structs.replace(reported, coverage=rules.limited(reported.coverage, files))

    def _tests(self, tier: Tier) -> tuple[str, ...]:
        return self._task.collected.belonging.tiers.get(tier.name, ())

    def _unmeasured(self, tier: Tier, reason: str) -> Measured:
        tests = len(self._tests(tier))
        judgement = rules.unmeasured(tier, reason, tests=tests)
        return Measured(tier=tier, tests=tests, failed=(), coverage=None, edges=None, judgement=judgement)

    def _doubted(self, each: Measured) -> Measured:
        """The tier where no test of all has run a line of the sources: most likely others were imported."""
        if each.coverage is None or not each.coverage.lines.total:
            return each
        reason = "no test at all runs a line of the sources: are they imported from elsewhere?"
        return msgspec.structs.replace(each, judgement=rules.unmeasured(each.tier, reason, tests=each.tests))
