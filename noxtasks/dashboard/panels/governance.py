"""`governance.report.json`: whether the project keeps the rules that it has set itself."""

from __future__ import annotations

from noxtasks.dashboard.model import Finding
from noxtasks.dashboard.panels.objective import Answer, Content, Objective, finding, sentences, several, shown
from noxtasks.stats import Verdict

_COMMAND = "noxtasks governance"


def _answer(result: Content, timing: Content, beside: Content) -> Answer:
    del timing, beside
    violations = result["violations"]
    return Answer(
        verdict=Verdict.FAIL if violations else Verdict.PASS,
        figure=several(len(violations), "violation"),
        findings=tuple(map(_finding, violations)),
    )


def _finding(each: Content) -> Finding:
    return finding(
        shown(each.get("rule", "") or each.get("check", "") or "violation"),
        each.get("name", "") or each["message"],
        detail=sentences(each["message"] if each.get("name") else "", each.get("remedy", "")),
        path=each.get("path") or "",
        line=each.get("line") or 0,
        command=_COMMAND,
    )


OBJECTIVE = Objective(
    name="governance",
    question="Does the project keep the rules that it has set itself?",
    artifact="governance.report.json",
    command=_COMMAND,
    answer=_answer,
)
