"""Recording and asking, the same on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from noxtasks.errors import HistoryError
from noxtasks.history import Environment, Session, SessionKind, tables
from noxtasks.history.model import Tally, total
from noxtasks.history.store import History
from noxtasks.suite.model import EngineKind, Failure, Order, Outcome, Result, Run

pytestmark = pytest.mark.functional

MOMENT = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)
MakeSession = Callable[..., Session]
MakeRun = Callable[..., Run]

ANY_TEXT = st.text(st.characters(codec=None, exclude_categories=()), max_size=12)
FINGERPRINTS = ["", "f1", "f2", "\0", "\ud800", "␛", "␛0000"]
FAILURES = st.sampled_from(FINGERPRINTS).map(
    lambda mark: Failure(
        fingerprint=f"finger{mark}",
        phase="call",
        exception=f"Error{mark}",
        message=f"line\n{mark}",
        frames=(f"a.py:1 in f{mark}",),
        text=mark,
    )
)


@st.composite
def runs(draw: st.DrawFn, number: int) -> Run:
    nodeids = draw(st.lists(st.sampled_from(["", "a", "b"]) | ANY_TEXT, max_size=6))
    results = tuple(
        Result(
            nodeid=nodeid,
            position=position,
            outcome=draw(st.sampled_from(Outcome)),
            duration_s=draw(st.floats(0, 1e6)),
            failure=draw(st.none() | FAILURES),
            reruns=draw(st.integers(0, 3)),
            notes=tuple(draw(st.lists(ANY_TEXT, max_size=2))),
        )
        for position, nodeid in enumerate(nodeids)
    )
    return Run(
        number=number,
        seed=draw(st.integers(-(2**70), 2**70)),
        hash_seed=draw(st.integers(0, 2**32 - 1)),
        order=draw(st.sampled_from(Order)),
        engine=draw(st.sampled_from(EngineKind)),
        started=draw(st.datetimes(datetime(1980, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))),  # noqa: DTZ001
        duration_s=draw(st.floats(0, 1e6)),
        results=results,
        segments=draw(st.integers(1, 3)),
        complete=draw(st.booleans()),
    )


SEVERAL_RUNS = st.integers(0, 4).flatmap(lambda count: st.tuples(*(runs(number) for number in range(count))))
ON_ONE_DATABASE = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


@ON_ONE_DATABASE
@given(recorded=SEVERAL_RUNS)
def test_every_run_comes_back_exactly_as_it_went_in(history: History, recorded: tuple[Run, ...]) -> None:
    session = Session(
        id=uuid4().hex,
        project=f"any \0 \ud800 {uuid4()}",
        kind=SessionKind.FLAKE,
        started=MOMENT,
        code_version="any \0 \udfff",
        revision="␛",
        dirty=True,
        environment=Environment(
            interpreter="CPython", platform="Linux", pytest="9", plugins={"p\0": "\ud800", "q": "1"}
        ),
        settings={"nested": {"list": [1, 2.5, None, "\0 \ud800"]}},
        base_seed=2**80,
    )
    history.begin(session)
    for run in recorded:
        assert history.record(session.id, run)
    for run in recorded:
        stored = history.run(session.id, run.number)
        assert stored.run == run
        assert stored.session == session
        assert stored.nodeids == tuple(result.nodeid for result in run.results)
        assert history.find_run(stored.name) == stored


def counts(tally: Tally) -> tuple[dict[Outcome, int], dict[str, int]]:
    """What a tally counts. Of failures that were first at the same time, any run is the first."""
    return tally.outcomes, {cause.fingerprint: cause.count for cause in tally.causes}


@ON_ONE_DATABASE
@given(first=SEVERAL_RUNS, second=SEVERAL_RUNS)
def test_the_tally_always_equals_the_recount_from_the_outcomes(
    history: History, first: tuple[Run, ...], second: tuple[Run, ...]
) -> None:
    project, expected = f"p{uuid4()}", Counter[tuple[str, Outcome]]()
    started: dict[str, datetime] = {}
    ids = []
    for recorded in (first, second):
        session = Session(id=uuid4().hex, project=project, kind=SessionKind.FLAKE, started=MOMENT, code_version="same")
        ids.append(session.id)
        history.begin(session)
        for run in recorded:
            history.record(session.id, run)
            for result in run.results:
                expected[result.nodeid, result.outcome] += 1
                if result.outcome.is_failure:
                    started[result.nodeid] = min(run.started, started.get(result.nodeid, run.started))

    tallies = history.rates(project, "same")
    assert {(tally.nodeid, outcome): n for tally in tallies for outcome, n in tally.outcomes.items()} == expected
    firsts = {tally.nodeid: min(cause.first for cause in tally.causes) for tally in tallies if tally.causes}
    assert firsts == started
    assert {seen.nodeid: seen.started for seen in history.first_seen(ids[0])} == started
    assert all(sum(cause.count for cause in tally.causes) == tally.failures for tally in tallies)
    recount: dict[str, list[Tally]] = defaultdict(list)
    for tally in (tally for session_id in ids for tally in history.session_rates(session_id)):
        recount[tally.nodeid].append(tally)
    assert {nodeid: counts(total(each)) for nodeid, each in recount.items()} == {
        tally.nodeid: counts(tally) for tally in tallies
    }
    pool = history.pool(ids[0])
    pooled = pool.steady | {nodeid: total(each.values()) for nodeid, each in pool.unsteady.items()}
    assert {nodeid: counts(tally) for nodeid, tally in pooled.items()} == {
        tally.nodeid: counts(tally) for tally in tallies
    }
    firsts = {nodeid: min(cause.first for cause in tally.causes) for nodeid, tally in pooled.items() if tally.causes}
    assert firsts == started
    assert all(not tally.failures for tally in pool.steady.values())
    assert all(set(each) <= set(ids) for each in pool.unsteady.values())


def test_skipped_outcomes_are_no_runs_and_reruns_are_failures(
    history: History, make_session: MakeSession, make_run: MakeRun
) -> None:
    session = make_session()
    history.begin(session)
    for number, outcome in enumerate(Outcome):
        history.record(session.id, make_run({"t": outcome}, number=number))
    (tally,) = history.rates("p", "c1")
    assert (tally.runs, tally.failures) == (len(Outcome) - 1, 6)
    assert tally.outcomes == dict.fromkeys(Outcome, 1)


def test_rates_are_those_of_one_project_at_one_code_version(
    history: History, make_session: MakeSession, make_run: MakeRun
) -> None:
    for project, code_version in [("p", "c1"), ("p", "c2"), ("q", "c1")]:
        session = make_session(project=project, code_version=code_version)
        history.begin(session)
        history.record(session.id, make_run({f"{project}{code_version}": Outcome.PASSED}))
    assert [tally.nodeid for tally in history.rates("p", "c2")] == ["pc2"]
    assert history.rates("p", "unheard of") == history.rates("unheard of", "c1") == []
    assert history.nodeids("p") == ["pc1", "pc2"]


def test_a_failure_keeps_the_first_long_text_whenever_it_comes(
    history: History, make_session: MakeSession, make_run: MakeRun
) -> None:
    session = make_session()
    history.begin(session)
    for number, text in enumerate(["", "the long text", "", "another"]):
        failure = Failure(fingerprint="f", phase="call", exception="E", message="m", text=text)
        result = Result(nodeid="t", position=0, outcome=Outcome.FAILED, duration_s=0, failure=failure)
        history.record(session.id, make_run((result,), number=number))
    found = history.failure("p", "f")
    assert found is not None
    assert found.text == "the long text"
    assert history.failure("p", "g") is None
    (tally,) = history.rates("p", "c1")
    assert [(cause.fingerprint, cause.count, cause.run_number) for cause in tally.causes] == [("f", 4, 0)]


def test_the_same_run_twice_counts_once(history: History, make_session: MakeSession, make_run: MakeRun) -> None:
    session, run = make_session(), make_run({"t": Outcome.FAILED})
    history.begin(session)
    assert history.record(session.id, run)
    assert not history.record(session.id, run)
    assert history.rates("p", "c1")[0].runs == 1


def test_another_run_under_a_number_that_is_taken_is_refused(
    history: History, make_session: MakeSession, make_run: MakeRun
) -> None:
    session = make_session()
    history.begin(session)
    history.record(session.id, make_run({"t": Outcome.FAILED}))
    with pytest.raises(HistoryError, match="run 0 of this session is recorded already"):
        history.record(session.id, make_run({"t": Outcome.FAILED}, seed=99))
    assert history.rates("p", "c1")[0].runs == 1


def test_a_run_that_cannot_be_recorded_leaves_nothing_and_the_next_one_can(
    history: History, make_session: MakeSession, make_run: MakeRun
) -> None:
    session = make_session()
    history.begin(session)
    twice = tuple(Result(nodeid=name, position=7, outcome=Outcome.PASSED, duration_s=0) for name in "ab")
    with pytest.raises(HistoryError, match="same position"):
        history.record(session.id, make_run(twice))
    without_sense = (Result(nodeid="new", position=0, outcome=Outcome.PASSED, duration_s=0, notes=(object(),)),)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        history.record(session.id, make_run(without_sense))
    assert history.record(session.id, make_run({"new": Outcome.PASSED}))
    assert history.nodeids("p") == ["new"]
    assert history.run(session.id, 0).nodeids == ("new",)


def test_sessions_come_newest_first_with_what_they_recorded(
    history: History, make_session: MakeSession, make_run: MakeRun
) -> None:
    made = [make_session(started=MOMENT + timedelta(hours=hour)) for hour in (2, 0, 1)]
    other = [make_session(kind=SessionKind.IMPORT), make_session(project="q")]
    for session in made + other:
        history.begin(session)
    history.record(made[0].id, make_run({"t": Outcome.FAILED}, number=3))
    history.record(made[0].id, make_run({"t": Outcome.PASSED}, number=1))
    history.end(made[0].id, ended=MOMENT + timedelta(hours=3), complete=True)
    found = history.sessions("p", kind=SessionKind.FLAKE)
    assert [stored.session for stored in found] == [made[0], made[2], made[1]]
    assert (found[0].complete, found[0].ended, found[0].run_numbers) == (True, MOMENT + timedelta(hours=3), (1, 3))
    assert (found[1].complete, found[1].ended, found[1].run_numbers) == (False, None, ())
    assert [stored.session for stored in history.sessions("p", limit=1)] == [made[0]]
    assert history.session_rates(made[0].id)[0].outcomes == {Outcome.FAILED: 1, Outcome.PASSED: 1}
    assert history.session_rates(made[1].id) == []


def test_the_newest_unfinished_session_is_found_and_can_go_on(
    url: str, history: History, make_session: MakeSession, make_run: MakeRun
) -> None:
    old, cut_short, done = (make_session(started=MOMENT + timedelta(hours=hour)) for hour in range(3))
    for session in (old, cut_short, done):
        history.begin(session)
    history.record(cut_short.id, make_run({"t": Outcome.PASSED}))
    history.end(cut_short.id, ended=MOMENT, complete=False)
    history.end(done.id, ended=MOMENT, complete=True)
    with History(url) as later:
        found = later.unfinished("p", SessionKind.FLAKE, "c1")
        assert found is not None
        assert (found.session, found.run_numbers) == (cut_short, (0,))
        later.record(cut_short.id, make_run({"t": Outcome.PASSED, "u": Outcome.PASSED}, number=1))
        later.end(cut_short.id, ended=MOMENT, complete=True)
    assert history.session(cut_short.id).complete
    unfinished = history.unfinished("p", SessionKind.FLAKE, "c1")
    assert unfinished is not None
    assert unfinished.session == old
    assert history.unfinished("p", SessionKind.IMPORT, "c1") is None
    assert history.unfinished("p", SessionKind.FLAKE, "c2") is None


def test_first_seen_is_the_earliest_failing_run_at_any_code_version(
    history: History, make_session: MakeSession, make_run: MakeRun
) -> None:
    new, old = make_session(code_version="new"), make_session(code_version="old")
    for session in (new, old):
        history.begin(session)
    history.record(new.id, make_run({"t": Outcome.FAILED, "u": Outcome.ERROR}, started=MOMENT))
    history.record(old.id, make_run({"t": Outcome.RERUN}, started=MOMENT - timedelta(days=1), number=4))
    history.record(old.id, make_run({"u": Outcome.PASSED}, started=MOMENT - timedelta(days=2), number=5))
    seen = history.first_seen(new.id)
    assert [(one.nodeid, one.code_version, one.session_id, one.run_number) for one in seen] == [
        ("t", "old", old.id, 4),
        ("u", "new", new.id, 0),
    ]
    assert [one.nodeid for one in history.first_seen(new.id, ["u", "unheard of"])] == ["u"]


def test_the_earliest_run_counts_as_first_even_when_it_is_recorded_last(
    history: History, make_session: MakeSession, make_run: MakeRun
) -> None:
    session = make_session()
    history.begin(session)
    for number, hours in enumerate([2, 0, 1]):
        history.record(
            session.id, make_run({"t": Outcome.FAILED}, number=number, started=MOMENT + timedelta(hours=hours))
        )
    (tally,) = history.rates("p", "c1")
    assert [(cause.count, cause.run_number) for cause in tally.causes] == [(3, 1)]
    assert [(seen.started, seen.run_number) for seen in history.first_seen(session.id)] == [(MOMENT, 1)]


def test_times_of_any_zone_are_kept_as_the_same_instant(
    history: History, make_session: MakeSession, make_run: MakeRun
) -> None:
    session = make_session(started=MOMENT.astimezone(timezone(timedelta(hours=-7))))
    history.begin(session)
    assert history.session(session.id).session.started == MOMENT


def test_equal_conditions_are_stored_once(history: History, make_session: MakeSession) -> None:
    facts = Environment(interpreter="CPython 3.12.4", platform="Linux", pytest="9.2.0", plugins={"b": "1", "a": "2"})
    same = Environment(interpreter="CPython 3.12.4", platform="Linux", pytest="9.2.0", plugins={"a": "2", "b": "1"})
    for environment in (facts, same):
        history.begin(make_session(environment=environment))
    with history._database.reading() as connection:
        assert connection.scalar(select(func.count()).select_from(tables.conditions)) == 1


def test_a_session_id_is_taken_once_and_can_stand_in_a_name(history: History, make_session: MakeSession) -> None:
    history.begin(make_session(id="abc"))
    with pytest.raises(HistoryError, match="begun already"):
        history.begin(make_session(id="abc"))
    with pytest.raises(HistoryError, match="cannot be a session's id"):
        history.begin(make_session(id="a b"))


def test_a_session_that_never_began_cannot_be_recorded_or_asked(history: History, make_run: MakeRun) -> None:
    with pytest.raises(HistoryError, match="no session 'nope'"):
        history.record("nope", make_run())
    with pytest.raises(HistoryError, match="no session 'nope'"):
        history.run("nope", 0)


def test_a_run_of_forty_thousand_results_and_very_long_ids_is_recorded_whole(
    history: History, make_session: MakeSession, make_run: MakeRun
) -> None:
    session = make_session()
    history.begin(session)
    outcomes = {
        f"tests/test_{i % 300}.py::test[{i}]": Outcome.FAILED if i % 7 == 0 else Outcome.PASSED for i in range(40_000)
    }
    outcomes["x" * 100_000] = Outcome.PASSED
    history.record(session.id, make_run(outcomes))
    assert history.run(session.id, 0).nodeids == tuple(outcomes)
    assert sum(tally.failures for tally in history.rates("p", "c1")) == sum(
        outcome.is_failure for outcome in outcomes.values()
    )


def test_every_outcome_has_a_number_of_its_own_that_never_changes() -> None:
    assert set(tables.OUTCOME_CODES) == set(Outcome)
    assert len(tables.OUTCOMES) == len(Outcome)
    assert [outcome.value for _, outcome in sorted(tables.OUTCOMES.items())][:10] == [
        "passed", "failed", "error", "skipped", "xfailed", "xpassed", "rerun", "crashed", "timed out", "stopped",
    ]  # fmt: skip
