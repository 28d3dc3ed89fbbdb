"""What goes into the history. Every function works in the transaction of its caller, who holds the project's lock."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
from sqlalchemy import Column, Connection, Table, and_, bindparam, case, func, insert, literal, select, update

from noxtasks.errors import HistoryError
from noxtasks.history import tables
from noxtasks.history.escape import escape, unescape
from noxtasks.history.model import SessionKind

if TYPE_CHECKING:
    from collections.abc import Iterable

    from noxtasks.history.database import Database
    from noxtasks.history.model import Session
    from noxtasks.suite.model import Failure, Result, Run

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_SESSION_ID = re.compile(r"[0-9A-Za-z_-]+")
CHUNK = 500  # values in one IN (...): databases limit them


class Place(NamedTuple):
    """Where the runs of a session belong."""

    project: str
    project_id: int
    sample_ids: tuple[int, ...]  # in which its outcomes are counted
    session_key: int


class KnownTests:
    """The ids of a project's tests, read once and then only where something new turned up."""

    def __init__(self, project_id: int) -> None:
        self._project_id = project_id
        self._ids: dict[str, int] = {}
        self._last = 0

    def ids(self, connection: Connection, nodeids: Iterable[str]) -> dict[str, int]:
        """Return the id of each test by its node id (and of others too); those never seen before are inserted."""
        wanted = dict.fromkeys(nodeids)
        if any(nodeid not in self._ids for nodeid in wanted):
            self._read_on(connection)
            missing = [nodeid for nodeid in wanted if nodeid not in self._ids]
            if missing:
                connection.execute(insert(tables.test), [self._row(nodeid) for nodeid in missing])
                self._read_on(connection)
        return self._ids

    def _row(self, nodeid: str) -> dict[str, Any]:
        return {"project_id": self._project_id, "digest": digest(nodeid), "nodeid": escape(nodeid)}

    def _read_on(self, connection: Connection) -> None:
        test = tables.test.c
        newer = select(test.id, test.nodeid).where(test.project_id == self._project_id, test.id > self._last)
        for identity, nodeid in connection.execute(newer.order_by(test.id)):
            self._ids[unescape(nodeid)] = self._last = identity


def microseconds(moment: datetime) -> int:
    """Since 1970 in UTC. A moment without a time zone is local time, as it is for Python."""
    return (moment.astimezone(UTC) - _EPOCH) // _MICROSECOND


def moment(microseconds_since_1970: int) -> datetime:
    """Turn them back into a moment, in UTC."""
    return _EPOCH + microseconds_since_1970 * _MICROSECOND


def digest(text: str) -> str:
    """Shorten a text to what makes it unique in an index."""
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def begin(database: Database, connection: Connection, session: Session) -> Place:
    """Insert a session; `HistoryError` when its id is taken or cannot be part of a run's name."""
    if not _SESSION_ID.fullmatch(session.id):
        raise HistoryError(f"{session.id!r} cannot be a session's id: letters, digits, '-' and '_' only")
    if connection.scalar(select(tables.session.c.key).where(tables.session.c.id == session.id)) is not None:
        raise HistoryError(f"session {session.id} has begun already", where=database.where)
    project_id = _numbered(database, connection, tables.project, name=session.project)
    code_id = _numbered(database, connection, tables.code, project_id=project_id, version=session.code_version)
    conditions_id = _numbered(
        database,
        connection,
        tables.conditions,
        environment=json.dumps(msgspec.to_builtins(session.environment), sort_keys=True),
        settings=json.dumps(session.conditions, sort_keys=True),
    )
    samples = _samples(connection, kind=session.kind.value, code_id=code_id, conditions_id=conditions_id)
    row = insert(tables.session).values(
        id=session.id,
        sample_id=samples[-1],
        started_us=microseconds(session.started),
        complete=False,
        revision=escape(session.revision),
        dirty=session.dirty,
        settings=json.dumps(session.settings, sort_keys=True),
        base_seed=str(session.base_seed),
    )
    return Place(session.project, project_id, samples, _key(connection.execute(row)))


def _samples(connection: Connection, **alike: Any) -> tuple[int, ...]:
    """The samples that a session is counted in: the whole of those `alike`, and, but for imports, one of its own."""
    sample = tables.sample
    same = select(sample.c.id).where(sample.c.whole, *(sample.c[name] == value for name, value in alike.items()))
    whole = connection.scalar(same)
    if whole is None:
        whole = _key(connection.execute(insert(sample).values(whole=True, **alike)))
    if alike["kind"] == SessionKind.IMPORT.value:
        return (whole,)
    return whole, _key(connection.execute(insert(sample).values(whole=False, **alike)))


def end(connection: Connection, session_key: int, *, ended: datetime, complete: bool) -> None:
    """Note that a session is over."""
    over = update(tables.session).where(tables.session.c.key == session_key)
    connection.execute(over.values(ended_us=microseconds(ended), complete=complete))


def record(database: Database, connection: Connection, place: Place, known: KnownTests, run: Run) -> bool:
    """Insert a run and add it to the tallies; False when this very run is there already."""
    header = _header(run)
    if _is_recorded(database, connection, place, run.number, header):
        return False
    _check_positions(run)
    inserted = connection.execute(insert(tables.run).values(session_key=place.session_key, number=run.number, **header))
    if run.results:
        run_id = _key(inserted)
        tests = known.ids(connection, (result.nodeid for result in run.results))
        failures = _failures(connection, place.project_id, run.results)
        rows = [_outcome(run_id, result, tests, failures) for result in run.results]
        connection.execute(insert(tables.outcome), rows)
        for sample_id in place.sample_ids:
            _add_to_tally(database, connection, sample_id, run_id, header["started_us"])
    return True


