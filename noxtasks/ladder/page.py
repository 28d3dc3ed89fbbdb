"""The ladder as one HTML page, complete in itself: the rungs, what is missing for the next, and where tests would help.

It is made of the artifact alone, so that it says no more, and no less, than what anybody can check.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Generic, TypeVar

import msgspec

from noxtasks.evidence.display import drawing, html
from noxtasks.evidence.display.text import counted, short
from noxtasks.evidence.provenance import Provenance
from noxtasks.ladder import captions, gains, plots, wording
from noxtasks.ladder.history import History
from noxtasks.ladder.model import Condition, Counts, Gain, Metric, Name, Standing
from noxtasks.stats import Verdict

NAME = "ladder.html"

_FEW = 10
_SOME = 20
_MANY = 50
_NAME_WIDTH = 200  # of a name; the artifact has all of it
_ORDER = tuple(Name)
_SIGNS = {Verdict.PASS.value: "✓", Verdict.FAIL.value: "✗", Verdict.UNMEASURED.value: "?"}

_Item = TypeVar("_Item")


class Few(msgspec.Struct, Generic[_Item], frozen=True, kw_only=True):
    """The first of several, and how many there are beside them."""

    shown: tuple[_Item, ...]
    more: int

    @property
    def total(self) -> int:
        """All of them."""
        return len(self.shown) + self.more


class Rung(msgspec.Struct, frozen=True, kw_only=True):
    """A tier in the ladder."""

    number: int
    name: str
    tier: Mapping[str, Any]  # as in the artifact
    level: str
    is_earned: bool
    is_next: bool
    bar: plots.Bar
    course: plots.Course | None
    described: str  # the course
    lacking: str
    failed: Few[str]
    again: str  # the command that shows a failing test; "" without any


class Gainful(msgspec.Struct, frozen=True, kw_only=True):
    """Where tests would earn most for a tier."""

    name: str
    noun: str
    advice: str
    functions: Few[Gain]
    files: Few[Gain]


class Borders(msgspec.Struct, frozen=True, kw_only=True):
    """The imports between packages across which a tier's tests call, and those across which they do not."""

    name: str
    crossed: int
    total: int
    missing: Few[tuple[str, str]]


def render(result: Mapping[str, Any], *, project: str, provenance: Provenance) -> bytes:
    """The page's content. `result` is that of `coverage.ladder.v2.yaml`."""
    kept = msgspec.convert({name: result[name] for name in ("measurements", "advances")}, History)
    standing = msgspec.convert({**result["standing"], "advances": ()}, Standing)
    rungs = [_rung(each, kept, standing) for each in result["tiers"]]
    new = result["new_code"]
    return html.render(
        "noxtasks.ladder",
        filters={
            "anchor": drawing.anchor,
            "figure": wording.figure,
            "short_commit": captions.commit,
            "named": _named,
            "points": captions.points,
            "trend": wording.trend,
        },
        project=project,
        provenance=provenance,
        result=result,
        headline=captions.headline(standing),
        standing=standing,
        following=wording.name(standing.following) if standing.following else "",
        missing=sorted(standing.missing, key=_is_there),
        rungs=rungs,
        names=[wording.name(name) for name in Name],
        advances=_few(tuple(reversed(kept.advances)), _SOME),
        measurements=_few(tuple(reversed(kept.measurements)), _SOME),
        ends=kept.measurements,
        gainful=_gainful(result),
        borders=[_borders(each) for each in result["tiers"] if each["edges"]],
        new=new,
        new_missing=_few(captions.uncovered(new["missing"]), _MANY) if new else None,
        unfit=_few(result["unassigned"]["none"], _MANY),
        several=_few(tuple(result["unassigned"]["several"].items()), _MANY),
        notes=_few(result["notes"], _MANY),
        moved=captions.moved,
        figures=list(Name),
        nouns=captions.NOUNS,
        tier_name=lambda name: wording.name(Name(name)),
        signs=_SIGNS,
        counted=counted,
        plots=plots,
    )


def _rung(tier: Mapping[str, Any], kept: History, standing: Standing) -> Rung:
    name = Name(tier["name"])
    rank = _ORDER.index(name)
    return Rung(
        number=rank + 1,
        name=wording.name(name),
        tier=tier,
        level=captions.level(tier),
        is_earned=standing.tier is not None and rank <= _ORDER.index(standing.tier),
        is_next=name is standing.following,
        bar=plots.bar(tier["figure"], tier["target"]),
        course=plots.course(kept.measurements, kept.advances, name, tier["target"]),
        described=captions.course(kept.measurements, name, tier["target"]),
        lacking=captions.lacking(_lacking(tier), Metric(tier["metric"])),
        failed=_few(tier["failed"], _SOME),
        again=captions.again(tier["failed"]),
    )


def _lacking(tier: Mapping[str, Any]) -> int | None:
    """How many more it is to cover; None where that is not known."""
    metric = Metric(tier["metric"])
    sides = {Metric.LINE: ("lines",), Metric.BRANCH: ("branches",), Metric.COMBINED: ("lines", "branches")}
    counts = [tier[side] for side in sides.get(metric, ()) if tier[side] is not None]
    if not counts or tier["figure"] is None:
        return None
    whole = Counts(covered=sum(each["covered"] for each in counts), total=sum(each["total"] for each in counts))
    return gains.short_of(tier["target"], whole)


def _gainful(result: Mapping[str, Any]) -> list[Gainful]:
    """By tier, the lowest first."""
    found = msgspec.convert(result["gains"], tuple[Gain, ...])
    by_tier = {name: tuple(each for each in found if each.tier is name) for name in Name}
    return [
        Gainful(
            name=wording.name(Name(tier["name"])),
            noun=captions.NOUNS[Metric(tier["metric"])][1],
            advice=captions.advice(of_tier, _lacking(tier), Metric(tier["metric"])),
            functions=_few(of_tier, _SOME),
            files=_few(gains.by_file(of_tier), _FEW),
        )
        for tier in result["tiers"]
        if (of_tier := by_tier[Name(tier["name"])])
    ]


def _borders(tier: Mapping[str, Any]) -> Borders:
    edges = tier["edges"]
    return Borders(
        name=wording.name(Name(tier["name"])),
        crossed=edges["crossed"],
        total=edges["total"],
        missing=_few([(source, target) for source, target in edges["missing"]], _MANY),
    )


def _few(several: Sequence[_Item], most: int) -> Few[_Item]:
    return Few(shown=tuple(several[:most]), more=max(0, len(several) - most))


def _is_there(condition: Condition) -> bool:
    return condition.verdict is Verdict.PASS


def _named(text: str) -> str:
    """A name that others have given: of one that is longer than anybody reads, the part that tells it from others."""
    return short(text, _NAME_WIDTH)
