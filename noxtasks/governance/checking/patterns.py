"""The five patterns of the plan (its section 7) as predicates that can fail. Pure. The golden ratio: `ratio`.

| pattern | holds where |
| --- | --- |
| triangle | each milestone was bundled, and its archive is whole, before the first event of an objective of the next |
| circle | all four tiers of coverage are measured |
| spiral | each milestone that is closed has a retrospective, which refers to those of the milestones before |
| golden ratio | a fifth of the tests yields four fifths of the kills, or of the coverage |
| fractal | each objective has a question, a session, an artifact, a gate and an event, all of which there are |
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from noxtasks.evidence.events import Event, EventType
from noxtasks.evidence.gating.model import Document
from noxtasks.governance.checking.model import (
    Judged,
    Known,
    Listed,
    Log,
    Milestone,
    Objective,
    Pattern,
    Plan,
    Text,
)
from noxtasks.governance.checking.names import near
from noxtasks.stats import Verdict

LADDER = "coverage.ladder.v2.yaml"

TIERS = 4


def begins(plan: Plan, events: Sequence[Event]) -> dict[str, Event]:
    """The first event of each milestone that has begun: of an objective that begins in it."""
    of = {
        objective.event.text: objective.milestones[0].text
        for objective in reversed(plan.objectives)  # where two have one event, the one that stands first counts
        if objective.event and objective.milestones
    }
    found: dict[str, Event] = {}
    for event in events:
        if (name := of.get(event.type.value)) is not None:
            found.setdefault(name, event)
    return found


def bundles(plan: Plan, events: Sequence[Event]) -> dict[str, Event]:
    """The first event that tells of the archive of each milestone."""
    found: dict[str, Event] = {}
    names = {each.archive: each.name for each in plan.milestones}
    for event in events:
        if event.type is EventType.EVIDENCE_BUNDLED:
            for digest in event.artifacts:
                if digest.name in names:
                    found.setdefault(names[digest.name], event)
    return found


def triangle(plan: Plan, log: Log, listed: Listed) -> Judged:
    """Was each milestone bundled before the next began? By the order of events, which their chain vouches for.

    An archive that is there no more, or is not what was bundled, shows nothing.
    """
    if log.refusal:
        return Judged(pattern=Pattern.TRIANGLE, verdict=Verdict.UNMEASURED, reason=log.refusal)
    begun, bundled = begins(plan, log.events), bundles(plan, log.events)
    archives = {each.name: each.archive for each in plan.milestones}
    pairs = [
        (said.text, each.name, said.line)
        for each in plan.milestones
        if each.name in begun
        for said in each.after
        if said.text in archives
    ]
    broken, unknown = [], []
    for before, after, line in pairs:
        first, closed = begun[after], bundled.get(before)
        since = f"{after} began with event {first.sequence}, {first.type.value}"
        archive = archives[before]
        if closed is not None and (
            lost := listed.wrong.get(archive) or ("" if archive in listed.digests else "it is not there")
        ):
            broken.append(Text(text=f"{since}, and the archive of {before} is no proof: {archive}: {lost}", line=line))
        elif closed is not None and closed.sequence < first.sequence:
            continue
        elif closed is not None:
            broken.append(Text(text=f"{since}, before {before} was bundled (event {closed.sequence})", line=line))
        elif archive in listed.digests:
            unknown.append(Text(text=f"{archive} is there, and no event tells since when", line=line))
        else:
            broken.append(Text(text=f"{since}, and {before} is not bundled", line=line))
    kept = len(pairs) - len(broken) - len(unknown)
    verdict = Verdict.FAIL if broken else Verdict.UNMEASURED if unknown else Verdict.PASS
    return Judged(
        pattern=Pattern.TRIANGLE,
        verdict=verdict,
        reason=f"{kept} of {len(pairs)} milestones were bundled before the next began"
        if pairs
        else "no milestone has begun after another",
        figure=kept / len(pairs) if pairs else None,
        threshold=1,
        details=(*broken, *unknown),
        command="" if verdict is Verdict.PASS else "noxtasks bundle",
    )


def circle(document: Document) -> Judged:
    """Are all four tiers measured? What they have to reach is the ladder's to say."""
    command = "noxtasks ladder"
    if document.refusal:
        return Judged(pattern=Pattern.CIRCLE, verdict=Verdict.UNMEASURED, reason=document.refusal, command=command)
    tiers = document.content["result"]["tiers"]
    open_ones = [each for each in tiers if each["figure"] is None or each["verdict"] == "unmeasured" or each["stale"]]
    measured = len(tiers) - len(open_ones)
    holds = measured == TIERS
    return Judged(
        pattern=Pattern.CIRCLE,
        verdict=Verdict.PASS if holds else Verdict.FAIL,
        reason=f"{measured} of {TIERS} tiers are measured",
        figure=measured / TIERS,
        threshold=1,
        details=tuple(Text(text=f"{each['name']}: {_why_open(each)}", line=0) for each in open_ones),
        command="" if holds else command,
    )


