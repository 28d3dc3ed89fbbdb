"""How tests ended, counted: over a code version, over a session, by run. Works in the transaction of its caller."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Select, func, select

from noxtasks.history import tables
from noxtasks.history.escape import escape, unescape
from noxtasks.history.model import Cause, SessionKind, Tally, ranked, total
from noxtasks.history.writing import digest, moment
from noxtasks.suite.model import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterator

_run, _session, _sample, _test, _failure, _tally, _code, _project = (
    tables.run,
    tables.session,
    tables.sample,
    tables.test,
    tables.failure,
    tables.tally,
    tables.code,
    tables.project,
)


def rates(connection: Connection, project: str, code_version: str, kind: SessionKind | None) -> list[Tally]:
    """Return the tally of each test at one code version, over all sessions (of that kind), by node id."""
    samples = (
        select(_sample.c.id)
        .join(_code, _code.c.id == _sample.c.code_id)
        .join(_project, _project.c.id == _code.c.project_id)
        .where(_project.c.digest == digest(project), _code.c.digest == digest(code_version), _sample.c.whole)
    )
    if kind is not None:
        samples = samples.where(_sample.c.kind == kind.value)
    numbers = connection.scalars(samples).all()  # planners that are given the query in its place read the whole table
    if not numbers:
        return []
    chosen = _tally.c.sample_id.in_(numbers)
    sound = summed(connection, chosen, _tally.c.outcome.not_in(tables.FAILURE_CODES))
    failed = {
        tally.nodeid: tally
        for tally in _tallies(connection, stored(chosen, _tally.c.outcome.in_(tables.FAILURE_CODES)))
    }
    return [
        total([Tally(nodeid=name, outcomes=sound.get(name, {})), *([failed[name]] if name in failed else [])])
        for name in sorted(sound.keys() | failed.keys())
    ]


def stored(*where: ColumnElement[bool]) -> Select[Any]:
    """The rows of the tally `where` that holds, as `counts` wants them."""
    row = _tally.c
    return select(row.test_id, row.outcome, row.failure_id, row.count, row.first_run_id).where(*where)


def summed(connection: Connection, *where: ColumnElement[bool]) -> dict[str, dict[Outcome, int]]:
    """The outcomes of each test in the rows of the tally `where` that holds, added up by the database."""
    row = _tally.c
    sums = select(row.test_id, row.outcome, func.sum(row.count).label("count")).where(*where)
    each = sums.group_by(row.test_id, row.outcome).subquery("summed")
    query = select(_test.c.nodeid, each.c.outcome, each.c.count).join(_test, _test.c.id == each.c.test_id)
    found: dict[str, dict[Outcome, int]] = defaultdict(dict)
    for nodeid, outcome, count in connection.execute(query):
        found[unescape(nodeid)][tables.OUTCOMES[outcome]] = int(count)
    return found


def session_rates(connection: Connection, session_id: str) -> list[Tally]:
    """Return the tally of each test over the runs of one session, counted from the outcomes themselves."""
    outcome = tables.outcome.c
    group = (outcome.test_id, outcome.outcome, outcome.failure_id)
    counted = (
        select(*group, func.count().label("count"), func.min(outcome.run_id).label("first_run_id"))
        .join(_run, _run.c.id == outcome.run_id)
        .join(_session, _session.c.key == _run.c.session_key)
        .where(_session.c.id == escape(session_id))
        .group_by(*group)
    )
    return _tallies(connection, counted)


def failed_by_run(connection: Connection, session_id: str) -> dict[int, frozenset[str]]:
    """Return the tests that failed in each run of a session, by its number."""
    runs = select(_run.c.id, _run.c.number).join(_session, _session.c.key == _run.c.session_key)
    numbers = {row.id: row.number for row in connection.execute(runs.where(_session.c.id == escape(session_id)))}
    failed: dict[int, set[str]] = {number: set() for number in numbers.values()}
    outcome = tables.outcome.c
    query = (
        select(outcome.run_id, _test.c.nodeid)
        .join(_test, _test.c.id == outcome.test_id)
        .join(_run, _run.c.id == outcome.run_id)
        .join(_session, _session.c.key == _run.c.session_key)
        .where(_session.c.id == escape(session_id), outcome.outcome.in_(tables.FAILURE_CODES))
    )
    for run_id, nodeid in connection.execute(query):
        failed[numbers[run_id]].add(unescape(nodeid))
    return {number: frozenset(names) for number, names in failed.items()}


def _tallies(connection: Connection, counted: Select[Any]) -> list[Tally]:
    by_test: dict[str, list[Count]] = defaultdict(list)
    for count in counts(connection, counted):
        by_test[unescape(count.nodeid)].append(count)
    return [one_tally(nodeid, by_test[nodeid]) for nodeid in sorted(by_test)]


def counts(connection: Connection, counted: Select[Any]) -> Iterator[Count]:
    """What `counted` selects (test, outcome, failure, count, first run), each with what is known of it."""
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
    return (Count(*row) for row in connection.execute(query))


class Count(NamedTuple):
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


def one_tally(nodeid: str, counts: list[Count]) -> Tally:
    """The counts of one test as its tally."""
    outcomes: dict[Outcome, int] = defaultdict(int)
    causes: dict[str, list[Count]] = defaultdict(list)
    for count in counts:
        outcome = tables.OUTCOMES[count.outcome]
        outcomes[outcome] += count.times
        if outcome.is_failure:
            causes[count.fingerprint or ""].append(count)
    return Tally(nodeid=nodeid, outcomes=dict(outcomes), causes=ranked(map(_cause, causes.values())))


def _cause(counts: list[Count]) -> Cause:
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
