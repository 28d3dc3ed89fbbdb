"""What every report of a scan says in the same words."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from math import isfinite

from noxtasks.evidence.display.text import counted, shown
from noxtasks.parallel.conflicts import Conflict
from noxtasks.parallel.model import (
    Answer,
    Assessment,
    Candidate,
    Ending,
    Fault,
    Gate,
    Report,
    State,
    Suspect,
)
from noxtasks.stats import Interval, Shift

_ENDINGS = {
    Ending.DECIDED: "",
    Ending.ROUNDS: "",
    Ending.BUDGET: "the budget is over: -S parallel.budget=20m gives more time",
    Ending.INTERRUPTED: "interrupted; what was measured is kept",
    Ending.STOPPED: "no more was measured; what was is kept",
    Ending.NOTHING_LEFT: "no way to run it in parallel is left",
}
_NAMED = 3  # tests in one line


def named(candidate: Candidate) -> str:
    """A candidate in short."""
    return f"{candidate.mode.value} -n {candidate.workers}"


def command(candidate: Candidate, pytest_args: Sequence[str] = ()) -> str:
    """The command that runs the suite so."""
    count = str(candidate.workers)
    if candidate.mode.is_of_xdist:
        return shlex.join(["pytest", "-n", count, "--dist", candidate.mode.value, *pytest_args])
    return shlex.join(["noxtasks", "run", "-n", count, *(("--", *pytest_args) if pytest_args else ())])


def again(candidate: Candidate, pytest_args: Sequence[str] = ()) -> str:
    """The command that tries this candidate alone once more."""
    words = ["noxtasks", "parallel", "--workers", str(candidate.workers), "--modes", candidate.mode.value]
    return shlex.join([*words, *(("--", *pytest_args) if pytest_args else ())])


def times(figure: float | None) -> str:
    """A ratio."""
    return f"{figure:.2f}x" if figure is not None else "-"


def bounds(interval: Interval) -> str:
    """Both ends of an interval of ratios; nothing where it has none."""
    return f"{interval.low:.2f} to {interval.high:.2f}" if isfinite(interval.high) and interval.low > 0 else ""


def change(of: Shift | None) -> str:
    """A speed-up with its interval, where it has one."""
    if of is None:
        return "not measured"
    ends = bounds(of.interval)
    return f"{times(of.estimate)} ({ends})" if ends else f"{times(of.estimate)} ({counted(of.pairs, 'pair')} of runs)"


def state(of: Assessment) -> str:
    """What there is to say of a candidate in a word or two."""
    if of.state is State.BROKEN and of.fault is not None:
        return f"broken: {of.fault.trouble.value}"
    if of.state is State.NOT_TRIED:
        return "not tried"
    if of.suspects:
        return counted(len(of.suspects), "suspect")
    return of.causes[0].dominant.value if of.causes else ""


def fault(of: Fault) -> str:
    """Why a run does not count, and the tests that it has lost."""
    if not of.tests:
        return of.trouble.value
    some = ", ".join(map(shown, of.tests[:_NAMED]))
    more = f" and {len(of.tests) - _NAMED} more" if len(of.tests) > _NAMED else ""
    return f"{of.trouble.value}; {counted(len(of.tests), 'test')} not accounted for: {some}{more}"


def suspect(of: Suspect) -> str:
    """How often a test ended so in parallel."""
    return (
        f"{shown(of.test)} {of.outcome.value} {of.times} of {of.trials} times "
        f"({of.interval.low:.0%} to {of.interval.high:.0%}), alone 0 of {of.alone}"
    )


def otherwise(of: Assessment) -> str:
    """The tests that end otherwise in parallel, and not badly, in one line; nothing where there are none."""
    if not of.otherwise:
        return ""
    more = f", and {counted(len(of.otherwise) - 1, 'more test')}" if len(of.otherwise) > 1 else ""
    return f"{named(of.candidate)}: {suspect(of.otherwise[0])}{more}"


def conflict(of: Conflict) -> str:
    """The two tests that were tried, what they share, and how often they failed."""
    first, other = map(shown, of.tests)
    return (
        f"{first} and {other} share the {of.resource.kind.value} {shown(of.resource.name)}: failed "
        f"{of.together.failures} of {of.together.trials} times at the same time, {of.apart.failures} of "
        f"{of.apart.trials} one after the other"
    )


def gate(of: Gate) -> str:
    """A verdict with what it rests on."""
    judgement = of.judgement
    return f"{of.name} {judgement.verdict.value}: {judgement.reason}"


def recommendation(report: Report, pytest_args: Sequence[str] = ()) -> list[str]:
    """The answer, and the command that goes with it."""
    found = report.recommendation
    lines = [f"parallel {found.answer.value}: {found.reason}"]
    if found.candidate is not None:
        lines.append(f"expected: {named(found.candidate)} {change(found.speedup)}")
        if found.answer is Answer.PAYS:
            lines.append(f"$ {command(found.candidate, pytest_args)}")
        if found.answer is Answer.DOES_NOT_PAY:
            lines.append("keep running it one test after the other")
    return lines


def ending(report: Report) -> str:
    """Why there were no more runs, where that matters."""
    return _ENDINGS[report.ending]
