"""The audit as an artifact and an event: data only."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from noxtasks.evidence import artifacts, events
from noxtasks.evidence.provenance import Provenance
from noxtasks.flake.determinism.model import Audit, Finding
from noxtasks.flake.determinism.reasons import REASONS

AUDIT = "determinism.audit.json"


def write(reports: Path, project: str, audit: Audit, *, durations_s: list[float], provenance: Provenance) -> None:
    """Write `determinism.audit.json`, and tell of it."""
    result = {
        "files": audit.files,
        "unread_files": list(audit.unread),
        "findings": [_finding(finding) for finding in audit.findings],
        "ignored": audit.ignored,
        "tests": audit.tests,
        "runs": audit.runs,
        "differing": msgspec.to_builtins(audit.differing),
        "score": msgspec.to_builtins(audit.score),
    }
    digest = artifacts.write(reports, AUDIT, result=result, timing={"runs_s": durations_s}, provenance=provenance)
    events.tell_written(reports, project, [digest], subject=AUDIT, provenance=provenance)


def _finding(finding: Finding) -> dict[str, Any]:
    reason = REASONS[finding.kind]
    return {**msgspec.to_builtins(finding), "why": reason.why, "advice": reason.advice}
