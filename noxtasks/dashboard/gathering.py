"""All artifacts of a folder as the page that shows them.

Nothing here trusts an artifact to have the shape that it should: what cannot be read is said to be so in its place, and
the rest of the page stands.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

import msgspec

from noxtasks import __version__
from noxtasks.dashboard import reading, sources, testing
from noxtasks.dashboard.model import Module, Page, Panel, Point, Series, Test, Trouble
from noxtasks.dashboard.panels import (
    bench,
    bundle,
    collection,
    determinism,
    flake,
    gates,
    governance,
    ladder,
    markers,
    matrix,
    mutation,
    parallel,
)
from noxtasks.dashboard.panels.objective import Content, Objective, Trend, finding, result_of
from noxtasks.dashboard.reading import Source, Told
from noxtasks.dashboard.refreshing import PAGE
from noxtasks.evidence import schemas
from noxtasks.evidence.gating.judging import gravest
from noxtasks.stats import Verdict

OBJECTIVES = tuple(
    each.OBJECTIVE
    for each in (
        gates,
        collection,
        flake,
        determinism,
        mutation,
        ladder,
        bench,
        parallel,
        matrix,
        markers,
        bundle,
        governance,
    )
)
"""The panels, in their order."""

TIMELINE = "tests.timeline.json"
WHO = "ladder.tests.json"

_MOST_FINDINGS = 2000  # of one panel; its artifact has all
_RERUN = "Run the session that writes it again."

_Value = TypeVar("_Value")


def names() -> tuple[str, ...]:
    """The artifacts that the page is made of."""
    found = [name for each in OBJECTIVES for name in (each.artifact, *each.beside)]
    return tuple(name for name in dict.fromkeys((*found, TIMELINE)) if schemas.is_artifact(name))


def gather(reports: Path, *, project: str, interpreters: Sequence[str] = ()) -> Page:
    """The page of the artifacts in `reports`, and of those that each interpreter has in a folder of its name there."""
    found = reading.load(reports, names(), of_any_code=[TIMELINE])
    told, broken = reading.chain(reports)
    panels = [_panel(reports, objective, found, told) for objective in OBJECTIVES]
    panels = [_judging(each, found) if each.artifact == gates.REPORT else each for each in panels]
    of_each = {name: gather(reports / name, project=project) for name in interpreters if has_any(reports / name)}
    verdict, answer = _answer(panels)
    if of_each and not has_any(reports):
        verdict, answer = _answer_of(of_each)
    course, tests, of_tests = _tests(reports, found)
    files, of_files = _modules(found)
    dated = [each.created for each in found.values() if each.created] + [each.made for each in of_each.values()]
    return Page(
        project=project,
        verdict=verdict,
        answer=answer,
        panels=tuple(_in_order([*_unless_elsewhere(panels, of_each.values()), *_of_interpreters(of_each)])),
        troubles=(
            *(reading.troubles(reports) if has_any(reports) or not of_each else ()),
            *broken,
            *of_tests,
            *of_files,
            *(
                msgspec.structs.replace(each, name=f"{name}/{each.name}")
                for name, of in of_each.items()
                for each in of.troubles
            ),
        ),
        sessions=course.sessions,
        tests=tests,
        modules=files,
        left_out=course.left_out,
        made=max((at for at in dated if at), default=None),
        version=__version__,
    )


def has_any(reports: Path) -> bool:
    """Whether the folder has an artifact that the page knows, in whatever state."""
    return any((reports / name).is_file() for name in names())


def _of_interpreters(of_each: Mapping[str, Page]) -> list[Panel]:
    """What each interpreter has measured. Its tests and modules are on its own page, to which the panel leads."""
    return [
        msgspec.structs.replace(panel, objective=f"{panel.objective} on {name}", page=f"{name}/{PAGE}")
        for name, page in of_each.items()
        for panel in page.panels
        if panel.digest or not panel.refusal
    ]


def _answer_of(of_each: Mapping[str, Page]) -> tuple[Verdict, str]:
    """What the interpreters come to, each answer once."""
    names: dict[str, list[str]] = {}
    for name, page in of_each.items():
        names.setdefault(page.answer, []).append(name)
    told = " ".join(f"{', '.join(same)}: {answer}" for answer, same in names.items())
    return gravest(each.verdict for each in of_each.values()), told


def _in_order(panels: Iterable[Panel]) -> list[Panel]:
    """What all interpreters say of an objective, side by side."""
    places = {each.artifact: place for place, each in enumerate(OBJECTIVES)}
    return sorted(panels, key=lambda panel: places[panel.artifact])


def _unless_elsewhere(panels: Sequence[Panel], others: Iterable[Page]) -> list[Panel]:
    """The panels without those whose artifact is not here but with an interpreter."""
    there = {panel.artifact for page in others for panel in page.panels if panel.digest}
    return [panel for panel in panels if panel.digest or panel.artifact not in there]


def _panel(reports: Path, objective: Objective, found: Mapping[str, Source], told: Sequence[Told]) -> Panel:
    source = found.get(objective.artifact) or Source(
        name=objective.artifact, refusal=f"there is no {objective.artifact}"
    )
    known = Panel(
        objective=objective.name,
        question=objective.question,
        artifact=objective.artifact,
        verdict=Verdict.UNMEASURED,
        figure="",
        refusal=source.refusal,
        measured=source.created,
        revision=source.revision,
        digest=source.digest,
        series=_trends(objective.trends, told),
        command=objective.command,
        page=_page(reports, objective.page),
    )
    if source.refusal:
        return known
    beside = {
        name: {"result": each.result, "timing": each.timing}
        for name in objective.beside
        if (each := reading.counting(found, name))
    }
    filled, wrong = _tried(objective.artifact, lambda: _filled(known, objective, source, beside))
    return filled or msgspec.structs.replace(known, refusal=wrong)


def _filled(known: Panel, objective: Objective, source: Source, beside: Content) -> Panel:
    answer = objective.answer(source.result, source.timing, beside)
    findings = answer.findings[:_MOST_FINDINGS]
    if more := len(answer.findings) - len(findings):
        rest = finding("more", f"{more} more findings are in {objective.artifact}", command=objective.command)
        findings = (*findings, rest)
    filled = msgspec.structs.replace(
        known,
        verdict=answer.verdict,
        figure=answer.figure,
        reason=answer.reason,
        series=(*known.series, *answer.series),
        bars=answer.bars,
        findings=findings,
    )
    # What is of another kind than it should be, a number for a name, would break the page only later.
    return msgspec.convert(msgspec.to_builtins(filled), Panel)


def _tried(name: str, make: Callable[[], _Value]) -> tuple[_Value | None, str]:
    """What `make` makes of an artifact, or why it cannot."""
    try:
        return make(), ""
    except Exception as error:  # an artifact of any shape must not keep the page from showing the others
        return None, f"{name} is not of the shape that it should have ({type(error).__name__}: {str(error)[:100]})"


def _misshapen(name: str, why: str) -> Trouble:
    return Trouble(name=name, message=why.removeprefix(f"{name} "), remedy=_RERUN)


def _page(reports: Path, name: str) -> str:
    return name if name and (reports / name).is_file() else ""


def _trends(trends: Iterable[Trend], told: Sequence[Told]) -> tuple[Series, ...]:
    found = []
    for trend in trends:
        events = [each for each in told if each.type.split(".")[2:3] == [trend.event]]
        measured = [each for each in events if trend.metric in each.data.metrics]
        if measured:
            points = tuple(Point(at=each.time, value=each.data.metrics[trend.metric]) for each in measured)
            threshold = measured[-1].data.metrics.get(trend.threshold)
            found.append(Series(name=trend.name, unit=trend.unit, points=points, threshold=threshold))
    return tuple(found)


def _judging(panel: Panel, found: Mapping[str, Source]) -> Panel:
    """The gates, unless they have judged other artifacts than those that are here."""
    if panel.refusal:
        return panel
    changed, wrong = _tried(gates.REPORT, lambda: _judged_otherwise(found[gates.REPORT].result, found))
    if changed:
        wrong = f"{gates.REPORT} has judged other artifacts than those that are here: {', '.join(changed)}"
    if not wrong:
        return panel
    return msgspec.structs.replace(
        panel, verdict=Verdict.UNMEASURED, figure="", reason="", refusal=wrong, findings=(), bars=()
    )


def _judged_otherwise(result: Content, found: Mapping[str, Source]) -> list[str]:
    judged = {gate["artifact"]: gate["digest"] for gate in result["gates"] if gate["digest"]}
    return sorted(name for name, digest in judged.items() if name in found and found[name].digest != digest)


def _answer(panels: Sequence[Panel]) -> tuple[Verdict, str]:
    """The verdict of the gates; where that does not count, what the panels come to."""
    judged = next(each for each in panels if each.artifact == gates.REPORT)
    if not judged.refusal:
        return judged.verdict, judged.reason
    measured = [each for each in panels if not each.refusal]
    failing = [each.objective for each in measured if each.verdict is Verdict.FAIL]
    if not measured:
        return Verdict.UNMEASURED, "Nothing is measured yet."
    said = f"Something was found by {', '.join(failing)}" if failing else "Nothing was found by what is measured"
    verdict = gravest(each.verdict for each in panels if each is not judged)
    return verdict, f"{said}; whether it may be merged is not judged: {judged.refusal}."


def _tests(reports: Path, found: Mapping[str, Source]) -> tuple[testing.Course, tuple[Test, ...], list[Trouble]]:
    """What became of tests over sessions, all that is known of each, and what could not be used for that."""
    wrong: list[Trouble] = []

    def part(name: str, make: Callable[[], _Value], default: _Value) -> _Value:
        made, why = _tried(name, make)
        if why:
            wrong.append(_misshapen(name, why))
        return default if made is None else made

    told = testing.Course()
    if timeline := reading.counting(found, TIMELINE):
        told = part(TIMELINE, lambda: testing.course(timeline.result, timeline.timing), told)
    results = {
        name: {"result": each.result}
        for name in (flake.REPORT, flake.DELTA, mutation.REPORT)
        if (each := reading.counting(found, name))
    }
    report, delta = result_of(results, flake.REPORT), result_of(results, flake.DELTA)
    nothing: dict[str, testing.Held] = {}
    against = part(flake.REPORT, lambda: testing.held(report, delta), nothing)
    scan = result_of(results, mutation.REPORT)
    killed = part(mutation.REPORT, lambda: testing.kills(scan["mutants"]) if scan else None, None)
    ran = part(WHO, lambda: _runs(reports, found), testing.Runs())
    return told, testing.together(told, against, ran, killed), wrong


def _runs(reports: Path, found: Mapping[str, Source]) -> testing.Runs:
    data, refusal = reading.attached(reports, WHO)
    if refusal:
        return testing.Runs()
    who = msgspec.json.decode(data, type=testing.Who)
    last = reading.newest(found.values())
    return testing.runs(who) if last is None or who.code_version == last.code_version else testing.Runs()


def _modules(found: Mapping[str, Source]) -> tuple[tuple[Module, ...], list[Trouble]]:
    results = {
        name: {"result": each.result}
        for name in (ladder.LADDER, mutation.REPORT)
        if (each := reading.counting(found, name))
    }
    climbed, scan = result_of(results, ladder.LADDER), result_of(results, mutation.REPORT)
    made, why = _tried(
        f"{ladder.LADDER} or {mutation.REPORT}",
        lambda: msgspec.convert(msgspec.to_builtins(sources.modules(climbed, scan)), tuple[Module, ...]),
    )
    return made or (), [_misshapen(ladder.LADDER, why)] if why else []
