"""`mutation.initial.report.json`: what the tests do not notice."""

from __future__ import annotations

from noxtasks.dashboard.model import Bar, Bars
from noxtasks.dashboard.panels.objective import (
    Answer,
    Content,
    Objective,
    Trend,
    counted,
    finding,
    sentences,
    share,
    shown,
    verdict,
    within,
)

REPORT = "mutation.initial.report.json"
LIVING = ("survived", "no tests")

_BARS = 30


def _answer(result: Content, timing: Content, beside: Content) -> Answer:
    del timing, beside
    judged, score, extent = result["judgement"], result["score"], result["extent"]
    figure = "no score"
    if score["figure"] is not None:
        figure = f"{share(score['figure'])}{within(score['interval'])}: {_rests_on(score, extent)}"
    said = {each["mutant"]: each for each in result["lessons"]}
    living = [each for each in result["mutants"] if each["status"] in LIVING]
    return Answer(
        verdict=verdict(judged["verdict"]),
        figure=figure,
        reason=sentences(judged["reason"], result["gate"]["said"]),
        bars=_bars(result),
        findings=tuple(
            finding(
                "survived" if each["status"] == "survived" else "no test runs it",
                f"{shown(each['function'])} can be changed, and no test fails",
                detail=sentences(_lesson(said.get(each["id"]))),
                path=each["path"],
                line=each["line"],
                diff=each["diff"],
                command=f"noxtasks mutation explain {each['id']}",
            )
            for each in living
        ),
    )


def _rests_on(score: Content, extent: Content) -> str:
    """The counts behind the score. That of a sample is an estimate for all, and no share of what was tried."""
    if not score["interval"]:
        left = f", of {extent['mutants']} that there are" if extent["chosen"] < extent["mutants"] else ""
        return f"{score['killed']} of {counted(score['total'], 'mutant')} killed{left}"
    unrun = score["total"] - score["covered"]
    ends = f", and no test runs {unrun}" if unrun else ""
    return (
        f"estimated for {counted(extent['mutants'], 'mutant')}; of {score['covered']} tried {score['killed']} "
        f"{'was' if score['killed'] == 1 else 'were'} killed{ends}"
    )


def _lesson(lesson: Content | None) -> str:
    if not lesson or not lesson["call"]:
        return ""
    return f"{lesson['call']} {lesson['original']}; changed, it {lesson['mutated']}"


def _bars(result: Content) -> tuple[Bars, ...]:
    threshold = result["judgement"]["threshold"]
    parts = result["scopes"] or sorted(
        (each for each in result["modules"] if each["figure"] is not None), key=lambda each: each["figure"]
    )
    bars = tuple(
        Bar(
            name=shown(each["name"] if "name" in each else each["path"]),
            value=each["figure"],
            low=each["interval"]["low"] if each["interval"] else None,
            high=each["interval"]["high"] if each["interval"] else None,
            threshold=threshold,
        )
        for each in parts[:_BARS]
    )
    return (Bars(title="Mutants killed", unit="share", bars=bars),) if bars else ()


OBJECTIVE = Objective(
    name="mutation",
    question="Would the tests notice if the code were wrong?",
    artifact=REPORT,
    command="noxtasks mutation",
    answer=_answer,
    trends=(
        Trend(
            event="mutation_scan_complete",
            metric="mutation.score",
            name="mutation score",
            unit="share",
            threshold="mutation.threshold",
        ),
    ),
    page="mutation.html",
)
