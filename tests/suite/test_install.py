from __future__ import annotations

from pathlib import Path

import pytest

from noxtasks.errors import ConfigurationError
from noxtasks.suite import install
from noxtasks.suite.install import Plan

BUILT = '[build-system]\nbuild-backend = "hatchling.build"\n[project]\nname = "x"\nversion = "1"\n'


def plan(root: Path, files: dict[str, str], *, setting: tuple[str, ...] = ()) -> Plan:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, "utf-8")
    return install.plan(root, install=setting, version=(3, 12))


def command(root: Path, files: dict[str, str]) -> tuple[str, ...]:
    (only,) = plan(root, files).commands
    return only


def test_the_setting_is_the_whole_plan(tmp_path: Path) -> None:
    found = plan(tmp_path, {"pyproject.toml": BUILT}, setting=("-e '.[a, b]'", "-r needs.txt pytest"))
    assert found.commands == (("-e", ".[a, b]"), ("-r", "needs.txt", "pytest"))
    assert all("`install`" in reason for reason in found.reasons)


def test_a_setting_that_cannot_be_split_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"tool\.noxtasks\.install"):
        plan(tmp_path, {}, setting=("-e '.",))


@pytest.mark.parametrize("files", [{}, {"tests/test_a.py": ""}, {"setup.cfg": "[metadata]\nname = x\n"}])
def test_where_nothing_is_found_the_setting_and_an_example_are_named(tmp_path: Path, files: dict[str, str]) -> None:
    with pytest.raises(ConfigurationError, match=r"(?s)tool\.noxtasks\.install.*install = \["):
        plan(tmp_path, files)


@pytest.mark.parametrize(
    ("files", "wanted"),
    [
        (
            {
                "pyproject.toml": BUILT
                + '[dependency-groups]\ntest = ["pytest", {include-group = "more"}]\nmore = ["mock"]\n'
            },
            ("-e", ".", "pytest", "mock"),
        ),
        (
            {"pyproject.toml": BUILT + '[project.optional-dependencies]\ntests = ["pytest"]\n'},
            ("-e", ".[tests]", "pytest"),
        ),
        (
            {"pyproject.toml": BUILT + '[tool.poetry.group.test.dependencies]\npytest = "^8"\nmock = "*"\n'},
            ("-e", ".", "pytest>=8,<9", "mock", "pytest"),
        ),
        (
            {"pyproject.toml": BUILT + '[tool.poetry.dev-dependencies]\npytest = "~8.1"\n'},
            ("-e", ".", "pytest>=8.1,<8.2", "pytest"),
        ),
        (
            {
                "pyproject.toml": BUILT
                + '[tool.pdm.dev-dependencies]\ntest = ["pytest>=8", "-e file:///${PROJECT_ROOT}/y"]\n'
            },
            ("-e", ".", "pytest>=8", "pytest"),
        ),
        (
            {"pyproject.toml": BUILT + '[tool.uv]\ndev-dependencies = ["pytest>=8"]\n'},
            ("-e", ".", "pytest>=8", "pytest"),
        ),
        (
            {
                "pyproject.toml": BUILT + '[project.optional-dependencies]\nfast = ["numba"]\n'
                '[tool.hatch.envs.default]\ndependencies = ["mock"]\n'
                '[tool.hatch.envs.test]\nextra-dependencies = ["pytest-cov"]\nfeatures = ["fast"]\n'
            },
            ("-e", ".[fast]", "mock", "pytest-cov", "pytest"),
        ),
        ({"pyproject.toml": BUILT, "hatch.toml": '[envs.test]\ndependencies = ["pytest"]\n'}, ("-e", ".", "pytest")),
        (
            {"setup.py": "", "Pipfile": '[dev-packages]\npytest = ">=8"\nx = {path = "."}\n'},
            ("-e", ".", "pytest>=8", "pytest"),
        ),
        ({"setup.py": "", "tox.ini": "[testenv]\ndeps = pytest\nextras = a\n"}, ("-e", ".", "pytest")),
        (
            {"setup.py": "import setuptools as s\ns.setup(extras_require={'test': ['pytest']})"},
            ("-e", ".[test]", "pytest"),
        ),
        (
            {"setup.py": "from setuptools import setup\nneeds = ['pytest<9']\nsetup(tests_require=needs + ['mock'])"},
            ("-e", ".", "pytest<9", "mock", "pytest"),
        ),
        (
            {"setup.py": "", "setup.cfg": "[options.extras_require]\ntesting =\n  pytest\n  mock\n"},
            ("-e", ".[testing]", "pytest"),
        ),
        ({"setup.py": ""}, ("-e", ".", "pytest")),
        ({"setup.py": "def (:"}, ("-e", ".", "pytest")),
    ],
)
def test_what_the_tests_need_is_found_where_it_is_declared(
    tmp_path: Path, files: dict[str, str], wanted: tuple[str, ...]
) -> None:
    assert command(tmp_path, files) == wanted


@pytest.mark.parametrize(
    "name",
    [
        "requirements-test.txt",
        "requirements_tests.txt",
        "test-requirements.txt",
        "test_requirements.txt",
        "requirements/test.txt",
        "requirements/requirements-tests.txt",
        "requirements.test.txt",
        "tests/requirements.txt",
        "dev-requirements.txt",
        "requirements-dev.txt",
        "requirements/dev.in",
    ],
)
def test_a_requirements_file_is_known_by_its_name(tmp_path: Path, name: str) -> None:
    assert command(tmp_path, {"setup.py": "", name: "pytest\n"}) == ("-e", ".", "-r", name, "pytest")


