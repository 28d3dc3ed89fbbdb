"""The suite is started as its user would start it by hand, in the environment that is theirs and not ours."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from noxtasks.suite.launch import PROBE_FOLDER, Launch, Suite


def a_suite(folder: Path, *args: str) -> Suite:
    return Suite(root=folder, python=folder / "bin" / "python", pytest_args=args)


def environment(suite: Suite) -> dict[str, str]:
    return suite.environment(Launch(hash_seed=5), wire=Path("wire"), task=None)


def test_the_command_is_the_users_own_with_the_probe_before_it(tmp_path: Path) -> None:
    command = a_suite(tmp_path, "-k", "not slow").command(Launch(hash_seed=0), "-q")
    assert command == [str(tmp_path / "bin/python"), "-m", "pytest", "-p", "noxtasks_probe", "-k", "not slow", "-q"]


def test_the_probe_comes_last_in_the_path_so_that_it_hides_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(["src", "lib"]))
    env = environment(a_suite(tmp_path))
    assert env["PYTHONPATH"].split(os.pathsep) == ["src", "lib", str(PROBE_FOLDER)]
    monkeypatch.delenv("PYTHONPATH")
    assert environment(a_suite(tmp_path))["PYTHONPATH"] == str(PROBE_FOLDER) == env["NOXTASKS_PATH_ENTRY"]


def test_the_folder_of_the_probe_holds_nothing_else() -> None:
    importable = {path.name for path in PROBE_FOLDER.iterdir()} - {"__pycache__", "__init__.py"}
    assert importable == {"noxtasks_probe"}


def test_an_outer_session_leaves_no_mark(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    outer = ("PYTEST_XDIST_WORKER", "PYTEST_CURRENT_TEST", "PYTHONHOME", "COV_CORE_SOURCE", "COVERAGE_PROCESS_START")
    for name in outer:
        monkeypatch.setenv(name, "outer")
    monkeypatch.setenv("PYTEST_ADDOPTS", "-q")
    monkeypatch.setenv("VIRTUAL_ENV", "outer")
    env = environment(a_suite(tmp_path))
    assert not env.keys() & {*outer, "VIRTUAL_ENV", "NOXTASKS_TASK"}
    assert env["PYTEST_ADDOPTS"] == "-q"  # that one is the user's
    assert (env["NOXTASKS_WIRE"], env["PYTHONHASHSEED"]) == ("wire", "5")


def test_a_virtual_environment_is_as_good_as_activated(tmp_path: Path) -> None:
    (tmp_path / "pyvenv.cfg").touch()
    env = a_suite(tmp_path).environment(Launch(hash_seed=5), wire=Path("wire"), task=Path("task"))
    assert env["VIRTUAL_ENV"] == str(tmp_path)
    assert env["PATH"].split(os.pathsep)[0] == str(tmp_path / "bin")
    assert env["NOXTASKS_TASK"] == "task"
