"""From a task to a report: one side is timed by itself, or two are set beside each other."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import msgspec

from noxtasks.bench import (
    baseline,
    bisect,
    choosing,
    comparing,
    compiled,
    limits,
    repeating,
    rules,
    sides,
    summaries,
    terminal,
    tiers,
    wording,
)
from noxtasks.bench.baseline import Baseline, Measurement
from noxtasks.bench.bisect import Question
from noxtasks.bench.choosing import Chosen
from noxtasks.bench.comparing import Measured
from noxtasks.bench.model import Bisection, Comparison, Finding, Report
from noxtasks.bench.repeating import Plan, Room
from noxtasks.bench.sides import Side
from noxtasks.bench.task import Task
from noxtasks.errors import NotMeasuredError
from noxtasks.evidence.display.live import LiveLine
from noxtasks.stats import Verdict
from noxtasks.suite.engine import Engine
from noxtasks.suite.launch import Suite
from noxtasks.suite.model import EngineKind

_TEST_TIMEOUT_S = 600.0  # or the budget, where that is less
_LEAST_TIMEOUT_S = 30.0
_FIRST = "this machine has no baseline yet; this is its first"


def alone(task: Task, kept: Baseline) -> tuple[Report, Measurement]:
    """Time the working tree, and hold it against what is `kept` of this machine; also what can be kept of it."""
    with ExitStack() as stack:
        chosen = _chosen(task, _engine(stack, task, task.suite))
        plan = _plan(task, chosen, (rules.LOOKS[0], rules.LOOKS[0]))
        tests = tuple(test for test in chosen.names if test not in plan.left_out)
        here = compiled.place("new", task.suite.python, task.suite.root, is_working_tree=True)
        timed = comparing.alone(
            _engine(stack, task, task.suite),  # one that has not learned from single calls how short all is
            tests,
            timing=task.timing(tests),
            allowed=task.allowed,
            until_s=task.until_s,
            plan=plan,
            stale=partial(compiled.stale, here),
        )
    left_out = chosen.left_out | plan.left_out | timed.left_out
    measured = baseline.measurement(timed.new, taken=task.began, code_version=task.code.code_version)
    mine = kept.machines.get(task.machine.id)
    comparisons: tuple[Comparison, ...] = ()
    if mine is not None:
        comparisons = tuple(baseline.compared(mine.measurements[-1], measured, task.thresholds))
    found_limits = limits.limits(timed.new, task.allowed, left_out=left_out)
    verdict, reason = rules.judge(comparisons, limits=found_limits, is_stored=True)
    reason = reason if mine else f"{reason}; {_FIRST}" if found_limits else _FIRST
    verdict, reason = _interrupted(verdict, reason) if timed.is_interrupted else (verdict, reason)
    few = _few_rounds(task, chosen, timed)
    report = Report(
        against=mine.measurements[-1].code_version if mine else "",
        python=task.python,
        is_stored=mine is not None,
        from_tests=task.from_tests,
        verdict=verdict,
        reason=reason,
        consequence=rules.gravest((), limits=found_limits),
        summaries=tuple(summaries.summary(test, each) for test, each in timed.new.items()),
        comparisons=comparisons,
        limits=found_limits,
        notes=(*timed.notes, *wording.few_rounds(few), *_notes(task, chosen.names, left_out)),
        few_rounds=tuple(few),
        left_out=left_out,
        is_whole=timed.is_whole,
        is_interrupted=timed.is_interrupted,
    )
    return report, measured


def against(task: Task, name: str) -> Report:
    """Compare the working tree, or the revision of the task, with the revision `name`."""
    with ExitStack() as stack:
        new, brought, chosen, task = _new_side(stack, task)
        old, brought_to_old, task = _side(stack, task, name, chosen.names, new, files=chosen.files, where="--against")
        alike = partial(compiled.differences, compiled.of_side("old", old), _place(task, old, new))
        plan = _plan(task, chosen, (2 * rules.LOOKS[0], 2 * rules.LOOKS[1]))
        tests = tuple(test for test in chosen.names if test not in plan.left_out)
        suite = new.suite if new is not None else task.suite
        measured = _pairs(stack, task, old.suite, suite, tests, plan=plan, alike=alike)
        comparisons = tuple(rules.compared(measured.pairs, task.thresholds))
        is_interrupted, bisection = measured.is_interrupted, None
        if task.bisects and not is_interrupted:
            try:
                bisection = _bisection(task, old, new, chosen, comparisons)
            except KeyboardInterrupt:
                is_interrupted = True
    left_out = chosen.left_out | plan.left_out | measured.left_out
    found_tiers = tuple(tiers.tiers(measured.pairs, task.thresholds))
    found_limits = () if task.count else limits.limits(measured.new, task.allowed, left_out=left_out)
    broken = len(measured.broken)
    broken += 0 if task.from_tests else len(chosen.left_out)  # which are tests, with it, that nobody meant to time
    verdict, reason = rules.judge(comparisons, found_tiers, found_limits, broken=broken, is_whole=measured.is_whole)
    verdict, reason = _interrupted(verdict, reason) if is_interrupted else (verdict, reason)
    is_apart = not task.in_turns and not task.count
    if is_apart:
        reason += "; the two sides ran one after the other, which under load decides less"
    few = _few_rounds(task, chosen, measured)
    return Report(
        against=old.revision,
        python=task.python,
        revision=new.revision if new is not None else "",
        from_tests=task.from_tests,
        verdict=verdict,
        reason=reason,
        summaries=tuple(summaries.summary(test, each) for test, each in measured.new.items()),
        old=tuple(summaries.summary(test, each) for test, each in measured.old.items()),
        consequence=rules.gravest(comparisons, found_tiers, found_limits),
        comparisons=comparisons,
        tiers=found_tiers,
        limits=found_limits,
        notes=(*measured.notes, *wording.few_rounds(few), *_notes(task, chosen.names, left_out)),
        few_rounds=tuple(few),
        left_out=left_out,
        brought=tuple(dict.fromkeys((*brought, *brought_to_old))),
        bisection=bisection,
        is_whole=measured.is_whole and not is_interrupted,
        is_interrupted=is_interrupted,
        is_apart=is_apart,
    )


def _pairs(
    stack: ExitStack, task: Task, old: Suite, new: Suite, tests: tuple[str, ...], *, plan: Plan, alike: comparing.Alike
) -> Measured:
    """What both sides come to side by side: counts, or times."""
    line = LiveLine()
    told = partial(terminal.tell_pair, line)
    timing, scratch = task.timing(tests), _scratch(stack)
    if task.count:
        measured = comparing.count(
            old,
            new,
            tests,
            timing=timing,
            thresholds=task.thresholds,
            scratch=scratch,
            until_s=task.until_s,
            told=told,
            alike=alike,
        )
    else:
        measured = comparing.compare(
            _engine(stack, task, old),
            _engine(stack, task, new),
            tests,
            timing=timing,
            thresholds=task.thresholds,
            scratch=scratch,
            until_s=task.until_s,
            told=told,
            allowed=task.allowed,
            plan=plan,
            in_turns=task.in_turns,
            alike=alike,
        )
    line.clear()
    return measured


def _chosen(task: Task, engine: Engine) -> Chosen:
    return choosing.choose(engine, timing=task.timing(), from_tests=task.from_tests, until_s=task.until_s)


def _interrupted(verdict: Verdict, reason: str) -> tuple[Verdict, str]:
    """What is found stands; what is not need not be so."""
    return verdict if verdict is Verdict.FAIL else Verdict.UNMEASURED, f"{reason}; it was interrupted"


def _place(task: Task, old: Side, new: Side | None) -> compiled.Place:
    """Where the new code comes from."""
    if new is not None:
        return compiled.of_side("new", new)
    return compiled.place("new", task.suite.python, old.top, is_working_tree=True)


def _new_side(stack: ExitStack, task: Task) -> tuple[Side | None, tuple[str, ...], Chosen, Task]:
    """The revision of the task, none where the working tree is meant; what it was given; and what is timed there.

    A revision has the benchmarks of the working tree, or its own where that has none. The task that is given back has
    the time again that this took.
    """
    if task.revision is None:
        return None, (), _chosen(task, _engine(stack, task, task.suite)), task
    files: Mapping[str, Path] = {}
    try:
        here = _chosen(task, _engine(stack, task, task.suite))
        names: tuple[str, ...] = (*here.names, *here.left_out)
        files = here.files
    except NotMeasuredError:
        names = ()
    side, brought, task = _side(stack, task, str(task.revision), names, None, files=files, where="--revision")
    return side, brought, _chosen(task, _engine(stack, task, side.suite)), task


def _side(
    stack: ExitStack,
    task: Task,
    name: str,
    tests: Iterable[str],
    source: Side | None,
    *,
    files: Mapping[str, Path],
    where: str,
) -> tuple[Side, tuple[str, ...], Task]:
    """The revision `name` with the benchmarks of `source`, or of the working tree; and which files it was given.

    The budget is for measuring: the task that is given back has the time again that this took.
    """
    began_s = time.monotonic()
    side = stack.enter_context(sides.make_ready(task.suite, name, install_setting=task.settings.install, where=where))
    root, top = (source.suite.root, source.tree) if source is not None else (task.suite.root, side.top)
    brought = tuple(sides.bring(tests, root, top, side, files))
    later = msgspec.structs.replace(task, until_s=task.until_s + time.monotonic() - began_s)
    return sides.within(side, task.settings.bench.paths), brought, later


def _bisection(
    task: Task, old: Side, new: Side | None, chosen: Chosen, comparisons: tuple[Comparison, ...]
) -> Bisection | None:
    """The search for the commit that made it slower; None where nothing is."""
    if new is None or not any(each.finding is Finding.SLOWER for each in comparisons):
        return None
    tests = tuple(dict.fromkeys(each.test for each in comparisons))
    question = Question(
        good=old,
        bad=new,
        suite=task.suite,
        paths=task.settings.bench.paths,
        install_setting=task.settings.install,
        timing=task.timing(tests),
        thresholds=task.thresholds,
        counts=task.count,
        budget_s=task.settings.bench.budget_s,
        test_timeout_s=_timeout_s(task),
        tests=tests,
        files=chosen.files,
    )
    whole = bisect.decisive(comparisons)
    terminal.tell_search(whole, bisect.half(whole.change.estimate))
    return bisect.find(question, comparisons, told=terminal.tell_tried)


def _plan(task: Task, chosen: Chosen, processes: tuple[int, int]) -> Plan:
    """How often the plain tests are repeated, so that there is time for so many processes: at least, and rather."""
    if task.count or not chosen.tests:
        return repeating.NONE
    timing = task.timing(chosen.names)
    calls = timing.rounds + timing.warmup_rounds
    benchmarks_s = sum(max(timing.seconds, calls * once_s) for once_s in chosen.benchmarks.values())
    left_s = task.until_s - time.monotonic()
    least_s, rather_s = (left_s / number - chosen.start_s - benchmarks_s for number in processes)
    plan = repeating.plan(chosen.tests, timing, Room(least_s=least_s, rather_s=rather_s))
    if not plan.repeats and not chosen.benchmarks:
        remedy = "\n".join(("Give it more time: --budget", *wording.left_out(plan.left_out)))
        raise NotMeasuredError("the budget is too small to repeat any test", where=str(task.suite.root), remedy=remedy)
    return plan


def _notes(task: Task, tests: tuple[str, ...], left_out: Mapping[str, str]) -> tuple[str, ...]:
    if task.count and task.allowed:
        return ("the limits of `bench.limits` are of time, which --count does not take: none was looked at",)
    return tuple(
        f"no benchmark of this session is meant by `{pattern}` of `bench.limits`"
        for pattern in limits.unmatched((*tests, *left_out), task.allowed)
    )


def _few_rounds(task: Task, chosen: Chosen, measured: Measured) -> dict[str, int]:
    """By benchmark that has asked for fewer rounds than it should have, how many: more time does not help there."""
    most = {test: max(len(each.wall_s) for each in processes) for test, processes in measured.new.items()}
    return {
        test: rounds
        for test, rounds in most.items()
        if test in chosen.benchmarks and rounds < task.settings.bench.rounds
    }


def _engine(stack: ExitStack, task: Task, suite: Suite) -> Engine:
    engine = Engine(suite, _scratch(stack), kind=EngineKind.FRESH, test_timeout_s=_timeout_s(task))
    return stack.enter_context(engine)


def _timeout_s(task: Task) -> float:
    return min(_TEST_TIMEOUT_S, max(_LEAST_TIMEOUT_S, task.settings.bench.budget_s))


def _scratch(stack: ExitStack) -> Path:
    return Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="nx")))
