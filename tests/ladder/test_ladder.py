"""`noxtasks ladder` on a small project, with real pytest and coverage.py: what it measures, keeps and says."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from noxtasks.evidence import artifacts
from noxtasks.ladder.emit import LADDER

from ..told import untold

pytestmark = pytest.mark.functional

PROGRAM = [sys.executable, "-m", "noxtasks", "ladder", "--python", sys.executable]


@pytest.fixture
def root(project: Callable[[str], Path]) -> Path:
    return project("layered")


def environment(**more: str) -> dict[str, str]:
    env = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "GITHUB_", "COV"))}
    return {**env, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", **more}


def climb(root: Path, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*PROGRAM, *arguments], cwd=root, env=environment(**more), capture_output=True, text=True, check=False
    )


def result(root: Path) -> dict[str, Any]:
    found: dict[str, Any] = artifacts.read(root / "reports", LADDER).result
    return {**found, "by": {each["name"].partition("_")[2]: each for each in found["tiers"]}}


def files(root: Path) -> set[str]:
    skipped = {"reports", "__pycache__", ".pytest_cache"}
    found = (path.relative_to(root) for path in root.rglob("*") if path.is_file())
    return {path.as_posix() for path in found if skipped.isdisjoint(path.parts)}


def test_each_tier_is_measured_by_itself_and_all_tests_together(root: Path, tmp_path: Path) -> None:
    before = files(root)
    done = climb(root)
    assert done.returncode == 1, done.stdout + done.stderr
    found = result(root)
    unit, integration, system = (found["by"][name] for name in ("unit", "integration", "system"))
    assert unit["lines"] == {"covered": 9, "total": 15}
    assert unit["branches"] == {"covered": 4, "total": 4}
    assert (unit["tests"], unit["failed"]) == (7, ["tests/unit/test_cart.py::test_failing"])
    assert (unit["verdict"], unit["is_blocking"]) == ("fail", True)
    assert (integration["lines"], integration["tests"]) == ({"covered": 6, "total": 15}, 3)
    assert (system["lines"], system["tests"], system["verdict"]) == ({"covered": 12, "total": 15}, 1, "pass")
    assert found["total"] == {
        "lines": {"covered": 13, "total": 15},
        "branches": {"covered": 4, "total": 4},
        "figure": 13 / 15,
    }
    assert found["by"]["mutation"]["verdict"] == "unmeasured"
    everywhere = "tests/test_everywhere.py::test_"
    assert found["unassigned"]["none"] == [f"{everywhere}of_no_tier", f"{everywhere}slow"]
    assert found["unassigned"]["several"] == {f"{everywhere}of_two": ["tier1_unit", "tier2_integration"]}
    assert files(root) == before
    assert max(map(len, done.stdout.splitlines()[:6])) <= 80
    assert_that_coverage_itself_reports_the_same(root, tmp_path)


def assert_that_coverage_itself_reports_the_same(root: Path, tmp_path: Path) -> None:
    """Of a run of the whole suite."""
    rcfile = tmp_path / "rc.toml"
    config = (root / "pyproject.toml").read_text()
    run = "[tool.coverage.run]\nbranch = true\nsource = ['src']\npatch = ['subprocess']\nparallel = true\n"
    rcfile.write_text(config.replace("[tool.coverage.run]\n", run))
    env = environment(COVERAGE_FILE=str(tmp_path / "data"), COVERAGE_RCFILE=str(rcfile))
    python = [sys.executable, "-m"]
    for arguments in (
        [*python, "coverage", "run", "-m", "pytest", "--maxfail=9", f"--junitxml={tmp_path / 'x'}"],
        [*python, "coverage", "combine"],
        [*python, "coverage", "json", "-o", str(tmp_path / "by-hand.json")],
    ):
        subprocess.run(arguments, cwd=root, env=env, capture_output=True, check=False)
    totals = json.loads((tmp_path / "by-hand.json").read_text())["totals"]
    total = result(root)["total"]
    assert total["lines"] == {"covered": totals["covered_lines"], "total": totals["num_statements"]}
    assert total["branches"] == {"covered": totals["covered_branches"], "total": totals["num_branches"]}


def test_settings_say_which_tests_are_whose_and_what_they_are_to_cover(root: Path) -> None:
    done = climb(
        root,
        *("-S", 'ladder.markers={unit="not slow", system="slow and not unit"}'),
        *("-S", 'ladder.paths={integration=["nowhere/**"]}'),
        *("-S", 'ladder.scope=["src/**/cart.py"]', "-S", "ladder.targets={unit=1}"),
        *("-S", 'ladder.metrics={unit="branch"}', "-S", 'ladder.levels={integration="advisory"}'),
    )
    assert done.returncode == 0, done.stdout + done.stderr
    found = result(root)
    assert (found["by"]["unit"]["figure"], found["by"]["unit"]["verdict"]) == (1.0, "pass")
    assert (found["by"]["unit"]["tests"], found["by"]["system"]["tests"]) == (13, 1)
    assert found["by"]["system"]["lines"]["covered"] == 0  # others run lines, so nothing is, for this tier
    assert found["by"]["integration"]["reason"] == "no test belongs to it"
    assert found["scope"]["files"] == ["src/shop/cart.py"]
    assert found["unassigned"] == {"none": [], "several": {}}


def test_a_tier_whose_run_dies_is_unmeasured_and_so_is_the_total(root: Path) -> None:
    done = climb(
        root,
        "-S",
        "ladder.targets={unit=0.5}",
        "tests/unit",
        "tests/integration",
        "tests/test_dying.py",
        LAYERED_DIES="1",
    )
    assert done.returncode == 3, done.stdout + done.stderr
    found = result(root)
    assert found["by"]["integration"]["figure"] is None
    assert found["by"]["integration"]["reason"] == "its run ended by exit status 3 in tests/test_dying.py::test_dying"
    assert found["total"] is None
    assert found["by"]["unit"]["verdict"] == "pass"
    assert found["standing"]["following"] == "tier1_unit"  # nothing is earned of some of the tests


@pytest.mark.skipif(sys.platform == "win32", reason="a FIFO")
def test_an_interruption_keeps_the_tiers_that_were_measured(root: Path, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with subprocess.Popen(
        PROGRAM,
        cwd=root,
        env=environment(LAYERED_PIPE=str(pipe)),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        pipe.read_bytes()  # the tier waits
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate()
    assert process.returncode == 130, output + errors
    assert not artifacts.read(root / "reports", LADDER).provenance.complete
    found = result(root)
    assert found["by"]["unit"]["figure"] == 9 / 15
    assert found["by"]["integration"]["reason"] == "it was interrupted"
    assert found["total"] is None


def test_where_no_test_runs_a_line_of_the_sources_nothing_is_measured(root: Path) -> None:
    (root / "src/other").mkdir()
    (root / "src/other/__init__.py").write_text("A = 1\n")
    done = climb(root, "-S", 'ladder.scope=["src/other"]', "tests/unit")
    assert done.returncode == 3
    assert "imported from elsewhere" in result(root)["by"]["unit"]["reason"]


def test_what_is_installed_from_the_project_counts_as_its_sources(root: Path, tmp_path: Path) -> None:
    installed = tmp_path / "env/lib/site-packages"
    installed.mkdir(parents=True)
    (root / "src/shop").rename(root / "src/kept")
    for file in (root / "src/kept").iterdir():
        (installed / "shop").mkdir(exist_ok=True)
        if file.is_file():
            (installed / "shop" / file.name).write_bytes(file.read_bytes())
    (root / "src/kept").rename(root / "src/shop")
    config = root / "pyproject.toml"
    config.write_text(config.read_text().replace('pythonpath = ["src"]', f'pythonpath = ["{installed.as_posix()}"]'))
    climb(root, "tests/unit")
    assert result(root)["by"]["unit"]["lines"] == {"covered": 9, "total": 15}


def test_without_coverage_the_remedy_is_told(root: Path, tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(tmp_path / "env")], check=True)
    done = subprocess.run(
        [*PROGRAM[:-1], str(tmp_path / "env")],
        cwd=root,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 3
    assert "coverage.py is not there" in done.stderr
    assert "pip install coverage" in done.stderr


def test_a_history_that_was_changed_by_hand_ends_it_before_anything_runs(root: Path) -> None:
    (root / "reports").mkdir()
    (root / "reports" / LADDER).write_text("result: {}\n")
    done = climb(root)
    assert done.returncode == 3
    assert "SHA256SUMS" in done.stderr
    assert "under coverage.py" not in done.stderr
    assert (root / "reports" / LADDER).read_text() == "result: {}\n"


def test_a_suite_that_is_rooted_below_the_project_is_measured_by_its_own_names(root: Path) -> None:
    config = root / "tests/pytest.ini"
    config.write_text("[pytest]\npythonpath = ../src\n")
    climb(root, "-c", "tests/pytest.ini", "--rootdir", "tests", "tests/unit")
    unit = result(root)["by"]["unit"]
    assert (unit["lines"]["covered"], unit["failed"]) == (9, ["tests/unit/test_cart.py::test_failing"])


def commit(root: Path, message: str) -> None:
    (root / ".gitignore").write_text("reports/\n__pycache__/\n.pytest_cache/\n.noxtasks/\n")
    git = [shutil.which("git") or "git", "-c", "user.name=a", "-c", "user.email=a@b"]
    if not (root / ".git").exists():
        subprocess.run([*git, "init", "-q", "-b", "main"], cwd=root, check=True)
    subprocess.run([*git, "add", "-A"], cwd=root, check=True)
    subprocess.run([*git, "commit", "-q", "-m", message], cwd=root, check=True)


def test_new_code_calls_between_packages_and_who_tests_what_are_told(root: Path) -> None:
    commit(root, "all")
    subprocess.run([shutil.which("git") or "git", "checkout", "-q", "-b", "till"], cwd=root, check=True)
    (root / "src/shop/till.py").write_text(
        "from shop import cart\n\n\ndef pay(price):\n    return cart.total([price])\n\n\n"
        "def refund(price):\n    return -pay(price)\n"
    )
    test = root / "tests/integration/test_cart_and_more.py"
    test.write_text(
        test.read_text() + "\n\ndef test_paying():\n    from shop.till import pay\n\n    assert pay(1) == 1\n"
    )
    done = climb(root, "-S", "ladder.min_new_lines=3")
    assert done.returncode == 1, done.stdout + done.stderr
    found = result(root)
    assert found["new_code"] == {
        "against": "main",
        "lines": {"covered": 4, "total": 5},
        "figure": 0.8,
        "threshold": 0.8,
        "verdict": "pass",
        "reason": "4 of 5 new lines covered",
        "missing": {"src/shop/till.py": [9]},
    }
    edges = found["by"]["integration"]["edges"]
    assert edges == {"crossed": 1, "total": 2, "missing": [["shop.__main__", "shop.cart"]]}
    assert found["by"]["unit"]["edges"] is None
    assert {each["path"] for each in found["gains"] if each["tier"] == "tier2_integration"} >= {"src/shop/unused.py"}
    assert {each["function"]: each["missing"] for each in found["gains"] if each["tier"] == "tier1_unit"}["refund"] == 1
    assert "no test runs src/shop/till.py:9" in done.stdout
    assert told(root, "src/shop/till.py::pay") == [
        "src/shop/till.py::pay",
        "  integration, 1 test: tests/integration/test_cart_and_more.py::test_paying",
    ]
    lines = told(root, "src/shop/cart.py:5")  # prices above 100
    assert lines == ["src/shop/cart.py:5", "  unit, 1 test: tests/unit/test_cart.py::test_failing"]
    assert told(root, "src/shop/till.py::refund") == ["src/shop/till.py::refund", "  no test"]
    assert "on import, or in a process" in told(root, "src/shop/__main__.py:5")[1]
    assert untold(root / "reports") == set()
    without = climb(root, "--against", "nowhere")
    assert without.returncode == 2
    assert "git knows no revision nowhere" in without.stderr


def told(root: Path, place: str) -> list[str]:
    command = [sys.executable, "-m", "noxtasks", "ladder", "explain", place]
    done = subprocess.run(command, cwd=root, env=environment(), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


@pytest.mark.skipif(sys.platform == "win32", reason="a FIFO")
def test_of_two_sessions_at_once_neither_loses_what_the_other_has_measured(root: Path, tmp_path: Path) -> None:
    begun, goes_on = tmp_path / "begun", tmp_path / "goes-on"
    os.mkfifo(begun)
    os.mkfifo(goes_on)
    (root / "tests/unit/test_waiting.py").write_text(
        "import os, pathlib\n\ndef test_waiting():\n    if 'BEGUN' in os.environ:\n"
        "        pathlib.Path(os.environ['BEGUN']).write_text('')\n        open(os.environ['GOES_ON']).close()\n"
    )
    commit(root, "all")
    with subprocess.Popen(
        [*PROGRAM, "-S", "ladder.contexts=false"],
        cwd=root,
        env=environment(BEGUN=str(begun), GOES_ON=str(goes_on)),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        begun.read_bytes()  # the tier waits
        climb(root, "-S", "ladder.contexts=false")
        goes_on.write_text("")
        process.communicate()
    assert not (root / "reports/ladder.tests.json").exists()
    assert len(result(root)["measurements"]) == 2
