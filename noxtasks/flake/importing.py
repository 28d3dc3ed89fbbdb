"""The story of `history import`: outcomes of ordinary runs, JUnit XML or the probe's records, into the history."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from noxtasks.config import Settings
from noxtasks.errors import ExitCode, NotMeasuredError, NoxtasksError
from noxtasks.evidence import vcs
from noxtasks.history import Origin, open_history
from noxtasks.suite import git, record

if TYPE_CHECKING:
    from noxtasks.history.store import History


def import_files(root: Path, settings: Settings, paths: Sequence[Path]) -> ExitCode:
    """Take every file into the history of the project in `root`, as outcomes of the code as it is there now.

    A file that cannot be read is told on the error stream and keeps no other out. Raises `HistoryError` when the
    history itself fails.
    """
    from noxtasks.history import imports  # noqa: PLC0415 - junitparser takes long to load; no other command needs it

    code = vcs.code(root, run=git.output_in(root), reports=Path(settings.reports))
    origin = Origin(
        project=settings.project_name(root),
        code_version=code.code_version,
        revision=(code.vcs and code.vcs.revision) or "",
        dirty=code.vcs.dirty if code.vcs else False,
    )
    failed: list[NoxtasksError] = []
    now = datetime.now(UTC)
    with open_history(settings.history_url(root), waiting=settings.waiting(root)) as history:
        reports = []
        for path in paths:
            try:
                if record.is_record(path):
                    _import_record(history, path, origin, now)
                else:
                    reports.append(path)
            except NotMeasuredError as error:
                failed.append(error)
            except OSError:
                reports.append(path)  # whose reader says what is wrong with it
        outcome = imports.import_junit(history, reports, origin, root=root, now=now)
    for one in outcome.imported:
        _say(one.path, one.results, is_new=one.is_new)
        for module in one.not_collected:
            print(f"{one.path}: no outcome of {module}")
    failed += outcome.failed
    for problem in failed:
        print(problem, file=sys.stderr)
    return ExitCode.NOT_MEASURED if failed else ExitCode.NOTHING_FOUND


def _import_record(history: History, path: Path, origin: Origin, now: datetime) -> None:
    from noxtasks.history import imports  # noqa: PLC0415

    runs = record.read(path)
    source = hashlib.sha256(path.read_bytes()).hexdigest()
    _, is_new = imports.import_runs(history, runs, origin, source=source, started=runs[0].started, now=now)
    _say(path, sum(len(run.results) for run in runs), is_new=is_new)


def _say(path: Path | str, results: int, *, is_new: bool) -> None:
    print(f"{path}: {results} results" + ("" if is_new else ", which the history had already"))
