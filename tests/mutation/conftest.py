"""A scan with a mutant of each status, and names that are hard on whoever writes them down."""

from __future__ import annotations

from datetime import date

import msgspec
import pytest

from noxtasks.mutation.deciding import scoring
from noxtasks.mutation.model import (
    Baseline,
    Choice,
    Ending,
    Extent,
    Fate,
    Lesson,
    Mutant,
    Ratchet,
    Reach,
    Report,
    Scope,
    Stance,
    Standing,
    Status,
    Suppression,
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


@pytest.fixture
def terms_report(report: Report) -> Report:
    """The same where the user has laid down much: scopes, suppressions, a ratchet, a gate that only advises yet."""
    killed, survivor, untested = (report.mutants[number] for number in (0, 1, 3))
    day = date(2025, 3, 31)
    remembered = msgspec.structs.replace(report.fates[killed.id], is_remembered=True)
    return msgspec.structs.replace(
        report,
        fates={**report.fates, killed.id: remembered},
        baseline=msgspec.structs.replace(report.baseline, unusable=frozenset({killed.key})),
        scopes=(Scope(name="<b>shop", files=("src/shop.py",), score=report.score, judgement=report.judgement),),
        suppressions=(
            Suppression(id=killed.id, reason="<b>slow", expires=day, standing=Standing.ACTIVE, mutants=(killed.id,)),
            Suppression(
                path="src/shop.py",
                function="rebate",
                operator="Number",
                reason="old",
                expires=day,
                standing=Standing.EXPIRED,
                mutants=(killed.id, survivor.id),
            ),
            Suppression(id="gone", reason="old", expires=day),
        ),
        ratchet=Ratchet(baseline="<b>.json", regressed=(survivor.id,), new=(untested.id,)),
        stance=Stance(is_blocking=False, said="advisory until 2025-12-31"),
        reach=Reach(
            functions=5, mutated=2, left_out=(("decorated", 2), ("under a condition", 1)), lines=9, mutated_lines=4
        ),
    )
