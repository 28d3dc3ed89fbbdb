"""How each test ended over the newest sessions, as an artifact that stays small: a letter and a number for each.

Of 50,000 tests in 30 sessions there are a million and a half of each, so they stand in one text for each test. Ids that
differ in every session, by a time or a random number in them, do not pile up: see `kept`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec

from noxtasks.evidence import artifacts
from noxtasks.evidence.provenance import Provenance
from noxtasks.evidence.sums import Digest
from noxtasks.history.model import Timeline
from noxtasks.suite.model import Outcome

NAME = "tests.timeline.json"
SESSIONS = 30
WIDTHS = 2  # as many tests as the widest session ran: those there are, and as many that are gone

_TENTHS_OF_MS = 10_000  # in a second
_SKIPPED = frozenset({Outcome.SKIPPED})
_SAID = {  # the gravest first: what came of some runs says more than what came of the others
    "e": frozenset({Outcome.ERROR}),
    "F": frozenset({Outcome.FAILED, Outcome.ERROR, Outcome.CRASHED, Outcome.TIMED_OUT}),
    "x": frozenset({Outcome.XFAILED}),
    "s": _SKIPPED,
}
_PASSED = frozenset({Outcome.PASSED, Outcome.XPASSED, Outcome.XFAILED})
_SILENT = frozenset({Outcome.STOPPED})  # it ended the session, and came to no end of its own


def write(reports: Path, timeline: Timeline, provenance: Provenance) -> Digest:
    """Write `tests.timeline.json`, with the tests that are `kept`."""
    told = kept(timeline)
    result = {**_result(told), "left_out": len(timeline.tests) - len(told.tests)}
    return artifacts.write(reports, NAME, result=result, timing=_timing(told), provenance=provenance)


def kept(timeline: Timeline) -> Timeline:
    """The timeline without the tests that ran longest ago, where they are more than `WIDTHS` of its widest session.

    Of the tests that ran last in the same session all are kept, or none is. A session of a few tests alone takes none
    out: it makes no session narrower.
    """
    lasts = [max(at for at, outcomes in enumerate(row) if outcomes) for row in timeline.outcomes]
    most = WIDTHS * max((sum(map(bool, of_one)) for of_one in zip(*timeline.outcomes, strict=True)), default=0)
    count, first = 0, len(timeline.sessions)
    for session, of_it in sorted(Counter(lasts).items(), reverse=True):
        count += of_it
        if count > most:
            break
        first = session
    if count <= most:
        return timeline
    places = [place for place, last in enumerate(lasts) if last >= first]
    return msgspec.structs.replace(
        timeline,
        tests=tuple(timeline.tests[place] for place in places),
        outcomes=tuple(timeline.outcomes[place] for place in places),
        durations_s=tuple(timeline.durations_s[place] for place in places),
    )


def letter(outcomes: frozenset[Outcome]) -> str:
    """What came of a test in a session, in one letter."""
    told = (outcomes - _SILENT - _SKIPPED) or (outcomes & _SKIPPED)
    if not told:
        return " "
    failed = any(outcome.is_failure for outcome in told)
    if Outcome.RERUN in told or (failed and told & _PASSED):
        return "~"
    if failed:
        told = frozenset(outcome for outcome in told if outcome.is_failure)
    return next((said for said, kinds in _SAID.items() if told <= kinds), ".")


def _result(timeline: Timeline) -> dict[str, Any]:
    letters = {outcomes: letter(outcomes) for outcomes in {each for row in timeline.outcomes for each in row}}
    return {
        "sessions": [
            {"id": past.id, "kind": past.kind.value, "code_version": past.code_version, "runs": past.runs}
            for past in timeline.sessions
        ],
        "tests": list(timeline.tests),
        "outcomes": ["".join(map(letters.__getitem__, row)) for row in timeline.outcomes],
    }


def _timing(timeline: Timeline) -> dict[str, Any]:
    return {
        "started": [past.started for past in timeline.sessions],
        "durations": [_durations(row) for row in timeline.durations_s],
    }


def _durations(row: Iterable[float | None]) -> str:
    return ",".join("" if took_s is None else str(round(took_s * _TENTHS_OF_MS)) for took_s in row)
