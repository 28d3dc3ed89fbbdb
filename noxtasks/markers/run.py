"""The story of `markers`: read the files, let pytest collect, decide, and tell; on request carry the plan out."""

from __future__ import annotations

import secrets
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from noxtasks.config import Settings
from noxtasks.errors import ConfigurationError, ExitCode
from noxtasks.evidence import provenance, vcs
from noxtasks.evidence.display.console import print_notes
from noxtasks.evidence.provenance import Provenance
from noxtasks.evidence.sums import Digest
from noxtasks.markers import (
    ages,
    assembly,
    consolidation,
    emit,
    log,
    page,
    reading,
    rules,
    runtime,
    taxonomy,
    terminal,
)
from noxtasks.markers.assembly import Said, Seen
from noxtasks.markers.model import Audit, Consolidation, Grade, Marker
from noxtasks.markers.reading import Files
from noxtasks.suite import git, marking
from noxtasks.suite.launch import Suite
from noxtasks.suite.marking import Marking


class _Task(msgspec.Struct, frozen=True, kw_only=True):
    """What this session is about."""

    root: Path
    settings: Settings
    suites: tuple[Suite, ...]  # one for each interpreter; none where only files are read
    began: datetime
    session_id: str

    @property
    def reports(self) -> Path:
        return self.root / self.settings.reports

    @property
    def project(self) -> str:
        return self.settings.project_name(self.root)


class _Known(msgspec.Struct, frozen=True, kw_only=True):
    """All that was read and seen, and what follows."""

    files: Files
    said: Said
    markings: tuple[Marking, ...]
    audit: Audit
    plan: Consolidation


def run(
    root: Path,
    settings: Settings,
    *,
    pythons: Sequence[Path],
    pytest_args: tuple[str, ...] = (),
    apply: bool = False,
) -> ExitCode:
    """Audit the markers of the project in `root`, and write what was found into the reports folder.

    Each of `pythons` collects the suite, with `pytest_args`; without any, the files alone are read. With `apply` the
    consolidation is carried out. Gives `FOUND` where a gate fails. Raises `ConfigurationError` where files that an
    edit would touch are not as git has them, and `NotMeasuredError` where it cannot be proven that an edit breaks
    nothing; the files are as they were then.
    """
    root = root.resolve()
    settings_args = (*settings.pytest_args, *pytest_args)
    suites = tuple(
        Suite(root=root, python=python.absolute(), pytest_args=settings_args, extra_args=pytest_args)
        for python in pythons
    )
    began = datetime.now(UTC)
    task = _Task(
        root=root,
        settings=settings,
        suites=suites,
        began=began,
        session_id=provenance.new_session_id(began, secrets.token_bytes(provenance.ENTROPY_BYTES)),
    )
    started_s = time.monotonic()
    code = vcs.code(root, run=git.output_in(root), reports=Path(settings.reports))
    emit.tell_start(task.reports, task.project, at=began, provenance=_provenance(task, code, ()))
    known = _look(task, code.code_version)
    print_notes(code.notes)
    drawn = page.write(task.reports, known.audit, known.plan, project=task.project)
    terminal.print_audit(known.audit, known.plan, page=task.reports / drawn.name, is_applied=apply)
    is_applied = False
    try:
        if apply:
            _check_renames(task, known)
            known = _apply(task, known)
            is_applied = True
    finally:  # what was found is told even where nothing could be done about it
        _write(task, code, known, drawn, is_applied=is_applied, duration_s=time.monotonic() - started_s)
    failed = any(gate.grade is Grade.FAIL for gate in known.audit.gates)
    return ExitCode.FOUND if failed and not is_applied else ExitCode.NOTHING_FOUND  # what failed is registered now


def _look(task: _Task, code_version: str) -> _Known:
    """Read every source, let pytest collect, and decide."""
    settings = task.settings.markers
    files = reading.read(task.root, git.output_in(task.root), reports=task.settings.reports, exclude=settings.exclude)
    markings = _observed(task, [(each.option, each.expression) for each in files.selectors])
    seen = runtime.seen(markings, files.tree.python.keys())
    names = files.known(seen)
    said = files.said(names, emit.seen_by_others(task.reports, task.settings.python, code_version))
    terms = taxonomy.load(settings.facets)
    markers = assembly.assemble(
        said,
        seen,
        corpus=files.corpus(names, said),
        ages=ages.ages(log.read_history(task.root, names), names, today=task.began.date()),
        taxonomy=terms,
        components=files.tree.folders,
    )
    plan = consolidation.consolidate(
        markers,
        carriers=seen.carriers if seen and _is_whole(markings) else None,
        selectors=said.selectors,
        taxonomy=terms,
        renames=settings.rename,
        of_plugins=said.of_plugins if seen is None else seen.elsewhere,
        idle_days=settings.idle_days,
        limit=settings.limit,
    )
    audit = _audit(task, files, said, markings=markings, seen=seen, markers=markers)
    return _Known(files=files, said=said, markings=markings, audit=audit, plan=plan)


