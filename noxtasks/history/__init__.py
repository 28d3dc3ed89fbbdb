"""Every test outcome ever recorded, so that rates, first sightings and exact repeats can be answered later.

`open_history` opens the database (SQLite in the project by default, PostgreSQL by URL); the values that go in and come
out stand in `model`; `imports` reads reports that other tools wrote; `waiting` has runs that are not in it yet.
Importing this package is cheap: the database library (0.2 s) is loaded when a history is opened, not before.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from noxtasks.history.model import (
    Cause,
    Environment,
    FirstSeen,
    Origin,
    Pool,
    Session,
    SessionKind,
    StoredRun,
    StoredSession,
    Tally,
)
from noxtasks.history.waiting import take_in

if TYPE_CHECKING:
    from noxtasks.history.store import History

__all__ = [
    "DEFAULT_URL",
    "Cause",
    "Environment",
    "FirstSeen",
    "Origin",
    "Pool",
    "Session",
    "SessionKind",
    "StoredRun",
    "StoredSession",
    "Tally",
    "is_new",
    "open_history",
]

DEFAULT_URL = "sqlite:///.noxtasks/history.db"


def open_history(url: str = DEFAULT_URL, *, waiting: Path | None = None) -> History:
    """Open the history at a SQLAlchemy URL (SQLite or PostgreSQL), made there at first use. Close it, or use `with`.

    A relative SQLite path is taken from the present folder, once, now. Runs that wait in the folder `waiting` are taken
    in. Raises `HistoryError` when the URL is wrong, or the database cannot be reached, is damaged, is not a history, or
    was written by a newer noxtasks, or when what waits cannot be read.
    """
    from noxtasks.history.store import History  # noqa: PLC0415 - SQLAlchemy costs 0.2 s; only who opens one pays

    history = History(url)
    if waiting is not None:
        try:
            take_in(history, waiting)
        except BaseException:
            history.close()
            raise
    return history


def is_new(url: str) -> bool:
    """Whether the SQLite file at `url` is not there yet, so that the history is sure to hold nothing."""
    scheme, _, path = url.partition(":///")
    return scheme == "sqlite" and not path.startswith((":memory:", "file:")) and not Path(path).exists()
