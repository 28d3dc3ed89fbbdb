"""`perf.comparison.json`: what has become slower, and what benchmarks took over time."""

from __future__ import annotations

import re
import shlex
from collections import Counter
from collections.abc import Iterator

import msgspec

from noxtasks.dashboard.model import Bar, Bars, Finding, Point, Series
from noxtasks.dashboard.panels.objective import (
    Answer,
    Content,
    Objective,
    Trend,
    change,
    counted,
    finding,
    sentences,
    shown,
    verdict,
)

_BARS = 30
_COMMIT = re.compile("[0-9a-f]{40}")
_COMMIT_SHOWN = 10
_TRENDS = 12
_COMPLETE = "performance_benchmark_complete"
_CHANGED = {"slower": 0, "faster": 1}


def _answer(result: Content, timing: Content, beside: Content) -> Answer:
    del timing, beside
    each = result["benchmarks"]
    tests = len({one["test"] for one in each})
    counts = Counter(one["finding"] for one in each)
    spread = ", ".join(f"{counts[kind]} {kind}" for kind in ("slower", "faster", "steady", "open") if counts[kind])
    command = f"noxtasks bench --against {shlex.quote(result['against'])}" if result["against"] else "noxtasks bench"
    return Answer(
        verdict=verdict(result["verdict"]),
        figure=f"{counted(tests, 'benchmark')} against {_against(result['against'])}"
        + (f": {spread}" if spread else "")
        + _worst(each),
        reason=sentences(result["reason"]),
        series=_series(result["trends"]),
        bars=_bars(each),
        findings=(*_changes(each, command), *_limits(result["limits"], command)),
    )


def _against(revision: str) -> str:
    if not revision:
        return "what was stored"
    return revision[:_COMMIT_SHOWN] if _COMMIT.fullmatch(revision) else shown(revision)


def _worst(each: list[Content]) -> str:
    changed = [one for one in each if one["change"] is not None]
    if not changed:
        return ""
    worst = max(changed, key=lambda one: one["change"])
    pairs = counted(worst["pairs"], "pair")
    return f"; at worst {change(worst['change'])}{_bounds(worst)} of {worst['metric']} in {pairs}"


def _bounds(one: Content) -> str:
    if one["low"] is None or one["high"] is None:
        return ""
    return f" ({change(one['low'])} to {change(one['high'])})"


def _bars(each: list[Content]) -> tuple[Bars, ...]:
    changed = sorted((one for one in each if one["change"] is not None), key=lambda one: -one["change"])
    several = len({one["metric"] for one in changed}) > 1
    bars = tuple(
        Bar(
            name=shown(one["test"]) + (f", {one['metric']}" if several else ""),
            value=one["change"],
            low=one["low"],
            high=one["high"],
            threshold=one["threshold"],
        )
        for one in changed[:_BARS]
    )
    return (Bars(title="How much more benchmarks take, or less", unit="change", bars=bars),) if bars else ()


def _changes(each: list[Content], command: str) -> Iterator[Finding]:
    found = [one for one in each if one["finding"] in _CHANGED]
    for one in sorted(found, key=lambda one: (_CHANGED[one["finding"]], -abs(one["change"] or 0))):
        said = "" if one["change"] is None else f"{change(one['change'])}{_bounds(one)} "
        yield finding(
            one["finding"],
            f"{said}of {one['metric']}, in {counted(one['pairs'], 'pair')}",
            detail=f"by chance with p = {one['p']:.2g}" if one["finding"] == "slower" else "",
            test=one["test"],
            path=one["test"].partition("::")[0],
            command=command,
        )


def _limits(limits: list[Content], command: str) -> Iterator[Finding]:
    for one in limits:
        if one["verdict"] == "fail":
            yield finding(
                "over its limit",
                f"{one['metric']} {one['figure_s']:.3g} s, allowed {one['limit_s']:.3g} s",
                test=one["test"],
                path=one["test"].partition("::")[0],
                command=command,
            )


def _series(trends: list[Content]) -> tuple[Series, ...]:
    """Those that have changed before others."""
    chosen = sorted(trends, key=lambda one: (not one["steps"], one["test"], one["metric"]))[:_TRENDS]
    return tuple(
        Series(
            name=f"{shown(one['test'])}, {one['metric']}",
            unit="number" if one["metric"] in {"instructions", "memory"} else "seconds",
            points=tuple(
                msgspec.convert({"at": point["taken"], "value": point["value_s"]}, Point) for point in one["points"]
            ),
        )
        for one in chosen
        if one["points"]
    )


OBJECTIVE = Objective(
    name="bench",
    question="Did it get slower, beyond noise?",
    artifact="perf.comparison.json",
    command="noxtasks bench",
    answer=_answer,
    trends=(
        Trend(event=_COMPLETE, metric="bench.slower", name="slower benchmarks", unit="number"),
        Trend(event=_COMPLETE, metric="bench.benchmarks", name="benchmarks", unit="number"),
    ),
    page="bench.html",
)
