"""The thirteen dimensions: each addressed by what it means in the project, and by evidence that can be found. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence

from noxtasks.governance.checking import references
from noxtasks.governance.checking.model import (
    DIMENSIONS,
    Addressed,
    Dimension,
    Documents,
    Plan,
    Rule,
    Standing,
    Text,
    Violation,
)

MEASURE = "Run the session that writes it, at the code of now."

_BEGINS = re.compile(r"(?:todo|tbd|tba|fixme|xxx+|placeholder|lorem ipsum)\b", re.IGNORECASE)
_HOLDS = re.compile(r"\b(?:TODO|TBD|FIXME)\b")
_IS = re.compile(r"n/?a|none|nothing|unknown|fill (?:this |me )?in|to be (?:done|filled in|written)", re.IGNORECASE)
_WORD = re.compile(r"\w{2,}")


def look_into(plan: Plan, documents: Documents, read: Callable[[str], str | None]) -> tuple[Addressed, ...]:
    """All thirteen, in the plan's order; those that the file does not have with line 0."""
    said = {each.name: each for each in plan.dimensions}
    return tuple(
        _looked_into(said[name], documents, read)
        if name in said
        else Addressed(name=name, line=0, application="", wrong="it is not addressed", evidence=())
        for name in DIMENSIONS
    )


def _looked_into(each: Dimension, documents: Documents, read: Callable[[str], str | None]) -> Addressed:
    return Addressed(
        name=each.name,
        line=each.application.line if each.application else each.line,
        application=each.application.text if each.application else "",
        wrong=unfilled(each.application),
        evidence=tuple(references.look_up(said, documents, read) for said in each.evidence),
    )


def unfilled(said: Text | None) -> str:
    """Why a text says nothing; empty where it says something."""
    if said is None or not said.text.strip():
        return "it has no application"
    text = said.text.strip().strip("<>[](){}*_.!\"' ")
    if _BEGINS.match(text) or _HOLDS.search(text) or _IS.fullmatch(text) or not _WORD.search(text):
        return "its application is a placeholder"
    return ""


def violations(addressed: Iterable[Addressed]) -> list[Violation]:
    """What a dimension lacks, each with its line."""
    return [violation for each in addressed for violation in _of(each)]


def _of(each: Addressed) -> Sequence[Violation]:
    found = []
    if each.wrong:
        remedy = "Say what it means in this project: application."
        found.append(_violation(Rule.DIMENSION, each.name, each.wrong, each.line, remedy))
    if each.line and not each.evidence:
        remedy = "Name an artifact (flake.report.json#/result/claim), a file (README.md#heading) or a URL."
        found.append(_violation(Rule.EVIDENCE, each.name, "it has no evidence", each.line, remedy))
    for reference in each.evidence:
        if reference.standing is Standing.MISSING:
            message = f"{reference.text}: {reference.reason}"
            is_measured = references.parse(reference.text).kind is references.Kind.ARTIFACT
            remedy = MEASURE if is_measured else "Name what there is, or make what is named."
            found.append(_violation(Rule.EVIDENCE, each.name, message, reference.line, remedy))
    return found


def _violation(rule: Rule, name: str, message: str, line: int, remedy: str) -> Violation:
    return Violation(rule=rule, name=name, message=f"{name}: {message}", line=line, remedy=remedy)
