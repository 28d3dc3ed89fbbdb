"""What dominates a run is told by its threshold, and by nothing else."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import pytest

from noxtasks.parallel import rules
from noxtasks.parallel.causes import causes
from noxtasks.parallel.model import Candidate, Dominant, Execution, Mode, Shared

Make = Callable[..., Execution]
LOAD = Candidate(mode=Mode.LOAD, workers=2)
OURS = Candidate(mode=Mode.OURS, workers=2)
MANY = {f"t{number}": 0.5 for number in range(16)}
FIXTURE = Shared(name="database", scope="session", times=2, took_s=3.0)


@pytest.mark.parametrize(
    ("run", "alone", "dominant"),
    [
        (
            {"wall_s": 6.0, "once_s": 2.0, "busy_s": (4.0, 4.0)},
            {"tests_s": {"long": 7.5, "t": 0.5}},
            Dominant.LONG_TEST,
        ),
        ({"wall_s": 10.5, "once_s": 6.5, "busy_s": (4.0, 4.0)}, {}, Dominant.TOO_SHORT),
        ({"wall_s": 7.0, "once_s": 3.0, "busy_s": (4.0, 4.0)}, {}, Dominant.STARTUP),
        ({"wall_s": 7.0, "once_s": 3.0, "collection_s": 2.9, "busy_s": (4.0, 4.0)}, {}, Dominant.COLLECTION),
        ({"wall_s": 7.5, "once_s": 1.0, "busy_s": (5.5, 5.5), "shared": (FIXTURE,)}, {}, Dominant.FIXTURES),
        ({"wall_s": 7.0, "once_s": 1.0, "busy_s": (6.0, 2.0)}, {}, Dominant.IMBALANCE),
        ({"wall_s": 8.0, "once_s": 1.0, "busy_s": (7.0, 7.0)}, {}, Dominant.CONTENTION),
    ],
    ids=lambda each: each.value if isinstance(each, Dominant) else "",
)
def test_each_is_found_where_it_dominates(an_execution: Make, run: object, alone: object, dominant: Dominant) -> None:
    basis = rules.basis([an_execution(**{"tests_s": MANY, **alone})])  # type: ignore[dict-item]
    found = causes(LOAD, an_execution(LOAD, **run), basis)  # type: ignore[arg-type]
    assert dominant in {each.dominant for each in found}
    assert all(0 <= each.share <= 1 and each.remedy for each in found)


def test_nothing_dominates_a_run_near_its_limit(an_execution: Make) -> None:
    basis = rules.basis([an_execution(tests_s=MANY)])
    assert causes(LOAD, an_execution(LOAD, wall_s=5.2, once_s=1.0, busy_s=(4.1, 4.0)), basis) == ()


def test_a_fixture_that_is_set_up_once_is_not_blamed(an_execution: Make) -> None:
    basis = rules.basis([an_execution(tests_s=MANY)])
    once = Shared(name="database", scope="session", times=1, took_s=3.0)
    found = causes(LOAD, an_execution(LOAD, wall_s=7.5, once_s=1.0, busy_s=(5.5, 5.5), shared=(once,)), basis)
    assert Dominant.FIXTURES not in {each.dominant for each in found}


def test_who_collects_once_is_not_told_to(an_execution: Make) -> None:
    basis = rules.basis([an_execution(tests_s=MANY)])
    run = an_execution(OURS, wall_s=7.0, once_s=3.0, collection_s=2.9, busy_s=(4.0, 4.0))
    (cause,) = causes(OURS, run, basis)
    assert cause.dominant is Dominant.COLLECTION
    assert "noxtasks run" not in cause.remedy


def test_who_leaves_the_tests_in_one_process_says_so(an_execution: Make) -> None:
    alone = an_execution(tests_s=MANY)
    assert alone.phases is not None
    (worker,) = alone.phases.workers
    phases = msgspec.structs.replace(alone.phases, workers=(msgspec.structs.replace(worker, name=""),))
    (cause,) = causes(OURS, msgspec.structs.replace(alone, phases=phases), rules.basis([alone]))
    assert cause.dominant is Dominant.TOO_SHORT
    assert "in one process" in cause.said


def test_what_is_a_small_part_of_the_run_is_not_worth_a_word(an_execution: Make) -> None:
    basis = rules.basis([an_execution(tests_s=MANY, wall_s=38.0, once_s=30.0)])
    run = an_execution(LOAD, wall_s=35.0, once_s=30.0, busy_s=(5.0, 3.0), collection_s=1.0)
    assert Dominant.IMBALANCE not in {each.dominant for each in causes(LOAD, run, basis)}


def test_ours_is_not_advised_to_become_ours(an_execution: Make) -> None:
    basis = rules.basis([an_execution(tests_s=MANY)])
    run = an_execution(OURS, wall_s=16.5, once_s=10.5, busy_s=(6.0, 2.0))
    found = causes(OURS, run, basis)
    assert {Dominant.TOO_SHORT, Dominant.IMBALANCE} <= {each.dominant for each in found}
    assert not any("noxtasks run" in each.remedy for each in found)
