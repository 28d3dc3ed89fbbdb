"""Reports that other tools wrote, into the history: what `noxtasks history import FILE…` does.

A file is one session of kind `import`. Its id is made of what it holds, so the same report given twice, under any name,
counts once.
"""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from noxtasks.errors import HistoryError
from noxtasks.history.junit import read_junit
from noxtasks.history.model import Environment, Origin, Session, SessionKind
from noxtasks.history.nodeids import NodeIds

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from noxtasks.history.store import History
    from noxtasks.suite.model import Run


class Imported(msgspec.Struct, frozen=True, kw_only=True):
    """A file that the history holds now."""

    path: str
    session_id: str
    is_new: bool  # False: it was there before
    results: int
    not_collected: tuple[str, ...] = ()  # modules without any outcome: they could not be imported, or were skipped


class Imports(msgspec.Struct, frozen=True, kw_only=True):
    """What became of the files: a bad one keeps no good one out."""

    imported: tuple[Imported, ...]
    failed: tuple[HistoryError, ...]


def import_junit(history: History, paths: Iterable[Path], origin: Origin, *, root: Path, now: datetime) -> Imports:
    """Import JUnit XML files; `root` is the folder of the project, where the files of its tests are."""
    imported: list[Imported] = []
    failed: list[HistoryError] = []
    nodeids = NodeIds(history.nodeids(origin.project), is_file=lambda path: (root / path).is_file())
    for path in paths:
        try:
            report = read_junit(path, nodeids)
        except HistoryError as error:
            failed.append(error)
            continue
        started = report.run.started
        session_id, is_new = import_runs(history, [report.run], origin, source=report.digest, started=started, now=now)
        imported.append(
            Imported(
                path=str(path),
                session_id=session_id,
                is_new=is_new,
                results=len(report.run.results),
                not_collected=report.not_collected,
            )
        )
    return Imports(imported=tuple(imported), failed=tuple(failed))


def import_runs(
    history: History,
    runs: Iterable[Run],
    origin: Origin,
    *,
    source: str,
    started: datetime,
    now: datetime,
    environment: Environment | None = None,
    settings: dict[str, Any] | None = None,
    base_seed: int = 0,
) -> tuple[str, bool]:
    """Import runs that came from one source, all or none; return the session's id, and whether it is new.

    `source` is a digest of what was read: a project takes each source once. `runs` may be lazy; when it raises, nothing
    has been imported.
    """
    session = Session(
        id=sha256(f"{origin.project}\0{source}".encode("utf-8", "surrogatepass")).hexdigest()[:32],
        project=origin.project,
        kind=SessionKind.IMPORT,
        started=started,
        code_version=origin.code_version,
        revision=origin.revision,
        dirty=origin.dirty,
        environment=environment,
        settings=settings or {},
        base_seed=base_seed,
    )
    return session.id, history.add(session, runs, ended=now)