def _why_open(tier: Mapping[str, Any]) -> str:
    if tier["stale"]:
        return "it is about other code"
    return tier["reason"] or "it is not measured"


def spiral(plan: Plan, log: Log, listed: Listed, read: Callable[[str], str | None]) -> Judged:
    """Has each closed milestone a retrospective that refers to the one before?

    Closed is what has its archive, or has been followed by another. A retrospective that is named has to be there.
    """
    closed = _closed(plan, log, listed)
    looked_at = [each for each in plan.milestones if each.name in closed or each.retrospective is not None]
    known = {each.name: each for each in plan.milestones}
    wrong: dict[str, list[Text]] = {each.name: list(_unread(each, known, read)) for each in looked_at}
    broken = [text for texts in wrong.values() for text in texts]
    kept = sum(not texts for texts in wrong.values())
    return Judged(
        pattern=Pattern.SPIRAL,
        verdict=Verdict.FAIL if broken else Verdict.UNMEASURED if log.refusal and not looked_at else Verdict.PASS,
        reason=f"{kept} of {len(looked_at)} milestones have a retrospective that looks back"
        if looked_at
        else log.refusal or "no milestone is closed",
        figure=kept / len(looked_at) if looked_at else None,
        threshold=1,
        details=tuple(broken),
    )


def _closed(plan: Plan, log: Log, listed: Listed) -> set[str]:
    begun = begins(plan, log.events)
    followed = {said.text for each in plan.milestones if each.name in begun for said in each.after}
    archived = {each.name for each in plan.milestones if each.archive in listed.digests}
    return followed | archived | bundles(plan, log.events).keys()


def _unread(milestone: Milestone, known: Mapping[str, Milestone], read: Callable[[str], str | None]) -> Iterable[Text]:
    """What the retrospective of a milestone lacks."""
    said = milestone.retrospective
    if said is None:
        yield Text(text=f"{milestone.name} is closed, and has no retrospective", line=milestone.line)
        return
    text = read(said.text)
    if text is None or not text.strip():
        yield Text(
            text=f"{milestone.name}: there is {'no file' if text is None else 'nothing in'} {said.text}", line=said.line
        )
        return
    for before in milestone.after:
        earlier = known.get(before.text)
        if earlier is not None and not _refers(text, said.text, earlier):
            lacks = f"{said.text} does not refer to the retrospective of {before.text}"
            yield Text(text=lacks, line=said.line)


def _refers(text: str, own: str, earlier: Milestone) -> bool:
    """Whether it names the file of the earlier retrospective; where there is none, the milestone.

    Where its `own` file has the same name, in another folder, that one alone does not tell which is meant.
    """
    wanted = earlier.name
    if earlier.retrospective:
        parts = earlier.retrospective.text.split("/")
        wanted = "/".join(parts[-2:] if parts[-1] == own.rpartition("/")[2] else parts[-1:])
    return re.search(rf"(?<![\w.-]){re.escape(wanted)}(?![\w-])", text) is not None


def fractal(plan: Plan, known: Known) -> Judged:
    """Is each objective built alike: question, session, artifact, gate and event, all of which there are?"""
    wrong = {each.name: list(_lacks(each, known)) for each in plan.objectives}
    kept = sum(not texts for texts in wrong.values())
    is_whole = kept == len(wrong)
    return Judged(
        pattern=Pattern.FRACTAL,
        verdict=Verdict.UNMEASURED if not wrong else Verdict.PASS if is_whole else Verdict.FAIL,
        reason=f"{kept} of {len(wrong)} objectives have all five parts" if wrong else "there is no objective",
        figure=kept / len(wrong) if wrong else None,
        threshold=1,
        details=tuple(text for texts in wrong.values() for text in texts),
    )


def _lacks(objective: Objective, known: Known) -> Iterable[Text]:
    if objective.question is None or not re.search(r"\w{2,}", objective.question.text):
        line = objective.question.line if objective.question else objective.line
        yield Text(text=f"{objective.name} has no question", line=line)
    names = {"session": known.sessions, "artifact": known.artifacts, "gate": known.gates, "event": known.events}
    for part, there_are in names.items():
        said: Text | None = getattr(objective, part)
        if said is None:
            yield Text(text=f"{objective.name} has no {part}", line=objective.line)
        elif said.text not in there_are:
            hint = near(said.text, there_are)
            text = f"{objective.name}: there is no {part} {said.text!r}"
            yield Text(text=f"{text}. {hint}" if hint else text, line=said.line)


def details(judged: Judged) -> tuple[Text, ...]:
    """What to say of a pattern that does not hold: each place, or the reason where there is none."""
    return judged.details or (Text(text=judged.reason, line=0),)
