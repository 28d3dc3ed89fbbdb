"""`flake.report.json`, and what `flake.reduction.delta.json` says beside it of the change and the quarantine."""

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
    several,
    share,
    shown,
    verdict,
    within,
)
from noxtasks.evidence.gating.judging import gravest
from noxtasks.stats import Verdict

REPORT = "flake.report.json"
DELTA = "flake.reduction.delta.json"

_BARS = 20


def _answer(result: Content, timing: Content, beside: Content) -> Answer:
    del timing
    claim = result["claim"]
    delta = result_of(beside, DELTA)
    wrong = [*result["broken"], *result["flaky"]]
    verdicts = [verdict(claim["verdict"]), *([Verdict.FAIL] if wrong else [])]
    rate = ""
    if claim["figure"] is not None:  # of all sessions of this code, and so of more runs than this one had
        of = f" of {counted(claim['sample'], 'run')}"
        rate = f"; the worst rate is {share(claim['figure'])}{within(claim['interval'])}{of}"
    return Answer(
        verdict=gravest(verdicts),
        figure=f"{several(len(result['flaky']), 'flaky test')}, {len(result['broken'])} broken, of {result['tests']} "
        f"in {counted(result['runs'], 'run')}{rate}",
        reason=sentences(claim["reason"], _changed(delta) if delta else ""),
        bars=_bars(wrong, claim["threshold"]),
        findings=(*_unsteady(result), *(_expired(delta) if delta else ())),
    )


def _changed(delta: Content) -> str:
    if not (delta["before"] and delta["after"]):
        return ""
    before, after = (f"{share(each['rate'])} of {each['runs']}" for each in (delta["before"], delta["after"]))
    return f"Runs with a flaky failure: {before} in the session before, {after} now"


def _bars(wrong: list[Content], threshold: float) -> tuple[Bars, ...]:
    worst = sorted(wrong, key=lambda each: -each["rate"])[:_BARS]
    bars = tuple(
        Bar(
            name=shown(each["test"]),
            value=each["rate"],
            low=each["interval"]["low"],
            high=each["interval"]["high"],
            threshold=threshold,
        )
        for each in worst
    )
    return (Bars(title="Failure rates", unit="share", bars=bars),) if bars else ()


def _unsteady(result: Content) -> Iterator[Finding]:
    for kind in ("broken", "flaky"):
        for each in sorted(result[kind], key=lambda one: (-one["rate"], one["test"])):
            found = each["explanation"]
            cause = each["causes"][0]["exception"] if each["causes"] else ""
            yield finding(
                kind,
                _often(each),
                detail=sentences(cause, explained(found), found["advice"] if found else ""),
                test=each["test"],
                path=each["test"].partition("::")[0],
                command=each["reproduce"] or f"noxtasks flake --tests {shlex.quote(shown(each['test']))}",
            )


def _often(each: Content) -> str:
    """How often it failed; of one that failed only when causes were tried, that it did then."""
    told = f"failed in {each['failures']} of {counted(each['runs'], 'run')}{within(each['interval'])}"
    tried = each["explanation"]["reproduced"] if each["explanation"] and not each["failures"] else None
    return f"{told}, but in {tried['failures']} of {tried['runs']} when its cause was tried" if tried else told


def explained(found: Content | None) -> str:
    """The cause in words, and what shows it; nothing where none was found."""
    if not found:
        return ""
    culprits = ", ".join(map(shown, found["culprits"]))
    shows = "; ".join(
        f"{shown(one['factor'])}: fails {_of(one['present'])} times, else {_of(one['absent'])}"
        for one in found["evidence"][:1]
    )
    cause = f"{found['kind']}, after {culprits}" if culprits else str(found["kind"])
    return f"{cause} ({shows})" if shows else cause


def _of(rate: Content) -> str:
    return f"{rate['failures']} of {rate['runs']}"


def _expired(delta: Content) -> Iterator[Finding]:
    for each in delta.get("quarantine", {}).get("expired", ()):
        yield finding(
            "expired quarantine",
            f"its quarantine ended on {each['expires']}",
            detail=sentences(each["reason"]),
            test=each["test"],
            path=each["test"].partition("::")[0],
            command="noxtasks flake quarantine",
        )


OBJECTIVE = Objective(
    name="flake",
    question="Which tests are not deterministic, how often, and why?",
    artifact=REPORT,
    command="noxtasks flake",
    answer=_answer,
    beside=(DELTA,),
    trends=(
        Trend(event="flake_reduction_delta_emitted", metric="flaky_tests", name="flaky tests", unit="number"),
        Trend(event="flake_reduction_delta_emitted", metric="broken_tests", name="broken tests", unit="number"),
    ),
)
