"""Plain tests as benchmarks: which of them are timed, and how often each is repeated in a process. Pure.

Nothing says beforehand how long a test may be run again and again. So the budget is divided before anything begins:
what would not come to its end within it is left out, and said to be.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import ceil, floor

import msgspec

from noxtasks.bench import wording
from noxtasks.suite.model import Outcome, Run, Timing

_MOST = 50  # rounds of a quick test: each has a setup and a teardown, too
_LEAST = 2  # runs: the first one in a process is like no other


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """A plain test that has passed once."""

    test: str
    call_s: float  # what would be timed
    whole_s: float  # with setup and teardown


class Room(msgspec.Struct, frozen=True, kw_only=True):
    """How long the repetitions in one process may take together, in seconds."""

    least_s: float  # if there are no more processes than it takes at least
    rather_s: float  # so that more can follow


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What is timed beside the benchmarks: by test, how often a process runs it; and what is left out, and why."""

    repeats: dict[str, int]
    left_out: dict[str, str]

    def named(self, tests: Iterable[str]) -> tuple[str, ...]:
        """`tests`, each as often as it is to run: a benchmark once, since it has rounds of its own."""
        return tuple(test for test in tests for _ in range(self.repeats.get(test, 1)))


NONE = Plan(repeats={}, left_out={})
"""Nothing but benchmarks."""


def slowest(run: Run, number: int) -> list[Candidate]:
    """Of the plain tests of `run` that passed, the `number` that took longest in their call phase; slowest first.

    Those that have the mark of a benchmark are taken besides, and come first.
    """
    passed = {each.nodeid: each.duration_s for each in run.results if each.outcome is Outcome.PASSED}
    marked = {each.test for each in run.benched if each.marked}
    found = [
        Candidate(test=each.test, call_s=each.wall_s[0], whole_s=max(passed[each.test], each.wall_s[0]))
        for each in run.benched
        if each.wall_s and each.test in passed
    ]
    found.sort(key=lambda each: -each.call_s)
    others = [each for each in found if each.test not in marked]
    return [*(each for each in found if each.test in marked), *others[:number]]


def plan(candidates: Sequence[Candidate], timing: Timing, room: Room) -> Plan:
    """How often each is repeated: as often as `timing` says, and a slow one less often, so that all have room."""
    left_out = {}
    kept = sorted(candidates, key=lambda each: each.whole_s)
    while kept and sum(_LEAST * each.whole_s for each in kept) > room.least_s:
        gone = kept.pop()
        left_out[gone.test] = (
            f"one run takes {wording.seconds(gone.whole_s)}, and the budget leaves "
            f"{wording.seconds(room.least_s) if room.least_s > 0 else 'nothing'} for all tests in each process"
        )
    repeats = {}
    spare_s = max(0.0, room.rather_s - sum(_LEAST * each.whole_s for each in kept))
    kept.sort(key=lambda each: _wanted(each, timing) * each.whole_s)
    for place, each in enumerate(kept):
        share_s = spare_s / (len(kept) - place)
        more = min(_wanted(each, timing) - _LEAST, floor(share_s / max(each.whole_s, 1e-9)))
        spare_s -= more * each.whole_s
        repeats[each.test] = _LEAST + more
    order = [each.test for each in candidates]
    return Plan(repeats={test: repeats[test] for test in order if test in repeats}, left_out=left_out)


def _wanted(candidate: Candidate, timing: Timing) -> int:
    """As many runs as give the rounds, and the seconds, that are asked for."""
    by_time = min(_MOST, ceil(timing.seconds / max(candidate.call_s, 1e-9)))
    return max(_LEAST, timing.warmup_rounds + max(timing.rounds, by_time))
