"""Decisions about mutants, pure: which tests try one, how long they may take, and what came of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterable, Mapping, Sequence
from itertools import permutations

import msgspec

from noxtasks.mutation.model import Baseline, Fate, Mutant, Status
from noxtasks.suite.model import Failure, Outcome, Run
from noxtasks.suite.problems import Problem

GONE = "is not collected any more"
"""How the message ends of a mutant's fate that has taken some tests away, and let the others run."""

_LEAST_S = 2.0
_TWICE = 2  # and more is no noise
_TIMES = 10  # as long as the tests take by themselves
_HOPE = 0.1  # kills that a test is credited with which has none
_OVERHEAD_S = 0.001  # of any test, besides its own time
_SCOUTS = 40  # where more of them let a mutant live, so do most of the others: all have to run then
_PASSED = frozenset({Outcome.PASSED, Outcome.XFAILED, Outcome.XPASSED, Outcome.RERUN, Outcome.SKIPPED})
_OUTCOMES = {
    Outcome.FAILED: Status.KILLED,
    Outcome.ERROR: Status.KILLED,
    Outcome.CRASHED: Status.SEGFAULT,
    Outcome.TIMED_OUT: Status.TIMEOUT,
    Outcome.STOPPED: Status.SUSPICIOUS,
}
_SAID = 300  # characters of the first line of a failure's message
_WRAPPED = "it passes in a plain copy, and not among mutmut's functions: it notices them, or is flaky"
_SLOWED = "it passes in a plain copy, and takes too long among mutmut's functions, which are slower"
_TOO_LONG = "Timeout: "
_ELSEWHERE = "it passes in the order of collection, and not in reverse in a process of their own"
_PLAIN = "it does not pass in a plain copy either"


def baseline(runs: Sequence[Run], at_import: Sequence[str], distrusted: Mapping[str, str] = {}) -> Baseline:
    """What `runs` say, of which none had a mutant and each another order.

    A test is left out that does not pass in each of them, or that is `distrusted` (with the reason). `at_import` are
    functions in the order of their first calls, before any test.

    Tests that are skipped kill nothing, and are not among those that cover a function.
    """
    durations_s: dict[str, float] = {}
    there = {result.nodeid for run in runs for result in run.results}
    left_out = {test: why for test, why in distrusted.items() if test in there}
    skipped: set[str] = set()
    passed: set[str] = set()
    failed: set[str] = set()
    for run in runs:
        for result in run.results:
            if result.outcome is Outcome.SKIPPED:
                skipped.add(result.nodeid)
            elif result.outcome not in _PASSED:
                why = _said(result.failure) or result.outcome.value
                if result.nodeid not in left_out and result.nodeid not in passed:
                    failed.add(result.nodeid)
                left_out.setdefault(result.nodeid, f"{_ELSEWHERE}: {why}" if result.nodeid in passed else why)
            else:
                passed.add(result.nodeid)
            durations_s[result.nodeid] = max(durations_s.get(result.nodeid, 0.0), result.duration_s)
    everywhere = set(durations_s).intersection(*({result.nodeid for result in run.results} for run in runs))
    for test in durations_s.keys() - everywhere:
        left_out.setdefault(test, "not every process collects it")
    sound = {test: took_s for test, took_s in durations_s.items() if test not in left_out and test not in skipped}
    covered = [_covering(run, sound) for run in runs]
    covering = {
        function: set().union(*(each.get(function, ()) for each in covered)) for each in covered for function in each
    }
    unusable = {name for run in runs for test, functions in run.ran if test in left_out for name in functions}
    places = {test: place for place, test in enumerate(durations_s)}
    return Baseline(
        durations_s=sound,
        left_out=tuple(sorted(left_out.items(), key=lambda told: places[told[0]])),
        covering={function: tuple(sorted(tests, key=places.__getitem__)) for function, tests in covering.items()},
        at_import=frozenset(at_import),
        import_order=tuple(at_import),
        order_dependent=frozenset(
            function for function, tests in covering.items() if any(each.get(function) != tests for each in covered)
        ),
        ran=dict(runs[0].ran) if runs else {},
        unusable=frozenset(unusable - covering.keys()),
        failed=frozenset(failed),
        shared_s=_shared_s(runs),
    )


