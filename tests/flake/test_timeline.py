from __future__ import annotations

import itertools
from datetime import UTC, datetime
from pathlib import Path

import pytest

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
