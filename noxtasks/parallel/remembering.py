"""What `noxtasks run` does besides pytest: it knows what tests took, sees which code is there, keeps the outcomes.

It is loaded while pytest runs. The database library takes longer to load than many a suite to run, so that the outcomes
wait in a file until something opens the history; here it is opened only for what pytest lacks, when much waits, or when
it is elsewhere: others read it there, and the project's folder may be gone by then, as in CI.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import msgspec

from noxtasks.config import Settings
from noxtasks.errors import HistoryError
from noxtasks.evidence import vcs
from noxtasks.history import Origin, is_new, open_history, waiting
from noxtasks.suite import git, record

_MANY = 50  # runs that wait for the history


def give_durations(root: Path, settings: Settings, *, kept: Path, durations: Path) -> tuple[str, ...]:
    """Write what the history knows of the tests to `durations`, where `kept` is not there; notes of what went wrong."""
    url, folder = settings.history_url(root), settings.waiting(root)
    found: dict[str, float] = {}
    notes: list[str] = []
    left = waiting.files(folder)
    if (not kept.exists() and (left or not is_new(url))) or len(left) >= _MANY:
        try:
            with open_history(url, waiting=folder) as history:
                found = history.durations_s(settings.project_name(root))
        except HistoryError as error:
            notes.append(f"the history could not be read: {error}")
    whole = durations.with_suffix(".part")
    whole.write_bytes(msgspec.json.encode(found))
    whole.rename(durations)
    return tuple(notes)


def origin(root: Path, settings: Settings) -> Origin:
    """The code that is there now."""
    code = vcs.code(root, run=git.output_in(root), reports=Path(settings.reports))
    return Origin(
        project=settings.project_name(root),
        code_version=code.code_version,
        revision=(code.vcs and code.vcs.revision) or "",
        dirty=code.vcs.dirty if code.vcs else False,
    )


def remember(wire: Path, of: Origin, root: Path, settings: Settings) -> tuple[str, ...]:
    """Have what the probe wrote to `wire` wait for the history, or take it in; notes of what went wrong."""
    url, folder = settings.history_url(root), settings.waiting(root)
    runs = tuple(record.read(wire))
    if not any(run.results for run in runs):
        return ()
    now = datetime.now(UTC)
    try:
        waiting.leave(
            waiting.Waiting(origin=of, runs=runs, source=str(now), started=runs[0].started, ended=now), folder
        )
        if not _is_beside(url, folder):
            open_history(url, waiting=folder).close()
    except HistoryError as error:
        return (f"the outcomes are not in the history: {error}",)
    return ()


def _is_beside(url: str, folder: Path) -> bool:
    """Whether the history is kept where its runs wait."""
    scheme, _, path = url.partition(":///")
    return scheme.startswith("sqlite") and Path(path).is_relative_to(folder.parent)
