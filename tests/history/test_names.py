"""The names by which people call runs."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from noxtasks.errors import HistoryError
from noxtasks.history import Session
from noxtasks.history.store import History
from noxtasks.suite.model import Outcome, Run


@pytest.fixture
def recorded(
    history: History, make_session: Callable[..., Session], make_run: Callable[..., Run]
) -> Callable[[str, int], None]:
    def record(session_id: str, number: int) -> None:
        if all(stored.session.id != session_id for stored in history.sessions("p")):
            history.begin(make_session(id=session_id))
        history.record(session_id, make_run({"t": Outcome.PASSED}, number=number))

    return record


def test_a_name_is_six_characters_and_the_number(history: History, recorded: Callable[[str, int], None]) -> None:
    recorded("8f3a1c99", 17)
    assert history.run_name("8f3a1c99", 17) == "8f3a1c-17"
    assert history.find_run("8f3a1c-17").session.id == "8f3a1c99"
    assert history.find_run(" 8f3a1c99-17\n").run.number == 17
    assert history.find_run("8f-017").run.number == 17


def test_a_name_grows_until_it_is_unambiguous(history: History, recorded: Callable[[str, int], None]) -> None:
    recorded("8f3a1c99aa", 1)
    recorded("8f3a1c99ab", 1)
    assert history.run_name("8f3a1c99aa", 1) == "8f3a1c99aa-1"
    assert history.run(session_id="8f3a1c99ab", number=1).name == "8f3a1c99ab-1"


def test_a_session_whose_id_begins_another_one_is_still_found(
    history: History, recorded: Callable[[str, int], None]
) -> None:
    recorded("abcdef", 1)
    recorded("abcdef-9", 1)
    recorded("short", 2)
    assert history.find_run("abcdef-1").session.id == "abcdef"
    assert history.find_run("abcdef-9-1").session.id == "abcdef-9"
    assert history.find_run(history.run_name("short", 2)).session.id == "short"


def test_an_ambiguous_name_is_refused_with_the_names_that_are_meant(
    history: History, recorded: Callable[[str, int], None]
) -> None:
    recorded("8f3a1c99", 1)
    recorded("8f3a1caa", 1)
    recorded("8f3a1caa", 2)
    with pytest.raises(HistoryError, match="could be 2 runs") as caught:
        history.find_run("8f3a1c-1")
    assert "8f3a1c9-1, 8f3a1ca-1" in caught.value.remedy
    assert history.find_run("8f3a1c-2").session.id == "8f3a1caa"


def test_an_unknown_name_is_refused_with_near_ones(history: History, recorded: Callable[[str, int], None]) -> None:
    recorded("8f3a1c99", 1)
    with pytest.raises(HistoryError, match="no session begins with '8f3b1c'") as caught:
        history.find_run("8f3b1c-1")
    assert "Near it: 8f3a1c-1" in caught.value.remedy
    with pytest.raises(HistoryError, match="no session begins with 'zzzzzz'") as caught:
        history.find_run("zzzzzz-1")
    assert "The newest run is 8f3a1c-1." in caught.value.remedy


def test_an_unknown_number_is_refused_with_those_that_exist(
    history: History, recorded: Callable[[str, int], None]
) -> None:
    recorded("8f3a1c99", 3)
    recorded("8f3a1c99", 5)
    with pytest.raises(HistoryError, match="has no run 4") as caught:
        history.find_run("8f3a1c-4")
    assert caught.value.remedy == "It has 2 recorded, numbered from 3 to 5."
    with pytest.raises(HistoryError, match="has no run 4"):
        history.run("8f3a1c99", 4)


@pytest.mark.parametrize(
    "name", ["", "-", "8f3a1c", "8f3a1c-", "-3", "8f3a1c-x", "8f3a1c-²", "a\0-1", "\ud800-1", "%-1"]
)
def test_what_is_no_name_at_all_is_told_how_one_looks(history: History, name: str) -> None:
    with pytest.raises(HistoryError, match="is not the name of a run") as caught:
        history.find_run(name)
    assert "8f3a1c-17" in caught.value.remedy


def test_an_empty_history_says_so(history: History, make_session: Callable[..., Session]) -> None:
    with pytest.raises(HistoryError, match="no session begins") as caught:
        history.find_run("8f3a1c-1")
    assert caught.value.remedy == "The history is empty."
    history.begin(make_session(id="8f3a1c99"))
    with pytest.raises(HistoryError, match="has no run 1") as caught:
        history.find_run("8f3a1c-1")
    assert caught.value.remedy == "It has none recorded."
