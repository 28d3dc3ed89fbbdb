"""Names of cells, and the ids of tests that are one test under several names."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noxtasks.errors import ConfigurationError
from noxtasks.matrix import names
from tests.matrix.conftest import cell


@pytest.mark.parametrize(
    ("told", "name"),
    [
        (("Linux", "x86_64", "CPython", "3.12"), "linux-3.12"),
        (("Windows", "AMD64", "cpython", "3.13t"), "windows-3.13t"),
        (("Darwin", "arm64", "", "3.13"), "macos-arm64-3.13"),
        (("linux", "aarch64", "PyPy", "3.10"), "linux-arm64-pypy-3.10"),
        (("win32", "", "cpython", "3.9"), "windows-3.9"),
        (("CYGWIN_NT-10.0", "", "cpython", "3.9"), "cygwin_nt_10_0-3.9"),
    ],
)
def test_a_cell_is_named_by_system_and_interpreter(told: tuple[str, str, str, str], name: str) -> None:
    system, machine, implementation, python = told
    found = names.cell(system=system, machine=machine, implementation=implementation, python=python)
    assert found.name == name
    assert names.parts(name) is not None


def test_all_that_is_wrong_with_a_cell_is_told_at_once() -> None:
    with pytest.raises(ConfigurationError, match=r"(?s)which system.*'.venv' is no version"):
        names.cell(system=None, machine="", implementation="cpython", python=".venv")


@pytest.mark.parametrize(
    ("expected", "found", "is_it"),
    [
        ("macos-3.13", "macos-arm64-3.13", True),
        ("macos-arm64-3.13", "macos-3.13", False),
        ("linux-3.12", "linux-3.12", True),
        ("linux-3.12", "linux-3.12t", False),
        ("linux-3.1", "linux-3.12", False),
        ("linux-3.10", "linux-pypy-3.10", False),
        ("linux-pypy-3.10", "linux-arm64-pypy-3.10", True),
    ],
)
def test_an_expected_cell_may_be_on_any_machine_and_on_no_other_interpreter(
    expected: str, found: str, is_it: bool
) -> None:
    assert names.is_meant(expected, found) is is_it


def test_ids_that_differ_in_separators_and_drive_letters_are_one_test() -> None:
    found = names.aligned(
        {
            "linux": ["tests/a.py::test[/tmp/x]", "tests/a.py::test_b"],
            "windows": ["tests\\a.py::test[D:\\\\tmp\\\\x]", "tests\\a.py::test_b"],
        }
    )
    assert set(found["windows"].values()) == {"tests/a.py::test[/tmp/x]", "tests/a.py::test_b"}
    assert set(found["linux"].values()) == set(found["windows"].values())


def test_two_tests_of_one_cell_are_never_taken_for_one() -> None:
    ids = ["a.py::t[x/y]", r"a.py::t[x\\y]"]
    found = names.aligned({"linux": ids, "windows": ids, "macos": ids[:1]})
    assert set(found["windows"].values()) == set(ids)
    assert set(found["macos"].values()) == {ids[0]}


_IDS = st.sets(st.text("ab/\\:C", min_size=1, max_size=8).map("t.py::f[{}]".format), max_size=6)


@given(st.dictionaries(st.sampled_from(["linux", "windows", "macos"]), _IDS, min_size=1))
def test_no_test_of_a_cell_is_lost(ids: dict[str, set[str]]) -> None:
    found = names.aligned(ids)
    for name, tests in ids.items():
        assert set(found[name]) == tests
        assert len(set(found[name].values())) == len(tests)


def test_the_usual_machine_goes_without_saying() -> None:
    assert cell("linux", machine="").name == "linux-3.12"
