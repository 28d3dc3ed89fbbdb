"""The two stories of `matrix`: record a cell, and merge what all cells have recorded."""

from __future__ import annotations

import secrets
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from noxtasks.config import Settings
from noxtasks.errors import ConfigurationError, EvidenceError, ExitCode, InterruptedRunError, NotMeasuredError
from noxtasks.evidence import artifacts, provenance, vcs
from noxtasks.evidence.display.console import print_notes
from noxtasks.evidence.provenance import Interpreter, Provenance
from noxtasks.matrix import (
    comparing,
    differing,
    emit,
    expected,
    hiding,
    names,
    on_github,
    recording,
    records,
    rules,
    terminal,
    wording,
)
from noxtasks.matrix.model import Cell, Record, Report, Source
from noxtasks.matrix.recording import Cast
from noxtasks.stats import Verdict
from noxtasks.suite import git, wire
from noxtasks.suite.launch import Suite

_FLAKY = "flake.report.json"  # by its name alone: objectives speak through artifacts


def record(root: Path, settings: Settings, *, python: Path, pytest_args: tuple[str, ...] = ()) -> ExitCode:
    """Run the suite in `root` once, and write the record of this cell. What fails is for `merge` to judge.

    Raises `NotMeasuredError` where no test can be run, and `InterruptedRunError` after an interruption. What was seen
    is written all the same: modules that cannot be imported are failures of this cell.
    """
    root, started_s = root.resolve(), time.monotonic()
    suite = Suite(root=root, python=python.absolute(), pytest_args=(*settings.pytest_args, *pytest_args))
    code = _code(root, settings)
    cast = recording.run(suite, test_timeout_s=settings.flake.test_timeout_s)
    hello = cast.collection.hello if cast.collection else None
    assert hello is not None  # noqa: S101 - tests were collected, so the probe has spoken
    cell = _cell(hello)
    _write(
        root,
        settings,
        cell,
        cast,
        source=Source.RUN,
        origin="",
        duration_s=time.monotonic() - started_s,
        made=_provenance(
            settings,
            code,
            more={"pytest_args": list(suite.pytest_args)},
            tools=hello.tools,
            interpreter=provenance.told_by(hello),
            complete=cast.complete,
        ),
    )
    if not cast.complete:
        raise InterruptedRunError("interrupted; what was seen is kept, and counts for nothing", remedy="Run it again.")
    if cast.collection and not cast.collection.tests:
        raise recording.not_collected(root, cast.collection)
    return ExitCode.NOTHING_FOUND


def record_junit(root: Path, settings: Settings, junit: Path, *, cell: Cell) -> ExitCode:
    """Write the record of `cell` from JUnit XML that a run there has left, of the code that is in `root`."""
    root = root.resolve()
    cast = recording.of_junit(junit, root)
    interpreter = Interpreter(implementation=cell.implementation, version=cell.python)
    made = _provenance(settings, _code(root, settings), more={}, tools={}, interpreter=interpreter, complete=True)
    _write(
        root,
        settings,
        cell,
        cast,
        source=Source.JUNIT,
        origin=junit.name,
        duration_s=sum(cast.durations_s.values()),
        made=made,
    )
    return ExitCode.NOTHING_FOUND


def merge(root: Path, settings: Settings, folders: Sequence[Path]) -> ExitCode:
    """Hold the records in and below `folders` (by default the reports folder) against one another.

    Gives `FOUND` where a gate fails. Raises `NotMeasuredError` where one is unmeasured, and `ConfigurationError` where
    there is no record, or records of different code.
    """
    root = root.resolve()
    reports = root / settings.reports
    found = records.gather([_folder(each) for each in folders] or [reports])
    if not found.records:
        remedy = "Record a cell on each system: noxtasks matrix record"
        told = "; ".join(f"{each.path}: {each.why}" for each in found.broken)
        raise ConfigurationError(f"there is no record{f' ({told})' if told else ''}", where="records", remedy=remedy)
    report = judged(
        found.records,
        settings,
        wanted=(*_wanted(root, settings), *(each.cell for each in found.broken if each.cell)),
        flaky=_flaky(reports, found.records[0].code_version),
        notes=(*found.notes, *(f"left out: {each.path}: {each.why}" for each in found.broken)),
    )
    code = vcs.Code(vcs=report.vcs, code_version=report.code_version)
    made = _provenance(settings, code, more={}, tools={}, interpreter=None, complete=True)
    digest = emit.write(reports, report, found.records, provenance=made)
    emit.tell(reports, settings.project_name(root), report, digest, provenance=made)
    terminal.print_report(report)
    on_github.tell(report)
    return _ended(report, reports)


