"""What an objective's panel is made of: its artifact, who reads that, and which figures of events are its trend."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import msgspec

from noxtasks.dashboard.model import Bars, Finding, Series
from noxtasks.dashboard.wording import change, share
from noxtasks.evidence.display.text import counted, shown
from noxtasks.evidence.gating.judging import gravest
from noxtasks.stats import Verdict

Content = Mapping[str, Any]

_WORD = re.compile(r"[a-z]+[ ,]")
_LONGEST = 600  # characters of what one finding says; the artifact has all of it
_LONGEST_ID = 4000  # of a node id or a path
_LINES = 200  # of a diff


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What an artifact says to its objective's question."""

    verdict: Verdict
    figure: str
    reason: str = ""
    series: tuple[Series, ...] = ()
    bars: tuple[Bars, ...] = ()
    findings: tuple[Finding, ...] = ()


class Trend(msgspec.Struct, frozen=True, kw_only=True):
    """A metric of events of one type, as a series; `threshold` names the metric that it is held against."""

    event: str
    metric: str
    name: str
    unit: str
    threshold: str = ""


class Objective(msgspec.Struct, frozen=True, kw_only=True):
    """A panel.

    `answer` takes `result` and `timing` of the artifact, and the content, `result` and `timing`, of each of those
    `beside` it that counts. It may raise whatever comes of content of another shape.
    """

    name: str
    question: str
    artifact: str
    command: str
    answer: Callable[[Content, Content, Content], Answer]
    beside: tuple[str, ...] = ()
    trends: tuple[Trend, ...] = ()
    page: str = ""  # of its own


def result_of(beside: Content, name: str) -> Any:
    """The result of an artifact beside that of the panel; None where that does not count."""
    found = beside.get(name)
    return found["result"] if found else None


def verdict(said: str) -> Verdict:
    """A verdict as an artifact has it; a warning is within what is allowed. Raises `ValueError` for no such word."""
    return Verdict.PASS if said.lower() == "warn" else Verdict(said.lower())


def worst(said: Iterable[str]) -> Verdict:
    """The gravest of verdicts as an artifact has them."""
    return gravest(map(verdict, said))


def within(interval: Content | None) -> str:
    """The bounds of an interval of shares, to follow its figure; nothing without them."""
    if not interval or interval["low"] is None or interval["high"] is None:
        return ""
    return f" ({share(interval['low'])} to {share(interval['high'])})"


def finding(kind: str, what: str, **more: Any) -> Finding:
    """A finding whose texts are no longer than people read."""
    cut = {name: text[:_LONGEST_ID] for name in ("test", "path", "command") if (text := more.pop(name, ""))}
    diff = tuple(line[:_LONGEST] for line in more.pop("diff", ())[:_LINES])
    return Finding(kind=kind, what=cropped(what), detail=cropped(more.pop("detail", "")), diff=diff, **cut, **more)


def cropped(text: str) -> str:
    """The beginning of a text that is longer than anybody reads."""
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def sentences(*parts: str) -> str:
    """The parts that are there, one after the other, each said once. Where one breaks its lines no line is broken."""
    told = dict.fromkeys(" ".join(part.split()) for part in parts)
    said = [part for part in told if not any(each != part and each.startswith(part) for each in told)]
    return " ".join(_begun(part if part.endswith((".", "!", "?")) else f"{part}.") for part in said if part)


def _begun(sentence: str) -> str:
    """With a capital letter, unless it begins with a name."""
    return sentence[0].upper() + sentence[1:] if _WORD.match(sentence) else sentence


def several(count: int, noun: str) -> str:
    """So many, or no such thing."""
    return counted(count, noun) if count else f"no {noun}s"


__all__ = [
    "Answer",
    "Content",
    "Objective",
    "Trend",
    "change",
    "counted",
    "cropped",
    "finding",
    "result_of",
    "sentences",
    "several",
    "share",
    "shown",
    "verdict",
    "within",
    "worst",
]
