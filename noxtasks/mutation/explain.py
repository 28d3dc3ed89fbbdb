"""One mutant by the last report: what it changes, what became of it, what it teaches, and how it is tried by hand."""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path
from typing import Any

import msgspec

from noxtasks.config import Settings
from noxtasks.errors import ConfigurationError, ExitCode, NotMeasuredError
from noxtasks.evidence import artifacts, vcs
from noxtasks.mutation import terminal
from noxtasks.mutation.emit import REPORT
from noxtasks.mutation.model import Fate, Lesson, Mutant, Status
from noxtasks.suite import git

_LEAST = 4  # characters of an id


def explain(root: Path, settings: Settings, *, mutant: str) -> ExitCode:
    """Say all that the last scan knows of a mutant: `mutant` is its id, the beginning of that, or mutmut's name.

    Raises `NotMeasuredError` where there was no scan, `EvidenceError` for a report that was altered, and
    `ConfigurationError` for a mutant that the scan does not know, or for several.
    """
    root = root.resolve()
    reports = root / settings.reports
    if not (reports / REPORT).exists():
        raise NotMeasuredError(
            "there is no report", where=str(reports / REPORT), remedy="`noxtasks mutation` writes it."
        )
    report = artifacts.read(reports, REPORT)
    told = find(report.result["mutants"], mutant)
    code = vcs.code(root, run=git.output_in(root), reports=Path(settings.reports))
    is_of_now = report.provenance.code_version == code.code_version
    note = "" if is_of_now else "this is of another version of the code; `noxtasks mutation` looks again"
    lesson = next((each for each in report.result["lessons"] if each["mutant"] == told["id"]), None)
    fields = {name: told[name] for name in told if name in Mutant.__struct_fields__}
    terminal.print_explanation(
        Mutant(**fields, before="", after=""),
        Fate(
            mutant=told["id"],
            status=Status(told["status"]),
            killed_by=told["killed_by"],
            message=told["message"],
            tests=tuple(told["tests"]),
            reason=told["reason"],
        ),
        msgspec.convert(lesson, Lesson) if lesson else None,
        diff=told["diff"],
        covering=told["covering"],
        note=note,
    )
    return ExitCode.NOTHING_FOUND


def find(mutants: list[dict[str, Any]], name: str) -> dict[str, Any]:
    """The mutant that is meant by `name`. Raises `ConfigurationError` where there is none, or more than one."""
    exact = [each for each in mutants if name in {each["id"], each["name"]}]
    found = exact or [each for each in mutants if len(name) >= _LEAST and each["id"].startswith(name)]
    if len(found) == 1:
        return found[0]
    ids = [each["id"] for each in mutants]
    near = get_close_matches(name, ids, n=1)
    raise ConfigurationError(
        f"{len(found)} mutants begin with {name}" if found else f"the scan knows no mutant {name}",
        where="noxtasks mutation explain",
        remedy=f"Give more of it: {', '.join(each['id'] for each in found[:5])}"
        if found
        else f"Did you mean {near[0]}?"
        if near
        else f"The report names them: {REPORT}",
    )
