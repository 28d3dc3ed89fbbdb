"""Marks are put on tests and taken off again, and nothing else in the file changes."""

from __future__ import annotations

import ast
import textwrap
from datetime import date

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from noxtasks.errors import ConfigurationError
from noxtasks.flake.quarantine import codemod
from noxtasks.flake.quarantine.model import Entry, Store

ENTRY = Entry(
    test="", since=date(2026, 1, 2), expires=date(2026, 2, 1), reason='failed 3 of 9: "é"\n\\', owner="ada", reruns=2
)
NAMES = (
    "test_plain",
    "test_async",
    "test_decorated",
    "test_under_if",
    "TestOuter::test_method",
    "TestOuter::TestInner::test_static",
    "CaseOfUnittest::test_method",
)
SOURCE = '''\
#!/usr/bin/env python
# -*- coding: {encoding} -*-
"""A docstring: é."""
from __future__ import annotations

# a comment
import unittest, sys; import pytest as pt


def test_plain(): pass   # trailing

async def test_async():
	"""A tab."""


# above

@first  # beside
# between
@pt.mark.parametrize(
    "a", [1,
          2])
def test_decorated(a):
    def test_plain(): pass

if sys:
    def test_under_if(): pass
else:
    def test_under_if(): pass

class TestOuter:
    x = 1
    def test_method(self): pass


    class TestInner:
        # above
        @staticmethod
        def test_static(): pass

class CaseOfUnittest(unittest.TestCase):
    def test_method(self): pass

    def test_plain(self): pass
test_made = lambda: None
'''


def source(encoding: str = "utf-8", newline: str = "\n", *, mark: bytes = b"", end: str = "\n") -> bytes:
    text = SOURCE.replace("{encoding}", encoding).rstrip("\n") + end
    return mark + text.replace("\n", newline).encode(encoding)


FORMS = [
    source(),
    source(newline="\r\n"),
    source("latin-1"),
    source("cp1252", "\r\n", end=""),
    source(mark=b"\xef\xbb\xbf"),
    source().replace(b"pytest as pt", b"os"),
    source().replace(b"import pytest as pt", b"from pytest import mark, fixture"),
    source().replace(b'"""A docstring: \xc3\xa9."""\nfrom __future__ import annotations\n', b""),
    source().replace(b"import unittest, sys; import pytest as pt", b"import unittest, sys, pytest"),
]


@pytest.mark.parametrize("content", FORMS)
@settings(max_examples=5, deadline=None)  # each takes tens of milliseconds
@given(names=st.sets(st.sampled_from(NAMES), min_size=1))
def test_what_was_marked_is_as_it_was_when_the_marks_are_taken_off(content: bytes, names: set[str]) -> None:
    change = codemod.marked(content, "a.py", dict.fromkeys(names, ENTRY))
    assert change.refused == {}
    compile(change.content, "a.py", "exec", ast.PyCF_ONLY_AST)
    expected = {msgspec.structs.replace(ENTRY, test=f"a.py::{name}", store=Store.SOURCE) for name in names}
    assert set(codemod.marks(change.content, "a.py")) == expected
    assert codemod.unmarked(change.content, "a.py", names) == content
    only = min(names)
    left = codemod.marks(codemod.unmarked(change.content, "a.py", {only}), "a.py")
    assert {entry.test for entry in left} == {f"a.py::{name}" for name in names - {only}}


@given(st.text(st.characters(codec="utf-8"), min_size=1), st.sampled_from(["utf-8", "latin-1", "ascii"]))
def test_a_mark_can_say_anything(reason: str, encoding: str) -> None:
    entry = Entry(test="", since=date(2026, 1, 2), expires=date(9999, 12, 31), reason=reason)
    content = f"# -*- coding: {encoding} -*-\ndef test_plain(): pass\n".encode()
    change = codemod.marked(content, "a.py", {"test_plain": entry})
    assert [each.reason for each in codemod.marks(change.content, "a.py")] == [reason]


def test_a_mark_is_the_outermost_decorator_but_for_what_pytest_must_see_first() -> None:
    text = codemod.marked(source(), "a.py", dict.fromkeys(NAMES, ENTRY)).content.decode()
    assert "# above\n\n@pt.mark.flaky_quarantine(\n    reason=" in text
    assert ")\n@first  # beside\n# between\n@pt.mark.parametrize(" in text
    assert "        @staticmethod\n        @pt.mark.flaky_quarantine(\n            reason=" in text
    assert text.count("@pt.mark.flaky_quarantine(") == len(NAMES) + 1  # both branches


