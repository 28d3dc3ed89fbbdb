"""How each test ended over the newest sessions, as an artifact that stays small: a letter and a number for each.

Of 50,000 tests in 30 sessions there are a million and a half of each, so they stand in one text for each test.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from noxtasks.evidence import artifacts
from noxtasks.evidence.provenance import Provenance
from noxtasks.evidence.sums import Digest
from noxtasks.history.model import Timeline
from noxtasks.suite.model import Outcome

NAME = "tests.timeline.json"
SESSIONS = 30

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
    """Write `tests.timeline.json`."""
    return artifacts.write(reports, NAME, result=_result(timeline), timing=_timing(timeline), provenance=provenance)


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