def judged(
    cells: Sequence[Record],
    settings: Settings,
    *,
    wanted: Sequence[str],
    flaky: Sequence[str] = (),
    notes: tuple[str, ...] = (),
) -> Report:
    """What the records (at least one) come to: `wanted` cells without any are missing, `flaky` tests left out."""
    table = comparing.table(cells)
    present = [record.cell for record in cells]
    out = rules.flaky_of(table, flaky)
    steady = {test: by_cell for test, by_cell in table.items() if test not in {each.test for each in out}}
    least, enough = settings.matrix.pass_rate, settings.matrix.consistency
    missing = expected.missing(wanted, [cell.name for cell in present])
    standings = (
        *(rules.standing(each, table, threshold=least) for each in cells),
        *(rules.missing(name, threshold=least) for name in missing),
    )
    pass_rate, lowest = rules.pass_rate(standings, threshold=least)
    return Report(
        code_version=cells[0].code_version,
        vcs=cells[0].vcs,
        standings=standings,
        tests=len(table),
        consistency=rules.consistency(steady, present, threshold=enough, missing=missing),
        interpreters=rules.interpreters(steady, present, threshold=enough),
        pass_rate=pass_rate,
        lowest=lowest,
        differing=differing.differing(steady, present),
        hidden=hiding.hidden(table, present),
        absent=hiding.absent(table),
        flaky=out,
        missing=missing,
        notes=notes,
    )


def _cell(hello: wire.Hello) -> Cell:
    system, _, rest = hello.platform.partition("-")
    python = ".".join(hello.python.split(".")[:2]) + ("t" if hello.free_threaded else "")
    return Cell(
        system=names.system_name(system),
        machine=names.machine_name(rest.rpartition("-")[2]),
        implementation=hello.implementation.lower(),
        python=python,
    )


def _write(
    root: Path,
    settings: Settings,
    cell: Cell,
    cast: Cast,
    *,
    source: Source,
    origin: str,
    duration_s: float,
    made: Provenance,
) -> None:
    reports = root / settings.reports
    digest = records.write(reports, cell, cast, source=source, origin=origin, duration_s=duration_s, provenance=made)
    terminal.print_recorded(cell, cast, f"{settings.reports}/{records.FOLDER}/{digest.name}")


def _code(root: Path, settings: Settings) -> vcs.Code:
    code = vcs.code(root, run=git.output_in(root), reports=Path(settings.reports))
    print_notes(code.notes)
    return code


def _provenance(
    settings: Settings,
    code: vcs.Code,
    *,
    more: dict[str, object],
    tools: dict[str, str],
    interpreter: Interpreter | None,
    complete: bool,
) -> Provenance:
    now = datetime.now(UTC)
    return provenance.gather(
        session_id=provenance.new_session_id(now, secrets.token_bytes(provenance.ENTROPY_BYTES)),
        created=now,
        code=code,
        settings={**msgspec.to_builtins(settings), **more},
        tools=tools,
        interpreter=interpreter,
        complete=complete,
    )


def _folder(path: Path) -> Path:
    if not path.is_dir():
        raise ConfigurationError(f"there is no folder {path}", where="FOLDER", remedy="Give folders with records.")
    return path


def _wanted(root: Path, settings: Settings) -> tuple[str, ...]:
    workflow = settings.matrix.workflow
    return (*settings.matrix.cells, *(expected.of_workflow(root / workflow) if workflow else ()))


def _flaky(reports: Path, code_version: str) -> tuple[str, ...]:
    """The tests that `flake` has seen to be flaky in the same code; none where it has not looked."""
    try:
        report = artifacts.read(reports, _FLAKY)
    except EvidenceError:
        return ()
    if report.provenance.code_version != code_version:
        return ()
    return tuple(each["test"] for kind in ("flaky", "quiet") for each in report.result[kind])


def _ended(report: Report, reports: Path) -> ExitCode:
    gates = (report.consistency, report.pass_rate)
    if any(gate.verdict is Verdict.FAIL for gate in gates):
        return ExitCode.FOUND
    if any(gate.verdict is Verdict.UNMEASURED for gate in gates):
        raise NotMeasuredError(
            "; ".join(wording.gates(report, Verdict.UNMEASURED)),
            where=str(reports / emit.BASELINE),
            remedy="Record the suite on the other systems too, and merge all records.",
        )
    return ExitCode.NOTHING_FOUND
