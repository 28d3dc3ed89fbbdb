"""What all cells say, as an artifact and an event: data only."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from noxtasks.evidence import artifacts, events
from noxtasks.evidence.provenance import Provenance
from noxtasks.evidence.sums import Digest
from noxtasks.matrix.causes import REMEDIES
from noxtasks.matrix.model import Difference, Record, Report, Standing
from noxtasks.stats import Judgement

BASELINE = "os.matrix.baseline.json"


def write(reports: Path, report: Report, records: Sequence[Record], *, provenance: Provenance) -> Digest:
    """Write `os.matrix.baseline.json`."""
    return artifacts.write(
        reports,
        BASELINE,
        result={
            "tests": report.tests,
            "cells": [_cell(each) for each in report.standings],
            "consistency": _judgement("consistency", report.consistency, is_blocking=True),
            "pass_rates": _judgement("pass rate", report.pass_rate, is_blocking=True),
            "interpreters": _judgement("interpreters", report.interpreters, is_blocking=False),
            "lowest": report.lowest,
            "differing": [_difference(each) for each in report.differing],
            "hidden": msgspec.to_builtins(report.hidden),
            "absent": [
                {"why": each.absence.value, "cells": list(each.cells), "tests": list(each.tests)}
                for each in report.absent
            ],
            "flaky": msgspec.to_builtins(report.flaky),
            "missing": list(report.missing),
            "notes": list(report.notes),
        },
        timing={"records": {each.cell.name: {"created": each.created, "path": each.path} for each in records}},
        provenance=provenance,
    )


def tell(reports: Path, project: str, report: Report, digest: Digest, *, provenance: Provenance) -> None:
    """Append the event that a baseline was recorded."""
    figures = {
        "matrix.consistency": report.consistency.figure,
        "matrix.pass_rate": report.pass_rate.figure,
        "matrix.interpreters": report.interpreters.figure,
    }
    present = [each for each in report.standings if not each.is_missing]
    events.append(
        reports,
        event=events.EventType.OS_MATRIX_BASELINE_RECORDED,
        project=project,
        subject=BASELINE,
        at=provenance.created,
        provenance=provenance,
        attributes={
            "noxtasks.matrix.verdict": report.consistency.verdict.value,
            "noxtasks.matrix.cells": [each.name for each in present],
        },
        metrics={
            "matrix.cells": len(present),
            "matrix.missing": len(report.missing),
            "matrix.tests": report.tests,
            "matrix.differing": len(report.differing),
            "matrix.flaky": len(report.flaky),
            **{name: figure for name, figure in figures.items() if figure is not None},
        },
        artifacts=[digest],
    )


def _cell(each: Standing) -> dict[str, Any]:
    cell, judgement = each.cell, each.judgement
    return {
        "name": each.name,
        "system": cell.system if cell else None,
        "machine": cell.machine if cell else None,
        "implementation": cell.implementation if cell else None,
        "python": cell.python if cell else None,
        "tests": judgement.sample,
        "passed": each.passed,
        "failed": each.failed,
        "skipped": each.skipped,
        "expected_failures": each.expected,
        "uncollected": each.uncollected,
        "pass_rate": judgement.figure,
        "interval": msgspec.to_builtins(judgement.interval),
        "verdict": judgement.verdict.value,
        "is_missing": each.is_missing,
        "source": {"kind": each.source.value, "digest": each.digest} if each.source else None,
    }


def _judgement(name: str, of: Judgement, *, is_blocking: bool) -> dict[str, Any]:
    return {
        "name": name,
        "verdict": of.verdict.value,
        "figure": of.figure,
        "threshold": of.threshold,
        "sample": of.sample,
        "reason": of.reason,
        "is_blocking": is_blocking,
    }


def _difference(each: Difference) -> dict[str, Any]:
    path, line = place(each)
    return {
        "test": each.test,
        "outcomes": each.outcomes,
        "only": each.only.value,
        "where": list(each.where),
        "cause": each.cause.value,
        "said": each.said,
        "remedy": REMEDIES[each.cause],
        "path": path or None,
        "line": line,
    }


def place(of: Difference) -> tuple[str, int | None]:
    """The file and the line of what differs; of the test's own file where only that is known."""
    path, _, line = of.place.rpartition(":")
    return (path, int(line)) if path and line.isdigit() else (of.place or of.test.partition("::")[0], None)
