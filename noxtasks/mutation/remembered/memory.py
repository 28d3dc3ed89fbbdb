"""When what an earlier scan has found of a mutant still holds: rules alone, from digests of the project's content.

A trial is decided by the mutant, by the functions that ran in it, by the tests, by the files that were read, and by
what is around them all. A fate is remembered with these, and believed while each of them is as it was:

- the mutant's own function, since its source is in the mutant's id;
- the surroundings: versions, configuration, module level, helpers, fixtures of conftests (see `surroundings`);
- every function with mutants that ran in the trial. Others, which no trial told of, are part of the surroundings;
- which functions there are under a name that one of those mentions: a method that is new in a subclass takes calls
  from its base;
- files that were read, and folders that were listed. Where a child process was started, all files;
- of a kill, the test that failed or could not be collected, if it passes without a mutant; of a survival, each of the
  tests that could kill, and there is no further one. A test is its code, what it shares with its file, and the
  functions that it runs without a mutant.

Where no functions were told, as in a process that crashed or had to be ended, all files count. What an entry does not
know of, as variables of the user's that the code reads, is not seen: `--forget` tries everything again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta

import msgspec

from noxtasks.mutation.model import Baseline, Fate, Mutant, Status
from noxtasks.mutation.remembered import content
from noxtasks.mutation.remembered.surroundings import FORMAT, Surroundings
from noxtasks.suite.model import Touched

_LASTING_DAYS = 30
_MOST = 8  # entries of one mutant
_OF_TESTS = frozenset({Status.KILLED, Status.SURVIVED})
_REMEMBERED = frozenset({Status.KILLED, Status.SURVIVED, Status.TIMEOUT, Status.SEGFAULT, Status.SUSPICIOUS})


class Entry(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A fate and what it rests on: one line of the file, which says all by itself."""

    version: int
    mutant: str
    surroundings: str  # their key
    status: Status
    rests: str  # a digest of the functions, the names and the files
    tests: dict[str, str]  # by node id a digest: the one that killed, or was kept from it, or all that let it live
    functions: tuple[str, ...] = ()
    touched: Touched = Touched()
    killed_by: str = ""
    message: str = ""
    is_confirmed: bool = False
    used: str = ""  # the last day on which it was found or believed: 2026-01-31


def entry(mutant: Mutant, fate: Fate, now: Surroundings, *, day: date) -> Entry | None:
    """What to remember of `fate`, just found; None where there is nothing: no trial, or no last word."""
    if fate.status not in _REMEMBERED or (fate.status is Status.SURVIVED and not fate.is_confirmed):
        return None
    tests = fate.tests if fate.status is Status.SURVIVED else (fate.killed_by or fate.uncollected,)
    functions: tuple[str, ...] = ()
    touched = Touched(children=True)  # as long as nothing tells what the trial has used, it is everything
    if (
        fate.status in _OF_TESTS
        and fate.functions is not None
        and fate.touched is not None
        and set(tests) <= set(now.tests)
    ):
        functions, touched = tuple(sorted(fate.functions)), now.needed(fate.touched)
    rests = _rests(mutant, functions, touched, now)
    if rests is None:
        return None
    return Entry(
        version=FORMAT,
        mutant=mutant.id,
        surroundings=now.key,
        status=fate.status,
        rests=rests,
        tests={test: now.tests[test] for test in tests if test in now.tests},
        functions=functions,
        touched=touched,
        killed_by=fate.killed_by,
        message=fate.message,
        is_confirmed=fate.is_confirmed,
        used=day.isoformat(),
    )


def holds(known: Entry, mutant: Mutant, now: Surroundings, baseline: Baseline) -> bool:
    """Whether a trial of `mutant` would find now what `known` says."""
    if (known.mutant, known.surroundings) != (mutant.id, now.key):
        return False
    candidates = set(trying(mutant, baseline))
    if known.status is Status.SURVIVED:
        needed, is_tested = candidates, candidates <= known.tests.keys()
    else:
        needed, is_tested = set(known.tests), known.tests.keys() <= candidates
    return (
        is_tested
        and all(now.tests.get(test) == known.tests[test] for test in needed)
        and _rests(mutant, known.functions, known.touched, now) == known.rests
    )


def trying(mutant: Mutant, baseline: Baseline) -> tuple[str, ...]:
    """The tests that would try it: those that run its function, or all where it has run at import."""
    if mutant.key in baseline.at_import:
        return tuple(baseline.durations_s)
    return baseline.covering.get(mutant.key, ())


def recalled(found: Iterable[Entry], mutant: Mutant, now: Surroundings, baseline: Baseline) -> Entry | None:
    """The entry of `mutant` that holds; None where there is none, or they contradict one another."""
    holding = [known for known in found if holds(known, mutant, now, baseline)]
    return max(holding, key=write) if len({known.status for known in holding}) == 1 else None


def fate(known: Entry, mutant: Mutant, baseline: Baseline) -> Fate:
    """The fate that `known` says."""
    return Fate(
        mutant=mutant.id,
        status=known.status,
        killed_by=known.killed_by,
        message=known.message,
        tests=tuple(sorted(trying(mutant, baseline))) if known.status is Status.SURVIVED else (),
        is_confirmed=known.is_confirmed,
        is_remembered=True,
        functions=None if known.touched.children else known.functions,
        touched=known.touched,
    )


def parse(lines: Iterable[bytes]) -> tuple[list[Entry], int]:
    """The entries in the lines of a file, and how many lines are none: cut short, of another version, of a merge."""
    entries, broken = [], 0
    for line in lines:
        if not line.strip():
            continue
        try:
            known = _DECODER.decode(line)
        except (msgspec.MsgspecError, UnicodeError):
            broken += 1
        else:
            entries += [known] if known.version == FORMAT else []
            broken += known.version != FORMAT
    return entries, broken


def write(known: Entry) -> bytes:
    """The line of an entry."""
    return _ENCODER.encode(known) + b"\n"


def merged(entries: Iterable[Entry], *, today: date) -> list[Entry]:
    """Each once, sorted: those used lately, and of each mutant not too many."""
    oldest = (today - timedelta(days=_LASTING_DAYS)).isoformat()
    latest: dict[bytes, Entry] = {}
    for known in entries:
        same = _ENCODER.encode(msgspec.structs.replace(known, used=""))
        if known.used >= oldest and (same not in latest or latest[same].used < known.used):
            latest[same] = known
    by_mutant: dict[str, list[Entry]] = {}
    for known in latest.values():
        by_mutant.setdefault(known.mutant, []).append(known)
    return sorted((known for each in by_mutant.values() for known in _newest(each)), key=_ENCODER.encode)


def _newest(entries: Sequence[Entry]) -> Iterator[Entry]:
    yield from sorted(entries, key=lambda known: (known.used, _ENCODER.encode(known)))[-_MOST:]


def _rests(mutant: Mutant, functions: Iterable[str], touched: Touched, now: Surroundings) -> str | None:
    """A digest of what the names stand for now; None where a function is not there."""
    parts, mentions = [], set(content.words(mutant.after))
    for name in functions:
        function = now.functions.get(name)
        if function is None:
            return None
        parts.append(f"{name}={function.digest}")
        mentions |= function.mentions
    named = [f"{name}: {now.named[name]}" for name in sorted(now.named) if name in mentions or _is_special(name)]
    return content.digest(*parts, *named, now.project.digest(touched))


def _is_special(name: str) -> bool:
    """Whether Python calls it without that anybody names it."""
    return name.startswith("__") and name.endswith("__")


_ENCODER = msgspec.json.Encoder(order="deterministic")
_DECODER = msgspec.json.Decoder(Entry)
