"""What is decided of candidates while they run, and afterwards: speed-up, limit, suspects, recommendation."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from math import exp, inf, isfinite, log, sqrt
from statistics import median, stdev

from noxtasks import stats
from noxtasks.evidence.display.text import counted
from noxtasks.parallel.model import (
    Answer,
    Assessment,
    Basis,
    Candidate,
    Execution,
    Fault,
    Mode,
    Pair,
    Recommendation,
    State,
    Suspect,
    Trouble,
)
from noxtasks.stats import Interval, Shift
from noxtasks.suite.model import Outcome

WORTH = 1.1
"""A speed-up below this is not worth what running in parallel asks of a suite."""

PLAINLY = {1: 0.6, 2: 0.8, 3: 0.9}
"""By the number of runs, the share of the best's speed-up below which a candidate is dropped. After that intervals."""

LEAST_ROUNDS = 6
"""Pairs from which a signed-rank interval of 95 % has ends."""

_STUDENT = {3: 4.303, 4: 3.182, 5: 2.776}
"""By the number of pairs, the 97.5th percentile of Student's t: "The probable error of a mean", Biometrika 6 (1908)."""

_LEAST_SPREAD = 0.05  # of the logarithms of so few ratios, which may lie close together by chance
_ALIKE = 0.97  # of the best's speed-up: then fewer workers are preferred
_BAD = frozenset({Outcome.FAILED, Outcome.ERROR, Outcome.CRASHED, Outcome.TIMED_OUT, Outcome.STOPPED})


def basis(sequential: Sequence[Execution]) -> Basis:
    """What runs of plain pytest, at least one with phases, tell of the limit."""
    told = [(each, each.phases) for each in sequential if each.phases is not None]
    tests_s: dict[str, list[float]] = {}
    for _, phases in told:
        for test, took in phases.tests_s.items():
            tests_s.setdefault(test, []).append(took)
    longest = max(tests_s, key=lambda test: median(tests_s[test]), default="")
    return Basis(
        wall_s=median(each.wall_s for each in sequential),
        once_s=median(max(0.0, each.wall_s - phases.testing_s) for each, phases in told),
        total_s=median(phases.testing_s for _, phases in told),
        longest_s=median(tests_s[longest]) if longest else 0.0,
        longest=longest,
        cpu_s=median(phases.cpu_s for _, phases in told),
    )


def limit_s(of: Basis, workers: int, cores: int) -> float:
    """The least that any schedule takes: what is paid once, and then the longest test, or an equal share of all.

    R. L. Graham, "Bounds on multiprocessing timing anomalies" (1969). Workers that share a core do not add to it: what
    the tests need of the processor is divided by the cores at most.
    """
    return of.once_s + max(of.longest_s, of.total_s / workers, of.cpu_s / min(workers, cores))


def speedup(pairs: Sequence[Pair]) -> Shift:
    """How many times as fast, from the ratios of paired runs; at least one.

    From three pairs on there is an interval of 95 %: that of Student's t, and from six on that of the signed-rank test.
    """
    logs = [log(pair.speedup) for pair in pairs]
    found = stats.hodges_lehmann(logs)
    if len(logs) in _STUDENT:
        half = _STUDENT[len(logs)] * max(stdev(logs), _LEAST_SPREAD) / sqrt(len(logs))
        found = Shift(
            estimate=found.estimate,
            interval=Interval(low=found.estimate - half, high=found.estimate + half),
            pairs=found.pairs,
        )
    return Shift(
        estimate=exp(found.estimate),
        interval=Interval(low=exp(found.interval.low), high=_exp(found.interval.high)),
        pairs=found.pairs,
    )


def _exp(value: float) -> float:
    return exp(value) if isfinite(value) else inf


def best_first(pairs: Mapping[Candidate, Sequence[Pair]]) -> list[Candidate]:
    """The candidates that have run, the fastest first."""
    by_speed = {candidate: speedup(each).estimate for candidate, each in pairs.items() if each}
    return sorted(by_speed, key=lambda each: (-by_speed[each], each.workers, each.mode.value))


