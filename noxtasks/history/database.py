"""The database under the history: how it is opened, made, locked, and how its errors become ours.

One code path for SQLite and PostgreSQL. What differs is here: the pragmas of SQLite, and the lock that a writer takes.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from contextlib import contextmanager
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    Connection,
    Engine,
    Table,
    create_engine,
    event,
    exc,
    func,
    insert,
    inspect,
    make_url,
    select,
    text,
)
from sqlalchemy.dialects import sqlite

from noxtasks.errors import HistoryError
from noxtasks.history.tables import APPLICATION, SCHEMA_VERSION, metadata, schema_version

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import URL
    from sqlalchemy.dialects import postgresql
    from sqlalchemy.engine.interfaces import DBAPIConnection

BUSY_TIMEOUT_S = 60.0  # how long a writer waits for its turn before that is an error

_ADVISORY = 0x6E6F78  # the first half of the key of our advisory locks in PostgreSQL
_SCHEMA_LOCK = "\x1f schema"
_POSTGRES = ("postgresql", "postgres", "postgresql+psycopg")

_REMEDIES = (
    ("is locked", "Another process holds it. Wait for that one to end, or stop it, and try again."),
    ("not a database", "It is damaged, or is no SQLite file. Move it away: a new history begins at the next use."),
    ("malformed", "It is damaged. Move it away: a new history begins at the next use."),
    ("readonly", "Make the file and its folder writable, or name another history."),
    ("unable to open", "Its folder must exist and be writable, and the path must not be a folder."),
    ("is full", "Free some space and try again."),
    ("password", "Check the user and the password in the URL."),
    ("does not exist", "Create the database (and the user), or correct the URL."),
    ("permission denied", "The user needs the right to create tables there, and to read and write them."),
    ("connect", "Is the server up, and are host and port in the URL right?"),
)


class Database:
    """Connections to one database that holds a history, its schema made at first use. Safe to share among threads."""

    def __init__(self, url: str) -> None:
        parsed = _parsed(url)
        self.where = parsed.render_as_string(hide_password=True)
        self._turn = threading.Lock()  # threads queue fairly here rather than by polling SQLite's lock
        with self._errors():
            if parsed.drivername == "sqlite":
                self._engine = _sqlite_engine(parsed)
                self.where = str(self._engine.url.database)
            else:
                self._engine = create_engine(parsed, pool_size=0, pool_pre_ping=True)
        self._writers = self._engine.execution_options(writes=True)
        try:
            self._make_schema()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Let go of every connection; the database cannot be used afterwards."""
        self._engine.dispose()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Open a transaction that only reads, and sees one state of the database throughout (on SQLite)."""
        with self._errors(), self._engine.begin() as connection:
            yield connection

    @contextmanager
    def writing(self, what: str) -> Iterator[Connection]:
        """Open a transaction that writes, alone: in the whole of SQLite, in PostgreSQL among writers of `what`."""
        with self._errors(), self._turn, self._writers.begin() as connection:
            if connection.dialect.name == "postgresql":
                key = int.from_bytes(sha256(what.encode("utf-8", "surrogatepass")).digest()[:4], signed=True)
                connection.execute(select(func.pg_advisory_xact_lock(_ADVISORY, key)))
            yield connection

    def insert(self, table: Table) -> sqlite.Insert | postgresql.Insert:
        """Return an INSERT that knows ON CONFLICT, in the dialect of the database."""
        if self._engine.dialect.name == "postgresql":
            from sqlalchemy.dialects import postgresql  # noqa: PLC0415 - 70 ms that SQLite need not cost

            return postgresql.insert(table)
        return sqlite.insert(table)

    def _make_schema(self) -> None:
        with self.reading() as connection:
            if self._is_ours(connection):
                return
        if self._engine.dialect.name == "sqlite":
            with self._errors():
                _use_write_ahead_log(self._engine)
        with self.writing(_SCHEMA_LOCK) as connection:
            if not self._is_ours(connection):  # another process may have been quicker
                metadata.create_all(connection, checkfirst=False)
                connection.execute(insert(schema_version).values(application=APPLICATION, version=SCHEMA_VERSION))

    def _is_ours(self, connection: Connection) -> bool:
        """Whether the schema is there; False for an empty database, `HistoryError` for any other."""
        names = set(inspect(connection).get_table_names())
        if not names:
            self._check_encoding(connection)
            return False
        if schema_version.name not in names:
            raise self._foreign()
        try:
            version = connection.scalar(
                select(schema_version.c.version).where(schema_version.c.application == APPLICATION)
            )
        except exc.DBAPIError as error:
            raise self._foreign() from error
        if version is None:
            raise self._foreign()
        if version != SCHEMA_VERSION:
            newer = "Use the noxtasks that wrote it, or a newer one, or name another history."
            older = (
                "Move it away, or name another history: a new one begins at the next use. Nothing was changed in it."
            )
            raise HistoryError(
                f"its schema has version {version}, and this noxtasks knows version {SCHEMA_VERSION}",
                where=self.where,
                remedy=newer if version > SCHEMA_VERSION else older,
            )
        return True

    def _foreign(self) -> HistoryError:
        return HistoryError(
            "this database holds something else than a history",
            where=self.where,
            remedy="Name a file or a database of its own; nothing was changed in this one.",
        )

    def _check_encoding(self, connection: Connection) -> None:
        if connection.dialect.name != "postgresql":
            return
        encoding = connection.scalar(text("SHOW server_encoding"))
        if encoding != "UTF8":
            raise HistoryError(
                f"this database is encoded in {encoding}",
                where=self.where,
                remedy="Create it with ENCODING 'UTF8': names of tests hold any character.",
            )

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except (exc.SQLAlchemyError, sqlite3.Error) as error:
            raise self._translated(error) from error

    def _translated(self, error: Exception) -> HistoryError:
        said = str(getattr(error, "orig", None) or error).strip()
        known = (remedy for sign, remedy in _REMEDIES if sign in said.lower())
        remedy = next(known, "Nothing was recorded by the step that failed.")
        return HistoryError(said, where=self.where, remedy=remedy)


def _parsed(url: str) -> URL:
    try:
        parsed = make_url(url)
    except exc.ArgumentError as error:
        raise HistoryError(
            "the history's URL cannot be read",
            where=repr(url),
            remedy="Write it like sqlite:///.noxtasks/history.db or postgresql://user@host/database.",
        ) from error
    if parsed.drivername in _POSTGRES:
        if find_spec("psycopg") is None:
            raise HistoryError(
                "a history in PostgreSQL needs psycopg",
                where=parsed.render_as_string(hide_password=True),
                remedy="Install it: python -m pip install 'noxtasks[postgres]'",
            )
        return parsed.set(drivername="postgresql+psycopg")
    if parsed.drivername in ("sqlite", "sqlite+pysqlite"):
        return parsed.set(drivername="sqlite")
    raise HistoryError(
        f"a history cannot be kept in {parsed.drivername}",
        where=parsed.render_as_string(hide_password=True),
        remedy="Use a URL of SQLite (sqlite:///path) or of PostgreSQL (postgresql://user@host/database).",
    )


def _sqlite_engine(url: URL) -> Engine:
    """Make an engine whose transactions we begin: Python's driver would begin none before a SELECT or a DDL."""
    if "uri" not in url.query:
        url = url.set(database=str(_made_ready(url)))
    engine = create_engine(url, pool_size=0, connect_args={"timeout": BUSY_TIMEOUT_S})

    @event.listens_for(engine, "connect")
    def _on_connect(connection: DBAPIConnection, _record: object) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute("PRAGMA synchronous = NORMAL")  # safe under WAL: a power cut loses the last commits, no more
        cursor.close()

    @event.listens_for(engine, "begin")
    def _on_begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get("writes")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _made_ready(url: URL) -> Path:
    """Create the folder of the file, and return its absolute path."""
    if not url.database or url.database == ":memory:":
        raise HistoryError(
            "a history in memory would be forgotten at once",
            where=url.render_as_string(),
            remedy="Name a file: sqlite:///.noxtasks/history.db",
        )
    path = Path(url.database).absolute()
    ignoring = path.with_name(".gitignore")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.parent.name == ".noxtasks" and not ignoring.exists():
            # A history seen by git would make the very code version that it records look changed.
            ignoring.write_text("*\n", encoding="utf-8")
    except OSError as error:
        raise HistoryError(
            f"its folder cannot be created: {error.strerror}",
            where=str(path),
            remedy="Make the folder above it writable, or name another history.",
        ) from error
    return path


def _use_write_ahead_log(engine: Engine) -> None:
    """Readers and a writer at once. SQLite does not wait when two processes switch at the same time, so this does."""
    give_up = time.monotonic() + BUSY_TIMEOUT_S
    while True:
        raw: Any = engine.raw_connection()
        try:
            raw.cursor().execute("PRAGMA journal_mode = WAL").close()
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > give_up:
                raise
            time.sleep(0.02)
        else:
            return
        finally:
            raw.close()
