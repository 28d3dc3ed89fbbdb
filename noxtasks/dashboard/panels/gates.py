"""`quality.gates.v2.json`: whether it may be merged."""

from __future__ import annotations

from collections.abc import Sequence

from noxtasks.dashboard.panels.objective import Answer, Content, Objective, finding, sentences, verdict
from noxtasks.evidence.gating import figures
from noxtasks.evidence.gating.model import Evaluation, Gate, Level, Operator, Unit

REPORT = "quality.gates.v2.json"

_ORDER = ("fail", "unmeasured", "pass")


def _answer(result: Content, timing: Content, beside: Content) -> Answer:
    del timing, beside
    gates = result["gates"]
    counts = {said: sum(gate["verdict"] == said for gate in gates) for said in _ORDER}
    blocking = [gate for gate in gates if gate["is_blocking"]]
    held = sum(gate["verdict"] == "pass" for gate in blocking)
    open_ = [gate for gate in gates if gate["verdict"] != "pass"]
    return Answer(
        verdict=verdict(result["verdict"]),
        figure=f"{held} of {len(blocking)} blocking gates hold; of all {len(gates)}, {counts['pass']} hold, "
        f"{counts['fail']} fail, {counts['unmeasured']} are not measured",
        reason=sentences(_sentence(gates), *result["notes"]),
        findings=tuple(
            finding(
                f"{gate['verdict']}, {_level(gate)}",
                f"{gate['name']}: {_figure(gate)}",
                detail=sentences(gate["reason"], gate["remark"], f"Wanted: {gate['title']}"),
                command=gate["command"],
            )
            for gate in sorted(open_, key=lambda gate: (not gate["is_blocking"], _ORDER.index(gate["verdict"])))
        ),
    )


def _level(gate: Content) -> str:
    return "blocking" if gate["is_blocking"] else "waived" if gate["is_waived"] else "advisory"


def _figure(gate: Content) -> str:
    if gate["figure"] is None:
        return "no figure"
    parts = ("name", "title", "artifact", "pointer", "threshold", "command")
    judged = Evaluation(
        gate=Gate(
            **{name: gate[name] for name in parts},
            operator=Operator(gate["operator"]),
            level=Level(gate["level"]),
            unit=Unit(gate.get("unit", Unit.NUMBER.value)),
        ),
        verdict=verdict(gate["verdict"]),
        figure=gate["figure"],
        threshold=gate["threshold"],
        reason=gate["reason"],
        is_blocking=gate["is_blocking"],
    )
    return f"{figures.figure(judged)}, wanted {figures.wanted(judged)}"


def _sentence(gates: Sequence[Content]) -> str:
    """Whether it may be merged, in a sentence."""
    blocking = [gate for gate in gates if gate["is_blocking"]]
    wrong = [gate["name"] for gate in blocking if gate["verdict"] == "fail"]
    unknown = [gate["name"] for gate in blocking if gate["verdict"] == "unmeasured"]
    if wrong:
        return f"It may not be merged: {', '.join(wrong)} failed."
    if unknown:
        return f"It may not be merged yet: {', '.join(unknown)} not measured."
    if not blocking:
        return "It may be merged: no gate blocks."
    held = "its one blocking gate holds" if len(blocking) == 1 else f"all {len(blocking)} blocking gates hold"
    return f"It may be merged: {held}."


OBJECTIVE = Objective(
    name="gates",
    question="May this be merged, by what the others have measured?",
    artifact=REPORT,
    command="noxtasks gates",
    answer=_answer,
)
