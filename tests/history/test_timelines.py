"""The outcomes of each test over sessions, on both databases."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from noxtasks.history import Session, SessionKind
from noxtasks.history.store import History
from noxtasks.suite.model import Outcome, Result, Run

from .conftest import MOMENT

Sessions = Callable[..., Session]
Runs = Callable[..., Run]
P, F, S = Outcome.PASSED, Outcome.FAILED, Outcome.SKIPPED


def recorded(history: History, session: Session, *runs: Run) -> None:
    history.begin(session)
    for run in runs:
        history.record(session.id, run)
    history.end(session.id, ended=MOMENT, complete=True)


def test_a_session_has_all_that_came_of_a_test_in_its_runs(
    history: History, make_session: Sessions, make_run: Runs
) -> None:
    recorded(history, make_session(id="s1"), make_run({"b": P, "a": F}), make_run({"a": P, "b": P}, number=1, seed=12))
    told = history.timeline("p", sessions=30)
    assert told.tests == ("a", "b")
    assert told.outcomes == ((frozenset({P, F}),), (frozenset({P}),))
    assert [(past.id, past.runs, past.kind) for past in told.sessions] == [("s1", 2, SessionKind.FLAKE)]


def test_the_oldest_session_comes_first_and_a_test_that_did_not_run_then_has_nothing(
    history: History, make_session: Sessions, make_run: Runs
) -> None:
    recorded(history, make_session(id="late", started=MOMENT + timedelta(days=1)), make_run({"a": P}))
    recorded(history, make_session(id="early", code_version="c0"), make_run({"a": S, "b": F}))
    told = history.timeline("p", sessions=30)
    assert [past.id for past in told.sessions] == ["early", "late"]
    assert told.outcomes == ((frozenset({S}), frozenset({P})), (frozenset({F}), frozenset()))
    assert told.durations_s[1] == (0.25, None)


def test_outcomes_that_were_imported_are_told_each_import_by_itself(
    history: History, make_session: Sessions, make_run: Runs
) -> None:
    for number, outcome in enumerate((P, F)):
        started = MOMENT + timedelta(hours=number)
        session = make_session(id=f"i{number}", kind=SessionKind.IMPORT, started=started)
        history.add(session, [make_run({"a": outcome})], ended=MOMENT)
    assert history.timeline("p", sessions=30).outcomes == ((frozenset({P}), frozenset({F})),)


def test_only_the_newest_sessions_are_told_and_one_without_a_run_is_none(
    history: History, make_session: Sessions, make_run: Runs
) -> None:
    for number in range(4):
        session = make_session(id=f"s{number}", started=MOMENT + timedelta(days=number))
        recorded(history, session, make_run({f"t{number}": P}))
    history.begin(make_session(id="begun", started=MOMENT + timedelta(days=9)))
    told = history.timeline("p", sessions=2)
    assert ([past.id for past in told.sessions], told.tests) == (["s2", "s3"], ("t2", "t3"))


def test_a_duration_is_the_least_of_the_last_runs_that_were_complete(
    history: History, make_session: Sessions, make_run: Runs
) -> None:
    runs = [
        make_run(
            (Result(nodeid="a", position=0, outcome=P, duration_s=took_s),),
            number=number,
            seed=number,
            complete=number < 4,
        )
        for number, took_s in enumerate((0.1, 0.4, 0.3, 0.5, 0.05))
    ]
    recorded(history, make_session(id="s1"), *runs)
    assert history.timeline("p", sessions=30, timed=3).durations_s == ((0.3,),)
    assert history.timeline("p", sessions=30).durations_s == ((0.5,),)


def test_another_project_and_an_empty_history_have_no_part_in_it(
    history: History, make_session: Sessions, make_run: Runs
) -> None:
    assert history.timeline("p", sessions=30).sessions == ()
    recorded(history, make_session(id="other", project="q"), make_run({"a": P}))
    told = history.timeline("p", sessions=30)
    assert (told.sessions, told.tests, told.outcomes) == ((), (), ())