def _shared_s(runs: Sequence[Run]) -> float:
    """What comes first pays for all: how much longer tests took in one order than in another, in all.

    A fixture for the session, a cache, an import. Any test may have to pay it where it is the first.
    """
    took = [{result.nodeid: result.duration_s for result in run.results} for run in runs]
    return max(
        (
            sum(here[test] - there[test] for test in here.keys() & there.keys() if here[test] > _TWICE * there[test])
            for here, there in permutations(took, 2)
        ),
        default=0.0,
    )


def explained(found: Baseline, plain: Run) -> Baseline:
    """`found`, with what `plain` says of the tests that have failed: it ran them without anything of mutmut's.

    Those that are left out for another reason may pass there, and nothing follows from it.
    """
    plainly = {result.nodeid: result.outcome in _PASSED for result in plain.results if result.nodeid in found.failed}
    told = (
        (test, f"{_compared(why, passes=plainly[test])}: {why}" if test in plainly else why)
        for test, why in found.left_out
    )
    return msgspec.structs.replace(found, left_out=tuple(told))


def _compared(why: str, *, passes: bool) -> str:
    """What it means that a test which has failed with `why` among mutmut's functions passes in a plain copy, or not."""
    if not passes:
        return _PLAIN
    return _SLOWED if why.startswith(_TOO_LONG) else _WRAPPED


def with_uncollected(found: Baseline, problems: Sequence[Problem]) -> Baseline:
    """`found`, with the files and tests besides that cannot be collected."""
    broken = {
        problem.nodeid or problem.path: next(
            (error for error in problem.chain if not error.type.endswith("CollectError")), problem.chain[0]
        )
        for problem in problems
        if problem.chain and (problem.nodeid or problem.path)
    }
    told = tuple(
        (place, f"it cannot be collected: {error.type}: {error.message}".partition("\n")[0][:_SAID])
        for place, error in broken.items()
    )
    return msgspec.structs.replace(found, left_out=(*found.left_out, *told))


def renamed(mutants: Sequence[Mutant], found: Baseline) -> tuple[Mutant, ...]:
    """`mutants`, with the names that their modules really have when they run.

    A module in a folder that tests put on the path is called otherwise than one of a package in that folder.
    """
    seen = {_module(key) for key in (*found.covering, *found.at_import)}
    own = {_module(mutant.key) for mutant in mutants}
    pairs = [
        (name, other)
        for name in own - seen
        for other in seen - own
        if name.endswith(f".{other}") or other.endswith(f".{name}")
    ]
    times = Counter(name for pair in pairs for name in pair)
    names = {name: other for name, other in pairs if times[name] == times[other] == 1}
    return tuple(
        msgspec.structs.replace(mutant, name=f"{names[module]}{mutant.name[len(module) :]}")
        if (module := _module(mutant.key)) in names
        else mutant
        for mutant in mutants
    )


def _module(key: str) -> str:
    return key.rpartition(".")[0]


