"""What is comparable: one project and code version, one environment, one set of the settings that decide."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from noxtasks.errors import HistoryError
from noxtasks.history import Environment, Session, SessionKind
from noxtasks.history.store import History
from noxtasks.suite.model import Outcome, Run

pytestmark = pytest.mark.functional

MOMENT = datetime(2026, 1, 2, tzinfo=UTC)
MakeSession = Callable[..., Session]
MakeRun = Callable[..., Run]


def an_environment(**fields: Any) -> Environment:
    default = {"interpreter": "CPython 3.12.4", "platform": "Linux", "pytest": "9.2.0"}
    return Environment(**default | fields)


HERE: dict[str, Any] = {"environment": an_environment(), "conditions": {"pytest_args": ["-x"], "engine": "fork"}}
ELSEWHERE: dict[str, dict[str, Any]] = {
    "code": {"code_version": "c2"},
    "project": {"project": "q"},
    "kind": {"kind": SessionKind.IMPORT},
    "interpreter": {"environment": an_environment(interpreter="CPython 3.13.0")},
    "plugins": {"environment": an_environment(plugins={"pytest-mock": "3"})},
    "distributions": {"environment": an_environment(distributions={"requests": "2.32"})},
    "nothing known": {"environment": None},
    "arguments": {"conditions": {"pytest_args": [], "engine": "fork"}},
    "engine": {"conditions": {"pytest_args": ["-x"], "engine": "fresh"}},
}


@pytest.fixture
def recorded(history: History, make_session: MakeSession, make_run: MakeRun) -> Callable[..., Session]:
    """A session with a run for each of the outcomes of its test `t`."""

    def record(*outcomes: Outcome, **fields: Any) -> Session:
        session = make_session(**HERE | fields)
        history.begin(session)
        for number, outcome in enumerate(outcomes):
            history.record(session.id, make_run({"t": outcome}, number=number, started=session.started))
        return session

    return record


@pytest.mark.parametrize("other", ELSEWHERE)
def test_no_outcome_from_elsewhere_is_in_the_pool(
    other: str, history: History, recorded: Callable[..., Session]
) -> None:
    recorded(Outcome.FAILED, **ELSEWHERE[other])
    session = recorded(Outcome.PASSED)
    pool = history.pool(session.id)
    assert (pool.steady["t"].outcomes, pool.unsteady) == ({Outcome.PASSED: 1}, {})
    if other == "code":
        assert [each.code_version for each in history.first_seen(session.id)] == ["c2"]
    else:
        assert history.first_seen(session.id) == []


@pytest.mark.parametrize("other", ELSEWHERE)
def test_the_previous_session_is_a_comparable_one_of_any_code(
    other: str, history: History, recorded: Callable[..., Session]
) -> None:
    first = recorded(Outcome.PASSED)
    newer = recorded(Outcome.FAILED, **ELSEWHERE[other])
    recorded()  # it has no runs
    session = recorded(Outcome.PASSED)
    assert history.previous(session.id) == (newer.id if other == "code" else first.id)
    assert history.previous(first.id) is None


def test_the_pool_tells_sessions_apart_where_a_test_has_failed(
    history: History, recorded: Callable[..., Session]
) -> None:
    broken = recorded(Outcome.FAILED, Outcome.ERROR, started=MOMENT)
    sound = recorded(Outcome.PASSED, Outcome.SKIPPED, started=MOMENT + timedelta(hours=1))
    for session in (broken, sound):
        pool = history.pool(session.id)
        assert pool.steady == {}
        assert {name: tally.outcomes for name, tally in pool.unsteady["t"].items()} == {
            broken.id: {Outcome.FAILED: 1, Outcome.ERROR: 1},
            sound.id: {Outcome.PASSED: 1, Outcome.SKIPPED: 1},
        }
        (seen,) = history.first_seen(session.id)
        assert (seen.started, seen.session_id) == (MOMENT, broken.id)


def test_imports_are_counted_together_and_apart_from_sessions(
    history: History, recorded: Callable[..., Session]
) -> None:
    for outcome in (Outcome.PASSED, Outcome.RERUN, Outcome.FAILED):
        recorded(outcome, kind=SessionKind.IMPORT, environment=None)
    recorded(Outcome.PASSED)
    (imported,) = history.rates("p", "c1", kind=SessionKind.IMPORT)
    assert (imported.failures, imported.runs) == (2, 3)
    assert [tally.runs for tally in history.rates("p", "c1", kind=SessionKind.FLAKE)] == [1]
    assert [tally.runs for tally in history.rates("p", "c1")] == [4]


def test_which_tests_failed_in_which_run(history: History, make_session: MakeSession, make_run: MakeRun) -> None:
    session = make_session()
    history.begin(session)
    history.record(session.id, make_run({"a": Outcome.FAILED, "b": Outcome.RERUN, "c": Outcome.PASSED}, number=3))
    history.record(session.id, make_run({"a": Outcome.PASSED}, number=4))
    assert history.failed_by_run(session.id) == {3: frozenset("ab"), 4: frozenset()}


def test_a_session_that_never_began_has_no_pool(history: History) -> None:
    for ask in (history.pool, history.previous, history.first_seen):
        with pytest.raises(HistoryError, match="no session 'nope'"):
            ask("nope")
