"""Carries out trials with the engine, several at once, until time is up."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from noxtasks.flake.cause import rules
from noxtasks.flake.cause.model import Evidence, Rate, Trial
from noxtasks.suite.engine import Engine
from noxtasks.suite.model import Order, Outcome, Run, StateChange
from noxtasks.suite.runs import RunRequest

_MORE = 15  # trials where the first are promising


class TimeIsUpError(Exception):
    """The budget is spent; what was found until then stands."""


class UnavailableError(Exception):
    """This system lacks what the circumstances of a trial need; the message says what."""


class Laboratory:
    """Trials of one suite. `numbers` gives each a number that no run of the sample has."""

    def __init__(
        self,
        engine: Engine,
        *,
        jobs: int,
        until_s: float,
        clock: Callable[[], float],
        numbers: Callable[[], int],
    ) -> None:
        self._engine = engine
        self._jobs = jobs
        self._until_s = until_s
        self._clock = clock
        self._numbers = numbers
        self.blamed: list[tuple[str, ...]] = []
        """Sets of tests that were found to be to blame: they may be so for another test, too."""
        self.left_open: list[tuple[str, str]] = []
        """(test, what it left open), of the trials that looked for that."""

    def rate(
        self, trial: Trial, times: int, *, at_once: int | None = None, alike: frozenset[str] = frozenset()
    ) -> Rate:
        """How often the trial fails (with one of the exceptions `alike`, where given).

        Raises `TimeIsUpError` and `UnavailableError`, as all that runs trials.
        """
        outcomes = [_failed(run, alike) for run in self.runs([trial] * times, at_once=at_once)]
        return Rate(failures=sum(failed is True for failed in outcomes), runs=sum(x is not None for x in outcomes))

    def more(self, found: Evidence, present: Trial, absent: Trial) -> Evidence:
        """The evidence after further trials of both kinds, where they may make it evident."""
        if rules.is_evident(found) or not rules.is_promising(found):
            return found
        return rules.evidence(
            found.factor, found.present + self.rate(present, _MORE), found.absent + self.rate(absent, _MORE)
        )

    def go_alone(self) -> bool:
        """Let no two trials be side by side from now on: they may share a file or a port. False: none was before."""
        before, self._jobs = self._jobs, 1
        return before > 1

    def first(
        self, trial: Trial, *, times: int = 1, wanted: bool = True
    ) -> Callable[[list[tuple[str, ...]]], int | None]:
        """What `rules.minimal` asks: which of several sets of tests before the target makes it fail (or pass).

        A set has the property when one of `times` trials shows it.
        """

        def first_of(sets: list[tuple[str, ...]]) -> int | None:
            for start in range(0, len(sets), max(1, self._jobs)):
                some = sets[start : start + max(1, self._jobs)]
                outcomes = self.outcomes([trial.after(before) for before in some for _ in range(times)])
                for number in range(len(some)):
                    if wanted in outcomes[number * times : (number + 1) * times]:
                        return start + number
            return None

        return first_of

    def outcomes(self, trials: Sequence[Trial]) -> list[bool | None]:
        """For each trial whether its target failed; None where it was skipped."""
        return [_failed(run) for run in self.runs(trials)]

    def changes(self, trial: Trial) -> tuple[tuple[str, tuple[StateChange, ...]], ...]:
        """What each test before the target leaves changed, in one more trial; not what plugins change in any test."""
        (run,) = self.runs([trial], observed=trial.before)
        (usual,) = self.runs([trial.after(())], observed=(trial.target,))
        common = {(each.kind, each.name) for _, changes in usual.changes for each in changes}
        if trial.target in trial.before:
            common = {each for each in common if each[0] == "module" and each[1].startswith("asyncio.")}
        told = dict(reversed(run.changes))  # of a test that ran twice, the first time
        return tuple(
            (test, tuple(each for each in told[test] if (each.kind, each.name) not in common))
            for test in dict.fromkeys(trial.before)
            if test in told
        )

    def runs(self, trials: Sequence[Trial], *, at_once: int | None = None, observed: tuple[str, ...] = ()) -> list[Run]:
        """The trials as runs of the engine, in the order of `trials`."""
        if self._clock() > self._until_s:
            raise TimeIsUpError
        requests = [_request(trial, self._numbers(), observed) for trial in trials]
        requests.sort(key=lambda request: (request.hash_seed, request.circumstances.optimised))
        found: dict[int, Run] = {}
        for run in self._engine.runs(requests, jobs=at_once or self._jobs):
            found[run.number] = run
            if len(found) < len(requests) and self._clock() > self._until_s:
                raise TimeIsUpError
        for run in found.values():
            if run.unavailable:
                raise UnavailableError(run.unavailable)
        looked = [found[request.number] for request in requests if request.leaks]
        self.left_open += [(result.nodeid, note) for run in looked for result in run.results for note in result.notes]
        return [found[number] for number in sorted(found)]


def _request(trial: Trial, number: int, observed: tuple[str, ...]) -> RunRequest:
    return RunRequest(
        number=number,
        seed=trial.seed,
        hash_seed=trial.hash_seed,
        order=Order.COLLECTED,
        tests=trial.tests,
        circumstances=trial.circumstances,
        observed=observed,
        leaks=trial.leaks,
    )


def _failed(run: Run, alike: frozenset[str] = frozenset()) -> bool | None:
    last = run.results[-1] if run.results else None
    if last is None or last.outcome is Outcome.SKIPPED:
        return None
    if not (last.outcome.is_failure and alike):
        return last.outcome.is_failure
    return last.failure is not None and last.failure.exception in alike
