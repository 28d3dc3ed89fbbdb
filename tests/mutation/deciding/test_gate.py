"""A verdict follows from the fates alone, and an advisory one decides nothing."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noxtasks.errors import ExitCode
from noxtasks.evidence.events import Event, EventType
from noxtasks.mutation import emit
from noxtasks.mutation.deciding import gate
from noxtasks.mutation.model import Ending, Judgement, Ratchet, Scope, Score, Stance
from noxtasks.stats import Verdict

P, F, U = Verdict.PASS, Verdict.FAIL, Verdict.UNMEASURED
SCORE = Score(killed=1, total=2, covered=2, figure=0.5, figure_of_covered=0.5)
LOOSE, TIGHT = None, Ratchet(baseline="base.json")
BROKEN, NEW = Ratchet(baseline="base.json", regressed=("1",)), Ratchet(baseline="base.json", new=("1", "2"))


def judged(verdict: Verdict) -> Judgement:
    return Judgement(verdict=verdict, figure=0.5, threshold=0.6, reason=f"it is {verdict.value}")


def scopes(*verdicts: Verdict) -> list[Scope]:
    return [
        Scope(name=f"s{number}", files=(), score=SCORE, judgement=judged(verdict))
        for number, verdict in enumerate(verdicts)
    ]


@pytest.mark.parametrize(
    ("of_all", "of_scopes", "ratchet", "ending", "unchecked", "verdict", "reason"),
    [
        (P, [], LOOSE, Ending.WHOLE, 0, P, "it is pass"),
        (F, [], LOOSE, Ending.WHOLE, 0, F, "it is fail"),
        (P, [], LOOSE, Ending.CERTAIN, 9, P, "it is pass"),
        (P, [], LOOSE, Ending.INTERRUPTED, 9, U, "it was interrupted, 9 mutants were not tried"),
        (F, [], NEW, Ending.INTERRUPTED, 9, U, "it was interrupted, 9 mutants were not tried"),
        (F, [P, P], LOOSE, Ending.WHOLE, 0, P, "each of 2 scopes is"),
        (P, [P, F], LOOSE, Ending.WHOLE, 0, F, "s1: it is fail"),
        (P, [U, F], LOOSE, Ending.WHOLE, 0, F, "s1: it is fail"),
        (P, [P, U], LOOSE, Ending.WHOLE, 0, U, "s1: it is unmeasured"),
        (P, [], TIGHT, Ending.WHOLE, 0, P, "it is pass"),
        (P, [], BROKEN, Ending.WHOLE, 0, F, "survivors that base.json does not have: 1 once killed"),
        (U, [], NEW, Ending.BUDGET, 5, F, "survivors that base.json does not have: 2 new"),
        (P, [], TIGHT, Ending.BUDGET, 5, U, "5 mutants were not tried, and the ratchet asks for all"),
        (F, [], TIGHT, Ending.CERTAIN, 5, F, "it is fail"),
    ],
)
def test_the_parts_come_to_one_verdict(
    *,
    of_all: Verdict,
    of_scopes: list[Verdict],
    ratchet: Ratchet | None,
    ending: Ending,
    unchecked: int,
    verdict: Verdict,
    reason: str,
) -> None:
    found = gate.conclude(
        judged(of_all), scopes=scopes(*of_scopes), ratchet=ratchet, ending=ending, unchecked=unchecked
    )
    assert (found.verdict, found.reason) == (verdict, reason)


@given(st.sampled_from(Verdict), st.lists(st.sampled_from(Verdict)), st.sampled_from(Ending), st.integers(0, 3))
def test_nothing_makes_a_pass_of_what_is_none(
    of_all: Verdict, of_scopes: list[Verdict], ending: Ending, unchecked: int
) -> None:
    """Unmeasured is never a pass; fails on interruption."""
    found = gate.conclude(judged(of_all), scopes=scopes(*of_scopes), ratchet=TIGHT, ending=ending, unchecked=unchecked)
    if found.verdict is P:
        assert set(of_scopes or [of_all]) == {P}
        assert (ending is not Ending.INTERRUPTED, unchecked) == (True, 0)


LAST = date(2026, 12, 31)


@pytest.mark.parametrize(
    ("mode", "after", "today", "scans", "stance"),
    [
        ("blocking", None, LAST, 0, Stance(is_blocking=True)),
        ("advisory", None, LAST, 9, Stance(is_blocking=False, said="advisory")),
        ("blocking", LAST, LAST, 9, Stance(is_blocking=False, said="advisory until 2026-12-31")),
        ("advisory", LAST, date(2027, 1, 1), 0, Stance(is_blocking=True)),
        ("advisory", 3, LAST, 0, Stance(is_blocking=False, said="advisory, and for 2 further scans")),
        ("advisory", 3, LAST, 2, Stance(is_blocking=False, said="advisory, the last time")),
        ("advisory", 3, LAST, 3, Stance(is_blocking=True)),
    ],
)
def test_an_advisory_gate_blocks_from_a_day_or_a_number_of_scans_on(
    mode: str, after: date | int | None, today: date, scans: int, stance: Stance
) -> None:
    assert gate.stance(mode, after, today=today, scans=scans) == stance


def an_event(kind: EventType, ending: str = "") -> Event:
    return Event(
        type=kind,
        source="urn:noxtasks:shop",
        time=datetime(2026, 1, 1, tzinfo=UTC),
        subject="",
        session_id="",
        sequence=1,
        attributes={emit.ENDING: ending} if ending else {},
        metrics={},
        artifacts=(),
    )


def test_scans_count_that_have_come_to_an_end() -> None:
    complete = EventType.MUTATION_SCAN_COMPLETE
    told = [an_event(complete), an_event(complete, "whole"), an_event(complete, "interrupted")]
    assert gate.scans([*told, an_event(EventType.MUTATION_SCAN_START)]) == 2


@pytest.mark.parametrize(
    ("verdict", "is_blocking", "code"),
    [
        (P, True, ExitCode.NOTHING_FOUND),
        (F, True, ExitCode.FOUND),
        (U, True, ExitCode.NOT_MEASURED),
        (F, False, ExitCode.NOTHING_FOUND),
        (U, False, ExitCode.NOTHING_FOUND),
    ],
)
def test_the_verdict_decides_how_it_ends_unless_it_is_advisory(
    verdict: Verdict, is_blocking: bool, code: ExitCode
) -> None:
    assert gate.exit_code(judged(verdict), Stance(is_blocking=is_blocking)) is code
