from __future__ import annotations

import itertools
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noxtasks.evidence import artifacts
from noxtasks.evidence.provenance import Provenance
from noxtasks.flake import timeline
from noxtasks.history.model import Past, SessionKind, Timeline
from noxtasks.suite.model import Outcome

P, F, E, S, X = Outcome.PASSED, Outcome.FAILED, Outcome.ERROR, Outcome.SKIPPED, Outcome.XFAILED


@pytest.mark.parametrize(
    ("outcomes", "letter"),
    [
        ((), " "),
        ((P,), "."),
        ((F,), "F"),
        ((E,), "e"),
        ((S,), "s"),
        ((X,), "x"),
        ((Outcome.XPASSED,), "."),
        ((Outcome.CRASHED,), "F"),
        ((Outcome.TIMED_OUT,), "F"),
        ((Outcome.RERUN,), "~"),
        ((Outcome.STOPPED,), " "),
        ((Outcome.STOPPED, P), "."),
        ((P, F), "~"),
        ((X, E), "~"),
        ((F, E), "F"),
        ((S, P), "."),
        ((S, F), "F"),
        ((S, X), "x"),
        ((X, P), "."),
    ],
)
def test_what_came_of_a_session_is_one_letter(outcomes: tuple[Outcome, ...], letter: str) -> None:
    assert timeline.letter(frozenset(outcomes)) == letter


def test_there_is_a_letter_for_whatever_comes_of_a_session() -> None:
    pairs = [frozenset(pair) for pair in itertools.product(Outcome, repeat=2)]
    assert {timeline.letter(pair) for pair in pairs} == set(". Fesx~")


def test_a_timeline_is_a_text_for_each_test(tmp_path: Path, provenance: Provenance) -> None:
    started = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    told = Timeline(
        sessions=tuple(
            Past(id=name, kind=kind, started=started, code_version="c1", runs=2)
            for name, kind in (("s1", SessionKind.IMPORT), ("s2", SessionKind.FLAKE))
        ),
        tests=("test_a.py::test_a", "test_a.py::test_b"),
        outcomes=((frozenset(), frozenset({P, F})), (frozenset({P}), frozenset({S}))),
        durations_s=((None, 0.01234), (0.00004, 12.0)),
    )
    digest = timeline.write(tmp_path, told, provenance)
    found = artifacts.read(tmp_path, timeline.NAME)
    assert digest == found.digest
    assert found.result["tests"] == ["test_a.py::test_a", "test_a.py::test_b"]
    assert found.result["outcomes"] == [" ~", ".s"]
    assert found.timing["durations"] == [",123", "0,120000"]
    assert [session["kind"] for session in found.result["sessions"]] == ["import", "flake"]
    assert found.timing["started"] == ["2026-01-02T03:04:05Z"] * 2


def ran(*rows: str) -> Timeline:
    """A timeline whose tests, named by their number, passed in the sessions that have a letter."""
    began = datetime(2026, 1, 1, tzinfo=UTC)
    return Timeline(
        sessions=tuple(
            Past(id=f"s{at}", kind=SessionKind.FLAKE, started=began, code_version="c", runs=1)
            for at in range(len(rows[0]))
        ),
        tests=tuple(f"test_{at:02}" for at in range(len(rows))),
        outcomes=tuple(tuple(frozenset({P}) if letter == "." else frozenset() for letter in row) for row in rows),
        durations_s=tuple(tuple(0.1 if letter == "." else None for letter in row) for row in rows),
    )


def test_ids_that_differ_in_every_session_do_not_pile_up() -> None:
    told = ran(*(" " * at + "." + " " * (9 - at) for at in range(10) for _ in range(3)))
    kept = timeline.kept(told)
    assert kept.tests == tuple(f"test_{at:02}" for at in range(24, 30))
    assert kept.sessions == told.sessions
    assert kept.outcomes == told.outcomes[24:]
    assert kept.durations_s == told.durations_s[24:]


def test_a_narrow_session_takes_no_test_out() -> None:
    told = ran("...", ".  ", ".  ", ".. ")
    assert timeline.kept(told) == told


def test_of_tests_that_ran_last_in_one_session_all_are_kept_or_none() -> None:
    told = ran(".  ", ".  ", " . ", " . ", "  .", "  .", "  .")
    assert timeline.kept(told).tests == ("test_02", "test_03", "test_04", "test_05", "test_06")


@given(st.lists(st.text(". ", min_size=4, max_size=4).filter(str.strip), max_size=30))
def test_what_is_kept_is_no_more_than_twice_what_one_session_ran(rows: list[str]) -> None:
    if not rows:
        return
    told = ran(*rows)
    widest = max(sum(row[at] == "." for row in rows) for at in range(4))
    kept = timeline.kept(told)
    assert len(kept.tests) <= 2 * widest
    last = {test: row.rindex(".") for test, row in zip(told.tests, rows, strict=True)}
    left_out = set(told.tests) - set(kept.tests)
    assert all(last[one] < last[other] for one in left_out for other in kept.tests)


def test_how_many_are_left_out_is_told(tmp_path: Path, provenance: Provenance) -> None:
    timeline.write(tmp_path, ran(".  ", " . ", "  ."), provenance)
    assert artifacts.read(tmp_path, timeline.NAME).result["left_out"] == 1
