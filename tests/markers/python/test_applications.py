"""Marks that tests get: spelled, under other names, in other modules."""

from __future__ import annotations

import pytest

from noxtasks.markers.model import Use
from noxtasks.markers.python import PythonReading, read

IMPORT = "import pytest\n"


def reading(source: str, **others: str) -> PythonReading:
    """What is read of a test module, and of others by their names."""
    files = {"tests/test_it.py": source.encode()}
    files |= {f"tests/{name}.py": text.encode() for name, text in others.items()}
    return read(files)


def uses(found: PythonReading, marker: str) -> set[Use]:
    return {each.use for each in found.references if each.marker == marker}


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("@pytest.mark.slow\ndef test_a(): ...", id="decorator"),
        pytest.param("@pytest.mark.slow(reason='x')\ndef test_a(): ...", id="decorator with arguments"),
        pytest.param("@pytest.mark.slow\nclass TestA:\n    def test_a(self): ...", id="class"),
        pytest.param("class Base:\n    pytestmark = [pytest.mark.slow]\nclass TestA(Base): ...", id="class attribute"),
        pytest.param("pytestmark = pytest.mark.slow", id="pytestmark"),
        pytest.param("pytestmark: list = [pytest.mark.skip, pytest.mark.slow()]", id="pytestmark with annotation"),
        pytest.param("pytestmark = []\npytestmark += [pytest.mark.slow]", id="pytestmark +="),
        pytest.param("pytestmark = []\npytestmark.append(pytest.mark.slow)", id="pytestmark.append"),
        pytest.param("if 1 > 2:\n    pytestmark = pytest.mark.slow", id="pytestmark under a condition"),
        pytest.param(
            "@pytest.mark.parametrize('a', [pytest.param(1, marks=pytest.mark.slow)])\ndef test_a(a): ...", id="param"
        ),
        pytest.param("CASES = [pytest.param(1, marks=[pytest.mark.slow])]", id="param in a list that nobody uses"),
        pytest.param(
            "def pytest_collection_modifyitems(items):\n    items[0].add_marker('slow')", id="add_marker, text"
        ),
        pytest.param("def pytest_itemcollected(item):\n    item.add_marker(pytest.mark.slow)", id="add_marker, mark"),
        pytest.param("@pytest.fixture\ndef f(request):\n    request.applymarker(pytest.mark.slow)", id="applymarker"),
        pytest.param("def test_a(): ...\ntest_a = pytest.mark.slow(test_a)\ntest_a()", id="called with a function"),
        pytest.param("def test_a(): ...\npytest.mark.slow(test_a)", id="called, result dropped"),
        pytest.param("from pytest import Mark, MarkDecorator\nx = MarkDecorator(Mark('slow', (), {}))", id="Mark"),
        pytest.param("@getattr(pytest.mark, 'slow')\ndef test_a(): ...", id="getattr"),
        pytest.param(
            "def outer():\n    @pytest.mark.slow\n    def test_a(): ...\n    return test_a", id="nested function"
        ),
        pytest.param(
            "import unittest\nclass T(unittest.TestCase):\n    @pytest.mark.slow\n    def test_a(self): ...",
            id="unittest",
        ),
        pytest.param("register(pytest.mark.slow)", id="argument"),
        pytest.param("x = cook(pytest.mark.slow)", id="argument of who knows what"),
        pytest.param("def pytest_x(item):\n    item.own_markers.append(pytest.mark.slow.mark)", id="own_markers"),
        pytest.param("def pytest_x(item):\n    item.keywords['slow'] = True", id="keywords"),
        # the many names of pytest.mark
        pytest.param("import pytest as pt\n@pt.mark.slow\ndef test_a(): ...", id="import as"),
        pytest.param("from pytest import mark\n@mark.slow\ndef test_a(): ...", id="from import"),
        pytest.param("from pytest import mark as m\n@m.slow\ndef test_a(): ...", id="from import as"),
        pytest.param("import py.test\n@py.test.mark.slow\ndef test_a(): ...", id="py.test"),
        pytest.param("mark = pytest.mark\n@mark.slow\ndef test_a(): ...", id="assigned"),
        pytest.param("m = pytest.mark\nn = m\n@n.slow\ndef test_a(): ...", id="assigned twice"),
        pytest.param("from _pytest.mark import MARK_GEN\n@MARK_GEN.slow\ndef test_a(): ...", id="MARK_GEN"),
        pytest.param(
            "import importlib\n@importlib.import_module('pytest').mark.slow\ndef t(): ...", id="import_module"
        ),
        pytest.param("from compat import marks as m\n@m.slow\ndef test_a(): ...", id="passed on by another module"),
        pytest.param("from compat import *\n@marks.slow\ndef test_a(): ...", id="passed on by import *"),
        pytest.param("from elsewhere import testing\n@testing.mark.slow\ndef test_a(): ...", id="unknown library"),
    ],
)
def test_a_mark_that_a_test_gets_is_applied(source: str) -> None:
    found = reading(IMPORT + source, compat="from pytest import mark as marks\n")
    assert Use.APPLIED in uses(found, "slow"), found.references


