"""The story of `gates`: read what the objectives have written, judge it, look for what to show, tell, and write."""

from __future__ import annotations

import secrets
from datetime import UTC, date, datetime
from pathlib import Path

from noxtasks.config import Settings
from noxtasks.errors import ExitCode
from noxtasks.evidence import provenance, vcs
from noxtasks.evidence.display.console import print_notes
from noxtasks.evidence.gating import documents, judging
from noxtasks.evidence.gating.model import Level
from noxtasks.gates import emit, findings, lines, on_github, rollback, rules, table, terminal
from noxtasks.gates.model import Report
from noxtasks.suite import git


def run(root: Path, settings: Settings, *, today: date | None = None) -> ExitCode:
    """Judge the artifacts of the project in `root` by its gates.

    Gives `FOUND` where a blocking gate failed, else `NOT_MEASURED` where one could not be judged. Raises
    `EvidenceError` where the reports cannot be written.
    """
    root, now = root.resolve(), datetime.now(UTC)
    reports, ask = root / settings.reports, git.output_in(root)
    code = vcs.code(root, run=ask, reports=Path(settings.reports))
    print_notes(code.notes)
    gates = table.settle(settings)
    looked_at = [gate for gate in gates if gate.level is not Level.OFF]
    read = documents.load(
        reports,
        [*(gate.artifact for gate in looked_at), *findings.NAMES],
        code_version=code.code_version,
        written=emit.WRITTEN,
    )
    evaluations = [judging.evaluate(gate, read[gate.artifact], today=today or now.date()) for gate in looked_at]
    head = (code.vcs.revision if code.vcs else None) or ""
    comparison = read[table.COMPARISON]
    report = Report(
        evaluations=tuple(evaluations),
        verdict=rules.overall(evaluations),
        findings=lines.placed(findings.of(read.values()), lambda path: _text(root, path)),
        rollback=rollback.recommend(
            comparison,
            commits=rollback.since(comparison, root=root, run=ask, head=head),
            head=head,
            is_dirty=bool(code.vcs and code.vcs.dirty),
        ),
        off=tuple(gate.name for gate in gates if gate.level is Level.OFF),
    )
    told = provenance.gather(
        session_id=provenance.new_session_id(now, secrets.token_bytes(provenance.ENTROPY_BYTES)),
        created=now,
        code=code,
        settings=settings,
        tools={},
    )
    prefix = (vcs.git(ask, root, "rev-parse", "--show-prefix") or b"").decode("utf-8", "surrogateescape").strip("\n")
    digests = emit.write(reports, report, prefix=prefix, provenance=told)
    emit.tell(reports, settings.project_name(root), report, digests=digests, provenance=told)
    terminal.print_report(report)
    on_github.tell(report)
    return rules.exit_code(report.verdict)


def _text(root: Path, path: str) -> str | None:
    """A source below `root`; None where it cannot be read."""
    try:
        return (root / path).read_text("utf-8")
    except (OSError, ValueError):
        return None
