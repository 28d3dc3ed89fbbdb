from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from noxtasks.suite import toxini
from noxtasks.suite.toxini import ToxEnvironment, expand


def read(root: Path, text: str, *, name: str = "tox.ini") -> list[ToxEnvironment]:
    (root / name).write_text(text)
    return toxini.read(root, {}, {}, (3, 12))


@pytest.mark.parametrize(
    ("listing", "names"),
    [
        ("py{38,39}-django{3,4}, lint", ["py38-django3", "py38-django4", "py39-django3", "py39-django4", "lint"]),
        ("\npy38\n py39,\n", ["py38", "py39"]),
        ("{py,pypy}3{, -x}", ["py3", "py3-x", "pypy3", "pypy3-x"]),
        ("", []),
    ],
)
def test_a_list_of_environments_is_expanded(listing: str, names: list[str]) -> None:
    assert expand(listing) == names


def test_lines_are_taken_as_they_are_without_comments(tmp_path: Path) -> None:
    (found,) = read(
        tmp_path, "[testenv]\ndeps =\n  # why\n  pytest>=7  # really\n  -r{toxinidir}/needs.txt\n  mock==1\n"
    )
    assert found == ToxEnvironment(where="tox.ini: [testenv]", lines=("pytest>=7", "-r./needs.txt", "mock==1"))


def test_a_value_of_another_section_is_put_in_and_a_circle_ends(tmp_path: Path) -> None:
    text = "[base]\ndeps =\n  pytest\n  {[testenv]deps}\n[testenv]\ndeps =\n  {[base]deps}\n  mock\n"
    (found,) = read(tmp_path, text)
    assert set(found.lines) == {"pytest", "mock"}


@pytest.mark.parametrize(
    ("line", "taken"),
    [
        ("py312: x", True),
        ("py311: x", False),
        ("py{311,312}: x", True),
        ("py311,py312: x", True),
        ("!py311: x", True),
        ("!py312: x", False),
        ("py312-django5: x", True),
        ("py312-django4: x", False),
        ("py312-!django5: x", False),
        ("django5: x", True),
        ("x @ https://example.org/a:b", None),
    ],
)
def test_factors_are_those_of_the_last_environment_for_the_interpreter(
    tmp_path: Path, line: str, taken: bool | None
) -> None:
    text = f"[tox]\nenvlist = py311, py312-django{{4,5}}, docs\n[testenv]\ndeps =\n  {line}\n"
    (found,) = read(tmp_path, text)
    assert found.lines == ((line if taken is None else "x",) if taken is not False else ())


def test_what_only_tox_can_judge_is_named(tmp_path: Path) -> None:
    text = "[testenv]\ndeps =\n  nightly: numpy\n  py27: mock\n  {env:EXTRA}\n  {env:PIN:pytest==8}\n  {posargs}\n"
    (found,) = read(tmp_path, text)
    assert found.lines == ("pytest==8",)
    assert found.left_out == ("nightly: numpy", "{env:EXTRA}", "{posargs}")


def test_extras_groups_and_the_environment_for_tests_are_read(tmp_path: Path) -> None:
    text = "[testenv]\nextras = a, b\n[testenv:test]\ndependency_groups = test\n[testenv:docs]\ndeps = sphinx\n"
    base, test = read(tmp_path, text)
    assert (base.where, base.extras) == ("tox.ini: [testenv]", ("a", "b"))
    assert (test.where, test.extras, test.groups) == ("tox.ini: [testenv:test]", ("a", "b"), ("test",))


def test_setup_cfg_and_both_forms_of_toml_are_read(tmp_path: Path) -> None:
    native = tomllib.loads('[tool.tox.env_run_base]\ndeps = ["pytest", "-r {tox_root}/a.txt", "{env:X}"]\n')
    (found,) = toxini.read(tmp_path, native, {}, (3, 12))
    assert found.lines == ("pytest", "-r ./a.txt")
    assert found.left_out == ("{env:X}",)
    (found,) = toxini.read(tmp_path, {}, {"env_run_base": {"deps": ["pytest"]}}, (3, 12))
    assert (found.where, found.lines) == ("tox.toml: env_run_base", ("pytest",))
    legacy = {"tool": {"tox": {"legacy_tox_ini": "[testenv]\ndeps = pytest\n"}}}
    (found,) = toxini.read(tmp_path, legacy, {}, (3, 12))
    assert found.lines == ("pytest",)
    (found,) = read(tmp_path, "[tox:tox]\nenvlist = py312\n[testenv]\ndeps = pytest\n", name="setup.cfg")
    assert (found.where, found.lines) == ("setup.cfg: [testenv]", ("pytest",))


@pytest.mark.parametrize("text", ["", "[tox]\nenvlist = py3\n", "not an ini file\n", "[testenv\n"])
def test_a_file_that_says_nothing_of_environments_gives_none(tmp_path: Path, text: str) -> None:
    assert read(tmp_path, text) == []