def worse(pairs: Mapping[Candidate, Sequence[Pair]]) -> dict[Candidate, str]:
    """Candidates that need not be run again, each with the reason.

    The best stays; so does the best of the other family, of xdist or ours, until it has an interval.
    """
    ranked = best_first(pairs)
    if not ranked:
        return {}
    best = ranked[0]
    other = next((each for each in ranked if each.mode.is_of_xdist is not best.mode.is_of_xdist), None)
    found = {}
    for candidate in ranked[1:]:
        if candidate == other and len(pairs[candidate]) < min(_STUDENT):
            continue
        if reason := _worse(pairs[candidate], pairs[best]):
            found[candidate] = f"{reason} {best.mode.value} -n {best.workers}"
    return found


def _worse(pairs: Sequence[Pair], best: Sequence[Pair]) -> str:
    share = speedup(pairs).estimate / speedup(best).estimate
    if share < PLAINLY.get(len(pairs), PLAINLY[max(PLAINLY)]):
        return f"{share:.2f} times as fast as"
    mine, theirs = ({pair.number: log(pair.speedup) for pair in each} for each in (pairs, best))
    differences = [mine[number] - theirs[number] for number in mine if number in theirs]
    if len(differences) >= LEAST_ROUNDS and stats.hodges_lehmann(differences).interval.high < 0:
        return "slower beyond noise than"
    return ""


def account(sequential: Sequence[Mapping[str, Outcome]], found: Mapping[str, Outcome]) -> tuple[list[str], list[str]]:
    """The tests that a run has left out, and those that it has and no sequential run had.

    What some of the sequential runs have not is named anew by each collection: of those only the number counts.
    """
    first, *others = (set(each) for each in sequential)
    stable = first.intersection(*others)
    missing, further = sorted(stable - set(found)), sorted(set(found) - stable)
    if not others:
        return missing, further
    lacking = min(len(each) for each in sequential) - len(stable) - len(further)
    if lacking > 0:
        missing.append("1 test whose name changes" if lacking == 1 else f"{lacking} tests whose names change")
    return missing, []


def named_alone(test: str, known: Container[str]) -> str:
    """What plain pytest, which has the tests in `known`, calls a test: xdist's `loadgroup` adds `@` and the group."""
    plain = test.rpartition("@")[0]
    return plain if test not in known and plain in known else test


def fault(
    missing: Sequence[str], further: Sequence[str], *, ran: int, is_over: bool, said: str, died: bool
) -> Fault | None:
    """Why a run does not count; None where every test is accounted for.

    `ran`: how many tests ended; `is_over`: the run ended by itself; `died`: a worker did.
    """
    if not missing and is_over and ran:
        return None
    if not is_over:
        trouble = Trouble.HUNG
    elif "Different tests were collected" in said or (further and missing):
        trouble = Trouble.DIFFERENT
    elif died:
        trouble = Trouble.CRASHED
    elif not ran:
        trouble = Trouble.NOT_STARTED
    else:
        trouble = Trouble.UNRUN
    return Fault(trouble=trouble, tests=tuple(missing), said=said)


def is_bad(outcome: Outcome) -> bool:
    """Whether a test that ends so counts against the suite."""
    return outcome in _BAD


def suspects(alone: Sequence[Execution], parallel: Sequence[Execution], *, confidence: float) -> tuple[Suspect, ...]:
    """Tests that end badly in parallel, and never did so alone; the most frequent first."""
    known = {test for each in alone for test, outcome in each.outcomes.items() if is_bad(outcome)}
    return _found(alone, parallel, lambda test, outcome: is_bad(outcome) and test not in known, confidence)


def otherwise(alone: Sequence[Execution], parallel: Sequence[Execution], *, confidence: float) -> tuple[Suspect, ...]:
    """Tests that end in parallel as they never did alone, and not badly: skipped there, or passed at last."""
    known = {(test, outcome) for each in alone for test, outcome in each.outcomes.items()}
    tests = {test for test, _ in known}

    def is_new(test: str, outcome: Outcome) -> bool:
        return test in tests and not is_bad(outcome) and (test, outcome) not in known

    return _found(alone, parallel, is_new, confidence)


