"""Gates, what they found in the artifacts, and what follows: frozen values."""

from __future__ import annotations

import operator
from collections.abc import Callable
from datetime import date
from enum import Enum
from typing import Any

import msgspec

from noxtasks.evidence.sums import Digest
from noxtasks.stats import Verdict

Value = float | str | bool
"""What a figure or a threshold can be."""


class Operator(Enum):
    """How a figure has to stand to the threshold."""

    LESS = "<"
    AT_MOST = "<="
    EQUAL = "=="
    UNEQUAL = "!="
    AT_LEAST = ">="
    MORE = ">"

    @property
    def is_order(self) -> bool:
        """Whether it takes numbers, so that an interval can lie wholly on one side."""
        return self not in {Operator.EQUAL, Operator.UNEQUAL}

    @property
    def wants_much(self) -> bool:
        """Whether more is better."""
        return self in {Operator.AT_LEAST, Operator.MORE}

    def holds(self, figure: Value, threshold: Value) -> bool:
        """Whether `figure` is as it has to be; True and 1 are not equal. For an order both have to be numbers."""
        if not self.is_order:
            is_same = isinstance(figure, bool) == isinstance(threshold, bool) and figure == threshold
            return is_same is (self is Operator.EQUAL)
        return bool(_COMPARED[self](figure, threshold))


_COMPARED: dict[Operator, Callable[[Any, Any], Any]] = {
    Operator.LESS: operator.lt,
    Operator.AT_MOST: operator.le,
    Operator.AT_LEAST: operator.ge,
    Operator.MORE: operator.gt,
}


class Level(Enum):
    """What a gate that does not pass means."""

    BLOCKING = "blocking"
    ADVISORY = "advisory"
    OFF = "off"  # it is not looked at


class Take(Enum):
    """What becomes of the places that a pointer leads to."""

    EACH = "each"  # the figure of each is judged; the worst is told
    COUNT = "count"  # the figure is how many there are


class Unit(Enum):
    """How a figure is told."""

    NUMBER = "number"
    SHARE = "share"
    CHANGE = "change"  # 0.1 is 10 % more
    TIMES = "times"


class Waiver(msgspec.Struct, frozen=True, kw_only=True):
    """A gate does not block until the end of the day `until`, for a reason."""

    until: date
    reason: str


class Gate(msgspec.Struct, frozen=True, kw_only=True):
    """A question to an artifact.

    `verdict` names the member beside the figure that holds the artifact's own verdict; without one the figure alone
    is judged. `judged_at` names the one that holds the threshold of that verdict. Without a `threshold` of its own a
    gate has that one. `bounds` leads to the interval of the figure where it is not beside it. In `command`
    {POINTER|TEXT} stands for what the artifact has there, or for the text.
    """

    name: str
    title: str
    artifact: str
    pointer: str
    operator: Operator
    threshold: Value | None
    level: Level
    command: str  # that produces the artifact
    take: Take = Take.EACH
    verdict: str = ""
    judged_at: str = "threshold"
    bounds: str = ""
    unit: Unit = Unit.NUMBER
    blocking_after: date | None = None
    owner: str = ""
    waiver: Waiver | None = None
    absent: str = ""  # what to say where the artifact has null on the way to the figure


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """An artifact as it was found: its content, or why that does not count."""

    name: str
    content: Any = None
    refusal: str = ""
    digest: Digest | None = None
    note: str = ""
    is_ours: bool = True  # it carries where it comes from


class Evaluation(msgspec.Struct, frozen=True, kw_only=True):
    """A gate, judged. `figure` is None where there is none; then the verdict is that it is not measured."""

    gate: Gate
    verdict: Verdict
    figure: Value | None
    threshold: Value | None
    reason: str
    is_blocking: bool  # today, and not waived
    is_waived: bool = False
    remark: str = ""  # of its level or waiver
    digest: Digest | None = None
