"""The course of the trials: which mutants, in which order, and until when.

What is cut off in the middle of a batch would be no sample: mutants that die are known at once, those that live only
after a second trial. So at the end of the time a batch counts as a whole or not at all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

import msgspec

from noxtasks.config import MutationSettings
from noxtasks.errors import TimeIsUpError
from noxtasks.mutation import rules
from noxtasks.mutation.deciding import sampling, scoring, stopping
from noxtasks.mutation.model import Baseline, Choice, Ending, Extent, Fate, Mutant, Scope, Score
from noxtasks.mutation.trying import Trying
from noxtasks.stats import Verdict
from noxtasks.suite.engine import Engine

WHOLE = ""
"""The name of the one population where there are no scopes."""

_LEAST = 8  # mutants of a batch that the end of the time may make void
_PER_JOB = 4
_MOST = 200  # of any batch: what a scan that is killed loses


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be tried, by population and in order, and what is known without."""

    orders: dict[str, tuple[Mutant, ...]]
    known: dict[str, Fate]  # by the mutant's id
    populations: dict[str, tuple[Mutant, ...]]  # all that each verdict is about
    settings: MutationSettings
    cap: int | None
    stops_on_pass: bool = True

    @property
    def mutants(self) -> int:
        """How many there are in all."""
        return sum(len(population) for population in self.populations.values())

    def threshold(self, population: str) -> float:
        """The share that has to be killed."""
        return self.settings.scope_thresholds.get(population, self.settings.threshold)


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What the trials have come to; `certain` are the verdicts that ended them early, by population."""

    fates: dict[str, Fate]  # one for each mutant
    ending: Ending
    certain: dict[str, Verdict]


def plan(
    mutants: Sequence[Mutant],
    baseline: Baseline,
    known: Mapping[str, Fate],
    *,
    scopes: Mapping[str, Iterable[str]],
    settings: MutationSettings,
    cap: int | None,
    stops_on_pass: bool = True,
) -> Plan:
    """Decide what is tried, and in which order; `scopes` are files by name.

    Mutants that no test runs need no trial, nor those that are `known`: of the others the sample is drawn. The order is
    random where the trials may end before the last.
    """
    known = {m.id: rules.untested(m) for m in mutants if rules.is_untested(m, baseline)} | dict(known)
    left = [mutant for mutant in mutants if mutant.id not in known]
    if cap is not None:
        left = sampling.stratified(left, cap, seed=settings.seed)
    if settings.gate or settings.budget_s is not None:
        left = sampling.shuffled(left, seed=settings.seed)
    names = {file: name for name, files in scopes.items() for file in files}
    populations = {name: tuple(m for m in mutants if names.get(m.path, WHOLE) == name) for name in scopes or [WHOLE]}
    orders = {name: tuple(m for m in left if names.get(m.path, WHOLE) == name) for name in populations}
    return Plan(
        orders=orders if settings.gate else {WHOLE: tuple(left)},
        known=known,
        populations=populations,
        settings=settings,
        cap=cap,
        stops_on_pass=stops_on_pass,
    )


def follow(plan: Plan, attempt: Trying, engine: Engine, *, kept: Callable[[Fate], object]) -> Outcome:
    """Try the mutants until the last of them, until all verdicts are certain, or until the time is up.

    `kept` is told every fate that is settled; after an interruption (Ctrl-C), those that nothing more was to come to.
    """
    settled = dict(plan.known)
    certain: dict[str, Verdict] = {}

    def decided(name: str) -> bool:
        fates = (settled.get(mutant.id) or rules.unchecked(mutant) for mutant in plan.populations[name])
        counted = scoring.tally(fates, timeouts=plan.settings.timeouts)
        verdict = stopping.certain(counted, threshold=plan.threshold(name))
        if verdict is None or (verdict is Verdict.PASS and not plan.stops_on_pass):
            return False
        certain[name] = verdict
        return True

    most = _MOST if plan.settings.budget_s is None else max(_LEAST, _PER_JOB * plan.settings.jobs)
    ending, batch = Ending.WHOLE, list[Mutant]()
    try:
        for batch in stopping.batches(plan.orders, decided=decided if plan.settings.gate else None, most=most):
            attempt.carry_out(batch)
            for mutant in batch:
                settled[mutant.id] = attempt.fates[mutant.id]
                kept(attempt.fates[mutant.id])
        if any(mutant.id not in settled for order in plan.orders.values() for mutant in order):
            ending = Ending.CERTAIN
    except TimeIsUpError:
        engine.abandon()
        ending = Ending.BUDGET
    except KeyboardInterrupt:
        engine.abandon()
        ending = Ending.INTERRUPTED
        for mutant in batch:
            if mutant.id not in settled and attempt.is_last_word(mutant):
                kept(attempt.fates[mutant.id])
        settled.update((fate.mutant, fate) for fate in attempt.fates.values() if rules.is_settled(fate))
    everyone = (mutant for population in plan.populations.values() for mutant in population)
    fates = {mutant.id: settled.get(mutant.id) or rules.unchecked(mutant) for mutant in everyone}
    return Outcome(fates=fates, ending=ending, certain=certain)


def judged(plan: Plan, outcome: Outcome, scopes: Mapping[str, tuple[str, ...]]) -> tuple[Scope, ...]:
    """Each population with its score and its verdict; one of all, where there are no scopes."""
    found = []
    for name, population in plan.populations.items():
        fates = [outcome.fates[mutant.id] for mutant in population]
        is_sample = outcome.ending is not Ending.INTERRUPTED
        score = scoring.score(fates, timeouts=plan.settings.timeouts, is_sample=is_sample)
        judgement = scoring.judge(score, fates, threshold=plan.threshold(name), certain=outcome.certain.get(name))
        found.append(Scope(name=name, files=scopes.get(name, ()), score=score, judgement=judgement))
    return tuple(found)


def score(plan: Plan, outcome: Outcome, parts: Iterable[Scope]) -> Score:
    """The score of all populations together."""
    weighed = []
    for part in parts:
        fates = (outcome.fates[mutant.id] for mutant in plan.populations[part.name])
        weighed.append((part.score, scoring.tally(fates, timeouts=plan.settings.timeouts).total))
    return weighed[0][0] if len(weighed) == 1 else scoring.joined(weighed)


def extent(plan: Plan, ending: Ending) -> Extent:
    """How much of all the scan rests on."""
    drawn = sum(len(order) for order in plan.orders.values())
    is_sample = plan.cap is not None and drawn + len(plan.known) < plan.mutants
    return Extent(
        choice=Choice.CAP if is_sample else Choice.ALL,
        ending=ending,
        mutants=plan.mutants,
        chosen=drawn if is_sample else plan.mutants,
        seed=plan.settings.seed,
    )
