"""Test files that nobody has said how to collect are put together so that one does not keep another from it."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noxtasks.suite.elsewhere import batches


def files(root: Path, *names: str) -> list[str]:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return [str(root / name) for name in names]


def grouped(root: Path, given: list[str]) -> list[tuple[str, list[str]]]:
    return [
        (where, [Path(file).relative_to(root).as_posix() for file in group]) for where, group in batches(root, given)
    ]


def test_what_lies_below_one_folder_of_the_root_is_collected_together(tmp_path: Path) -> None:
    given = files(tmp_path, "b/test_1.py", "a/x/test_2.py", "a/y/test_3.py", "test_4.py")
    assert grouped(tmp_path, given) == [
        (".", ["test_4.py"]),
        ("a", ["a/x/test_2.py", "a/y/test_3.py"]),
        ("b", ["b/test_1.py"]),
    ]


def test_modules_of_one_name_are_kept_apart_unless_packages_tell_them_apart(tmp_path: Path) -> None:
    files(tmp_path, "b/x/__init__.py", "b/y/__init__.py")
    given = files(tmp_path, "a/x/test_it.py", "a/y/test_it.py", "b/x/test_it.py", "b/y/test_it.py")
    assert grouped(tmp_path, given) == [
        ("a", ["a/x/test_it.py"]),
        ("a", ["a/y/test_it.py"]),
        ("b", ["b/x/test_it.py", "b/y/test_it.py"]),
    ]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("pytest.ini", ""),
        ("pytest.toml", "[pytest]"),
        ("pyproject.toml", "[tool.pytest.ini_options]\n"),
        ("pyproject.toml", "[tool.pytest]\n"),
        ("tox.ini", "[pytest]\n"),
        ("setup.cfg", "[tool:pytest]\n"),
    ],
)
def test_a_project_within_the_project_stays_together(tmp_path: Path, name: str, content: str) -> None:
    given = files(tmp_path, "s/one/tests/test_a.py", "s/one/more/test_b.py", "s/two/test_c.py")
    (tmp_path / "s/one" / name).write_text(content)
    (tmp_path / name).write_text(content)
    assert grouped(tmp_path, given) == [
        ("s", ["s/two/test_c.py"]),
        ("s/one", ["s/one/more/test_b.py", "s/one/tests/test_a.py"]),
    ]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("pyproject.toml", "[tool.ruff]\n"),
        ("pyproject.toml", "no toml"),
        ("tox.ini", "[tox]\n"),
        ("setup.cfg", "broken"),
    ],
)
def test_a_file_that_configures_something_else_makes_no_project(tmp_path: Path, name: str, content: str) -> None:
    given = files(tmp_path, "s/one/test_a.py")
    (tmp_path / "s/one" / name).write_text(content)
    assert grouped(tmp_path, given) == [("s", ["s/one/test_a.py"])]


@given(st.sets(st.lists(st.sampled_from("abc"), min_size=1, max_size=4).map(tuple), max_size=60))
def test_each_file_is_collected_once(names: set[tuple[str, ...]]) -> None:
    given = [str(Path("/nowhere", *folders, "test_it.py")) for folders in names]
    assert sorted(file for _, group in batches(Path("/nowhere"), given) for file in group) == sorted(given)