def _covering(run: Run, sound: Container[str]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for test, functions in run.ran:
        for function in functions if test in sound else ():
            found.setdefault(function, set()).add(test)
    return found


def without(baseline: Baseline, tests: Mapping[str, str]) -> Baseline:
    """The same without `tests`, which are left out for the reason that each has."""
    return msgspec.structs.replace(
        baseline,
        durations_s={test: took_s for test, took_s in baseline.durations_s.items() if test not in tests},
        left_out=(*baseline.left_out, *tests.items()),
        covering={
            function: tuple(test for test in covering if test not in tests)
            for function, covering in baseline.covering.items()
        },
    )


def has_passed(run: Run, tests: Iterable[str]) -> bool:
    """Whether each of `tests` has run, and none has failed."""
    passed = {result.nodeid for result in run.results if result.outcome in _PASSED}
    return passed.issuperset(tests) and run.died is None


def ordered(tests: Iterable[str], durations_s: Mapping[str, float], kills: Mapping[str, int]) -> tuple[str, ...]:
    """`tests`, the likeliest to kill soon first: by their kills of mutants of the function, for the time they take."""
    chance = {test: (kills.get(test, 0) + _HOPE) / (durations_s[test] + _OVERHEAD_S) for test in tests}
    return tuple(sorted(chance, key=lambda test: (-chance[test], test)))


def scouts(killers: Iterable[str], durations_s: Mapping[str, float], kills: Mapping[str, int]) -> tuple[str, ...]:
    """The tests that try a mutant before all of them do: `killers` of its function, and their other parameters."""
    first = ordered(killers, durations_s, kills)
    functions = {test.partition("[")[0] for test in first}
    beside = (test for test in durations_s if test.partition("[")[0] in functions and test not in kills)
    return (*first, *ordered(beside, durations_s, kills))[:_SCOUTS]


def limit_s(duration_s: float) -> float:
    """How long a test, or several together, may take that took `duration_s`, before it counts as never ending."""
    return max(_LEAST_S, _TIMES * duration_s)


def fate(mutant: Mutant, run: Run, tests: Sequence[str], *, is_alone: bool) -> Fate:
    """What `run` says of `mutant`, which `tests` tried until the first failure.

    `is_alone`: it was active from before its function could run in a process of its own, so that what keeps tests from
    being collected, or the process from living, is its doing. Else its function had not run before it was activated,
    which leaves nothing to confirm but what is suspicious.
    """
    status, killed_by, message = _verdict(run, tests, is_alone=is_alone)
    return Fate(
        mutant=mutant.id,
        status=status,
        killed_by=killed_by,
        message=message,
        uncollected="" if killed_by or status is not Status.KILLED else min(_missing(run, tests), default=""),
        tests=tuple(sorted(tests)) if status is Status.SURVIVED else (),
        is_confirmed=is_alone or status is not Status.SUSPICIOUS,
        functions=None if run.touched is None else tuple(name for _, names in run.ran for name in names),
        touched=run.touched,
        duration_s=run.duration_s,
    )


def _verdict(run: Run, tests: Sequence[str], *, is_alone: bool) -> tuple[Status, str, str]:
    last = run.results[-1] if run.results else None
    if last is not None and last.outcome in _OUTCOMES:
        return _OUTCOMES[last.outcome], last.nodeid, _said(last.failure)
    if run.died is not None:
        timed_out = run.died.phase == "timeout"
        status = Status.TIMEOUT if timed_out else Status.KILLED if is_alone and not last else Status.SUSPICIOUS
        return status, "", _said(run.died)
    missing = _missing(run, tests)
    if missing:
        why = "did not run" if not is_alone else GONE if run.results else "cannot be collected"
        reason = f"{min(missing)} {why}" + (f": {run.unimportable}" if run.unimportable else "")
        return (Status.KILLED if is_alone else Status.SUSPICIOUS), "", reason.partition("\n")[0][:_SAID]
    return Status.SURVIVED, "", ""


def _missing(run: Run, tests: Iterable[str]) -> set[str]:
    return set(tests) - {result.nodeid for result in run.results}


def _said(failure: Failure | None) -> str:
    if failure is None:
        return ""
    said = ": ".join(part for part in (failure.exception, failure.message) if part)
    return said.partition("\n")[0][:_SAID]


def unchecked(mutant: Mutant) -> Fate:
    """The fate of a mutant that was not tried."""
    return Fate(mutant=mutant.id, status=Status.UNCHECKED)


def is_untested(mutant: Mutant, baseline: Baseline) -> bool:
    """Whether no test runs its function, and nothing does at import."""
    return mutant.key not in baseline.covering and mutant.key not in baseline.at_import


def is_settled(fate: Fate) -> bool:
    """Whether a fate stays what it is: no further trial was to come when the scan was cut off."""
    if fate.status is Status.TIMEOUT:
        return False
    return fate.is_confirmed or fate.status in {Status.KILLED, Status.SEGFAULT}


def untested(mutant: Mutant) -> Fate:
    """The fate of a mutant whose function no test runs."""
    return Fate(mutant=mutant.id, status=Status.NO_TESTS, is_confirmed=True)


def confirmed(first: Fate, again: Fate) -> Fate:
    """What a second trial makes of the first: what it says, and the time and the functions of both.

    Of a survivor, the tests of both.
    """
    known = first.functions is not None and again.functions is not None
    survives = first.status is again.status is Status.SURVIVED
    return msgspec.structs.replace(
        again,
        functions=tuple(sorted({*(first.functions or ()), *(again.functions or ())})) if known else None,
        duration_s=first.duration_s + again.duration_s,
        tests=tuple(sorted({*first.tests, *again.tests})) if survives else again.tests,
    )
