"""The search on functions whose mutants are known: what it finds holds, and what it must not do is not done."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from noxtasks.mutation.learning import told_apart
from noxtasks.mutation.learning.lessons import Told, changed_lines
from noxtasks.mutation.making import mutmut
from noxtasks.mutation.model import Baseline, Mutant
from noxtasks.suite.launch import Suite
from noxtasks.suite.sources import Source, Sources

pytestmark = [
    pytest.mark.functional,
    pytest.mark.skipif(not hasattr(os, "fork"), reason="without forks there is no search"),
]

SHOP = """
import os, random


class Cart:
    def __init__(self, limit):
        self.limit = limit
        self.prices = []

    def __repr__(self):
        return "a cart"

    def add(self, price):
        if price > self.limit:
            raise ValueError("too dear")
        self.prices.append(price)

    @classmethod
    def small(cls, limit=3):
        return cls(limit)

    @staticmethod
    def rounded(price):
        return price // 10


def is_dear(price):
    return price > 100


def slug(text, sep="-", upper=False):
    return (text.upper() if upper else text.lower()).replace(" ", sep)


def each(prices):
    for price in prices:
        yield price + 1


async def later(price):
    return price + 1


def clean(path, times=0):
    if times > 0:
        os.remove(path)
    return times


def chance(price):
    return price + random.random()


def endless(price):
    while price > 5:
        price = price + 0
    return price


def opaque(cart):
    return cart.limit > 7
"""
TESTS = """
import asyncio
from shop import *
from pathlib import Path


def test_all():
    cart = Cart(5)
    cart.add(1)
    Cart.small()
    Cart.rounded(5)
    is_dear(5)
    slug("A b")
    list(each([1]))
    asyncio.run(later(3))
    clean(str(Path(__file__).parent / "victim"))
    chance(3)
    endless(4)
    opaque(cart)
