"""`governance.report.json`: whether the project keeps the rules that it has set itself."""

from __future__ import annotations

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
    share,
    verdict,
)

_COMMAND = "noxtasks governance"
_CHECKED = "governance_checked"


def _answer(result: Content, timing: Content, beside: Content) -> Answer:
    del timing, beside
    violations, risks = result["violations"], result["risks"]
    fired = [each for each in risks if each["state"] == "fired"]
    unknown = sum(each["state"] == "unmeasured" for each in risks)
    unmeasured = f", {unknown} not measured" if unknown else ""
    kept = sum(each["holds"] for each in result["dimensions"])
    complete = (
        "" if result["completeness"] is None else f"; {share(result['completeness'])} of deliverables have a digest"
    )
    return Answer(
        verdict=verdict(result["verdict"]),
        figure=f"{several(len(violations), 'violation')} in {counted(len(result['objectives']), 'objective')} and "
        f"{counted(len(result['milestones']), 'milestone')}; {kept} of {len(result['dimensions'])} dimensions hold; "
        f"{len(fired)} of {counted(len(risks), 'risk')} fired{unmeasured}{complete}",
        reason=sentences(*(f"{each['name']} is not measured" for each in result["unmeasured"])),
        bars=_bars(result["patterns"]),
        findings=(
            *(_finding("", each) for each in violations),
            *(_fired(each, result["file"]) for each in fired),
            *(_finding("advice: ", each) for each in result["advice"]),
        ),
    )


def _bars(patterns: list[Content]) -> tuple[Bars, ...]:
    bars = tuple(
        Bar(name=each["name"], value=each["figure"], threshold=each["threshold"])
        for each in patterns
        if each["figure"] is not None
    )
    return (Bars(title="Patterns", unit="share", bars=bars),) if bars else ()


def _finding(how: str, each: Content) -> Finding:
    return finding(
        f"{how}{each['rule']}",
        each["message"],
        detail=sentences(each["remedy"]),
        path=each["path"],
        line=each["line"],
        command=_COMMAND,
    )


def _fired(risk: Content, file: str) -> Finding:
    return finding(
        "risk fired",
        f"{risk['name']}: {risk['title']}",
        detail=sentences(risk["reason"], risk["mitigation"], risk["rollback"]),
        path=file,
        line=risk["line"],
        command=risk["command"] or _COMMAND,
    )


OBJECTIVE = Objective(
    name="governance",
    question="Does the project keep the rules that it has set itself?",
    artifact="governance.report.json",
    command=_COMMAND,
    answer=_answer,
    trends=(Trend(event=_CHECKED, metric="governance.violations", name="violations", unit="number"),),
)
