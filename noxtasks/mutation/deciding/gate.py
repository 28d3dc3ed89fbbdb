"""What a scan comes to, and whether that decides how the command ends. Pure: from fates, never from an exit status."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

import msgspec

from noxtasks.errors import ExitCode
from noxtasks.evidence.display.text import counted
from noxtasks.evidence.events import Event, EventType
from noxtasks.mutation.emit import ENDING
from noxtasks.mutation.model import Ending, Judgement, Ratchet, Scope, Stance
from noxtasks.stats import Verdict


def conclude(
    judged: Judgement, *, scopes: Sequence[Scope], ratchet: Ratchet | None, ending: Ending, unchecked: int
) -> Judgement:
    """What the score, each scope and the ratchet come to together.

    An interrupted scan comes to nothing. What is new and lives fails, whatever the score. Where there are scopes, each
    has to pass, and the score of all of them together is only told. A ratchet passes nothing that was not tried.
    """
    if ending is Ending.INTERRUPTED:
        return _with(judged, Verdict.UNMEASURED, f"it was interrupted, {unchecked} mutants were not tried")
    if scopes:
        judged = _of_scopes(judged, scopes)
    if ratchet is not None and (ratchet.regressed or ratchet.new):
        return _with(judged, Verdict.FAIL, _lived(ratchet))
    if ratchet is not None and unchecked and judged.verdict is Verdict.PASS:
        return _with(judged, Verdict.UNMEASURED, f"{unchecked} mutants were not tried, and the ratchet asks for all")
    return judged


def _of_scopes(judged: Judgement, scopes: Sequence[Scope]) -> Judgement:
    for verdict in (Verdict.FAIL, Verdict.UNMEASURED):
        reasons = [f"{each.name}: {each.judgement.reason}" for each in scopes if each.judgement.verdict is verdict]
        if reasons:
            return _with(judged, verdict, "; ".join(reasons))
    return _with(judged, Verdict.PASS, f"each of {len(scopes)} scopes is")


def _lived(ratchet: Ratchet) -> str:
    kinds = {"once killed": ratchet.regressed, "new": ratchet.new}
    said = ", ".join(f"{len(mutants)} {kind}" for kind, mutants in kinds.items() if mutants)
    return f"survivors that {ratchet.baseline} does not have: {said}"


def _with(judged: Judgement, verdict: Verdict, reason: str) -> Judgement:
    return msgspec.structs.replace(judged, verdict=verdict, reason=reason)


def stance(mode: str, blocking_after: date | int | None, *, today: date, scans: int) -> Stance:
    """Whether the verdict blocks: not in advisory mode, nor until the end of a day, or for so many `scans`."""
    if blocking_after is None:
        return Stance(is_blocking=mode == "blocking", said="" if mode == "blocking" else "advisory")
    if isinstance(blocking_after, date):
        is_over, said = today > blocking_after, f"advisory until {blocking_after}"
    else:
        left = blocking_after - scans - 1
        is_over, said = (
            scans >= blocking_after,
            f"advisory, and for {counted(left, 'further scan')}" if left else "advisory, the last time",
        )
    return Stance(is_blocking=True) if is_over else Stance(is_blocking=False, said=said)


def scans(events: Iterable[Event]) -> int:
    """How many scans have come to their end, of those that the log tells of."""
    return sum(
        event.type is EventType.MUTATION_SCAN_COMPLETE and event.attributes.get(ENDING) != Ending.INTERRUPTED.value
        for event in events
    )


def exit_code(judged: Judgement, stance: Stance) -> ExitCode:
    """How the command ends."""
    if not stance.is_blocking or judged.verdict is Verdict.PASS:
        return ExitCode.NOTHING_FOUND
    return ExitCode.FOUND if judged.verdict is Verdict.FAIL else ExitCode.NOT_MEASURED
