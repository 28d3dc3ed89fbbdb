"""Finds the commit that made a benchmark slower: `git bisect run`, in a worktree of its own that has no files.

What git runs at each step only tells this process which commit is to be tried, and waits for the answer. So an
interrupt ends the measuring as it does anywhere else, and whatever becomes of either process the user's tree, index and
refs are as they were: git keeps the refs of a search for each worktree by itself.
"""

from __future__ import annotations

import os
import select
import shlex
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from datetime import datetime
from functools import partial
from math import expm1, log1p
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec

from noxtasks.bench import comparing, compiled, lockstep, rules, sides
from noxtasks.bench.comparing import Measured
from noxtasks.bench.model import Bisection, Commit, Comparison, Finding, Mark, Metric, Tried
from noxtasks.bench.sides import Side
from noxtasks.errors import ConfigurationError, NotMeasuredError
from noxtasks.suite import git, process
from noxtasks.suite.engine import Engine
from noxtasks.suite.launch import Suite
from noxtasks.suite.model import EngineKind, Timing

_CODES = {Mark.GOOD: 0, Mark.BAD: 1, Mark.SKIP: 125}
_STEP = """\
git rev-parse --verify BISECT_HEAD > "$1" || exit 255
read -r code < "$2" || exit 255
exit "$code"
"""
_TICK_S = 0.2  # between looks at whether git has ended
_MESSAGE = 4096  # bytes


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """What is compared, and how."""

    good: Side
    bad: Side  # has the benchmarks that every other revision gets
    suite: Suite  # of the working tree
    paths: tuple[str, ...]  # where the benchmarks are
    install_setting: tuple[str, ...]
    timing: Timing
    thresholds: dict[Metric, float]
    counts: bool
    budget_s: float  # of one comparison
    test_timeout_s: float
    tests: tuple[str, ...]  # all benchmarks
    files: dict[str, Path]  # where they stand


def check(root: Path, good: str, bad: str) -> None:
    """Raises `ConfigurationError` where there is no way from `good` to `bad`, `NotMeasuredError` without FIFOs."""
    if not lockstep.CAN_TAKE_TURNS:
        raise NotMeasuredError(
            "a search takes FIFOs, which this system does not have",
            where="bench bisect",
            remedy="Compare any two commits: noxtasks bench --against REV --revision REV",
        )
    first, last = sides.revision(root, good, where="GOOD"), sides.revision(root, bad, where="BAD")
    ask = git.output_in(root)
    if first == last:
        raise ConfigurationError(f"{good} and {bad} are the same commit", where="GOOD")
    if ask(("git", "merge-base", "--is-ancestor", first, last)) is None:
        base = (ask(("git", "merge-base", first, last)) or b"").decode().strip()
        remedy = f"They part at {base}, which may be the good one." if base else "Name a commit that is one."
        if sides.is_shallow(root):
            remedy = sides.UNSHALLOW
        raise ConfigurationError(f"{good} is no ancestor of {bad}", where="GOOD", remedy=remedy)


def decisive(comparisons: Sequence[Comparison]) -> Comparison:
    """The benchmark of which it is surest that it is much slower; there has to be one that is slower."""
    return max(_slower(comparisons), key=lambda each: (each.change.interval.low, each.change.estimate))


def half(change: float) -> float:
    """The slow-down that makes `change` when it comes twice."""
    return expm1(log1p(change) / 2)


def find(question: Question, comparisons: Sequence[Comparison], *, told: Callable[[Tried], object]) -> Bisection:
    """Find the first commit at which the decisive benchmark is slower by more than half of the whole slow-down.

    `comparisons` are those of the bad side against the good one. `told` is called after each commit that is tried.
    Raises `NotMeasuredError` where git fails.
    """
    whole = decisive(comparisons)
    threshold = half(whole.change.estimate)
    tried: list[Tried] = []

    def judge(commit_id: str) -> Mark:
        tried.append(_try(question, commit_id, whole.test, threshold))
        told(tried[-1])
        return tried[-1].mark

    good, bad, root = question.good.revision, question.bad.revision, question.suite.root
    with sides.bookkeeping(root, good) as tree:
        left = _search(tree, good, bad, judge)
    found = Bisection(
        good=good,
        bad=bad,
        test=whole.test,
        threshold=threshold,
        tried=tuple(tried),
        left=tuple(_commit(root, each) for each in left),
    )
    return _confirmed(question, found, tuple(each.test for each in _slower(comparisons)))


def mark(measured: Measured, test: str, threshold: float) -> tuple[Mark, Comparison | None, str]:
    """What a commit is told to git as, by what was measured of `test`; and why, where it is skipped."""
    if test in measured.left_out or not measured.pairs.get(test):
        return Mark.SKIP, None, measured.left_out.get(test, "the benchmark could not be timed")
    (comparison,) = rules.compared({test: measured.pairs[test]}, dict.fromkeys(Metric, threshold))
    if comparison.finding is Finding.OPEN:
        return Mark.SKIP, comparison, "the pairs do not decide" if measured.is_whole else "the time was up"
    return Mark.BAD if comparison.finding is Finding.SLOWER else Mark.GOOD, comparison, ""


def command(suite: Suite, old: str, new: str, *, counts: bool) -> str:
    """The command that compares two commits, for a POSIX shell in the project's folder."""
    python = suite.python.relative_to(suite.root) if suite.python.is_relative_to(suite.root) else suite.python
    words = ["noxtasks", "bench", "--python", str(python), "--against", old, "--revision", new]
    more = [*(["--count"] if counts else []), *(("--", *suite.extra_args) if suite.extra_args else ())]
    return shlex.join([*words, *more])


