"""What every report says in the same words of a gate's figure and threshold."""

from __future__ import annotations

from noxtasks.evidence.display.text import shown
from noxtasks.evidence.gating.model import Evaluation, Unit, Value

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


def said(each: Evaluation) -> str:
    """The whole in a sentence."""
    parts = [f"{each.gate.name}: {each.verdict.value}"]
    if each.figure is not None:
        parts.append(f"{figure(each)} ({wanted(each)})".removesuffix(" ()"))
    parts += [part for part in (each.reason, each.remark) if part]
    return "; ".join(parts)
