from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from noxtasks.suite.requirement_tables import requirement, requirements, specifier


@pytest.mark.parametrize(
    ("constraint", "expected"),
    [  # the tables of https://python-poetry.org/docs/dependency-specification/
        ("^1.2.3", ">=1.2.3,<2"),
        ("^1.2", ">=1.2,<2"),
        ("^1", ">=1,<2"),
        ("^0.2.3", ">=0.2.3,<0.3"),
        ("^0.0.3", ">=0.0.3,<0.0.4"),
        ("^0.0", ">=0.0,<0.1"),
        ("^0", ">=0,<1"),
        ("~1.2.3", ">=1.2.3,<1.3"),
        ("~1.2", ">=1.2,<1.3"),
        ("~1", ">=1,<2"),
        ("*", ""),
        ("1.2.*", "==1.2.*"),
        ("1.2", "==1.2"),
        (">=1.2, <1.5", ">=1.2,<1.5"),
        ("~=1.2", "~=1.2"),
        ("^1.2 || ^2.0", ""),
    ],
)
def test_poetrys_constraints_are_what_its_manual_says(constraint: str, expected: str) -> None:
    assert specifier(constraint) == expected


@given(operator=st.sampled_from("^~"), parts=st.lists(st.integers(0, 50), min_size=1, max_size=4))
def test_a_caret_or_tilde_allows_its_own_version_and_not_the_next_major(operator: str, parts: list[int]) -> None:
    version = ".".join(map(str, parts))
    allowed = SpecifierSet(specifier(f"{operator}{version}"))
    assert Version(version) in allowed
    assert Version(f"{parts[0] + 1}.0") not in allowed


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ("^7", "pytest>=7,<8"),
        ({"version": ">=1", "extras": ["a", "b"]}, "pytest[a,b]>=1"),
        ({"version": "*", "python": "<3.12"}, 'pytest ; (python_version < "3.12")'),
        ({"version": "*", "markers": "os_name == 'nt'", "python": ">=3.9"}, None),
        ({"git": "https://example.org/x.git", "tag": "v1"}, "pytest @ git+https://example.org/x.git@v1"),
        ({"url": "https://example.org/x.whl"}, "pytest @ https://example.org/x.whl"),
    ],
)
def test_an_entry_is_a_requirement_that_pip_reads(entry: Any, expected: str | None) -> None:
    text = requirement("pytest", entry)
    assert text is not None
    assert Requirement(text).name == "pytest"
    if expected is not None:
        assert text == expected


def test_what_pip_cannot_be_told_is_named_and_the_interpreter_is_no_requirement() -> None:
    table = {"python": "^3.9", "here": {"path": "../here"}, "many": [{"version": "1"}, {"version": "2"}]}
    assert requirements(table) == (("many==1", "many==2"), ("here",))
