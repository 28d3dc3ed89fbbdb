"""What every report of gates says in the same words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from noxtasks.evidence.display.text import counted, shown
from noxtasks.evidence.gating.model import Evaluation, Level
from noxtasks.gates.model import Report, Rollback
from noxtasks.stats import Verdict

_COMMIT_SHOWN = 10


def standing(each: Evaluation) -> str:
    """The verdict, and what it means where it is no pass."""
    if each.is_waived:
        return f"{each.verdict.value}, waived"
    if each.verdict is Verdict.PASS or each.is_blocking:
        return each.verdict.value
    return f"{each.verdict.value}, advisory"


def details(each: Evaluation) -> list[str]:
    """What to know of a gate beyond its row: why, until when, who, and what to run."""
    is_wrong = each.verdict is Verdict.FAIL
    lines = [each.reason] if is_wrong and each.reason else []
    lines += [each.remark] if each.remark else []
    if is_wrong and each.gate.owner:
        lines.append(f"ask {each.gate.owner}")
    if is_wrong and each.gate.command:
        lines.append(f"$ {each.gate.command}")
    return lines


def unmeasured(evaluations: Iterable[Evaluation]) -> list[tuple[str, list[str], str]]:
    """Why gates are not measured: the reasons, the gates, and the command that would measure them, one for each."""
    found: dict[str, list[Evaluation]] = {}
    for each in evaluations:
        if each.verdict is Verdict.UNMEASURED:
            found.setdefault(each.gate.command or each.reason, []).append(each)
    return [
        (
            "; ".join(dict.fromkeys(each.reason for each in several)),
            [each.gate.name for each in several],
            several[0].gate.command,
        )
        for several in found.values()
    ]


def summary(report: Report) -> list[str]:
    """How many gates there are of each kind and verdict."""
    blocking = [each for each in report.evaluations if each.is_blocking]
    waived = [each for each in report.evaluations if each.is_waived]
    others = [each for each in report.evaluations if not (each.is_blocking or each.is_waived)]
    kinds = (("blocking", blocking), ("advisory", others), ("waived", waived))
    return [f"{len(each)} {kind}: {_spread(each)}" for kind, each in kinds if each]


def _spread(evaluations: Sequence[Evaluation]) -> str:
    counts = {verdict: sum(each.verdict is verdict for each in evaluations) for verdict in Verdict}
    return ", ".join(f"{count} {verdict.value}" for verdict, count in counts.items() if count)


def answer(report: Report) -> str:
    """May it be merged?"""
    if report.verdict is Verdict.PASS:
        blocks = any(each.is_blocking for each in report.evaluations)
        return "nothing stands against merging" if blocks else "nothing stands against merging: no gate blocks"
    names = [each.gate.name for each in report.evaluations if each.is_blocking and each.verdict is report.verdict]
    listed = ", ".join(names)
    if report.verdict is Verdict.FAIL:
        return f"not to be merged: {counted(len(names), 'blocking gate')} failed: {listed}"
    return f"not known whether to merge: {counted(len(names), 'blocking gate')} unmeasured: {listed}"


def rollback(found: Rollback) -> list[str]:
    """What is recommended, which commits it is about, and how it is done."""
    good, bad = found.good[:_COMMIT_SHOWN], found.bad[:_COMMIT_SHOWN]
    lines = [f"going back is recommended: {shown(found.reason)}"]
    if found.is_found:
        lines.append("a bisection has found the commit:")
    elif found.commits:
        lines.append(f"{good}..{bad}, {counted(len(found.commits), 'commit')}:")
    else:
        lines.append(f"{good}..{bad}")
    lines += [f"  {each.id[:_COMMIT_SHOWN]} {shown(each.subject)}" for each in found.commits]
    return [*lines, *(f"  $ {command}" for command in found.commands)]


def level(each: Evaluation) -> str:
    """Which of the lists it stands in."""
    return Level.BLOCKING.value if each.is_blocking or each.is_waived else Level.ADVISORY.value
