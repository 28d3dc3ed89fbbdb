"""Where mutmut changes the code, to the column: what is put there instead makes the mutant out of the user's file."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from noxtasks.mutation.making import locating, mutmut
from noxtasks.mutation.model import Mutant
from noxtasks.suite.launch import Suite

pytestmark = pytest.mark.functional

PLAIN = '''\
"""Prices."""
import re


# a comment before the function
def is_dear(price):
    return price > 100


class Cart:
    """With a method of each kind."""

    # before a method
    def total(self, prices, *, rebate=0.1):
        total = (  # brackets around what is changed
            sum(prices)
            + 0
        )
        for price in prices:
            if price < 0 and not rebate:
                break
        return re.sub("é", "x", str(total)) if rebate else "ä€𝄞" + str(total == 1)

    @staticmethod
    def text():
        return """a
  b
"""


def nothing(a, b=None, *args): return a if a else [b, {"k": 1}["k"]]
'''


def text_at(source: str, mutant: Mutant) -> tuple[str, str]:
    """What stands in `source` where the mutant changes it, and the whole with the change."""
    lines = source.split("\n")
    start, end = (
        sum(len(line) + 1 for line in lines[: line - 1]) + column - 1
        for line, column in ((mutant.line, mutant.column), (mutant.end_line, mutant.end_column))
    )
    return source[start:end], source[:start] + mutant.replacement + source[end:]


@pytest.mark.parametrize(
    "source",
    [PLAIN, PLAIN.replace("\n", "\r\n"), PLAIN.replace("\n\n\n", "\n\n\x0c\n"), PLAIN.replace("# before", "# \u2028")],
    ids=["plain", "crlf", "form feeds", "separators"],
)
def test_the_change_at_the_place_makes_the_mutant(tmp_path: Path, python: Path, source: str) -> None:
    root, scratch = tmp_path / "project", tmp_path / "scratch"
    root.mkdir()
    scratch.mkdir()
    (root / "shop.py").write_text(source, "utf-8", newline="")
    sources = locating.locate(root, {"shop.py"}).sources
    made = mutmut.instrument(Suite(root=root, python=python), sources, scratch)
    assert made.left_out == ()
    assert len(made.mutants) > 20
    for mutant in made.mutants:
        _, mutated = text_at(source, mutant)
        compile(mutated, "shop.py", "exec")
        assert mutated != source
        assert re.sub(r"\s+", " ", mutant.after) in re.sub(r"\s+", " ", mutated)
    changes = {(text_at(source, mutant)[0], mutant.replacement) for mutant in made.mutants}
    assert ("> 100", ">= 100") in changes
    assert ("100", "101") in changes
    assert ('"ä€𝄞"', '"XXä€𝄞XX"') in changes
    assert ("break", "return") in changes
    assert ("str(total)", "str(None)") in changes