def _found(
    alone: Sequence[Execution],
    parallel: Sequence[Execution],
    is_wanted: Callable[[str, Outcome], bool],
    confidence: float,
) -> tuple[Suspect, ...]:
    trials = Counter(test for each in parallel for test in each.outcomes)
    wanted: dict[str, list[Outcome]] = {}
    for each in parallel:
        for test, outcome in each.outcomes.items():
            if is_wanted(test, outcome):
                wanted.setdefault(test, []).append(outcome)
    found = [
        Suspect(
            test=test,
            times=len(outcomes),
            trials=trials[test],
            interval=stats.wilson(len(outcomes), trials[test], confidence=confidence),
            outcome=Counter(outcomes).most_common(1)[0][0],
            alone=len(alone),
        )
        for test, outcomes in wanted.items()
    ]
    return tuple(sorted(found, key=lambda each: (-each.times / each.trials, each.test)))


def chosen(assessments: Iterable[Assessment]) -> Assessment | None:
    """The best candidate that is not broken: without suspects, if there is one; of those alike, with fewer workers.

    One that was dropped early is no rival: it was slower, and has too few runs to say by how much.
    """
    whole = [each for each in assessments if each.state is State.KEPT and each.speedup is not None]
    sound = [each for each in whole if not each.suspects] or whole
    best = max((_estimate(each) for each in sound), default=0.0)
    alike = [each for each in sound if _estimate(each) >= _ALIKE * best]
    return min(alike, key=lambda each: (each.candidate.workers, -_estimate(each)), default=None)


def _estimate(assessment: Assessment) -> float:
    return assessment.speedup.estimate if assessment.speedup else 0.0


def answer(of: Shift) -> Answer:
    """Whether such a speed-up pays: surely faster and worth it, surely not worth it, or not decided."""
    if of.interval.low > 1.0 and of.estimate >= WORTH:
        return Answer.PAYS
    if of.interval.high < WORTH or (of.estimate < WORTH and of.pairs >= LEAST_ROUNDS):
        return Answer.DOES_NOT_PAY
    return Answer.UNDECIDED


def recommend(assessments: Sequence[Assessment]) -> Recommendation:
    """What to do."""
    best = chosen(assessments)
    if best is None or best.speedup is None:
        broken = any(each.state is State.BROKEN for each in assessments)
        reason = "every way to run it in parallel is broken" if broken else "nothing was measured in parallel"
        return Recommendation(
            answer=Answer.DOES_NOT_PAY if broken else Answer.UNDECIDED, candidate=None, speedup=None, reason=reason
        )
    found = answer(best.speedup)
    reason = {
        Answer.PAYS: f"{best.speedup.estimate:.2f} times as fast as one test after the other",
        Answer.DOES_NOT_PAY: f"the best is {best.speedup.estimate:.2f} times as fast, and {WORTH:g} would be worth it",
        Answer.UNDECIDED: f"not decided by {counted(best.speedup.pairs, 'pair')} of runs",
    }[found]
    if best.suspects:
        reason += f"; {counted(len(best.suspects), 'test')} failed there and never alone: mend that first"
    return Recommendation(answer=found, candidate=best.candidate, speedup=best.speedup, reason=reason)


def of(assessments: Iterable[Assessment], candidate: Candidate) -> Assessment:
    """What was found of one candidate."""
    return next(each for each in assessments if each.candidate == candidate)


def best_of(assessments: Iterable[Assessment], *, xdist: bool) -> Assessment | None:
    """The fastest of one family that works."""
    family = [
        each
        for each in assessments
        if each.candidate.mode.is_of_xdist is xdist and each.speedup is not None and each.state is not State.BROKEN
    ]
    return max(family, key=_estimate, default=None)


def candidates(modes: Iterable[Mode], workers: Iterable[int], *, cores: int) -> list[Candidate]:
    """Every mode with every count; those first that are likely to be the best, in case that the time is short."""
    counts = sorted(set(workers), key=lambda count: (count != cores, count))
    known = list(dict.fromkeys(modes))
    return [Candidate(mode=mode, workers=count) for count in counts for mode in known]


def default_workers(cores: int) -> tuple[int, ...]:
    """Few counts, from 2 to twice the cores: beyond the cores workers pay only where tests wait."""
    return tuple(sorted({2, max(2, cores), 2 * max(1, cores)}))
