"""The story of one explanation: repeat, then take away what ran before, then change seeds, then all that is around."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import msgspec

from noxtasks.flake.cause import factors, order, rules, seeds
from noxtasks.flake.cause.laboratory import Laboratory, TimeIsUpError, UnavailableError
from noxtasks.flake.cause.model import Explanation, Kind, Rate, Suspect, Trial

_PROOFS = 20
"""Repeats of the trial that is handed to the user, so that its rate is known."""


def explain(suspect: Suspect, lab: Laboratory, *, suite: tuple[str, ...], now: datetime) -> Explanation:
    """Why `suspect`, one of `suite`, is flaky, with the evidence.

    Never raises for want of time: what could not be settled is unexplained.
    """
    try:
        found = _cause(suspect, lab, suite, now)
    except TimeIsUpError:
        return Explanation(test=suspect.test, kind=Kind.UNEXPLAINED, timed_out=True)
    trial = found.reproduce
    if trial is None:
        return found
    copies = 2 if found.needs_a_copy else None
    try:
        return msgspec.structs.replace(found, reproduced=lab.rate(trial, _PROOFS, at_once=copies))
    except TimeIsUpError:
        return msgspec.structs.replace(found, reproduced=found.evidence[0].present if found.evidence else Rate())


def elaborated(found: Explanation, lab: Laboratory, *, suite: tuple[str, ...]) -> Iterator[Explanation]:
    """The explanation with what the culprits change, then with which other tests (of `suite`) undo it or do the same.

    Raises `TimeIsUpError`.
    """
    trial = found.reproduce
    if trial is None or found.kind not in (Kind.VICTIM, Kind.NOT_IDEMPOTENT):
        return
    found = msgspec.structs.replace(found, changes=lab.changes(trial))
    yield found
    if found.kind is Kind.VICTIM:
        found = msgspec.structs.replace(found, cleaners=order.cleaners(lab, trial, suite))
        yield found
        yield msgspec.structs.replace(found, others=order.other_polluters(lab, trial, suite))


def _cause(suspect: Suspect, lab: Laboratory, suite: tuple[str, ...], now: datetime) -> Explanation:
    known = suspect.failing or suspect.passing
    assert known is not None  # noqa: S101 - a suspect was seen to run
    bare = known.after(())
    alone = lab.rate(bare, order.REPEATS)
    if 0 < alone.failures < alone.runs and lab.go_alone():
        alone = lab.rate(bare, order.REPEATS)
    found = _by_what_ran_or_was_drawn(suspect, lab, alone) or _outliving(lab, bare, alone, suite)
    if found is None and alone.never:
        found = _twice(lab, bare, alone)
    return found or _around(suspect, lab, bare, alone, now)


def _by_what_ran_or_was_drawn(suspect: Suspect, lab: Laboratory, alone: Rate) -> Explanation | None:
    failing, passing = suspect.failing, suspect.passing
    if alone.never and failing is not None and failing.before:
        before = rules.evidence("the tests before it", lab.rate(failing, order.REPEATS), alone)
        before = lab.more(before, failing, failing.after(()))
        found = order.victim(lab, failing, before.present, before.absent) if rules.is_evident(before) else None
        if found is not None:
            return found
    if failing is None or passing is None:
        return None
    found = _by_seeds(lab, failing, passing)
    if found is None and alone.always:
        return order.brittle(lab, passing.with_seeds_of(failing), alone)
    return found


def _outliving(lab: Laboratory, bare: Trial, before: Rate, suite: tuple[str, ...]) -> Explanation | None:
    """Alone it ends otherwise when other tests have run in another process: they left something that outlives it."""
    others = tuple(name for name in suite if name != bare.target)
    for first in (others, others[::-1]):
        lab.outcomes([bare.after(first)])
        now = lab.rate(bare, order.REPEATS)
        for present, absent in ((now, before), (before, now)):
            found = rules.evidence("what other processes left, such as files", present, absent)
            if rules.is_evident(found):
                return Explanation(test=bare.target, kind=Kind.ENVIRONMENT, evidence=(found,))
    return None


def _by_seeds(lab: Laboratory, failing: Trial, passing: Trial) -> Explanation | None:
    """Alone first, where no other test can interfere; else with those that ran before the failure."""
    found = seeds.followed(lab, failing.after(()), passing.after(()))
    return found if found is not None or not failing.before else seeds.followed(lab, failing, passing)


def _twice(lab: Laboratory, bare: Trial, alone: Rate) -> Explanation | None:
    twice = bare.after((bare.target,))
    again = lab.rate(twice, order.REPEATS)
    return order.victim(lab, twice, again, alone) if again.failures else None


def _around(suspect: Suspect, lab: Laboratory, bare: Trial, alone: Rate, now: datetime) -> Explanation:
    usual = alone + lab.rate(bare, order.REPEATS, at_once=1, alike=suspect.exceptions)
    if usual.failures and not usual.always and (found := seeds.drawn(lab, bare)) is not None:
        return found
    tried = factors.tried(lab, bare, usual, factors.SURROUNDINGS, alike=suspect.exceptions)
    if tried.explanation is None:
        tried = _with(tried, _at_other_times(lab, bare, suspect, now))
    if tried.explanation is not None:
        return msgspec.structs.replace(tried.explanation, tried=tried.without_effect, unavailable=tried.unavailable)
    if usual.failures:
        return _unmoved(Kind.CHANCE, suspect, bare, tried)
    return _unmoved(Kind.UNEXPLAINED, suspect, suspect.failing, tried)


def _at_other_times(lab: Laboratory, bare: Trial, suspect: Suspect, now: datetime) -> factors.Tried:
    held = bare.under(factors.present(now))
    try:
        usual = lab.rate(held, 2 * order.REPEATS, alike=suspect.exceptions)
    except UnavailableError as error:
        return factors.Tried(unavailable=(f"the clock: {error}",))
    return factors.tried(lab, held, usual, tuple(factors.moments(now)), alike=suspect.exceptions)


def _with(first: factors.Tried, then: factors.Tried) -> factors.Tried:
    return factors.Tried(
        explanation=then.explanation,
        without_effect=(*first.without_effect, *then.without_effect),
        unavailable=(*first.unavailable, *then.unavailable),
    )


def _unmoved(kind: Kind, suspect: Suspect, trial: Trial | None, tried: factors.Tried) -> Explanation:
    return Explanation(
        test=suspect.test, kind=kind, reproduce=trial, tried=tried.without_effect, unavailable=tried.unavailable
    )