def _audit(
    task: _Task,
    files: Files,
    said: Said,
    *,
    markings: Sequence[Marking],
    seen: Seen | None,
    markers: tuple[Marker, ...],
) -> Audit:
    tests = len(seen.paths) if seen else None
    return Audit(
        markers=markers,
        selectors=said.selectors,
        sites=said.sites,
        observations=tuple(runtime.observation(marking) for marking in markings),
        unread=files.unread,
        tests=tests,
        gates=rules.gates(
            markers,
            tests=tests,
            removed={each["marker"] for each in emit.archived(task.reports)},
            limit=task.settings.markers.limit,
            collected=_is_whole(markings),
        ),
    )


def _is_whole(markings: Sequence[Marking]) -> bool:
    return bool(markings) and all(marking.is_complete for marking in markings)


def _check_renames(task: _Task, known: _Known) -> None:
    """Refuse what the configuration asks for and cannot be."""
    wished = task.settings.markers.rename
    names = {each.name for each in known.audit.markers}
    problems = [
        ConfigurationError(reason, where=f"tool.noxtasks.markers.rename.{old}", remedy="Change it, or take it out.")
        for old, reason in rules.wrong_renames(wished, names)
        if not (old not in names and wished[old] in names)  # carried out before
    ]
    if problems:
        raise ConfigurationError.all_of(problems)


def _apply(task: _Task, known: _Known) -> _Known:
    """Carry the plan out; with the plan as it was carried out."""
    from noxtasks.markers import applying  # noqa: PLC0415 - loads what edits Python, which takes long

    applied = applying.carry_out(
        task.root,
        suites=task.suites,
        content={
            path: (task.root / path).read_bytes() for path in known.files.tree.paths if not path.startswith("../")
        },
        said=known.said,
        markers=known.audit.markers,
        consolidation=known.plan,
        before=known.markings,
        reports=Path(task.settings.reports),
        timeout_s=task.settings.markers.collect_timeout_s,
    )
    terminal.print_applied(applied)
    return msgspec.structs.replace(known, plan=applied.plan)


def _observed(task: _Task, expressions: Sequence[tuple[str, str]]) -> tuple[Marking, ...]:
    """What each interpreter saw, within the time limit; Ctrl-C ends the session, as nothing is lost by that."""
    found = []
    for suite in task.suites:
        terminal.print_beginning(suite)
        with tempfile.TemporaryDirectory(prefix="nx", ignore_cleanup_errors=True) as scratch:
            found.append(
                marking.observe_everywhere(
                    suite,
                    Path(scratch),
                    expressions=expressions,
                    timeout_s=task.settings.markers.collect_timeout_s,
                )
            )
    return tuple(found)


def _write(task: _Task, code: vcs.Code, known: _Known, drawn: Digest, *, is_applied: bool, duration_s: float) -> None:
    told = _provenance(task, code, known.markings)
    digests = emit.write(
        task.reports,
        known.audit,
        known.plan,
        idle_days=task.settings.markers.idle_days,
        is_applied=is_applied,
        duration_s=duration_s,
        provenance=told,
    )
    emit.tell_complete(
        task.reports,
        task.project,
        known.audit,
        known.plan,
        is_applied=is_applied,
        digests=[*digests, drawn],
        provenance=told,
    )


def _provenance(task: _Task, code: vcs.Code, markings: Sequence[Marking]) -> Provenance:
    hello = next((marking.hello for marking in markings if marking.hello), None)
    return provenance.gather(
        session_id=task.session_id,
        created=datetime.now(UTC),
        code=code,
        settings={
            **msgspec.to_builtins(task.settings),
            "pytest_args": list(task.suites[0].pytest_args) if task.suites else [],
        },
        tools=hello.tools if hello else {},
        interpreter=provenance.told_by(hello),
        complete=all(marking.is_complete for marking in markings),
    )
