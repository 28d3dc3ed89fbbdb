"""The story of `governance`: read the plan, look up what it refers to, judge, tell, and write."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path

from noxtasks.config import Settings
from noxtasks.errors import ConfigurationError, ExitCode
from noxtasks.evidence import provenance, vcs
from noxtasks.evidence.display.console import print_notes
from noxtasks.evidence.sums import Digest
from noxtasks.governance.checking import (
    deliverables,
    dimensions,
    emit,
    gathering,
    on_github,
    patterns,
    ratio,
    reading,
    recording,
    risks,
    rules,
    terminal,
)
from noxtasks.governance.checking.model import NAME, Documents, Judged, Known, Listed, Log, Plan
from noxtasks.suite import edits, git
from noxtasks.suite.edits import Edit

INIT = "noxtasks init --governance"


def run(
    root: Path, settings: Settings, *, sessions: Collection[str], record: bool = False, today: date | None = None
) -> ExitCode:
    """Check the `governance.yaml` of the project in `root`. `sessions` are the names of ours.

    With `record`, the digests of its files as they are now are written into it first.

    Gives `FOUND` where a rule is broken, else `NOT_MEASURED` where that is not known. Raises `ConfigurationError`
    for a file that is not there, or not of the form, and `EvidenceError` where the reports cannot be written.
    """
    root, now = root.resolve(), datetime.now(UTC)
    reports, ask = root / settings.reports, git.output_in(root)
    if record:
        _record(root)
    data = _read(root / NAME)
    plan = reading.read(data)
    code = vcs.code(root, run=ask, reports=Path(settings.reports))
    print_notes(code.notes)
    documents = gathering.load(reports, plan, code_version=code.code_version)
    listed = gathering.listed(reports)
    log, text = gathering.log(reports), gathering.text_in(root)
    known = gathering.known(root, plan, settings, sessions, listed.digests)
    report = rules.report(
        plan,
        sha256=Digest.of(NAME, data).sha256,
        addressed=dimensions.look_into(plan, documents, text),
        held=deliverables.look_for(plan, listed, gathering.content_in(root), partial(gathering.refusal, root)),
        judged=_judged(plan, documents, log, listed, text, known=known, code_version=code.code_version),
        watched=risks.watch(plan, documents, today=today or now.date()),
    )
    told = provenance.gather(
        session_id=provenance.new_session_id(now, secrets.token_bytes(provenance.ENTROPY_BYTES)),
        created=now,
        code=code,
        settings=settings,
        tools={},
    )
    digest = emit.write(reports, report, provenance=told)
    emit.tell(reports, settings.project_name(root), report, digest=digest, provenance=told)
    terminal.print_report(report)
    on_github.tell(report)
    return rules.exit_code(report.verdict)


def _judged(
    plan: Plan,
    documents: Documents,
    log: Log,
    listed: Listed,
    read: Callable[[str], str | None],
    *,
    known: Known,
    code_version: str,
) -> list[Judged]:
    """The five patterns."""
    ladder = documents[patterns.LADDER]
    return [
        patterns.triangle(plan, log, listed),
        patterns.circle(ladder),
        patterns.spiral(plan, log, listed, read),
        ratio.golden(documents[ratio.MUTATION], documents[ratio.TESTS], ladder, code_version=code_version),
        patterns.fractal(plan, known),
    ]


def _record(root: Path) -> None:
    before = _read(root / NAME)
    reading.read(before)
    after = recording.recorded(before.decode("utf-8"), gathering.content_in(root)).encode()
    if after != before:
        edit = Edit(path=NAME, before=before, after=after)
        print(edits.diff([edit]), end="")
        edits.write(root, [edit])


def _read(path: Path) -> bytes:
    try:
        if path.exists() and not path.is_file():
            raise ConfigurationError("it is no file", where=NAME)
        return path.read_bytes()
    except FileNotFoundError:
        raise ConfigurationError("there is no such file", where=str(path), remedy=f"`{INIT}` writes one.") from None
    except OSError as error:
        raise ConfigurationError(f"it cannot be read: {error.strerror}", where=str(path)) from error