@pytest.mark.parametrize(
    ("source", "helpers"),
    [
        pytest.param("slow = pytest.mark.gpu\n@slow\ndef test_a(): ...", "", id="variable"),
        pytest.param("a = pytest.mark.gpu\nb = a\n@b\ndef test_a(): ...", "", id="variable of a variable"),
        pytest.param("ALL = [pytest.mark.gpu, pytest.mark.x]\npytestmark = ALL", "", id="list"),
        pytest.param("BY = {'a': pytest.mark.gpu}\npytestmark = BY['a']", "", id="dict"),
        pytest.param("BY = {}\nBY['a'] = pytest.mark.gpu\npytestmark = BY['a']", "", id="stored in a dict"),
        pytest.param(
            "class Marks:\n    slow = pytest.mark.gpu\n@Marks.slow\ndef test_a(): ...", "", id="class attribute"
        ),
        pytest.param(
            "def need(f):\n    return pytest.mark.x(pytest.mark.gpu(f))\n@need\ndef test_a(): ...", "", id="function"
        ),
        pytest.param(
            "def need(n):\n    def inner(f):\n        return pytest.mark.gpu(f)\n    return inner\n"
            "@need(1)\ndef test_a(): ...",
            "",
            id="decorator factory",
        ),
        pytest.param("need = lambda f: pytest.mark.gpu(f)\n@need\ndef test_a(): ...", "", id="lambda"),
        pytest.param(
            "import functools\nn = functools.partial(pytest.mark.gpu, 1)\n@n()\ndef test_a(): ...", "", id="partial"
        ),
        pytest.param(
            "class need:\n    def __call__(self, f):\n        return pytest.mark.gpu(f)\n@need()\ndef test_a(): ...",
            "",
            id="class that is called",
        ),
        pytest.param("from helpers import slow\n@slow\ndef test_a(): ...", "slow = pytest.mark.gpu", id="import"),
        pytest.param(
            "from .helpers import slow as s\n@s\ndef test_a(): ...", "slow = pytest.mark.gpu", id="relative import as"
        ),
        pytest.param("from tests.helpers import *\n@slow\ndef test_a(): ...", "slow = pytest.mark.gpu", id="import *"),
        pytest.param("import tests.helpers\n@tests.helpers.slow\ndef t(): ...", "slow = pytest.mark.gpu", id="module"),
        pytest.param("from tests import helpers as h\n@h.slow\ndef t(): ...", "slow = pytest.mark.gpu", id="module as"),
        pytest.param("from passing import slow\n@slow\ndef t(): ...", "slow = pytest.mark.gpu", id="re-export"),
        pytest.param("from stars import *\n@slow\ndef t(): ...", "slow = pytest.mark.gpu", id="import * of import *"),
        pytest.param("import stars\n@stars.slow\ndef t(): ...", "slow = pytest.mark.gpu", id="module with import *"),
        pytest.param(
            "import helpers\nh = helpers\n@h.slow\ndef t(): ...", "slow = pytest.mark.gpu", id="module, renamed"
        ),
        pytest.param("from passing import later\n@later\ndef t(): ...", "slow = pytest.mark.gpu", id="re-export as"),
        pytest.param(
            "from helpers import M\n@M.slow\ndef t(): ...",
            "class M:\n    slow = pytest.mark.gpu",
            id="class of a module",
        ),
        pytest.param(
            "def t(): ...\nfrom helpers import need\nt = need(t)",
            "def need(f):\n    return pytest.mark.gpu(f)",
            id="called",
        ),
    ],
)
def test_a_mark_under_another_name_is_applied_where_the_name_stands(source: str, helpers: str) -> None:
    passing = "from helpers import slow, slow as later\n__all__ = ['slow']\n"
    found = reading(IMPORT + source, helpers=IMPORT + helpers, passing=passing, stars="from helpers import *\n")
    applied = [each for each in found.references if each.marker == "gpu" and each.use is Use.APPLIED]
    assert any("alias" in each.how and not each.how.startswith("defines") for each in applied), found.references
    assert {each.path for each in applied} <= {"tests/test_it.py", "tests/helpers.py"}


