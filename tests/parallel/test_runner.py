"""A suite on several workers ends as it does in plain pytest: the same outcomes, reports and exit code."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from coverage import CoverageData
from junitparser import JUnitXml

from noxtasks.config import Settings
from noxtasks.history import open_history
from noxtasks.parallel import runner

pytestmark = [pytest.mark.functional, pytest.mark.skipif(sys.platform != "linux", reason="workers are forked")]

PLAIN = ("-p", "no:randomly", "-p", "no:benchmark", "-p", "no:asyncio", "-p", "no:cacheprovider")


def run(
    root: Path, *arguments: str, workers: int = 3, plugins: tuple[str, ...] = PLAIN
) -> subprocess.CompletedProcess[str]:
    command = ["-m", "noxtasks", "run", "--python", sys.executable, "-n", str(workers), *plugins, *arguments]
    return subprocess.run([sys.executable, *command], cwd=root, capture_output=True, text=True, check=False)


def plain(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pytest", *PLAIN, *arguments]
    return subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)


def outcomes(report: Path) -> Counter[tuple[str, ...]]:
    cases = [case for suite in JUnitXml.fromfile(str(report)) for case in suite]
    return Counter((case.classname, case.name, *sorted(type(each).__name__ for each in case.result)) for case in cases)


@pytest.fixture
def root(project: Callable[[str], Path]) -> Path:
    return project("distributed")


def test_every_outcome_is_as_in_plain_pytest(root: Path) -> None:
    expected = plain(root, "--junitxml=plain.xml", "test_outcomes.py")
    found = run(root, "--junitxml=ours.xml", "test_outcomes.py")
    assert "one process" not in found.stdout
    assert found.returncode == expected.returncode == 1
    assert outcomes(root / "ours.xml") == outcomes(root / "plain.xml")
    (summary, expectation) = (each.stdout.rstrip().rpartition("\n")[2] for each in (found, expected))
    assert summary.partition(" in ")[0] == expectation.partition(" in ")[0]


def test_a_test_with_failed_subtests_fails(root: Path) -> None:
    (root / "test_parts.py").write_text(
        "import pytest\n"
        "if pytest.version_tuple < (9,): pytest.skip('no subtests', allow_module_level=True)\n"
        "@pytest.mark.parametrize('last', [1, 2, 3])\n"
        "def test_in_parts(subtests, last):\n"
        "    for number in range(last):\n"
        "        with subtests.test(number=number): assert not number\n"
    )
    expected, found = (each(root, "test_parts.py").stdout.rpartition("\n=")[2] for each in (plain, run))
    assert found.partition(" in ")[0] == expected.partition(" in ")[0]


def test_outcomes_are_in_the_history_that_is_opened_next(root: Path) -> None:
    settings = Settings()
    run(root, "test_outcomes.py")
    with open_history(settings.history_url(root), waiting=settings.waiting(root)) as history:
        durations_s = history.durations_s("distributed")
    assert set(durations_s) == set(json.loads((root / ".noxtasks/durations.json").read_text()))


def test_a_history_elsewhere_has_them_at_once(root: Path, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'elsewhere' / 'history.db'}"
    run(root, "-S", f"history={url}", "test_outcomes.py")
    with open_history(url) as history:
        assert history.durations_s("distributed")


def test_fixtures_of_every_scope_are_set_up_and_torn_down_in_each_worker(root: Path) -> None:
    found = run(root, "test_scopes.py", "-p", "cacheprovider")
    assert "34 passed" in found.stdout
    assert "RuntimeError: the module's teardown" in found.stdout
    seen = json.loads((root / ".pytest_cache/v/group/workers").read_text())
    assert len(seen) == 6
    assert len(set(seen)) == 1


def test_a_worker_that_dies_or_hangs_is_replaced_and_its_test_fails(root: Path) -> None:
    found = run(root, "-S", "parallel.test_timeout=1", "test_dying.py")
    assert found.returncode == 1
    assert "3 failed, 20 passed" in found.stdout
    for line in (
        "the test ended its process: exit status 0",
        "the test ended its process: signal SIGKILL",
        "the test took longer than 1 s",
    ):
        assert line in found.stdout


def test_a_signal_without_a_name_is_told_by_its_number(root: Path) -> None:
    (root / "test_real_time.py").write_text(
        "import os\ndef test_ends(): os.kill(os.getpid(), 40)\ndef test_other(): pass\n"
    )
    found = run(root, "test_real_time.py")
    assert "the test ended its process: signal 40" in found.stdout
    assert "1 failed, 1 passed" in found.stdout


def test_a_warning_counts_once_whatever_workers_there_are(root: Path) -> None:
    (root / "test_warning.py").write_text(
        "import os, pytest, warnings\n"
        "@pytest.mark.nobody_knows\n"
        "def test_warns(): warnings.warn('mind')\n"
        "@pytest.mark.parametrize('number', range(4))\n"
        "def test_ends(number): os._exit(1)\n"
    )
    assert "4 failed, 1 passed, 2 warnings" in run(root, "test_warning.py").stdout


def test_the_first_failure_ends_it_where_that_is_wanted(root: Path) -> None:
    found = run(root, "-x", "test_outcomes.py")
    assert found.returncode == 1
    assert "stopping after 1 failures" in found.stdout


def test_a_test_may_end_the_session_with_a_status_of_its_own(root: Path) -> None:
    (root / "test_more.py").write_text("def test_more():\n    pass\n")
    found = run(root, "test_leaving.py", "test_more.py")
    assert found.returncode == 7
    assert "Exit: enough" in found.stdout


def test_what_tests_took_decides_their_order_next_time(root: Path) -> None:
    (root / "test_slow.py").write_text(
        "import time, pytest\n"
        "@pytest.mark.parametrize('number', range(20))\n"
        "def test_short(number): time.sleep(0.01)\n"
        "def test_long(): time.sleep(0.4)\n"
    )
    assert run(root, "test_slow.py").returncode == 0
    again = run(root, "test_slow.py", "-v")
    first = next(line for line in again.stdout.splitlines() if "PASSED" in line)
    assert "test_short" in first  # it ends first, beside the long one
    alone = run(root, "test_slow.py", "-v", "-k", "short or long", "--junitxml=x.xml", workers=1)
    assert "one process, since there is nothing to distribute" in alone.stdout


LEAKING = """
import random
import pytest
STATE = []
@pytest.mark.parametrize("number", range(12))
def test_leaks(number): STATE.append(number)
def test_last(): assert not STATE, f"{len(STATE)} ran before, and drew {random.random()}"
"""


@pytest.mark.skipif(pytest.version_tuple < (8, 2), reason="pytest takes a file of arguments since then")
def test_a_failure_is_repeated_in_the_order_of_its_worker_and_with_its_randomness(root: Path) -> None:
    (root / "test_leaking.py").write_text(LEAKING)
    seeded = tuple(each for each in PLAIN if each != "no:randomly")[1:]
    found = run(root, "test_leaking.py", "--randomly-dont-reorganize", "--randomly-seed=7", plugins=seeded)
    (command,) = re.findall(r"again in its order: noxtasks (.+)", found.stdout)
    again = run(root, *shlex.split(command)[3:], workers=1, plugins=seeded)
    (first, second) = (re.findall(r"AssertionError: (.+)", each.stdout)[0] for each in (found, again))
    assert first == second


def test_what_the_suite_was_told_is_told_again(root: Path) -> None:
    (root / "conftest.py").write_text("def pytest_addoption(parser): parser.addoption('--stage', default='')\n")
    (root / "test_stage.py").write_text(
        "def test_other(): pass\n"
        "def test_stage(request): assert request.config.getoption('--stage') != 'test_stage.py'\n"
    )
    told = ("--stage", "test_stage.py", "--ff", "-S", "parallel.together=file", "test_stage.py")
    found = run(root, *told, plugins=())
    (command,) = re.findall(r"again in its order: noxtasks run -n 1 (.+)", found.stdout)
    said = f"--python {shlex.quote(sys.executable)} -S parallel.together=file --stage test_stage.py "
    assert command.startswith(said)
    assert "--ff" not in command
    assert "1 failed" in run(root, *shlex.split(command), workers=1, plugins=()).stdout


def test_an_empty_suite_and_one_that_does_not_collect_end_as_in_pytest(root: Path) -> None:
    (root / "test_none.py").write_text("")
    assert run(root, "test_none.py").returncode == 5
    (root / "test_none.py").write_text("1 / 0")
    assert run(root, "test_none.py", "test_outcomes.py").returncode == 2


def test_in_a_folder_of_the_project_the_tests_are_those_that_pytest_runs_there(root: Path) -> None:
    (root / "pyproject.toml").write_text("")
    (root / "part").mkdir()
    (root / "part" / "test_part.py").write_text(
        "import os\ndef test_here(): assert os.path.basename(os.getcwd()) == 'part'\ndef test_there(): pass\n"
    )
    assert "2 passed" in run(root / "part").stdout
    assert "1 passed" in run(root / "part", "test_part.py::test_here").stdout
    (root / "pyproject.toml").write_text('[tool.noxtasks]\npytest_args = ["part/test_part.py", "-k", "there"]')
    assert "1 passed, 1 deselected" in run(root / "part").stdout
    assert not (root / "part" / ".noxtasks").exists()


def test_coverage_that_begins_in_each_process_is_measured_in_the_workers(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (root / "test_covered.py").write_text("def test_one():\n    assert 1\ndef test_other():\n    assert 2\n")
    (root / "measured.ini").write_text("[run]\nparallel = true\ninclude = */test_covered.py\n")
    for name in [each for each in os.environ if each.startswith("COVERAGE_")]:  # of who measures this test
        monkeypatch.delenv(name)
    monkeypatch.setenv("COVERAGE_PROCESS_START", str(root / "measured.ini"))
    assert "2 passed" in run(root, "test_covered.py").stdout
    found = CoverageData(no_disk=True)
    for path in root.glob(".coverage.*"):
        part = CoverageData(str(path))
        part.read()
        found.update(part)
    assert found.lines(str(root / "test_covered.py")) == [1, 2, 3, 4]


def begun(root: Path) -> list[int]:
    """The processes that are in a test which waits, once there are two; these tests take no time of their own."""
    until_s = time.monotonic() + 60
    while time.monotonic() < until_s:
        pids = [path.read_text() for path in root.glob("begun-*")]
        if len(pids) == 2 and all(pids):
            return [int(pid) for pid in pids]
        time.sleep(0.01)
    raise AssertionError("the tests never began")


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def waiting(root: Path) -> subprocess.Popen[str]:
    # a process that is started in the background ignores Ctrl-C, and so would those that it starts
    front = "import signal, sys, runpy; signal.signal(signal.SIGINT, signal.default_int_handler);"
    front += "sys.argv[:] = ['noxtasks', *sys.argv[1:]]; runpy.run_module('noxtasks', run_name='__main__')"
    command = ["-c", front, "run", "--python", sys.executable, "-n", "2", *PLAIN, "test_waiting.py"]
    return subprocess.Popen(
        [sys.executable, *command], cwd=root, stdout=subprocess.PIPE, text=True, start_new_session=True
    )


@pytest.mark.parametrize("how", ["one", "group", "terminated"])
def test_ctrl_c_has_the_workers_tear_down_and_ends_as_in_pytest(root: Path, how: str) -> None:
    with waiting(root) as process:
        pids = begun(root)
        if how == "group":
            os.killpg(process.pid, signal.SIGINT)
        else:
            process.send_signal(signal.SIGINT if how == "one" else signal.SIGTERM)
        said, _ = process.communicate()
    assert process.returncode == pytest.ExitCode.INTERRUPTED, said
    assert "KeyboardInterrupt" in said
    assert len(list(root.glob("torn-down-*"))) == 2
    assert not any(map(is_alive, pids))


AT_THE_VERY_END = """
import os
class Last:
    def __del__(self, kill=os.kill, pid=os.getpid()):
        kill(pid, {interrupt})
LAST = Last()
def test_it(): pass
"""


def test_ctrl_c_that_is_handed_on_while_the_interpreter_ends_changes_no_exit_code(root: Path) -> None:
    (root / "test_end.py").write_text(AT_THE_VERY_END.format(interrupt=runner.INTERRUPT))
    assert run(root, "test_end.py").returncode == 0


def test_no_worker_outlives_the_one_that_is_killed(root: Path) -> None:
    with waiting(root) as process:
        pids = begun(root)
        process.kill()
    until_s = time.monotonic() + 60
    while any(map(is_alive, pids)) and time.monotonic() < until_s:
        time.sleep(0.01)
    assert not any(map(is_alive, pids))
