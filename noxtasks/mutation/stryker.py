"""The scan as JSON of Stryker's mutation-testing-report-schema, version 2, for the viewers that read it.

Their statuses are coarser than ours. A mutant on which the process died is `Killed` there, as it is in our score. One
where pytest itself broke is a `RuntimeError`, which their score leaves out and ours counts as not killed, so that the
two may differ. Both bounds of the threshold are ours: what a viewer shows as good is what passes here.

https://github.com/stryker-mutator/mutation-testing-elements/tree/master/packages/report-schema
"""

from __future__ import annotations

import json
from math import ceil
from typing import Any

from noxtasks import __version__
from noxtasks.evidence.display.text import shown
from noxtasks.mutation.making import mutmut
from noxtasks.mutation.model import Fate, Mutant, Report, Status

NAME = "mutation.stryker.json"

_STATUSES = {
    Status.KILLED: "Killed",
    Status.SURVIVED: "Survived",
    Status.TIMEOUT: "Timeout",
    Status.NO_TESTS: "NoCoverage",
    Status.SUSPICIOUS: "RuntimeError",
    Status.SEGFAULT: "Killed",
    Status.SKIPPED: "Ignored",
    Status.UNCHECKED: "Pending",
}
_SECONDS = 1000  # in the milliseconds of the schema


def render(report: Report) -> bytes:
    """The file's content."""
    ids = {test: str(number) for number, test in enumerate(_tests(report))}
    mutants: dict[str, list[dict[str, Any]]] = {}
    for mutant in sorted(report.mutants):
        mutants.setdefault(mutant.path, []).append(_mutant(mutant, report.fates[mutant.id], report, ids))
    threshold = ceil(round(report.judgement.threshold * 100, 9))
    document = {
        "$schema": "http://stryker-mutator.io/report.schema.json",
        "schemaVersion": "2",
        "thresholds": {"high": threshold, "low": threshold},
        "framework": {"name": "noxtasks", "version": __version__, "dependencies": {"mutmut": mutmut.VERSION}},
        "files": {
            shown(path): {
                "language": "python",
                "source": text,
                "mutants": mutants.get(path, []),
            }
            for path, text in sorted(report.texts.items())
        },
        "testFiles": _test_files(ids),
    }
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def _tests(report: Report) -> list[str]:
    """Every test that is named, in the order of collection, those first that the baseline has."""
    named = [test for fate in report.fates.values() for test in (fate.killed_by, *fate.tests) if test]
    return list(dict.fromkeys((*report.baseline.durations_s, *sorted(named))))


def _mutant(mutant: Mutant, fate: Fate, report: Report, ids: dict[str, str]) -> dict[str, Any]:
    reason = shown(fate.message or fate.reason)
    covering = fate.tests or report.baseline.covering.get(mutant.key, ())
    return {
        "id": mutant.id,
        "mutatorName": mutant.operator,
        "description": f"{mutant.operator} in {shown(mutant.function)}",
        "replacement": mutant.replacement,
        "location": {
            "start": {"line": mutant.line, "column": mutant.column},
            "end": {"line": mutant.end_line or mutant.line, "column": mutant.end_column or mutant.column},
        },
        "status": _STATUSES[fate.status],
        **({"statusReason": reason} if reason else {}),
        "static": mutant.key in report.baseline.at_import,
        "coveredBy": [ids[test] for test in covering if test in ids],
        "killedBy": [ids[fate.killed_by]] if fate.killed_by else [],
        **({"testsCompleted": len(fate.tests)} if fate.tests else {}),
        "duration": round(fate.duration_s * _SECONDS, 3),
    }


def _test_files(ids: dict[str, str]) -> dict[str, Any]:
    files: dict[str, Any] = {}
    for test, number in ids.items():
        path, _, name = shown(test).partition("::")
        files.setdefault(path, {"tests": []})["tests"].append({"id": number, "name": name or path})
    return files
