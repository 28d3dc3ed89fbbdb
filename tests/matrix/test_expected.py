"""The cells of a workflow, as GitHub would make its jobs."""

from __future__ import annotations

from pathlib import Path

import pytest

from noxtasks.errors import ConfigurationError
from noxtasks.matrix import expected

WORKFLOW = """
jobs:
  lint:
    runs-on: ubuntu-latest
    steps: []
  test:
    runs-on: ${{ matrix.os }}
    strategy:
      matrix:
        os: [ubuntu-latest, windows-2022, macos-latest]
        python-version: ["3.11", "3.13", 3.14t]
        exclude:
          - {os: windows-2022, python-version: "3.11"}
        include:
          - {os: ubuntu-24.04-arm, python-version: "3.13"}
          - {os: ubuntu-latest, python-version: pypy-3.10}
          - {os: macos-latest, coverage: true}
          - {os: ubuntu-latest, python-version: "3.x"}
  oldest:
    runs-on: ubuntu-22.04
    strategy:
      matrix: {python: ["3.10"]}
"""


def test_the_cells_are_those_of_the_jobs_with_interpreters(tmp_path: Path) -> None:
    (tmp_path / "ci.yml").write_text(WORKFLOW, "utf-8")
    assert set(expected.of_workflow(tmp_path / "ci.yml")) == {
        "linux-3.11",
        "linux-3.13",
        "linux-3.14t",
        "windows-3.13",
        "windows-3.14t",
        "macos-3.11",
        "macos-3.13",
        "macos-3.14t",
        "linux-arm64-3.13",
        "linux-pypy-3.10",
        "linux-3.10",
    }


@pytest.mark.parametrize(
    ("runs_on", "matrix"),
    [
        ("ubuntu-latest", "{python: ['3.12.0-rc.1']}"),
        ("ubuntu-latest", "{python: ['3.12-dev']}"),
        ("ubuntu-latest", "{python: ['3.12.0-alpha.4']}"),
        ("${{ matrix.on.os }}", "{on: [{os: ubuntu-latest, python: '3.12'}]}"),
        ("${{ matrix.os.runner }}", "{os: [{name: Linux, runner: ubuntu-latest}], python: ['3.12']}"),
    ],
)
def test_versions_to_come_and_what_is_written_together_are_cells_too(tmp_path: Path, runs_on: str, matrix: str) -> None:
    text = f"jobs: {{t: {{runs-on: '{runs_on}', strategy: {{matrix: {matrix}}}}}}}"
    (tmp_path / "ci.yml").write_text(text, "utf-8")
    assert expected.of_workflow(tmp_path / "ci.yml") == ("linux-3.12",)


@pytest.mark.parametrize("other", ["numpy", "pytest-version", "happy", "pydantic"])
def test_a_version_of_something_else_is_no_interpreter(tmp_path: Path, other: str) -> None:
    matrix = f"{{{other}: ['1.26', '2.0'], py: ['3.12']}}"
    (tmp_path / "ci.yml").write_text(
        f"jobs: {{t: {{runs-on: ubuntu-latest, strategy: {{matrix: {matrix}}}}}}}", "utf-8"
    )
    assert expected.of_workflow(tmp_path / "ci.yml") == ("linux-3.12",)


@pytest.mark.parametrize(
    "key", ["python", "python-version", "python_version", "pythonVersion", "py", "PY_VERSION", "pyver"]
)
def test_an_interpreter_has_many_keys(tmp_path: Path, key: str) -> None:
    matrix = f"{{{key}: ['3.12']}}"
    (tmp_path / "ci.yml").write_text(
        f"jobs: {{t: {{runs-on: ubuntu-latest, strategy: {{matrix: {matrix}}}}}}}", "utf-8"
    )
    assert expected.of_workflow(tmp_path / "ci.yml") == ("linux-3.12",)


@pytest.mark.parametrize(
    "text",
    [
        "jobs: {}",
        "[1, 2]",
        "jobs: {test: {strategy: {matrix: '${{ fromJSON(needs.plan.outputs.matrix) }}'}}}",
        "jobs: {test: {strategy: {matrix: {os: [ubuntu-latest]}}}}",
        "jobs: [",
        "jobs: {test: 3, other: {strategy: [], runs-on: []}}",
    ],
)
def test_a_workflow_without_any_is_a_mistake(tmp_path: Path, text: str) -> None:
    (tmp_path / "ci.yml").write_text(text, "utf-8")
    with pytest.raises(ConfigurationError):
        expected.of_workflow(tmp_path / "ci.yml")


def test_so_is_one_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot be read"):
        expected.of_workflow(tmp_path / "ci.yml")


def test_what_is_expected_and_has_no_record_is_missing() -> None:
    present = ("linux-3.12", "macos-arm64-3.13")
    assert expected.missing(("linux-3.12", "macos-3.13", "windows-3.12", "windows-3.12"), present) == ("windows-3.12",)
