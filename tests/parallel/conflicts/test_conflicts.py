"""The sample project has ten races: each is nominated, and what is proven is told with its command and its remedy."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from noxtasks import config
from noxtasks.errors import ExitCode, NotMeasuredError
from noxtasks.parallel import conflicts
from noxtasks.parallel.conflicts import rules
from noxtasks.parallel.conflicts.model import Watch
from noxtasks.parallel.conflicts.proving import Proving
from noxtasks.suite.engine import Engine
from noxtasks.suite.launch import Suite

pytestmark = [pytest.mark.functional, pytest.mark.skipif(sys.platform != "linux", reason="forks, /proc")]

PLAIN = ("-p", "no:asyncio", "-p", "no:benchmark", "-p", "no:randomly", "-p", "no:cacheprovider")


def test_each_race_is_nominated_with_its_tests(project: Callable[[str], Path], python: Path, tmp_path: Path) -> None:
    root = project("races").resolve()
    suite, shared = Suite(root=root, python=python, pytest_args=PLAIN), tmp_path / "shared"
    shared.mkdir()
    with Engine(suite, tmp_path / "nx", kind=None, test_timeout_s=60) as engine:
        engine.collect(hash_seed=0)
        run = Proving(engine, tmp_path / "nx", root=tmp_path, shared=shared).sequential()
    found = {
        (_last(each.resource.name), each.resource.kind.value): frozenset(each.uses)
        for nominee in rules.nominees(run.footprints)
        for each in nominee.sharings
    }
    truth = json.loads((root / "truth.json").read_text())
    races = {(name, each["kind"]): frozenset(each["tests"]) for name, each in truth.items()}
    assert {race: found.get(race) for race in races} == races


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


def test_a_narrow_one_is_proven_each_time_and_what_is_guarded_is_not(
    project: Callable[[str], Path], python: Path
) -> None:
    """Two who count the letters meet if one looks twice while the other's letter is there, and at no other time."""
    root = project("races").resolve()
    tests = (
        "test_races.py::test_a_letter_arrives",
        "test_races.py::test_a_bill_arrives",
        "test_steady.py::test_a_counter_under_a_lock",
    )
    found = conflicts.find(Suite(root=root, python=python, pytest_args=(*PLAIN, *tests)), config.Settings())
    assert [each.resource.name for each in found.proven] == ["inbox"]
    assert all(each.together.failures == each.together.trials and not each.apart.failures for each in found.proven)
    assert [each.resource.name for each in found.conflicts] == ["inbox", "guarded.txt"]


def test_what_is_left_to_others_is_told_though_nobody_shares_it(tmp_path: Path, python: Path) -> None:
    (tmp_path / "test_it.py").write_text(
        "import os\n"
        "from pathlib import Path\n"
        "def test_leaves(tmp_path):\n"
        "    (Path(__file__).parent / 'out.txt').touch()\n"
        "    (tmp_path / 'own.txt').touch()\n"
        "    os.environ['LEFT'] = 'x'\n"
    )
    found = conflicts.find(Suite(root=tmp_path, python=python, pytest_args=PLAIN), config.Settings())
    assert [(each.watch, each.what, each.tests) for each in found.watched] == [
        (Watch.FILE, "out.txt", ("test_it.py::test_leaves",)),
        (Watch.ENVIRONMENT, "LEFT", ("test_it.py::test_leaves",)),
    ]


def test_when_the_time_is_up_nothing_more_is_tried(project: Callable[[str], Path], python: Path) -> None:
    root = project("races").resolve()
    tests = ("test_races.py::test_job_is_started_once", "test_races.py::test_job_can_be_started_after_its_end")
    settings = config.Settings(parallel=config.ParallelSettings(budget_s=1e-9))
    found = conflicts.find(Suite(root=root, python=python, pytest_args=(*PLAIN, *tests)), settings)
    assert not found.conflicts
    assert found.untried


def test_what_shares_nothing_is_not_tried(
    project: Callable[[str], Path], python: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = project("races")
    tests = ("test_steady.py::test_any_port_will_do", "test_steady.py::test_working_directory_is_its_own")
    assert conflicts.run(root, config.Settings(), python=python, pytest_args=PLAIN, tests=tests) == 0
    assert "groups of them that share something: 0" in capsys.readouterr().out


def test_where_no_test_passes_nothing_is_measured(tmp_path: Path, python: Path) -> None:
    (tmp_path / "test_it.py").write_text("def test_fails(): assert False\n")
    with pytest.raises(NotMeasuredError, match="no test passes"):
        conflicts.find(Suite(root=tmp_path, python=python, pytest_args=PLAIN), config.Settings())


def _last(name: str) -> str:
    return name if name.endswith("/tcp") else Path(name).name