def _slower(comparisons: Sequence[Comparison]) -> list[Comparison]:
    return [each for each in comparisons if each.finding is Finding.SLOWER]


def _search(tree: Path, good: str, bad: str, judge: Callable[[str], Mark]) -> list[str]:
    """Let git ask `judge` about one commit after another; those among which the first bad one is, the oldest first."""
    script, asking, answering, said = (tree.parent / name for name in ("step", "asking", "answering", "said"))
    script.write_text(_STEP, "utf-8")
    os.mkfifo(asking)
    os.mkfifo(answering)
    # both open for both, so that no side waits for the other to open its end
    questions, answers = (os.open(path, os.O_RDWR | os.O_NONBLOCK) for path in (asking, answering))
    sides.run_git(tree, "bisect", "start", "--no-checkout", bad, good)
    argv = [*sides.GIT, "bisect", "run", "sh", str(script), str(asking), str(answering)]
    running = process.start(argv, cwd=tree, env=git.environment(), output=said)
    try:
        skips = False
        while running.poll() is None:
            if select.select([questions], [], [], _TICK_S)[0]:
                told = judge(os.read(questions, _MESSAGE).decode().strip())
                skips = skips or told is Mark.SKIP
                os.write(answers, b"%d\n" % _CODES[told])
        listed = sides.run_git(tree, "rev-list", "--reverse", "refs/bisect/bad", "--not", "--glob=refs/bisect/good-*")
    finally:
        process.kill_group(running)
        os.close(questions)
        os.close(answers)
        git.output_in(tree)(("git", "bisect", "reset"))
    left = listed.split()
    if len(left) != 1 and not skips:
        told_by_git = said.read_text("utf-8", "replace")[-2000:]
        raise NotMeasuredError("git bisect has come to no end", where=" ".join(argv), remedy=f"It said:\n{told_by_git}")
    return left


def _try(question: Question, commit_id: str, test: str, threshold: float) -> Tried:
    commit = _commit(question.suite.root, commit_id)
    try:
        measured = _against(question, question.good, commit_id, (test,), dict.fromkeys(Metric, threshold))
    except NotMeasuredError as error:
        return Tried(commit=commit, mark=Mark.SKIP, comparison=None, reason=error.message)
    told, comparison, reason = mark(measured, test, threshold)
    return Tried(commit=commit, mark=told, comparison=comparison, reason=reason)


def _confirmed(question: Question, found: Bisection, tests: tuple[str, ...]) -> Bisection:
    """Hold what was found against the commit before it: it need not be all of the slow-down."""
    root, last = question.suite.root, found.left[-1].id
    parent = sides.revision(root, f"{found.left[0].id}^", where="GOOD")
    again = command(question.suite, parent, last, counts=question.counts)
    comparisons: list[Comparison] = []
    try:
        with ExitStack() as stack:
            measured = _against(question, _side(stack, question, parent), last, tests, question.thresholds)
        comparisons = rules.compared(measured.pairs, question.thresholds)
    except NotMeasuredError:  # the one before may be one that cannot be tried
        pass
    return msgspec.structs.replace(found, parent=parent, alone=tuple(comparisons), command=again)


def _against(
    question: Question, old: Side, name: str, tests: tuple[str, ...], thresholds: dict[Metric, float]
) -> Measured:
    """Compare `tests` of the commit `name` with those of `old`. An interrupt ends it, whatever there is by then."""
    with ExitStack() as stack:
        new = _side(stack, question, name)
        measured = _measured(stack, question, (old, new), tests, thresholds)
    if measured.is_interrupted:
        raise KeyboardInterrupt
    return measured


def _measured(
    stack: ExitStack,
    question: Question,
    both: tuple[Side, Side],
    tests: tuple[str, ...],
    thresholds: dict[Metric, float],
) -> Measured:
    old, new = both
    alike = partial(compiled.differences, compiled.of_side("old", old), compiled.of_side("new", new))
    until_s = time.monotonic() + question.budget_s
    scratch = [Path(stack.enter_context(TemporaryDirectory(prefix="nx"))) for _ in range(3)]
    if question.counts:
        return comparing.count(
            old.suite,
            new.suite,
            tests,
            timing=question.timing,
            thresholds=thresholds,
            scratch=scratch[2],
            until_s=until_s,
            told=lambda *_: None,
            alike=alike,
        )
    before, after = (
        stack.enter_context(Engine(side.suite, folder, kind=EngineKind.FRESH, test_timeout_s=question.test_timeout_s))
        for side, folder in zip(both, scratch, strict=False)
    )
    return comparing.compare(
        before,
        after,
        tests,
        timing=question.timing,
        thresholds=thresholds,
        scratch=scratch[2],
        until_s=until_s,
        told=lambda *_: None,
        allowed={},
        alike=alike,
    )


def _side(stack: ExitStack, question: Question, name: str) -> Side:
    """The commit `name` with the benchmarks of the bad side."""
    for side in (question.good, question.bad):
        if side.revision == name:
            return side
    ready = sides.make_ready(question.suite, name, install_setting=question.install_setting, where="GOOD")
    side = stack.enter_context(ready)
    sides.bring(question.tests, question.bad.suite.root, question.bad.tree, side, question.files)
    return sides.within(side, question.paths)


def _commit(root: Path, name: str) -> Commit:
    said = sides.run_git(root, "log", "-1", "--no-show-signature", "--format=%H%x00%aI%x00%s", name)
    commit_id, date, subject = said.rstrip("\n").split("\0")
    return Commit(id=commit_id, subject=subject, date=datetime.fromisoformat(date))
