"""The page kept up to date: written anew after each command that has written an artifact or an event.

The page is made of artifacts and is none: `SHA256SUMS` does not list it, so that making it changes no evidence.
Importing this is cheap; what makes a page is loaded when there is one to make.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from noxtasks.config import Settings

PAGE = "index.html"

WRITTEN = ("SHA256SUMS", "events.jsonl")  # by whatever writes an artifact or an event
_TRIES = 3

State = tuple[tuple[int, int, int] | None, ...]
"""What tells whether anything was written: of each file when, how large it is, and which file of that name."""


def state(reports: Path, interpreters: Sequence[str] = (), *, names: Iterable[str] = WRITTEN) -> State:
    """The state of the files of these names in the folder, and in those of the interpreters below it."""
    folders = (reports, *(reports / name for name in interpreters))
    return tuple(_state(folder / name) for name in names for folder in folders)


def _state(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def refresh(root: Path, settings: Settings) -> None:
    """Write the page of the project's reports, and of the folder above where these are of one interpreter."""
    reports = root / settings.reports
    project = settings.project_name(root)
    interpreters = settings.python if len(settings.python) > 1 else ()
    if reports.name in interpreters:
        write(reports, project=project)
        write(reports.parent, project=project, interpreters=interpreters)
    else:
        write(reports, project=project, interpreters=interpreters)


def write(reports: Path, *, project: str, interpreters: Sequence[str] = ()) -> None:
    """Write the page of the folder. Raises `EvidenceError` where it cannot be written.

    Who writes meanwhile makes a page, too. Of two, the one with all that was written is to stay.
    """
    from noxtasks.evidence import files  # noqa: PLC0415

    for _ in range(_TRIES):
        before = state(reports, interpreters)
        data = rendered(reports, project=project, interpreters=interpreters)
        with files.writing(reports), files.staged((reports / PAGE, data)) as (staged,):
            files.put(staged, reports / PAGE)
        if state(reports, interpreters) == before:
            return


def rendered(reports: Path, *, project: str, interpreters: Sequence[str] = ()) -> bytes:
    """The page of the folder."""
    from noxtasks.dashboard import gathering, page  # noqa: PLC0415 - 0.2 s that only a page should cost

    return page.render(gathering.gather(reports, project=project, interpreters=interpreters))
