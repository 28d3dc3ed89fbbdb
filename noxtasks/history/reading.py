"""What the history answers. Every function works in the transaction of its caller."""

from __future__ import annotations

import json
from collections import defaultdict
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
from sqlalchemy import Connection, Row, Select, func, select

from noxtasks.history import tables
from noxtasks.history.escape import escape, unescape
from noxtasks.history.model import (
    Cause,
    Environment,
    FirstSeen,
    Session,
    SessionKind,
    StoredSession,
    Tally,
)
from noxtasks.history.writing import Place, digest, moment
from noxtasks.suite.model import EngineKind, Failure, Order, Outcome, Result, Run

if TYPE_CHECKING:
    from collections.abc import Iterable

_run, _session, _test, _failure, _tally, _code, _project = (
    tables.run,
    tables.session,
    tables.test,
    tables.failure,
    tables.tally,
    tables.code,
    tables.project,
)


def place(connection: Connection, session_id: str) -> Place | None:
    """Where the runs of a session belong; None for an unknown one."""
    query = (
        select(_project.c.name, _project.c.id, _code.c.id, _session.c.key)
        .select_from(_session)
        .join(_code, _code.c.id == _session.c.code_id)
        .join(_project, _project.c.id == _code.c.project_id)
        .where(_session.c.id == escape(session_id))
    )
    row = connection.execute(query).first()
    return None if row is None else Place(unescape(row[0]), row[1], row[2], row[3])


def rates(connection: Connection, project: str, code_version: str) -> list[Tally]:
    """Return the tally of each test at one code version, by node id."""
    counted = (
        select(_tally.c.test_id, _tally.c.outcome, _tally.c.failure_id, _tally.c.count, _tally.c.first_run_id)
        .join(_code, _code.c.id == _tally.c.code_id)
        .join(_project, _project.c.id == _code.c.project_id)
        .where(_project.c.digest == digest(project), _code.c.digest == digest(code_version))
    )
    return _tallies(connection, counted)


def session_rates(connection: Connection, session_ids: Iterable[str]) -> list[Tally]:
    """Return the tally of each test over the runs of these sessions, counted from the outcomes themselves."""
    outcome = tables.outcome.c
    group = (outcome.test_id, outcome.outcome, outcome.failure_id)
    counted = (
        select(*group, func.count().label("count"), func.min(outcome.run_id).label("first_run_id"))
        .join(_run, _run.c.id == outcome.run_id)
        .join(_session, _session.c.key == _run.c.session_key)
        .where(_session.c.id.in_([escape(session_id) for session_id in session_ids]))
        .group_by(*group)
    )
    return _tallies(connection, counted)


def _tallies(connection: Connection, counted: Select[Any]) -> list[Tally]:
    source = counted.subquery("counted")
    query = (
        select(
            _test.c.nodeid,
            source.c.outcome,
            source.c.count,
            _failure.c.fingerprint,
            _failure.c.exception,
            _failure.c.message,
            _run.c.started_us,
            _session.c.id,
            _run.c.number,
        )
        .select_from(source)
        .join(_test, _test.c.id == source.c.test_id)
        .join(_run, _run.c.id == source.c.first_run_id)
        .join(_session, _session.c.key == _run.c.session_key)
        .outerjoin(_failure, _failure.c.id == source.c.failure_id)
    )
    by_test: dict[str, list[_Count]] = defaultdict(list)
    for row in connection.execute(query):
        count = _Count(*row)
        by_test[unescape(count.nodeid)].append(count)
    return [_one_tally(nodeid, by_test[nodeid]) for nodeid in sorted(by_test)]


class _Count(NamedTuple):
    """One row of a tally, as stored."""

    nodeid: str
    outcome: int
    times: int
    fingerprint: str | None
    exception: str | None
    message: str | None
    first_us: int
    session_id: str
    run_number: int


def _one_tally(nodeid: str, counts: list[_Count]) -> Tally:
    outcomes: dict[Outcome, int] = defaultdict(int)
    causes: dict[str, list[_Count]] = defaultdict(list)
    for count in counts:
        outcome = tables.OUTCOMES[count.outcome]
        outcomes[outcome] += count.times
        if outcome.is_failure:
            causes[count.fingerprint or ""].append(count)
    folded = sorted(map(_cause, causes.values()), key=lambda cause: (-cause.count, cause.first, cause.fingerprint))
    return Tally(nodeid=nodeid, outcomes=dict(outcomes), causes=tuple(folded))


def _cause(counts: list[_Count]) -> Cause:
    """Fold the counts of one test and one fingerprint, which may differ in the outcome (failed, rerun)."""
    first = min(counts, key=lambda count: (count.first_us, count.run_number))
    return Cause(
        fingerprint=unescape(first.fingerprint or ""),
        exception=unescape(first.exception or ""),
        message=unescape(first.message or ""),
        count=sum(count.times for count in counts),
        first=moment(first.first_us),
        session_id=first.session_id,
        run_number=first.run_number,
    )


