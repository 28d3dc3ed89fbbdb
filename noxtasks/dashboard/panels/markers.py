"""`marker_audit_report.json`: which markers are alive."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from noxtasks.dashboard.model import Bar, Bars, Finding
from noxtasks.dashboard.panels.objective import (
    Answer,
    Content,
    Objective,
    Trend,
    counted,
    finding,
    result_of,
    sentences,
    shown,
    worst,
)
from noxtasks.stats import Verdict

PLAN = "markers.consolidated.json"

_KINDS = {"unregistered but used": "unregistered marker", "removable": "dead marker"}
_COUNTS = ("applied", "dynamic", "read_by_code_only", "selected_only", "alias_only", "removable", "unresolved")
_COMPLETE = "marker_consolidation_complete"


def _answer(result: Content, timing: Content, beside: Content) -> Answer:
    del timing
    counts = result["counts"]
    tests = "no test collected" if result["tests"] is None else f"seen on {counted(result['tests'], 'test')}"
    found = worst(gate["grade"] for gate in result["gates"] if gate["grade"] != "UNMEASURED")
    is_open = any(gate["grade"] == "UNMEASURED" and gate["name"] == "registered" for gate in result["gates"])
    return Answer(
        verdict=Verdict.UNMEASURED if is_open and found is not Verdict.FAIL else found,
        figure=f"{counted(counts['registered'], 'registered marker')}: {counts['live']} alive, "
        f"{counts['removable']} removable; {counts['unregistered_but_used']} used and unregistered; {tests}",
        reason=sentences(*(f"{gate['name']}: {gate['reason']}" for gate in result["gates"] if gate["grade"] != "PASS")),
        bars=(
            Bars(
                title="Markers by what keeps them alive",
                unit="number",
                bars=tuple(Bar(name=name.replace("_", " "), value=counts[name]) for name in _COUNTS),
            ),
        ),
        findings=(*_astray(result), *_merges(result_of(beside, PLAN))),
    )


def _astray(result: Content) -> Iterator[Finding]:
    found = [each for each in result["markers"] if each["class"] in _KINDS]
    for each in sorted(found, key=lambda one: (list(_KINDS).index(one["class"]), one["name"])):
        places = each["references"] if each["class"] == "unregistered but used" else each["registrations"]
        place = places[0] if places else {"path": "", "line": 0}
        yield finding(
            _KINDS[each["class"]],
            each["name"],
            detail=sentences(each["reason"]),
            path=place["path"],
            line=place["line"],
            command=_explain(each["name"]),
        )


def _merges(plan: Content | None) -> Iterator[Finding]:
    for each in plan["merges"] if plan else ():
        yield finding(
            "could be one",
            f"{each['old']} and {each['new']}",
            detail=sentences(each["likeness"], each["reason"]),
            command=_explain(each["old"]),
        )


def _explain(marker: str) -> str:
    return f"noxtasks markers explain {shlex.quote(shown(marker))}"


OBJECTIVE = Objective(
    name="markers",
    question="Which markers are alive, and which can go without breaking anything?",
    artifact="marker_audit_report.json",
    command="noxtasks markers",
    answer=_answer,
    beside=(PLAN,),
    trends=tuple(
        Trend(event=_COMPLETE, metric=f"markers.{name}", name=f"{name} markers", unit="number")
        for name in ("registered", "live", "removable")
    ),
    page="markers.html",
)
