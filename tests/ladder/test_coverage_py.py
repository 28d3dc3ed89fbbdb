"""The configuration that coverage.py gets, and what its report comes to."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import coverage
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from noxtasks.errors import NotMeasuredError
from noxtasks.ladder import coverage_py
from noxtasks.ladder.coverage_py import Settings
from noxtasks.ladder.model import Counts, Function
from noxtasks.suite.launch import Suite
from noxtasks.suite.sources import Source, Sources

NOTHING = Settings(version="7.10.0", pytest="9.0")
SHOP = Sources(
    files=(Source(path="src/shop/__init__.py", module="shop"), Source(path="src/shop/cart.py", module="shop.cart")),
    entries=("src",),
    found_by="",
)


def read_back(text: str) -> coverage.Coverage:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "coveragerc")
        path.write_text(text, "utf-8")
        return coverage.Coverage(config_file=str(path))


def configuration(settings: Settings, scope: Sources = SHOP) -> coverage.Coverage:
    return read_back(coverage_py.configuration(settings, scope, root=Path("/home/me"), data_file=Path("/home/me/data")))


PATTERNS = st.sampled_from(
    [
        "# pragma: no cover",
        r"raise NotImplementedError$",
        r"^\s*\.\.\.$",
        "; odd",
        "$HOME",
        "a = b",
        "[x]",
        "%(y)s",
        "a\nb",
    ]
)


@given(st.lists(PATTERNS, min_size=1, unique=True), st.lists(st.sampled_from(["*/legacy.py", "a$b/*", "src/[x].py"])))
def test_what_the_user_has_set_is_read_back_as_it_was(patterns: list[str], omitted: list[str]) -> None:
    settings = replace(NOTHING, exclude_list=tuple(patterns), run_omit=tuple(omitted), relative_files=True)
    found = configuration(settings)
    meant = [each.replace("\n", r"\n") for each in patterns]
    told = found.get_option("report:exclude_lines")
    assert isinstance(told, list)
    assert [str(each).removeprefix("\\") if each[1:2] in "#;" else each for each in map(str, told)] == meant
    assert (found.get_option("run:omit") or []) == omitted
    assert (found.get_option("report:omit") or []) == omitted
    assert found.get_option("run:relative_files") is True


def test_branches_subprocesses_and_the_scope_are_always_measured_wherever_it_is_imported_from() -> None:
    found = configuration(replace(NOTHING, concurrency=("thread",), paths={"mine": ("src", "/ci/src")}))
    assert found.get_option("run:branch") is True
    assert found.get_option("run:parallel") is True
    assert found.get_option("run:patch") == ["subprocess"]
    assert found.get_option("run:data_file") == "/home/me/data"
    included = found.get_option("run:include")
    assert isinstance(included, list)
    assert {"/home/me/src/shop/cart.py", "*/site-packages/shop/cart.py", "*/site-packages/shop/__init__.py"} <= set(
        included
    )
    assert found.get_option("paths") == {
        "mine": ["src", "/ci/src"],
        "noxtasks_0": ["/home/me/src", "*/site-packages", "*/dist-packages"],
    }


@pytest.mark.parametrize(("version", "sees"), [("7.9.2", False), ("7.10.0", True), ("7.10b1", True), ("8.0", True)])
def test_only_later_versions_see_subprocesses_and_no_other_is_asked_to(version: str, sees: bool) -> None:
    settings = replace(NOTHING, version=version)
    assert settings.sees_subprocesses is sees
    assert (configuration(settings).get_option("run:patch") == ["subprocess"]) is sees


@pytest.mark.parametrize(
    ("settings", "found"),
    [
        ({}, "src/shop/__init__.py src/shop/cart.py"),
        ({"source": ("shop",)}, "src/shop/__init__.py src/shop/cart.py"),
        ({"source": ("src",)}, "src/shop/__init__.py src/shop/cart.py"),
        ({"source_pkgs": ("shop.cart",)}, "src/shop/cart.py"),
        ({"source": ("other", "tests")}, ""),
        ({"run_include": ("src/*/c*.py",)}, "src/shop/cart.py"),
        ({"report_include": ("*/cart.py",)}, "src/shop/cart.py"),
    ],
)
def test_the_users_own_configuration_may_limit_what_is_found(
    settings: dict[str, tuple[str, ...]], found: str, tmp_path: Path
) -> None:
    kept = coverage_py.within(SHOP, replace(NOTHING, **settings), tmp_path)
    assert " ".join(source.path for source in kept.files) == found


def test_a_report_of_any_version_is_read(tmp_path: Path) -> None:
    summary = {"covered_lines": 2, "num_statements": 3, "covered_branches": 1, "num_branches": 2}
    lines = {"executed_lines": [4, 5], "missing_lines": [6], "excluded_lines": [], "summary": summary}
    old = coverage_py.read({"src/shop/cart.py": lines}, tmp_path)
    assert (old.lines, old.branches) == (Counts(covered=2, total=3), Counts(covered=1, total=2))
    (file,) = old.files
    assert (file.missing, file.functions) == ((6,), ())
    new = coverage_py.read({str(tmp_path / "src/shop/cart.py"): {**lines, "functions": {"total": lines}}}, tmp_path)
    (file,) = new.files
    assert file.path == "src/shop/cart.py"
    assert file.functions == (Function(name="total", first_line=4, lines=file.lines, branches=file.branches),)


@pytest.mark.parametrize(
    ("version", "core", "expected", "knows"),
    [("7.10.0", None, "ctrace", True), ("7.8.2", None, None, True), ("7.10.0", "sysmon", "sysmon", False)],
)
def test_tests_are_told_apart_by_a_core_that_can(
    version: str, core: str | None, expected: str | None, knows: bool
) -> None:
    settings = replace(NOTHING, version=version, core=core)

    def cores(*, contexts: bool) -> list[str]:
        text = coverage_py.configuration(settings, SHOP, root=Path("/a"), data_file=Path("/a/data"), contexts=contexts)
        return [line.removeprefix("core = ") for line in text.splitlines() if line.startswith("core =")]

    assert cores(contexts=True) == ([expected] if expected else [])
    assert cores(contexts=False) == ([core] if core else [])
    assert settings.knows_contexts is knows


def test_a_program_that_is_no_python_is_told_from_one_without_coverage_py(tmp_path: Path) -> None:
    """It ends well, and has not answered."""
    program = shutil.which("true")
    if program is None:
        pytest.skip("no program that does nothing")
    with pytest.raises(NotMeasuredError, match="no Python interpreter"):
        coverage_py.look(Suite(root=tmp_path, python=Path(program)), tmp_path / "scratch")
