"""What a test draws follows from the run's seed and the test's id alone."""

from __future__ import annotations

import os
import random
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noxtasks.probe.noxtasks_probe import seeding
from noxtasks.suite import process
from noxtasks.suite.launch import PROBE_FOLDER


@given(st.integers(), st.text(st.characters()))
def test_a_derived_seed_is_one_that_every_generator_takes(seed: int, test: str) -> None:
    derived = seeding.derived(seed, test)
    assert 0 <= derived < 2**32
    assert seeding.derived(seed, test) == derived


def test_a_derived_seed_stays_what_it_is_so_that_recorded_runs_can_be_repeated() -> None:
    assert seeding.derived(42, "test_a.py::test_b") == 3250132419


def test_names_that_are_no_text_have_a_seed_too() -> None:
    assert seeding.derived(1, "test_a.py::test_b[\udc80]") != seeding.derived(1, "test_a.py::test_b[]")


def test_neighbouring_seeds_and_tests_get_seeds_of_their_own() -> None:
    every = {seeding.derived(seed, f"test_a.py::test_{test}") for seed in range(30) for test in range(30)}
    assert len(every) == 900


@pytest.mark.functional
def test_a_derived_seed_does_not_follow_the_hash_seed(tmp_path: Path) -> None:
    code = "from noxtasks_probe import seeding; print(hash('a'), seeding.derived(7, 'a::b'))"
    told = [
        process.run(
            [sys.executable, "-c", code],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(PROBE_FOLDER), "PYTHONHASHSEED": hash_seed},
        ).stdout.split()
        for hash_seed in ("1", "2")
    ]
    assert told[0][0] != told[1][0]
    assert told[0][1] == told[1][1] == str(seeding.derived(7, "a::b"))


def test_every_generator_that_is_there_is_seeded(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    package = tmp_path / "factory"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "random.py").write_text("seeds = []\nreseed_random = seeds.append\n")
    monkeypatch.syspath_prepend(tmp_path)
    state = random.getstate()
    try:
        for seed in (5, 6, 5):
            for seeder in seeding.seeders():
                seeder(seed)
        drawn = random.random()
        random.seed(5)
        assert drawn == random.random()
    finally:
        random.setstate(state)
        factory = sys.modules.pop("factory.random")
        sys.modules.pop("factory")
    assert factory.seeds == [5, 6, 5]


def test_a_library_that_cannot_be_imported_is_the_tests_to_report(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    package = tmp_path / "model_bakery"
    package.mkdir()
    (package / "__init__.py").write_text("raise RuntimeError('half installed')\n")
    before = len(seeding.seeders())
    monkeypatch.syspath_prepend(tmp_path)
    assert len(seeding.seeders()) == before