def _header(run: Run) -> dict[str, Any]:
    return {
        "seed": str(run.seed),
        "hash_seed": str(run.hash_seed),
        "order": run.order.value,
        "engine": run.engine.value,
        "started_us": microseconds(run.started),
        "duration_s": float(run.duration_s),
        "results": len(run.results),
        "segments": run.segments,
        "complete": run.complete,
    }


def _is_recorded(database: Database, connection: Connection, place: Place, number: int, header: dict[str, Any]) -> bool:
    columns = [tables.run.c[name] for name in header]
    same = select(*columns).where(tables.run.c.session_key == place.session_key, tables.run.c.number == number)
    there = connection.execute(same).first()
    if there is None:
        return False
    if tuple(there) != tuple(header.values()):
        raise HistoryError(
            f"run {number} of this session is recorded already, and was another one",
            where=database.where,
            remedy="Give every run of a session a number of its own.",
        )
    return True


def _check_positions(run: Run) -> None:
    if len({result.position for result in run.results}) != len(run.results):
        raise HistoryError(f"two results of run {run.number} have the same position")


def _outcome(run_id: int, result: Result, tests: dict[str, int], failures: dict[str, int]) -> dict[str, Any]:
    return {
        "run_id": run_id,
        "position": result.position,
        "test_id": tests[result.nodeid],
        "outcome": tables.OUTCOME_CODES[result.outcome],
        "failure_id": tables.NO_FAILURE if result.failure is None else failures[result.failure.fingerprint],
        "reruns": result.reruns,
        "duration_s": float(result.duration_s),
        "notes": json.dumps(result.notes) if result.notes else None,
    }


def _failures(connection: Connection, project_id: int, results: Iterable[Result]) -> dict[str, int]:
    """Return the id of each failure by fingerprint. The first long text of a fingerprint is kept, whenever it comes."""
    found: dict[str, Failure] = {}
    for failure in (result.failure for result in results if result.failure is not None):
        known = found.get(failure.fingerprint)
        if known is None or (failure.text and not known.text):
            found[failure.fingerprint] = failure
    by_digest = {digest(fingerprint): failure for fingerprint, failure in found.items()}
    stored = _stored_failures(connection, project_id, list(by_digest))
    missing = {key: failure for key, failure in by_digest.items() if key not in stored}
    if missing:
        rows = [_failure_row(project_id, key, failure) for key, failure in missing.items()]
        connection.execute(insert(tables.failure), rows)
        stored |= _stored_failures(connection, project_id, list(missing))
    late = [
        {"this": identity, "late_text": escape(by_digest[key].text)}
        for key, (identity, has_text) in stored.items()
        if by_digest[key].text and not has_text
    ]
    if late:
        one = update(tables.failure).where(tables.failure.c.id == bindparam("this"))
        connection.execute(one.values(text=bindparam("late_text")), late)
    return {by_digest[key].fingerprint: identity for key, (identity, _) in stored.items()}


def _stored_failures(connection: Connection, project_id: int, digests: list[str]) -> dict[str, tuple[int, bool]]:
    failure = tables.failure.c
    stored: dict[str, tuple[int, bool]] = {}
    for start in range(0, len(digests), CHUNK):
        some = and_(failure.project_id == project_id, failure.digest.in_(digests[start : start + CHUNK]))
        query = select(failure.digest, failure.id, failure.text != "").where(some)
        stored |= {key: (identity, bool(has_text)) for key, identity, has_text in connection.execute(query)}
    return stored


def _failure_row(project_id: int, key: str, failure: Failure) -> dict[str, Any]:
    return {
        "project_id": project_id,
        "digest": key,
        "fingerprint": escape(failure.fingerprint),
        "phase": escape(failure.phase),
        "exception": escape(failure.exception),
        "message": escape(failure.message),
        "frames": json.dumps(failure.frames),
        "text": escape(failure.text),
    }


def _add_to_tally(database: Database, connection: Connection, sample_id: int, run_id: int, started_us: int) -> None:
    """Count the run just inserted, inside the database: one statement for any number of results."""
    outcome, tally = tables.outcome.c, tables.tally.c
    group = (outcome.test_id, outcome.outcome, outcome.failure_id)
    counted = (
        select(literal(sample_id), *group, func.count(), literal(run_id), literal(started_us))
        .where(outcome.run_id == run_id)
        .group_by(*group)
    )
    columns = ["sample_id", "test_id", "outcome", "failure_id", "count", "first_run_id", "first_us"]
    added = database.insert(tables.tally).from_select(columns, counted)
    earlier = added.excluded.first_us < tally.first_us

    def first(column: str) -> Any:
        return case((earlier, added.excluded[column]), else_=tally[column])

    connection.execute(
        added.on_conflict_do_update(
            index_elements=[tally.sample_id, tally.test_id, tally.outcome, tally.failure_id],
            set_={
                "count": tally["count"] + added.excluded["count"],
                "first_run_id": first("first_run_id"),
                "first_us": first("first_us"),
            },
        )
    )


def _numbered(database: Database, connection: Connection, table: Table, **values: Any) -> int:
    """Return the id of the row with these values, inserted where it is missing; its text is unique by digest."""
    texts = {name: value for name, value in values.items() if isinstance(value, str)}
    key = digest("".join(texts.values()))
    row = values | {name: escape(value) for name, value in texts.items()} | {"digest": key}
    connection.execute(database.insert(table).values(**row).on_conflict_do_nothing())
    unique: list[Column[Any]] = [table.c.digest] + ([table.c.project_id] if "project_id" in values else [])
    found: int = connection.execute(
        select(table.c.id).where(*(column == row[column.name] for column in unique))
    ).scalar_one()
    return found


def _key(inserted: Any) -> int:
    key: int = inserted.inserted_primary_key[0]
    return key
