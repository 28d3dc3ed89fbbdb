"""Pure decisions about flakiness: which runs to make, and what their outcomes say."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from math import ceil

import msgspec

from noxtasks import stats
from noxtasks.flake.cause.model import Explanation
from noxtasks.flake.model import (
    Change,
    Delta,
    Disagreement,
    Examination,
    Repeats,
    RunSummary,
    Standing,
    Unsteady,
    Weighed,
)
from noxtasks.history.model import Pool, Session, Tally, total
from noxtasks.stats import Interval, Judgement, Verdict
from noxtasks.suite.model import Order, Outcome, Run
from noxtasks.suite.runs import RunRequest

LEAST_RUNS = 5
MOST_RUNS = 100

_LEAST_REPEATS = 3
_MOST_REPEATS = 60
_CHANCE = 0.05  # of laying to the company what merely stayed away alone
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


def agree(now: Tally, then: Tally, *, confidence: float) -> bool:
    """Whether one test in two sessions can be one sample: no difference of its rates is beyond chance.

    A test that failed whenever it ran in one session and never in the other is the work of something that was not
    the same (a service, a variable), however few the runs.
    """
    if {standing(now), standing(then)} == {Standing.STEADY, Standing.BROKEN}:
        return False
    apart = stats.difference(_counts(then), _counts(now), confidence=confidence)
    return apart.low <= 0 <= apart.high


def differences(before: Session, now: Session) -> list[str]:
    """What makes two sessions incomparable, in words: each fact that is not the same, as it was and as it is."""
    facts = [{**msgspec.to_builtins(session.environment or {}), **session.conditions} for session in (before, now)]
    return [
        f"{name} {_fewest(facts[0].get(name), facts[1].get(name))}"
        for name in sorted(facts[0].keys() | facts[1].keys())
        if facts[0].get(name) != facts[1].get(name)
    ]


def _fewest(old: object, new: object) -> str:
    """The change from `old` to `new`; of mappings only what differs."""
    if isinstance(old, dict) and isinstance(new, dict):
        names = sorted(name for name in old.keys() | new.keys() if old.get(name) != new.get(name))
        return ", ".join(f"{name} {_fewest(old.get(name), new.get(name))}" for name in names)
    return f"{'none' if old is None else old} -> {'none' if new is None else new}"


def weigh(pool: Pool, session_id: str, *, confidence: float) -> list[Weighed]:
    """Each test of the session beside what other sessions say of it; only those that agree are added to its counts."""
    steady = [Weighed(now=tally, pooled=tally) for tally in pool.steady.values()]
    return steady + [
        _weighed(samples[session_id], [each for name, each in samples.items() if name != session_id], confidence)
        for samples in pool.unsteady.values()
        if session_id in samples
    ]


def _weighed(now: Tally, others: Sequence[Tally], confidence: float) -> Weighed:
    alike = [agree(now, other, confidence=confidence) for other in others]
    left_out = [other for other, same in zip(others, alike, strict=True) if not same]
    return Weighed(
        now=now,
        pooled=total([now, *(other for other, same in zip(others, alike, strict=True) if same)]),
        left_out=total(left_out) if left_out else None,
    )


def flaky_in(tallies: Iterable[Tally]) -> tuple[Tally, ...]:
    """Those that are flaky, highest rate first."""
    found = [tally for tally in tallies if standing(tally) is Standing.FLAKY]
    return tuple(sorted(found, key=lambda tally: (-tally.failures / tally.runs, tally.nodeid)))


def examine(
    tests: Sequence[Weighed],
    runs: Sequence[RunSummary],
    *,
    imported: Iterable[Tally] = (),
    repeats: Mapping[str, Repeats],
    first_seen: Mapping[str, datetime],
    run_names: Mapping[str, str],
    explanations: Mapping[str, Explanation],
    threshold: float,
    confidence: float,
) -> Examination:
    """Decide what the `tests` and the runs of this session say. It takes a failure in this session to be found.

    A test that passed in every run and fails in an experiment (`explanations`) is flaky too.
    """
    by_standing: dict[Standing, list[Tally]] = {kind: [] for kind in Standing}
    quiet: list[Tally] = []
    for test in tests:
        verdict = Standing.UNSEEN if not test.now.runs else standing(test.pooled)
        if verdict is Standing.STEADY and test.now.nodeid in explanations:
            verdict = Standing.FLAKY
        found_now = test.now.failures or test.now.nodeid in explanations or verdict is not Standing.FLAKY
        (by_standing[verdict] if found_now else quiet).append(test.pooled)

    def unsteady(kind: Standing, tallies: Iterable[Tally]) -> tuple[Unsteady, ...]:
        found = [
            Unsteady(
                tally=tally,
                standing=kind,
                rate=tally.failures / tally.runs,
                interval=stats.wilson(tally.failures, tally.runs, confidence=confidence),
                repeats=repeats.get(tally.nodeid, Repeats()),
                first_seen=first_seen.get(tally.nodeid),
                explanation=explanations.get(tally.nodeid),
                run_name=run_names.get(tally.nodeid, ""),
            )
            for tally in tallies
        ]
        return tuple(sorted(found, key=lambda test: (-test.rate, test.tally.nodeid)))

    flaky = unsteady(Standing.FLAKY, by_standing[Standing.FLAKY])
    judged = [*by_standing[Standing.FLAKY], *by_standing[Standing.STEADY], *quiet]
    hit = disturbed_runs((run.failed for run in runs), {test.tally.nodeid for test in flaky})
    return Examination(
        tests=len(tests),
        runs=len(runs),
        flaky=flaky,
        broken=unsteady(Standing.BROKEN, by_standing[Standing.BROKEN]),
        quiet=unsteady(Standing.FLAKY, quiet),
        disagreements=tuple(
            Disagreement(nodeid=test.now.nodeid, before=_counts(test.left_out), now=_counts(test.now))
            for test in sorted(tests, key=lambda test: test.now.nodeid)
            if test.left_out is not None and test.now.runs
        ),
        imported=flaky_in(imported),
        unseen=tuple(tally.nodeid for tally in by_standing[Standing.UNSEEN]),
        disturbed=stats.judge_below(hit, len(runs), threshold=threshold, confidence=confidence),
        claim=claim(judged, threshold=threshold, confidence=confidence),
        bounds=bounds(judged, confidence=confidence),
        fewest_runs=min((tally.runs for tally in judged), default=0),
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


def bounds(tallies: Iterable[Tally], *, confidence: float) -> Interval:
    """What can be said of all tests' rates without a threshold: some are at least `low`, and none is above `high`.

    Nothing can where there is no test.
    """
    counts = {(tally.failures, tally.runs) for tally in tallies}
    intervals = [stats.wilson(k, n, confidence=confidence) for k, n in counts]
    return Interval(
        low=max((each.low for each in intervals), default=0.0),
        high=max((each.high for each in intervals), default=1.0),
    )


def disturbed_runs(failed: Iterable[frozenset[str]], flaky: set[str]) -> int:
    """How many runs had a failure of one of the `flaky` tests; `failed` are the tests that failed in each."""
    return sum(not flaky.isdisjoint(names) for names in failed)


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


def repeats_worth(failures: int, runs: int, *, passed_alone: int = 0) -> int:
    """How often to repeat a failing run alone before the absence of a failure says something; at most 60, at least 3.

    `passed_alone` are the runs in which the test has passed with nothing beside it already.
    """
    needed = (tries for tries in range(_MOST_REPEATS) if _says_much(failures, runs, tries + passed_alone))
    return max(_LEAST_REPEATS, next(needed, _MOST_REPEATS))


def only_in_company(beside: tuple[int, int], alone: tuple[int, int]) -> bool:
    """Whether a test fails for the company of other runs, and not by itself.

    From its (failures, runs) with another run beside it, and without: it never failed without, though at the rate that
    it had beside one it would have, but for a chance of one in twenty.
    """
    failures, runs = beside
    return failures > 0 and alone[0] == 0 and _says_much(failures, runs, alone[1])


def _says_much(failures: int, runs: int, tries: int) -> bool:
    """Whether `tries` without a failure can hardly be chance for what failed so often before."""
    return stats.none_further(tries, successes=failures, trials=runs) <= _CHANCE


def doubtful(beside: Mapping[str, int], repeats: Mapping[str, Repeats]) -> set[str]:
    """Of the tests that failed beside other runs (and how often), those that have not been tried alone yet."""
    return {name for name, failures in beside.items() if failures and name not in repeats}


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
