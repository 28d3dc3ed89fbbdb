"""The sample project has ten races: each is found, named and proven, and none is made up among what is steady."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from noxtasks import config
from noxtasks.errors import ExitCode
from noxtasks.parallel import conflicts
from noxtasks.suite.launch import Suite

pytestmark = [pytest.mark.functional, pytest.mark.skipif(sys.platform != "linux", reason="forks, /proc")]

PLAIN = ("-p", "no:asyncio", "-p", "no:benchmark", "-p", "no:randomly", "-p", "no:cacheprovider")
BUDGET_S = 1200.0  # far more than it takes: a machine may be busy


def test_each_race_is_proven_with_its_tests_and_nothing_else_is(project: Callable[[str], Path], python: Path) -> None:
    root = project("races").resolve()
    before = {path: path.read_bytes() for path in root.glob("**/*.*") if path.is_file()}
    suite = Suite(root=root, python=python, pytest_args=PLAIN)
    found = conflicts.find(suite, config.Settings(), budget_s=BUDGET_S)
    truth = json.loads((root / "truth.json").read_text())
    assert {_last(each.resource.name): each.resource.kind.value for each in found.proven} == {
        name: each["kind"] for name, each in truth.items()
    }
    expected = {frozenset(each["tests"]) for each in truth.values()}
    assert {frozenset(each.tests) for each in found.proven} == expected
    assert {frozenset(each.sharing) for each in found.proven} == expected
    for each in found.proven:
        assert each.together.failures > each.apart.failures == 0
        assert each.failure
    assert all(path.read_bytes() == content for path, content in before.items())
    assert not found.left_out
    assert not found.untried


def test_one_of_them_is_shown_again_by_its_command_and_its_tests_are_put_together(
    project: Callable[[str], Path], python: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = project("races").resolve()
    tests = ("test_races.py::test_job_is_started_once", "test_races.py::test_job_can_be_started_after_its_end")
    source = (root / "test_races.py").read_text()
    for apply in (False, True):
        code = conflicts.run(root, config.Settings(), python=python, pytest_args=PLAIN, tests=tests, apply=apply)
        assert code is ExitCode.FOUND
        said = capsys.readouterr().out
        assert "file job.lock" in said
        assert all(test in said for test in tests)
        written = (root / "test_races.py").read_text()
        assert (written == source) is not apply
        assert ('+@pytest.mark.xdist_group("job.lock")' in said) is not apply
    assert written.count('@pytest.mark.xdist_group("job.lock")\n') == 2


def test_what_shares_nothing_is_not_tried(
    project: Callable[[str], Path], python: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = project("races")
    tests = ("test_steady.py::test_any_port_will_do", "test_steady.py::test_working_directory_is_its_own")
    assert conflicts.run(root, config.Settings(), python=python, pytest_args=PLAIN, tests=tests) == 0
    assert "groups of them that share something: 0" in capsys.readouterr().out


def _last(name: str) -> str:
    return name if name.endswith("/tcp") else Path(name).name
