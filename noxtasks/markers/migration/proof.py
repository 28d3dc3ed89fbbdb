"""Whether a change of the markers has changed anything else: compared are the tests, and what each `-m` selects."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from enum import Enum

import msgspec

from noxtasks.markers.migration import expressions
from noxtasks.markers.migration.model import Change

_MANY = 5

Markers = Mapping[str, Collection[str]]  # a test's id -> the names of its markers
Selections = Mapping[str, Collection[str]]  # an expression of -m -> the ids of the tests that it selects


class Kind(Enum):
    """What is otherwise than it was."""

    LOST = "a test is not collected any more"
    NEW = "a test is collected that was not there before"
    MARKERS = "a test carries other markers"
    REMOVED = "a test carries a marker that was to be removed"
    SELECTION = "an expression selects other tests"
    UNSEEN = "an expression was not evaluated afterwards"


class Difference(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """One thing that is otherwise: `where` is a test's id or an expression as it was before, `what` is for people."""

    where: str
    kind: Kind
    what: str

    def __str__(self) -> str:
        return f"{self.where}: {self.kind.value}: {self.what}" if self.what else f"{self.where}: {self.kind.value}"


def differences(
    change: Change,
    *,
    before: Markers,
    after: Markers,
    selected_before: Selections,
    selected_after: Selections,
) -> tuple[Difference, ...]:
    """All that differs beyond the change itself; nothing, where the change is proven to be harmless.

    `selected_before` has the expressions as they were, `selected_after` as `expressions.renamed` makes them.
    """
    found = (
        *_of_tests(change, before, after),
        *_of_selections(change, selected_before, selected_after),
    )
    return tuple(sorted(found, key=lambda each: (each.where, each.kind.value, each.what)))


def _of_tests(change: Change, before: Markers, after: Markers) -> Iterator[Difference]:
    for test in before.keys() | after.keys():
        if test not in after:
            yield Difference(where=test, kind=Kind.LOST, what="")
            continue
        if gone := change.removed & {*before.get(test, ()), *after[test]}:
            yield Difference(where=test, kind=Kind.REMOVED, what=_listed(gone))
        if test not in before:
            yield Difference(where=test, kind=Kind.NEW, what="")
            continue
        wanted = {change.now(marker) for marker in before[test]}
        if wanted != set(after[test]):
            yield Difference(where=test, kind=Kind.MARKERS, what=_compared(wanted, set(after[test])))


def _of_selections(change: Change, before: Selections, after: Selections) -> Iterator[Difference]:
    for expression, tests in before.items():
        now = expressions.renamed(expression, change)
        if now not in after:
            yield Difference(where=expression, kind=Kind.UNSEEN, what=f"as {now!r}")
        elif set(tests) != set(after[now]):
            yield Difference(where=expression, kind=Kind.SELECTION, what=_compared(set(tests), set(after[now])))


def _compared(wanted: set[str], found: set[str]) -> str:
    parts = (("without", wanted - found), ("with", found - wanted))
    return ", ".join(f"{word} {_listed(names)}" for word, names in parts if names)


def _listed(names: Collection[str]) -> str:
    known = sorted(names)
    more = f" and {len(known) - _MANY} more" if len(known) > _MANY else ""
    return ", ".join(known[:_MANY]) + more
