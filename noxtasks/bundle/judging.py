"""Which milestones hold. Pure: documents and a date in, verdicts out.

A gate asks one document. Where the answer takes more than that, `prepare` puts it there first: what an artifact's
figure was when a milestone was bundled or when it was first measured (by the chain of events), the flake report of
this system under its name as one of several, the kinds of events that there are, and what is missing in the archives.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

import msgspec

from noxtasks.bundle import milestones as plan
from noxtasks.bundle.model import Judged, Milestone, Missing
from noxtasks.evidence.events import Event, EventType
from noxtasks.evidence.gating import judging, pointers
from noxtasks.evidence.gating.model import Document, Evaluation, Gate, Level
from noxtasks.evidence.gating.pointers import Stopped
from noxtasks.stats import Verdict

Documents = Mapping[str, Document]

SPEEDUP = "parallel.speedup"
CORES = "parallel.cores"
REGISTERED = "markers.registered"

_SYSTEM_NAMES = {"darwin": "macos"}


def judge(milestones: Iterable[Milestone], documents: Documents, *, today: date) -> tuple[Judged, ...]:
    """What each milestone's gates say. A milestone is judged by the gates that block; the others are only told.

    `documents` are prepared. A gate whose artifact is not among them is not measured.
    """
    return tuple(_judged(each, documents, today) for each in milestones)


def _judged(milestone: Milestone, documents: Documents, today: date) -> Judged:
    evaluations = [judging.evaluate(gate, _document(gate, documents), today=today) for gate in milestone.gates]
    return Judged(milestone=milestone, evaluations=tuple(evaluations), verdict=overall(evaluations))


def overall(evaluations: Iterable[Evaluation]) -> Verdict:
    """The gravest verdict of the gates that block."""
    return judging.gravest(each.verdict for each in evaluations if each.gate.level is Level.BLOCKING)


def _document(gate: Gate, documents: Documents) -> Document:
    if not gate.artifact:
        return Document(name="", refusal=gate.absent)
    return documents.get(gate.artifact) or Document(name=gate.artifact, refusal=f"there is no {gate.artifact}")


def missing(milestones: Iterable[Milestone], documents: Documents) -> tuple[Missing, ...]:
    """The documents that gates which block need, and that are not there or do not count."""
    return tuple(
        Missing(name=name, milestone=milestone.name, message=found.refusal)
        for milestone in milestones
        for name, found in _needed(milestone, documents).items()
        if found.refusal
    )


def _needed(milestone: Milestone, documents: Documents) -> dict[str, Document]:
    return {
        gate.artifact: _document(gate, documents)
        for gate in milestone.gates
        if gate.level is Level.BLOCKING and gate.artifact not in {"", plan.COMPLETENESS}
    }


def prepare(
    documents: Documents,
    *,
    events: Sequence[Event],
    archives: Mapping[str, str],
    milestones: Sequence[Milestone] = plan.MILESTONES,
) -> dict[str, Document]:
    """`documents` with what single artifacts do not know.

    `events` are those of the chain, the oldest first. `archives` are those that are in the folder and as SHA256SUMS
    has them: the SHA-256 of each, by its name. What `bundle.completeness.json` says itself does not count: it is from
    an earlier time.
    """
    found = {**documents, **_of_systems(documents)}
    further: dict[str, dict[str, Any]] = {
        plan.EVENTS: {"types": _types(events)},
        plan.SCAN: {plan.SINCE: {each.name: _speedup_since(each, documents, events) for each in milestones}},
        plan.MUTATION: {"baseline": _tried(documents.get(plan.MUTATION))},
        plan.COMPARISON: {"recorded": _recorded(documents.get(plan.COMPARISON))},
        plan.BASELINE: {"stored": _stored(documents.get(plan.BASELINE))},
        plan.MARKERS: {
            "undocumented": _undocumented(documents.get(plan.MARKERS)),
            plan.SINCE: {"first": _reduction(documents, events)},
        },
    }
    found |= {name: _with(found[name], more) for name, more in further.items() if name in found}
    found[plan.COMPLETENESS] = _completeness(missing(milestones, found), archives)
    return found


def _with(document: Document, more: Mapping[str, Any]) -> Document:
    if document.refusal:
        return document
    return msgspec.structs.replace(document, content={**document.content, **more})


def _completeness(missed: Iterable[Missing], archives: Mapping[str, str]) -> Document:
    result = {
        "missing": [msgspec.to_builtins(each) for each in missed],
        "archives": [{"name": name, "sha256": sha256} for name, sha256 in sorted(archives.items())],
    }
    return Document(name=plan.COMPLETENESS, content={"result": result})


def _of_systems(documents: Documents) -> dict[str, Document]:
    """The flake reports of all systems: copies that others have made of theirs, and that of this one.

    A copy counts where it is of the system of its name, and about the code that the report of this system is about.
    """
    own = documents.get(plan.FLAKES) or Document(name=plan.FLAKES, refusal=f"there is no {plan.FLAKES}")
    found: dict[str, Document] = {}
    for system, name in plan.FLAKES_OF.items():
        copy = documents.get(name)
        if copy is not None and not copy.refusal:
            refusal = _not_of(system, copy, own)
            found[name] = Document(name=name, refusal=refusal, digest=copy.digest) if refusal else copy
        elif not own.refusal and _system(own) == system:
            found[name] = own
    return found


def _not_of(system: str, copy: Document, own: Document) -> str:
    """Why a copy does not count; empty where it does."""
    if own.refusal:
        return f"which code it has to be about is not known: {own.refusal}"
    content = copy.content if isinstance(copy.content, Mapping) else {}
    if _system(copy) != system:
        return f"{copy.name} is not of {plan.SYSTEMS[system]}"
    if content.get("complete") is not True:
        return f"{copy.name} is of a session that was interrupted"
    if content.get("code_version") != own.content["code_version"]:
        return f"{copy.name} is about other code than {plan.FLAKES}"
    return ""


def _system(report: Document) -> str:
    """The system that a report is of, as cells of the matrix name it."""
    platform = report.content.get("platform") if isinstance(report.content, Mapping) else None
    told = str(platform.get("system")).lower() if isinstance(platform, Mapping) else ""
    return _SYSTEM_NAMES.get(told, told)


def _types(events: Iterable[Event]) -> dict[str, int]:
    return {**dict.fromkeys((each.value for each in EventType), 0), **Counter(each.type.value for each in events)}


def _nothing(reason: str) -> dict[str, Any]:
    return {"figure": None, "reason": reason}


def bundled(events: Iterable[Event], milestone: Milestone) -> Event | None:
    """The event that tells of the milestone's archive; of several the last, which the archive in the folder is of."""
    found = [
        each
        for each in events
        if each.type is EventType.EVIDENCE_BUNDLED
        and milestone.archive in {each.subject, *(artifact.name for artifact in each.artifacts)}
    ]
    return found[-1] if found else None


