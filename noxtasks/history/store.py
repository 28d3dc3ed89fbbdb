"""The history itself: a database of sessions, runs and outcomes for any number of writers at once."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Self

from noxtasks.errors import HistoryError
from noxtasks.history import comparing, names, reading, tallies, timelines, writing
from noxtasks.history.database import Database
from noxtasks.history.model import FirstSeen, Pool, Session, SessionKind, StoredRun, StoredSession, Tally, Timeline

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime
    from types import TracebackType

    from sqlalchemy import Connection

    from noxtasks.suite.model import Failure, Run


class History:
    """Every outcome ever recorded in one database; `noxtasks.history.open_history` opens it.

    Every method that writes is one transaction: it happens whole or not at all, whatever else goes on. All methods
    raise `HistoryError` when the database fails.
    """

    def __init__(self, url: str) -> None:
        self._database = Database(url)
        self._places: dict[str, writing.Place] = {}
        self._known: dict[int, writing.KnownTests] = {}

    @property
    def where(self) -> str:
        """The file, or the URL without its password: for messages."""
        return self._database.where

    def close(self) -> None:
        """Let go of the database."""
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def begin(self, session: Session) -> None:
        """Note that a session goes on. It counts as unfinished until `end` says that it is complete."""
        with self._database.writing(session.project) as connection:
            place = writing.begin(self._database, connection, session)
        self._places[session.id] = place

    def record(self, session_id: str, run: Run) -> bool:
        """Add a run to a session that has begun.

        The very same run a second time changes nothing and gives False; another run under a number that is taken raises
        `HistoryError`. Of failures with one fingerprint the first is kept.
        """
        place = self._place(session_id)
        with self._recording(place) as (connection, known):
            return writing.record(self._database, connection, place, known, run)

    def end(self, session_id: str, *, ended: datetime, complete: bool) -> None:
        """Note that a session is over, and whether it did all that it was meant to do. A resumed one ends again."""
        place = self._place(session_id)
        with self._database.writing(place.project) as connection:
            writing.end(connection, place.session_key, ended=ended, complete=complete)

    def add(self, session: Session, runs: Iterable[Run], *, ended: datetime) -> bool:
        """Record a complete session with all its runs, whole or not at all; False when its id is there already.

        `runs` is consumed inside the transaction: an error that it raises leaves nothing behind.
        """
        with self._database.writing(session.project) as connection:
            if reading.place(connection, session.id) is not None:
                return False
            place = writing.begin(self._database, connection, session)
            known = writing.KnownTests(place.project_id)
            for run in runs:
                writing.record(self._database, connection, place, known, run)
            writing.end(connection, place.session_key, ended=ended, complete=True)
        return True

    def rates(self, project: str, code_version: str, *, kind: SessionKind | None = None) -> list[Tally]:
        """How each test ended at one code version, over all sessions (of that kind) whatever ran them, by node id."""
        with self._database.reading() as connection:
            return tallies.rates(connection, project, code_version, kind)

    def pool(self, session_id: str) -> Pool:
        """How each test ended in a session (not an import) and in those comparable with it at its code version."""
        self._place(session_id)
        with self._database.reading() as connection:
            return comparing.pool(connection, session_id)

    def session_rates(self, session_id: str) -> list[Tally]:
        """How each test ended in one session, by node id."""
        with self._database.reading() as connection:
            return tallies.session_rates(connection, session_id)

    def failed_by_run(self, session_id: str) -> dict[int, frozenset[str]]:
        """Which tests failed in each run of a session, by its number."""
        with self._database.reading() as connection:
            return tallies.failed_by_run(connection, session_id)

    def previous(self, session_id: str) -> str | None:
        """Return the id of the newest session before this one that is comparable and has runs, whatever its code."""
        self._place(session_id)
        with self._database.reading() as connection:
            return comparing.previous(connection, session_id)

    def sessions(
        self, project: str, *, kind: SessionKind | None = None, limit: int | None = None
    ) -> list[StoredSession]:
        """Return the project's sessions, newest first."""
        with self._database.reading() as connection:
            return reading.sessions(connection, project=project, kind=kind, limit=limit)

    def session(self, session_id: str) -> StoredSession:
        """One session by its whole id."""
        with self._database.reading() as connection:
            found = reading.sessions(connection, session_id=session_id)
        if not found:
            raise self._unknown(session_id)
        return found[0]

    def unfinished(self, project: str, kind: SessionKind, code_version: str) -> StoredSession | None:
        """Return the newest incomplete session of that kind and code version: what `--resume` goes on with."""
        with self._database.reading() as connection:
            found = reading.sessions(
                connection, project=project, kind=kind, code_version=code_version, complete=False, limit=1
            )
        return found[0] if found else None

    def first_seen(self, session_id: str, nodeids: Iterable[str] | None = None) -> list[FirstSeen]:
        """When each test (of those named) first failed in a session or one comparable, at any code; by node id."""
        self._place(session_id)
        with self._database.reading() as connection:
            return comparing.first_seen(connection, session_id, nodeids)

    def nodeids(self, project: str) -> list[str]:
        """Every test of the project that ever had an outcome, sorted."""
        with self._database.reading() as connection:
            return reading.nodeids(connection, project)

    def durations_s(self, project: str, *, runs: int = 5) -> dict[str, float]:
        """What each test of the project's newest `runs` runs took: the median of those that it is in."""
        with self._database.reading() as connection:
            return reading.durations_s(connection, project, runs)

    def timeline(self, project: str, *, sessions: int, timed: int = 1) -> Timeline:
        """How each test ended in the project's newest `sessions`, and what it took in the last `timed` runs of each."""
        with self._database.reading() as connection:
            return timelines.timeline(connection, project, sessions=sessions, timed=timed)

    def failure(self, project: str, fingerprint: str) -> Failure | None:
        """Return a failure with its long text; None for an unknown fingerprint."""
        with self._database.reading() as connection:
            return reading.failure(connection, project, fingerprint)

    def run_name(self, session_id: str, number: int) -> str:
        """Return the public name of a run, such as 8f3a1c-17: no longer than it takes to be unambiguous."""
        with self._database.reading() as connection:
            return names.run_name(connection, session_id, number)

    def find_run(self, name: str) -> StoredRun:
        """Return the run that a public name stands for, with all that repeats it; an error tells near names."""
        with self._database.reading() as connection:
            session_id, number = names.resolve(connection, name, where=self.where)
        return self.run(session_id, number)

    def run(self, session_id: str, number: int) -> StoredRun:
        """One run by its session's whole id and its number."""
        session = self.session(session_id).session
        with self._database.reading() as connection:
            run = reading.run(connection, session_id, number)
            if run is None:
                raise HistoryError(f"session {session_id} has no run {number}", where=self.where)
            return StoredRun(name=names.run_name(connection, session_id, number), session=session, run=run)

    @contextmanager
    def _recording(self, place: writing.Place) -> Iterator[tuple[Connection, writing.KnownTests]]:
        """Open a writing transaction with the ids of the project's tests, forgotten when it is rolled back."""
        try:
            with self._database.writing(place.project) as connection:
                yield connection, self._known.setdefault(place.project_id, writing.KnownTests(place.project_id))
        except BaseException:
            self._known.pop(place.project_id, None)
            raise

    def _place(self, session_id: str) -> writing.Place:
        if session_id not in self._places:
            with self._database.reading() as connection:
                place = reading.place(connection, session_id)
            if place is None:
                raise self._unknown(session_id)
            self._places[session_id] = place
        return self._places[session_id]

    def _unknown(self, session_id: str) -> HistoryError:
        return HistoryError(f"there is no session {session_id!r}", where=self.where)
