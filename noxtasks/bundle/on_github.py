"""Bundles on GitHub: a summary of the job, and an annotation for what is wrong with an archive."""

from __future__ import annotations

from noxtasks.bundle import wording
from noxtasks.bundle.emit import Report
from noxtasks.bundle.proof import Proof
from noxtasks.evidence.display import github
from noxtasks.evidence.display.text import shown
from noxtasks.evidence.gating import figures
from noxtasks.evidence.gating.model import Evaluation
from noxtasks.stats import Verdict

_MARKS = {Verdict.PASS: "✅", Verdict.FAIL: "❌", Verdict.UNMEASURED: "❔"}
_ANNOTATIONS = 10  # that GitHub shows of a step


def tell(report: Report) -> None:
    """Write what GitHub shows of what was bundled, where this runs as an action."""
    github.summarise(markdown(report))


def tell_proof(proof: Proof) -> None:
    """Write what GitHub shows of the check of an archive."""
    for found in proof.findings[:_ANNOTATIONS]:
        github.annotate("", wording.finding(found), title=f"bundle: {proof.name}")
    mark = _MARKS[Verdict.FAIL if proof.findings else Verdict.PASS]
    lines = [f"### {mark} {github.plain(proof.name)}: {github.plain(wording.answer(proof))}", ""]
    lines += [f"- {github.code(wording.finding(found))}" for found in proof.findings]
    lines += [f"- {github.plain(wording.caution(proof))}"] if wording.caution(proof) else []
    github.summarise("\n".join(lines) + "\n\n")


def markdown(report: Report) -> str:
    """The milestones, the gates of those that were bundled, and the archives with their digests."""
    names = {each.milestone for each in report.made}
    lines = ["### Evidence bundle", ""]
    lines += [f"- {_MARKS[each.verdict]} {github.plain(wording.milestone(each))}" for each in report.judged]
    lines += [f"- {github.plain(each.milestone)} lacks: {github.code(shown(each.message))}" for each in report.missing]
    lines += [f"- {github.plain(note)}" for note in report.notes]
    for judged in report.judged:
        if judged.milestone.name in names:
            head = (f"gate of {github.plain(judged.milestone.name)}", "figure", "wanted", "verdict", "")
            lines += ["", *github.table(head, [_row(each) for each in judged.evaluations])]
    rows = [(github.code(each.name), github.code(each.sha256), github.code(each.tar_sha256)) for each in report.made]
    lines += ["", *github.table(("archive", "SHA-256", "of its tar"), rows), "", wording.NOTE]
    return "\n".join(lines) + "\n\n"


def _row(each: Evaluation) -> tuple[str, ...]:
    why = each.reason if each.verdict is not Verdict.PASS else ""
    return (
        github.plain(each.gate.name),
        github.plain(figures.figure(each)),
        github.code(figures.wanted(each)) if figures.wanted(each) else "",
        f"{_MARKS[each.verdict]} {each.verdict.value}",
        github.code(shown(why)) if why else "",
    )