def _speedup_since(milestone: Milestone, documents: Documents, events: Sequence[Event]) -> dict[str, Any]:
    """The speed-up of now as a multiple of that when the milestone was bundled, with the interval of that of now.

    A speed-up hangs on the number of cores: those of other machines are not compared.
    """
    archive = bundled(events, milestone)
    if archive is None:
        return _nothing(f"{plan.EVENTS} does not tell that {milestone.name} was bundled")
    scans = [
        each for each in events if each.type is EventType.PARALLELIZATION_PROBE_COMPLETE and SPEEDUP in each.metrics
    ]
    before = [each for each in scans if each.sequence < archive.sequence]
    if not before or not before[-1].metrics[SPEEDUP]:
        return _nothing(f"{plan.EVENTS} tells of no speed-up before {milestone.name} was bundled")
    now = _of_artifact(scans, documents[plan.SCAN]) if plan.SCAN in documents else None
    if now is None:
        return _nothing(f"{plan.EVENTS} does not tell of this scan")
    cores = [each.metrics.get(CORES) for each in (before[-1], now)]
    if None in cores or cores[0] != cores[1]:
        return _nothing(f"the scan before {milestone.name} was bundled had another number of cores, or does not say")
    return _as_multiple(documents[plan.SCAN], before[-1].metrics[SPEEDUP])


