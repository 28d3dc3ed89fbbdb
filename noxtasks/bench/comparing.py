"""Adds pairs of processes until the ratios decide, or the time is up."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec

from noxtasks.bench import counting, limits, lockstep, rules, summaries, tiers
from noxtasks.bench.model import Metric, Pair
from noxtasks.errors import NotMeasuredError
from noxtasks.suite.engine import Engine
from noxtasks.suite.launch import Suite
from noxtasks.suite.model import Benched, Run, Timing


class Measured(msgspec.Struct, frozen=True, kw_only=True):
    """What was seen of each benchmark: its pairs, and the rounds of every process of each side."""

    pairs: dict[str, list[Pair]]
    old: dict[str, list[Benched]]
    new: dict[str, list[Benched]]
    left_out: dict[str, str]  # benchmarks that cannot be compared, and why
    is_whole: bool  # not cut short by the budget


def benchmarks(engine: Engine, timing: Timing) -> tuple[tuple[str, ...], dict[str, str]]:
    """The benchmarks that pass when they are called once, and those that do not, with what they said."""
    run = lockstep.alone(engine, None, number=0, timing=msgspec.structs.replace(timing, loops=1))
    failed = {
        result.nodeid: f"{result.failure.exception}: {result.failure.message}".partition("\n")[0]
        for result in run.results
        if result.failure is not None
    }
    return tuple(dict.fromkeys(each.test for each in run.benched if each.test not in failed)), failed


def compare(
    old: Engine,
    new: Engine,
    tests: tuple[str, ...],
    *,
    timing: Timing,
    thresholds: Mapping[Metric, float],
    scratch: Path,
    until_s: float,
    told: Callable[[int, int], object],
    allowed: limits.Allowed,
) -> Measured:
    """Compare `tests`, which both sides have, until `until_s` by the monotonic clock; at least one pair.

    `told` is called after each pair with its number and how many benchmarks are not decided.
    """
    measured = Measured(pairs={t: [] for t in tests}, old={}, new={}, left_out={}, is_whole=True)
    going_on, number, longest_s = tests, 0, 0.0
    for look in rules.LOOKS:
        while number < look and going_on:
            began_s = time.monotonic()
            if number and began_s + longest_s > until_s:
                return msgspec.structs.replace(measured, is_whole=False)
            number += 1
            sides = lockstep.together(old, new, going_on, number=number, timing=timing, scratch=scratch)
            _take(measured, *sides)
            going_on = tuple(test for test in going_on if test not in measured.left_out)
            longest_s = max(longest_s, time.monotonic() - began_s)
            told(number, len(going_on))
        open_ones = {
            *rules.wanted(rules.compared(measured.pairs, thresholds), tiers.tiers(measured.pairs, thresholds)),
            *limits.unclear(limits.limits(measured.new, allowed)),
        }
        going_on = tuple(test for test in going_on if test in open_ones)
    return measured


def alone(
    engine: Engine, tests: tuple[str, ...], *, timing: Timing, allowed: limits.Allowed, until_s: float
) -> dict[str, list[Benched]]:
    """The processes of each benchmark by itself: a few, and more until `until_s` where that decides a limit."""
    found: dict[str, list[Benched]] = {}
    going_on, number = tests, 0
    for look in rules.LOOKS:
        while number < look and going_on and (number < rules.LOOKS[0] or time.monotonic() < until_s):
            run = lockstep.alone(engine, going_on, number=number, timing=timing)
            for test, benched in summaries.merged(run).items():
                found.setdefault(test, []).append(benched)
            number += 1
        unclear = limits.unclear(limits.limits(found, allowed))
        going_on = tuple(test for test in going_on if test in unclear)
    return found


def count(old: Suite, new: Suite, tests: tuple[str, ...], *, timing: Timing, scratch: Path) -> Measured:
    """Count the instructions of `tests` on both sides: one pair, which says the same every time."""
    sides = []
    for name, suite in (("old", old), ("new", new)):
        folder = scratch / name
        folder.mkdir()
        sides.append(counting.instructions(suite, tests, timing=timing, scratch=folder))
    before, after = sides
    pairs = {
        test: [Pair(old={Metric.INSTRUCTIONS: before[test]}, new={Metric.INSTRUCTIONS: after[test]})]
        for test in tests
        if test in before and test in after
    }
    left_out = {test: "it was not counted on both sides" for test in tests if test not in pairs}
    return Measured(pairs=pairs, old={}, new={}, left_out=left_out, is_whole=True)


def _take(measured: Measured, old: Run, new: Run) -> None:
    for side, run in ((measured.old, old), (measured.new, new)):
        for test, benched in summaries.merged(run).items():
            side.setdefault(test, []).append(benched)
        for result in run.results:
            if result.failure is not None:
                which = "old" if run is old else "new"
                measured.left_out[result.nodeid] = f"it fails with the {which} code: {result.failure.message}"[:300]
    pairs = summaries.paired(old, new)
    if not pairs and not measured.left_out:
        raise NotMeasuredError("no benchmark could be timed", remedy="Does it call what the fixture gives it?")
    for test, pair in pairs.items():
        measured.pairs[test].append(pair)
