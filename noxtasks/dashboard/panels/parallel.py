"""`parallelization.scan.report.json`, with the times of `speedup-analysis.json` beside it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from noxtasks.dashboard.model import Bar, Bars, Finding
from noxtasks.dashboard.panels.objective import (
    Answer,
    Content,
    Objective,
    Trend,
    counted,
    finding,
    sentences,
    several,
    shown,
    worst,
)

TIMES = "speedup-analysis.json"

_COMPLETE = "parallelization_probe_complete"


def _answer(result: Content, timing: Content, beside: Content) -> Answer:
    del timing
    analysis = beside.get(TIMES)
    speedups = _speedups(analysis)
    best = result["recommended"]
    found = speedups.get(_name(best)) if best else None
    threshold = next((gate["threshold"] for gate in result["gates"] if gate["name"] == "speed-up"), None)
    findings = tuple(_findings(result))
    chosen = f" with {_name(best)}" if best else ""
    return Answer(
        verdict=worst(gate["verdict"] for gate in result["gates"]),
        figure=f"{result['answer']}{chosen}{_said(found)}; {counted(result['tests'], 'test')}, "
        f"{several(len(findings), 'finding')}",
        reason=sentences(result["reason"], *(gate["reason"] for gate in result["gates"] if gate["verdict"] != "pass")),
        bars=_bars(speedups, threshold),
        findings=findings,
    )


def _name(candidate: Content) -> str:
    return f"{candidate['mode']} -n {candidate['workers']}"


def _speedups(analysis: Content | None) -> dict[str, Content]:
    found = analysis["timing"]["candidates"] if analysis else ()
    return {_name(each["candidate"]): each["speedup"] for each in found if each["speedup"]}


def _said(found: Content | None) -> str:
    if not found:
        return ""
    ends = f"{found['low']:.2f} to {found['high']:.2f}, " if found["low"] is not None and found["high"] else ""
    return f": {found['estimate']:.2f}x as fast ({ends}{counted(found['pairs'], 'pair')})"


def _bars(speedups: Mapping[str, Content], threshold: float | None) -> tuple[Bars, ...]:
    bars = tuple(
        Bar(name=name, value=each["estimate"], low=each["low"], high=each["high"], threshold=threshold)
        for name, each in sorted(speedups.items(), key=lambda item: -item[1]["estimate"])
    )
    return (Bars(title="Speed-up against one worker", unit="times", bars=bars),) if bars else ()


def _findings(result: Content) -> Iterator[Finding]:
    suspects: dict[str, tuple[Content, Content]] = {}
    for each in result["candidates"]:
        if each["fault"]:
            yield finding(
                "breaks",
                f"{_name(each['candidate'])}: {each['fault']['trouble']}",
                detail=sentences(each["fault"]["said"]),
                command=_again(each["candidate"]),
            )
        for one in each["suspects"]:
            suspects.setdefault(one["test"], (one, each["candidate"]))
    for test, (one, candidate) in suspects.items():
        yield finding(
            "fails in parallel",
            f"{one['outcome']} {one['times']} of {one['trials']} times with {_name(candidate)}, alone never",
            test=test,
            path=test.partition("::")[0],
            command=_again(candidate),
        )
    for each in (result["conflicts"] or {}).get("conflicts", ()):
        if each["standing"] == "proven":
            yield _conflict(each)


def _conflict(each: Mapping[str, Any]) -> Finding:
    first, other = each["tests"]
    return finding(
        "conflict",
        f"shares the {each['resource']['kind']} {shown(each['resource']['name'])} with {shown(other)}",
        detail=sentences(each["remedy"]),
        test=first,
        path=first.partition("::")[0],
        command=each["command"],
    )


def _again(candidate: Content) -> str:
    return f"noxtasks parallel --modes {candidate['mode']} --workers {candidate['workers']}"


OBJECTIVE = Objective(
    name="parallel",
    question="How much faster is it in parallel, what breaks there, and how far is the limit?",
    artifact="parallelization.scan.report.json",
    command="noxtasks parallel",
    answer=_answer,
    beside=(TIMES,),
    trends=(
        Trend(event=_COMPLETE, metric="parallel.speedup", name="speed-up", unit="times"),
        Trend(event=_COMPLETE, metric="parallel.suspects", name="tests that fail in parallel", unit="number"),
    ),
)
