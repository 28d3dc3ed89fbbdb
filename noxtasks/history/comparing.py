"""Which sessions are comparable with one, and what they say together. Works in the transaction of its caller."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Row, select

from noxtasks.history import tables
from noxtasks.history.escape import escape, unescape
from noxtasks.history.model import FirstSeen, Pool, Tally
from noxtasks.history.tallies import Count, counts, one_tally, stored, summed
from noxtasks.history.writing import CHUNK, moment

if TYPE_CHECKING:
    from collections.abc import Iterable

_run, _session, _sample, _test, _tally, _code = (
    tables.run,
    tables.session,
    tables.sample,
    tables.test,
    tables.tally,
    tables.code,
)


def pool(connection: Connection, session_id: str) -> Pool:
    """Return the outcomes of a session and of those comparable with it at its code version."""
    own = _own(connection, session_id)
    comparable = select(_sample.c.id).where(
        _sample.c.code_id == own.code_id,
        _sample.c.conditions_id == own.conditions_id,
        _sample.c.kind == own.kind,
    )
    # Asked for first, as numbers: planners that are given these as subqueries read the whole table.
    whole = _tally.c.sample_id == connection.scalar(comparable.where(_sample.c.whole))
    failed = select(_tally.c.test_id).where(whole, _tally.c.outcome.in_(tables.FAILURE_CODES))
    steady = summed(connection, whole, _tally.c.test_id.not_in(failed))
    singles = connection.scalars(comparable.where(~_sample.c.whole)).all()
    by_session: dict[str, dict[str, list[Count]]] = defaultdict(lambda: defaultdict(list))
    for start in range(0, len(singles), CHUNK):
        single = _tally.c.sample_id.in_(singles[start : start + CHUNK])
        for count in counts(connection, stored(single, _tally.c.test_id.in_(failed))):
            by_session[unescape(count.nodeid)][count.session_id].append(count)
    return Pool(
        steady={nodeid: Tally(nodeid=nodeid, outcomes=outcomes) for nodeid, outcomes in steady.items()},
        unsteady={
            nodeid: {session: one_tally(nodeid, found) for session, found in sessions.items()}
            for nodeid, sessions in by_session.items()
        },
    )


def previous(connection: Connection, session_id: str) -> str | None:
    """Return the id of the newest comparable session before this one that has runs, at any code version."""
    own = _own(connection, session_id)
    query = (
        select(_session.c.id)
        .join(_sample, _sample.c.id == _session.c.sample_id)
        .join(_code, _code.c.id == _sample.c.code_id)
        .where(
            _sample.c.conditions_id == own.conditions_id,
            _sample.c.kind == own.kind,
            _code.c.project_id == own.project_id,
            _session.c.key < own.key,
            select(_run.c.id).where(_run.c.session_key == _session.c.key).exists(),
        )
        .order_by(_session.c.key.desc())
        .limit(1)
    )
    found: str | None = connection.scalar(query)
    return found


def first_seen(connection: Connection, session_id: str, nodeids: Iterable[str] | None) -> list[FirstSeen]:
    """Return the first failing run, in a session or one comparable, of each test (of those named), by node id."""
    own = _own(connection, session_id)
    query = (
        select(_test.c.nodeid, _tally.c.first_us, _code.c.version, _session.c.id, _run.c.number)
        .select_from(_sample)
        .join(_code, _code.c.id == _sample.c.code_id)
        .join(_tally, _tally.c.sample_id == _sample.c.id)
        .join(_test, _test.c.id == _tally.c.test_id)
        .join(_run, _run.c.id == _tally.c.first_run_id)
        .join(_session, _session.c.key == _run.c.session_key)
        .where(
            _sample.c.conditions_id == own.conditions_id,
            _sample.c.kind == own.kind,
            _sample.c.whole,
            _code.c.project_id == own.project_id,
            _tally.c.outcome.in_(tables.FAILURE_CODES),
        )
        .order_by(_tally.c.first_us, _tally.c.first_run_id)
    )
    wanted = None if nodeids is None else set(nodeids)
    seen: dict[str, FirstSeen] = {}
    for nodeid, first_us, version, failed_in, number in connection.execute(query):
        name = unescape(nodeid)
        if name not in seen and (wanted is None or name in wanted):
            seen[name] = FirstSeen(
                nodeid=name,
                started=moment(first_us),
                code_version=unescape(version),
                session_id=failed_in,
                run_number=number,
            )
    return [seen[name] for name in sorted(seen)]


def _own(connection: Connection, session_id: str) -> Row[Any, Any, Any, Any, Any]:
    """The sample and the place of a session that is there."""
    query = (
        select(_session.c.key, _sample.c.code_id, _sample.c.conditions_id, _sample.c.kind, _code.c.project_id)
        .join(_sample, _sample.c.id == _session.c.sample_id)
        .join(_code, _code.c.id == _sample.c.code_id)
    )
    return connection.execute(query.where(_session.c.id == escape(session_id))).one()
