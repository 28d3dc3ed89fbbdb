"""Every test outcome ever recorded, so that rates, first sightings and exact repeats can be answered later.

`open_history` opens the database (SQLite in the project by default, PostgreSQL by URL); the values that go in and come
out stand in `model`; `imports` reads reports that other tools wrote. Importing this package is cheap: the database
library (0.2 s) is loaded when a history is opened, not before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from noxtasks.history.model import (
    Cause,
    Environment,
    FirstSeen,
    Pool,
    Session,
    SessionKind,
    StoredRun,
    StoredSession,
    Tally,
)

if TYPE_CHECKING:
    from noxtasks.history.store import History

__all__ = [
    "DEFAULT_URL",
    "Cause",
    "Environment",
    "FirstSeen",
    "Pool",
    "Session",
    "SessionKind",
    "StoredRun",
    "StoredSession",
    "Tally",
    "open_history",
]

DEFAULT_URL = "sqlite:///.noxtasks/history.db"


def open_history(url: str = DEFAULT_URL) -> History:
    """Open the history at a SQLAlchemy URL (SQLite or PostgreSQL), made there at first use. Close it, or use `with`.

    A relative SQLite path is taken from the present folder, once, now. Raises `HistoryError` when the URL is wrong, or
    the database cannot be reached, is damaged, is not a history, or was written by a newer noxtasks.
    """
    from noxtasks.history.store import History  # noqa: PLC0415 - SQLAlchemy costs 0.2 s; only who opens one pays

    return History(url)
