"""Does the outcome hang on which tests ran before: another (victim, brittle), or the test itself (not idempotent)?"""

from __future__ import annotations

from collections.abc import Callable

from noxtasks.flake.cause import rules
from noxtasks.flake.cause.laboratory import Laboratory
from noxtasks.flake.cause.model import Explanation, Kind, Rate, Trial

REPEATS = 5
"""Trials with and without: five failures of five against none of five has p = 1/252."""

_OTHERS = 4  # further sets of polluters that are looked for
_CLEANERS = 3


def victim(lab: Laboratory, failing: Trial, together: Rate, alone: Rate) -> Explanation | None:
    """The smallest set of tests found after which the target fails, proven by repeats; None where it does not hold."""
    times = rules.trials_to_see(together)
    culprits = _minimal(lab, failing, times=times, wanted=True)
    if not culprits:
        return None
    proof = failing.after(culprits)
    found = rules.evidence("after " + " and ".join(culprits), lab.rate(proof, REPEATS), alone)
    found = lab.more(found, proof, proof.after(()))
    if not rules.is_evident(found):
        return None
    if set(culprits) == {failing.target}:
        return Explanation(
            test=failing.target, kind=Kind.NOT_IDEMPOTENT, evidence=(found,), culprits=culprits, reproduce=proof
        )
    return Explanation(test=failing.target, kind=Kind.VICTIM, evidence=(found,), culprits=culprits, reproduce=proof)


def brittle(lab: Laboratory, passing: Trial, alone: Rate) -> Explanation | None:
    """The smallest set of tests found after which the target passes, proven by repeats."""
    together = lab.rate(passing, REPEATS)
    found = rules.evidence("without the tests before it", alone, together)
    if not rules.is_evident(found):
        return None
    setters = _minimal(lab, passing, times=1, wanted=False)
    if not setters:
        return None
    found = rules.evidence("without " + " and ".join(setters), alone, lab.rate(passing.after(setters), REPEATS))
    if not rules.is_evident(found):
        return None
    return Explanation(
        test=passing.target, kind=Kind.BRITTLE, evidence=(found,), culprits=setters, reproduce=passing.after(())
    )


def other_polluters(lab: Laboratory, proof: Trial, suite: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    """Further sets of tests after which the target fails, none of which shares a test with another."""
    found: list[tuple[str, ...]] = []
    known = {*proof.before, proof.target}
    while len(found) < _OTHERS:
        rest = tuple(name for name in suite if name not in known)
        if not rest or lab.outcomes([proof.after(rest)]) != [True]:
            break
        culprits = _minimal(lab, proof.after(rest), times=1, wanted=True)
        if not culprits:
            break
        found.append(culprits)
        known |= set(culprits)
    return tuple(found)


def cleaners(lab: Laboratory, proof: Trial, candidates: tuple[str, ...]) -> tuple[str, ...]:
    """Tests that, run between the culprits and the victim, make it pass: at most three, the nearest files first."""
    outside = tuple(name for name in candidates if name not in {*proof.before, proof.target})
    near = rules.same_file_first(outside, proof.target)
    far = tuple(name for name in outside if name not in set(near))
    found: list[str] = []
    for some in (near, far):
        rest = some
        while rest and len(found) < _CLEANERS:
            between = proof.after((*proof.before, *rest))
            if lab.outcomes([between]) != [False]:
                break
            chosen = rules.minimal(rest, _cleaning(lab, proof))
            if len(chosen) != 1 or not _is_cleaner(lab, proof, chosen):
                break
            found += chosen
            rest = tuple(name for name in rest if name not in found)
        if found:
            break
    return tuple(found)


def _is_cleaner(lab: Laboratory, proof: Trial, chosen: tuple[str, ...]) -> bool:
    after = lab.rate(proof.after((*proof.before, *chosen)), REPEATS)
    return rules.is_evident(rules.evidence("without it", lab.rate(proof, REPEATS), after))


def _cleaning(lab: Laboratory, proof: Trial) -> Callable[[list[tuple[str, ...]]], int | None]:
    first = lab.first(proof, wanted=False)
    return lambda sets: first([(*proof.before, *between) for between in sets])


def _minimal(lab: Laboratory, trial: Trial, *, times: int, wanted: bool) -> tuple[str, ...]:
    """Begins with what was to blame for another test, and with the tests of the same file: most often that is it."""
    first = lab.first(trial, times=times, wanted=wanted)
    near = rules.same_file_first(trial.before, trial.target)
    likely = [each for each in (*lab.blamed, near) if 0 < len(each) < len(trial.before) and trial.target not in each]
    hit = first(likely)
    found = rules.minimal(trial.before if hit is None else likely[hit], first)
    if found and found not in lab.blamed:
        lab.blamed.append(found)
    return found
