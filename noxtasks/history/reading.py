"""What the history answers. Every function works in the transaction of its caller."""

from __future__ import annotations

import json
from statistics import median
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, and_, select

from noxtasks.history import tables
from noxtasks.history.escape import escape, unescape
from noxtasks.history.model import (
    Environment,
    Session,
    SessionKind,
    StoredSession,
)
from noxtasks.history.writing import Place, digest, moment
from noxtasks.suite.model import EngineKind, Failure, Order, Result, Run

_run, _session, _sample, _test, _failure, _code, _project = (
    tables.run,
    tables.session,
    tables.sample,
    tables.test,
    tables.failure,
    tables.code,
    tables.project,
)


_whole = _sample.alias("whole_sample")


def place(connection: Connection, session_id: str) -> Place | None:
    """Where the runs of a session belong; None for an unknown one."""
    query = (
        select(_project.c.name, _project.c.id, _whole.c.id, _sample.c.id, _session.c.key)
        .select_from(_session)
        .join(_sample, _sample.c.id == _session.c.sample_id)
        .join(
            _whole,
            and_(
                _whole.c.code_id == _sample.c.code_id,
                _whole.c.conditions_id == _sample.c.conditions_id,
                _whole.c.kind == _sample.c.kind,
                _whole.c.whole,
            ),
        )
        .join(_code, _code.c.id == _sample.c.code_id)
        .join(_project, _project.c.id == _code.c.project_id)
        .where(_session.c.id == escape(session_id))
    )
    row = connection.execute(query).first()
    return None if row is None else Place(unescape(row[0]), row[1], tuple(dict.fromkeys(row[2:4])), row[4])


def nodeids(connection: Connection, project: str) -> list[str]:
    """Every test of the project ever seen, sorted."""
    query = select(_test.c.nodeid).join(_project, _project.c.id == _test.c.project_id)
    return sorted(map(unescape, connection.scalars(query.where(_project.c.digest == digest(project)))))


def durations_s(connection: Connection, project: str, runs: int) -> dict[str, float]:
    """By test, the median of what it took in the project's newest `runs` runs."""
    newest = (
        select(_run.c.id)
        .join(_session, _session.c.key == _run.c.session_key)
        .join(_sample, _sample.c.id == _session.c.sample_id)
        .join(_code, _code.c.id == _sample.c.code_id)
        .join(_project, _project.c.id == _code.c.project_id)
        .where(_project.c.digest == digest(project))
        .order_by(_run.c.started_us.desc(), _run.c.id.desc())
        .limit(runs)
    )
    row = tables.outcome.c
    query = select(_test.c.nodeid, row.duration_s).join(_test, _test.c.id == row.test_id)
    found: dict[str, list[float]] = {}
    for nodeid, duration_s in connection.execute(query.where(row.run_id.in_(connection.scalars(newest).all()))):
        found.setdefault(unescape(nodeid), []).append(duration_s)
    return {test: median(durations) for test, durations in found.items()}


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
        select(
            _session,
            _sample.c.kind,
            _code.c.version,
            _project.c.name,
            tables.conditions.c.environment,
            tables.conditions.c.settings.label("conditions"),
        )
        .join(_sample, _sample.c.id == _session.c.sample_id)
        .join(_code, _code.c.id == _sample.c.code_id)
        .join(_project, _project.c.id == _code.c.project_id)
        .join(tables.conditions, tables.conditions.c.id == _sample.c.conditions_id)
        .order_by(_session.c.started_us.desc(), _session.c.key.desc())
        .limit(limit)
    )
    if project is not None:
        query = query.where(_project.c.digest == digest(project))
    if kind is not None:
        query = query.where(_sample.c.kind == kind.value)
    if code_version is not None:
        query = query.where(_code.c.digest == digest(code_version))
    if session_id is not None:
        query = query.where(_session.c.id == escape(session_id))
    if complete is not None:
        query = query.where(_session.c.complete == complete)
    return [_stored_session(connection, row) for row in connection.execute(query).all()]


def _stored_session(connection: Connection, row: Row[Any]) -> StoredSession:
    numbers = select(_run.c.number).where(_run.c.session_key == row.key).order_by(_run.c.number)
    session = Session(
        id=row.id,
        project=unescape(row.name),
        kind=SessionKind(row.kind),
        started=moment(row.started_us),
        code_version=unescape(row.version),
        revision=unescape(row.revision),
        dirty=row.dirty,
        environment=msgspec.convert(json.loads(unescape(row.environment)), Environment | None),
        conditions=json.loads(unescape(row.conditions)),
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
