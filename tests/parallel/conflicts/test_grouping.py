"""Tests in conflict get one group, as marks in their files, and nothing else changes there."""

from __future__ import annotations

from pathlib import Path

import pytest

from noxtasks.parallel.conflicts.grouping import group, groups, marked
from noxtasks.parallel.conflicts.model import Conflict, Kind, Resource, Standing
from noxtasks.suite import edits

SOURCE = '''\
"""What is sold."""

import pytest


@pytest.mark.parametrize("n", [1, 2])
def test_many(n): pass

class TestShop:
    def test_sells(self): pass   # as it is


@pytest.mark.xdist_group("mine")
def test_grouped(): pass
'''


def conflict(*tests: str, name: str = "/x/shop.db", kind: Kind = Kind.DATABASE) -> Conflict:
    resource = Resource(kind=kind, name=name)
    return Conflict(standing=Standing.PROVEN, resource=resource, tests=tests[:2], sharing=tests)


def test_all_that_share_it_are_marked_and_the_rest_is_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "test_shop.py").write_text(SOURCE)
    found = group([conflict("test_shop.py::test_many[1]", "test_shop.py::TestShop::test_sells")], tmp_path)
    (edit,) = found.edits
    lines = SOURCE.splitlines(keepends=True)
    lines.insert(5, '@pytest.mark.xdist_group("shop.db")\n')
    lines.insert(10, '    @pytest.mark.xdist_group("shop.db")\n')
    assert edit.after.decode() == "".join(lines)
    assert not found.refused
    assert (tmp_path / "test_shop.py").read_text() == SOURCE
    edits.write(tmp_path, found.edits)
    again = group([conflict("test_shop.py::test_many[1]", "test_shop.py::TestShop::test_sells")], tmp_path)
    assert not again.edits
    assert set(again.refused.values()) == {"as it is in a group already"}


def test_what_cannot_be_marked_is_told(tmp_path: Path) -> None:
    (tmp_path / "test_shop.py").write_text(SOURCE)
    (tmp_path / "test_broken.py").write_text("def test_x(:\n")
    tests = ("test_shop.py::test_grouped", "test_shop.py::test_inherited", "test_broken.py::test_x")
    found = group([conflict(*tests)], tmp_path)
    assert not found.edits
    assert set(found.refused) == set(tests)


def test_the_import_that_a_mark_needs_is_added(tmp_path: Path) -> None:
    (tmp_path / "test_a.py").write_text("def test_a(): pass\n")
    (edit,) = group([conflict("test_a.py::test_a", "test_b.py::test_b", name="80/tcp", kind=Kind.PORT)], tmp_path).edits
    assert edit.after == (
        b'import pytest  # for xdist_group\n@pytest.mark.xdist_group("port-80")\ndef test_a(): pass\n'
    )


def test_conflicts_that_have_a_test_in_common_are_one_group() -> None:
    found = groups(
        [conflict("a", "b"), conflict("c", "d", name="/y"), conflict("b", "c", name="/z"), conflict("e", "f")]
    )
    assert len({found[name] for name in "abcd"}) == 1
    assert found["e"] == found["f"] != found["a"]


MARK = "pytest.mark.xdist_group('one')"


@pytest.mark.parametrize(
    ("module", "outer", "inner"),
    [
        (f"pytestmark = {MARK}", "", "pass"),
        ("", f"@{MARK}\n", "pass"),
        ("", "", f"pytestmark: list = [{MARK}]"),
        (f"@{MARK}\nclass TestOther: pass", "", "pass"),
    ],
)
def test_what_is_in_a_group_with_its_class_or_module_stays_there(module: str, outer: str, inner: str) -> None:
    test = "def test_it(self): pass"
    source = f"import pytest\n{module}\n{outer}class TestA:\n    class TestB:\n        {inner}\n        {test}\n"
    after, refused = marked(source.encode(), "test_a.py", {"TestA::TestB::test_it": "other"})
    is_refused = "TestOther" not in module
    assert (after.decode() == source) is is_refused
    assert refused == ({"TestA::TestB::test_it": "as it is in a group already"} if is_refused else {})