def first_seen(connection: Connection, project: str, nodeids: Iterable[str] | None) -> list[FirstSeen]:
    """Return the first failing run of each test of the project (or of those named) that ever failed, by node id."""
    query = (
        select(_test.c.nodeid, _tally.c.first_us, _code.c.version, _session.c.id, _run.c.number)
        .select_from(_project)
        .join(_test, _test.c.project_id == _project.c.id)
        .join(_tally, _tally.c.test_id == _test.c.id)
        .join(_code, _code.c.id == _tally.c.code_id)
        .join(_run, _run.c.id == _tally.c.first_run_id)
        .join(_session, _session.c.key == _run.c.session_key)
        .where(_project.c.digest == digest(project), _tally.c.outcome.in_(tables.FAILURE_CODES))
        .order_by(_tally.c.first_us, _tally.c.first_run_id)
    )
    wanted = None if nodeids is None else set(nodeids)
    seen: dict[str, FirstSeen] = {}
    for nodeid, first_us, version, session_id, number in connection.execute(query):
        name = unescape(nodeid)
        if name not in seen and (wanted is None or name in wanted):
            seen[name] = FirstSeen(
                nodeid=name,
                started=moment(first_us),
                code_version=unescape(version),
                session_id=session_id,
                run_number=number,
            )
    return [seen[name] for name in sorted(seen)]


def nodeids(connection: Connection, project: str) -> list[str]:
    """Every test of the project ever seen, sorted."""
    query = select(_test.c.nodeid).join(_project, _project.c.id == _test.c.project_id)
    return sorted(map(unescape, connection.scalars(query.where(_project.c.digest == digest(project)))))


def failure(connection: Connection, project: str, fingerprint: str) -> Failure | None:
    """Return a failure with its long text."""
    query = (
        select(_failure)
        .join(_project, _project.c.id == _failure.c.project_id)
        .where(_project.c.digest == digest(project), _failure.c.digest == digest(fingerprint))
    )
    row = connection.execute(query).first()
    return None if row is None else _as_failure(row)


def sessions(
    connection: Connection,
    *,
    project: str | None = None,
    kind: SessionKind | None = None,
    code_version: str | None = None,
    session_id: str | None = None,
    complete: bool | None = None,
    limit: int | None = None,
) -> list[StoredSession]:
    """Return the sessions that match, newest first."""
    query = (
        select(_session, _code.c.version, _project.c.name, tables.environment.c.facts)
        .join(_code, _code.c.id == _session.c.code_id)
        .join(_project, _project.c.id == _code.c.project_id)
        .outerjoin(tables.environment, tables.environment.c.id == _session.c.environment_id)
        .order_by(_session.c.started_us.desc(), _session.c.key.desc())
        .limit(limit)
    )
    if project is not None:
        query = query.where(_project.c.digest == digest(project))
    if kind is not None:
        query = query.where(_session.c.kind == kind.value)
    if code_version is not None:
        query = query.where(_code.c.digest == digest(code_version))
    if session_id is not None:
        query = query.where(_session.c.id == escape(session_id))
    if complete is not None:
        query = query.where(_session.c.complete == complete)
    return [_stored_session(connection, row) for row in connection.execute(query).all()]


def _stored_session(connection: Connection, row: Row[Any]) -> StoredSession:
    numbers = select(_run.c.number).where(_run.c.session_key == row.key).order_by(_run.c.number)
    facts = row.facts and msgspec.convert(json.loads(row.facts), Environment)
    session = Session(
        id=row.id,
        project=unescape(row.name),
        kind=SessionKind(row.kind),
        started=moment(row.started_us),
        code_version=unescape(row.version),
        revision=unescape(row.revision),
        dirty=row.dirty,
        environment=facts,
        settings=json.loads(row.settings),
        base_seed=int(row.base_seed),
    )
    ended = None if row.ended_us is None else moment(row.ended_us)
    return StoredSession(
        session=session, complete=row.complete, ended=ended, run_numbers=tuple(connection.scalars(numbers))
    )


def run(connection: Connection, session_id: str, number: int) -> Run | None:
    """One run with its results in order; None for an unknown one."""
    query = select(_run).join(_session, _session.c.key == _run.c.session_key)
    row = connection.execute(query.where(_session.c.id == escape(session_id), _run.c.number == number)).first()
    if row is None:
        return None
    return Run(
        number=number,
        seed=int(row.seed),
        hash_seed=int(row.hash_seed),
        order=Order(row.order),
        engine=EngineKind(row.engine),
        started=moment(row.started_us),
        duration_s=row.duration_s,
        results=_results(connection, row.id),
        segments=row.segments,
        complete=row.complete,
    )


def _results(connection: Connection, run_id: int) -> tuple[Result, ...]:
    outcome = tables.outcome
    failed = (
        select(_failure)
        .distinct()
        .join(outcome, outcome.c.failure_id == _failure.c.id)
        .where(outcome.c.run_id == run_id)
    )
    failures = {row.id: _as_failure(row) for row in connection.execute(failed)}
    query = (
        select(outcome, _test.c.nodeid)
        .join(_test, _test.c.id == outcome.c.test_id)
        .where(outcome.c.run_id == run_id)
        .order_by(outcome.c.position)
    )
    return tuple(
        Result(
            nodeid=unescape(row.nodeid),
            position=row.position,
            outcome=tables.OUTCOMES[row.outcome],
            duration_s=row.duration_s,
            failure=failures.get(row.failure_id),
            reruns=row.reruns,
            notes=tuple(json.loads(row.notes)) if row.notes else (),
        )
        for row in connection.execute(query)
    )


def _as_failure(row: Row[Any]) -> Failure:
    return Failure(
        fingerprint=unescape(row.fingerprint),
        phase=unescape(row.phase),
        exception=unescape(row.exception),
        message=unescape(row.message),
        frames=tuple(json.loads(row.frames)),
        text=unescape(row.text),
    )
