"""How each test ended, and how long it took, in one session after the other. Works in its caller's transaction.

It is read in a few queries, each over rows that lie together: of sessions with runs of ours the tally tells how tests
ended, and no outcome of their many runs is read; what tests took is read from the last few runs of each.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, select

from noxtasks.history import tables
from noxtasks.history.escape import unescape
from noxtasks.history.model import Past, SessionKind, Timeline
from noxtasks.history.writing import digest, moment
from noxtasks.suite.model import Outcome

_run, _session, _sample, _test, _code, _project = (
    tables.run,
    tables.session,
    tables.sample,
    tables.test,
    tables.code,
    tables.project,
)

_Masks = dict[int, list[int]]


def timeline(connection: Connection, project: str, *, sessions: int, timed: int) -> Timeline:
    """The project's newest `sessions` that have runs; durations are the least of `timed` runs of each.

    Those are its last ones, of such as are complete before others.
    """
    past = _sessions(connection, project, sessions)
    runs = _runs(connection, [row.key for row in past])
    past = [row for row in past if runs[row.key]]
    place = {row.key: index for index, row in enumerate(past)}
    masks: _Masks = defaultdict(lambda: [0] * len(past))
    for index, test, outcome in _ends(connection, past, runs):
        masks[test][index] |= 1 << outcome
    chosen = {run: place[key] for key in place for run in runs[key][-timed:]}
    durations: dict[int, list[float | None]] = defaultdict(lambda: [None] * len(past))
    for index, test, took_s in _durations(connection, chosen):
        known = durations[test][index]
        if known is None or took_s < known:
            durations[test][index] = took_s
    names = _names(connection, project)
    sets = {mask: _outcomes(mask) for mask in {mask for row in masks.values() for mask in row}}
    order = sorted(masks, key=names.__getitem__)
    return Timeline(
        sessions=tuple(
            Past(
                id=unescape(row.id),
                kind=SessionKind(row.kind),
                started=moment(row.started_us),
                code_version=unescape(row.version),
                runs=len(runs[row.key]),
            )
            for row in past
        ),
        tests=tuple(names[test] for test in order),
        outcomes=tuple(tuple(map(sets.__getitem__, masks[test])) for test in order),
        durations_s=tuple(tuple(durations[test]) for test in order),
    )


def _outcomes(mask: int) -> frozenset[Outcome]:
    return frozenset(outcome for code, outcome in tables.OUTCOMES.items() if mask >> code & 1)


def _sessions(connection: Connection, project: str, count: int) -> list[Row[Any]]:
    """The newest sessions that have a run, the oldest first."""
    query = (
        select(_session.c.key, _session.c.id, _session.c.started_us, _session.c.sample_id, _sample, _code.c.version)
        .join(_sample, _sample.c.id == _session.c.sample_id)
        .join(_code, _code.c.id == _sample.c.code_id)
        .join(_project, _project.c.id == _code.c.project_id)
        .where(_project.c.digest == digest(project))
        .where(select(_run.c.id).where(_run.c.session_key == _session.c.key, _run.c.results > 0).exists())
        .order_by(_session.c.started_us.desc(), _session.c.key.desc())
        .limit(count)
    )
    return [*reversed(connection.execute(query).all())]


def _runs(connection: Connection, sessions: Sequence[int]) -> dict[int, list[int]]:
    """By session, its runs in their order, those that are complete last."""
    found: dict[int, list[int]] = defaultdict(list)
    query = select(_run.c.session_key, _run.c.id).where(_run.c.session_key.in_(sessions), _run.c.results > 0)
    for key, run in connection.execute(query.order_by(_run.c.complete, _run.c.number)):
        found[key].append(run)
    return found


def _ends(
    connection: Connection, past: Sequence[Row[Any]], runs: Mapping[int, Sequence[int]]
) -> Iterator[tuple[int, int, int]]:
    """Place of the session, test and outcome, each at least once."""
    own = {row.sample_id: index for index, row in enumerate(past) if not row.whole}
    tally = tables.tally.c
    tallied = select(tally.sample_id, tally.test_id, tally.outcome).where(tally.sample_id.in_(list(own)))
    for sample, test, outcome in connection.execute(tallied):
        yield own[sample], test, outcome
    single = {run: index for index, row in enumerate(past) if row.whole for run in runs[row.key]}
    each = tables.outcome.c
    read = select(each.run_id, each.test_id, each.outcome).where(each.run_id.in_(list(single)))
    for run, test, outcome in connection.execute(read):
        yield single[run], test, outcome


def _durations(connection: Connection, runs: Mapping[int, int]) -> Iterator[tuple[int, int, float]]:
    each = tables.outcome.c
    query = select(each.run_id, each.test_id, each.duration_s).where(each.run_id.in_(list(runs)))
    for run, test, took_s in connection.execute(query):
        yield runs[run], test, took_s


def _names(connection: Connection, project: str) -> dict[int, str]:
    query = select(_test.c.id, _test.c.nodeid).join(_project, _project.c.id == _test.c.project_id)
    rows = connection.execute(query.where(_project.c.digest == digest(project)))
    return {test: unescape(nodeid) for test, nodeid in rows}
