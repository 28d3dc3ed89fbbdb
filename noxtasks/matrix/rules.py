"""What is decided of all cells together: the shares, and which verdicts they come to. Values in, values out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence

from noxtasks.evidence.display.text import counted
from noxtasks.matrix import names
from noxtasks.matrix.comparing import Table, by_system, is_compared, is_consistent, outcomes
from noxtasks.matrix.model import Absence, Cell, End, Flaky, Record, Standing, exactly
from noxtasks.stats import Interval, Judgement, Verdict, wilson
from noxtasks.suite.model import Outcome

_COMPARED = 2  # systems, or interpreters of one
_SKIPPED = frozenset({Outcome.SKIPPED.value, Absence.MODULE_SKIPPED.value})


def flaky_of(table: Table, known: Collection[str]) -> tuple[Flaky, ...]:
    """The tests that are known to be flaky in the same code."""
    normal = {names.normal(test) for test in known}
    return tuple(
        Flaky(test=test, outcomes=outcomes(by_cell)) for test, by_cell in table.items() if names.normal(test) in normal
    )


def consistency(table: Table, cells: Sequence[Cell], *, threshold: float, missing: Collection[str]) -> Judgement:
    """The share of tests that end alike in every cell where they are meant to run: exact, since nothing is sampled.

    Unmeasured with fewer than two systems. A share that is enough counts only where no cell is missing.
    """
    sample, alike = _share(table)
    systems = {cell.system for cell in cells}
    why = ""
    if len(systems) < _COMPARED:
        only = f"only {', '.join(systems)}" if systems else "no system"
        why = f"{only} has a record; it takes two systems to compare"
    elif not sample:
        why = "no test is meant to run in two cells"
    if why:
        return _unmeasured(None, 0, threshold, why)
    return _judged(alike, sample, threshold, missing, "end alike wherever they are meant to run")


def interpreters(table: Table, cells: Sequence[Cell], *, threshold: float) -> Judgement:
    """The share of tests that end alike on all interpreters of each system, over systems with two at least."""
    groups = [group for group in by_system(cells).values() if len({cell.interpreter for cell in group}) >= _COMPARED]
    tests: dict[str, bool] = {}
    for group in groups:
        for test, by_cell in table.items():
            showings = [by_cell[cell.name] for cell in group]
            if is_compared(showings):
                tests[test] = tests.get(test, True) and is_consistent(showings)
    if not tests:
        return _unmeasured(None, 0, threshold, "no system has records of two interpreters")
    return _judged(sum(tests.values()), len(tests), threshold, (), "end alike on all interpreters of a system")


def pass_rate(standings: Sequence[Standing], *, threshold: float) -> tuple[Judgement, str]:
    """The lowest pass rate of all cells, and whose it is. Exact, too: the suite is what it is."""
    known = [each for each in standings if each.judgement.figure is not None]
    missing = [each.name for each in standings if each.is_missing]
    if not known:
        return _unmeasured(None, 0, threshold, "no test has run in any cell"), ""
    lowest = min(known, key=lambda each: (each.judgement.figure or 0.0, each.name))
    found = _judged(lowest.passed, lowest.passed + lowest.failed, threshold, missing, f"pass in {lowest.name}")
    return found, lowest.name


def standing(record: Record, table: Table, *, threshold: float) -> Standing:
    """One cell, counted: of the tests that ran there or should have, those that passed.

    Tests of a module that could not be imported have failed; where no other cell knows any, the module counts as one.
    """
    name = record.cell.name
    showings = [by_cell[name] for by_cell in table.values()]
    ends = Counter(showing.end for showing in showings)
    known = {test.partition("::")[0] for test in table}
    broken = [each for each in record.uncollected if each.is_error]
    passed = ends[End.PASSES]
    failed = ends[End.FAILS] + sum(names.with_slashes(each.path) not in known for each in broken)
    ran = passed + failed
    figure = passed / ran if ran else None
    return Standing(
        name=name,
        cell=record.cell,
        source=record.source,
        passed=passed,
        failed=failed,
        skipped=sum(showing.said in _SKIPPED for showing in showings),
        expected=ends[End.FAILS_AS_EXPECTED],
        uncollected=len(broken),
        judgement=Judgement(
            verdict=Verdict.UNMEASURED if figure is None else Verdict.PASS if figure >= threshold else Verdict.FAIL,
            figure=figure,
            interval=wilson(passed, ran),
            sample=ran,
            threshold=threshold,
            reason=f"{passed} of {counted(ran, 'test')} that ran passed",
        ),
        digest=record.digest,
        path=record.path,
    )


def missing(name: str, *, threshold: float) -> Standing:
    """A cell that was expected, and has no record."""
    return Standing(
        name=name,
        cell=None,
        source=None,
        passed=0,
        failed=0,
        skipped=0,
        expected=0,
        uncollected=0,
        judgement=_unmeasured(None, 0, threshold, "there is no record of it"),
    )


def _judged(alike: int, sample: int, threshold: float, missing: Collection[str], what: str) -> Judgement:
    figure = alike / sample
    reason = f"{alike} of {counted(sample, 'test')} {what}"
    if figure < threshold:
        verdict = Verdict.FAIL
    elif missing:
        verdict = Verdict.UNMEASURED
        reason = f"{reason}, but {counted(len(missing), 'cell')} {'is' if len(missing) == 1 else 'are'} missing"
    else:
        verdict = Verdict.PASS
    return Judgement(
        verdict=verdict, figure=figure, interval=exactly(figure), sample=sample, threshold=threshold, reason=reason
    )


def _unmeasured(figure: float | None, sample: int, threshold: float, reason: str) -> Judgement:
    return Judgement(
        verdict=Verdict.UNMEASURED,
        figure=figure,
        interval=Interval(low=0.0, high=1.0),
        sample=sample,
        threshold=threshold,
        reason=reason,
    )


def _share(table: Table) -> tuple[int, int]:
    """How many tests are compared, and how many of them end alike."""
    compared = [by_cell.values() for by_cell in table.values() if is_compared(by_cell.values())]
    return len(compared), sum(map(is_consistent, compared))
