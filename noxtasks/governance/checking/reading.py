"""`governance.yaml` as values: each part checked, and every problem told at once, with its line and what was meant.

What the file refers to is not looked up here: a reference that leads nowhere breaks a rule, and is no mistake of form.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from enum import Enum
from typing import Any, TypeVar

from noxtasks.errors import ConfigurationError
from noxtasks.evidence.gating.model import Gate, Level, Operator, Take, Unit
from noxtasks.governance.checking.document import Node, parse, problem
from noxtasks.governance.checking.model import (
    DIMENSIONS,
    Deliverable,
    Dimension,
    Milestone,
    Objective,
    Pattern,
    Plan,
    Risk,
    Text,
)
from noxtasks.governance.checking.names import near

VERSION = 1

_SECTIONS = ("version", "milestones", "objectives", "deliverables", "dimensions", "patterns", "risks")
_MILESTONE = ("title", "after", "retrospective")
_OBJECTIVE = ("title", "milestones", "after", "question", "session", "artifact", "gate", "event")
_DELIVERABLE = ("milestone", "artifact", "file", "sha256")
_DIMENSION = ("application", "evidence")
_RISK = ("title", "milestone", "trigger", "mitigation", "rollback", "level")
_TRIGGER = ("artifact", "pointer", "operator", "threshold", "take", "bounds", "unit", "command")
_OPPOSITE = {
    Operator.LESS: Operator.AT_LEAST,
    Operator.AT_MOST: Operator.MORE,
    Operator.EQUAL: Operator.UNEQUAL,
    Operator.UNEQUAL: Operator.EQUAL,
    Operator.AT_LEAST: Operator.LESS,
    Operator.MORE: Operator.AT_MOST,
}
"""What holds where the operator does not: a trigger says when it fires, and a gate what has to hold."""

_HEX = frozenset("0123456789abcdef")
_DIGITS = 64
_SHOWN = 60  # characters of what is wrong
_Chosen = TypeVar("_Chosen", bound=Enum)
_Made = TypeVar("_Made")


def read(data: bytes) -> Plan:
    """The file as a plan. Raises `ConfigurationError` with everything that is wrong with it."""
    root, problems = parse(data)
    reader = _Reader(problems)
    top = reader.members(root, "the file", _SECTIONS)
    reader.version(top.get("version"))
    for section in ("milestones", "objectives"):
        if section not in top:
            reader.tell(0, f"{section} are missing", f"Add `{section}:` with one at least, by name.")
    patterns = reader.members(top.get("patterns"), "patterns", tuple(each.value for each in Pattern))
    plan = Plan(
        milestones=reader.each(top.get("milestones"), "milestones", reader.milestone),
        objectives=reader.each(top.get("objectives"), "objectives", reader.objective),
        deliverables=reader.each(top.get("deliverables"), "deliverables", reader.deliverable),
        dimensions=reader.each(top.get("dimensions"), "dimensions", reader.dimension, known=DIMENSIONS),
        risks=reader.each(top.get("risks"), "risks", reader.risk),
        patterns={
            Pattern(name): level
            for name, node in patterns.items()
            if (level := reader.choice(node, f"patterns.{name}", Level)) is not None
        },
        pattern_lines={Pattern(name): node.line for name, node in patterns.items()},
    )
    if reader.problems:
        raise ConfigurationError.all_of(sorted(reader.problems, key=lambda each: _line(each.where)))
    return plan


def _line(where: str) -> int:
    return int(where.rpartition(":")[2] or 0) if ":" in where else 0


class _Reader:
    """Reads parts of the tree, and notes what is wrong with them."""

    def __init__(self, problems: list[ConfigurationError]) -> None:
        self.problems = problems

    def tell(self, line: int, message: str, remedy: str) -> None:
        self.problems.append(problem(line, message, remedy))

    def version(self, node: Node | None) -> None:
        if node is None:
            self.tell(0, "it has no version", f"Begin it with `version: {VERSION}`.")
        elif isinstance(node.value, bool) or node.value != VERSION:
            remedy = f"This version of noxtasks reads version {VERSION}."
            self.tell(node.line, f"version: expected {VERSION}; got {_shown(node)}", remedy)

    def members(self, node: Node | None, where: str, known: tuple[str, ...] = ()) -> dict[str, Node]:
        """The members of a mapping that are given; of other names than `known`, if there are any, none."""
        if node is None or node.value is None:
            return {}
        if not isinstance(node.value, dict):
            remedy = "Give its parts as `name: value`, indented below it."
            self.tell(node.line, f"{where}: expected a mapping; got {node.kind}", remedy)
            return {}
        for name, each in node.value.items():
            if known and name not in known:
                remedy = near(name, known) or f"There are {', '.join(known)}."
                self.tell(each.line, f"{where}: there is no {_cut(name)}", remedy)
        given = {name: each for name, each in node.value.items() if each.value is not None}
        return {name: each for name, each in given.items() if name in known or not known}

    def each(
        self, node: Node | None, where: str, make: Callable[[str, Node], _Made | None], known: tuple[str, ...] = ()
    ) -> tuple[_Made, ...]:
        """What is made of each member."""
        if node is not None and isinstance(node.value, dict):
            empty = {name: each for name, each in node.value.items() if each.value is None}
            for name, each in empty.items():
                self.tell(each.line, f"{where}.{name}: it is empty", "Say what belongs to it, or take it out.")
        made = (make(name, each) for name, each in self.members(node, where, known).items() if self._named(name, each))
        return tuple(each for each in made if each is not None)

    def _named(self, name: str, node: Node) -> bool:
        if name.strip() and name.isprintable():
            return True
        self.tell(node.line, f"{name!r} is no name", "Give it one of letters that can be printed.")
        return False

    def text(self, node: Node | None, where: str) -> Text | None:
        if node is None:
            return None
        if not isinstance(node.value, str):
            is_made_up = isinstance(node.value, dict | tuple)
            remedy = "Write it as one text." if is_made_up else "Put it into quotes, if it is text."
            self.tell(node.line, f"{where}: expected text; got {node.kind}", remedy)
            return None
        return Text(text=" ".join(node.value.split()), line=node.line)

    def words(self, node: Node | None, where: str) -> str:
        return found.text if (found := self.text(node, where)) else ""

    def texts(self, node: Node | None, where: str) -> tuple[Text, ...]:
        if node is None:
            return ()
        if not isinstance(node.value, tuple):
            self.tell(
                node.line, f"{where}: expected a list of texts; got {node.kind}", "Such as [M1], or one - a line."
            )
            return ()
        found = (self.text(each, f"{where}[{number}]") for number, each in enumerate(node.value))
        return tuple(each for each in found if each)

    def choice(self, node: Node | None, where: str, kind: type[_Chosen]) -> _Chosen | None:
        if node is None:
            return None
        known = [each.value for each in kind]
        if node.value in known and isinstance(node.value, str):
            return kind(node.value)
        remedy = near(str(node.value), known) or f"It is one of {', '.join(known)}."
        self.tell(node.line, f"{where}: there is no {_shown(node)}", remedy)
        return None

    def milestone(self, name: str, node: Node) -> Milestone:
        where = f"milestones.{name}"
        found = self.members(node, where, _MILESTONE)
        return Milestone(
            name=name,
            line=node.line,
            title=self.words(found.get("title"), f"{where}.title"),
            after=self.texts(found.get("after"), f"{where}.after"),
            retrospective=self.text(found.get("retrospective"), f"{where}.retrospective"),
        )

    def objective(self, name: str, node: Node) -> Objective:
        where = f"objectives.{name}"
        found = self.members(node, where, _OBJECTIVE)
        return Objective(
            name=name,
            line=node.line,
            title=self.words(found.get("title"), f"{where}.title"),
            milestones=self.texts(found.get("milestones"), f"{where}.milestones"),
            after=self.texts(found.get("after"), f"{where}.after"),
            **{part: self.text(found.get(part), f"{where}.{part}") for part in _OBJECTIVE[3:]},
        )

    def deliverable(self, name: str, node: Node) -> Deliverable:
        where = f"deliverables.{name}"
        found = self.members(node, where, _DELIVERABLE)
        if {"artifact", "file"} <= found.keys():
            self.tell(node.line, f"{where}: it is an artifact or a file, and not both", "Make two of it.")
        if "sha256" in found and "file" not in found:
            message = f"{where}.sha256: the digest of an artifact stands in SHA256SUMS"
            self.tell(found["sha256"].line, message, "Take it out, or say `file`.")
        sha256 = self.text(found.get("sha256"), f"{where}.sha256")
        if sha256 and not (len(sha256.text) == _DIGITS and set(sha256.text) <= _HEX):
            message = f"{where}.sha256: expected {_DIGITS} hexadecimal digits; got {sha256.text[: _DIGITS + 1]!r}"
            self.tell(sha256.line, message, "`sha256sum FILE` prints them.")
        return Deliverable(
            name=name,
            line=node.line,
            milestone=self.text(found.get("milestone"), f"{where}.milestone"),
            artifact=self.text(found.get("artifact"), f"{where}.artifact"),
            file=self.text(found.get("file"), f"{where}.file"),
            sha256=sha256,
        )

    def dimension(self, name: str, node: Node) -> Dimension:
        where = f"dimensions.{name}"
        found = self.members(node, where, _DIMENSION)
        return Dimension(
            name=name,
            line=node.line,
            application=self.text(found.get("application"), f"{where}.application"),
            evidence=self.texts(found.get("evidence"), f"{where}.evidence"),
        )

    def risk(self, name: str, node: Node) -> Risk | None:
        where = f"risks.{name}"
        found = self.members(node, where, _RISK)
        title = self.words(found.get("title"), f"{where}.title")
        mitigation = self.words(found.get("mitigation"), f"{where}.mitigation")
        rollback = self.words(found.get("rollback"), f"{where}.rollback")
        if not (mitigation or rollback):
            self.tell(node.line, f"{where}: it has neither a mitigation nor a rollback", "Say what is done against it.")
        level = self.choice(found.get("level"), f"{where}.level", Level)
        milestone = self.text(found.get("milestone"), f"{where}.milestone")
        if "trigger" not in found:
            self.tell(node.line, f"{where}: it has no trigger", f"Say when it fires: {', '.join(_TRIGGER[:4])}.")
            return None
        calm = self._calm(name, title, found["trigger"], f"{where}.trigger")
        if calm is None:
            return None
        return Risk(
            name=name,
            line=node.line,
            title=title,
            calm=calm,
            level=level or Level.ADVISORY,
            mitigation=mitigation,
            rollback=rollback,
            milestone=milestone,
        )

    def _calm(self, name: str, title: str, node: Node, where: str) -> Gate | None:
        """The gate that holds as long as the trigger does not fire."""
        found = self.members(node, where, _TRIGGER)
        missing = [part for part in _TRIGGER[:4] if part not in found]
        if missing:
            self.tell(node.line, f"{where}: {', '.join(missing)} missing", f"It takes {', '.join(_TRIGGER[:4])}.")
        artifact = self.words(found.get("artifact"), f"{where}.artifact")
        if "artifact" in found and (not artifact or "/" in artifact or "\\" in artifact):
            message = f"{where}.artifact: expected the name of a file among the reports"
            self.tell(found["artifact"].line, message, "Such as flake.report.json, without a folder.")
        pointer = self.words(found.get("pointer"), f"{where}.pointer")
        if pointer and not pointer.startswith("/"):
            message = f"{where}.pointer: {_cut(pointer)} does not begin with a slash"
            self.tell(found["pointer"].line, message, "Such as /result/claim/figure.")
        operator = self.choice(found.get("operator"), f"{where}.operator", Operator)
        threshold = self._threshold(found.get("threshold"), operator, f"{where}.threshold")
        take = self.choice(found.get("take"), f"{where}.take", Take)
        unit = self.choice(found.get("unit"), f"{where}.unit", Unit)
        bounds = self.words(found.get("bounds"), f"{where}.bounds")
        command = self.words(found.get("command"), f"{where}.command")
        if missing or operator is None:
            return None
        return Gate(
            name=name,
            title=title,
            artifact=artifact,
            pointer=pointer,
            operator=_OPPOSITE[operator],
            threshold=threshold,
            level=Level.ADVISORY,
            command=command,
            take=take or Take.EACH,
            bounds=bounds,
            unit=unit or Unit.NUMBER,
        )

    def _threshold(self, node: Node | None, operator: Operator | None, where: str) -> Any:
        if node is None:
            return None
        value = node.value
        is_number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
        if is_number or (isinstance(value, bool | str) and (operator is None or not operator.is_order)):
            return value
        wanted, remedy = "a number, true, false or text", "Give what the figure is compared with."
        if operator and operator.is_order:
            wanted, remedy = (
                "a number",
                f"{operator.value} compares numbers; without quotes, and a share of 5 % is 0.05.",
            )
        self.tell(node.line, f"{where}: expected {wanted}; got {_shown(node)}", remedy)
        return None


def opposite(operator: Operator) -> Operator:
    """What the trigger of a gate of calm asks for, and back."""
    return _OPPOSITE[operator]


def _shown(node: Node) -> str:
    return node.kind if isinstance(node.value, dict | tuple) else _cut(node.value)


def _cut(value: object) -> str:
    written = repr(value)
    return written if len(written) <= _SHOWN else f"{written[:_SHOWN]}…"
