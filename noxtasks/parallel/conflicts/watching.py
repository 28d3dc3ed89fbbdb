"""What tests do that is no conflict yet, and will be one with the next test or the next worker: pure decisions."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path, PurePath

from noxtasks.parallel.conflicts.model import CHANGING, Conflict, Kind, Watch, Watched
from noxtasks.suite.model import FixtureUse, Footprint, Use

_HANDED_OUT = 32768  # ports from here on are what systems choose by themselves
_WIDEST = ("(session", "(package")
_KINDS = {kind.value for kind in Kind}
_CACHES = frozenset({".cache", "Caches", "htmlcov"})
_OF_TOOLS = ("PYTEST_", "COVERAGE_", "COV_CORE_")


def watched(footprints: Sequence[Footprint], *, root: Path, temporary: Path) -> tuple[Watched, ...]:
    """What each test leaves or takes for itself, the same of several together.

    `temporary` is the folder of temporary files: what is left there is no finding.
    """
    found: dict[tuple[Watch, str, str], list[str]] = defaultdict(list)
    shared = _used_by_several(footprints)
    for footprint in footprints:
        own = [(watch, name, "") for watch, name in _left(footprint, root, temporary)]
        taken = [(watch, name, "") for watch, name in _taken(footprint, shared)]
        for each in dict.fromkeys((*own, *taken, *_of_fixtures(footprint, temporary))):
            found[each].append(footprint.test)
    places = list(Watch)
    ranked = sorted(found.items(), key=lambda item: (places.index(item[0][0]), item[0][1:]))
    return tuple(
        Watched(watch=watch, what=name, tests=tuple(tests), fixture=fixture) for (watch, name, fixture), tests in ranked
    )


def beside(found: Iterable[Watched], conflicts: Iterable[Conflict]) -> tuple[Watched, ...]:
    """Those of which no conflict tells already."""
    named = {each.name for conflict in conflicts for each in (conflict.resource, *conflict.also)}
    return tuple(each for each in found if each.what not in named)


def _left(footprint: Footprint, root: Path, temporary: Path) -> Iterator[tuple[Watch, str]]:
    for path in footprint.files_left:
        if not _is_of_tools(path, temporary):
            yield Watch.FILE, path
    for use in footprint.uses:
        if use.kind == "environment" and not use.name.startswith(_OF_TOOLS):
            yield Watch.ENVIRONMENT, use.name
        elif use.kind == "working directory":
            yield Watch.FOLDER, use.name if Path(use.name).is_relative_to(root) else ""


def _taken(footprint: Footprint, shared: Collection[tuple[str, str]]) -> Iterator[tuple[Watch, str]]:
    for use in footprint.uses:
        if _is_fixed_port(use, shared):
            yield Watch.PORT, use.name
        elif use.kind == "database" and (use.kind, use.name) in shared:
            yield Watch.DATABASE, use.name


def _of_fixtures(footprint: Footprint, temporary: Path) -> Iterator[tuple[Watch, str, str]]:
    for use in footprint.of_fixtures:
        if any(scope in use.fixture for scope in _WIDEST) and _is_shared(use, temporary):
            yield Watch.FIXTURE, use.name, use.fixture


def _used_by_several(footprints: Sequence[Footprint]) -> set[tuple[str, str]]:
    """Ports that are bound and databases that are written, by two tests or more."""
    tests: dict[tuple[str, str], set[str]] = defaultdict(set)
    written = set()
    for footprint in footprints:
        for use in footprint.uses:
            if use.kind == "database" or (use.kind == "port" and use.how == "create"):
                tests[use.kind, use.name].add(footprint.test)
                if use.how in CHANGING:
                    written.add((use.kind, use.name))
    return {each for each in written if len(tests[each]) > 1}


def _is_fixed_port(use: Use, shared: Collection[tuple[str, str]]) -> bool:
    """One that the system has chosen is bound again by many a helper that looks for a free one."""
    if use.kind != "port" or use.how != "create":
        return False
    return int(use.name.partition("/")[0]) < _HANDED_OUT or (use.kind, use.name) in shared


def _is_shared(use: FixtureUse, temporary: Path) -> bool:
    """Whether a second worker that sets the fixture up would meet the first in it."""
    if use.kind not in _KINDS or use.how not in CHANGING:
        return False
    if use.kind == "port":
        return int(use.name.partition("/")[0]) < _HANDED_OUT
    return os.sep not in use.name or not _is_of_tools(use.name, temporary)


def _is_of_tools(path: str, temporary: Path) -> bool:
    return PurePath(path).is_relative_to(temporary) or not _CACHES.isdisjoint(PurePath(path).parts)
