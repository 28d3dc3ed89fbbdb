"""Who is suspected: tests that changed their outcome in the runs that were made, and those that probes provoke.

A probe is a run that a shuffled order hardly ever is: every test twice in a row, every test alone, the collected order
reversed, further hash seeds. What fails in one is a suspect, no more; experiments decide.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from noxtasks.flake.cause.laboratory import Laboratory, TimeIsUpError
from noxtasks.flake.cause.model import Suspect, Trial
from noxtasks.suite.model import Outcome, Result, Run

_CHUNK = 16  # lone tests that are begun together


def from_runs(names: Iterable[str], runs: Iterable[Run]) -> list[Suspect]:
    """For each of `names` the trial with the fewest tests before it in which it failed, and in which it passed."""
    found = {name: Suspect(test=name, failing=None, passing=None) for name in names}
    for run in runs:
        order = tuple(result.nodeid for result in run.results)
        for place, result in enumerate(run.results):
            if result.nodeid in found:
                trial = Trial(tests=order[: place + 1], seed=run.seed, hash_seed=run.hash_seed)
                found[result.nodeid] = with_outcome(found[result.nodeid], result, trial)
    return list(found.values())


def with_outcome(suspect: Suspect, result: Result, trial: Trial) -> Suspect:
    """The suspect with one more outcome; of two trials with the same outcome the one with fewer tests is kept."""
    if result.outcome.is_failure:
        exceptions = suspect.exceptions | ({result.failure.exception} if result.failure else set())
        return msgspec.structs.replace(suspect, failing=_shorter(suspect.failing, trial), exceptions=exceptions)
    if result.outcome is Outcome.SKIPPED:
        return suspect
    return msgspec.structs.replace(suspect, passing=_shorter(suspect.passing, trial))


def provoked(lab: Laboratory, suite: tuple[str, ...], seeds: Trial, hash_seeds: Sequence[int]) -> Iterator[Suspect]:
    """Probe the suite, the cheapest and most telling first, until time is up; `seeds` gives those of the trials.

    Each suspect comes once for every probe that provokes it.
    """
    try:
        yield from _twice_and_in_reverse(lab, msgspec.structs.replace(seeds, tests=suite))
        yield from _alone(lab, msgspec.structs.replace(seeds, tests=suite))
        for hash_seed in hash_seeds:
            yield from _in_order(lab, Trial(tests=suite, seed=seeds.seed, hash_seed=hash_seed))
    except TimeIsUpError:
        return


def _twice_and_in_reverse(lab: Laboratory, whole: Trial) -> Iterator[Suspect]:
    doubled = tuple(name for name in whole.tests for _ in range(2))
    backwards = msgspec.structs.replace(whole, tests=whole.tests[::-1], leaks=True)
    twice, reverse = lab.runs([msgspec.structs.replace(whole, tests=doubled), backwards])
    for first, second in zip(twice.results[::2], twice.results[1::2], strict=False):
        if not first.outcome.is_failure and second.outcome.is_failure and first.nodeid == second.nodeid:
            lone = msgspec.structs.replace(whole, tests=(first.nodeid,))
            suspect = Suspect(test=first.nodeid, failing=None, passing=lone)
            yield with_outcome(suspect, second, lone.after((first.nodeid,)))
    yield from _failed_in(reverse)


def _in_order(lab: Laboratory, whole: Trial) -> Iterator[Suspect]:
    (run,) = lab.runs([whole])
    yield from _failed_in(run)


def _failed_in(run: Run) -> list[Suspect]:
    return from_runs([result.nodeid for result in run.results if result.outcome.is_failure], [run])


def _alone(lab: Laboratory, whole: Trial) -> Iterator[Suspect]:
    for start in range(0, len(whole.tests), _CHUNK):
        trials = [msgspec.structs.replace(whole, tests=(name,)) for name in whole.tests[start : start + _CHUNK]]
        for trial, run in zip(trials, lab.runs(trials), strict=True):
            if run.results and run.results[0].outcome.is_failure:
                yield with_outcome(Suspect(test=trial.target, failing=None, passing=None), run.results[0], trial)


def _shorter(known: Trial | None, other: Trial) -> Trial:
    return other if known is None or len(other.tests) < len(known.tests) else known
