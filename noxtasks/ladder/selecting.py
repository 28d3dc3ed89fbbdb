"""Which tests belong to which tier: one collection of the suite, seen as pytest sees it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

import msgspec

from noxtasks.errors import ConfigurationError, NotMeasuredError
from noxtasks.evidence.display.text import counted
from noxtasks.ladder import globs, tiers
from noxtasks.ladder.model import Belonging, Name, Tier
from noxtasks.suite import marking
from noxtasks.suite.launch import Suite
from noxtasks.suite.marking import CONFIGURED, MarkedTest, Marking

_TIMEOUT_S = 900.0


class Collected(msgspec.Struct, frozen=True, kw_only=True):
    """The tests that pytest would run, by tier."""

    belonging: Belonging
    prefix: str  # of their names, before pytest's own
    interpreter: tuple[str, str]  # implementation and version
    broken: tuple[str, ...]  # test files that cannot be collected
    deselected: int


def collect(suite: Suite, scratch: Path, asked: Sequence[Tier], *, rest: Name | None) -> Collected:
    """Collect once.

    Raises `NotMeasuredError` where pytest does not get through or finds no test, and `ConfigurationError` for an
    expression that it refuses.
    """
    own = [tier for tier in asked if tier.markers and not tiers.default_markers(tier)]
    expressions = [CONFIGURED, *(("-m", tier.markers) for tier in own)]
    seen = marking.observe(suite, scratch, expressions=expressions, timeout_s=_TIMEOUT_S)
    where = str(suite.root)
    if not seen.is_complete:
        raise NotMeasuredError("the suite cannot be collected", where=where, remedy=seen.reason)
    _check(seen, own)
    kept = set(seen.selections[CONFIGURED].tests) if CONFIGURED in seen.selections else set()
    if not kept:
        said = f"; {counted(len(seen.tests), 'test')} are deselected" if seen.tests else ""
        remedy = "See what `noxtasks flake` says of the collection."
        raise NotMeasuredError(f"there is no test to run{said}", where=where, remedy=remedy)
    hello = seen.hello
    return Collected(
        belonging=belonging(seen, kept, asked, rest=rest),
        prefix=seen.prefix,
        interpreter=(hello.implementation, hello.python) if hello else ("", ""),
        broken=tuple(sorted({str(path) for problem in seen.problems for path in problem.get("modules", ())})),
        deselected=len(seen.tests) - len(kept),
    )


def belonging(seen: Marking, kept: Collection[int], asked: Sequence[Tier], *, rest: Name | None) -> Belonging:
    """Who belongs where, of the tests `kept` (places in `seen.tests`). Pure."""
    chosen = {
        tier.name: frozenset(seen.selections[("-m", tier.markers)].tests)
        for tier in asked
        if ("-m", tier.markers) in seen.selections
    }
    by_file: dict[str, frozenset[Name]] = {}
    found: dict[Name, list[str]] = {tier.name: [] for tier in asked}
    none: list[str] = []
    several: dict[str, tuple[Name, ...]] = {}
    for place in sorted(kept):
        test = seen.tests[place]
        if test.path not in by_file:
            by_file[test.path] = frozenset(tier.name for tier in asked if globs.is_meant(test.path, tier.paths))
        fits = [tier.name for tier in asked if tier.name in by_file[test.path] or _is_marked(test, place, tier, chosen)]
        if len(fits) > 1:
            several[test.test] = tuple(fits)
        elif fits or rest is not None:
            found[fits[0] if fits else rest or tiers.OF_TESTS[0]].append(test.test)
        else:
            none.append(test.test)
    return Belonging(tiers={name: tuple(tests) for name, tests in found.items()}, none=tuple(none), several=several)


def _is_marked(test: MarkedTest, place: int, tier: Tier, chosen: Mapping[Name, frozenset[int]]) -> bool:
    if tier.name in chosen:
        return place in chosen[tier.name]
    return not test.after.isdisjoint(tiers.default_markers(tier))


def _check(seen: Marking, own: Sequence[Tier]) -> None:
    problems = [
        ConfigurationError(
            f"pytest refuses {tier.markers!r}: {found.error}",
            where=f"tool.noxtasks.ladder.markers.{tiers.SETTINGS[tier.name]}",
        )
        for tier in own
        if (found := seen.selections.get(("-m", tier.markers))) is not None and found.error
    ]
    if (found := seen.selections.get(CONFIGURED)) is not None and found.error:
        problems.append(ConfigurationError(f"pytest refuses the selection: {found.error}", where="-m, -k"))
    if problems:
        raise ConfigurationError.all_of(problems)
