"""Adds pairs of processes until the ratios decide, or the time is up."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec

from noxtasks.bench import choosing, counting, limits, lockstep, repeating, rules, summaries, tiers, wording
from noxtasks.bench.counting import Counts
from noxtasks.bench.model import Metric, Pair
from noxtasks.bench.repeating import Plan
from noxtasks.errors import NotMeasuredError, TimeIsUpError
from noxtasks.suite.engine import Engine
from noxtasks.suite.launch import Suite
from noxtasks.suite.model import Benched, Run, Timing


class Measured(msgspec.Struct, frozen=True, kw_only=True):
    """What was seen of each benchmark: its pairs, and the rounds of every process of each side."""

    pairs: dict[str, list[Pair]]
    old: dict[str, list[Benched]]
    new: dict[str, list[Benched]]
    left_out: dict[str, str]  # benchmarks that cannot be compared, and why
    broken: set[str]  # those of them that fail with the new code
    is_whole: bool  # not cut short by the budget, or by the user
    is_interrupted: bool = False
    notes: tuple[str, ...] = ()  # on how the two sides are compiled


Alike = Callable[[Mapping[str, str], Mapping[str, str]], tuple[str, ...]]
"""Told the extension modules that the first process of each side has imported; gives notes, or raises."""


def _unseen(*_: object) -> tuple[str, ...]:
    return ()


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
    plan: Plan = repeating.NONE,
    in_turns: bool = True,
    alike: Alike = _unseen,
) -> Measured:
    """Compare `tests`, which both sides have, until `until_s` by the monotonic clock; at least one pair.

    `told` is called after each pair with its number and how many benchmarks are not decided. `plan` says which are
    plain tests. Without `in_turns` one side runs after the other. When the user interrupts, what there is by then is
    what is given; without a pair, `KeyboardInterrupt` goes on.
    """
    measured = Measured(pairs={t: [] for t in tests}, old={}, new={}, left_out={}, broken=set(), is_whole=True)
    going_on, number, longest_s, broken = tests, 0, 0.0, dict[str, str]()
    for look in rules.LOOKS:
        while number < look and going_on:
            began_s = time.monotonic()
            if number and began_s + longest_s > until_s:
                return msgspec.structs.replace(measured, is_whole=False)
            number += 1
            named = plan.named(going_on)
            try:
                if in_turns:
                    runs = lockstep.together(old, new, named, number=number, timing=timing, scratch=scratch)
                else:
                    runs = lockstep.apart(old, new, named, number=number, timing=timing)
            except KeyboardInterrupt:
                if number == 1:
                    raise
                return msgspec.structs.replace(measured, is_whole=False, is_interrupted=True)
            if number == 1:
                measured = msgspec.structs.replace(measured, notes=alike(*(run.compiled for run in runs)))
                broken = choosing.broken(old) if runs[0].problems else {}
            _take(measured, going_on, plan, *runs, broken=broken)
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
    engine: Engine,
    tests: tuple[str, ...],
    *,
    timing: Timing,
    allowed: limits.Allowed,
    until_s: float,
    plan: Plan = repeating.NONE,
    stale: Callable[[Mapping[str, str]], tuple[str, ...]] = _unseen,
) -> Measured:
    """Time `tests` on one side: a few processes, and more until `until_s` where that decides a limit.

    `stale` is told the extension modules that the first of them has imported. An interrupt is as in `compare`. Raises
    `NotMeasuredError` where none can be timed.
    """
    measured = Measured(pairs={}, old={}, new={}, left_out={}, broken=set(), is_whole=True)
    going_on, number = tests, 0
    for look in rules.LOOKS:
        while number < look and going_on and (number < rules.LOOKS[0] or time.monotonic() < until_s):
            try:
                run = lockstep.alone(engine, plan.named(going_on), number=number, timing=timing)
            except KeyboardInterrupt:
                if not measured.new:
                    raise
                return msgspec.structs.replace(measured, is_whole=False, is_interrupted=True)
            if number == 0:
                measured = msgspec.structs.replace(measured, notes=stale(run.compiled))
            _take_alone(measured, going_on, plan, run)
            going_on = tuple(test for test in going_on if test not in measured.left_out)
            number += 1
        unclear = limits.unclear(limits.limits(measured.new, allowed))
        going_on = tuple(test for test in going_on if test in unclear)
    if not measured.new:
        raise NotMeasuredError("nothing could be timed", remedy="\n".join(wording.left_out(measured.left_out)))
    return measured


def count(
    old: Suite,
    new: Suite,
    tests: tuple[str, ...],
    *,
    timing: Timing,
    thresholds: Mapping[Metric, float],
    scratch: Path,
    until_s: float,
    told: Callable[[int, int], object],
    alike: Alike = _unseen,
) -> Measured:
    """Count the instructions of `tests` on both sides: a pair for each layout of memory, in one process of each side.

    What is then not settled is counted in further ones. Raises `NotMeasuredError` where nothing can be counted, or the
    first processes do not come to an end until `until_s` by the monotonic clock; `told` as in `compare`.
    """
    counting.check(new)
    measured = Measured(pairs={test: [] for test in tests}, old={}, new={}, left_out={}, broken=set(), is_whole=True)
    going_on = tests
    for number in range(1, rules.COUNTED_PROCESSES + 1):
        try:
            before, after = counting.count(
                (old, new), going_on, number=number, timing=timing, scratch=scratch / str(number), until_s=until_s
            )
        except (TimeIsUpError, KeyboardInterrupt) as error:
            if number == 1:
                raise
            is_interrupted = isinstance(error, KeyboardInterrupt)
            return msgspec.structs.replace(measured, is_whole=False, is_interrupted=is_interrupted)
        if number == 1:
            measured = msgspec.structs.replace(measured, notes=alike(before.compiled, after.compiled))
        for test in going_on:
            _add(measured, test, before, after)
        open_ones = rules.wanted(rules.compared(measured.pairs, thresholds))
        going_on = tuple(test for test in going_on if test in open_ones and test not in measured.left_out)
        told(number, len(going_on))
        if not going_on:
            break
    for test in measured.left_out:
        measured.pairs.pop(test)
    return measured


def _take_alone(measured: Measured, tests: tuple[str, ...], plan: Plan, run: Run) -> None:
    merged = summaries.merged(run)
    measured.left_out.update(failures(run, plan))
    for test in tests:
        if test not in merged:
            measured.left_out.setdefault(test, "nothing was timed: does it call what the fixture gives it?")
        elif test not in measured.left_out:
            measured.new.setdefault(test, []).append(merged[test])
    for test in measured.left_out:
        measured.new.pop(test, None)


def _add(measured: Measured, test: str, before: Counts, after: Counts) -> None:
    """Take in what one process of each side has counted of `test`, or why it has not."""
    for which, side in (("old", before), ("new", after)):
        if test in side.failed:
            measured.left_out[test] = f"it fails under valgrind with the {which} code: {side.failed[test]}"[:300]
            measured.broken.update([test] if which == "new" else [])
            return
    old, new = before.instructions.get(test, {}), after.instructions.get(test, {})
    if not old or not new:
        measured.left_out[test] = "it was not counted on both sides: does it call what the fixture gives it?"
    measured.pairs[test] += [
        Pair(old={Metric.INSTRUCTIONS: old[layout]}, new={Metric.INSTRUCTIONS: new[layout]})
        for layout in sorted(old.keys() & new.keys())
    ]


def failures(run: Run, plan: Plan, which: str = "") -> dict[str, str]:
    """By test that failed in a run that times it, why it is left out; `which` code that was."""
    code = f" with the {which} code" if which else ""
    return {
        test: f"it fails when it is repeated in one process{code}: {said}"
        if plan.repeats.get(test, 1) > 1
        else f"it fails{code}: {said}"
        for test, said in choosing.failures(run).items()
    }


def _take(
    measured: Measured, tests: tuple[str, ...], plan: Plan, old: Run, new: Run, *, broken: Mapping[str, str]
) -> None:
    """Take in a pair of runs; `broken` says by file or test why the old code cannot even collect it."""
    broken_now = failures(new, plan, "new")
    measured.broken.update(broken_now)
    failed = failures(old, plan, "old") | broken_now
    merged = {"old": summaries.merged(old), "new": summaries.merged(new)}
    for test in tests:
        lacking = [which for which, found in merged.items() if test not in found]
        if test not in failed and lacking:
            why = broken.get(test) or broken.get(test.partition("::")[0])
            failed[test] = (
                f"it cannot be run with the old code: {why}"
                if why
                else f"nothing was timed with the {' and the '.join(lacking)} code: it lacks the test, or skips it"
            )
    pairs = {test: pair for test, pair in summaries.paired(old, new).items() if test not in failed}
    if not pairs and not measured.left_out and not any(choosing.failures(run) for run in (old, new)):
        raise NotMeasuredError("no benchmark could be timed", remedy="\n".join(wording.left_out(failed)))
    for test, why in failed.items():
        measured.left_out[test] = why
        for kept in (measured.pairs, measured.old, measured.new):
            kept.pop(test, None)
    for test, pair in pairs.items():
        measured.pairs[test].append(pair)
        measured.old.setdefault(test, []).append(merged["old"][test])
        measured.new.setdefault(test, []).append(merged["new"][test])
