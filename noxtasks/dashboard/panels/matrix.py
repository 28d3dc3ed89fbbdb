"""`os.matrix.baseline.json`: whether tests end alike on every system and interpreter."""

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
    worst,
)

_COMMAND = "noxtasks matrix merge"
_RECORDED = "os_matrix_baseline_recorded"


def _answer(result: Content, timing: Content, beside: Content) -> Answer:
    del timing, beside
    judged = [result[name] for name in ("consistency", "pass_rates", "interpreters")]
    consistency = result["consistency"]
    cells = [each for each in result["cells"] if not each["is_missing"]]
    alike = "consistency not measured"
    if consistency["figure"] is not None:
        alike = f"{share(consistency['figure'])} of {counted(consistency['sample'], 'test')} end alike"
    missing = f", {counted(len(result['missing']), 'cell')} missing" if result["missing"] else ""
    return Answer(
        verdict=worst(each["verdict"] for each in judged),
        figure=f"{alike} on {counted(len(cells), 'cell')}{missing}; {len(result['differing'])} differ",
        reason=sentences(*(each["reason"] for each in judged if each["verdict"] != "pass")),
        bars=(
            Bars(
                title="Tests that pass",
                unit="share",
                bars=tuple(
                    Bar(
                        name=shown(each["name"]),
                        value=each["pass_rate"],
                        low=each["interval"]["low"] if each["interval"] and each["pass_rate"] is not None else None,
                        high=each["interval"]["high"] if each["interval"] and each["pass_rate"] is not None else None,
                        threshold=result["pass_rates"]["threshold"],
                    )
                    for each in result["cells"]
                ),
            ),
        ),
        findings=(
            *(finding("no record", name, command="noxtasks matrix record") for name in result["missing"]),
            *(
                finding(
                    "differs between systems",
                    ", ".join(f"{outcome} on {cell}" for cell, outcome in each["outcomes"].items()),
                    detail=sentences(each["cause"], each["said"], each["remedy"]),
                    test=each["test"],
                    path=each["path"] or each["test"].partition("::")[0],
                    line=each["line"] or 0,
                    command=_COMMAND,
                )
                for each in result["differing"]
            ),
        ),
    )


OBJECTIVE = Objective(
    name="matrix",
    question="Does the suite behave the same on every OS and interpreter?",
    artifact="os.matrix.baseline.json",
    command=_COMMAND,
    answer=_answer,
    trends=(
        Trend(event=_RECORDED, metric="matrix.consistency", name="consistency", unit="share"),
        Trend(event=_RECORDED, metric="matrix.differing", name="tests that differ", unit="number"),
    ),
)
