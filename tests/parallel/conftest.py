"""What tests of scans share: runs as they would be told."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from noxtasks.parallel.model import Candidate, Execution, Phases, Shared, Worker
from noxtasks.suite.model import Outcome

Make = Callable[..., Execution]


@pytest.fixture(scope="session")
def an_execution() -> Make:
    """Makes a run, of four passing tests if not told otherwise, with its workers as they divide them."""
    return execution


def execution(
    candidate: Candidate | None = None,
    *,
    wall_s: float = 10.0,
    once_s: float = 2.0,
    tests_s: dict[str, float] | None = None,
    outcomes: dict[str, Outcome] | None = None,
    busy_s: tuple[float, ...] = (8.0,),
    cpu_s: float = 0.0,
    collection_s: float = 0.5,
    shared: tuple[Shared, ...] = (),
) -> Execution:
    tests_s = tests_s or dict.fromkeys(("a", "b", "c", "d"), 2.0)
    phases = Phases(
        startup_s=once_s - collection_s,
        collection_s=collection_s,
        testing_s=wall_s - once_s,
        ending_s=0.0,
        fixtures_s=0.0,
        calls_s=sum(tests_s.values()),
        cpu_s=cpu_s,
        shared=shared,
        workers=tuple(
            Worker(name=f"gw{number}", tests=1, first_s=once_s, last_s=once_s + busy, busy_s=busy)
            for number, busy in enumerate(busy_s)
        ),
        tests_s=tests_s,
    )
    told = outcomes if outcomes is not None else dict.fromkeys(tests_s, Outcome.PASSED)
    return Execution(candidate=candidate, wall_s=wall_s, outcomes=told, phases=phases)
