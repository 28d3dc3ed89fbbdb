"""Does the outcome follow a seed: of the generators, of the hashes, or of the system's own randomness?"""

from __future__ import annotations

import msgspec

from noxtasks.flake.cause import rules
from noxtasks.flake.cause.laboratory import Laboratory
from noxtasks.flake.cause.model import Explanation, Kind, Trial
from noxtasks.flake.cause.order import REPEATS
from noxtasks.suite.model import Circumstances

_ENTROPY_SEEDS = range(1, 11)


def followed(lab: Laboratory, failing: Trial, passing: Trial) -> Explanation | None:
    """The same tests fail with the seeds of one trial and pass with those of another: which seed is it?

    One seed at a time is made that of the passing trial; what makes the failure go away is the cause.
    """
    here = lab.rate(failing, REPEATS)
    for kind, field in ((Kind.SEED, "seed"), (Kind.HASH_ORDER, "hash_seed")):
        theirs, mine = getattr(passing, field), getattr(failing, field)
        if theirs == mine:
            continue
        there = lab.rate(msgspec.structs.replace(failing, **{field: theirs}), REPEATS)
        name = "seed " if kind is Kind.SEED else "PYTHONHASHSEED="
        found = rules.evidence(f"{name}{mine} rather than {theirs}", here, there)
        found = lab.more(found, failing, msgspec.structs.replace(failing, **{field: theirs}))
        if rules.is_evident(found):
            return Explanation(test=failing.target, kind=kind, evidence=(found,), reproduce=failing)
    return None


def drawn(lab: Laboratory, trial: Trial) -> Explanation | None:
    """Does the outcome follow what `os.urandom` gives, which no seed of a generator reaches?"""
    tries = {seed: trial.under(Circumstances(entropy=seed)) for seed in _ENTROPY_SEEDS}
    first = dict(zip(tries, lab.outcomes(list(tries.values())), strict=True))
    failing = next((seed for seed, failed in first.items() if failed), None)
    passing = next((seed for seed, failed in first.items() if failed is False), None)
    if failing is None or passing is None:
        return None
    fails, passes = lab.rate(tries[failing], REPEATS), lab.rate(tries[passing], REPEATS)
    found = rules.evidence(f"os.urandom seeded with {failing} rather than {passing}", fails, passes)
    if not rules.is_evident(found):
        return None
    return Explanation(test=trial.target, kind=Kind.ENTROPY, evidence=(found,), reproduce=tries[failing])
