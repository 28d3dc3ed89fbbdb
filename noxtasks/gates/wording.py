"""What every report of gates says in the same words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from noxtasks.evidence.display.text import counted, shown
from noxtasks.gates.model import Evaluation, Level, Report, Rollback, Unit, Value
from noxtasks.stats import Verdict

_COMMIT_SHOWN = 10
_MOST_DIGITS = 9
_TINY = 1e-9
_FORMS = {
    Unit.NUMBER: (6, 1, "{}"),
    Unit.SHARE: (1, 100, "{}%"),
    Unit.CHANGE: (1, 100, "{sign}{}%"),
    Unit.TIMES: (2, 1, "{}x"),
}
"""Digits behind the point, by what a figure is multiplied, and what stands around it."""


def figure(each: Evaluation) -> str:
    """The figure in its unit, with so many digits that it stands to the threshold as it does unrounded."""
    value, threshold, unit = each.figure, each.threshold, each.gate.unit
    if value is None:
        return "-"
    if isinstance(value, str | bool):
        return shown(value) if isinstance(value, str) else str(value).lower()
    if unit is Unit.NUMBER:
        few = f"{value:.6g}"
        return few if _stands_alike(each, float(few)) else repr(value)
    digits, scale, form = _FORMS[unit]
    while digits < _MOST_DIGITS:
        rounded = round(value * scale, digits)
        if unit is Unit.SHARE and each.gate.operator.wants_much and rounded > value * scale + _TINY:
            rounded -= 10**-digits  # as those show it who judge such a share: what is shown as 70% is no less
        if _stands_alike(each, rounded / scale) or threshold is None:
            break
        digits += 1
    text = f"{rounded:.{digits}f}"
    return form.format(text.removesuffix(".0") if scale > 1 else text, sign="" if text.startswith("-") else "+")


def _stands_alike(each: Evaluation, rounded: float) -> bool:
    """Whether the rounded figure says of the threshold what the figure itself says."""
    figure, threshold, operator = each.figure, each.threshold, each.gate.operator
    if not isinstance(threshold, int | float) or figure is None:
        return True
    return operator.holds(round(rounded, 12), threshold) is operator.holds(figure, threshold)


def _threshold(value: Value, unit: Unit) -> str:
    """What a figure is held against, as it was set."""
    if isinstance(value, str | bool):
        return shown(value) if isinstance(value, str) else str(value).lower()
    _, scale, form = _FORMS[unit]
    text = f"{value * scale:.2f}" if unit is Unit.TIMES else f"{value * scale:.6g}"
    return form.format(text, sign="" if text.startswith("-") else "+")


def wanted(each: Evaluation) -> str:
    """What the figure has to be."""
    if each.threshold is None:
        return ""
    return f"{each.gate.operator.value} {_threshold(each.threshold, each.gate.unit)}"


def standing(each: Evaluation) -> str:
    """The verdict, and what it means where it is no pass."""
    if each.is_waived:
        return f"{each.verdict.value}, waived"
    if each.verdict is Verdict.PASS or each.is_blocking:
        return each.verdict.value
    return f"{each.verdict.value}, advisory"


def said(each: Evaluation) -> str:
    """The whole in a sentence."""
    parts = [f"{each.gate.name}: {each.verdict.value}"]
    if each.figure is not None:
        parts.append(f"{figure(each)} ({wanted(each)})".removesuffix(" ()"))
    parts += [part for part in (each.reason, each.remark) if part]
    return "; ".join(parts)


def details(each: Evaluation) -> list[str]:
    """What to know of a gate beyond its row: why, until when, who, and what to run."""
    is_wrong = each.verdict is Verdict.FAIL
    lines = [each.reason] if is_wrong and each.reason else []
    lines += [each.remark] if each.remark else []
    if is_wrong and each.gate.owner:
        lines.append(f"ask {each.gate.owner}")
    if is_wrong and each.gate.command:
        lines.append(f"$ {each.gate.command}")
    return lines


def unmeasured(evaluations: Iterable[Evaluation]) -> list[tuple[str, list[str], str]]:
    """Why gates are not measured: the reasons, the gates, and the command that would measure them, one for each."""
    found: dict[str, list[Evaluation]] = {}
    for each in evaluations:
        if each.verdict is Verdict.UNMEASURED:
            found.setdefault(each.gate.command or each.reason, []).append(each)
    return [
        (
            "; ".join(dict.fromkeys(each.reason for each in several)),
            [each.gate.name for each in several],
            several[0].gate.command,
        )
        for several in found.values()
    ]


def summary(report: Report) -> list[str]:
    """How many gates there are of each kind and verdict."""
    blocking = [each for each in report.evaluations if each.is_blocking]
    waived = [each for each in report.evaluations if each.is_waived]
    others = [each for each in report.evaluations if not (each.is_blocking or each.is_waived)]
    kinds = (("blocking", blocking), ("advisory", others), ("waived", waived))
    return [f"{len(each)} {kind}: {_spread(each)}" for kind, each in kinds if each]


def _spread(evaluations: Sequence[Evaluation]) -> str:
    counts = {verdict: sum(each.verdict is verdict for each in evaluations) for verdict in Verdict}
    return ", ".join(f"{count} {verdict.value}" for verdict, count in counts.items() if count)


def answer(report: Report) -> str:
    """May it be merged?"""
    if report.verdict is Verdict.PASS:
        blocks = any(each.is_blocking for each in report.evaluations)
        return "nothing stands against merging" if blocks else "nothing stands against merging: no gate blocks"
    names = [each.gate.name for each in report.evaluations if each.is_blocking and each.verdict is report.verdict]
    listed = ", ".join(names)
    if report.verdict is Verdict.FAIL:
        return f"not to be merged: {counted(len(names), 'blocking gate')} failed: {listed}"
    return f"not known whether to merge: {counted(len(names), 'blocking gate')} unmeasured: {listed}"


def rollback(found: Rollback) -> list[str]:
    """What is recommended, which commits it is about, and how it is done."""
    good, bad = found.good[:_COMMIT_SHOWN], found.bad[:_COMMIT_SHOWN]
    lines = [f"going back is recommended: {shown(found.reason)}"]
    if found.is_found:
        lines.append("a bisection has found the commit:")
    elif found.commits:
        lines.append(f"{good}..{bad}, {counted(len(found.commits), 'commit')}:")
    else:
        lines.append(f"{good}..{bad}")
    lines += [f"  {each.id[:_COMMIT_SHOWN]} {shown(each.subject)}" for each in found.commits]
    return [*lines, *(f"  $ {command}" for command in found.commands)]


def level(each: Evaluation) -> str:
    """Which of the lists it stands in."""
    return Level.BLOCKING.value if each.is_blocking or each.is_waived else Level.ADVISORY.value
