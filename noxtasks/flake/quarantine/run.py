"""The story of `flake quarantine`: what is in it, what was measured, what is to change, and write that on request."""

from __future__ import annotations

import secrets
from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, date, datetime
from pathlib import Path

import msgspec

from noxtasks.config import Settings
from noxtasks.errors import ConfigurationError, ExitCode, NotMeasuredError
from noxtasks.evidence import artifacts, provenance, vcs
from noxtasks.evidence.artifacts import Artifact
from noxtasks.flake.emit import REPORT
from noxtasks.flake.quarantine import emit, rules, sources, terminal, toml
from noxtasks.flake.quarantine.model import Entry, Measured, Plan, Policy, Standing, Store
from noxtasks.history import open_history
from noxtasks.suite import edits, git
from noxtasks.suite.edits import Edit

_OWN_TOOLS = ("noxtasks", "nox")  # as they are now, not as they were for the report
_MEASURE = "`noxtasks flake` measures it"


def run(
    root: Path,
    settings: Settings,
    *,
    apply: bool = False,
    in_source: bool = False,
    owner: str = "",
    issue: str = "",
    today: date | None = None,
) -> ExitCode:
    """Compare the quarantine of the project in `root` with the flake report, and show what is to change.

    With `apply` that is written: new entries into `quarantine.toml`, or with `in_source` as marks on the tests where
    that is possible; `owner` and `issue` are those of the new entries. Gives `FOUND` where an entry has expired.
    Raises `ConfigurationError` that tells all that is wrong with the entries, `EvidenceError` for a report that was
    altered, and `NotMeasuredError` where there is neither a report nor an entry.
    """
    root = root.resolve()
    reports = root / settings.reports
    today = today or datetime.now(UTC).date()
    entries = entries_of(root, settings.reports)
    code = vcs.code(root, run=git.output_in(root), reports=Path(settings.reports))
    report = _report(reports, needed=not entries)
    tests, notes = _measured(root, settings, report, code.code_version)
    policy = Policy(
        enter_above=settings.quarantine.threshold,
        release_below=settings.flake.threshold,
        days=settings.quarantine.days,
        reruns=settings.quarantine.reruns,
        owner=owner or settings.quarantine.owner or _user(root),
        issue=issue,
    )
    plan = rules.plan(tests, entries, today=today, policy=policy)
    if in_source:
        plan = msgspec.structs.replace(plan, added=rules.in_source(plan.added, tests, entries))
    plan, changes, unmarked = _edits(root, plan)
    notes = (*notes, *_lost(root, plan), *unmarked)

    terminal.print_plan(plan, (*code.notes, *notes))
    if changes and apply:
        edits.write(root, changes)
        emit.write_change(reports, settings.project_name(root), plan, _provenance(settings, code, report))
    elif changes:
        terminal.print_diff(edits.diff(changes))
    terminal.print_end(plan, files=[edit.path for edit in changes], is_written=apply)
    return ExitCode.FOUND if plan.expired else ExitCode.NOTHING_FOUND


def entries_of(root: Path, reports: str) -> list[Entry]:
    """What is in quarantine: the entries of the file and those in the source.

    Raises `ConfigurationError` with what is wrong with all of them.
    """
    found: list[Entry] = []
    problems: list[ConfigurationError] = []
    for path in (toml.NAME, *sources.marked_files(root, reports)):
        try:
            content = edits.content_of(root / path)
            found += toml.read(content) if path == toml.NAME else _marks(content, path)
        except ConfigurationError as problem:
            problems.extend(problem.problems or (problem,))
    if problems:
        raise ConfigurationError.all_of(problems)
    return found


def _marks(content: bytes, path: str) -> tuple[Entry, ...]:
    from noxtasks.flake.quarantine import codemod  # noqa: PLC0415 - libcst takes long to load; few sources have marks

    return codemod.marks(content, path)


def _report(reports: Path, *, needed: bool) -> Artifact | None:
    if not (reports / REPORT).exists():
        if needed:
            raise NotMeasuredError("there is no report", where=str(reports / REPORT), remedy=f"{_MEASURE}.")
        return None
    return artifacts.read(reports, REPORT)


