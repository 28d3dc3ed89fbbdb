"""What each cell says of each test: how it ended, or why it is not there, and whether it is meant to run there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias

from noxtasks.matrix import names
from noxtasks.matrix.model import Absence, Cell, End, Entry, Record, Showing, Uncollected
from noxtasks.suite.model import Outcome

Table: TypeAlias = dict[str, dict[str, Showing]]
"""By test, and by cell."""

_ENDS = {
    Outcome.PASSED: End.PASSES,
    Outcome.XPASSED: End.PASSES,  # JUnit XML does not tell it from a pass
    Outcome.RERUN: End.PASSES,
    Outcome.XFAILED: End.FAILS_AS_EXPECTED,
    Outcome.SKIPPED: End.SKIPS,
}
_NOTHING = Entry(outcome=Outcome.SKIPPED)


def end_of(entry: Entry) -> End | None:
    """What counts of an outcome; None for a skip that the platform is the reason of."""
    if entry.outcome is Outcome.SKIPPED and entry.by_platform:
        return None
    return _ENDS.get(entry.outcome, End.FAILS)


def table(records: Sequence[Record]) -> Table:
    """All that the cells say."""
    common = names.aligned({record.cell.name: record.tests for record in records})
    found: Table = defaultdict(dict)
    for record in records:
        cell = record.cell.name
        for test, entry in record.tests.items():
            showing = Showing(said=entry.outcome.value, end=end_of(entry), entry=entry, test=test)
            found[common[cell][test]][cell] = showing
    known = _Known(records, common)
    for test, by_cell in found.items():
        for record in records:
            if record.cell.name not in by_cell:
                by_cell[record.cell.name] = known.absence(test, record)
    return {test: found[test] for test in sorted(found)}


def is_compared(showings: Iterable[Showing]) -> bool:
    """Whether a test is meant to run in two cells at least, and runs in one."""
    ends = [showing.end for showing in showings if showing.end is not None]
    return len(ends) > 1 and any(end is not End.SKIPS for end in ends)


def is_consistent(showings: Iterable[Showing]) -> bool:
    """Whether a test ends alike in every cell where it is meant to run."""
    return len({showing.end for showing in showings if showing.end is not None}) <= 1


def runs(showings: Iterable[Showing]) -> bool:
    """Whether a test runs in any of these cells."""
    return any(each.end is not None and each.end is not End.SKIPS for each in showings)


def by_system(cells: Iterable[Cell]) -> dict[str, list[Cell]]:
    """The cells of each system."""
    found: dict[str, list[Cell]] = defaultdict(list)
    for cell in sorted(cells):
        found[cell.system].append(cell)
    return found


def outcomes(by_cell: Mapping[str, Showing]) -> dict[str, str]:
    """What is said of a test by each cell."""
    return {name: by_cell[name].said for name in sorted(by_cell)}


class _Known:
    """What the cells know beside outcomes."""

    def __init__(self, records: Sequence[Record], common: Mapping[str, Mapping[str, str]]) -> None:
        self._modules = {
            record.cell.name: {names.with_slashes(each.path): each for each in record.uncollected} for record in records
        }
        self._deselected = {record.cell.name: {names.normal(test) for test in record.deselected} for record in records}
        self._functions = {cell: {_function(test) for test in tests.values()} for cell, tests in common.items()}

    def absence(self, test: str, record: Record) -> Showing:
        """Why a cell has no outcome of a test."""
        cell = record.cell.name
        module = self._modules[cell].get(test.partition("::")[0])
        if module is not None:
            return _of_module(module)
        if names.normal(test) in self._deselected[cell]:
            absence = Absence.DESELECTED
        elif _function(test) != test and _function(test) in self._functions[cell]:
            absence = Absence.PARAMETRISED
        else:
            absence = Absence.ABSENT
        return Showing(said=absence.value, end=None, entry=_NOTHING)


def _of_module(module: Uncollected) -> Showing:
    if module.is_error:
        entry = Entry(outcome=Outcome.ERROR, exception=module.exception, message=module.reason, place=module.path)
        return Showing(said=Absence.COLLECTION_ERROR.value, end=End.FAILS, entry=entry)
    entry = Entry(outcome=Outcome.SKIPPED, reason=module.reason, by_platform=module.by_platform)
    return Showing(said=Absence.MODULE_SKIPPED.value, end=end_of(entry), entry=entry)


def _function(test: str) -> str:
    """The test without its parameters."""
    return test.partition("[")[0]
