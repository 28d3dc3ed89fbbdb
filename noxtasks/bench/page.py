"""The comparison as one HTML page, complete in itself: the verdict, every benchmark, and what its figures rest on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

import msgspec

from noxtasks.bench import captions, plots, wording
from noxtasks.bench.machine import Machine
from noxtasks.bench.model import (
    Comparison,
    Consequence,
    Finding,
    Limit,
    Report,
    Summary,
    Tier,
    Trend,
)
from noxtasks.evidence.display import drawing, html
from noxtasks.evidence.display.text import counted
from noxtasks.evidence.provenance import Provenance
from noxtasks.stats import Verdict

NAME = "bench.html"

_SIGNS = {Finding.SLOWER: "▲", Finding.OPEN: "?", Finding.FASTER: "▼", Finding.STEADY: "="}
_Known = TypeVar("_Known", Tier, Limit, Trend)
_NOTED = 50  # benchmarks of which something was found that are named above the table; the table has them all


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """A benchmark in the table: one comparison where it has any, and all that is known besides."""

    number: int
    test: str
    comparison: Comparison | None
    strip: plots.Strip | None
    old: Summary | None
    new: Summary | None
    rounds: plots.Rounds | None
    tiers: tuple[Tier, ...]
    limits: tuple[Limit, ...]
    courses: tuple[tuple[Trend, plots.Course], ...]

    @property
    def kind(self) -> str:
        """By what it is filtered."""
        return self.comparison.finding.value if self.comparison else "alone"

    @property
    def has_more(self) -> bool:
        """Whether there is something to open."""
        return bool(self.new or self.old or self.tiers or self.limits or self.courses)


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the figures of a benchmark: by side, in words."""

    name: str
    sides: tuple[str, ...]


def render(
    report: Report,
    *,
    project: str,
    command: str,
    machine: Machine,
    timing: Mapping[str, Any],
    provenance: Provenance,
) -> bytes:
    """The page's content. `command` is what measures it again, and `timing` that of the artifact."""
    rows = _rows(report)
    noted = captions.notes(report, {row.test: row.number for row in reversed(rows)})
    scale = plots.changes(report.comparisons)
    return html.render(
        "noxtasks.bench",
        filters={
            "seconds": wording.seconds,
            "share": wording.percent,
            "named": wording.named,
            "anchor": drawing.anchor,
        },
        project=project,
        command=command,
        machine=machine,
        circumstances={name: str(each) for name, each in timing["circumstances"].items() if each is not None},
        duration_s=timing["duration_s"],
        provenance=provenance,
        report=report,
        commit=wording.commit(report),
        interval=wording.interval,
        bounds=captions.bounds,
        stored=wording.STORED,
        method=captions.method(report),
        rows=rows,
        notes=noted[:_NOTED],
        left=len(noted) - _NOTED,
        counts=Counter(each.finding for each in report.comparisons),
        benchmarks=len({row.test for row in rows}),
        alone=sum(row.comparison is None for row in rows),
        ticks=plots.ticks(scale),
        zero=scale.at(0.0),
        findings=Finding,
        signs=_SIGNS,
        said=_said,
        decided=captions.decided,
        described=captions.described,
        severe=Consequence.ALERT,
        verdicts=Verdict,
        limited=captions.limited,
        stepped=captions.stepped,
        figures=_figures,
        counted=counted,
        plots=plots,
    )


def _rows(report: Report) -> list[Row]:
    """One a comparison, the slowest first, then the benchmarks without. What is known besides stands by the first."""
    comparisons = wording.slowest_first(report)
    scale = plots.changes(comparisons)
    old, new = ({each.test: each for each in side} for side in (report.old, report.summaries))
    tiers, limits, trends = _by_test(report.tiers), _by_test(report.limits), _by_test(report.trends)
    compared = dict.fromkeys(each.test for each in comparisons)
    others = dict.fromkeys((*new, *old, *tiers, *limits, *trends))
    heads = [*((each.test, each) for each in comparisons), *((test, None) for test in others if test not in compared)]
    told: set[str] = set()
    found = []
    for number, (test, comparison) in enumerate(heads, 1):
        is_first = test not in told
        told.add(test)
        sides = [("old", old.get(test)), ("new", new.get(test))] if is_first else []
        found.append(
            Row(
                number=number,
                test=test,
                comparison=comparison,
                strip=plots.strip(comparison, scale) if comparison else None,
                old=old.get(test) if is_first else None,
                new=new.get(test) if is_first else None,
                rounds=plots.rounds((name, summary.spread_s) for name, summary in sides if summary),
                tiers=tiers.get(test, ()) if is_first else (),
                limits=limits.get(test, ()) if is_first else (),
                courses=tuple((each, plots.course(each)) for each in trends.get(test, ()) if each.points)
                if is_first
                else (),
            )
        )
    return found


def _by_test(several: Iterable[_Known]) -> dict[str, tuple[_Known, ...]]:
    found: dict[str, list[_Known]] = {}
    for each in several:
        found.setdefault(each.test, []).append(each)
    return {test: tuple(each) for test, each in found.items()}


def _figures(row: Row) -> list[Figure]:
    """The figures of a benchmark: those of the old code, where it was timed, beside those of the new."""
    sides = [side for side in (row.old, row.new) if side]
    if not sides:
        return []
    found = [
        Figure(name="fastest", sides=tuple(wording.seconds(side.least_s) for side in sides)),
        Figure(name="fastest by CPU time", sides=tuple(wording.seconds(side.least_cpu_s) for side in sides)),
        Figure(
            name="mean ± standard deviation",
            sides=tuple(f"{wording.seconds(side.mean_s)} ± {wording.seconds(side.stddev_s)}" for side in sides),
        ),
        *(
            Figure(name=name, sides=tuple(captions.quantile(side.quantiles_s.get(name)) for side in sides))
            for name in dict.fromkeys(name for side in sides for name in side.quantiles_s)
        ),
        Figure(name="middle half (IQR)", sides=tuple(wording.seconds(side.iqr_s) for side in sides)),
    ]
    if any(side.peak_bytes is not None for side in sides):
        peaks = tuple(captions.NOTHING if side.peak_bytes is None else wording.size(side.peak_bytes) for side in sides)
        found.append(Figure(name="memory grew by", sides=peaks))
    rounds = tuple(f"{side.rounds} in {side.processes}" for side in sides)
    return [*found, Figure(name="rounds in processes", sides=rounds)]


def _said(each: Comparison) -> str:
    return "undecided" if each.finding is Finding.OPEN else wording.said(each)