def _of_artifact(events: Iterable[Event], document: Document) -> Event | None:
    """The last event that has told of the artifact as it is."""
    found = [each for each in events if document.digest in each.artifacts]
    return found[-1] if found else None


def _as_multiple(scan: Document, earlier: float) -> dict[str, Any]:
    places = pointers.resolve(scan.content, "/result/gates/name=speed-up")
    if isinstance(places, Stopped) or not places or places[0].value["figure"] is None:
        return _nothing("nothing was measured in parallel")
    gate = places[0].value
    ends = {end: None if gate[end] is None else gate[end] / earlier for end in ("low", "high")}
    reason = f"{gate['figure']:.2f} times as fast, and {earlier:.2f} times then"
    return {"figure": gate["figure"] / earlier, **ends, "reason": reason}


def _tried(scan: Document | None) -> dict[str, Any] | None:
    """Of how many modules mutants have been tried, against how many there are that have any, up to those of the plan.

    A scan of all code has mutants of every file in which there is something to change, but for those that could not be
    mutated. One of a part says nothing of the other files: then all of them count.
    """
    if scan is None or scan.refusal:
        return None
    result = scan.content["result"]
    tried, sources = len(result["modules"]), result["sources"]
    is_whole = result["extent"]["choice"] == "all"
    there = tried + len(sources["unmutated"]) if is_whole else len(sources["files"])
    threshold = max(1, min(plan.MODULES, there))
    return {
        "figure": tried,
        "threshold": threshold,
        "verdict": (Verdict.PASS if tried >= threshold else Verdict.FAIL).value,
        "reason": f"of {there} source files with something to change" if there < plan.MODULES else "",
    }


def _recorded(comparison: Document | None) -> list[dict[str, Any]]:
    """The benchmarks of which every percentile has a figure: each takes rounds enough of its own."""
    if comparison is None or comparison.refusal:
        return []
    return [
        {"name": each["test"]}
        for each in comparison.content["timing"]["new"]
        if all(each["quantiles_s"].get(name, {}).get("figure") is not None for name in ("p50", "p95", "p99"))
    ]


def _stored(baseline: Document | None) -> list[dict[str, Any]]:
    """The benchmarks of the machine that most are stored of, in its last measurement."""
    if baseline is None or baseline.refusal:
        return []
    machines = baseline.content["result"]["machines"].values()
    last = [each["measurements"][-1]["cpu_s"] for each in machines]
    return [{"name": name} for name in sorted(max(last, key=len, default={}))]


def _undocumented(audit: Document | None) -> list[dict[str, Any]]:
    """The registered markers that stay, and say nothing of what they are for; a project without markers has none."""
    if audit is None or audit.refusal:
        return []
    return [
        {"name": each["name"]}
        for each in audit.content["result"]["markers"]
        if each["registrations"] and each["class"] != "removable" and not each["description"]
    ]


def _reduction(documents: Documents, events: Iterable[Event]) -> dict[str, Any]:
    """Which share of the markers of the first audit is gone."""
    audits = [each for each in events if each.type is EventType.MARKER_CONSOLIDATION_COMPLETE]
    now = documents.get(plan.MARKERS)
    earlier = [each for each in audits if now is not None and now.digest not in each.artifacts]
    first = earlier[0].metrics.get(REGISTERED) if earlier else None
    if now is None or now.refusal or not first:
        return _nothing(f"{plan.EVENTS} tells of no earlier audit that found markers")
    left = now.content["result"]["counts"]["registered"]
    return {"figure": 1 - left / first, "reason": f"{first:g} markers on {earlier[0].time:%Y-%m-%d}, {left} now"}
