"""Pure decisions about flakiness: which runs to make, and what their outcomes say."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from math import ceil, log, log1p

import msgspec

from noxtasks import stats
from noxtasks.flake.model import Change, Delta, Examination, Repeats, RunSummary, Standing, Unsteady
from noxtasks.history.model import Tally
from noxtasks.stats import Judgement, Verdict
from noxtasks.suite.model import Order, Outcome, Run
from noxtasks.suite.runs import RunRequest

LEAST_RUNS = 5
MOST_RUNS = 100

_LEAST_REPEATS = 3
_MOST_REPEATS = 60
_CHANCE = 0.05  # of calling a test sound alone whose failures merely stayed away
_START_UP_SHARE = 0.1  # of the time of the runs, for starting processes


def request(number: int, base_seed: int, order: Order, *, hash_seed: int) -> RunRequest:
    """The run of that number: the first in the order of collection, the others in `order`, each with its own seed."""
    return RunRequest(
        number=number,
        seed=_derived(base_seed, f"run {number}"),
        hash_seed=hash_seed,
        order=order if number else Order.COLLECTED,
    )


def hash_seed(process: int, base_seed: int) -> int:
    """The hash seed of the process of that number."""
    return _derived(base_seed, f"process {process}")


def runs_per_process(*, wanted: int | None, start_s: float, run_s: float) -> int:
    """How many runs one warm process makes before another, with its own hash seed and imports, takes over.

    Each process costs `start_s` seconds. Where a budget decides there is time for many. Where the user wants a number
    of runs, soon: as many processes as cost little beside the runs, which take `run_s` seconds each.
    """
    if wanted is None:
        return 5
    return min(10, max(4, ceil(start_s / (_START_UP_SHARE * run_s)))) if run_s else 10


def _derived(base_seed: int, purpose: str) -> int:
    """A number in [0, 2**32) from SHA-256, so that it is the same in every process and for every Python."""
    return int.from_bytes(hashlib.sha256(f"{base_seed}:{purpose}".encode()).digest()[:4], "big")


def another_run(done: int, *, wanted: int | None, elapsed_s: float, budget_s: float, run_s: float) -> bool:
    """Whether to start one more run after `done` of them.

    `wanted` is the user's number and is always met. Without it the budget decides, between 5 and 100 runs: a run that
    takes `run_s` seconds is started when it is expected to end in time.
    """
    if wanted is not None:
        return done < wanted
    if done < LEAST_RUNS:
        return True
    return done < MOST_RUNS and elapsed_s + run_s <= budget_s


def standing(tally: Tally) -> Standing:
    """What the outcomes of one test say about it."""
    if tally.runs == 0:
        return Standing.UNSEEN
    if tally.failures == 0:
        return Standing.STEADY
    return Standing.FLAKY if tally.failures < tally.runs or Outcome.RERUN in tally.outcomes else Standing.BROKEN


def examine(
    tallies: Sequence[Tally],
    runs: Sequence[RunSummary],
    *,
    repeats: Mapping[str, Repeats],
    first_seen: Mapping[str, datetime],
    run_names: Mapping[str, str],
    threshold: float,
    confidence: float,
) -> Examination:
    """Decide what all outcomes at one code version (`tallies`) and the runs of this session say."""
    by_standing: dict[Standing, list[Tally]] = {kind: [] for kind in Standing}
    for tally in tallies:
        by_standing[standing(tally)].append(tally)

    def unsteady(kind: Standing) -> tuple[Unsteady, ...]:
        found = [
            Unsteady(
                tally=tally,
                standing=kind,
                rate=tally.failures / tally.runs,
                interval=stats.wilson(tally.failures, tally.runs, confidence=confidence),
                repeats=repeats.get(tally.nodeid, Repeats()),
                first_seen=first_seen.get(tally.nodeid),
                run_name=run_names.get(tally.nodeid, ""),
            )
            for tally in by_standing[kind]
        ]
        return tuple(sorted(found, key=lambda test: (-test.rate, test.tally.nodeid)))

    flaky = unsteady(Standing.FLAKY)
    hit = disturbed_runs(runs, {test.tally.nodeid for test in flaky})
    return Examination(
        tests=len(tallies),
        runs=len(runs),
        flaky=flaky,
        broken=unsteady(Standing.BROKEN),
        unseen=tuple(tally.nodeid for tally in by_standing[Standing.UNSEEN]),
        disturbed=stats.judge_below(hit, len(runs), threshold=threshold, confidence=confidence),
        claim=claim(
            by_standing[Standing.FLAKY] + by_standing[Standing.STEADY], threshold=threshold, confidence=confidence
        ),
    )


def claim(tallies: Iterable[Tally], *, threshold: float, confidence: float) -> Judgement:
    """Is every test's rate below `threshold`? The judgement of the test that says most against it.

    One test whose lower bound is not below fails the claim; one whose sample is too small leaves it unmeasured.
    """
    severity = {Verdict.FAIL: 2, Verdict.UNMEASURED: 1, Verdict.PASS: 0}
    counts = {(tally.failures, tally.runs) for tally in tallies}
    if not counts:
        nothing = stats.judge_below(0, 0, threshold=threshold, confidence=confidence)
        return msgspec.structs.replace(nothing, reason="no test that could be judged")
    judgements = [stats.judge_below(k, n, threshold=threshold, confidence=confidence) for k, n in counts]
    return max(judgements, key=lambda judged: (severity[judged.verdict], judged.interval.high))


def disturbed_runs(runs: Iterable[RunSummary], flaky: set[str]) -> int:
    """How many runs had a failure of one of the `flaky` tests."""
    return sum(not flaky.isdisjoint(run.failed) for run in runs)


def summary(run: Run) -> RunSummary:
    """What is kept at hand of `run`."""
    return RunSummary(
        number=run.number,
        started=run.started,
        duration_s=run.duration_s,
        hash_seed=run.hash_seed,
        failed=frozenset(failures_of(run)),
        left_behind=tuple((result.nodeid, note) for result in run.results for note in result.notes),
        complete=run.complete,
    )


def failures_of(run: Run) -> set[str]:
    """The tests that failed in `run`."""
    return {result.nodeid for result in run.results if result.outcome.is_failure}


def upset_by_company(beside: Run, alone: Run) -> set[str]:
    """The tests that failed in a run with another beside it, and did not when they ran in the same run alone."""
    return failures_of(beside) & {result.nodeid for result in alone.results} - failures_of(alone)


def repeat(run: Run, tests: set[str], number: int) -> RunRequest:
    """The same run again, up to the last of `tests`."""
    last = max(result.position for result in run.results if result.nodeid in tests)
    return RunRequest(
        number=number,
        seed=run.seed,
        hash_seed=run.hash_seed,
        order=run.order,
        tests=tuple(result.nodeid for result in run.results if result.position <= last),
    )


def only(run: Run, tests: set[str], number: int) -> RunRequest:
    """The same run again, of `tests` alone."""
    names = tuple(result.nodeid for result in run.results if result.nodeid in tests)
    return RunRequest(number=number, seed=run.seed, hash_seed=run.hash_seed, order=run.order, tests=names)


def counted(beside: Run, alone: Run) -> Run:
    """Of a run that had another beside it and its repeat alone, the one that tells how the tests are by themselves."""
    if not upset_by_company(beside, alone):
        return beside
    return msgspec.structs.replace(alone, number=beside.number, order=beside.order)


def next_to_repeat(
    suspects: Mapping[str, int], runs: Sequence[RunSummary], repeats: Mapping[str, Repeats]
) -> tuple[RunSummary, set[str]] | None:
    """The failing run whose repeat tells of the most suspects that are not settled yet, and those; None at the end.

    `suspects` maps each to the repeats without a failure after which it is settled; a failure settles it at once.
    """

    def known(name: str) -> Repeats:
        return repeats.get(name, Repeats())

    unsettled = {name for name, most in suspects.items() if not known(name).failed and known(name).tried < most}
    candidates = [(run, tests) for run in runs if (tests := set(run.failed & unsettled))]
    if not candidates:
        return None
    fewest = min(known(name).tried for name in unsettled)
    return max(candidates, key=lambda each: (sum(known(name).tried == fewest for name in each[1]), -each[0].number))


def repeats_worth(failures: int, runs: int) -> int:
    """How often to repeat a failing run alone before the absence of a failure says something; at most 60, at least 3.

    If the test's rate were only the lower bound of its interval, so many repeats would pass by chance one time in 20.
    """
    lowest = stats.wilson(failures, runs).low
    enough = ceil(log(_CHANCE) / log1p(-lowest)) if lowest > 0 else _MOST_REPEATS
    return min(_MOST_REPEATS, max(_LEAST_REPEATS, enough))


def sound_alone(failures: int, runs: int, repeats: Repeats) -> bool:
    """Whether the repeats are enough to say that the test fails only beside other runs."""
    lowest = stats.wilson(failures, runs).low
    return repeats.failed == 0 and repeats.tried > 0 and (1 - lowest) ** repeats.tried <= _CHANCE


def after_repeat(repeats: Mapping[str, Repeats], tests: set[str], again: Run) -> dict[str, Repeats]:
    """`repeats` with what one repeat (`again`) says about `tests`."""
    failed = failures_of(again)
    known = dict(repeats)
    for name in tests:
        before = known.get(name, Repeats())
        known[name] = Repeats(tried=before.tried + 1, failed=before.failed + (name in failed))
    return known


def suspects(failed: Mapping[str, int], ran: Mapping[str, int]) -> dict[str, tuple[int, int]]:
    """(failures, runs) of the tests that failed in some of their runs and not in all."""
    return {name: (count, ran[name]) for name, count in failed.items() if 0 < count < ran[name]}


def compare(
    before: Sequence[Tally],
    after: Sequence[Tally],
    *,
    disturbed: tuple[tuple[int, int], tuple[int, int]],
    confidence: float,
) -> Delta:
    """What has changed between two windows; `disturbed` counts (runs with a flaky failure, runs) in each."""
    old = {tally.nodeid: tally for tally in before}
    new = {tally.nodeid: tally for tally in after}

    def change(name: str) -> Change:
        pair = _counts(old.get(name)), _counts(new.get(name))
        return Change(
            nodeid=name, before=pair[0], after=pair[1], difference=stats.difference(*pair, confidence=confidence)
        )

    was = {name for name, tally in old.items() if standing(tally) is Standing.FLAKY}
    now = {name for name, tally in new.items() if standing(tally) is Standing.FLAKY}
    gone = [change(name) for name in sorted(was - now) if name in new and standing(new[name]) is Standing.STEADY]
    return Delta(
        appeared=tuple(change(name) for name in sorted(now - was)),
        recovered=tuple(each for each in gone if each.difference.high < 0),
        quiet=tuple(each for each in gone if each.difference.high >= 0),
        persisting=tuple(change(name) for name in sorted(now & was)),
        overall=Change(
            nodeid="",
            before=disturbed[0],
            after=disturbed[1],
            difference=stats.difference(*disturbed, confidence=confidence),
        ),
    )


def _counts(tally: Tally | None) -> tuple[int, int]:
    return (tally.failures, tally.runs) if tally is not None else (0, 0)


def passed_in(run: Run, tests: set[str]) -> set[str]:
    """Those of `tests` that passed in `run`."""
    return {result.nodeid for result in run.results if result.outcome is Outcome.PASSED} & tests
