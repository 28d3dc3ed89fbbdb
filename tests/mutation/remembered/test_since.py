"""Which mutants are of what has changed since a revision."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from noxtasks.errors import ConfigurationError
from noxtasks.mutation.model import Baseline, Mutant
from noxtasks.mutation.remembered import since, surroundings
from noxtasks.mutation.remembered.surroundings import Project
from noxtasks.suite import git

GIT = shutil.which("git") or ""
SOURCE = (
    "def price():\n    return 1\n\n\nclass Cart:\n    def total(self):\n        return price() + LIMIT\n\n\nLIMIT = 2\n"
)
TESTS = "import helpers\nimport shop\n\n\ndef test_price():\n    assert shop.price()\n\n\ndef test_total():\n    pass\n"
FILES = {
    "shop.py": SOURCE,
    "tests/test_shop.py": TESTS,
    "tests/conftest.py": "",
    "tests/helpers.py": "",
    "tests/others/conftest.py": "",
    "README.md": "",
}


def a_mutant(function: str) -> Mutant:
    mangled = f"xǁ{function.replace('.', 'ǁ')}" if "." in function else f"x_{function}"
    return Mutant(
        path="shop.py",
        line=1,
        id=function,
        name=f"shop.{mangled}__mutmut_1",
        function=function,
        operator="Integer",
        before="",
        after="",
    )


MUTANTS = (a_mutant("price"), a_mutant("Cart.total"))
PRICE, TOTAL = "tests/test_shop.py::test_price", "tests/test_shop.py::test_total"
BASELINE = Baseline(
    durations_s={PRICE: 0.1, TOTAL: 0.1},
    left_out=(),
    covering={MUTANTS[0].key: (PRICE,), MUTANTS[1].key: (TOTAL,)},
    at_import=frozenset(),
)


def chosen(now: Mapping[str, str], old: Mapping[str, str | None]) -> set[str]:
    project = Project(digests={}, data={path: text.encode() for path, text in now.items()})
    before = {path: None if text is None else text.encode() for path, text in old.items()}
    return {mutant.function for mutant in since.chosen(MUTANTS, BASELINE, project, before)}


@pytest.mark.parametrize(
    ("path", "old", "expected"),
    [
        ("shop.py", SOURCE.replace("return 1", "return 2"), {"price"}),
        ("shop.py", SOURCE.replace("price()", "prices()"), {"price", "Cart.total"}),
        ("shop.py", SOURCE.replace("    return 1", "    # one\n    return  1"), set()),
        ("shop.py", SOURCE.replace("LIMIT = 2", "LIMIT = 3"), set()),
        ("shop.py", None, {"price", "Cart.total"}),
        ("tests/test_shop.py", TESTS.replace("shop.price()", "shop.price() == 1"), {"price"}),
        ("tests/test_shop.py", TESTS.replace("def test_total():\n    pass\n", ""), {"Cart.total"}),
        ("tests/test_shop.py", TESTS.replace("import shop\n", ""), {"price", "Cart.total"}),
        ("tests/test_shop.py", None, {"price", "Cart.total"}),
        ("tests/conftest.py", "import pytest\n", {"price", "Cart.total"}),
        ("tests/others/conftest.py", "import pytest\n", set()),
        ("tests/helpers.py", None, {"price", "Cart.total"}),
        ("README.md", "other", set()),
    ],
)
def test_a_mutant_is_chosen_by_its_function_and_by_the_tests_that_run_it(
    path: str, old: str | None, expected: set[str]
) -> None:
    assert chosen(FILES, {path: old}) == expected


@pytest.mark.parametrize(
    ("path", "old", "expected"),
    [
        ("tests/test_gone.py", "import other\n\n\ndef test_it():\n    assert other.price()\n", {"price"}),
        ("tests/test_gone.py", "def test_it(cart: 'Cart'):\n    assert cart + 1\n", {"Cart.total"}),
        ("tests/test_gone.py", "from shop import LIMIT\n", {"price", "Cart.total"}),
        ("tests/test_gone.py", "import old\n", set()),
        ("tests/helpers.py", "import old\n", {"price", "Cart.total"}),
        ("tests/conftest.py", "import old\n", {"price", "Cart.total"}),
    ],
)
def test_of_a_file_that_is_gone_counts_what_it_names_and_imports(path: str, old: str, expected: set[str]) -> None:
    files = {each: text for each, text in FILES.items() if each != path}
    assert chosen(files, {path: old}) == expected


def test_where_nothing_has_changed_there_is_nothing_to_try() -> None:
    assert chosen(FILES, {}) == set()


def run_git(root: Path, *arguments: str) -> None:
    identity = ("-c", "user.name=me", "-c", "user.email=me@example.org", "-c", "init.defaultBranch=main")
    env = git.environment() | {"GIT_CONFIG_GLOBAL": os.devnull}
    subprocess.run([GIT, *identity, *arguments], cwd=root, env=env, check=True, capture_output=True)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A branch that has left `main`, which has gone on; with changes that are not committed."""
    root = tmp_path / "repository"
    for path, text in FILES.items():
        (root / "project" / path).parent.mkdir(parents=True, exist_ok=True)
        (root / "project" / path).write_text(text)
    run_git(root, "init")
    run_git(root, "add", ".")
    run_git(root, "commit", "-m", "The first")
    run_git(root, "checkout", "-b", "branch")
    (root / "project" / "tests" / "helpers.py").write_text("NEAR = 1\n")
    run_git(root, "commit", "-a", "-m", "On the branch")
    run_git(root, "checkout", "main")
    (root / "project" / "shop.py").write_text("")
    run_git(root, "commit", "-a", "-m", "On main")
    run_git(root, "checkout", "branch")
    return root


@pytest.mark.functional
def test_changes_are_told_against_what_both_sides_have(repository: Path) -> None:
    root = repository / "project"
    run = git.output_in(root)
    (root / "tests" / "test_shop.py").write_text(TESTS.replace("pass", "assert 1"))
    (root / "new.py").write_text("")
    (root / "tests" / "others" / "conftest.py").unlink()
    base = since.find(root, "main", run)
    assert since.before(root, base, surroundings.read(root), run) == {
        "new.py": None,
        "tests/helpers.py": b"",
        "tests/others/conftest.py": b"",
        "tests/test_shop.py": TESTS.encode(),
    }


@pytest.mark.functional
def test_what_git_cannot_compare_is_said_with_the_remedy(repository: Path, tmp_path: Path) -> None:
    def message(root: Path, revision: str) -> str:
        with pytest.raises(ConfigurationError) as raised:
            since.find(root, revision, git.output_in(root))
        return str(raised.value)

    assert "not in a git repository" in message(tmp_path, "main")
    assert "git fetch origin nothing" in message(repository, "nothing")
    assert "no revision" in message(repository, "--help")
    run_git(tmp_path, "clone", "--depth=1", "--no-single-branch", repository.as_uri(), "shallow")
    assert "Did you mean origin/main?" in message(tmp_path / "shallow", "main")
    assert "fetch-depth: 0" in message(tmp_path / "shallow", "origin/main")
