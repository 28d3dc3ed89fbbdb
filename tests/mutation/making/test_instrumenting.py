"""Sources of every kind get their mutants, or stay as they were and are told with the reason."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from noxtasks.errors import NotMeasuredError
from noxtasks.mutation.making import mutmut
from noxtasks.mutation.making.mutmut import Instrumented
from noxtasks.suite.launch import Suite
from noxtasks.suite.sources import Source, Sources

pytestmark = pytest.mark.functional

PRICE = "def price():\n    return 1\n"
SOURCES = {
    "plain.py": PRICE.encode(),
    "bom.py": b"\xef\xbb\xbf" + PRICE.encode(),
    "crlf.py": PRICE.replace("\n", "\r\n").encode(),
    "latin.py": ("# coding: latin-1\nNAME = 'é'\n" + PRICE).encode("latin-1"),
    "feed.py": ("import os\n\x0c\n" + PRICE).encode(),
    "future.py": ('"""Doc."""\nfrom __future__ import annotations\n\n' + PRICE).encode(),
    "no_newline.py": PRICE.strip().encode(),
    "long.py": ("def price():\n    return 1" + " + 0" * 120 + "\n").encode(),
    "tables.py": b"ONES = (" + b"1, " * 10 + b")\n",
    "python2.py": b"def price():\n    print 1\n",
    "not_utf8.py": b"NAME = '\xff'\n",
}


def instrumented(root: Path, python: Path, scratch: Path, *paths: str) -> Instrumented:
    found = tuple(Source(path=path, module=path.removesuffix(".py")) for path in paths)
    return mutmut.instrument(
        Suite(root=root, python=python), Sources(files=found, entries=(".",), found_by=""), scratch
    )


def test_whatever_python_reads_is_mutated_and_does_the_same_as_before(tmp_path: Path, python: Path) -> None:
    root, scratch = tmp_path / "root", tmp_path / "scratch"
    root.mkdir()
    scratch.mkdir()
    for name, content in SOURCES.items():
        (root / name).write_bytes(content)
        (root / name).chmod(0o444)
    made = instrumented(root, python, scratch, *SOURCES)
    assert [path for path, _ in made.left_out] == ["python2.py", "not_utf8.py"]
    assert all("SyntaxError" in why for _, why in made.left_out)
    mutated = {name for name in SOURCES if name not in {"tables.py", "python2.py", "not_utf8.py"}}
    assert {mutant.path for mutant in made.mutants} == mutated
    assert {mutant.line for mutant in made.mutants if mutant.path == "feed.py"} == {4}
    assert {path.name for path in root.iterdir()} == set(SOURCES)
    calls = "; ".join(f"import {name.removesuffix('.py')} as m; assert m.price() == 1" for name in sorted(mutated))
    subprocess.run([python, "-c", calls], cwd=root, check=True)


SCOPE = """
import functools

class Cart:
    def __new__(cls):
        return object.__new__(cls)

    def total(self):
        def inner():
            return 1
        return inner()

    @property
    def size(self):
        return 1

    @staticmethod
    def unit():
        return 1

    class Line:
        def price(self):
            return 1

@functools.cache
def cached():
    return 1

if functools:
    def conditional():
        return 1

def nothing():
    pass

def twice():
    return 1

def twice():
    return 2
"""


def test_what_has_no_mutants_is_counted_with_the_reason(tmp_path: Path, python: Path) -> None:
    (tmp_path / "shop.py").write_text(SCOPE)
    made = instrumented(tmp_path, python, tmp_path, "shop.py")
    assert {mutant.function for mutant in made.mutants} == {"Cart.total", "Cart.unit", "twice"}
    assert dict(made.reach.left_out) == {
        "decorated": 2,
        "called __getattribute__, __setattr__ or __new__": 1,
        "in a nested class": 1,
        "under a condition": 1,
        "nothing in it to change": 1,
        "defined again below": 1,
    }
    assert (made.reach.functions, made.reach.mutated) == (10, 3)
    assert (made.reach.lines, made.reach.mutated_lines) == (26, 8)


def test_a_file_that_mutmut_does_not_get_through_keeps_no_other_from_it(
    tmp_path: Path, python: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "sitecustomize.py").write_text(
        "import ast, os\n"
        "parse = ast.parse\n"
        "ast.parse = lambda source, *rest, **more: os.abort() if source == b'ABORT' else parse(source, *rest, **more)\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setattr(mutmut, "_LIMIT_S", 60)
    for name, text in {"a.py": PRICE, "b.py": "ABORT", "c.py": PRICE}.items():
        (tmp_path / name).write_text(text)
    made = instrumented(tmp_path, python, tmp_path, "a.py", "b.py", "c.py")
    assert {mutant.path for mutant in made.mutants} == {"a.py", "c.py"}
    assert [path for path, _ in made.left_out] == ["b.py"]


def test_a_file_that_takes_too_long_is_told(tmp_path: Path, python: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mutmut, "_LIMIT_S", 0.001)
    (tmp_path / "shop.py").write_text(PRICE * 30)
    made = instrumented(tmp_path, python, tmp_path, "shop.py")
    assert made.left_out == (("shop.py", "mutmut does not get through it: it takes more than 0.001 s"),)


def test_a_file_whose_mutants_cannot_be_written_is_not_passed_over(tmp_path: Path, python: Path) -> None:
    root, scratch = tmp_path / "root", tmp_path / "scratch"
    scratch.mkdir()
    (root / "plain.py.mutated").mkdir(parents=True)  # stands where the new content is prepared
    for name in ("other.py", "plain.py"):
        (root / name).write_text(PRICE)
    with pytest.raises(NotMeasuredError, match="mutants cannot be written") as caught:
        instrumented(root, python, scratch, "other.py", "plain.py")
    assert caught.value.where == "plain.py"
