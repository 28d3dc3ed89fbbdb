"""`collection.health.json`: whether every test can be collected and run."""

from __future__ import annotations

from noxtasks.dashboard.panels.objective import (
    Answer,
    Content,
    Objective,
    counted,
    finding,
    sentences,
    several,
)
from noxtasks.stats import Verdict


def _answer(result: Content, timing: Content, beside: Content) -> Answer:
    del timing, beside
    causes = sorted(result["causes"], key=lambda each: not each["blocking"])
    blocking = sum(each["blocking"] for each in causes)
    tests = result["tests"]
    unrunnable = f", {tests['unrunnable']} of them cannot run" if tests["unrunnable"] else ""
    return Answer(
        verdict=Verdict.FAIL if blocking else Verdict.PASS if result["complete"] else Verdict.UNMEASURED,
        figure=f"{counted(tests['collected'], 'test')} in {counted(result['modules'], 'module')}{unrunnable}; "
        f"{several(blocking, 'collection error')}",
        reason="" if result["complete"] else "The collection did not end.",
        findings=tuple(
            finding(
                each["kind"],
                each["message"],
                detail=sentences(each["remedy"]),
                path=each["path"] or each["nodeid"].partition("::")[0] or next(iter(each["modules"]), ""),
                line=each["line"],
                command="noxtasks flake --runs 1",
            )
            for each in causes
        ),
    )


OBJECTIVE = Objective(
    name="collection",
    question="Can every test be collected and run?",
    artifact="collection.health.json",
    command="noxtasks flake",
    answer=_answer,
)
