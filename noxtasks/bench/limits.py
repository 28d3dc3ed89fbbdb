"""What benchmarks may take, whatever they took before: the interval of the figures of all processes decides. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from math import exp, isfinite, log

from noxtasks.bench import rules, summaries
from noxtasks.bench.model import Limit, Metric
from noxtasks.stats import Interval, Verdict, hodges_lehmann
from noxtasks.suite.model import Benched

Allowed = Mapping[str, Mapping[Metric, float]]
"""Seconds, by pattern of test id and metric."""

_LEAST_S = 1e-12  # what a clock that has not moved counts as: it has no logarithm


def limits(
    found: Mapping[str, Sequence[Benched]], allowed: Allowed, *, left_out: Iterable[str] = ()
) -> tuple[Limit, ...]:
    """Each limit of each benchmark, by the processes in `found`; of one that was `left_out`, undecided."""
    tests = dict.fromkeys((*found, *left_out))
    return tuple(
        _limit(test, metric, limit_s, found.get(test, ()))
        for test in tests
        for pattern, by_metric in allowed.items()
        if is_meant(test, pattern)
        for metric, limit_s in by_metric.items()
    )


def is_meant(test: str, pattern: str) -> bool:
    """Whether `pattern` is the name of the test, or matches it; the brackets of parameters are no trap."""
    return test == pattern or fnmatchcase(test, pattern)


def unmatched(tests: Iterable[str], allowed: Allowed) -> tuple[str, ...]:
    """The patterns that mean none of `tests`."""
    known = tuple(tests)
    return tuple(pattern for pattern in allowed if not any(is_meant(test, pattern) for test in known))


def least_rounds(tests: Iterable[str], allowed: Allowed) -> int:
    """How many rounds a process needs for a figure of every limit of `tests`."""
    known = tuple(tests)
    return max(
        (
            summaries.least_rounds(metric)
            for pattern, by_metric in allowed.items()
            if any(is_meant(test, pattern) for test in known)
            for metric in by_metric
        ),
        default=1,
    )


def unclear(found: Iterable[Limit]) -> tuple[str, ...]:
    """The benchmarks of which more processes would decide a limit."""
    return tuple(
        dict.fromkeys(each.test for each in found if each.verdict is Verdict.UNMEASURED and each.figure_s is not None)
    )


def _limit(test: str, metric: Metric, limit_s: float, processes: Sequence[Benched]) -> Limit:
    figures = [summaries.metrics(each).get(metric) for each in processes]
    logs = [log(max(figure, _LEAST_S)) for figure in figures if figure is not None]
    if not logs:
        return Limit(
            test=test,
            metric=metric,
            limit_s=limit_s,
            figure_s=None,
            interval=None,
            verdict=Verdict.UNMEASURED,
            needed_rounds=summaries.least_rounds(metric) if processes else None,
        )
    shift = hodges_lehmann(logs, confidence=rules.CONFIDENCE)
    low, high = shift.interval.low, shift.interval.high
    interval = Interval(low=exp(low), high=exp(high)) if isfinite(low) and isfinite(high) else None
    verdict = Verdict.UNMEASURED
    if interval is not None and interval.high < limit_s:
        verdict = Verdict.PASS
    elif interval is not None and interval.low > limit_s:
        verdict = Verdict.FAIL
    return Limit(
        test=test, metric=metric, limit_s=limit_s, figure_s=exp(shift.estimate), interval=interval, verdict=verdict
    )
