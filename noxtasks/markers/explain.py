"""Why a marker has its class: every place that the last audit has seen it at."""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path
from typing import Any

import msgspec

from noxtasks.config import Settings
from noxtasks.errors import ConfigurationError, ExitCode, NotMeasuredError
from noxtasks.evidence import artifacts, vcs
from noxtasks.markers import terminal
from noxtasks.markers.emit import AUDIT
from noxtasks.markers.model import Marker
from noxtasks.suite import git


def explain(root: Path, settings: Settings, *, name: str) -> ExitCode:
    """Say all that the last audit knows of the marker `name`.

    Raises `NotMeasuredError` where there was no audit, `EvidenceError` for a report that was altered, and
    `ConfigurationError` for a marker that the audit does not know.
    """
    root = root.resolve()
    reports = root / settings.reports
    if not (reports / AUDIT).exists():
        raise NotMeasuredError("there is no report", where=str(reports / AUDIT), remedy="`noxtasks markers` writes it.")
    report = artifacts.read(reports, AUDIT)
    known: dict[str, dict[str, Any]] = {each["name"]: each for each in report.result["markers"]}
    if name not in known:
        near = get_close_matches(name, known, n=1)
        raise ConfigurationError(
            f"the audit knows no marker {name}",
            where="noxtasks markers explain",
            remedy=f"Did you mean {near[0]}?" if near else "Is it registered, or used by a test?",
        )
    code = vcs.code(root, run=git.output_in(root), reports=Path(settings.reports))
    is_of_now = report.provenance.code_version == code.code_version
    note = "" if is_of_now else "this is of another version of the code; `noxtasks markers` looks again"
    terminal.print_explanation(_read(known[name]), note=note)
    return ExitCode.NOTHING_FOUND


def _read(told: dict[str, Any]) -> Marker:
    fields = {name: value for name, value in told.items() if name in Marker.__struct_fields__}
    return msgspec.convert({**fields, "kind": told["class"]}, Marker)
