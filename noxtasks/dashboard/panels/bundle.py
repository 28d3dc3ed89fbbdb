"""`bundle.completeness.json`: which milestones are reached, and what can be proved of them."""

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
    several,
    shown,
    worst,
)
from noxtasks.stats import Verdict

_DIGEST_SHOWN = 12


def _answer(result: Content, timing: Content, beside: Content) -> Answer:
    del timing, beside
    milestones, archives, missing = result["milestones"], result["archives"], result["missing"]
    reached = [each["name"] for each in milestones if each["verdict"] == Verdict.PASS.value]
    bundled = ", ".join(
        f"{shown(each['milestone'])} in {shown(each['name'])} ({counted(each['files'], 'file')}, "
        f"{'signed' if each['is_signed'] else 'not signed'}, SHA-256 {each['sha256'][:_DIGEST_SHOWN]})"
        for each in archives
    )
    return Answer(
        verdict=worst(each["verdict"] for each in archives) if archives else Verdict.UNMEASURED,
        figure=f"{bundled or 'no archive'}; {several(len(missing), 'missing artifact')}; "
        f"reached: {', '.join(reached) or 'no milestone'}",
        bars=(
            Bars(
                title="Gates that hold, by milestone",
                unit="share",
                bars=tuple(Bar(name=each["name"], value=_held(each["gates"]), threshold=1.0) for each in milestones),
            ),
        )
        if milestones
        else (),
        findings=(
            *(
                finding("missing", each["name"], detail=sentences(each["message"]), command="noxtasks bundle")
                for each in missing
            ),
            *(
                finding(
                    f"{each['name']}: {gate['verdict']}",
                    gate["name"],
                    detail=sentences(gate["reason"], f"Wanted: {gate['title']}"),
                    command=gate["command"],
                )
                for each in milestones
                for gate in each["gates"]
                if gate["verdict"] != Verdict.PASS.value
            ),
        ),
    )


def _held(gates: list[Content]) -> float | None:
    return sum(gate["verdict"] == Verdict.PASS.value for gate in gates) / len(gates) if gates else None


OBJECTIVE = Objective(
    name="bundle",
    question="Can anyone prove, later, what was measured?",
    artifact="bundle.completeness.json",
    command="noxtasks bundle",
    answer=_answer,
    trends=(
        Trend(
            event="evidence_bundled",
            metric="milestone.gates.pass",
            name="gates of the bundled milestone that hold",
            unit="number",
            threshold="milestone.gates",
        ),
    ),
)
