"""Where a tier would gain most is told by what its metric counts."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noxtasks.ladder import gains
from noxtasks.ladder.model import Counts, Coverage, File, Function, Level, Measured, Metric, Name, Tier
from noxtasks.stats import Interval, Judgement, Verdict


def a_function(name: str, line: int, lines: tuple[int, int], branches: tuple[int, int] = (0, 0)) -> Function:
    return Function(
        name=name,
        first_line=line,
        lines=Counts(covered=lines[0], total=lines[1]),
        branches=Counts(covered=branches[0], total=branches[1]),
    )


def a_file(path: str, *functions: Function, missing: tuple[int, ...] = ()) -> File:
    lines = sum((each.lines for each in functions), Counts())
    branches = sum((each.branches for each in functions), Counts())
    return File(path=path, lines=lines, branches=branches, missing=missing, functions=functions)


def measured(*files: File, metric: Metric = Metric.LINE, target: float = 0.7) -> Measured:
    lines = sum((each.lines for each in files), Counts())
    branches = sum((each.branches for each in files), Counts())
    tier = Tier(name=Name.UNIT, scope=(), metric=metric, target=target, level=Level.BLOCKING)
    figure = lines.share
    judgement = Judgement(
        verdict=Verdict.PASS,
        figure=figure,
        interval=Interval(low=0, high=1),
        sample=1,
        threshold=target,
        reason="x",
    )
    coverage = Coverage(lines=lines, branches=branches, files=files)
    return Measured(tier=tier, tests=1, failed=(), coverage=coverage, edges=None, judgement=judgement)


CART = a_file(
    "shop/cart.py",
    a_function("", 1, (4, 5)),
    a_function("Cart.total", 9, (0, 6), (0, 8)),
    a_function("Cart.add", 3, (3, 3), (1, 4)),
)
TILL = a_file("shop/till.py", a_function("pay", 2, (0, 6), (0, 2)))


@pytest.mark.parametrize(
    ("metric", "expected"),
    [
        (Metric.LINE, [("Cart.total", 6, 6 / 20), ("pay", 6, 6 / 20), ("", 1, 1 / 20)]),
        (Metric.BRANCH, [("Cart.total", 8, 8 / 14), ("Cart.add", 3, 3 / 14), ("pay", 2, 2 / 14)]),
        (Metric.COMBINED, [("Cart.total", 14, 14 / 34), ("pay", 8, 8 / 34), ("Cart.add", 3, 3 / 34), ("", 1, 1 / 34)]),
    ],
)
def test_the_best_gain_comes_first(metric: Metric, expected: list[tuple[str, int, float]]) -> None:
    found = gains.of(measured(TILL, CART, metric=metric))
    assert [(each.function, each.missing, each.rise) for each in found] == expected


def test_so_many_are_told_and_files_have_what_all_their_functions_have() -> None:
    found = gains.of(measured(CART, TILL), most=None)
    assert gains.of(measured(CART, TILL), most=1) == found[:1]
    assert [(each.path, each.missing, each.line) for each in gains.by_file(found)] == [
        ("shop/cart.py", 7, 1),
        ("shop/till.py", 6, 2),
    ]


def test_without_functions_a_file_is_one() -> None:
    file = File(path="a.py", lines=Counts(covered=1, total=4), branches=Counts(), missing=(7, 8, 9), functions=())
    (found,) = gains.of(measured(file))
    assert (found.function, found.line, found.missing) == ("", 7, 3)


def test_what_is_unmeasured_has_no_gains() -> None:
    nothing = Measured(
        tier=measured(CART).tier, tests=0, failed=(), coverage=None, edges=None, judgement=measured().judgement
    )
    assert (gains.of(nothing), gains.lacking(nothing)) == ((), None)
    assert gains.lacking(measured()) is None


@pytest.mark.parametrize(
    ("covered", "total", "target", "more"), [(7, 10, 0.7, 0), (6, 10, 0.7, 1), (0, 3, 0.7, 3), (0, 10, 0.1, 1)]
)
def test_what_a_tier_lacks_is_what_brings_it_to_its_target(covered: int, total: int, target: float, more: int) -> None:
    assert gains.lacking(measured(a_file("a.py", a_function("", 1, (covered, total))), target=target)) == more


FUNCTIONS = st.builds(
    lambda number, total, share: a_function(f"f{number}", number, (round(total * share), total)),
    st.integers(1, 99),
    st.integers(0, 30),
    st.floats(0, 1),
)


@given(st.lists(st.lists(FUNCTIONS, max_size=5), max_size=5))
def test_all_gains_together_are_all_that_is_missing(files: list[list[Function]]) -> None:
    tier = measured(*(a_file(f"{number}.py", *each) for number, each in enumerate(files)))
    found = gains.of(tier, most=None)
    assert tier.coverage
    missing = tier.coverage.lines.total - tier.coverage.lines.covered
    assert sum(each.missing for each in found) == sum(each.missing for each in gains.by_file(found)) == missing
    assert [each.missing for each in found] == sorted((each.missing for each in found), reverse=True)
    assert max(Counter(each.path for each in gains.by_file(found)).values(), default=0) <= 1
    if tier.figure is not None:
        assert tier.figure + sum(each.rise for each in found) == pytest.approx(1)
        lacking = gains.lacking(tier)
        assert lacking is not None
        assert (tier.coverage.lines.covered + lacking) / tier.coverage.lines.total >= tier.tier.target
