"""A suite on several workers ends as it does in plain pytest: the same outcomes, reports and exit code."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from junitparser import JUnitXml

pytestmark = [pytest.mark.functional, pytest.mark.skipif(sys.platform == "win32", reason="workers are forked")]

PLAIN = ("-p", "no:randomly", "-p", "no:benchmark", "-p", "no:asyncio", "-p", "no:cacheprovider")


def run(root: Path, *arguments: str, workers: int = 3) -> subprocess.CompletedProcess[str]:
    command = ["-m", "noxtasks", "run", "--python", sys.executable, "-n", str(workers), *PLAIN, *arguments]
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


def test_an_empty_suite_and_one_that_does_not_collect_end_as_in_pytest(root: Path) -> None:
    (root / "test_none.py").write_text("")
    assert run(root, "test_none.py").returncode == 5
    (root / "test_none.py").write_text("1 / 0")
    assert run(root, "test_none.py", "test_outcomes.py").returncode == 2
