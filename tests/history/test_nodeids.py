"""Node ids rebuilt from the names in JUnit files."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noxtasks.history.nodeids import NodeIds

pytestmark = pytest.mark.functional

NAMES = st.from_regex(r"[a-z_][a-z0-9_]{0,5}", fullmatch=True)
CLASSES = st.from_regex(r"_?[A-Z][a-z0-9_]{0,5}", fullmatch=True)
PARAMETERS = st.one_of(st.just(""), st.text(max_size=8).map(lambda text: f"[{text}]"))


def written(folders: list[str], classes: list[str], name: str) -> tuple[str, str]:
    """Classname and name as pytest writes them."""
    return ".".join([*folders, *classes]), name


def nodeids(*, known: tuple[str, ...] = (), files: tuple[str, ...] = ()) -> NodeIds:
    return NodeIds(known, is_file=lambda path: path in files)


@given(st.lists(NAMES, min_size=1, max_size=4), st.lists(NAMES | CLASSES, max_size=3), NAMES, PARAMETERS)
def test_the_file_attribute_makes_it_exact(parts: list[str], classes: list[str], name: str, parameters: str) -> None:
    file = "/".join(parts) + ".py"
    rebuilt = nodeids().rebuilt(*written(parts, classes, name + parameters), file)
    assert rebuilt == "::".join([file, *classes, name + parameters])


@given(st.lists(NAMES, min_size=1, max_size=4), st.lists(NAMES | CLASSES, max_size=3), NAMES, PARAMETERS)
def test_so_does_a_file_that_exists(parts: list[str], classes: list[str], name: str, parameters: str) -> None:
    file = "/".join(parts) + ".py"
    rebuilt = nodeids(files=(file,)).rebuilt(*written(parts, classes, name + parameters))
    assert rebuilt == "::".join([file, *classes, name + parameters])


@given(st.lists(NAMES, min_size=1, max_size=4), st.lists(NAMES | CLASSES, max_size=3), NAMES, PARAMETERS)
def test_and_a_test_that_the_history_knows(parts: list[str], classes: list[str], name: str, parameters: str) -> None:
    nodeid = "::".join(["/".join(parts) + ".py", *classes, name + parameters])
    assert nodeids(known=(nodeid,)).rebuilt(*written(parts, classes, name + parameters)) == nodeid


@given(st.lists(NAMES, max_size=3), NAMES, st.lists(CLASSES, max_size=3), NAMES, PARAMETERS)
def test_without_any_of_these_pytests_own_names_are_guessed_right(
    folders: list[str], module: str, classes: list[str], name: str, parameters: str
) -> None:
    parts = [*folders, f"test_{module}"]
    rebuilt = nodeids().rebuilt(*written(parts, classes, name + parameters))
    assert rebuilt == "::".join(["/".join(parts) + ".py", *classes, name + parameters])


@pytest.mark.parametrize(
    ("classname", "name", "rebuilt"),
    [
        ("tests.test_a.TestC", "test_x[a/b.c::d[e]]", "tests/test_a.py::TestC::test_x[a/b.c::d[e]]"),
        ("app.tests.TestViews", "test_x", "app/tests.py::TestViews::test_x"),
        ("tests.test_a.describe_it", "works", "tests/test_a.py::describe_it::works"),
        ("pkg.module_test._Private", "test_x", "pkg/module_test.py::_Private::test_x"),
        ("docs.usage.rst", "usage.rst", "docs/usage.rst::usage.rst"),
        ("pkg.module", "pkg.module.function", "pkg/module.py::pkg.module.function"),
        ("Checkout of a basket", "adds tax", "Checkout of a basket::adds tax"),
        ("Feature", "scenario", "Feature::scenario"),
    ],
)
def test_guesses(classname: str, name: str, rebuilt: str) -> None:
    assert nodeids().rebuilt(classname, name) == rebuilt


def test_the_longest_path_that_exists_wins_and_need_not_be_python() -> None:
    project = nodeids(files=("pkg.py", "pkg/sub.py", "pkg/sub/test_a.py", "docs/usage.rst", "one.yaml"))
    assert project.rebuilt("pkg.sub.test_a.TestC", "t") == "pkg/sub/test_a.py::TestC::t"
    assert project.rebuilt("pkg.test_b", "t") == "pkg.py::test_b::t"
    assert project.rebuilt("docs.usage.rst", "usage.rst") == "docs/usage.rst::usage.rst"
    assert project.rebuilt("one.yaml", "t") == "one.yaml::t"


def test_the_file_of_an_inherited_test_does_not_mislead() -> None:
    assert nodeids().rebuilt("tests.test_b.TestChild", "t", "tests/base.py") == "tests/test_b.py::TestChild::t"


def test_a_name_that_two_known_tests_share_is_not_guessed_among_them() -> None:
    known = ("a.b/test_x.py::t", "a/b.test_x.py::t")
    assert nodeids(known=known).rebuilt("a.b.test_x", "t") == "a/b/test_x.py::t"
    assert nodeids(known=known[:1]).rebuilt("a.b.test_x", "t") == "a.b/test_x.py::t"


def test_a_file_named_the_windows_way_is_the_same_file() -> None:
    assert nodeids().rebuilt("tests.test_a", "t", "tests\\test_a.py") == "tests/test_a.py::t"