"""


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("shop")
    (root / "shop.py").write_text(SHOP)
    (root / "test_shop.py").write_text(TESTS)
    (root / "victim").write_text("alive")
    return root


@pytest.fixture(scope="module")
def found(
    root: Path, python: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[told_apart.Answer, dict[tuple[str, str], Mutant], str]:
    scratch = tmp_path_factory.mktemp("scratch")
    suite = Suite(root=root, python=python, entries=(root,), mutated=("shop",), pytest_args=("-p", "no:randomly"))
    sources = Sources(files=(Source(path="shop.py", module="shop"),), entries=(".",), found_by="")
    made = mutmut.instrument(suite, sources, scratch)
    test = "test_shop.py::test_all"
    baseline = Baseline(
        durations_s={test: 0.01},
        left_out=(),
        covering={mutant.key: (test,) for mutant in made.mutants},
        at_import=frozenset(),
    )
    mutants = {(mutant.function, changed_lines(mutant)[-1][2:]): mutant for mutant in made.mutants}
    return told_apart.find(suite, made.mutants, baseline, scratch, scan_cpu_s=200.0, left_s=24), mutants, str(root)


def told(found: tuple[told_apart.Answer, dict[tuple[str, str], Mutant], str], function: str, line: str) -> Told | None:
    answer, mutants, _ = found
    assert answer.notes == ()
    return answer.told.get(mutants[function, line].id)


@pytest.mark.parametrize(
    ("function", "line", "call", "original", "mutated"),
    [
        ("is_dear", "return price >= 100", "is_dear(100)", "returns False", "returns True"),
        ("is_dear", "return price > 101", "is_dear(101)", "returns True", "returns False"),
        ("slug", 'def slug(text, sep="-", upper=True):', "slug('A')", "returns 'a'", "returns 'A'"),
        ("slug", 'def slug(text, sep="XX-XX", upper=False):', "slug(' ')", "returns '-'", "returns 'XX-XX'"),
        ("each", "yield price + 2", "each([1])", "yields [2]", "yields [3]"),
        ("later", "return price + 2", "later(3)", "returns 4", "returns 5"),
        (
            "Cart.__init__",
            "self.prices = None",
            "Cart(0)",
            "returns a cart with prices []",
            "returns a cart with prices None",
        ),
        (
            "Cart.small",
            "def small(cls, limit=4):",
            "Cart.small()",
            "returns a cart with limit 3",
            "returns a cart with limit 4",
        ),
        ("Cart.rounded", "return price / 10", "Cart.rounded(2)", "returns 0", "returns 0.2"),
        (
            "Cart.add",
            "self.prices.append(None)",
            "Cart(5).add(1)",
            "returns None, and leaves cart.prices as [1]",
            "returns None, and leaves cart.prices as [None]",
        ),
        (
            "Cart.add",
            'raise ValueError("TOO DEAR")',
            "Cart(0).add(1)",
            "raises ValueError: too dear",
            "raises ValueError: TOO DEAR",
        ),
    ],
)
def test_the_call_that_tells_them_apart_is_found(  # noqa: PLR0917 - pytest gives them by name
    found: tuple[told_apart.Answer, dict[tuple[str, str], Mutant], str],
    function: str,
    line: str,
    call: str,
    original: str,
    mutated: str,
) -> None:
    answer = told(found, function, line)
    assert answer is not None
    assert (answer.call, answer.original, answer.mutated) == (call, original, mutated)


def test_every_test_that_is_written_passes_on_the_original_and_fails_on_its_mutant(
    found: tuple[told_apart.Answer, dict[tuple[str, str], Mutant], str], tmp_path: Path
) -> None:
    answer, mutants, root = found
    names = {mutant.id: mutant.name for mutant in mutants.values()}
    whole = {names[key]: one.test for key, one in answer.told.items() if one.test}
    assert len(whole) > 15
    for number, test in enumerate(whole.values()):
        (tmp_path / f"test_{number}.py").write_text(test)

    def failed(mutant: str) -> str:
        env = {**os.environ, "PYTHONPATH": root, "MUTANT_UNDER_TEST": mutant}
        argv = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:randomly", "--no-header"]
        return subprocess.run(argv, cwd=tmp_path, env=env, capture_output=True, text=True, check=False).stdout

    assert f"{len(whole)} passed" in failed("")
    for number, name in list(enumerate(whole))[::5]:
        assert f"FAILED test_{number}.py" in failed(name)


@pytest.mark.parametrize(
    ("function", "line"),
    [
        ("chance", "return price - random.random()"),
        ("endless", "price = price - 0"),
        ("clean", "os.remove(None)"),
    ],
)
def test_what_is_left_to_chance_never_ends_or_does_harm_gives_no_answer(
    found: tuple[told_apart.Answer, dict[tuple[str, str], Mutant], str], function: str, line: str
) -> None:
    assert told(found, function, line) is None


def test_the_search_removes_nothing(
    found: tuple[told_apart.Answer, dict[tuple[str, str], Mutant], str], root: Path
) -> None:
    answer = told(found, "clean", "if times >= 0:")
    assert answer is None or "victim" not in answer.call, "there it would remove the file"
    assert (root / "victim").read_text() == "alive"


def test_without_time_nothing_is_searched(root: Path, python: Path, tmp_path: Path) -> None:
    mutant = Mutant(
        path="shop.py", line=1, id="1", name="shop.x_f__mutmut_1", function="f", operator="", before="", after=""
    )
    baseline = Baseline(durations_s={}, left_out=(), covering={}, at_import=frozenset())
    suite = Suite(root=root, python=python)
    assert told_apart.find(suite, [mutant], baseline, tmp_path, scan_cpu_s=0.0, left_s=1).notes
    assert told_apart.find(suite, [], baseline, tmp_path, scan_cpu_s=0.0) == told_apart.Answer()


def test_a_search_takes_a_small_part_of_what_the_scan_took() -> None:
    assert told_apart.most_cpu_s(0.0) == 0.5
    assert told_apart.most_cpu_s(200.0) == 10.0


def test_a_search_that_cannot_start_is_a_note_and_no_error(root: Path, tmp_path: Path) -> None:
    mutant = Mutant(
        path="shop.py", line=1, id="1", name="shop.x_f__mutmut_1", function="f", operator="", before="", after=""
    )
    baseline = Baseline(durations_s={}, left_out=(), covering={}, at_import=frozenset())
    answer = told_apart.find(
        Suite(root=root, python=tmp_path / "nothing"), [mutant], baseline, tmp_path, scan_cpu_s=0.0
    )
    assert answer.told == {}
    assert len(answer.notes) == 1
