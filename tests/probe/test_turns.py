"""Two processes that time the same benchmarks hand over to each other, from the first on."""

from __future__ import annotations

import os
import sys
import threading
from itertools import groupby
from pathlib import Path

import pytest

from noxtasks.probe.noxtasks_probe import turns

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the two sides need FIFOs")

ROUNDS = 20


@pytest.fixture
def sides(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, turns.Turns]:
    """The one that begins, and the other; each round is a turn."""
    monkeypatch.setattr(turns, "TURN_S", 0.0)
    inward, outward = str(tmp_path / "in"), str(tmp_path / "out")
    os.mkfifo(inward)
    os.mkfifo(outward)
    return {"a": turns.Turns(inward, outward, True), "b": turns.Turns(outward, inward, False)}


def carried_out(sides: dict[str, turns.Turns], tests: dict[str, int]) -> list[tuple[int, str]]:
    """Which round of which test was whose, in their order, where each side has so many tests."""
    told: list[tuple[int, str]] = []

    def carry_out(name: str) -> None:
        sides[name].meet()
        for place in range(1, tests[name] + 1):
            sides[name].begin(place)
            for _ in range(ROUNDS):
                sides[name].offer()
                told.append((place, name))
        sides[name].end()

    threads = [threading.Thread(target=carry_out, args=(name,), daemon=True) for name in reversed(sides)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not any(thread.is_alive() for thread in threads)
    return told


@pytest.mark.parametrize("tests", [1, 2, 3])
def test_the_rounds_of_every_test_alternate(sides: dict[str, turns.Turns], tests: int) -> None:
    told = carried_out(sides, {"a": tests, "b": tests})
    for place in range(1, tests + 1):
        order = [name for name, _ in groupby(name for at, name in told if at == place)]
        assert len(order) >= 2 * ROUNDS - 2


@pytest.mark.parametrize("tests", [{"a": 0, "b": 2}, {"a": 2, "b": 0}, {"a": 1, "b": 3}])
def test_who_is_left_alone_goes_on(sides: dict[str, turns.Turns], tests: dict[str, int]) -> None:
    told = carried_out(sides, tests)
    assert {name: sum(of == name for _, of in told) for name in "ab"} == {n: ROUNDS * c for n, c in tests.items()}
