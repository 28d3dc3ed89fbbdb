"""The tests that do not end alike wherever they are meant to run: where they end otherwise, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from noxtasks.matrix import causes
from noxtasks.matrix.causes import Cause
from noxtasks.matrix.comparing import Table, is_compared, is_consistent, outcomes
from noxtasks.matrix.model import Absence, Cell, Difference, End, Only, Showing
from noxtasks.suite.model import Outcome


def differing(table: Table, cells: Sequence[Cell]) -> tuple[Difference, ...]:
    """The tests that do not end alike, by cause, the most frequent first."""
    found = [
        _difference(test, by_cell, cells)
        for test, by_cell in table.items()
        if is_compared(by_cell.values()) and not is_consistent(by_cell.values())
    ]
    frequency = Counter(each.cause for each in found)
    return tuple(sorted(found, key=lambda each: (-frequency[each.cause], each.cause.value, each.test)))


def _difference(test: str, by_cell: Mapping[str, Showing], cells: Sequence[Cell]) -> Difference:
    ends = {cell: by_cell[cell.name].end for cell in cells if by_cell[cell.name].end is not None}
    odd = _odd(ends)
    only, where = _common(odd, list(ends))
    showings = [by_cell[cell.name] for cell in odd]
    cause, said, place = _cause(showings)
    return Difference(
        test=test,
        there=showings[0].test or test,
        outcomes=outcomes(by_cell),
        outcome=showings[0].said,
        only=only,
        where=where,
        cause=cause,
        said=said,
        place=place,
    )


def _odd(ends: Mapping[Cell, End | None]) -> list[Cell]:
    """The cells in which a test ends otherwise: where it fails, where it is expected to, or where it is skipped."""
    kinds = set(ends.values())
    worst = next(end for end in (End.FAILS, End.FAILS_AS_EXPECTED, End.SKIPS) if end in kinds)
    return sorted(cell for cell, end in ends.items() if end is worst)


def _common(odd: Sequence[Cell], every: Sequence[Cell]) -> tuple[Only, tuple[str, ...]]:
    systems, interpreters = {cell.system for cell in odd}, {cell.interpreter for cell in odd}
    if len(systems) == 1 and all(cell in odd for cell in every if cell.system in systems):
        return Only.SYSTEM, tuple(systems)
    if len(interpreters) == 1 and all(cell in odd for cell in every if cell.interpreter in interpreters):
        return Only.INTERPRETER, tuple(interpreters)
    if len(systems) == 1 or len(odd) == 1:
        return Only.CELL, tuple(cell.name for cell in odd)
    return Only.NOTHING, tuple(cell.name for cell in odd)


def _cause(showings: Sequence[Showing]) -> tuple[Cause, str, str]:
    """The cause, what the first of these cells said, and where."""
    first = showings[0]
    if first.end is End.FAILS:
        found = [causes.of_failure(each.entry.exception, each.entry.message) for each in showings]
        cause = causes.surest(found)
        chosen = showings[found.index(cause)]
        if cause is Cause.UNKNOWN:
            cause = _by_outcome(first)
        return cause, _first_line(chosen.entry.exception, chosen.entry.message), chosen.entry.place
    if first.end is End.FAILS_AS_EXPECTED:
        return Cause.EXPECTED, first.entry.reason, ""
    return causes.of_skip(first.entry.reason), first.entry.reason, ""


def _by_outcome(showing: Showing) -> Cause:
    if showing.said == Absence.COLLECTION_ERROR.value:
        return Cause.COLLECTION
    return {Outcome.CRASHED: Cause.CRASH, Outcome.TIMED_OUT: Cause.TIMING}.get(showing.entry.outcome, Cause.UNKNOWN)


def _first_line(exception: str, message: str) -> str:
    line = message.strip().partition("\n")[0].strip()
    return f"{exception}: {line}" if exception and line else exception or line
