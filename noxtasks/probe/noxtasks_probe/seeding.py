"""Randomness of a run: every generator that a test may draw from, seeded before each test from the run's seed.

The seed of a test comes from the run's seed and the test's id alone, so that what it draws depends neither on the order
nor on which other tests run: a test that is run again with the same seed draws the same.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.metadata
import importlib.util
import random
import sys
from collections.abc import Callable
from typing import Any

Seeder = Callable[[int], Any]


def derived(seed: int, test: str) -> int:
    """The seed of one test, in [0, 2**32): the first four bytes of SHA-256 over the run's seed and the test's id."""
    digest = hashlib.sha256(f"{seed}:{test}".encode("utf-8", "backslashreplace")).digest()
    return int.from_bytes(digest[:4], "big")


def seeders() -> list[Seeder]:
    """A function per source of randomness that this interpreter has, each taking a seed in [0, 2**32)."""
    found: list[Seeder] = [random.seed]
    for name, module, seeder in (
        ("numpy", "numpy.random", "seed"),
        ("faker", "faker.generator", "random.seed"),
        ("factory", "factory.random", "reseed_random"),
        ("model_bakery", "model_bakery.random_gen", "baker_random.seed"),
    ):
        function = _function(name, module, seeder)
        if function is not None:
            found.append(function)
    return found + _entry_points() + hypothesis()


def _function(name: str, module: str, path: str) -> Seeder | None:
    try:
        if importlib.util.find_spec(name) is None:
            return None
        target: Any = importlib.import_module(module)
        for part in path.split("."):
            target = getattr(target, part)
    except Exception:  # a broken installation of a library is the tests' to report
        return None
    return target  # type: ignore[no-any-return]


def _entry_points() -> list[Seeder]:
    group = "pytest_randomly.random_seeder"
    every: Any = importlib.metadata.entry_points()
    chosen = every.select(group=group) if hasattr(every, "select") else every.get(group, [])
    return [point.load() for point in chosen]


def hypothesis() -> list[Seeder]:
    """What `--hypothesis-seed` does, unless the user has given one; nothing before Hypothesis is imported."""
    core: Any = sys.modules.get("hypothesis.core")
    if core is None or getattr(core, "global_force_seed", 0) is not None:
        return []

    def seed(value: int) -> None:
        core.global_force_seed = value

    return [seed]
