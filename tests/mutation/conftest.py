"""A scan with a mutant of each status, and names that are hard on whoever writes them down."""

from __future__ import annotations

import pytest

from noxtasks.mutation import scoring
from noxtasks.mutation.model import (
    Baseline,
    Choice,
    Ending,
    Extent,
    Fate,
    Lesson,
    Mutant,
    Report,
    Status,
)

TEXT = '''\
def is_dear(price):
    """</script><script>alert("é")</script>"""
    return price > 100


def rebate():
    return 1
'''
DEAR = "def is_dear(price):\n    return price > 100"
EVIL = "tests/test_shop.py::test_it[</script><b>\"'&\x1b[31m\udcff]"
GOOD = "tests/test_shop.py::TestShop::test_price"


def a_mutant(number: int, **fields: object) -> Mutant:
    given: dict[str, object] = {
        "path": "src/shop.py",
        "line": 3,
        "column": 18,
        "end_line": 3,
        "end_column": 23,
        "replacement": ">= 100",
        "id": f"{number:016x}",
        "name": f"shop.x_is_dear__mutmut_{number}",
        "function": "is_dear",
        "operator": "ComparisonTarget",
        "before": DEAR,
        "after": DEAR.replace("> 100", ">= 100"),
    }
    return Mutant(**(given | fields))  # type: ignore[arg-type] # the fields are those of a mutant


@pytest.fixture
def report() -> Report:
    """One mutant of each status, number by number; the first survivor has a lesson."""
    mutants = tuple(a_mutant(number) for number, _ in enumerate(Status))
    fates = {
        mutant.id: Fate(
            mutant=mutant.id,
            status=status,
            killed_by=EVIL if status in {Status.KILLED, Status.SEGFAULT} else "",
            message="AssertionError: <b>" if status is Status.KILLED else "",
            tests=(GOOD, EVIL) if status is Status.SURVIVED else (),
            is_confirmed=True,
            reason="no cover" if status is Status.SKIPPED else "",
            duration_s=0.5,
        )
        for mutant, status in zip(mutants, Status, strict=True)
    }
    score = scoring.score(fates.values(), timeouts="killed")
    lesson = Lesson(
        mutant=mutants[1].id,
        suspect="<i>no suspect</i>",
        call="is_dear(100)",
        original="returns False",
        mutated="returns True",
        skeleton="def test_is_dear():\n    assert is_dear(100) is False",
    )
    return Report(
        mutants=mutants,
        fates=fates,
        baseline=Baseline(
            durations_s={GOOD: 0.1, EVIL: 0.2},
            left_out=(("tests/test_shop.py::test_place", "AssertionError: <b>"),),
            covering={"shop.x_is_dear": (GOOD, EVIL)},
            at_import=frozenset(),
        ),
        score=score,
        by_path=scoring.by_path(mutants, fates, timeouts="killed"),
        judgement=scoring.judge(score, fates.values(), threshold=0.6),
        unmutated=(("src/old.py", "SyntaxError: <b>"),),
        extent=Extent(choice=Choice.CAP, ending=Ending.WHOLE, mutants=80, chosen=8, seed=7),
        lessons=(lesson,),
        texts={"src/shop.py": TEXT},
    )
