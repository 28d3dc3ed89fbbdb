"""Runs that wait to be taken into the history: a file is written at once, and the database library takes 0.2 s to load.

Whoever opens the history next takes them in. A file goes when its runs are in; taken in twice they count once.
"""

from __future__ import annotations

import tempfile
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from noxtasks.errors import HistoryError
from noxtasks.history.model import Origin
from noxtasks.suite.model import Run

if TYPE_CHECKING:
    from noxtasks.history.store import History

_ENDING = ".run.json"


class Waiting(msgspec.Struct, frozen=True, kw_only=True):
    """Runs of one source, and the code that they are about."""

    origin: Origin
    runs: tuple[Run, ...]
    source: str  # a name that no other has
    started: datetime
    ended: datetime


def leave(waiting: Waiting, folder: Path) -> None:
    """Have the runs wait in `folder`. Raises `HistoryError` where they cannot be written."""
    part: Path | None = None
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / ".gitignore").write_text("*\n", "utf-8")  # or git would call the project changed
        with tempfile.NamedTemporaryFile(dir=folder, suffix=".part", delete=False) as file:
            part = Path(file.name)
            file.write(msgspec.json.encode(waiting))
        part.replace(part.with_suffix(_ENDING))
    except OSError as error:
        if part is not None:
            part.unlink(missing_ok=True)
        raise HistoryError(f"cannot be written ({error.strerror})", where=str(folder)) from error


def files(folder: Path) -> tuple[Path, ...]:
    """Those that wait, in a fixed order."""
    return tuple(sorted(folder.glob(f"*{_ENDING}")))


def take_in(history: History, folder: Path) -> None:
    """Record all that waits in `folder`. Raises `HistoryError` for what noxtasks did not leave there."""
    from noxtasks.history import imports  # noqa: PLC0415 - it takes long to load, and mostly nothing waits

    for path in files(folder):
        try:
            found = msgspec.json.decode(path.read_bytes(), type=Waiting)
        except FileNotFoundError:  # another process was faster
            continue
        except (OSError, msgspec.DecodeError) as error:
            raise HistoryError(
                f"runs that wait for the history cannot be read ({error})", where=str(path), remedy="Delete the file."
            ) from error
        imports.import_runs(
            history, found.runs, found.origin, source=found.source, started=found.started, now=found.ended
        )
        path.unlink(missing_ok=True)
