"""Decisions about mutants, pure: which tests try one, how long they may take, what came of it, and the score."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence

import msgspec

from noxtasks.mutation.model import Baseline, Fate, Judgement, Mutant, Score, Status
from noxtasks.stats import Verdict
from noxtasks.suite.model import Failure, Outcome, Run

TIMEOUTS = ("killed", "survived", "ignored")
"""What a mutant counts as on which the tests take too long."""

GONE = "is not collected any more"
"""How the message ends of a mutant's fate that has taken some tests away, and let the others run."""

_LEAST_S = 2.0
_TIMES = 10  # as long as the tests take by themselves
_HOPE = 0.1  # kills that a test is credited with which has none
_OVERHEAD_S = 0.001  # of any test, besides its own time
_SCOUTS = 200
_PASSED = frozenset({Outcome.PASSED, Outcome.XFAILED, Outcome.XPASSED, Outcome.RERUN, Outcome.SKIPPED})
_OUTCOMES = {
    Outcome.FAILED: Status.KILLED,
    Outcome.ERROR: Status.KILLED,
    Outcome.CRASHED: Status.SEGFAULT,
    Outcome.TIMED_OUT: Status.TIMEOUT,
    Outcome.STOPPED: Status.SUSPICIOUS,
}
_SAID = 300  # characters of the first line of a failure's message
_DETECTED = frozenset({Status.KILLED, Status.SEGFAULT})
_MISSED = frozenset({Status.SURVIVED, Status.NO_TESTS, Status.SUSPICIOUS})
_EXECUTED = frozenset({Status.KILLED, Status.SEGFAULT, Status.SURVIVED, Status.TIMEOUT, Status.SUSPICIOUS})


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
    for run in runs:
        for result in run.results:
            if result.outcome is Outcome.SKIPPED:
                skipped.add(result.nodeid)
            elif result.outcome not in _PASSED:
                left_out.setdefault(result.nodeid, _said(result.failure) or result.outcome.value)
            durations_s[result.nodeid] = max(durations_s.get(result.nodeid, 0.0), result.duration_s)
    for test in durations_s:
        if any(all(result.nodeid != test for result in run.results) for run in runs):
            left_out.setdefault(test, "not every process collects it")
    sound = {test: took_s for test, took_s in durations_s.items() if test not in left_out and test not in skipped}
    covered = [_covering(run, sound) for run in runs]
    covering = {
        function: set().union(*(each.get(function, ()) for each in covered)) for each in covered for function in each
    }
    return Baseline(
        durations_s=sound,
        left_out=tuple(left_out.items()),
        covering={function: tuple(t for t in sound if t in tests) for function, tests in covering.items()},
        at_import=frozenset(at_import),
        import_order=tuple(at_import),
        order_dependent=frozenset(
            function for function, tests in covering.items() if any(each.get(function) != tests for each in covered)
        ),
    )


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


def limit_s(tests: Iterable[str], durations_s: Mapping[str, float]) -> float:
    """How long `tests` may take together before the mutant counts as one on which they never end."""
    return max(_LEAST_S, _TIMES * sum(durations_s[test] for test in tests))


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
        tests=tuple(sorted(tests)) if status is Status.SURVIVED else (),
        is_confirmed=is_alone or status is not Status.SUSPICIOUS,
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
    missing = set(tests) - {result.nodeid for result in run.results}
    if missing:
        why = "did not run" if not is_alone else GONE if run.results else "cannot be collected"
        reason = f"{min(missing)} {why}"
        return (Status.KILLED if is_alone else Status.SUSPICIOUS), "", reason
    return Status.SURVIVED, "", ""


def _said(failure: Failure | None) -> str:
    if failure is None:
        return ""
    said = ": ".join(part for part in (failure.exception, failure.message) if part)
    return said.partition("\n")[0][:_SAID]


def score(fates: Iterable[Fate], *, timeouts: str) -> Score:
    """Killed and crashed of all that could be; timeouts as `timeouts` says, one of `TIMEOUTS`.

    What is skipped or unchecked counts neither way. Mutants that no test runs count as not killed, but not in the
    figure of covered code.
    """
    statuses = [fate.status for fate in fates]
    timed_out = statuses.count(Status.TIMEOUT)
    killed = sum(status in _DETECTED for status in statuses) + (timed_out if timeouts == "killed" else 0)
    missed = sum(status in _MISSED for status in statuses) + (timed_out if timeouts == "survived" else 0)
    total = killed + missed
    covered = total - statuses.count(Status.NO_TESTS)
    return Score(
        killed=killed,
        total=total,
        covered=covered,
        figure=killed / total if total else None,
        figure_of_covered=killed / covered if covered else None,
    )


def by_path(mutants: Iterable[Mutant], fates: Mapping[str, Fate], *, timeouts: str) -> dict[str, Score]:
    """The score of each file, by its path."""
    found: dict[str, list[Fate]] = {}
    for mutant in mutants:
        found.setdefault(mutant.path, []).append(fates[mutant.id])
    return {path: score(each, timeouts=timeouts) for path, each in sorted(found.items())}


def judge(found: Score, fates: Iterable[Fate], *, threshold: float) -> Judgement:
    """Does the score reach `threshold`? Unmeasured while a mutant is unchecked, and where none was executed."""
    statuses = [fate.status for fate in fates]
    unchecked = statuses.count(Status.UNCHECKED)
    if unchecked:
        verdict, reason = Verdict.UNMEASURED, f"{unchecked} of {len(statuses)} mutants were not tried"
    elif found.figure is None or not any(status in _EXECUTED for status in statuses):
        verdict, reason = Verdict.UNMEASURED, "no mutant was executed"
    else:
        verdict = Verdict.PASS if found.figure >= threshold else Verdict.FAIL
        reason = f"{found.killed} of {found.total} mutants are killed"
    return Judgement(verdict=verdict, figure=found.figure, threshold=threshold, reason=reason)


def unchecked(mutant: Mutant) -> Fate:
    """The fate of a mutant that was not tried."""
    return Fate(mutant=mutant.id, status=Status.UNCHECKED)


def untested(mutant: Mutant) -> Fate:
    """The fate of a mutant whose function no test runs."""
    return Fate(mutant=mutant.id, status=Status.NO_TESTS, is_confirmed=True)


def confirmed(first: Fate, again: Fate) -> Fate:
    """What a second trial makes of the first: what it says, and the time of both; of a survivor, the tests of both."""
    survives = first.status is again.status is Status.SURVIVED
    tests = tuple(sorted({*first.tests, *again.tests})) if survives else again.tests
    return msgspec.structs.replace(again, duration_s=first.duration_s + again.duration_s, tests=tests)