@pytest.mark.parametrize("name", ["requirements-docs.txt", "test.txt", "tests/data.txt", "requirements-test-py27.txt"])
def test_a_file_about_something_else_is_not_taken(tmp_path: Path, name: str) -> None:
    assert command(tmp_path, {"setup.py": "", name: "pytest\n"}) == ("-e", ".", "pytest")


def test_a_place_that_names_pytest_comes_before_one_that_does_not(tmp_path: Path) -> None:
    groups = '[dependency-groups]\ntest = ["coverage"]\ndev = ["ruff"]\n'
    found = plan(
        tmp_path, {"pyproject.toml": BUILT + groups, "requirements-dev.txt": "-r test.txt\n", "test.txt": "pytest"}
    )
    assert found.commands == (("-e", ".", "-r", "requirements-dev.txt", "pytest"),)
    assert any("dependency-groups.test" in reason and reason.startswith("not used") for reason in found.reasons)


def test_tests_come_before_development(tmp_path: Path) -> None:
    extras = '[project.optional-dependencies]\ntest = ["x[more]"]\nmore = ["pytest"]\n'
    groups = f'[dependency-groups]\ndev = ["pytest", "sphinx"]\n{extras}'
    assert command(tmp_path, {"pyproject.toml": BUILT + groups}) == ("-e", ".[test]", "pytest")


def test_tox_lines_about_the_project_become_its_extras_and_missing_files_are_named(tmp_path: Path) -> None:
    tox = "[testenv]\ndeps =\n  pytest\n  .[a]\n  -e .[b,c]\n  -rgone.txt\n  -c limits.txt\n  -r{toxinidir}/more.txt\n"
    found = plan(tmp_path, {"setup.py": "", "tox.ini": tox, "limits.txt": "", "more.txt": "mock"})
    assert found.commands == (("-e", ".[a,b,c]", "pytest", "-c", "limits.txt", "-r", "more.txt"),)
    assert any(reason.endswith("-rgone.txt") for reason in found.reasons)


def test_hashed_requirements_go_into_a_call_of_their_own(tmp_path: Path) -> None:
    hashed = {"setup.py": "", "requirements-test.txt": "pytest==8.4.0 --hash=sha256:0\n"}
    assert plan(tmp_path, hashed).commands == (("-r", "requirements-test.txt"), ("-e", ".", "pytest"))


@pytest.mark.parametrize(
    ("files", "wanted"),
    [
        ({"pyproject.toml": '[project]\nname = "x"\ndependencies = ["click"]\n'}, ("click", "pytest")),
        ({"pyproject.toml": '[project]\nname = "a-b"\n', "a_b/__init__.py": ""}, ("-e", ".", "pytest")),
        ({"pyproject.toml": '[project]\nname = "x"\n', "src/x.py": ""}, ("-e", ".", "pytest")),
        (
            {"pyproject.toml": BUILT + '[tool.uv]\npackage = false\n[dependency-groups]\ntest = ["pytest"]\n'},
            ("pytest",),
        ),
        (
            {"pyproject.toml": BUILT + "[tool.poetry]\npackage-mode = false\n", "requirements.txt": "x"},
            ("-r", "requirements.txt", "pytest"),
        ),
        (
            {"requirements.txt": "flask", "requirements-test.txt": "pytest"},
            ("-r", "requirements.txt", "-r", "requirements-test.txt", "pytest"),
        ),
        (
            {"pyproject.toml": '[project]\nname = "x"\n[project.optional-dependencies]\ntest = ["pytest>8"]\n'},
            ("pytest>8", "pytest"),
        ),
        ({"pyproject.toml": '[build-system]\nrequires = ["setuptools"]\n', "setup.cfg": ""}, ("-e", ".", "pytest")),
    ],
)
def test_only_what_is_a_package_is_installed_as_one(
    tmp_path: Path, files: dict[str, str], wanted: tuple[str, ...]
) -> None:
    assert command(tmp_path, files) == wanted


def test_extras_that_are_not_taken_are_named(tmp_path: Path) -> None:
    extras = '[project.optional-dependencies]\ntest = ["pytest"]\nyaml = ["PyYAML"]\n'
    assert any("extras yaml" in reason for reason in plan(tmp_path, {"pyproject.toml": BUILT + extras}).reasons)


@pytest.mark.parametrize(
    "groups",
    ['test = [{include-group = "gone"}]', 'test = [{include-group = "test"}]', "test = [3]", 'test = "pytest"'],
)
def test_a_group_that_cannot_be_resolved_is_named(tmp_path: Path, groups: str) -> None:
    with pytest.raises(ConfigurationError, match=r"pyproject\.toml: dependency-groups\.test"):
        plan(tmp_path, {"pyproject.toml": f"{BUILT}[dependency-groups]\n{groups}\n"})


@pytest.mark.parametrize(
    "text",
    [
        'dependency-groups = "x"\n',
        "[project]\nname = 3\noptional-dependencies = []\n",
        "[tool]\npoetry = 1\npdm = []\nuv = 'x'\nhatch = 2\ntox = 3\n",
        "[tool.poetry.group]\ntest = 3\n[tool.hatch.envs]\ntest = 3\n[tool.pdm.dev-dependencies]\ntest = 3\n",
        "[tool.tox]\nenv_run_base = 3\nenv = 4\nlegacy_tox_ini = 5\n",
        "[tool.uv]\ndev-dependencies = 3\n[build-system]\n",
    ],
)
def test_nonsense_of_other_tools_is_left_to_them(tmp_path: Path, text: str) -> None:
    assert command(tmp_path, {"setup.py": "", "pyproject.toml": text})[:2] == ("-e", ".")