def test_a_short_mark_takes_one_line() -> None:
    entry = Entry(test="", since=date(2026, 1, 2), expires=date(2026, 2, 1))
    change = codemod.marked(b"def test_a(): pass\n", "a.py", {"test_a": entry})
    assert change.content.decode() == (
        "import pytest  # for flaky_quarantine\n"
        '@pytest.mark.flaky_quarantine(since="2026-01-02", expires="2026-02-01")\n'
        "def test_a(): pass\n"
    )


def test_an_import_that_something_else_uses_by_now_stays() -> None:
    marked = codemod.marked(b"def test_a(): pass\n", "a.py", {"test_a": ENTRY}).content
    used = marked + b"def test_b(): pytest.skip()\n"
    assert codemod.unmarked(used, "a.py", {"test_a"}).startswith(b"import pytest  # for flaky_quarantine\n")
    twice = codemod.marked(marked + b"def test_b(): pass\n", "a.py", {"test_b": ENTRY}).content
    assert twice.count(b"import pytest") == 1
    assert b"import pytest" in codemod.unmarked(twice, "a.py", {"test_a"})
    assert b"import pytest" not in codemod.unmarked(twice, "a.py", {"test_a", "test_b"})


def test_an_import_below_the_test_is_too_late() -> None:
    content = b"def test_a(): pass\nimport pytest\n"
    assert codemod.marked(content, "a.py", {"test_a": ENTRY}).content.startswith(b"import pytest  # for")


INHERITED = b"""
from elsewhere import Base
class TestOwn(Base): pass
class TestBase:
    def test_a(self): pass
class TestHeir(TestBase): pass
test_made = make()
"""


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("TestOwn::test_far", "it is not defined"),
        ("TestHeir::test_a", "it is not defined"),
        ("TestBase::test_a", "TestHeir inherits it"),
        ("test_made", "it is not defined"),
        ("TestBase", "it is not defined"),
        ("a.test_a", "it is not defined"),
    ],
)
def test_what_cannot_be_marked_is_refused_with_the_reason(name: str, why: str) -> None:
    change = codemod.marked(INHERITED, "a.py", {name: ENTRY})
    assert change.content == INHERITED
    assert why in change.refused[name]


def test_marks_that_people_write_are_read() -> None:
    content = textwrap.dedent("""
        import pytest
        from pytest import mark
        @pytest.mark.flaky_quarantine("known", since="2026-01-02")
        class TestA:
            @mark.flaky_quarantine(reason="so " "it is", since="2026-01-02", reruns=3, issue="https://example.org/7")
            def test_a(self): pass
        @pytest.mark.flaky
        def test_b(): pass
    """).encode()
    assert [(each.test, each.reason, each.reruns) for each in codemod.marks(content, "a.py")] == [
        ("a.py::TestA", "known", 0),
        ("a.py::TestA::test_a", "so it is", 3),
    ]
    assert b"flaky_quarantine" not in codemod.unmarked(content, "a.py", {"TestA", "TestA::test_a"})


def test_marks_that_say_nothing_sensible_are_told_with_their_line() -> None:
    content = b"""\
@pytest.mark.flaky_quarantine
def test_a(): pass
@pytest.mark.flaky_quarantine("a", "b", since=SINCE, until="2026-01-02", **more)
def test_b(): pass
"""
    with pytest.raises(ConfigurationError) as caught:
        codemod.marks(content, "tests/a.py")
    said = [str(problem) for problem in caught.value.problems]
    assert said[0].startswith("tests/a.py:1: flaky_quarantine: since: it is missing")
    assert all(each.startswith("tests/a.py:3: flaky_quarantine: ") for each in said[1:])
    assert sum("expected a literal" in each for each in said) == 1
    assert sum("expected one reason and keywords" in each for each in said) == 2


@pytest.mark.parametrize("content", [b"def test_a(:\n", b"# -*- coding: nonsense -*-\nx = 1\n", b"x = '\xff'\n"])
def test_a_file_that_is_not_python_is_told_and_has_no_marks(content: bytes) -> None:
    assert codemod.marks(content, "a.py") == ()
    with pytest.raises(ConfigurationError, match="it is not Python"):
        codemod.marked(content, "a.py", {"test_a": ENTRY})
