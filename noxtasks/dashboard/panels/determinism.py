"""`determinism.audit.json`: what makes the suite unreproducible."""

from __future__ import annotations

import shlex

from noxtasks.dashboard.panels.objective import (
    Answer,
    Content,
    Objective,
    counted,
    finding,
    sentences,
    several,
    share,
    shown,
    within,
)
from noxtasks.stats import Verdict


def _answer(result: Content, timing: Content, beside: Content) -> Answer:
    del timing, beside
    findings, differing, score = result["findings"], result["differing"], result["score"]
    replayed = ""
    if score["figure"] is not None:
        of = counted(score["tried"], "failure")
        replayed = f"; {share(score['figure'])}{within(score['interval'])} of {of} could be repeated exactly"
    ran = f"{len(differing)} of {counted(result['tests'], 'test')} differed" if result["runs"] else "no test was run"
    return Answer(
        verdict=Verdict.FAIL if findings or differing else Verdict.PASS if result["runs"] else Verdict.UNMEASURED,
        figure=f"{several(len(findings), 'finding')} in {counted(result['files'], 'file')}; {ran}{replayed}",
        reason="" if result["runs"] else "The files alone were read.",
        findings=(
            *(
                finding(
                    "differs when repeated",
                    f"{each['first']}, and then {each['second']}, with one seed and one order",
                    test=each["test"],
                    path=each["test"].partition("::")[0],
                    command=f"noxtasks determinism --tests {shlex.quote(shown(each['test']))}",
                )
                for each in differing
            ),
            *(
                finding(
                    each["kind"],
                    f"{each['what']}: {each['code']}",
                    detail=sentences(each["why"], each["advice"]),
                    path=each["path"],
                    line=each["line"],
                    command="noxtasks determinism --static",
                )
                for each in findings
            ),
        ),
    )


OBJECTIVE = Objective(
    name="determinism",
    question="What makes the suite unreproducible?",
    artifact="determinism.audit.json",
    command="noxtasks determinism",
    answer=_answer,
)
