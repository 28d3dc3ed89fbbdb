"""Every test, and all that artifacts know of it: outcomes over time, why it fails, what it runs, what it notices."""

from __future__ import annotations

import shlex
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from noxtasks.dashboard.model import Session, Test
from noxtasks.dashboard.panels.flake import explained
from noxtasks.dashboard.panels.objective import Content, cropped
from noxtasks.evidence.display.text import shown
from noxtasks.evidence.gating.documents import short

_LETTERS = frozenset(".Fesx~ ")
_UNITS = 10_000  # of a duration, in a second
_LONGEST_ID = 4000
_MOST_FILES = 100  # that one test is said to run


class Course(msgspec.Struct, frozen=True, kw_only=True):
    """What became of tests over sessions."""

    sessions: tuple[Session, ...] = ()
    outcomes: dict[str, str] = {}
    durations_s: dict[str, tuple[float | None, ...]] = {}
    left_out: int = 0  # tests that ran longest ago


def course(result: Content, timing: Content) -> Course:
    """What `tests.timeline.json` has. Raises `ValueError` where its parts do not fit one another."""
    sessions = tuple(
        msgspec.convert({"id": each["id"], "at": at, "revision": short(each["code_version"])}, Session)
        for each, at in zip(result["sessions"], timing["started"], strict=True)
    )
    tests, outcomes = (msgspec.convert(result[name], list[str]) for name in ("tests", "outcomes"))
    if not all(len(row) == len(sessions) and _LETTERS.issuperset(row) for row in outcomes):
        raise ValueError("outcomes that are not one letter for each session")
    known: dict[str, float | None] = {"": None}
    rows = [tuple(_duration(text, known) for text in row.split(",")) for row in timing["durations"]]
    if sessions and not all(len(row) == len(sessions) for row in rows):
        raise ValueError("durations that are not one for each session")
    return Course(
        sessions=sessions,
        outcomes=dict(zip(tests, outcomes, strict=True)),
        durations_s=dict(zip(tests, rows, strict=True)),
        left_out=msgspec.convert(result["left_out"], int),
    )


def _duration(text: str, known: dict[str, float | None]) -> float | None:
    """In seconds. Most are the same few: each is made once."""
    if text not in known:
        known[text] = int(text) / _UNITS
    return known[text]


class Runs(msgspec.Struct, frozen=True, kw_only=True):
    """What tests run of the sources, as far as they are named: of each function and line a few are."""

    tiers: dict[str, str] = {}  # by test
    covers: dict[str, tuple[tuple[str, int], ...]] = {}  # by test: a path, and how many lines of it at least


class _Some(msgspec.Struct, frozen=True, kw_only=True):
    some: tuple[int, ...] = ()


class _Lines(msgspec.Struct, frozen=True, kw_only=True):
    lines: tuple[int, ...]
    tiers: dict[str, _Some]


class _Function(msgspec.Struct, frozen=True, kw_only=True):
    tiers: dict[str, _Some]


class _File(msgspec.Struct, frozen=True, kw_only=True):
    functions: dict[str, _Function]
    lines: tuple[_Lines, ...]


class Who(msgspec.Struct, frozen=True, kw_only=True):
    """`ladder.tests.json`: of functions and lines the tests that run them, some by name."""

    code_version: str
    tests: tuple[str, ...]
    files: dict[str, _File]


def runs(who: Who) -> Runs:
    """The same the other way round. Raises `IndexError` for a test that is not there."""
    tiers: dict[str, str] = {}
    covers: dict[str, Counter[str]] = defaultdict(Counter)
    for path, file in who.files.items():
        for each in file.lines:
            for tier, tests in each.tiers.items():
                for number in tests.some:
                    tiers.setdefault(who.tests[number], tier)
                    covers[who.tests[number]][path] += len(each.lines)
        for function in file.functions.values():
            for tier, tests in function.tiers.items():
                for number in tests.some:
                    tiers.setdefault(who.tests[number], tier)
    return Runs(tiers=tiers, covers={test: tuple(found.most_common(_MOST_FILES)) for test, found in covers.items()})


def kills(mutants: Iterable[Content]) -> Counter[str]:
    """How many mutants each test was the first to notice. A mutant is laid at no other test's door: it ends there."""
    return Counter(msgspec.convert([each["killed_by"] for each in mutants if each["killed_by"]], list[str]))


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """What is held against a test."""

    state: str
    failed: int = 0
    runs: int = 0
    low: float | None = None
    high: float | None = None
    cause: str = ""
    advice: str = ""
    command: str = ""


def held(report: Content | None, delta: Content | None) -> dict[str, Held]:
    """By test, of `flake.report.json` and `flake.reduction.delta.json`; the gravest where there are several."""
    found: dict[str, Held] = {}
    quarantine = (delta or {}).get("quarantine", {})
    for each in (*quarantine.get("kept", ()), *quarantine.get("added", ())):
        found[each["test"]] = Held(state="quarantined", cause=cropped(each["reason"]))
    quarantined = {*found}
    for state in ("quiet", "flaky", "broken"):
        for each in report[state] if report else ():
            found[each["test"]] = _held("quarantined" if each["test"] in quarantined else state, each)
    return msgspec.convert(msgspec.to_builtins(found), dict[str, Held])


def _held(state: str, each: Mapping[str, Any]) -> Held:
    explanation = each["explanation"]
    exception = each["causes"][0]["exception"] if each["causes"] else ""
    return Held(
        state=state,
        failed=each["failures"],
        runs=each["runs"],
        low=each["interval"]["low"],
        high=each["interval"]["high"],
        cause=cropped("; ".join(part for part in (explained(explanation), exception) if part)),
        advice=cropped(explanation["advice"]) if explanation else "",
        command=each["reproduce"][:_LONGEST_ID],
    )


def together(
    told: Course, against: Mapping[str, Held], ran: Runs, killed: Mapping[str, int] | None
) -> tuple[Test, ...]:
    """All tests that any of them names, sorted. Without `killed` it is not known what they notice."""
    names: set[str] = {*told.outcomes, *against, *ran.tiers, *(killed or ())}
    nothing = Held(state="")
    return tuple(
        _test(name, told, against.get(name, nothing), ran, None if killed is None else killed.get(name, 0))
        for name in sorted(names)
    )


def _test(name: str, told: Course, known: Held, ran: Runs, kills: int | None) -> Test:
    outcomes = told.outcomes.get(name, "")
    return Test(
        id=name[:_LONGEST_ID],
        outcomes=outcomes,
        durations_s=told.durations_s.get(name, ()),
        state=known.state,
        failed=known.failed,
        runs=known.runs,
        low=known.low,
        high=known.high,
        cause=known.cause,
        advice=known.advice,
        command=known.command or _again(name, outcomes),
        covers=ran.covers.get(name, ()),
        kills=kills,
        tier=ran.tiers.get(name, ""),
    )


def _again(name: str, outcomes: Sequence[str]) -> str:
    """What looks into a test that has failed, where nothing better is known."""
    if not set(outcomes) & set("Fe~"):
        return ""
    return f"noxtasks flake --tests {shlex.quote(shown(name))}"[:_LONGEST_ID]
