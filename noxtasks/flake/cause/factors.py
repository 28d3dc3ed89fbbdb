"""What may be otherwise around a test, one at a time: the date, the place, the machine."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import msgspec

from noxtasks.flake.cause import rules
from noxtasks.flake.cause.laboratory import Laboratory, UnavailableError
from noxtasks.flake.cause.model import Evidence, Explanation, Kind, Rate, Trial
from noxtasks.suite.model import Circumstances

_FIRST = 5
_MORE = 15


class Factor(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is otherwise."""

    name: str  # as it stands in a sentence: "with …"
    kind: Kind
    circumstances: Circumstances = Circumstances()
    at_once: int = 1  # copies of the trial side by side


def present(now: datetime) -> Circumstances:
    """The clock held by the same means as a moved one, and not moved: what fails here fails for the means."""
    return Circumstances(clock=now.strftime("%Y-%m-%d %H:%M:%S"))


def moments(now: datetime) -> Iterator[Factor]:
    """Clocks that have been trouble to others, later than `now`; the nearest first: the first that matters tells most.

    They are UTC, as freezegun takes them; daylight saving time in Europe begins and ends at 01:00 UTC.
    """

    def at(name: str, moment: datetime) -> Factor:
        clock = present(moment)
        return Factor(name=f"the clock at {name} ({clock.clock})", kind=Kind.TIME, circumstances=clock)

    later = now.year + 1
    leap = next(year for year in range(later, later + 9) if _is_leap(year))
    month_end = (now.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
    marks = [
        ("another day", now + timedelta(days=1)),
        ("another week", now + timedelta(days=8, hours=7)),
        ("midnight", now.replace(hour=23, minute=59, second=59, microsecond=0)),
        ("the end of a month", month_end.replace(hour=23, minute=59, second=57)),
        ("the last second of a year", now.replace(month=12, day=31, hour=23, minute=59, second=58)),
        ("another year", now.replace(year=later, month=1, day=2)),
        ("the start of daylight saving time in Europe", _last_sunday(later, 3).replace(minute=59, second=58)),
        ("the end of daylight saving time in Europe", _last_sunday(later, 10).replace(minute=59, second=58)),
        ("29 February", now.replace(year=leap, month=2, day=29)),
        ("five years on", now.replace(year=now.year + 5, month=7, day=15)),
        ("the end of 32 bits", datetime(2038, 1, 19, 3, 14, 6)),  # noqa: DTZ001 - freezegun takes it for UTC
    ]
    for name, moment in sorted(marks, key=lambda mark: mark[1]):
        if moment > now:
            yield at(name, moment)


SURROUNDINGS = (
    Factor(name="TZ=Pacific/Kiritimati", kind=Kind.TIME, circumstances=Circumstances(timezone="Pacific/Kiritimati")),
    Factor(name="TZ=America/Los_Angeles", kind=Kind.TIME, circumstances=Circumstances(timezone="America/Los_Angeles")),
    Factor(name="other processes that want the same core", kind=Kind.LOAD, circumstances=Circumstances(starved=True)),
    Factor(name="a copy of itself beside it", kind=Kind.CONCURRENCY, at_once=2),
    Factor(
        name="being a worker of pytest-xdist", kind=Kind.CONCURRENCY, circumstances=Circumstances(xdist_worker=True)
    ),
    Factor(name="one CPU", kind=Kind.LOAD, circumstances=Circumstances(one_cpu=True)),
    Factor(name="slow files", kind=Kind.LOAD, circumstances=Circumstances(slow_files=True)),
    Factor(name="no network", kind=Kind.ENVIRONMENT, circumstances=Circumstances(offline=True)),
    Factor(name="locale C", kind=Kind.ENVIRONMENT, circumstances=Circumstances(locale="C")),
    Factor(name="an empty home", kind=Kind.ENVIRONMENT, circumstances=Circumstances(empty_home=True)),
    Factor(name="another working directory", kind=Kind.ENVIRONMENT, circumstances=Circumstances(elsewhere=True)),
    Factor(name="no writable TMPDIR", kind=Kind.ENVIRONMENT, circumstances=Circumstances(unwritable_tmp=True)),
    Factor(name="umask 077", kind=Kind.ENVIRONMENT, circumstances=Circumstances(umask=0o077)),
    Factor(name="a terminal of 40 columns", kind=Kind.ENVIRONMENT, circumstances=Circumstances(columns=40)),
    Factor(name="warnings as errors", kind=Kind.ENVIRONMENT, circumstances=Circumstances(strict_warnings=True)),
    Factor(name="python -O", kind=Kind.ENVIRONMENT, circumstances=Circumstances(optimised=True)),
)


class Tried(msgspec.Struct, frozen=True, kw_only=True):
    """What came of the factors that were tried."""

    explanation: Explanation | None = None
    without_effect: tuple[str, ...] = ()
    unavailable: tuple[str, ...] = ()


def tried(
    lab: Laboratory, trial: Trial, usual: Rate, chosen: tuple[Factor, ...], *, alike: frozenset[str] = frozenset()
) -> Tried:
    """Try each of `chosen` on `trial`, which fails at the rate `usual` by itself, until one makes a difference.

    The difference has to show in fresh trials too: among so many factors the one that stands out may do so by chance.
    Only failures with an exception of `alike` count, where that is given: a test that cannot do without the network is
    not explained by that when it was seen to fail for another reason.
    """
    without_effect: list[str] = []
    unavailable: list[str] = []
    for factor in chosen:
        try:
            found, usual = _compared(lab, trial, usual, factor, alike)
        except UnavailableError as error:
            unavailable.append(f"{factor.name}: {error}")
            continue
        if rules.is_evident(found, tried=FACTORS) and rules.is_evident(
            held := _again(lab, trial, usual, factor, alike)
        ):
            explanation = Explanation(
                test=trial.target,
                kind=factor.kind,
                evidence=(held,),
                reproduce=trial.under(factor.circumstances),
            )
            return Tried(explanation=explanation, without_effect=tuple(without_effect), unavailable=tuple(unavailable))
        without_effect.append(factor.name)
    return Tried(without_effect=tuple(without_effect), unavailable=tuple(unavailable))


def _compared(
    lab: Laboratory, trial: Trial, usual: Rate, factor: Factor, alike: frozenset[str]
) -> tuple[Evidence, Rate]:
    """The factor's evidence, and the usual rate, which may have been measured further."""
    other = trial.under(factor.circumstances)
    present = lab.rate(other, _FIRST, at_once=factor.at_once, alike=alike)
    found = rules.evidence(factor.name, present, usual)
    if rules.is_promising(found) and not rules.is_evident(found, tried=FACTORS):
        if usual.runs < _MORE:
            usual += lab.rate(trial, _MORE, at_once=1, alike=alike)
        present += lab.rate(other, _MORE, at_once=factor.at_once, alike=alike)
        found = rules.evidence(factor.name, present, usual)
    return found, usual


def _again(lab: Laboratory, trial: Trial, usual: Rate, factor: Factor, alike: frozenset[str]) -> Evidence:
    """The factor's evidence from trials that had no part in choosing it."""
    present = lab.rate(trial.under(factor.circumstances), _MORE, at_once=factor.at_once, alike=alike)
    return rules.evidence(factor.name, present, usual)


def _is_leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def _last_sunday(year: int, month: int) -> datetime:
    last = datetime(year, month, 31)  # noqa: DTZ001
    return last - timedelta(days=(last.weekday() + 1) % 7)


FACTORS = len(SURROUNDINGS) + len(list(moments(datetime(2000, 1, 1))))  # noqa: DTZ001 - only counted
"""How many are tried of one test at the most: each needs the more evidence for it."""
