"""What a gate says of what it finds. Pure: artifacts and a date in, verdicts out.

Where an artifact has judged its figure itself, that verdict is taken: it knows how sure the figure is. It answers the
question of a gate only where both have the same threshold. Else the figure's interval is judged, which passes where it
lies wholly on the right side, and fails where it lies wholly on the wrong one; a figure without an interval is exact,
unless the artifact itself says that it is not measured. What is not measured never passes.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

import msgspec

from noxtasks.evidence.gating import pointers
from noxtasks.evidence.gating.model import Document, Evaluation, Gate, Level, Operator, Take, Value
from noxtasks.evidence.gating.pointers import Place, Stopped
from noxtasks.stats import Verdict

_NAMED = 3
_KNOWN = re.compile(r"\{(?P<pointer>/[^|}]*)\|(?P<text>[^}]*)\}")
_GRAVEST = (Verdict.FAIL, Verdict.UNMEASURED, Verdict.PASS)
_VERDICTS = {
    "pass": Verdict.PASS,
    "warn": Verdict.PASS,  # something to think of, and within what is allowed
    "fail": Verdict.FAIL,
    "unmeasured": Verdict.UNMEASURED,
}


class _Judged(msgspec.Struct, frozen=True, kw_only=True):
    """One place, judged."""

    verdict: Verdict
    figure: Value | None
    threshold: Value | None
    reason: str
    name: str = ""


def evaluate(gate: Gate, document: Document, *, today: date) -> Evaluation:
    """The gate's verdict on `document`, which is its artifact."""
    gate = msgspec.structs.replace(gate, command=_command(gate.command, document))
    judged = _judged(gate, document)
    is_blocking, is_waived, remark = stance(gate, judged.verdict, today=today)
    return Evaluation(
        gate=gate,
        verdict=judged.verdict,
        figure=judged.figure,
        threshold=judged.threshold,
        reason=judged.reason,
        is_blocking=is_blocking,
        is_waived=is_waived,
        remark="; ".join(filter(None, (remark, document.note))),
        digest=document.digest,
    )


def _command(command: str, document: Document) -> str:
    """The command with what the artifact knows: what it was measured against is what to measure against again."""

    def known(found: re.Match[str]) -> str:
        places = pointers.resolve(document.content, found["pointer"])
        values = [] if isinstance(places, Stopped) else [each.value for each in places]
        return shlex.quote(values[0]) if values and isinstance(values[0], str) and values[0] else found["text"]

    return _KNOWN.sub(known, command)


def _judged(gate: Gate, document: Document) -> _Judged:
    if document.refusal:
        return _unmeasured(gate, document.refusal)
    places = pointers.resolve(document.content, gate.pointer)
    if isinstance(places, Stopped):
        return _unmeasured(gate, (places.is_null and gate.absent) or f"{gate.artifact}: {places.reason}")
    if gate.take is Take.COUNT:
        return _counted(gate, places)
    if not places:
        return _unmeasured(gate, f"{gate.artifact}: {pointers.missed(gate.pointer, document.content)}")
    return _worst(gate, [_of_place(gate, place, document.content) for place in places])


def _unmeasured(gate: Gate, reason: str, threshold: Value | None = None) -> _Judged:
    held = gate.threshold if gate.threshold is not None else threshold
    return _Judged(verdict=Verdict.UNMEASURED, figure=None, threshold=held, reason=reason)


def _counted(gate: Gate, places: Sequence[Place]) -> _Judged:
    threshold = gate.threshold
    if threshold is None:
        return _unmeasured(gate, "it has no threshold")
    verdict = Verdict.PASS if gate.operator.holds(len(places), threshold) else Verdict.FAIL
    return _Judged(verdict=verdict, figure=len(places), threshold=threshold, reason=_told(places))


def _told(places: Sequence[Place]) -> str:
    """The first of what was counted, by name."""
    names = list(dict.fromkeys(name for place in places if (name := _name(place))))
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more


def _name(place: Place) -> str:
    match place.value:
        case str():
            return place.value
        case {"message": str(message), "path": ""}:
            return message
        case {"path": str(path), "line": int(line)}:
            return f"{path}:{line}" if line else path
        case {"name": str(name), "message": str(message)}:
            return f"{name}: {message}"
    return place.name


