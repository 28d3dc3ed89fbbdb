"""Where tests would earn most for a tier: the functions of its scope with most that is not covered yet. Pure.

What counts is what the tier's metric counts, so that covering the first of them raises its figure most. How hard that
is nobody can tell from coverage; a function that no test has entered often takes but one test.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from math import ceil

from noxtasks.ladder.model import Counts, Coverage, File, Function, Gain, Measured, Metric

SHOWN = 20
"""Gains of a tier, by default."""


def of(measured: Measured, *, most: int | None = SHOWN) -> tuple[Gain, ...]:
    """The functions that a tier would gain most by, the best first; at most so many."""
    if measured.coverage is None:
        return ()
    total = _counts(measured.tier.metric, measured.coverage).total
    found = [
        Gain(
            tier=measured.tier.name,
            path=file.path,
            function=function.name,
            line=function.first_line,
            missing=missing,
            rise=missing / total,
        )
        for file in measured.coverage.files
        for function in _functions(file)
        if (missing := _missing(measured.tier.metric, function))
    ]
    return tuple(sorted(found, key=lambda each: (-each.missing, each.path, each.line, each.function))[:most])


def by_file(gains: Iterable[Gain]) -> tuple[Gain, ...]:
    """The gains of each file together, the best first; `line` is that of the first function with something to gain."""
    files: dict[str, list[Gain]] = {}
    for each in gains:
        files.setdefault(each.path, []).append(each)
    found = [
        Gain(
            tier=of_file[0].tier,
            path=path,
            function="",
            line=min(each.line for each in of_file),
            missing=sum(each.missing for each in of_file),
            rise=sum(each.rise for each in of_file),
        )
        for path, of_file in files.items()
    ]
    return tuple(sorted(found, key=lambda each: (-each.missing, each.path)))


def lacking(measured: Measured) -> int | None:
    """How much more a tier is to cover to be at its target, in what its metric counts; None where it is unmeasured."""
    if measured.coverage is None or measured.figure is None:
        return None
    return short_of(measured.tier.target, _counts(measured.tier.metric, measured.coverage))


def short_of(target: float, counts: Counts) -> int:
    """How many more are to be covered for a share of `target`."""
    wanted = Fraction(str(target)) * counts.total  # as it is written: 0.7 of 10 is 7
    return max(0, ceil(wanted) - counts.covered)


def _functions(file: File) -> tuple[Function, ...]:
    """Those of the file; the file as one, where coverage.py does not tell of functions, as before 7.6."""
    if file.functions:
        return file.functions
    first = min(file.missing, default=1)
    return (Function(name="", first_line=first, lines=file.lines, branches=file.branches),)


def _missing(metric: Metric, function: Function) -> int:
    counts = _counts(metric, function)
    return counts.total - counts.covered


def _counts(metric: Metric, of_what: Coverage | Function) -> Counts:
    if metric is Metric.BRANCH:
        return of_what.branches
    return of_what.lines + of_what.branches if metric is Metric.COMBINED else of_what.lines
