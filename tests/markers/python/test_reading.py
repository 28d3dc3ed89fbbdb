"""Files of every kind: nothing stops the reading, and no marker that is spelled is lost."""

from __future__ import annotations

import ast
import keyword

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noxtasks.markers.model import BUILTIN, Use
from noxtasks.markers.python import read

MARKED = "import pytest\n@pytest.mark.slow\ndef test_a(): ...\n"


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"\0mark.slow\0", id="null bytes"),
        pytest.param(b"\xff\xfe mark.slow", id="no text"),
        pytest.param(b"# -*- coding: no-such-codec -*-\nmark.slow\n", id="unknown encoding"),
        pytest.param(b"x = mark.slow" + b"(" * 5000, id="not closed"),
        pytest.param(b"x = mark.slow + " + b"-" * 20000 + b"1", id="nested signs"),
        pytest.param(b"x = mark.slow\ny = " + b"+".join([b"1"] * 20000), id="long sum"),
        pytest.param(b"x = mark.slow\ny = x" + b".a" * 900, id="long chain"),
        pytest.param(b"x = mark.slow\nx" + b"()" * 800, id="calls of calls"),
        pytest.param(b"mark.slow\nDATA = [" + b"'abc', " * 300_000 + b"]", id="much data"),
    ],
)
def test_any_file_is_read(data: bytes) -> None:
    found = read({"odd.py": data, "test_a.py": MARKED.encode()})
    assert "test_a.py" in {each.path for each in found.references if each.marker == "slow"}


@pytest.mark.parametrize(
    ("data", "line"),
    [
        pytest.param("print 'x'\n@pytest.mark.old\ndef test_a(): pass\n", 2, id="Python 2"),
        pytest.param("{{ header }}\n\n@pytest.mark.old\ndef test_{{ name }}(): ...\n", 3, id="template"),
    ],
)
def test_a_file_that_cannot_be_parsed_is_told_and_its_marks_are_possible(data: str, line: int) -> None:
    found = read({"old.py": data.encode()})
    assert found.unread == ("old.py",)
    assert [(each.marker, each.line, each.use) for each in found.references] == [("old", line, Use.POSSIBLE)]


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"\xef\xbb\xbf" + MARKED.encode(), id="byte order mark"),
        pytest.param(b"# coding: latin-1\nx = '\xe9'\n" + MARKED.encode(), id="declared encoding"),
        pytest.param(MARKED.replace("\n", "\r\n").encode(), id="Windows"),
    ],
)
def test_encodings_are_heeded(data: bytes) -> None:
    found = read({"test_a.py": data})
    assert [(each.marker, each.use) for each in found.references] == [("slow", Use.APPLIED)]


def test_code_in_strings_is_possible_and_prose_is_only_mentioned() -> None:
    source = '''"""Docs: pytest.mark.documented."""
# see pytest.mark.commented
def test_it(pytester):
    """Uses mark.described."""
    pytester.makepyfile("""
        @pytest.mark.inner
        def test_a(): ...
    """)
'''
    found = read({"test_a.py": source.encode()})
    assert {(each.marker, each.use, each.line) for each in found.references} == {
        ("documented", Use.MENTIONED, 1),
        ("commented", Use.MENTIONED, 2),
        ("described", Use.MENTIONED, 4),
        ("inner", Use.POSSIBLE, 6),
    }


def test_a_string_like_an_expression_may_be_one() -> None:
    found = read({"a.py": b"import pytest\nONLY = 'not slow and db'\nx = 'not a sentence'\n"})
    assert {(each.marker, each.use, each.line) for each in found.references} == {
        ("slow", Use.POSSIBLE, 2),
        ("db", Use.POSSIBLE, 2),
    }


def test_strings_that_look_like_names_are_kept_with_their_places() -> None:
    found = read({"a.py": b"x = ['slow', 'not a name', 'fast']\n", "b.py": b"\ny = 'slow'\n"})
    assert found.strings == {"fast": (("a.py", 1),), "slow": (("a.py", 1), ("b.py", 2))}


def test_what_functions_give_from_a_circle_of_imports_is_unknown() -> None:
    source = (
        "from a import make\n"
        "def pytest_itemcollected(item):\n"
        "    item.add_marker(make())\n"
        "    item.add_marker(make(1))\n"
        "    for name in ('slow', 'fast'):\n"
        "        item.add_marker(name)\n"
    )
    others = {"a.py": b"from b import NAME\ndef make():\n    return NAME\n", "b.py": b"from a import NAME\n"}
    found = read({"conftest.py": source.encode()} | others)
    assert found.unread == ()
    assert {each.patterns for each in found.sites} == {(".*",)}
    assert {each.marker for each in found.references} == {"slow", "fast"}


def test_imports_in_a_circle_end() -> None:
    files = {
        "a.py": b"from b import *\nfrom b import m\n@m.slow\ndef f(): ...\n",
        "b.py": b"from a import *\nfrom a import m\n",
    }
    assert read(files).unread == ()


NAMES = st.from_regex(r"[a-z][a-z0-9_]{0,8}", fullmatch=True).filter(
    lambda name: not keyword.iskeyword(name) and name not in BUILTIN
)
EXPRESSIONS = st.recursive(
    NAMES.map("pytest.mark.{}".format),
    lambda inner: st.one_of(
        inner.map("{}(1)".format),
        inner.map("[{}]".format),
        inner.map("{{'a': {}}}".format),
        inner.map("f({})".format),
        inner.map("(lambda x: {})".format),
        inner.map("({} if x else y)".format),
        inner.map("[{} for x in y]".format),
        inner.map("pytest.param(1, marks={})".format),
        st.tuples(inner, inner).map(lambda two: f"({two[0]}, *{two[1]})"),
        st.tuples(inner, inner).map(lambda two: f"{two[0]}({two[1]})"),
    ),
    max_leaves=5,
)
STATEMENTS = st.sampled_from(
    [
        "{}",
        "v = {}",
        "v = w = {}",
        "v.a = {}",
        "v[0] = {}",
        "v += {}",
        "pytestmark = {}",
        "def g():\n    return {}",
        "def g(a={}): ...",
        "class C:\n    v = {}",
        "@({})\ndef g(): ...",
        "for v in {}: ...",
        "if {}: ...",
        "with {} as v: ...",
        "assert {}",
        "async def g():\n    yield {}",
        "v: {} = 1",
        "del v[{}]",
        "raise v({})",
        "match {}:\n    case _: ...",
    ]
)


@given(st.lists(st.tuples(STATEMENTS, EXPRESSIONS), min_size=1, max_size=4))
def test_every_mark_that_is_spelled_is_in_some_reference(parts: list[tuple[str, str]]) -> None:
    """A marker in use must never look unused."""
    source = "import pytest\n" + "\n".join(statement.format(expression) for statement, expression in parts)
    spelled = {
        (node.attr, node.lineno)
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Attribute) and node.value.attr == "mark"
    }
    assert spelled <= {(each.marker, each.line) for each in read({"a.py": source.encode()}).references}