def _measured(
    root: Path, settings: Settings, report: Artifact | None, code_version: str
) -> tuple[tuple[Measured, ...], tuple[str, ...]]:
    """What is known of each test at the code of now, and what keeps it from being known."""
    if report is None:
        return (), (f"there is no report, so nothing goes in or returns; {_MEASURE}",)
    if report.provenance.code_version != code_version:
        return (), (f"the report is of another version of the code, so nothing goes in or returns; {_MEASURE}",)
    with open_history(settings.history_url(root), waiting=settings.waiting(root)) as history:
        tallies = history.rates(settings.project_name(root), code_version)
    return rules.measured(report.result, tallies, confidence=settings.flake.confidence), ()


def _user(root: Path) -> str:
    return (git.output_in(root)(("git", "config", "user.name")) or b"").decode("utf-8", "replace").strip()


def _edits(root: Path, plan: Plan) -> tuple[Plan, list[Edit], list[str]]:
    """The plan as edits of files. What cannot be marked goes into the file instead, and the reasons say so."""
    from noxtasks.flake.quarantine import codemod  # noqa: PLC0415 - see _marks

    files: dict[str, Edit] = {}

    def content(path: str) -> bytes:
        files.setdefault(path, Edit(path=path, before=(was := edits.content_of(root / path)), after=was))
        return files[path].after

    def put(path: str, after: bytes) -> None:
        files[path] = msgspec.structs.replace(files[path], after=after)

    gone = [each.entry for each in plan.released]
    for path, names in _by_file(entry.test for entry in gone if entry.store is Store.SOURCE).items():
        put(path, codemod.unmarked(content(path), path, names))
    refused: dict[str, str] = {}
    new = {each.entry.test: each.entry for each in plan.added}
    for path, names in _by_file(entry.test for entry in new.values() if entry.store is Store.SOURCE).items():
        try:
            change = codemod.marked(content(path), path, {name: new[f"{path}::{name}"] for name in names})
        except ConfigurationError as error:
            refused |= {f"{path}::{name}": f"as {path} cannot be edited ({error.message})" for name in names}
            continue
        put(path, change.content)
        refused |= {f"{path}::{name}": why for name, why in change.refused.items()}
    plan = msgspec.structs.replace(plan, added=tuple(_placed(each, refused) for each in plan.added))
    added = [each.entry for each in plan.added if each.entry.store is Store.FILE]
    removed = [entry.test for entry in gone if entry.store is Store.FILE]
    if added or removed:
        put(toml.NAME, toml.edited(content(toml.NAME), added=added, released=removed))
    return plan, [edit for edit in files.values() if edit.after != edit.before], _reasons(refused)


def _reasons(refused: dict[str, str]) -> list[str]:
    """Why tests are in the file although they were to be marked, reason by reason."""
    tests: dict[str, list[str]] = defaultdict(list)
    for test, why in refused.items():
        tests[why].append(test)
    return [f"in {toml.NAME} and not marked, {why}: {', '.join(names)}" for why, names in tests.items()]


def _by_file(tests: Iterable[str]) -> dict[str, list[str]]:
    files: dict[str, list[str]] = defaultdict(list)
    for test in tests:
        path, _, name = test.partition("::")
        files[path].append(name)
    return files


def _placed(standing: Standing, refused: dict[str, str]) -> Standing:
    if standing.entry.test not in refused:
        return standing
    return msgspec.structs.replace(standing, entry=msgspec.structs.replace(standing.entry, store=Store.FILE))


def _lost(root: Path, plan: Plan) -> list[str]:
    """The entries of the file whose test is not there any more, as far as that can be told without running anything."""
    return [
        f"stale: {each.entry.test}: {why}; remove the entry"
        for each in (*plan.kept, *plan.expired)
        if not each.measured and each.entry.store is Store.FILE and (why := _why_lost(root, each.entry.test))
    ]


def _why_lost(root: Path, test: str) -> str:
    path = root / test.partition("::")[0]
    if not path.exists():
        return f"there is no {test.partition('::')[0]}"
    if path.suffix == ".py" and not rules.may_hold(edits.content_of(path).decode("utf-8", "replace"), test):
        return "the file has no such test"
    return ""


def _provenance(settings: Settings, code: vcs.Code, report: Artifact | None) -> provenance.Provenance:
    """Of this command; the interpreter and its tools are those that the report was measured with."""
    now = datetime.now(UTC)
    measured = report.provenance if report else None
    tools = {name: version for name, version in (measured.tools if measured else {}).items() if name not in _OWN_TOOLS}
    return provenance.gather(
        session_id=provenance.new_session_id(now, secrets.token_bytes(provenance.ENTROPY_BYTES)),
        created=now,
        code=code,
        settings=settings,
        tools=tools,
        interpreter=measured.interpreter if measured else None,
    )