def _of_place(gate: Gate, place: Place, content: Any) -> _Judged:
    said = _said(place.beside(gate.verdict)) if gate.verdict else None
    reason = place.beside("reason")
    why = reason if isinstance(reason, str) else ""
    judged_at = place.beside(gate.judged_at)
    threshold = gate.threshold if gate.threshold is not None else judged_at
    figure = place.value
    name = place.name if place.holders else ""
    if gate.verdict and said is None:
        told = place.beside(gate.verdict)
        return _unmeasured(gate, f"{gate.artifact}: beside the figure, {gate.verdict!r} is {told!r}", judged_at)
    if said is Verdict.UNMEASURED or figure is None:
        return _Judged(
            verdict=Verdict.UNMEASURED,
            figure=figure if _is_figure(figure) else None,
            threshold=threshold,
            reason=why or ("it was not measured" if figure is None else "it is not decided"),
            name=name,
        )
    if not _is_figure(figure) or (gate.operator.is_order and not _is_number(figure)):
        return _unmeasured(gate, f"{gate.artifact}: {gate.pointer} is {_short(figure)}, and no figure", judged_at)
    if said is not None and (threshold == judged_at or (judged_at is None and said is Verdict.FAIL)):
        verdict: Verdict = said
    elif not _is_figure(threshold) or (gate.operator.is_order and not _is_number(threshold)):
        return _unmeasured(gate, f"{gate.artifact}: there is no threshold beside {gate.pointer}")
    else:
        verdict, why = _by_bounds(gate.operator, figure, threshold, _bounds(gate, place, content))
    return _Judged(verdict=verdict, figure=figure, threshold=threshold, reason=why, name=name)


def _said(value: Any) -> Verdict | None:
    return _VERDICTS.get(value.lower()) if isinstance(value, str) else None


def _is_figure(value: Any) -> bool:
    return isinstance(value, int | float | str | bool)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _short(value: Any) -> str:
    kinds = ((dict, "an object"), (list, "an array"), (str, "a string"), (bool, "true or false"))
    return next((said for kind, said in kinds if isinstance(value, kind)), repr(value))


def _bounds(gate: Gate, place: Place, content: Any) -> tuple[float | None, float | None] | None:
    """The ends of the figure's interval, None where an end is open or not found; None where the figure is exact."""
    holder = place.holders[0] if place.holders and isinstance(place.holders[0], Mapping) else {}
    held: Any = None
    if gate.bounds:
        found = pointers.resolve(content, gate.bounds)
        held = found[0].value if not isinstance(found, Stopped) and len(found) == 1 else {}
    elif "interval" in holder:
        held = holder["interval"]
    elif holder.keys() & {"low", "high"}:
        held = holder
    if held is None:
        return None
    low, high = (held.get("low"), held.get("high")) if isinstance(held, Mapping) else (None, None)
    return (low if _is_number(low) else None, high if _is_number(high) else None)


def _by_bounds(
    operator: Operator, figure: Value, threshold: Value, bounds: tuple[float | None, float | None] | None
) -> tuple[Verdict, str]:
    """The verdict on an interval, or on a figure that is exact."""
    if bounds is None or not operator.is_order:
        return (Verdict.PASS if operator.holds(figure, threshold) else Verdict.FAIL), ""
    low, high = bounds
    worst, best = (low, high) if operator.wants_much else (high, low)
    if worst is not None and operator.holds(worst, threshold):
        return Verdict.PASS, "by its interval"
    if best is not None and not operator.holds(best, threshold):
        return Verdict.FAIL, "by its interval"
    has_ends = bounds != (None, None)
    return Verdict.UNMEASURED, "its interval lies on both sides" if has_ends else "its interval has no ends"


def _worst(gate: Gate, judged: Sequence[_Judged]) -> _Judged:
    """The worst of several places: one that fails before one that is not measured; of those the farthest off."""
    verdict = gravest(each.verdict for each in judged)
    found = [each for each in judged if each.verdict is verdict]
    chosen = max(found, key=lambda each: _badness(gate.operator, each))
    if len(judged) == 1:
        return chosen
    share = f"{len(found)} of {len(judged)}" if verdict is not Verdict.PASS else f"all {len(judged)}"
    parts = [part for part in (chosen.name, chosen.reason, share) if part]
    return msgspec.structs.replace(chosen, reason="; ".join(parts))


def _badness(operator: Operator, judged: _Judged) -> float:
    figure, threshold = judged.figure, judged.threshold
    if not (_is_number(figure) and _is_number(threshold)):
        return float("-inf")
    away = float(figure) - float(threshold)  # type: ignore[arg-type] # both are numbers
    return -away if operator.wants_much else away


def stance(gate: Gate, verdict: Verdict, *, today: date) -> tuple[bool, bool, str]:
    """Whether the gate blocks today, whether that is waived, and what to say of it."""
    blocks, remark = gate.level is Level.BLOCKING, ""
    if gate.blocking_after is not None:
        blocks = today > gate.blocking_after
        remark = "" if blocks else f"advisory until {gate.blocking_after}"
    waiver = gate.waiver
    if waiver is None:
        return blocks, False, remark
    if today <= waiver.until:
        return False, blocks, f"waived until {waiver.until}: {waiver.reason}"
    over = f"its waiver ended on {waiver.until} ({waiver.reason})"
    return blocks, False, over if verdict is not Verdict.PASS else f"{over} and can go"


def gravest(verdicts: Iterable[Verdict]) -> Verdict:
    """Fail before unmeasured before pass; without any, pass."""
    return min(verdicts, key=_GRAVEST.index, default=Verdict.PASS)