@pytest.mark.parametrize(
    ("source", "other"),
    [
        pytest.param("slow = pytest.mark.gpu", "", id="nowhere"),
        pytest.param("slow = pytest.mark.gpu\n__all__ = ['slow']", "", id="exported"),
        pytest.param("slow = pytest.mark.gpu", "from test_it import slow\n", id="imported, not used"),
        pytest.param("slow = pytest.mark.gpu", "from test_it import *\n", id="imported by *, not used"),
        pytest.param("slow = pytest.mark.gpu", "from elsewhere import slow\nslow()\n", id="another of the same name"),
        pytest.param("def need(f):\n    return pytest.mark.gpu(f)", "", id="function"),
        pytest.param("slow = pytest.mark.gpu\nfast = [slow]", "", id="in another name, not used either"),
    ],
)
def test_a_mark_whose_other_name_stands_nowhere_is_only_an_alias(source: str, other: str) -> None:
    assert uses(reading(IMPORT + source, other=other), "gpu") == {Use.ALIASED}


def test_what_a_method_gives_may_be_all_marks() -> None:
    plugin = (
        "import pytest\nclass Functions:\n    @property\n    def add_marker_to(self):\n        return pytest.mark\n"
    )
    found = reading("import testing\n@testing.add_marker_to.slow\nclass TestA: ...\n", plugin=plugin)
    assert uses(found, "slow") == {Use.APPLIED}


def test_an_alias_that_a_string_names_is_possibly_used() -> None:
    found = reading(
        "import pytest\nimport marks\nx = getattr(marks, 'need')\n", marks=IMPORT + "need = pytest.mark.gpu\n"
    )
    assert uses(found, "gpu") == {Use.ALIASED, Use.POSSIBLE}


@pytest.mark.parametrize(
    "name", ["parametrize", "skip", "skipif", "xfail", "usefixtures", "filterwarnings", "tryfirst"]
)
def test_marks_of_pytest_itself_are_left_out(name: str) -> None:
    assert reading(f"{IMPORT}@pytest.mark.{name}('x')\ndef test_a(x): ...").references == ()


def test_attributes_of_mark_objects_are_no_markers() -> None:
    source = (
        "def pytest_x(item):\n    for mark in item.iter_markers():\n        print(mark.name, mark.args, mark.kwargs)\n"
    )
    assert reading(source).references == ()


def test_the_line_and_the_way_of_a_use_are_told() -> None:
    (reference,) = reading("import pytest\n\n@pytest.mark.slow\ndef test_a(): ...\n").references
    assert (reference.path, reference.line, reference.how) == ("tests/test_it.py", 3, "decorator")


@pytest.mark.parametrize("source", ["import _pytest\n_pytest.mark.slow(f)", "from _pytest import mark\nmark.slow(f)"])
def test_the_module_that_defines_marks_has_none(source: str) -> None:
    assert read({"conftest.py": source.encode()}).references == ()
